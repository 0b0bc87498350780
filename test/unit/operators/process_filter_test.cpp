// The reference meaning of process filters: what is known decides, what is not known is said to be so.
#include "operators/process_filter.h"

#include <catch2/catch.hpp>

using namespace burin;

namespace {

RecordedProcess curl_of_bash() {
  RecordedProcess p;
  p.pid = 100;
  p.namespace_pid = 7;
  p.binary = "/usr/bin/curl";
  p.ancestors = {{50, 1, "/bin/bash"}, {1, std::nullopt, "/sbin/init"}};
  p.complete = true;
  return p;
}

Outcome binary(std::string op, std::vector<std::string> values, const RecordedProcess& p, bool parent = false,
               bool follow = false) {
  return holds(
      PlannedBinaries{std::move(op), {std::move(values)}, parent, follow ? std::optional(0U) : std::nullopt, {}}, p);
}

Outcome pid(std::uint64_t value, const RecordedProcess& p, bool negated = false, bool inside = false,
            bool follow = false) {
  return holds(PlannedPids{negated, inside, {{{value, value}}}, follow ? std::optional(0U) : std::nullopt, {}}, p);
}

}  // namespace

TEST_CASE("binaries, parents and descendants") {
  const RecordedProcess p = curl_of_bash();
  CHECK(binary("In", {"/bin/x", "/usr/bin/curl"}, p) == Outcome::Holds);
  CHECK(binary("In", {"/usr/bin/cur"}, p) == Outcome::Fails);
  CHECK(binary("NotIn", {"/usr/bin/curl"}, p) == Outcome::Fails);
  CHECK(binary("Prefix", {"/usr/"}, p) == Outcome::Holds);
  CHECK(binary("NotPrefix", {"/opt/"}, p) == Outcome::Holds);
  CHECK(binary("Postfix", {"url"}, p) == Outcome::Holds);
  CHECK(binary("NotPostfix", {"url"}, p) == Outcome::Fails);
  CHECK(binary("In", {"/bin/bash"}, p) == Outcome::Fails);
  CHECK(binary("In", {"/bin/bash"}, p, true) == Outcome::Holds);
  CHECK(binary("In", {"/sbin/init"}, p, true) == Outcome::Fails);
  CHECK(binary("In", {"/sbin/init"}, p, true, true) == Outcome::Holds);
  CHECK(binary("In", {"/usr/bin/curl"}, p, true, true) == Outcome::Fails);
  CHECK(binary("In", {"/bin/bash"}, p, false, true) == Outcome::Holds);
  CHECK(binary("NotIn", {"/bin/zsh"}, p, false, true) == Outcome::Holds);
}

TEST_CASE("a path longer than the kernel keeps is in no list") {
  RecordedProcess p = curl_of_bash();
  p.binary = "/" + std::string(300, 'x');
  CHECK(binary("Prefix", {"/x"}, p) == Outcome::Fails);
  CHECK(binary("NotPrefix", {"/x"}, p) == Outcome::Holds);
}

TEST_CASE("what the record does not have keeps the question open, unless another fact answers it") {
  RecordedProcess p = curl_of_bash();
  p.complete = false;
  CHECK(binary("In", {"/bin/bash"}, p, false, true) == Outcome::Holds);
  CHECK(binary("NotIn", {"/bin/bash"}, p, false, true) == Outcome::Fails);
  CHECK(binary("In", {"/bin/zsh"}, p, false, true) == Outcome::NotKnown);
  CHECK(binary("NotIn", {"/bin/zsh"}, p, false, true) == Outcome::NotKnown);
  p.binary.reset();
  CHECK(binary("In", {"/bin/zsh"}, p) == Outcome::NotKnown);
  p.ancestors.clear();
  CHECK(binary("In", {"/bin/zsh"}, p, true) == Outcome::NotKnown);
  CHECK(to_string(Outcome::NotKnown) == "not known from the record");
}

TEST_CASE("pids of processes and of ancestors") {
  RecordedProcess p = curl_of_bash();
  CHECK(pid(100, p) == Outcome::Holds);
  CHECK(pid(7, p) == Outcome::Fails);
  CHECK(pid(7, p, true) == Outcome::Holds);
  CHECK(pid(7, p, false, true) == Outcome::Holds);
  CHECK(pid(50, p) == Outcome::Fails);
  CHECK(pid(50, p, false, false, true) == Outcome::Holds);
  CHECK(pid(1, p, true, true, true) == Outcome::Fails);
  p.complete = false;
  CHECK(pid(51, p, false, false, true) == Outcome::NotKnown);
  p.namespace_pid.reset();
  CHECK(pid(7, p, true, true) == Outcome::NotKnown);
}

TEST_CASE("namespaces and their changes") {
  RecordedProcess p;
  const NumberSet set{{{5, 5}, {9, 9}}};
  CHECK(holds(PlannedNamespaces{NamespaceKind::Net, false, set, {}}, p) == Outcome::NotKnown);
  CHECK(holds(PlannedNamespaces{NamespaceKind::Net, true, set, {}}, p) == Outcome::NotKnown);
  p.namespaces[static_cast<std::size_t>(NamespaceKind::Net)] = 9;
  CHECK(holds(PlannedNamespaces{NamespaceKind::Net, false, set, {}}, p) == Outcome::Holds);
  CHECK(holds(PlannedNamespaces{NamespaceKind::Net, true, set, {}}, p) == Outcome::Fails);
  const std::vector<NamespaceKind> both{NamespaceKind::Uts, NamespaceKind::Net};
  p.namespaces_at_exec[static_cast<std::size_t>(NamespaceKind::Net)] = 9;
  CHECK(holds(PlannedNamespaceChanges{false, both, {}}, p) == Outcome::NotKnown);
  p.namespaces_at_exec[static_cast<std::size_t>(NamespaceKind::Net)] = 8;
  CHECK(holds(PlannedNamespaceChanges{false, both, {}}, p) == Outcome::Holds);
  CHECK(holds(PlannedNamespaceChanges{true, both, {}}, p) == Outcome::Fails);
  CHECK(holds(PlannedNamespaceChanges{true, {NamespaceKind::Net}, {}}, p) == Outcome::Fails);
}

TEST_CASE("capabilities, in user namespaces, and their changes") {
  RecordedProcess p;
  using enum CapabilitySet;
  const auto ask = [&p](bool negated, bool namespaced, bool changes, std::uint64_t mask) {
    return holds(PlannedCapabilities{Permitted, negated, namespaced, changes, mask, 77, {}}, p);
  };
  CHECK(ask(false, false, false, 1) == Outcome::NotKnown);
  p.capabilities[static_cast<std::size_t>(Permitted)] = 6;
  CHECK(ask(false, false, false, 3) == Outcome::Holds);
  CHECK(ask(true, false, false, 3) == Outcome::Fails);
  CHECK(ask(true, false, false, 1) == Outcome::Holds);
  CHECK(ask(false, true, false, 3) == Outcome::NotKnown);
  p.namespaces[static_cast<std::size_t>(NamespaceKind::User)] = 77;
  CHECK(ask(false, true, false, 3) == Outcome::Fails);
  CHECK(ask(true, true, false, 1) == Outcome::Fails);
  p.namespaces[static_cast<std::size_t>(NamespaceKind::User)] = 78;
  CHECK(ask(false, true, false, 3) == Outcome::Holds);
  CHECK(ask(false, false, true, 3) == Outcome::NotKnown);
  p.capabilities_at_exec[static_cast<std::size_t>(Permitted)] = 4;
  CHECK(ask(false, false, true, 2) == Outcome::Holds);
  CHECK(ask(false, false, true, 4) == Outcome::Fails);
  CHECK(ask(true, false, true, 4) == Outcome::Holds);
  CHECK(holds(PlannedWorkloads{}, p) == Outcome::NotKnown);
}
