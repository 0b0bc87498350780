// Ten thousand broken policies: whatever is done to a text, the reader answers with a policy or with diagnostics that
// have a place. The seed is fixed, so that a failure can be repeated.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "reading.h"

namespace fs = std::filesystem;
using namespace burin;
using namespace burin_test;

namespace {

constexpr int kMutations = 10'000;
constexpr std::size_t kLongest = 64U << 10;

std::vector<std::string> texts() {
  std::vector<std::string> out;
  for (const char* folder : {"policies", "test/golden/policy/mistakes"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(BURIN_SOURCE_DIR) / folder))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      std::ifstream in(file, std::ios::binary);
      std::stringstream text;
      text << in.rdbuf();
      out.push_back(text.str());
    }
  }
  return out;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& texts) : texts_(texts) {}

  std::string next() {
    std::string text = texts_[below(texts_.size())];
    for (std::size_t n = 1 + below(4); n > 0 && !text.empty(); --n) mutate(text);
    if (text.size() > kLongest) text.resize(kLongest);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  /// Begin and length of a line with its end.
  std::pair<std::size_t, std::size_t> line(const std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const std::size_t end = text.find('\n', begin);
    return {begin, (end == std::string::npos ? text.size() : end + 1) - begin};
  }

  void mutate(std::string& text) {
    static const std::vector<std::string> words = {
        "[]",   "{}",          "null", "~",      "-",     "- - -", ": :",   "\"",     "'",      "&a",
        "*a",   "!!int",       "<<: ", "|",      ">",     "#",     "${X",   "${X}",   "list:x", "99999999999999999999",
        "-1",   "\xff",        "\t",   "\\x00",  "index", "args",  "Equal", "0x1p3",  "---",    "arg0 + arg99",
        "true", "CAP_SYS_ADM", "\r\n", "[[[[[[", "}",     "]",     ",",     "macros", "é",      "\xe2\x80\xae"};
    const auto [begin, size] = line(text);
    switch (below(8)) {
      case 0: text.erase(begin, size); break;
      case 1: text.insert(begin, text.substr(begin, size)); break;
      case 2: text.insert(below(text.size() + 1), words[below(words.size())]); break;
      case 3: text[below(text.size())] = static_cast<char>(below(256)); break;
      case 4: text.erase(below(text.size()), 1 + below(8)); break;
      case 5: text.insert(begin, std::string(1 + below(4), ' ')); break;
      case 6: {
        const std::string& other = texts_[below(texts_.size())];
        if (other.empty()) break;
        const auto [from, length] = line(other);
        text.insert(begin, other.substr(from, length));
        break;
      }
      default: text.resize(below(text.size() + 1)); break;
    }
  }

  const std::vector<std::string>& texts_;
  std::mt19937 random_{20240807};
};

}  // namespace

TEST_CASE("a broken policy is told with a place, or read") {
  const std::vector<std::string> sources = texts();
  REQUIRE(sources.size() > 80);
  Mutator mutator(sources);
  int read_well = 0, refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string text = mutator.next();
    const Read r = read(text, {{"PODCIDR", "10.0.0.0/8"}, {"SERVICECIDR", "10.96.0.0/12"}});
    (r.ok() ? read_well : refused) += 1;
    for (const Diagnostic& d : r.diagnostics.all()) {
      const bool whole_file = d.id == "empty-file" || d.id == "file-too-large";
      if (d.id.empty() || d.message.empty() || (d.span.line == 0 && !whole_file)) {
        INFO("mutation " << i << "\n" << text << "\n" << r.text);
        CHECK_FALSE(d.id.empty());
        CHECK_FALSE(d.message.empty());
        REQUIRE((d.span.line > 0 || whole_file));
      }
    }
  }
  // Both happen often, or the mutations are worth nothing.
  CHECK(read_well > kMutations / 100);
  CHECK(refused > kMutations / 10);
}
