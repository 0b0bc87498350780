// What the reader makes of each section of the language, field by field.
#include <catch2/catch.hpp>

#include "reading.h"

using namespace burin;
using namespace burin_test;

namespace {

Read spec(const std::string& sections, const Variables& variables = {}) {
  return read("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: test\nspec:\n" + sections,
              variables);
}

Read selector(const std::string& text) {
  return spec("  kprobes:\n  - call: sys_dup\n    args: [{index: 0, type: int}]\n    selectors:\n" + text);
}

}  // namespace

TEST_CASE("kprobes: return, data, more arguments than registers, one index twice") {
  const Read r = spec(R"(
  kprobes:
  - call: sys_write
    return: true
    returnArg: {index: 0, type: int, label: written}
    args:
    - {index: 0, type: int}
    - {index: 0, type: uint64, label: again}
    - {index: 1, type: string, sizeArgIndex: 3}
    - {index: 2, type: size_t}
    - {index: 3, type: int}
    - {index: 4, type: int}
    - {index: 5, type: int}
    data:
    - {index: 0, type: string, source: current_task, resolve: "mm.owner.comm[3]"}
    - {type: uint64, source: pt_regs, resolve: ip}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: [1]}
      - {args: [1], operator: Equal, values: [2]}
      matchReturnArgs:
      - {index: 0, operator: LT, values: [0]}
      matchReturnActions:
      - {action: Signal, argSig: 15}
)");
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(r.count("argument-ignored") == 1);  // sizeArgIndex of a string
  const Hook& hook = r.policy.hooks.at(0);
  CHECK(hook.syscall);
  CHECK(hook.at_return);
  REQUIRE(hook.return_arg);
  CHECK(hook.return_arg->label == "written");
  REQUIRE(hook.args.size() == 7);
  CHECK(hook.args[1].index == 0);
  CHECK(hook.args[1].type == "uint64");
  REQUIRE(hook.data.size() == 2);
  CHECK(hook.data[0].source == PolicyArg::Source::CurrentTask);
  CHECK(hook.data[0].resolve == "mm.owner.comm[3]");
  CHECK(hook.data[1].source == PolicyArg::Source::PtRegs);
  const Selector& s = hook.selectors.at(0);
  CHECK(s.match_args.at(0).positions == std::vector<std::size_t>{0});  // the first argument with this index
  CHECK(s.match_args.at(1).positions == std::vector<std::size_t>{1});
  CHECK(s.match_return_args.at(0).positions == std::vector<std::size_t>{0});
  CHECK(s.return_actions.at(0).kind == ActionKind::Signal);
  CHECK(s.return_actions.at(0).signal == 15);
}

TEST_CASE("tracepoints: index is the field's, in filters the position") {
  const Read r = spec(R"(
  tracepoints:
  - subsystem: raw_syscalls
    event: sys_enter
    args: [{index: 5}, {index: 4, type: int64}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: [59]}]
  - {subsystem: sched, event: sched_process_exec, raw: true, args: [{index: 2, type: auto}]}
)");
  INFO(r.text);
  REQUIRE(r.ok());
  REQUIRE(r.policy.hooks.size() == 2);
  CHECK(r.policy.hooks[0].kind == HookKind::Tracepoint);
  CHECK(r.policy.hooks[0].subsystem == "raw_syscalls");
  CHECK(r.policy.hooks[0].call == "sys_enter");
  CHECK(r.policy.hooks[0].args[0].type == "auto");
  CHECK(r.policy.hooks[0].selectors[0].match_args[0].positions == std::vector<std::size_t>{1});
  CHECK(r.policy.hooks[1].kind == HookKind::RawTracepoint);
}

TEST_CASE("all sections of one policy, and loader") {
  const Read r = spec(R"(
  loader: true
  fentries: [{call: tcp_connect, syscall: false}]
  uprobes:
  - path: /bin/bash
    offsets: [0x10, 32]
    refCtrOffsets: [0, 8]
    ignore: {digestVerificationFailure: true}
  - {path: /bin/bash, symbols: [readline], return: true, returnArg: {index: 0, type: string}}
  usdts: [{path: /usr/bin/app, provider: app, name: done, args: [{index: 3, type: int}]}]
  lsmhooks: [{hook: file_open}]
  kprobes: [{call: tcp_close, syscall: false}, {call: tcp_close, syscall: false}]
)");
  INFO(r.text);
  REQUIRE(r.diagnostics.all().empty());
  CHECK(r.policy.loader);
  REQUIRE(r.policy.hooks.size() == 7);
  CHECK(r.policy.hooks[2].kind == HookKind::Fentry);
  CHECK(r.policy.hooks[3].offsets.at(0).value == 16);
  CHECK(r.policy.hooks[3].ref_ctr_offsets == std::vector<std::uint64_t>{0, 8});
  CHECK(r.policy.hooks[3].ignore_digest_failure);
  CHECK(r.policy.hooks[4].symbols.at(0).value == "readline");
  CHECK(r.policy.hooks[5].subsystem == "app");
  CHECK(r.policy.hooks[6].kind == HookKind::Lsm);
  CHECK(spec("  loader: true\n").ok());
}

TEST_CASE("lists decide what their names are; enforcers and options") {
  const Read r = spec(R"(
  lists:
  - {name: ids, type: syscalls, values: [sys_setuid, i386/sys_setuid]}
  - {name: ksys, type: generated_ftrace, pattern: "^ksys_"}
  - {name: plain, values: [vfs_read], validated: true}
  enforcers: [{calls: ["list:ids", security_file_open]}]
  options:
  - {name: policy-mode, value: monitor}
  - {name: override-method, value: fmod-ret}
  - {name: disable-kprobe-multi, value: 1}
  kprobes:
  - {call: "list:ids"}
  - {call: "list:ksys"}
  - call: "list:plain"
    selectors: [{matchActions: [{action: NotifyEnforcer, argError: -1, argSig: 9}]}]
)");
  INFO(r.text);
  REQUIRE(r.diagnostics.all().empty());
  CHECK(r.policy.hooks.at(0).syscall);
  CHECK_FALSE(r.policy.hooks.at(1).syscall);
  CHECK_FALSE(r.policy.hooks.at(2).syscall);
  CHECK(r.policy.lists.at(1).pattern == "^ksys_");
  CHECK(r.policy.enforcers.at(0).calls.at(1).value == "security_file_open");
  CHECK(r.policy.options.mode == PolicyMode::Monitor);
  CHECK(r.policy.options.override_method == PolicyOptions::OverrideMethod::FmodRet);
  const Action& action = r.policy.hooks.at(2).selectors.at(0).actions.at(0);
  CHECK(action.error == -1);
  CHECK(action.signal == 9);
}

TEST_CASE("filters on the process") {
  const Read r = selector(R"(    - label: mine
      matchPIDs:
      - {operator: NotIn, values: [1], isNamespacePID: true, followForks: true}
      - {operator: NotIn, values: [0x10]}
      matchNamespaces:
      - {namespace: PidForChildren, operator: NotIn, values: [host_ns, "4026531836"]}
      matchNamespaceChanges: [{operator: In, values: [Mnt, User]}]
      matchCapabilities:
      - {type: Permitted, operator: In, values: [CAP_CHOWN, DAC_OVERRIDE, CAP_DAC_OVERRIDE], isNamespaceCapability: true}
      matchCapabilityChanges: [{operator: NotIn, values: [CAP_SYS_ADMIN]}]
      matchParentBinaries: [{operator: In, values: [/bin/sh], followChildren: true}]
      matchWorkloads:
        podSelector: {matchLabels: {app: shop}, matchExpressions: [{key: tier, operator: Exists}]}
)");
  INFO(r.text);
  REQUIRE(r.diagnostics.all().empty());
  const Selector& s = r.policy.hooks.at(0).selectors.at(0);
  CHECK(s.label == "mine");
  REQUIRE(s.match_pids.size() == 2);
  CHECK((s.match_pids[0].negated && s.match_pids[0].namespace_pid && s.match_pids[0].follow_forks));
  CHECK(s.match_pids[1].pids == std::vector<std::uint32_t>{16});
  CHECK(s.match_namespaces.at(0).ns == NamespaceKind::PidForChildren);
  CHECK(s.match_namespaces.at(0).host);
  CHECK(s.match_namespaces.at(0).inums == std::vector<std::uint32_t>{4026531836});
  CHECK(s.match_namespace_changes.at(0).kinds == std::vector<NamespaceKind>{NamespaceKind::Mnt, NamespaceKind::User});
  CHECK(s.match_capabilities.at(0).mask == 3);
  CHECK(s.match_capabilities.at(0).namespaced);
  CHECK(s.match_capability_changes.at(0).negated);
  CHECK(s.match_parent_binaries.at(0).follow_children);
  REQUIRE(s.match_workloads);
  REQUIRE(s.match_workloads->pods->size() == 2);
  CHECK(s.match_workloads->pods->at(0).op == "In");
}

TEST_CASE("macros count as written in the selector") {
  const Read r = spec(R"(
  selectorsMacros:
    curl: {matchBinaries: [{operator: In, values: [/usr/bin/curl]}]}
    kill: {matchActions: [{action: Sigkill}]}
  kprobes:
  - call: sys_dup
    selectors:
    - {macros: [curl, kill]}
    - macros: [curl]
      matchPIDs: [{operator: In, values: [1]}]
)");
  INFO(r.text);
  REQUIRE(r.diagnostics.all().empty());
  const auto& selectors = r.policy.hooks.at(0).selectors;
  CHECK(selectors.at(0).match_binaries.at(0).values.at(0).value == "/usr/bin/curl");
  CHECK(selectors.at(0).actions.at(0).kind == ActionKind::Sigkill);
  CHECK(selectors.at(1).match_binaries.size() == 1);
  CHECK(selectors.at(1).actions.empty());
}

TEST_CASE("rate limits") {
  const auto limited = [](const std::string& text) {
    return selector("    - matchActions: [{action: Post, rateLimit: " + text + ", rateLimitScope: process}]\n");
  };
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::vector<std::pair<std::string, std::uint64_t>> good = {{"5", 5},    {"\"5\"", 5}, {"7s", 7},
                                                                   {"2m", 120}, {"1h", 3600}, {"1H", 3600}};
  for (const auto& [text, seconds] : good) {
    const Read r = limited(text);
    INFO(text << r.text);
    REQUIRE(r.ok());
    const auto& limit = r.policy.hooks.at(0).selectors.at(0).actions.at(0).rate_limit;
    REQUIRE(limit);
    CHECK(limit->window_ns == seconds * kSecond);
    CHECK(limit->scope == RateLimit::Scope::Process);
  }
  for (const char* bad : {"-1", "m", "5d", "1.5", "''", "4294967296", "2000000h", "' 5'"})
    CHECK(limited(bad).count("bad-value") == 1);
  const Read zero = limited("0");
  CHECK(zero.ok());
  CHECK_FALSE(zero.policy.hooks.at(0).selectors.at(0).actions.at(0).rate_limit);
}

TEST_CASE("workload selectors that leave nobody out are none") {
  const std::string hook = "  kprobes: [{call: sys_dup}]\n";
  CHECK(spec("  podSelector: null\n  containerSelector: ~\n  hostSelector:\n" + hook).diagnostics.all().empty());
  CHECK(spec("  podSelector: {}\n  containerSelector: {}\n  hostSelector: {}\n  nodeSelector: {}\n" + hook)
            .diagnostics.all()
            .empty());
  for (const char* some :
       {"  podSelector: {}\n", "  containerSelector: {matchLabels: {name: web}}\n", "  hostSelector: {}\n",
        "  podSelector: {}\n  hostSelector: {}\n", "  nodeSelector: {matchLabels: {a: b}}\n"}) {
    const Read r = spec(some + hook);
    INFO(r.text);
    CHECK(r.diagnostics.all().size() == 1);
    CHECK(r.count("workload-policy") == 1);
  }
}

TEST_CASE("a policy may have more than 200 hooks") {
  std::string hooks = "  kprobes:\n";
  for (int i = 0; i < 300; ++i) hooks += "  - {call: f" + std::to_string(i) + ", syscall: false}\n";
  CHECK(spec(hooks).policy.hooks.size() == 300);
  CHECK(spec(hooks).diagnostics.all().empty());
}

TEST_CASE("macros cannot make a small file large") {
  std::string text = "  selectorsMacros:\n    m: {matchBinaries: [{operator: In, values: [";
  for (int i = 0; i < 20'000; ++i) text += "/a,\n";
  text += "]}]}\n  kprobes:\n";
  for (int i = 0; i < 100; ++i) text += "  - {call: sys_dup, selectors: [{macros: [m]}]}\n";
  CHECK(spec(text).count("too-many-nodes") > 0);
}

TEST_CASE("one NUL at the end of a text adds nothing, others are refused") {
  CHECK(spec("  kprobes: [{call: \"sys_dup\\0\"}]\n").policy.hooks.at(0).call == "sys_dup");
  CHECK(spec("  kprobes: [{call: \"sys\\0dup\"}]\n").count("control-character") == 1);
  CHECK(spec("  kprobes: [{call: \"sys_dup\\0\\0\"}]\n").count("control-character") == 1);
}
