// The planner: which rung serves a hook on which host, and what it says when none does.
#include "plan/planner.h"

#include <catch2/catch.hpp>

#include "policy/policy_reader.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

struct World {
  ProbeCatalog catalog;
  HostFacts host;
  LayoutTable layout;

  World() {
    catalog.probes.push_back(
        {"tcp_connect", "tcp_connect", "", {{Rung::Kprobe, "tcp_connect", {}}, {Rung::StateSockOps, "", {}}}, {}});
    host.kprobe = {true, ""};
    host.sock_ops = {true, ""};
    TracepointFormat format;
    for (const char* f : {"skaddr", "oldstate", "newstate", "sport", "dport", "family", "protocol", "saddr", "daddr",
                          "saddr_v6", "daddr_v6"})
      format.fields.push_back({f, "u32", 8, 4, false, false});
    host.tracepoints["sock:inet_sock_set_state"] = format;
    for (const auto& type : all_types())
      for (const auto& member : type.needs_layout) layout.members[member] = {8, 8, 0, 0};
  }

  bool trampolines = false;

  HookPlan plan(const std::string& hook) {
    const std::string text =
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n  kprobes:\n" + hook;
    Diagnostics reading, planning;
    const Policy policy = read_policy(
        "p.yaml", text, [](const std::string&) { return std::nullopt; }, reading);
    INFO(render(reading, text, false));
    REQUIRE_FALSE(reading.has_errors());
    HostQuestions questions;
    questions.kprobe = [](std::string_view s) {
      return s == "gone" ? Trial{false, "this kernel has no function gone"} : Trial{true, ""};
    };
    questions.trampoline = [this](AttachSpec::Kind, std::string_view) {
      return trampolines ? Trial{true, ""} : Trial{false, "no trampolines here"};
    };
    HookPlan out = plan_policy(policy, {catalog, host, layout, questions, 16, {}, 0}, planning);
    REQUIRE_FALSE(planning.has_errors());
    return out;
  }
};

const std::string kConnect = "  - call: tcp_connect\n    syscall: false\n    args:\n    - index: 0\n      type: sock\n";

}  // namespace

TEST_CASE("the first rung that works is taken, and the ones before it are named") {
  World w;
  CHECK(w.plan(kConnect).hooks.at(0).rung == Rung::Kprobe);

  w.host.kprobe = {false, "no kprobes here"};
  const HookPlan plan = w.plan(kConnect);
  REQUIRE(plan.hooks.size() == 1);
  CHECK(plan.hooks[0].rung == Rung::StateSockOps);
  REQUIRE(plan.hooks[0].tried.size() == 1);
  CHECK(plan.hooks[0].tried[0].reason == "no kprobes here");
}

TEST_CASE("without layouts a kprobe cannot read a sock") {
  World w;
  w.layout.members.clear();
  const HookPlan plan = w.plan(kConnect);
  REQUIRE(plan.hooks.size() == 1);
  CHECK(plan.hooks[0].rung == Rung::StateSockOps);
  CHECK(plan.hooks[0].tried.at(0).reason.find("sock.__sk_common.skc_family") != std::string::npos);
}

TEST_CASE("a hook that cannot be had leaves the others alone") {
  World w;
  const HookPlan plan = w.plan(kConnect + "  - call: gone\n    syscall: false\n");
  CHECK(plan.hooks.size() == 1);
  REQUIRE(plan.unavailable.size() == 1);
  CHECK(plan.unavailable[0].function == "gone");
  CHECK(plan.unavailable[0].reason == "kprobe: this kernel has no function gone; fentry: no trampolines here");
}

TEST_CASE("where there are no kprobes a trampoline serves, unless registers are wanted") {
  World w;
  w.host.kprobe = {false, "no kprobes here"};
  w.trampolines = true;
  const std::string plain = "  - call: f\n    syscall: false\n    args:\n    - index: 0\n      type: int32\n";
  CHECK(w.plan(plain).hooks.at(0).rung == Rung::Fentry);
  // What the probe's manifest has comes before it.
  CHECK(w.plan(kConnect).hooks.at(0).rung == Rung::StateSockOps);
  const HookPlan registers =
      w.plan(plain + "    data:\n    - source: pt_regs\n      resolve: rdi\n      type: uint64\n");
  CHECK(registers.hooks.empty());
  CHECK(registers.unavailable.at(0).reason == "kprobe: no kprobes here");
  w.host.kprobe = {true, ""};
  CHECK(w.plan(plain).hooks.at(0).rung == Rung::Kprobe);
}

TEST_CASE("a signal that depends on the source port is refused where the port comes too late") {
  World w;
  w.host.kprobe = {false, "no kprobes here"};
  const HookPlan plan =
      w.plan(kConnect +
             "    selectors:\n    - matchArgs:\n      - index: 0\n        operator: SPort\n        values: "
             "[\"1000\"]\n      matchActions:\n      - action: Sigkill\n");
  CHECK(plan.hooks.empty());
  REQUIRE(plan.unavailable.size() == 1);
  CHECK(plan.unavailable[0].reason.find("source port is known only after") != std::string::npos);
}

TEST_CASE("fields are laid out behind the head, strings with a tail of a power of two") {
  World w;
  const HookPlan plan = w.plan(
      "  - call: f\n    syscall: false\n    args:\n    - index: 0\n      type: int8\n    - index: 1\n      type: "
      "uint64\n"
      "    - index: 2\n      type: nop\n    - index: 3\n      type: string\n    - index: 4\n      type: string\n");
  const RecordLayout& record = plan.hooks.at(0).record;
  REQUIRE(record.fields.size() == 4);
  CHECK(record.fields[0].offset == sizeof(wire::Head));
  CHECK(record.fields[1].offset == sizeof(wire::Head) + 8);
  CHECK(record.fields[2].offset == sizeof(wire::Head) + 16);
  CHECK(record.fields[3].offset == sizeof(wire::Head) + 32);
  CHECK(record.size % 8 == 0);
  CHECK(record.tail_max == 8192);
  CHECK(plan.hooks[0].id() == 16);
}

TEST_CASE("loader: asked of the host, and named when it refuses") {
  Policy policy;
  policy.name = "p";
  policy.loader = true;
  policy.loader_span.line = 6;
  World w;
  HostQuestions questions;
  Diagnostics diagnostics;
  const auto plan = [&] {
    return plan_policy(policy, {w.catalog, w.host, w.layout, questions, 16, {}, 0}, diagnostics);
  };
  CHECK(plan().loader);  // not asked: yes
  questions.mappings = [] { return std::string(); };
  CHECK(plan().loader);
  CHECK(plan().loader_span.line == 6);
  CHECK(plan().unavailable.empty());

  questions.mappings = [] { return std::string("perf_event_open: Permission denied"); };
  const HookPlan refused = plan();
  CHECK_FALSE(refused.loader);
  REQUIRE(refused.unavailable.size() == 1);
  CHECK(refused.unavailable[0].function == "loader");
  CHECK(refused.unavailable[0].reason == "perf_event_open: Permission denied");
  CHECK(refused.unavailable[0].span.line == 6);
  CHECK_FALSE(refused.unavailable[0].may_be_absent);

  policy.loader = false;
  CHECK_FALSE(plan().loader);
  CHECK(plan().unavailable.empty());
}

TEST_CASE("what this kernel lacks leaves out the hooks that ask for it, with the place") {
  struct Case {
    KernelFeature feature;
    std::string selectors;
    std::uint32_t line;
    std::string reason;
  };
  const std::string actions = "    selectors:\n    - matchActions:\n";
  const Case cases[] = {
      {KernelFeature::SendSignal, actions + "      - action: Sigkill\n", 14, "Sigkill: why"},
      {KernelFeature::SendSignal, actions + "      - action: Signal\n        argSig: 9\n", 14, "Signal: why"},
      {KernelFeature::Stacks, actions + "      - action: Post\n        userStackTrace: true\n", 14,
       "stack traces: why"},
  };
  for (const auto& c : cases) {
    World w;
    const std::string hooks = kConnect + c.selectors + "  - call: tcp_close\n    syscall: false\n";
    CHECK(w.plan(hooks).unavailable.empty());
    w.host.lacks = {{KernelFeature::RawTracepoints, "not asked for"}};
    CHECK(w.plan(hooks).unavailable.empty());
    w.host.lacks = {{c.feature, "why"}};
    const HookPlan plan = w.plan(hooks);
    REQUIRE(plan.unavailable.size() == 1);
    CHECK(plan.unavailable[0].function == "tcp_connect");
    CHECK(plan.unavailable[0].reason == c.reason);
    CHECK(plan.unavailable[0].span.line == c.line);
    CHECK_FALSE(plan.unavailable[0].may_be_absent);
    REQUIRE(plan.hooks.size() == 1);
    CHECK(plan.hooks[0].function() == "tcp_close");
  }
}

TEST_CASE("rateLimit needs loops only for the bytes of a text") {
  World w;
  w.host.lacks = {{KernelFeature::BoundedLoops, "why"}};
  const std::string head =
      "  - call: f\n    syscall: false\n    args:\n    - index: 0\n      type: string\n    - index: 1\n"
      "      type: int\n    selectors:\n    - matchActions:\n      - action: Post\n"
      "        rateLimit: 1m\n";
  CHECK(w.plan(head).unavailable.size() == 1);
  CHECK(w.plan(head + "        rateLimitKeys: [\"arg0\"]\n").unavailable.size() == 1);
  CHECK(w.plan(head + "        rateLimitKeys: [\"arg1\", \"binary\"]\n").unavailable.empty());
}

TEST_CASE("a probe whose semaphore the kernel does not count is left out, its places without one are not") {
  Policy policy;
  policy.name = "p";
  Hook hook;
  hook.kind = HookKind::Usdt;
  hook.path = "/bin/shop";
  hook.subsystem = "shop";
  hook.call = "sold";
  policy.hooks.push_back(hook);
  World w;
  std::vector<BinaryPlace> places = {{"sold", 64, 0x2000, {}, {}}, {"sold", 96, 0, {}, {}}};
  const auto plan = [&] {
    HostQuestions questions;
    questions.places = [&](const Hook& h) -> Result<std::vector<BinaryPlace>> {
      CHECK(h.path == "/bin/shop");
      return places;
    };
    Diagnostics diagnostics;
    HookPlan out = plan_policy(policy, {w.catalog, w.host, w.layout, questions, 16, {}, 0}, diagnostics);
    REQUIRE_FALSE(diagnostics.has_errors());
    return out;
  };
  const auto offsets = [](const HookPlan& p) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    for (const auto& h : p.hooks)
      for (const auto& t : h.targets) out.emplace_back(t.offset, t.ref_ctr_offset);
    return out;
  };
  CHECK(plan().unavailable.empty());
  CHECK(offsets(plan()) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{64, 0x2000}, {96, 0}});
  w.host.lacks = {{KernelFeature::UprobeSemaphores, "no semaphores before 4.20"}};
  const HookPlan old = plan();
  CHECK(offsets(old) == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{96, 0}});
  REQUIRE(old.unavailable.size() == 1);
  CHECK(old.unavailable[0].reason.find("no semaphores before 4.20") != std::string::npos);
  places.pop_back();
  CHECK(plan().hooks.empty());
}
