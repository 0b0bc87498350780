// Whole lines: the encoder against an independent one (nlohmann) on random events, and what each kind of event says.
#include "event/encode.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/event_reference.h"
#include "support/event_schema.h"
#include "unit/event/dice.h"

using namespace burin;

namespace {

AddressBytes any_address(Dice& dice, std::uint16_t family) {
  AddressBytes bytes{};
  const std::size_t size = family == AF_INET ? 4 : 16;
  // Zero groups are what makes IPv6 text interesting. Byte 2 set: never IPv4-compatible, which C prints otherwise.
  for (std::size_t i = 0; i < size; i += 2)
    if (dice.roll(2) == 0) {
      bytes[i] = dice.roll(2) == 0 ? 0 : static_cast<std::uint8_t>(dice.number());
      bytes[i + 1] = static_cast<std::uint8_t>(dice.number());
    }
  if (dice.roll(8) == 0 && size == 16) {
    std::fill(bytes.begin(), bytes.begin() + 10, 0);
    bytes[10] = bytes[11] = 0xff;
  } else if (size == 16) {
    bytes[2] = 0x20;
  }
  return bytes;
}

Value any_value(Dice& dice) {
  const auto small = [&dice] { return static_cast<std::uint16_t>(dice.any_size()); };
  const auto word = [&dice] { return static_cast<std::uint32_t>(dice.any_size()); };
  const std::uint16_t family = dice.pick<std::uint16_t>({AF_INET, AF_INET6, AF_UNIX, 0, 999});
  switch (dice.roll(10)) {
    case 0:
      return SockValue{family,
                       small(),
                       small(),
                       static_cast<std::uint8_t>(dice.roll(16)),
                       any_address(dice, family),
                       any_address(dice, family),
                       small(),
                       small(),
                       word(),
                       word(),
                       dice.any_size()};
    case 1:
      return SkbValue{
          family, small(), any_address(dice, family), any_address(dice, family), small(), small(), word(), word(),
          word(), word()};
    case 2: return SockaddrValue{family, small(), any_address(dice, family)};
    case 3: return IntValue{static_cast<std::int32_t>(dice.any_size())};
    case 4: return UintValue{word()};
    case 5: return LongValue{static_cast<std::int64_t>(dice.any_size())};
    case 6: return SizeValue{dice.any_size()};
    case 7: return StringValue{dice.hostile(), dice.roll(3) == 0};
    case 8: return ErrorValue{dice.hostile()};
    default: return NopValue{};
  }
}

std::uint64_t any_time(Dice& dice) {
  const std::uint64_t time = 1767323045000000000 + dice.roll(1'000'000'000) * 1'000'000'000;
  return time +
         dice.pick<std::uint64_t>({0, 100'000'000, 678'000'000, 678'901'000, 678'901'234, 1, dice.roll(1'000'000'000)});
}

ProcessPtr any_process(Dice& dice) {
  auto p = std::make_shared<ProcessInfo>();
  p->pid = static_cast<std::uint32_t>(dice.any_size());
  p->uid = static_cast<std::uint32_t>(dice.any_size());
  p->auid = dice.pick<std::uint32_t>({0, 1000, 0xffffffff});
  p->binary = dice.hostile();
  p->arguments = dice.hostile();
  p->cwd = dice.hostile();
  p->flags = static_cast<std::uint32_t>(dice.number());
  p->start_wall_ns = any_time(dice);
  p->exec_id = base64("n:1:" + std::to_string(p->pid));
  p->parent_exec_id = dice.roll(3) == 0 ? "" : base64("n:1:1");
  p->known = dice.roll(5) != 0;
  p->binary_source = dice.pick<std::string_view>({"", "kernel", "proc", "entry"});
  p->args_source = dice.pick<std::string_view>({"", "kernel", "proc", "entry"});
  p->cwd_source = dice.pick<std::string_view>({"", "kernel", "proc", "inherited"});
  p->auid_source = dice.pick<std::string_view>({"", "proc", "inherited"});
  encode_process(*p);
  return p;
}

HookInfoPtr any_hook(Dice& dice) {
  auto hook = std::make_shared<HookInfo>();
  hook->policy = dice.pick<const char*>({"connect", ""});
  hook->function = dice.pick<const char*>({"tcp_connect", ""});
  hook->subsys = dice.pick<const char*>({"", "sock"});
  hook->event = dice.pick<const char*>({"", "inet_sock_set_state"});
  hook->path = dice.roll(2) == 0 ? "" : dice.hostile();
  hook->offset = dice.roll(2) == 0 ? 0 : dice.any_size();
  hook->ref_ctr_offset = dice.roll(2) == 0 ? 0 : dice.any_size();
  if (dice.roll(2) == 0) hook->return_arg = HookArg{"int", dice.hostile()};
  for (std::size_t i = dice.roll(3); i > 0; --i) hook->data.push_back({"int", dice.hostile()});
  for (std::size_t i = dice.roll(3); i > 0; --i) hook->selector_labels.push_back(dice.hostile());
  hook->message = dice.hostile();
  for (std::size_t i = dice.roll(3); i > 0; --i) hook->tags.push_back("t" + dice.hostile());
  for (std::size_t i = dice.roll(6); i > 0; --i) hook->args.push_back({"int", dice.roll(2) == 0 ? "" : dice.hostile()});
  hook->rung = dice.pick<const char*>({"kprobe", "tracepoint+sock_ops", "syscall tracepoint", "lsm"});
  return hook;
}

Event any_event(Dice& dice) {
  Event e;
  e.kind = static_cast<EventKind>(dice.roll(static_cast<std::size_t>(EventKind::Gap) + 1));
  e.seq = dice.any_size() >> 11;
  e.mono_ns = dice.any_size();
  e.wall_ns = any_time(dice);
  e.cpu = static_cast<std::uint32_t>(dice.roll(300));
  if (e.kind == EventKind::Gap) {
    e.loss = dice.pick({LossReason::PerfBuffer, LossReason::SkippedRun, LossReason::RawQueue, LossReason::Malformed,
                        LossReason::SlowClient});
    e.lost = dice.any_size() >> 11;
    if (dice.roll(3) == 0) e.first_lost_seq = dice.any_size() >> 11;
    e.lost_at_least = dice.roll(5) == 0;
    return e;
  }
  e.tid = static_cast<std::uint32_t>(dice.any_size());
  e.head_flags = static_cast<std::uint16_t>(dice.roll(256));
  e.process = any_process(dice);
  if (dice.roll(3) != 0) e.parent = any_process(dice);
  e.exit_code = static_cast<std::uint32_t>(dice.roll(0x10000));
  e.exit_code_known = dice.roll(4) != 0;
  if (e.kind == EventKind::Exec || e.kind == EventKind::Exit) return e;
  e.hook = any_hook(dice);
  if (e.kind == EventKind::Loader) {
    e.loaded_path = dice.hostile();
    e.build_id = dice.hostile();
    return e;
  }
  e.return_action = static_cast<std::uint16_t>(dice.roll(17));
  e.suppressed = static_cast<std::uint32_t>(dice.roll(3));
  if (dice.roll(2) == 0) e.returned = any_value(dice);
  for (std::size_t i = dice.roll(3); i > 0; --i) e.data.push_back(any_value(dice));
  for (std::size_t i = dice.roll(3); i > 0; --i) e.kernel_stack.push_back({0, dice.any_size(), "schedule", ""});
  for (std::size_t i = dice.roll(3); i > 0; --i) e.user_stack.push_back({dice.roll(2), 0, "", dice.hostile()});
  if (dice.roll(2) == 0) e.ima_hash = "sha256:00";
  e.selector = static_cast<std::uint16_t>(dice.roll(5));
  e.action = static_cast<std::uint16_t>(dice.roll(17));
  for (std::size_t i = dice.roll(6); i > 0; --i) e.args.push_back(any_value(dice));
  return e;
}

nlohmann::ordered_json encoded(Event& e) {
  encode_event(e, "node-a");
  return nlohmann::ordered_json::parse(e.line);
}

}  // namespace

TEST_CASE("random events are the bytes that nlohmann writes, and valid") {
  Dice dice;
  for (int i = 0; i < 20'000; ++i) {
    Event e = any_event(dice);
    const std::string node = i % 7 == 0 ? dice.hostile() + "n" : "node-a";
    encode_event(e, node);
    REQUIRE(e.line == reference_line(e, node));
    const auto problems = validate_event_line(e.line, false);
    INFO(e.line);
    REQUIRE(problems == std::vector<std::string>{});
    const std::string compat = e.line.substr(0, e.burin_at) + "}\n";
    REQUIRE(validate_event_line(compat, true) == std::vector<std::string>{});
    REQUIRE(e.line.compare(e.burin_at, 10, ",\"burin\":{") == 0);
  }
}

TEST_CASE("tid is the event's, and the parent's tid is its pid") {
  Event e = sample_connect();
  e.tid = 4299;
  const auto body = encoded(e)["process_kprobe"];
  CHECK(body["process"]["pid"] == 4211);
  CHECK(body["process"]["tid"] == 4299);
  CHECK(body["parent"]["tid"] == 4200);
  CHECK(body["process"]["flags"] == "execve rootcwd clone");
}

TEST_CASE("an unknown process has pid, flags, start time and tid only") {
  auto p = std::make_shared<ProcessInfo>(*sample_process());
  p->known = false;
  encode_process(*p);
  CHECK(p->json == "{\"pid\":4211,\"flags\":\"unknown\",\"start_time\":\"2026-01-02T03:04:05.678901234Z\"");
}

TEST_CASE("exits: signal, status, and what is not known") {
  Event e = sample_connect();
  e.kind = EventKind::Exit;
  e.hook = nullptr;
  e.args.clear();
  e.exit_code_known = true;
  SECTION("status") {
    e.exit_code = 3 << 8;
    const auto line = encoded(e);
    CHECK(line["process_exit"]["status"] == 3);
    CHECK_FALSE(line["process_exit"].contains("signal"));
    CHECK(line["process_exit"]["time"] == line["time"]);
  }
  SECTION("killed, with the core bit") {
    e.exit_code = 0x80 | 11;
    const auto line = encoded(e);
    CHECK(line["process_exit"]["signal"] == "SIGSEGV");
    CHECK_FALSE(line["process_exit"].contains("status"));
  }
  SECTION("success prints neither") {
    e.exit_code = 0;
    const auto line = encoded(e);
    CHECK_FALSE(line["process_exit"].contains("status"));
    CHECK_FALSE(line["burin"].contains("exit"));
  }
  SECTION("a real-time signal has no name in Tetragon's form") {
    e.exit_code = 34;
    const auto line = encoded(e);
    CHECK_FALSE(line["process_exit"].contains("signal"));
    CHECK(line["burin"]["exit"]["signal"] == 34);
  }
  SECTION("unknown is not 0") {
    e.exit_code = 9;
    e.exit_code_known = false;
    const auto line = encoded(e);
    CHECK_FALSE(line["process_exit"].contains("signal"));
    CHECK_FALSE(line["process_exit"].contains("status"));
    CHECK(line["burin"]["exit"]["code"] == "unknown");
  }
}

TEST_CASE("arguments keep their labels when a nop stands between them") {
  Event e = sample_connect();
  auto hook = std::make_shared<HookInfo>(*e.hook);
  hook->args = {{"int", "first"}, {"nop", "skipped"}, {"string", "third"}};
  e.hook = hook;
  e.args = {IntValue{-5}, NopValue{}, StringValue{"cut", true}};
  const auto line = encoded(e);
  CHECK(line["process_kprobe"]["args"].dump() ==
        "[{\"int_arg\":-5,\"label\":\"first\"},{\"string_arg\":\"cut\",\"label\":\"third\"}]");
  CHECK(line["burin"]["truncated_args"].dump() == "[1]");
}

TEST_CASE("the burin object says where weak fields come from") {
  Event e = sample_connect();
  e.head_flags = kHeadRealUid | kHeadPortDeferred;
  CHECK(encoded(e)["burin"].dump() ==
        "{\"seq\":123,\"mono_ns\":\"12345700000000\",\"cpu\":1,\"rung\":\"kprobe\",\"selector\":0,\"from\":{\"binary\":"
        "\"kernel\",\"arguments\":\"kernel\",\"cwd\":\"kernel\",\"uid\":\"real\",\"sport\":\"deferred\"}}");
}

TEST_CASE("a gap is Tetragon's rate_limit_info with a reason") {
  Event e;
  e.kind = EventKind::Gap;
  e.seq = 7;
  e.mono_ns = 5;
  e.wall_ns = 1767323100000000000;
  e.cpu = 3;
  e.loss = LossReason::PerfBuffer;
  e.lost = 17;
  encode_event(e, "node-a");
  CHECK(e.line ==
        "{\"rate_limit_info\":{\"number_of_dropped_process_events\":\"17\"},\"node_name\":\"node-a\",\"time\":"
        "\"2026-01-02T03:05:00Z\",\"burin\":{\"seq\":7,\"mono_ns\":\"5\",\"gap\":{\"reason\":\"perf_buffer\",\"cpu\":3,"
        "\"count\":17}}}\n");
  e.loss = LossReason::SlowClient;
  e.first_lost_seq = 3;
  e.lost_at_least = true;
  encode_event(e, "node-a");
  CHECK(e.line.ends_with("\"gap\":{\"reason\":\"slow_client\",\"first_seq\":3,\"count\":17,\"at_least\":true}}}\n"));
}
