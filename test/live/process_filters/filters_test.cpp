// Each kind of filter on what a process is, in the kernel, seen to hold and not to hold.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "kernel/map_access.h"
#include "lab.h"

using namespace burin;
using namespace burin_test;
using Names = std::set<std::string>;

namespace {

NumberSet numbers(std::initializer_list<std::uint64_t> values) {
  NumberSet out;
  for (const auto v : values) out.ranges.push_back({v, v});
  return out;
}

Candidate pids(std::string name, bool negated, bool inside, std::vector<std::uint32_t> values,
               std::optional<std::uint32_t> mark = std::nullopt) {
  NumberSet set;
  for (const auto v : values) set.ranges.push_back({v, v});
  Candidate out{std::move(name), PlannedPids{negated, inside, set, mark, {}}};
  if (mark)
    out.followed.push_back(
        {inside ? Followed::Kind::NamespacePids : Followed::Kind::Pids, *mark, {}, std::move(values)});
  return out;
}

Candidate binaries(std::string name, std::string op, std::vector<std::string> values, bool parent = false,
                   std::optional<std::uint32_t> mark = std::nullopt) {
  Candidate out{std::move(name), PlannedBinaries{std::move(op), {values}, parent, mark, {}}};
  if (mark) out.followed.push_back({Followed::Kind::Programs, *mark, std::move(values), {}});
  return out;
}

Candidate changes(std::string name, bool negated, std::vector<NamespaceKind> kinds) {
  return {std::move(name), PlannedNamespaceChanges{negated, std::move(kinds), {}}};
}

std::uint32_t inode(const char* path) {
  struct stat info {};
  REQUIRE(stat(path, &info) == 0);
  return static_cast<std::uint32_t>(info.st_ino);
}

const std::vector<std::pair<NamespaceKind, const char*>> kAllKinds = {
    {NamespaceKind::Uts, "uts"},
    {NamespaceKind::Ipc, "ipc"},
    {NamespaceKind::Mnt, "mnt"},
    {NamespaceKind::Pid, "pid"},
    {NamespaceKind::PidForChildren, "pid_for_children"},
    {NamespaceKind::Net, "net"},
    {NamespaceKind::Time, "time"},
    {NamespaceKind::TimeForChildren, "time_for_children"},
    {NamespaceKind::Cgroup, "cgroup"},
    {NamespaceKind::User, "user"}};

}  // namespace

TEST_CASE("pids: here, inside, and of ancestors") {
  if (!can_run()) return;
  const auto self = static_cast<std::uint32_t>(getpid());
  std::vector<std::uint32_t> many;
  for (std::uint32_t i = 0; i < 3000; ++i) many.push_back(5'000'000 + 2 * i);
  std::vector<std::uint32_t> with_self = many;
  with_self.insert(with_self.begin(), self);
  Lab lab({pids("in", false, false, {self}), pids("notin", true, false, {self, 1}),
           pids("in forks", false, false, {self}, 0), pids("notin forks", true, false, {self}, 0),
           pids("in inside", false, true, {1, 2}), pids("in inside forks", false, true, {1}, 1),
           pids("notin inside forks", true, true, {1}, 1), pids("in many", false, false, with_self),
           pids("notin many", true, false, many)});
  CHECK(lab.held_here() == Names{"in", "in forks", "in inside forks", "in many", "notin many"});
  const Names child{"notin", "in forks", "in inside forks", "notin many"};
  CHECK(lab.held("c") == child);
  CHECK(lab.held("fffc") == child);
  // The parents are gone, and what this process descends from was noted when it was born.
  CHECK(lab.held("ooc") == child);
  CHECK(lab.held("fx1;oc") == child);
  // In a pid namespace of its own: 1 there, and nobody outside is an ancestor inside.
  CHECK(lab.held("pfc") == Names{"notin", "in forks", "in inside", "in inside forks", "notin many"});
  CHECK(lab.held("pffc") == Names{"notin", "in forks", "in inside", "in inside forks", "notin many"});
  CHECK(lab.held("pfffc") == Names{"notin", "in forks", "in inside forks", "notin many"});
}

TEST_CASE("a process that enters a pid namespace from outside has no ancestors there") {
  if (!can_run()) return;
  Lab lab({pids("notin", true, true, {1}, 7), pids("in", false, true, {1}, 7)});
  CHECK(lab.held("pfc") == Names{"in"});
  CHECK(lab.held("pffc") == Names{"in"});
  // The first child becomes 1 and stays; the second is no descendant of it: its parent is outside.
  CHECK(lab.held("psfc") == Names{"notin"});
  CHECK(lab.held("psffc") == Names{"notin"});
}

TEST_CASE("binaries: every operator, small and large sets, and descendants") {
  if (!can_run()) return;
  const std::string one = Lab::path(1), two = Lab::path(2);
  std::vector<std::string> many, many_with;
  for (int i = 0; i < 1000; ++i) many.push_back("/usr/bin/program number " + std::to_string(i));
  many_with = many;
  many_with.push_back(one);
  Lab lab({binaries("in", "In", {"/bin/x", one}), binaries("notin", "NotIn", {"/bin/x", one}),
           binaries("prefix", "Prefix", {one.substr(0, one.size() - 1) + "1"}),
           binaries("notprefix", "NotPrefix", {"/bin", one}), binaries("postfix", "Postfix", {"program1", "/cat"}),
           binaries("notpostfix", "NotPostfix", {"program1"}), binaries("in many", "In", many_with),
           binaries("notin many", "NotIn", many_with), binaries("in many others", "In", many),
           binaries("follow", "In", {one, "/bin/y"}, false, 63),
           binaries("notfollow", "NotIn", {one, "/bin/y"}, false, 63), binaries("parent", "In", {one}, true),
           binaries("notparent", "NotIn", {one}, true), binaries("parent postfix", "Postfix", {"/program1"}, true),
           binaries("parent follow", "In", {one}, true, 0), binaries("parent many", "NotIn", many_with, true)});
  const Names other{"notin", "notprefix", "notpostfix", "notin many", "notfollow", "notparent", "parent many"};
  CHECK(lab.held("c") == other);
  CHECK(lab.held("x2;c") == other);
  const Names itself{"in", "prefix", "postfix", "in many", "follow", "notparent", "parent many"};
  CHECK(lab.held("x1;c") == itself);
  // A child without exec runs the same program, and so did its parent.
  const Names child{"in", "prefix", "postfix", "in many", "follow", "parent", "parent postfix", "parent follow"};
  CHECK(lab.held("x1;fc") == child);
  const Names descendant{"notin",  "notprefix", "notpostfix",     "notin many",
                         "follow", "parent",    "parent postfix", "parent follow"};
  CHECK(lab.held("x1;fx2;c") == descendant);
  CHECK(lab.held("x1;tx2;c") ==
        Names{"notin", "notprefix", "notpostfix", "notin many", "follow", "notparent", "parent many"});
  // Two generations on, all that is left of the program is that it was there.
  const Names grandchild{"notin",  "notprefix", "notpostfix",    "notin many",
                         "follow", "notparent", "parent follow", "parent many"};
  CHECK(lab.held("x1;fx2;ffc") == grandchild);
  CHECK(lab.held("x1;ox2;ofc") == grandchild);
  // The parent that died is still the parent, until an exec.
  CHECK(lab.held("x1;oc") == child);
  CHECK(lab.held("x2;oc") == other);
}

TEST_CASE("namespaces of all kinds, by number and as the host's") {
  if (!can_run()) return;
  std::vector<Candidate> candidates;
  for (const auto& [kind, name] : kAllKinds) {
    const std::uint32_t inum = inode((std::string("/proc/self/ns/") + name).c_str());
    candidates.push_back({std::string(name), PlannedNamespaces{kind, false, numbers({inum}), {}}});
    candidates.push_back({"not " + std::string(name), PlannedNamespaces{kind, true, numbers({inum, 1}), {}}});
  }
  Lab lab(std::move(candidates));
  Names all;
  for (const auto& [kind, name] : kAllKinds) all.insert(name);
  CHECK(lab.held("c") == all);
  const auto without = [&all](std::initializer_list<const char*> names) {
    Names out = all;
    for (const char* name : names) {
      out.erase(name);
      out.insert(std::string("not ") + name);
    }
    return out;
  };
  CHECK(lab.held("uc") == without({"uts"}));
  CHECK(lab.held("ic") == without({"ipc"}));
  CHECK(lab.held("nc") == without({"net"}));
  CHECK(lab.held("mc") == without({"mnt"}));
  CHECK(lab.held("gc") == without({"cgroup"}));
  CHECK(lab.held("pc") == without({"pid_for_children"}));
  CHECK(lab.held("pfc") == without({"pid_for_children", "pid"}));
  CHECK(lab.held("Uc") == without({"user"}));
  CHECK(lab.held("Tc") == without({"time_for_children"}));
  CHECK(lab.held("Tfc") == without({"time", "time_for_children"}));
  CHECK(lab.held("Uunifc") == without({"user", "uts", "net", "ipc"}));
}

TEST_CASE("changes of namespaces since the exec") {
  if (!can_run()) return;
  std::vector<Candidate> candidates{changes("uts or net", false, {NamespaceKind::Uts, NamespaceKind::Net}),
                                    changes("neither", true, {NamespaceKind::Uts, NamespaceKind::Net})};
  for (const auto& [kind, name] : kAllKinds) candidates.push_back(changes(name, false, {kind}));
  Lab lab(std::move(candidates));
  CHECK(lab.held("c") == Names{"neither"});
  CHECK(lab.held_here() == Names{"neither"});
  CHECK(lab.held("uc") == Names{"uts or net", "uts"});
  CHECK(lab.held("nc") == Names{"uts or net", "net"});
  CHECK(lab.held("nfc") == Names{"uts or net", "net"});  // the exec was before the fork
  CHECK(lab.held("nx1;c") == Names{"neither"});          // an exec begins anew
  CHECK(lab.held("Tfc") == Names{"neither", "time", "time_for_children"});
  CHECK(lab.held("mc") == Names{"neither", "mnt"});
  CHECK(lab.held("pfc") == Names{"neither", "pid", "pid_for_children"});
  CHECK(lab.held("gUic") == Names{"neither", "cgroup", "ipc", "user"});
}

TEST_CASE("capabilities and their changes") {
  if (!can_run()) return;
  constexpr std::uint64_t kSysTime = 1ULL << 25, kKill = 1ULL << 5, kSysAdmin = 1ULL << 21;
  const std::uint32_t host_user = this_host().host_namespaces[static_cast<std::size_t>(NamespaceKind::User)];
  const auto candidate = [&](std::string name, CapabilitySet set, bool negated, bool namespaced, bool change,
                             std::uint64_t mask) {
    return Candidate{std::move(name), PlannedCapabilities{set, negated, namespaced, change, mask, host_user, {}}};
  };
  using enum CapabilitySet;
  Lab lab({candidate("time", Effective, false, false, false, kSysTime),
           candidate("not time", Effective, true, false, false, kSysTime),
           candidate("time or kill permitted", Permitted, false, false, false, kSysTime | kKill),
           candidate("inheritable", Inheritable, false, false, false, ~0ULL),
           candidate("admin inside", Effective, false, true, false, kSysAdmin),
           candidate("not admin inside", Effective, true, true, false, kSysAdmin),
           candidate("time changed", Effective, false, false, true, kSysTime),
           candidate("kill changed", Effective, false, false, true, kKill),
           candidate("time not changed", Effective, true, false, true, kSysTime),
           candidate("changed inside", Permitted, false, true, true, kSysTime)});
  CHECK(lab.held("c") == Names{"time", "time or kill permitted", "time not changed"});
  CHECK(lab.held("dc") == Names{"not time", "time or kill permitted", "time changed"});
  CHECK(lab.held("dfc") == Names{"not time", "time or kill permitted", "time changed"});
  CHECK(lab.held("Uc") == Names{"time", "time or kill permitted", "time not changed", "admin inside"});
  CHECK(lab.held("Udc") ==
        Names{"not time", "time or kill permitted", "time changed", "admin inside", "changed inside"});
}

TEST_CASE("workloads: what stands in the map of cgroups decides") {
  if (!can_run()) return;
  Lab lab({{"workload", PlannedWorkloads{"workloads0", {}, {}}}});
  CHECK(lab.held("c") == Names{});
  const int map = lab.program().map_fd("workloads0");
  REQUIRE(map >= 0);
  const std::uint64_t others = 0, root = inode((this_host().cgroup2 + "/").c_str());
  const std::uint8_t yes = 1, no = 0;
  REQUIRE(map_put(map, &others, &yes, false));
  CHECK(lab.held("c") == Names{"workload"});
  REQUIRE(map_put(map, &root, &no, false));
  CAPTURE(root);
  CHECK(lab.held("c") == Names{});
  REQUIRE(map_put(map, &others, &no, false));
  REQUIRE(map_put(map, &root, &yes, false));
  CHECK(lab.held("c") == Names{"workload"});
  // On a hybrid host, too, the id follows a move in the v2 hierarchy.
  const std::string group = this_host().cgroup2 + "/burin-test." + std::to_string(getpid());
  const auto move_to = [](const std::string& directory) {
    return bool(std::ofstream(directory + "/cgroup.procs") << 0 << std::flush);
  };
  REQUIRE(mkdir(group.c_str(), 0700) == 0);
  const bool moved = move_to(group);
  CHECK(moved);
  const std::uint64_t inside = inode(group.c_str());
  CHECK(lab.held_here() == Names{});
  CHECK(map_put(map, &inside, &yes, false));
  CHECK(map_put(map, &root, &no, false));
  CHECK(lab.held_here() == Names{"workload"});
  CHECK(move_to(this_host().cgroup2));
  CHECK(lab.held_here() == Names{});
  CHECK(rmdir(group.c_str()) == 0);
}
