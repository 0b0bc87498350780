// The policies that ship: all are accepted, and the egress one grows the way the documentation says.
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reading.h"

namespace fs = std::filesystem;
using namespace burin;
using namespace burin_test;

namespace {

const fs::path kPolicies = fs::path(BURIN_SOURCE_DIR) / "policies";

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A folder that goes away with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "burin-policy-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> values_of(const Read& r) {
  std::vector<std::string> out;
  for (const auto& v : r.policy.hooks.at(0).selectors.at(0).match_args.at(0).values) out.push_back(v.value);
  return out;
}

}  // namespace

TEST_CASE("every policy that ships is accepted without a word and says which question it answers") {
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(kPolicies)) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    const std::string text = slurp(entry.path());
    const Read r = read(text);
    INFO(entry.path() << "\n" << r.text);
    CHECK(r.diagnostics.all().empty());
    CHECK(!r.policy.hooks.empty());
    CHECK(text.starts_with("# Question: "));
    CHECK(text.ends_with("\n"));
  }
  CHECK(seen >= 3);
}

TEST_CASE("the egress policy is the one that the network monitoring page means") {
  const Read r = read(slurp(kPolicies / "network_egress_cluster.yaml"));
  REQUIRE(r.ok());
  CHECK(r.policy.name == "monitor-network-activity-outside-cluster-cidr-range");
  REQUIRE(r.policy.hooks.size() == 1);
  CHECK(r.policy.hooks[0].call == "tcp_connect");
  CHECK(r.policy.hooks[0].selectors.at(0).match_args.at(0).op == "NotDAddr");
  CHECK(r.policy.hooks[0].selectors.at(0).actions.empty());
  CHECK(values_of(r) == std::vector<std::string>{"127.0.0.0/8", "::1"});
}

TEST_CASE("the page's awk lines extend the egress policy") {
  // Exactly the page's program, fed with what kubectl prints on a cluster of three nodes and a headless service: all on
  // one line without an end.
  const ScratchFolder folder;
  const fs::path file = folder.path() / "network_egress_cluster.yaml";
  fs::copy_file(kPolicies / "network_egress_cluster.yaml", file);
  const std::string awk =
      " | awk '{ for (i = 1; i <= NF; i++) print \"        - \\\"\" $i \"\\\"\" }' >> '" + file.string() + "'";
  REQUIRE(std::system(("printf '10.32.0.0/24 10.32.1.0/24 fd00:10:244::/64'" + awk).c_str()) == 0);
  REQUIRE(std::system(("printf '10.96.0.1 10.96.0.10 None'" + awk).c_str()) == 0);
  const Read r = read(slurp(file));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(values_of(r) == std::vector<std::string>{"127.0.0.0/8", "::1", "10.32.0.0/24", "10.32.1.0/24",
                                                 "fd00:10:244::/64", "10.96.0.1", "10.96.0.10"});
  CHECK(r.diagnostics.all().size() == 1);  // the headless service
  // A cluster that prints nothing leaves the file as it is.
  const std::string before = slurp(file);
  REQUIRE(std::system(("printf ''" + awk).c_str()) == 0);
  CHECK(slurp(file) == before);
}
