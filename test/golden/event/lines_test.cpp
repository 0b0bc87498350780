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
}

HookInfo kind_hook(EventKind kind, std::string function, std::string subsys, std::string event, std::string path) {
  HookInfo h = *sample_connect().hook;
  h.kind = kind;
  h.function = std::move(function);
  h.subsys = std::move(subsys);
  h.event = std::move(event);
  h.path = std::move(path);
  h.policy = "kinds";
  h.args = {{"", "first"}};
  return h;
}

Event& add_event(std::vector<Event>& events, HookInfo hook, std::vector<Value> args) {
  events.push_back(sample_connect());
  Event& e = events.back();
  e.kind = hook.kind;
  e.args = std::move(args);
  e.hook = std::make_shared<HookInfo>(std::move(hook));
  return e;
}

void add_every_kind(std::vector<Event>& events) {
  HookInfo full = kind_hook(EventKind::Kprobe, "__x64_sys_write", "", "", "");
  full.message = "quote \" and \n";
  full.tags = {"a", "b"};
  full.data = {{"string", "comm"}};
  full.return_arg = HookArg{"int", ""};
  full.selector_labels = {"", "big writes"};
  Event& e = add_event(events, full, {IntValue{1}, NopValue{}, SizeValue{75}});
  e.selector = 1;
  e.suppressed = 12;
  e.head_flags = kHeadMonitored;
  e.data = {StringValue{"curl", false}};
  e.returned = IntValue{0};
  e.return_action = 1;
  e.kernel_stack = {{0, 1, "ksys_write", ""}, {0xffffffff81000048, 72, "do_syscall_64", ""}};
  e.user_stack = {{0, 0x11ce91, "write", "/usr/lib/libc.so.6"}, {0x5566, 0, "", ""}};

  HookInfo state = kind_hook(EventKind::Tracepoint, "", "sock", "inet_sock_set_state", "");
  state.rung = "tracepoint";
  state.args = {{"", "oldstate"}, {"", "newstate"}};
  state.data = {{"uint64", "d"}};
  add_event(events, state, {IntValue{7}, IntValue{2}}).data = {SizeValue{9}};
  HookInfo enter = kind_hook(EventKind::Tracepoint, "", "raw_syscalls", "sys_enter", "");
  enter.rung = "tracepoint";
  enter.args = {};
  add_event(events, enter, {SyscallValue{1, 0xc000003e}, SizeValue{3}, SizeValue{140737488346912}, SizeValue{6}});
  add_event(events, enter, {SyscallValue{4, 0x40000003}, SizeValue{3}});

  HookInfo readline = kind_hook(EventKind::Uprobe, "readline", "", "", "/bin/bash");
  readline.rung = "uprobe";
  readline.offset = 0x1234;
  readline.ref_ctr_offset = 8;
  readline.data = {{"string", ""}};
  Event& u = add_event(events, readline, {StringValue{"ls -l", false}});
  u.data = {StringValue{"bash", false}};
  u.returned = SizeValue{94};
  u.user_stack = {{0, 0x1234, "readline", "/bin/bash"}};

  HookInfo usdt = kind_hook(EventKind::Usdt, "", "test", "usdt3", "/opt/app");
  usdt.rung = "uprobe";
  add_event(events, usdt, {IntValue{1}, LongValue{42}});

  HookInfo lsm = kind_hook(EventKind::Lsm, "file_open", "", "", "");
  lsm.rung = "lsm";
  add_event(events, lsm, {PathValue{PathValue::Kind::File, "/etc/shadow", false, 0100640}}).ima_hash =
      "sha256:5f0c1d2e3f405162738495a6b7c8d9e0";

  HookInfo loader = kind_hook(EventKind::Loader, "", "", "", "");
  loader.rung = "kprobe";
  for (const char* id : {"\xde\xad\xbe\xef", ""}) {
    Event& l = add_event(events, loader, {});
    l.loaded_path = "/usr/lib/libc.so.6";
    l.build_id = id;
    l.action = 0;
  }
}

void add_gaps(std::vector<Event>& events) {
  events.push_back(Event{});
  events.back().kind = EventKind::Gap;
  events.back().seq = 200;
  events.back().mono_ns = 12345800000000;
  events.back().wall_ns = 1767323046000000000;
  events.back().cpu = 3;
  events.back().lost = 17;
  events.push_back(events.back());
  events.back().first_lost_seq = 201;
  events.back().seq = 216;  // one of the sixteen lines told of two lost events
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
  return {{probe("tcp_connect", {"🔌", "connect", {flow}, ""}), probe("tcp_close", {"🧹", "close", {flow}, ""}),
           probe("tcp_sendmsg", {"📤", "sendmsg", {flow}, " bytes {1}"})}};
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
  add_every_kind(events);
  add_gaps(events);
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
