// Filters and the C that they become: every NAME.yaml below this folder, compared with NAME.c beside it. A folder is an
// operator. UPDATE_GOLDEN=1 rewrites the C and fails the run.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cidr/cidr.h"
#include "operators/operator.h"

using namespace burin;

namespace {

struct Filter {
  std::string op;
  std::vector<const ArgType*> types;
  std::vector<Located<std::string>> values;
};

/// The three keys of a filter, a value a line: "operator: X", "types: a b", "- value" with or without double quotes.
Filter read_filter(const std::filesystem::path& path) {
  Filter out;
  std::ifstream file(path);
  std::string line;
  std::uint32_t number = 0;
  while (std::getline(file, line)) {
    ++number;
    INFO(path << ":" << number << ": " << line);
    if (line.starts_with("operator: ")) {
      out.op = line.substr(10);
    } else if (line.starts_with("types: ")) {
      std::istringstream words(line.substr(7));
      for (std::string word; words >> word;) {
        out.types.push_back(find_type(word));
      }
    } else if (line.starts_with("- ")) {
      std::string value = line.substr(2);
      if (value.size() > 1 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      out.values.push_back({value, {path.filename().string(), number, 3, 1}});
    } else {
      REQUIRE((line == "values:" || line.starts_with("#")));
    }
  }
  return out;
}

/// A map's first contents: how many, and the first one in hexadecimal as far as a line goes.
std::string contents(const MapInit& init) {
  std::ostringstream out;
  out << "// " << init.map << ": " << init.entries.size() << " entries of "
      << (init.entries.empty() ? 0 : init.entries[0].first.size()) << " and "
      << (init.entries.empty() ? 0 : init.entries[0].second.size()) << " bytes\n";
  return out.str();
}

std::string c_of(const Filter& filter) {
  const Operator* op = find_operator(filter.op);
  REQUIRE(op);
  REQUIRE_FALSE(filter.types.empty());
  Diagnostics diagnostics;
  std::vector<std::size_t> positions;
  PredicateSite site;
  for (std::size_t i = 0; i < filter.types.size(); ++i) {
    REQUIRE(op->applies_to(filter.types[i]->type_class));
    positions.push_back(i);
    const std::string n = std::to_string(i);
    site.args.push_back(
        {"r->a" + n, is_text(filter.types[i]->type_class) ? "(&s->t[" + n + "])" : "", filter.types[i], "arg" + n});
  }
  site.arg = site.args[0].field;
  site.text = site.args[0].text;
  const Operand operand = op->parse_all ? op->parse_all(filter.values, filter.types, positions, diagnostics)
                                        : op->parse(filter.values, *filter.types[0], diagnostics);
  INFO((diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
  REQUIRE_FALSE(diagnostics.has_errors());
  std::string maps, functions, inits;
  unsigned sets = 0;
  const auto take = [&](auto code) {
    REQUIRE(code);
    maps += code->maps;
    functions += code->functions;
    for (const auto& init : code->inits) inits += contents(init);
    return "set" + std::to_string(sets++);
  };
  const auto name = [&] { return "set" + std::to_string(sets); };
  site.address_set = [&](const AddressSet& set) { return take(emit(set, name())); };
  site.number_set = [&](const NumberSet& set) { return take(emit_numbers(set, name())); };
  site.text_set = [&](const StringSet& set, TextMatch how) { return take(emit_texts(set, how, name())); };
  const std::string predicate = op->predicate(site, *filter.types[0], operand);
  return maps + functions + "if (" + predicate + ")\n" + inits;
}

bool has_type(const Operator& op) {
  return std::ranges::any_of(all_types(), [&](const ArgType& type) { return op.applies_to(type.type_class); });
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("the C of every filter in the operators' folders") {
  const std::filesystem::path root = std::string(BURIN_SOURCE_DIR) + "/test/golden/operators";
  std::set<std::string> covered, rewritten;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    const Filter filter = read_filter(entry.path());
    const Operator* op = find_operator(filter.op);
    REQUIRE(op);
    const bool known = std::ranges::find(filter.types, nullptr) == filter.types.end();
    // A type that this build lacks is excused only while the operator has none at all.
    CHECK((known || !has_type(*op)));
    if (!known) continue;
    CHECK(entry.path().parent_path().filename() == std::string(op->name));
    covered.insert(std::string(op->name));
    const std::string got = c_of(filter);
    auto golden = entry.path();
    golden.replace_extension(".c");
    if (std::getenv("UPDATE_GOLDEN") && got != slurp(golden)) {
      std::ofstream(golden) << got;
      rewritten.insert(golden.string());
    }
    CHECK(got == slurp(golden));
  }
  CHECK(rewritten.empty());
  for (const Operator& op : all_operators()) {
    INFO(op.name);
    CHECK(covered.contains(std::string(op.name)) == has_type(op));
  }
}
