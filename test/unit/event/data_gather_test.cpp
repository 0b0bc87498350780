// Values in several records: whole, interleaved, with gaps, damaged, and more of them than may wait.
#include "event/data_gather.h"

#include <catch2/catch.hpp>
#include <random>

#include "event/decoder.h"
#include "types/arg_type.h"
#include "unit/event/child.h"
#include "unit/event/make_record.h"

using namespace burin;
using namespace burin_test;

namespace {

constexpr HookId kHook = 20;

Bytes data_record(std::uint64_t group, std::uint32_t offset, std::string_view bytes, HookId of = kHook) {
  wire::Data data;
  data.head = head(kHookData, 1, 1000, 0);
  data.head.size = static_cast<std::uint32_t>(sizeof data + bytes.size());
  data.group = group;
  data.offset = offset;
  data.length = static_cast<std::uint32_t>(bytes.size());
  data.of = of;
  Bytes out = bytes_of(data);
  out.resize(sizeof data + bytes.size());
  std::memcpy(out.data() + sizeof data, bytes.data(), bytes.size());
  return out;
}

/// `count` bytes that tell where they are.
std::string pattern(std::size_t count, unsigned seed = 0) {
  std::string out(count, '\0');
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<char>((i * 7 + i / 251 + seed) & 0xff);
  return out;
}

}  // namespace

TEST_CASE("values come together while others come in between") {
  DataGatherer gather;
  const std::string one = pattern(100'000, 1), other = pattern(60'000, 2);
  for (std::size_t at = 0; at < one.size(); at += kDataChunk) {
    CHECK(gather.add(data_record(1, static_cast<std::uint32_t>(at), std::string_view(one).substr(at, kDataChunk))));
    if (at < other.size())
      CHECK(gather.add(data_record(2, static_cast<std::uint32_t>(at), std::string_view(other).substr(at, kDataChunk))));
  }
  CHECK(gather.add(data_record(1, 0, "the same number of another hook", kHook + 1)));
  CHECK(gather.take(kHook, 2, other.size()) == other);
  CHECK(gather.take(kHook, 1, one.size()) == one);
  CHECK(gather.take(kHook, 1, one.size()).empty());
  CHECK(gather.take(kHook + 1, 1, 8) == "the same");
  CHECK(gather.held_bytes() == 0);
  CHECK(gather.dropped() == 0);
}

TEST_CASE("a value ends where something is missing") {
  DataGatherer gather;
  CHECK(gather.add(data_record(1, 0, "abc")));
  CHECK(gather.add(data_record(1, 6, "ghi")));  // 3..5 was lost
  CHECK(gather.add(data_record(1, 3, "def")));  // does not come after its turn
  CHECK(gather.take(kHook, 1, 9) == "abc");
  CHECK(gather.add(data_record(2, 3, "no beginning")));
  CHECK(gather.take(kHook, 2, 15).empty());
  CHECK(gather.add(data_record(3, 0, "twice")));
  CHECK(gather.add(data_record(3, 5, " is")));
  CHECK(gather.add(data_record(3, 5, " is")));
  CHECK(gather.take(kHook, 3, 99) == "twice is");
  CHECK(gather.held_bytes() == 0);
}

TEST_CASE("values whose event does not come make room, the oldest first") {
  DataGatherer gather({1000, 4});
  for (std::uint64_t group = 1; group <= 3; ++group) CHECK(gather.add(data_record(group, 0, pattern(300))));
  CHECK(gather.add(data_record(1, 300, pattern(200))));  // 1100 bytes: the first one goes, though it grew
  CHECK(gather.dropped() == 1);
  CHECK(gather.add(data_record(1, 500, "late")));
  CHECK(gather.take(kHook, 1, 504).empty());
  for (std::uint64_t group = 10; group < 13; ++group) CHECK(gather.add(data_record(group, 0, "x")));
  CHECK(gather.dropped() == 2);  // five values
  CHECK(gather.take(kHook, 2, 300).empty());
  CHECK(gather.take(kHook, 3, 300) == pattern(300));
  CHECK(gather.add(data_record(10, 0, "again")));  // the number began anew
  CHECK(gather.take(kHook, 10, 5) == "again");
  CHECK(gather.dropped() == 3);
  gather.forget(kHook);
  CHECK(gather.held_bytes() == 0);
  CHECK(gather.dropped() == 3);
}

TEST_CASE("damaged data records are refused") {
  DataGatherer gather;
  const Bytes good = data_record(1, 0, "abc");
  const auto with = [&good](std::size_t at, auto value) {
    Bytes bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
  };
  CHECK_FALSE(gather.add({}));
  CHECK_FALSE(gather.add(std::span(good).first(sizeof(wire::Data) - 1)));
  CHECK_FALSE(gather.add(std::span(good).first(good.size() - 1)));
  CHECK_FALSE(gather.add(with(offsetof(wire::Data, length), std::uint32_t{4})));
  CHECK_FALSE(gather.add(with(offsetof(wire::Data, length), ~std::uint32_t{0})));
  CHECK_FALSE(gather.add(with(offsetof(wire::Data, offset), kDataMax - 2)));
  CHECK_FALSE(gather.add(with(offsetof(wire::Data, offset), ~std::uint32_t{0})));
  CHECK_FALSE(gather.add(with(offsetof(wire::Data, of), kHookExec)));
  CHECK_FALSE(gather.add(data_record(1, 0, "")));
  CHECK_FALSE(gather.add(data_record(1, 0, std::string(kDataChunk + 1, 'x'))));
  CHECK(gather.add(data_record(1, 0, std::string(kDataChunk, 'x'))));
}

TEST_CASE("whatever comes, what is held stays below the limits and every byte is accounted for") {
  std::minstd_rand random(4711);
  DataGatherer gather({5000, 8});
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t group = random() % 12;
    if (random() % 5 == 0) {
      gather.take(kHook, group, random() % 3000);
    } else {
      gather.add(data_record(group, random() % 4 * 100, pattern(random() % 3 * 50 + 50)));
    }
    REQUIRE(gather.held_bytes() <= 5000);
  }
  for (std::uint64_t group = 0; group < 12; ++group) gather.take(kHook, group, 0);
  CHECK(gather.held_bytes() == 0);
}

TEST_CASE("an event has the bytes of its data records behind its own") {
  TempDir proc;
  WallClock clock;
  ProcessTable table{"node-a", proc.path, clock, 16};
  Decoder decoder{table, clock};
  Event event;
  auto hook = std::make_shared<HookInfo>();
  hook->id = hook->record.hook = kHook;
  const WireShape& shape = find_type("char_buf")->shape;
  HookArg arg{"char_buf", "", hook->record.add("a0", std::string(shape.c_type), shape.size, shape.align)};
  arg.data_field = hook->record.add("a0_data", "struct w_data", sizeof(wire::DataRef), 8);
  hook->args.push_back(arg);
  REQUIRE(decoder.add_hook(hook));

  const std::string whole = pattern(40'000);
  constexpr std::size_t kInSlot = 4095;
  /// The event's record: `full` bytes there were, `sent` of them in data records.
  const auto decoded = [&](std::uint64_t full, std::uint32_t sent, std::uint32_t flags) {
    Bytes bytes = bytes_of(head(kHook, 1, 1000, 0));
    bytes.resize(hook->record.size);
    wire::Text text;
    append_tail(bytes, text, std::string_view(whole).substr(0, kInSlot));
    text.full = full;
    text.flags = flags;
    const wire::DataRef ref{9, sent, 0};
    std::memcpy(bytes.data() + hook->record.fields[0].offset, &text, sizeof text);
    std::memcpy(bytes.data() + hook->record.fields[1].offset, &ref, sizeof ref);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data() + offsetof(wire::Head, size), &size, sizeof size);
    REQUIRE(decoder.decode(0, bytes, event) == DecodeStatus::Event);
    return std::get<BytesValue>(event.args.at(0));
  };
  const auto send = [&](std::size_t from, std::size_t to) {
    const Bytes bytes =
        data_record(9, static_cast<std::uint32_t>(from - kInSlot), std::string_view(whole).substr(from, to - from));
    REQUIRE(decoder.decode(0, bytes, event) == DecodeStatus::Silent);
  };
  const auto rest = static_cast<std::uint32_t>(whole.size() - kInSlot);
  send(kInSlot, 30'000);
  send(30'000, 40'000);
  BytesValue value = decoded(whole.size(), rest, 1);
  CHECK(value.bytes == whole);
  CHECK(value.orig_size == whole.size());

  send(kInSlot, 30'000);  // the last record is lost: the event says that something is missing
  value = decoded(whole.size(), rest, 1);
  CHECK(value.bytes == whole.substr(0, 30'000));
  CHECK(value.orig_size == whole.size());

  value = decoded(whole.size(), rest, 1);  // all are lost
  CHECK(value.bytes == whole.substr(0, kInSlot));
  CHECK(value.orig_size == whole.size());

  send(kInSlot, 30'000);  // the program could read no more
  value = decoded(50'000, 30'000 - kInSlot, 3);
  CHECK(value.bytes == whole.substr(0, 30'000));
  CHECK(value.orig_size == 50'000);
  CHECK(decoder.data_dropped() == 0);

  CHECK(decoder.decode(0, bytes_of(head(kHookData, 1, 1, 0)), event) == DecodeStatus::Malformed);
  auto wrong = std::make_shared<HookInfo>(*hook);
  wrong->args[0].data_field = 7;
  CHECK_FALSE(decoder.add_hook(wrong));
  wrong->args[0].data_field = 0;
  CHECK(decoder.add_hook(wrong));  // a struct w_text is as long; nothing outside of the record is read
}
