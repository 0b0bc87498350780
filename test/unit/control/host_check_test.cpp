// What `burin check` says of `loader: true` on hosts with and without perf events.
#include "control/host_check.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

using namespace burin;
namespace fs = std::filesystem;

TEST_CASE("loader needs perf events") {
  const fs::path root = fs::temp_directory_path() / ("burin-host-" + std::to_string(::getpid()));
  fs::create_directories(root / "proc/sys/kernel");
  Policy policy;
  policy.loader = true;
  policy.loader_span = {"p.yaml", 6, 11, 4};
  Diagnostics without;
  CHECK(check_on_host(policy, root, without).empty());
  REQUIRE(without.all().size() == 1);
  CHECK(without.all()[0].id == "not-on-this-host");
  CHECK(without.all()[0].span.line == 6);
  CHECK(without.all()[0].message.find("perf events") != std::string::npos);

  std::ofstream(root / "proc/sys/kernel/perf_event_paranoid") << "2\n";
  Diagnostics with;
  CHECK(check_on_host(policy, root, with).empty());
  CHECK(with.all().empty());
  fs::remove_all(root);
}
