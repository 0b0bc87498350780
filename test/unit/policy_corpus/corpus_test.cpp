// Real policies from a folder that is not part of the project: BURIN_CORPUS names it. Each is accepted, or refused only
// for reasons that docs/policy.md gives.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "policy/policy_reader.h"
#include "support/skip.h"

namespace fs = std::filesystem;
using namespace burin;

namespace {

std::optional<std::string> variable(const std::string& name) {
  if (name == "PODCIDR") return "10.32.0.0/24 10.32.1.0/24";
  if (name == "SERVICECIDR") return "10.96.0.0/12";
  return std::nullopt;
}

/// Refusals that are decisions of ours about valid policies.
const std::set<std::string> kReasons = {"not-yet", "namespaced-policy", "workload-policy", "several-documents"};

/// Policies of the corpus that this version reads completely; more is progress, fewer is a regression.
const std::set<std::string> kAccepted = {
    "policylibrary__egress.yaml",
    "policylibrary__modules.yaml",
    "policylibrary__privileges__privileges-setuid-root.yaml",
    "policylibrary__sshd.yaml",
    "tracingpolicy__cves__cve-2024-3094-xz-ssh.yaml",
    "tracingpolicy__datagram-with-selectors.yaml",
    "tracingpolicy__datagram-with-sock-tracking.yaml",
    "tracingpolicy__dev_queue_xmit.yaml",
    "tracingpolicy__dns-only-specified-servers.yaml",
    "tracingpolicy__hardlink-override.yaml",
    "tracingpolicy__list-generated-ftrace.yaml",
    "tracingpolicy__list-syscalls.yaml",
    "tracingpolicy__loader.yaml",
    "tracingpolicy__lsm_file_open.yaml",
    "tracingpolicy__lsm_track_grandparent.yml",
    "tracingpolicy__openat_write.yaml",
    "tracingpolicy__process-exec__process-exec-elf-begin.yaml",
    "tracingpolicy__rawtp.yaml",
    "tracingpolicy__security-socket-connect.yaml",
    "tracingpolicy__security_bprm_check.yaml",
    "tracingpolicy__security_inode_follow_link.yaml",
    "tracingpolicy__stack_traces.yaml",
    "tracingpolicy__symlink-override.yaml",
    "tracingpolicy__sys_clock_settime.yaml",
    "tracingpolicy__sys_pivot_root.yaml",
    "tracingpolicy__sys_setuid.yaml",
    "tracingpolicy__tcp-connect-only-local-addrs.yaml",
    "tracingpolicy__tcp-connect-only-private-addrs.yaml",
    "tracingpolicy__tcp-connect.yaml",
    "tracingpolicy__tcp-listen.yaml",
    "tracingpolicy__uprobe-binaries.yaml",
    "tracingpolicy__uprobe-host.yaml",
    "tracingpolicy__uprobe-pid.yaml",
};

}  // namespace

TEST_CASE("policies of the corpus are accepted, or refused for a documented reason") {
  const char* folder = std::getenv("BURIN_CORPUS");
  if (!folder) return burin_test::skip("BURIN_CORPUS names no folder of policies");
  std::set<std::string> accepted;
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".yaml" && extension != ".yml") continue;
    ++seen;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    Diagnostics diagnostics;
    const std::string name = entry.path().filename().string();
    read_policy(name, text.str(), variable, diagnostics);
    INFO(render(diagnostics, text.str(), false));
    for (const Diagnostic& d : diagnostics.all())
      if (d.severity == Severity::Error) CHECK(kReasons.count(d.id) == 1);
    if (!diagnostics.has_errors()) accepted.insert(name);
  }
  CHECK(seen > 0);
  std::cout << accepted.size() << " of " << seen << " policies are accepted\n";
  for (const std::string& name : accepted) std::cout << "  " << name << "\n";
  for (const std::string& name : kAccepted) {
    INFO(name);
    CHECK((!fs::exists(fs::path(folder) / name) || accepted.count(name) == 1));
  }
}
