// Load records: the event they become, and damaged ones.
#include <random>

#include "event/decoder.h"
#include "event/encode.h"
#include "unit/event/table_fixture.h"

using namespace burin;
using namespace burin_test;

namespace {

Bytes load_record(std::uint32_t tgid, std::uint64_t ktime, const std::string& path, const std::string& build_id) {
  wire::Load load;
  load.head = head(kHookLoad, tgid, ktime, 0);
  load.build_id_len = static_cast<std::uint32_t>(build_id.size());
  std::memcpy(load.build_id, build_id.data(), build_id.size());
  load.path = {sizeof load, static_cast<std::uint16_t>(path.size())};
  load.head.size = static_cast<std::uint32_t>(sizeof load + path.size());
  Bytes out = bytes_of(load);
  for (const char c : path) out.push_back(static_cast<std::byte>(c));
  return out;
}

}  // namespace

TEST_CASE("a load is an event of the image that runs now, without a policy") {
  TableFixture t;
  Decoder decoder(t.table, t.clock);
  t.exec(ExecRecord(50, 1000).file("/bin/old"));
  const ProcessPtr now = t.exec(ExecRecord(50, 2000).file("/bin/new"));
  Event event;
  REQUIRE(decoder.decode(3, load_record(50, 2500, "/lib/x.so", std::string("\xde\xad\0\xef", 4)), event) ==
          DecodeStatus::Event);
  CHECK(event.kind == EventKind::Loader);
  CHECK(event.process == now);
  CHECK(event.cpu == 3);
  CHECK(event.mono_ns == 2500);
  CHECK(event.loaded_path == "/lib/x.so");
  CHECK(event.build_id == std::string("\xde\xad\0\xef", 4));
  REQUIRE(event.hook);
  CHECK(event.hook->policy.empty());
  encode_event(event, "node-a");
  CHECK(event.line.find(R"("path":"/lib/x.so","buildid":"3q0A7w==")") != std::string::npos);
  CHECK(event.line.find(R"("rung":"perf event")") != std::string::npos);
  CHECK(event.line.find("policy_name") == std::string::npos);

  REQUIRE(decoder.decode(3, load_record(50, 2600, "", ""), event) == DecodeStatus::Event);
  CHECK(event.loaded_path.empty());
  CHECK(event.build_id.empty());
}

TEST_CASE("load records with sizes that lie are malformed") {
  TableFixture t;
  Decoder decoder(t.table, t.clock);
  Event event;
  const Bytes good = load_record(50, 2500, "/lib/x.so", "1234");
  const auto with = [&](auto change) {
    wire::Load load;
    std::memcpy(&load, good.data(), sizeof load);
    change(load);
    Bytes bytes = good;
    std::memcpy(bytes.data(), &load, sizeof load);
    return decoder.decode(0, bytes, event);
  };
  CHECK(with([](wire::Load&) {}) == DecodeStatus::Event);
  CHECK(with([](wire::Load& l) { l.build_id_len = 33; }) == DecodeStatus::Malformed);
  CHECK(with([](wire::Load& l) { l.path.len = 10; }) == DecodeStatus::Malformed);
  CHECK(with([](wire::Load& l) { l.path.off = 60000; }) == DecodeStatus::Malformed);
  CHECK(with([](wire::Load& l) { l.head.size = sizeof(wire::Head) + 8; }) == DecodeStatus::Malformed);
  std::mt19937 random(3);
  for (int i = 0; i < 5'000; ++i) {
    Bytes bytes = good;
    for (unsigned n = random() % 8; n > 0; --n) {
      const std::size_t at = random() % bytes.size();
      if (at >= 2) bytes[at] = static_cast<std::byte>(random());
    }
    if (decoder.decode(0, bytes, event) == DecodeStatus::Event) CHECK(event.build_id.size() <= 32);
  }
}
