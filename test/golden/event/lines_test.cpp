// The event lines that docs/events.md describes, whole: JSON and compact. UPDATE_GOLDEN=1 rewrites the files and fails,
// so that a rewrite is looked at.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "event/compact.h"
#include "event/encode.h"
#include "support/event_reference.h"
#include "support/event_schema.h"

using namespace burin;

namespace {

Event process_event(EventKind kind, std::uint64_t seq) {
  Event e = sample_connect();
  e.kind = kind;
  e.seq = seq;
  e.hook = nullptr;
  e.args.clear();
  return e;
}

ProcessPtr unknown_process() {
  auto p = std::make_shared<ProcessInfo>();
  p->pid = 991;
  p->known = false;
  p->start_wall_ns = 1767323045000000000;
  encode_process(*p);
  return p;
}

ProcessPtr hostile_process() {
  auto p = std::make_shared<ProcessInfo>(*sample_process());
  p->binary = "/tmp/a\"b\x1b[2J";
  p->arguments = "caf\xe9 \xe2\x82\xac {}";
  p->flags |= kProcTruncArgs | kProcErrorCwd;
  p->args_source = "entry";
  encode_process(*p);
  return p;
}

HookInfoPtr hook(std::string function, std::vector<std::string> labels = {}) {
  auto h = std::make_shared<HookInfo>(*sample_connect().hook);
  h->function = std::move(function);
  h->args.clear();
  for (auto& label : labels) h->args.push_back({"", std::move(label)});
  return h;
}

void add_process_events(std::vector<Event>& events) {
  events.push_back(process_event(EventKind::Exec, 1));
  events.back().process = sample_parent();
  events.back().parent = nullptr;
  events.back().tid = 4200;
  events.push_back(process_event(EventKind::Exec, 2));
  events.push_back(process_event(EventKind::Exec, 3));
  events.back().process = hostile_process();
  events.back().head_flags = kHeadRealUid;
  for (const std::uint32_t code : {0U, 7U << 8, 9U, 0x80U | 11U, 34U}) {
    events.push_back(process_event(EventKind::Exit, 4));
    events.back().exit_code = code;
    events.back().exit_code_known = true;
  }
  events.push_back(process_event(EventKind::Exit, 9));
  events.back().process = unknown_process();
  events.back().tid = 991;
  events.back().parent = nullptr;
}

void add_network_events(std::vector<Event>& events) {
  const SockValue v4 = std::get<SockValue>(sample_connect().args[0]);
  SockValue v6 = v4;
  v6.family = AF_INET6;
  v6.saddr = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  v6.daddr = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7};
  v6.mark = 1;
  v6.priority = 6;
  v6.state = 1;

  events.push_back(sample_connect());
  events.push_back(sample_connect());
  auto tracepoint = std::make_shared<HookInfo>(*hook("tcp_connect"));
  tracepoint->rung = "tracepoint+sock_ops";
  events.back().hook = tracepoint;
  events.back().head_flags = kHeadPortDeferred;
  events.push_back(sample_connect());
  events.back().hook = hook("tcp_close");
  events.back().args = {v6};
  events.push_back(sample_connect());
  auto sendmsg = std::make_shared<HookInfo>(*hook("tcp_sendmsg", {"", "", "size"}));
  sendmsg->message = "TLS out";
  sendmsg->tags = {"net.egress", "quote\"d"};
  events.back().hook = sendmsg;
  events.back().args = {v6, NopValue{}, IntValue{517}};
  events.back().selector = 2;
}

void add_other_arguments(std::vector<Event>& events) {
  SkbValue skb;
  skb.family = AF_INET;
  skb.protocol = 17;
  skb.saddr = {10, 0, 0, 5};
  skb.daddr = {9, 9, 9, 9};
  skb.sport = 53000;
  skb.dport = 53;
  skb.len = 76;
  events.push_back(sample_connect());
  events.back().hook = hook("ip_output", {"packet"});
  events.back().args = {skb};
  events.back().action = 3;
  events.push_back(sample_connect());
  events.back().hook = hook("security_socket_connect");
  events.back().args = {SockaddrValue{AF_INET, 80, {203, 0, 113, 7}}, SockaddrValue{AF_UNIX, 0, {}},
                        ErrorValue{"Bad address for basic type"}};
  events.push_back(sample_connect());
  events.back().hook = hook("some_function", {"zero"});
  events.back().args = {IntValue{0}, UintValue{4294967295}, LongValue{-1}, SizeValue{18446744073709551615ULL},
                        StringValue{"cut here", true}};
  events.push_back(Event{});
  events.back().kind = EventKind::Gap;
  events.back().seq = 200;
  events.back().mono_ns = 12345800000000;
  events.back().wall_ns = 1767323046000000000;
  events.back().cpu = 3;
  events.back().lost = 17;
  events.push_back(events.back());
  events.back().seq = 0;
  events.back().mono_ns = 0;
  events.back().loss = LossReason::SlowClient;
}

ProbeCatalog catalog() {
  const std::string flow = "tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}";
  const auto probe = [](std::string function, CompactForm form) {
    Probe p;
    p.function = std::move(function);
    p.compact = std::move(form);
    return p;
  };
  return {{probe("tcp_connect", {"🔌", "connect", flow, ""}), probe("tcp_close", {"🧹", "close", flow, ""}),
           probe("tcp_sendmsg", {"📤", "sendmsg", flow, " bytes {1}"})}};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void check_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(BURIN_SOURCE_DIR) + "/test/golden/event/" + name;
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream(path) << actual;
    FAIL("rewrote " << path);
  }
  CHECK(read_file(path) == actual);
}

}  // namespace

TEST_CASE("event lines") {
  std::vector<Event> events;
  add_process_events(events);
  add_network_events(events);
  add_other_arguments(events);
  std::string json, compact;
  for (auto& event : events) {
    encode_event(event, "node-a");
    json += event.line;
    CHECK(validate_event_line(event.line, false) == std::vector<std::string>{});
    const auto line = compact_line(event.line, catalog(), {});
    REQUIRE(line.has_value());
    compact += *line;
  }
  SECTION("json") {
    check_golden("lines.ndjson", json);
  }
  SECTION("compact") {
    check_golden("lines.compact", compact);
  }
}
