// Sets of policy files: what is read, in which order, and what is wrong with a set whose files are right.
#include "control/policy_files.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "control/bundling.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "burin-files-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& file, const std::string& text) const {
    std::ofstream(path + "/" + file) << text;
    return path + "/" + file;
  }
};

std::string policy(const std::string& name) {
  return "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"" + name +
         "\"\nspec:\n  kprobes:\n  - call: \"tcp_connect\"\n    syscall: false\n";
}

constexpr const char* kOnPort = R"(    args:
    - index: 0
      type: "sock"
    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "${PORT}"
)";

std::vector<std::string> names_of(const std::vector<PolicyFile>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.policy.name);
  return out;
}

}  // namespace

TEST_CASE("a folder stands for its policies by name, a file for itself") {
  const Folder folder;
  folder.write("b.yaml", policy("two"));
  folder.write("a.yml", policy("one"));
  folder.write("c.txt", policy("none"));
  fs::create_directory(folder.path + "/d.yaml");
  const Folder other;
  const std::string single = other.write("x.policy", policy("zero") + kOnPort);
  const auto files = read_policy_files({single, folder.path}, {{"PORT", "80"}, {"OTHER", "1"}});
  REQUIRE(files);
  CHECK(names_of(*files) == std::vector<std::string>{"zero", "one", "two"});
  CHECK((*files)[0].used == Variables{{"PORT", "80"}});
  std::string rendered;
  CHECK(render_mistakes(*files, false, rendered));
}

TEST_CASE("a path that cannot be read is an error, a mistake is not") {
  const Folder folder;
  const auto empty = read_policy_files({folder.path}, {});
  REQUIRE_FALSE(empty);
  CHECK(empty.error().text().find("no *.yaml or *.yml in directory " + folder.path) != std::string::npos);
  const std::string good = folder.write("good.yaml", policy("good")), bad = folder.write("bad.yaml", "kind: [");
  const auto absent = read_policy_files({good, folder.path + "/absent"}, {});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::NotFound);

  const auto files = read_policy_files({bad, good}, {});
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  std::string rendered = "before\n";
  CHECK_FALSE(render_mistakes(*files, false, rendered));
  CHECK(rendered.starts_with("before\n"));
  CHECK(rendered.find(bad + ":1") != std::string::npos);
}

TEST_CASE("two policies of one name are a mistake of the later file, in files and in bundles") {
  const Folder folder;
  const std::string first = folder.write("1.yaml", policy("same")), second = folder.write("2.yaml", policy("same"));
  Bundle bundle;
  bundle.policies = {{first, policy("same")}, {second, policy("same")}};
  const auto read = read_policy_files({folder.path}, {});
  REQUIRE(read);
  for (const auto& files : {*read, policies_of(bundle, {})}) {
    REQUIRE(files.size() == 2);
    CHECK_FALSE(files[0].diagnostics.has_errors());
    REQUIRE(files[1].diagnostics.all().size() == 1);
    CHECK(files[1].diagnostics.all()[0].id == "duplicate-policy");
    CHECK(files[1].diagnostics.all()[0].message.find(first) != std::string::npos);
  }
}

TEST_CASE("a mode that is wanted holds for all files, also for those of a bundle") {
  const Folder folder;
  const std::string asks = "  options:\n  - name: \"policy-mode\"\n    value: \"monitor\"\n";
  Bundle bundle;
  bundle.policies = {{"1.yaml", policy("one")}, {"2.yaml", policy("two") + asks}};
  const auto modes = [&](std::optional<PolicyMode> of_bundle, std::optional<PolicyMode> wanted) {
    bundle.mode = of_bundle;
    auto files = policies_of(bundle, {});
    set_mode(files, wanted);
    return std::pair(files.at(0).policy.options.mode, files.at(1).policy.options.mode);
  };
  constexpr auto kEnforce = PolicyMode::Enforce, kMonitor = PolicyMode::Monitor;
  CHECK(modes({}, {}) == std::pair(kEnforce, kMonitor));
  CHECK(modes(kEnforce, {}) == std::pair(kEnforce, kEnforce));
  CHECK(modes(kMonitor, {}) == std::pair(kMonitor, kMonitor));
  CHECK(modes({}, kMonitor) == std::pair(kMonitor, kMonitor));
  CHECK(modes(kMonitor, kEnforce) == std::pair(kEnforce, kEnforce));
}
