// The reference page and the schema for editors are printed by the reader's own tables: what is checked in is what they
// say today. UPDATE_GOLDEN=1 rewrites both and fails the run.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "policy/language.h"

namespace fs = std::filesystem;
using namespace burin;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

void compare(const std::string& name, const std::string& now) {
  const fs::path path = fs::path(BURIN_SOURCE_DIR) / "docs" / name;
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream(path, std::ios::binary) << now;
    FAIL(name << " was rewritten: look at the difference and run again without UPDATE_GOLDEN");
  }
  INFO("docs/" << name << " is out of date: UPDATE_GOLDEN=1 rewrites it");
  CHECK((slurp(path) == now));
}

}  // namespace

TEST_CASE("the reference page is what the tables say") {
  compare("policy-reference.md", language_reference());
}

TEST_CASE("the schema for editors is what the tables say") {
  compare("tracingpolicy.schema.json", language_schema());
}

TEST_CASE("the schema is JSON and every reference leads somewhere") {
  const nlohmann::json schema = nlohmann::json::parse(language_schema());
  std::set<std::string> wanted;
  const std::string text = language_schema();
  const std::string start = "#/definitions/";
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1))
    wanted.insert(text.substr(at + start.size(), text.find('"', at) - at - start.size()));
  CHECK(wanted.size() > 15);
  for (const std::string& name : wanted) {
    INFO(name);
    CHECK(schema["definitions"].contains(name));
  }
}

TEST_CASE("every field of every object is described") {
  std::set<std::string_view> names;
  for (const ObjectDoc* object : all_objects()) {
    INFO(object->name);
    CHECK(names.insert(object->name).second);
    CHECK_FALSE(object->summary.empty());
    for (const FieldDoc& field : object->fields) {
      INFO(field.name);
      CHECK_FALSE(field.summary.empty());
      CHECK(field.summary.back() != '.');
      if (field.form.kind == Form::Kind::Word) CHECK(field.form.words().size() > 0);
    }
  }
}

TEST_CASE("a field is explained by its path, and a mistyped one named") {
  const Explanation args = explain_field("spec.kprobes.args");
  CHECK(args.text.find("the parameters that are captured") != std::string::npos);
  CHECK(args.text.find("  resolve  <text>") != std::string::npos);
  CHECK(explain_field("kprobes.args").text == args.text);
  CHECK(explain_field("kprobes.syscall").text.find("default: true") != std::string::npos);
  CHECK(explain_field("tracepoints.selectors.matchPIDs.operator").text.find("one of: In, NotIn") != std::string::npos);
  CHECK(explain_field("").text.find("apiVersion") != std::string::npos);
  const Explanation wrong = explain_field("kprobes.arg.index");
  CHECK(wrong.text.empty());
  CHECK(wrong.missing == "arg");
  CHECK(std::find(wrong.known.begin(), wrong.known.end(), "args") != wrong.known.end());
}
