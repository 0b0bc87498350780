// Generation rules: strict holes, markers that lead back, nothing of a policy's text in C.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <regex>

#include "codegen/machine_macros.h"
#include "codegen/renderer.h"
#include "codegen/template.h"

using namespace burin;

namespace {

HostFacts host() {
  HostFacts h;
  h.version_code = 0x60100;
  h.cgroup2 = "/sys/fs/cgroup";
  for (const auto& name : tracepoints_used()) {
    TracepointFormat format;
    for (const char* f :
         {"filename", "pid", "old_pid", "clone_flags", "skaddr", "oldstate", "newstate", "sport", "dport", "family",
          "protocol", "saddr", "daddr", "saddr_v6", "daddr_v6", "argv", "error_code"})
      format.fields.push_back({f, "u32", 8, 4, false, false});
    h.tracepoints[name] = format;
  }
  return h;
}

PlannedHook connect_hook() {
  PlannedHook hook;
  hook.targets = {{16, "tcp_connect", "tcp_connect"}};
  hook.record.hook = 16;
  PlannedArg sock;
  sock.type = "sock";
  sock.field = hook.record.add("a0", "struct w_sock", 64, 8);
  sock.span = {"p.yaml", 9, 5, 1};
  hook.args.push_back(sock);
  hook.span = {"p.yaml", 6, 3, 1};
  return hook;
}

/// A file name of hostile bytes: quotes, backslashes, comment ends, trigraphs, newlines and markers must not matter.
std::string hostile(std::mt19937& random) {
  static const std::string pieces[] = {"\"",     "\\", "*/",       "/*",   "?\?/", "\n", "@size@",
                                       "/*@1*/", "'",  "#include", "\x01", "\xff", "a"};
  std::string out = "/";
  for (int i = 0; i < 12; ++i) out += pieces[random() % std::size(pieces)];
  return out;
}

}  // namespace

TEST_CASE("a hole nobody fills and a value nobody uses are errors") {
  UnitText unit;
  auto missing = unit.add_template("hook/entry.bpf.c", {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text().find("no value for hole @function@") != std::string::npos);
  Holes holes;
  holes.scalars["nonsense"] = "1";
  auto unused = unit.add_template("capture.h", holes);
  REQUIRE_FALSE(unused);
  CHECK(unused.error().text().find("has no hole @nonsense@") != std::string::npos);
  CHECK_FALSE(unit.add_template("no/such", {}));
}

TEST_CASE("every marker in the text has an origin, and each origin one line") {
  HookPlan plan{"p", "p.yaml", {connect_hook()}, {}};
  auto unit = render_policy(plan, host(), {});
  REQUIRE(unit);
  const std::regex marker(R"(/\*@(\d+)\*/)");
  std::size_t count = 0;
  for (std::sregex_iterator it(unit->source.text.begin(), unit->source.text.end(), marker), end; it != end; ++it) {
    ++count;
    CHECK(std::stoul((*it)[1]) == count);
  }
  CHECK(count == unit->source.origins.size());
  CHECK(count > 100);
}

TEST_CASE("what a kernel lacks is a macro, and nothing else of the text") {
  const HookPlan plan{"p", "p.yaml", {connect_hook()}, {}};
  HostFacts old = host();
  const std::pair<KernelFeature, std::string> macros[] = {{KernelFeature::SafeReads, "BURIN_ONE_READ"},
                                                          {KernelFeature::CgroupId, "BURIN_NO_CGROUP_ID"},
                                                          {KernelFeature::SendSignal, "BURIN_NO_SIGNAL"},
                                                          {KernelFeature::BoundedLoops, "BURIN_NO_LOOPS"}};
  const auto now = render_policy(plan, host(), {});
  REQUIRE(now);
  for (const auto& [feature, macro] : macros) {
    CAPTURE(macro);
    old.lacks = {{feature, "why"}};
    const auto then = render_policy(plan, old, {});
    REQUIRE(then);
    CHECK(then->source.text == now->source.text);
    auto with = now->source.defines;
    with.emplace_back(macro, "1");
    auto got = then->source.defines;
    std::ranges::sort(with);
    std::ranges::sort(got);
    CHECK(got == with);
  }
}

TEST_CASE("the text does not depend on the machine, the macros do") {
  HookPlan plan{"p", "p.yaml", {connect_hook()}, {}};
  LayoutTable one{"btf", {{"sock.sk_mark", {100, 4, 0, 0}}, {"inode.i_flags", {8, 8, 0, 0}}}};
  LayoutTable two{"btf", {{"sock.sk_mark", {200, 4, 0, 0}}}};
  const auto a = render_policy(plan, host(), one), b = render_policy(plan, host(), two);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->source.text == b->source.text);
  CHECK(a->source.defines != b->source.defines);
  // A member that the text does not name is no macro: it must not change the cache key.
  for (const auto& [name, value] : a->source.defines) CHECK(name != "L_inode_i_flags");
}

TEST_CASE("text of a policy never reaches C") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    PlannedHook hook = connect_hook();
    PlannedSelector selector;
    selector.actions = {Action{}};
    selector.span = {"p.yaml", 10, 1, 1};
    for (const char* op : {"In", "NotIn", "Prefix", "Postfix"})
      selector.process.push_back(
          PlannedBinaries{op, {{hostile(random), hostile(random)}}, false, std::nullopt, {"p.yaml", 11, 1, 1}});
    hook.selectors.push_back(selector);
    hook.message = hostile(random);
    hook.tags = {hostile(random)};
    HookPlan plan{hostile(random), hostile(random), {hook}, {}};
    auto unit = render_policy(plan, host(), {});
    REQUIRE(unit);
    // What is left after taking the markers away is the same alphabet and structure as for a harmless policy.
    const std::string& text = unit->source.text;
    CHECK(text.find("#include") == text.rfind("#include"));  // the prelude's own
    CHECK(text.find("?\?/") == std::string::npos);
    CHECK(text.find('\xff') == std::string::npos);
    CHECK(text.find('\x01') == std::string::npos);
    for (char c : text) REQUIRE((c == '\n' || (c >= 0x20 && c < 0x7f)));
  }
}

TEST_CASE("a literal is octal escapes throughout") {
  CHECK(c_literal("a\"\n") == "\"\\141\\042\\012\"");
  CHECK(c_literal(std::string("\0\xff", 2)) == "\"\\000\\377\"");
}

TEST_CASE("a macro is named by the whole identifier") {
  LayoutTable layout{"btf", {{"sock.sk", {4, 4, 0, 0}}}};
  const auto macros = machine_macros({}, layout, "read(L_sock_sk_mark)");
  for (const auto& [name, value] : macros) CHECK(name != "L_sock_sk");
}

TEST_CASE("the base unit attaches what the layout leaves to it") {
  auto bare = render_base(host(), {"none", {}});
  REQUIRE(bare);
  const auto has = [](const RenderedUnit& unit, const std::string& function) {
    for (const auto& p : unit.source.programs)
      if (p.function == function) return true;
    return false;
  };
  CHECK(has(*bare, "base_execve"));
  CHECK(has(*bare, "base_exit_group"));
  CHECK_FALSE(has(*bare, "base_selftest"));
  // Threads are counted: whoever counts one that begins has to be told of its end.
  const auto order = [](const RenderedUnit& unit) {
    std::string functions;
    for (const auto& a : unit.attaches) functions += a.function + ' ';
    return functions;
  };
  CHECK(order(*bare) == "base_exit_group base_exit base_clone base_execve base_execveat base_exec ");
  HostFacts telling = host();
  telling.tracepoints["sched:sched_process_exit"].fields.push_back({"group_dead", "bool", 32, 1, false, false});
  bare = render_base(telling, {"none", {}});
  REQUIRE(bare);
  CHECK(order(*bare) == "base_clone base_execve base_execveat base_exec base_exit_group base_exit ");
  HostFacts poor = host();
  poor.tracepoints.erase("task:task_newtask");
  auto refused = render_base(poor, {"none", {}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unsupported);
  CHECK(refused.error().message.find("task:task_newtask") != std::string::npos);
}
