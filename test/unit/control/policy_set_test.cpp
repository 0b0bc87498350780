// What holds for all policies of a daemon together: numbers of hooks, and how many there may be.
#include "control/policy_set.h"

#include <catch2/catch.hpp>
#include <set>

using namespace burin;

namespace {

/// As many functions as the name of the pattern says ("^a_100$": a_0 to a_99).
Result<std::vector<std::string>> functions_of(std::string_view pattern) {
  const std::string name(pattern.substr(1, pattern.find('_') - 1));
  const std::size_t count = std::stoul(std::string(pattern.substr(pattern.find('_') + 1)));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(name + "_" + std::to_string(i));
  return out;
}

/// A policy of that name with one list of so many functions, and one function beside it.
PolicyFile with_list(const std::string& name, std::size_t count) {
  PolicyFile file = read_policy_text(
      name + ".yaml",
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"" + name +
          "\"\nspec:\n  lists:\n  - name: \"all\"\n    type: \"generated_ftrace\"\n    pattern: \"^" + name + "_" +
          std::to_string(count) + "$\"\n  kprobes:\n  - call: \"list:all\"\n    syscall: false\n  - call: \"" + name +
          "_alone\"\n    syscall: false\n",
      {});
  INFO(render(file.diagnostics, file.text, false));
  REQUIRE_FALSE(file.diagnostics.has_errors());
  return file;
}

Result<std::vector<HookPlan>> plan(std::vector<PolicyFile> files, HookId first = kFirstPolicyHook) {
  const ProbeCatalog catalog;
  HostFacts host;
  host.kprobe.works = true;
  const LayoutTable layout;
  HostQuestions ask;
  ask.functions = functions_of;
  std::string rendered;
  auto plans = plan_set(files, {catalog, host, layout, ask, first, std::nullopt, 0}, rendered, false);
  INFO(rendered);
  CHECK(rendered.empty());
  return plans;
}

/// The numbers of all targets; each may be there once.
std::set<HookId> numbers(const std::vector<HookPlan>& plans) {
  std::set<HookId> out;
  std::size_t targets = 0;
  for (const auto& plan : plans)
    for (const auto& hook : plan.hooks)
      for (const auto& target : hook.targets) {
        out.insert(target.id);
        ++targets;
      }
  CHECK(out.size() == targets);
  return out;
}

}  // namespace

TEST_CASE("all policies together have at most 65,519 places to trace") {
  // Each policy has one function beside its list.
  constexpr std::size_t kLimit = 65'519, kFirst = 40'000, kSecond = kLimit - kFirst - 2;
  const auto most = plan({with_list("a", kFirst), with_list("b", kSecond)});
  if (!most) FAIL(most.error().text());
  const std::set<HookId> used = numbers(*most);
  CHECK(used.size() == kLimit);
  CHECK(*used.begin() == kFirstPolicyHook);
  CHECK(*used.rbegin() == 65'534);

  const auto more = plan({with_list("a", kFirst), with_list("b", kSecond + 1)});
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::Unsupported);
  CHECK(more.error().text().find("have 65520 places to trace (with b), and 65519 is the limit") != std::string::npos);
  CHECK_FALSE(plan({with_list("a", kLimit)}));
  CHECK_FALSE(plan({with_list("a", 65'536 + 10)}));  // not counted in 16 bits
}

TEST_CASE("lists come last: one that grows moves no other number") {
  const auto small = plan({with_list("a", 3), with_list("b", 2)}),
             large = plan({with_list("a", 30), with_list("b", 2)});
  REQUIRE(small);
  REQUIRE(large);
  for (const auto& plans : {*small, *large}) {
    REQUIRE(plans.size() == 2);
    CHECK(plans[0].hooks.at(1).id() == kFirstPolicyHook);
    CHECK(plans[1].hooks.at(1).id() == kFirstPolicyHook + 1);
    CHECK(plans[0].hooks.at(0).id() == kFirstPolicyHook + 2);
    CHECK(plans[0].hooks.at(0).record.hook == kFirstPolicyHook + 2);
  }
  CHECK(numbers(*large).size() == 34);
}
