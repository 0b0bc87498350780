// Every seeded mistake in mistakes/ gives exactly the text beside it: what a user reads is part of the contract.
// UPDATE_GOLDEN=1 rewrites the texts and fails the run, so that a rewrite is always looked at.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "policy/policy_reader.h"

namespace fs = std::filesystem;
using namespace burin;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The variables that the mistakes use.
std::optional<std::string> variable(const std::string& name) {
  if (name == "PODCIDR") return "10.32.0.0/24 10.32.1.0/24";
  if (name == "TYPO") return "10.32.0.0/24 10.32.1.0/240";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

std::vector<fs::path> mistakes() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(BURIN_SOURCE_DIR) / "test/golden/policy/mistakes"))
    if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("each seeded mistake is told as its golden text says") {
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  const std::vector<fs::path> files = mistakes();
  REQUIRE(files.size() >= 40);
  const std::string manual = slurp(fs::path(BURIN_SOURCE_DIR) / "docs/policy.md");
  for (const fs::path& file : files) {
    INFO(file.filename().string());
    const std::string text = slurp(file);
    Diagnostics diagnostics;
    read_policy(file.filename().string(), text, variable, diagnostics);
    for (const Diagnostic& d : diagnostics.all()) {
      INFO(d.id);
      CHECK(manual.find('`' + d.id + '`') != std::string::npos);  // docs/policy.md explains it
    }
    const std::string rendered = render(diagnostics, text, false);
    CHECK(!rendered.empty());
    fs::path golden = file;
    golden.replace_extension(".txt");
    if (update)
      std::ofstream(golden, std::ios::binary) << rendered;
    else
      CHECK(rendered == slurp(golden));
  }
  if (update) FAIL("golden texts were rewritten: look at the difference and run again without UPDATE_GOLDEN");
}

TEST_CASE("every golden text belongs to a mistake") {
  for (const auto& entry : fs::directory_iterator(fs::path(BURIN_SOURCE_DIR) / "test/golden/policy/mistakes")) {
    fs::path source = entry.path();
    source.replace_extension(".yaml");
    INFO(entry.path().filename().string());
    CHECK(fs::exists(source));
  }
}
