// Recorded events against policies: which selector, and why not.
#include "control/policy_test.h"

#include <catch2/catch.hpp>

#include "plan/planner.h"
#include "policy/policy_reader.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

HookPlan plan(const std::string& hooks) {
  const std::string text = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n" + hooks;
  Diagnostics diagnostics;
  const Policy policy = read_policy(
      "p.yaml", text, [](const std::string&) { return std::nullopt; }, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  ProbeCatalog catalog;
  HostFacts host;
  host.kprobe.works = host.override_return.works = true;
  LayoutTable layout;
  for (const auto& type : all_types())
    for (const auto& member : type.needs_layout) layout.members[member] = {8, 8, 0, 0};
  HookPlan out = plan_policy(policy, {catalog, host, layout, {}, kFirstPolicyHook, std::nullopt, 0}, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  REQUIRE(out.unavailable.empty());
  return out;
}

EventVerdict verdict(const HookPlan& plan, const std::string& line) {
  const auto verdicts = test_event(plan, line);
  REQUIRE(verdicts);
  REQUIRE(verdicts->size() == 1);
  return verdicts->front();
}

const std::string kConnect = R"(  kprobes:
  - call: tcp_connect
    syscall: false
    args:
    - index: 0
      type: sock
    selectors:
    - label: inside
      matchArgs:
      - index: 0
        operator: DAddr
        values: ["10.0.0.0/8"]
      matchActions:
      - action: NoPost
    - matchArgs:
      - index: 0
        operator: DPort
        values: ["443"]
      matchBinaries:
      - operator: In
        values: [/usr/bin/curl]
      matchActions:
      - action: Sigkill
)";

std::string connect(const std::string& daddr, int dport,
                    const std::string& process = R"("pid":7,"binary":"/usr/bin/curl")") {
  return R"({"process_kprobe":{"process":{)" + process +
         R"(},"function_name":"tcp_connect","args":[{"sock_arg":{"family":"AF_INET","type":"SOCK_STREAM","protocol":"IPPROTO_TCP","saddr":"10.0.0.5","daddr":")" +
         daddr + R"(","sport":41234,"dport":)" + std::to_string(dport) +
         R"(,"cookie":"18446623456789012480","state":"TCP_SYN_SENT"}}]},"time":"2026-01-02T03:04:05Z"})";
}

}  // namespace

TEST_CASE("the first selector that matches, with its actions") {
  const HookPlan p = plan(kConnect);
  EventVerdict v = verdict(p, connect("10.1.2.3", 443));
  CHECK(v.truth == Truth::Yes);
  CHECK(v.selector == 0);
  CHECK(v.actions == std::vector<std::string>{"NoPost"});
  CHECK(v.binary == "/usr/bin/curl");
  CHECK(v.pid == 7);
  v = verdict(p, connect("203.0.113.7", 443));
  CHECK(v.truth == Truth::Yes);
  CHECK(v.selector == 1);
  CHECK(v.actions == std::vector<std::string>{"Sigkill"});
}

TEST_CASE("why not: the first filter that fails, its line and the value") {
  const HookPlan p = plan(kConnect);
  const EventVerdict v = verdict(p, connect("203.0.113.7", 80));
  CHECK(v.truth == Truth::No);
  CHECK_FALSE(v.selector);
  REQUIRE(v.selectors.size() == 2);
  CHECK(v.selectors[0].label == "inside");
  CHECK(v.selectors[0].reason == "DAddr does not hold for tcp:10.0.0.5:41234->203.0.113.7:80,TCP_SYN_SENT");
  CHECK(v.selectors[0].span.line == 15);
  CHECK(v.selectors[1].reason == "DPort does not hold for tcp:10.0.0.5:41234->203.0.113.7:80,TCP_SYN_SENT");
  const EventVerdict other = verdict(p, connect("203.0.113.7", 443, R"("pid":7,"binary":"/usr/bin/wget")"));
  CHECK(other.truth == Truth::No);
  CHECK(other.selectors[1].reason == "matchBinaries In (/usr/bin/wget) does not hold");
}

TEST_CASE("what the record does not say is unknown, unless something else decides") {
  const HookPlan p = plan(kConnect);
  EventVerdict v = verdict(p, connect("203.0.113.7", 443, R"("pid":7)"));
  CHECK(v.truth == Truth::Unknown);
  CHECK(v.selectors[1].reason == "the record does not say what the process runs");
  CHECK(verdict(p, connect("203.0.113.7", 80, R"("pid":7)")).truth == Truth::No);
  std::string typed = connect("203.0.113.7", 443);
  typed.replace(typed.find("sock_arg"), 8, "skb_arg");
  v = verdict(p, typed);
  CHECK(v.truth == Truth::Unknown);
  CHECK(v.selectors[0].reason == "the record has skb_arg where the policy has sock");
  // A value that could not be read holds for no operator, as in the kernel.
  v = verdict(
      p, R"({"process_kprobe":{"process":{},"function_name":"tcp_connect","args":[{"error_arg":{"Message":"x"}}]}})");
  CHECK(v.truth == Truth::No);
}

TEST_CASE("events of other hooks, and what is no event") {
  const HookPlan p = plan(kConnect);
  CHECK(test_event(p, R"({"process_exec":{"process":{}}})")->empty());
  CHECK(test_event(p, R"({"process_kprobe":{"process":{},"function_name":"tcp_close"}})")->empty());
  CHECK(test_event(p, "{}")->empty());
  CHECK_FALSE(test_event(p, "[]"));
  CHECK_FALSE(test_event(p, "{"));
}

TEST_CASE("positions are the policy's, arguments of type nop are not in the record") {
  const HookPlan p = plan(R"(  kprobes:
  - call: f
    syscall: false
    return: true
    returnArg:
      index: 0
      type: int
    args:
    - index: 0
      type: nop
    - index: 1
      type: int
    selectors:
    - matchArgs:
      - index: 1
        operator: Equal
        values: ["7"]
      matchReturnArgs:
      - index: 0
        operator: LT
        values: ["0"]
)");
  const auto line = [](int arg, int returned) {
    return R"({"process_kprobe":{"process":{},"function_name":"f","args":[{"int_arg":)" + std::to_string(arg) +
           R"(}],"return":{"int_arg":)" + std::to_string(returned) + "}}}";
  };
  CHECK(verdict(p, line(7, -1)).truth == Truth::Yes);
  CHECK(verdict(p, line(8, -1)).truth == Truth::No);
  CHECK(verdict(p, line(7, 0)).selectors[0].reason == "LT does not hold for 0");
  CHECK(verdict(p, R"({"process_kprobe":{"process":{},"function_name":"f","args":[{"int_arg":7}]}})").truth ==
        Truth::Unknown);
}

TEST_CASE("a loader event is one of every policy with loader, and of no other") {
  const std::string line =
      R"({"process_loader":{"process":{"pid":7,"binary":"/usr/bin/cat"},"path":"/lib/libc.so.6"}})";
  const EventVerdict v = verdict(plan("  loader: true\n"), line);
  CHECK(v.hook == "loader");
  CHECK(v.truth == Truth::Yes);
  CHECK(v.pid == 7);
  CHECK(v.binary == "/usr/bin/cat");
  CHECK(v.hook_span.line == 6);
  CHECK(v.actions == std::vector<std::string>{"Post"});
  CHECK(test_event(plan(kConnect), line)->empty());
}

namespace {

/// A recorded call of a function: `int32` as parameter 2 (first) and a buffer as parameter 1.
Event recorded_call(std::int32_t number, std::string bytes) {
  auto hook = std::make_shared<HookInfo>();
  hook->id = kFirstPolicyHook;
  hook->kind = EventKind::Kprobe;
  hook->function = "f";
  hook->args = {{"int32", "", 0, kNone, kNone, "2"}, {"char_buf", "", 1, kNone, kNone, "1"}};
  Event event;
  event.kind = EventKind::Kprobe;
  event.hook = hook;
  const auto size = bytes.size();
  event.args = {IntValue{number}, BytesValue{std::move(bytes), size}};
  return event;
}

std::string on_parameter(const std::string& args, const std::string& filter) {
  return "  kprobes:\n  - call: f\n    syscall: false\n    args:\n" + args +
         "    selectors:\n    - matchArgs:\n      - " + filter + "\n";
}

EventVerdict verdict_of(const HookPlan& plan, const Event& event) {
  const auto verdicts = test_event(plan, event);
  REQUIRE(verdicts.size() == 1);
  return verdicts.front();
}

}  // namespace

TEST_CASE("values of a replay are found by what they are") {
  const Event event = recorded_call(-7, "buffer");
  const HookPlan number =
      plan(on_parameter("    - {index: 2, type: int}\n", "{args: [0], operator: Equal, values: [\"-7\"]}"));
  CHECK(verdict_of(number, event).truth == Truth::Yes);
  CHECK(verdict_of(number, recorded_call(7, "")).selectors.at(0).reason == "Equal does not hold for 7");

  const HookPlan other =
      plan(on_parameter("    - {index: 0, type: int}\n", "{args: [0], operator: Equal, values: [\"-7\"]}"));
  CHECK(verdict_of(other, event).truth == Truth::Unknown);
  CHECK(verdict_of(other, event).selectors.at(0).reason == "the recorded policy did not capture value 0");

  const HookPlan as_text =
      plan(on_parameter("    - {index: 1, type: string}\n", "{args: [0], operator: Equal, values: [buffer]}"));
  CHECK(verdict_of(as_text, event).selectors.at(0).reason ==
        "the recording has this value as char_buf where the policy has string");
  Event foreign = event;
  foreign.kind = EventKind::Lsm;
  CHECK(test_event(number, foreign).empty());
}

TEST_CASE("of a long buffer only what filters look at counts") {
  const std::string args =
      "    - {index: 1, type: char_buf, sizeArgIndex: 3, maxData: true}\n    - {index: 2, type: int}\n";
  const HookPlan p = plan(on_parameter(args, "{args: [0], operator: Postfix, values: [end]}"));
  CHECK(verdict_of(p, recorded_call(0, std::string(4092, 'x') + "end")).truth == Truth::Yes);
  CHECK(verdict_of(p, recorded_call(0, std::string(5000, 'x') + "end")).truth == Truth::No);
  CHECK(verdict_of(p, recorded_call(0, std::string(4092, 'x') + "end" + std::string(900, 'y'))).truth == Truth::Yes);
}
