// Files made to hurt: each is refused with its place, quickly, and leaves nothing that could be taken for a policy.
#include <catch2/catch.hpp>
#include <ctime>

#include "reading.h"

using namespace burin;
using namespace burin_test;

namespace {

/// Sanitizers slow everything down by a known factor; the bound is about algorithms.
#if defined(__SANITIZE_ADDRESS__)
constexpr double kSeconds = 8;
#else
constexpr double kSeconds = 1;
#endif

Read timed(const std::string& yaml, const Variables& variables = {}) {
  const std::clock_t start = std::clock();  // processor time: a busy machine is not a slow reader
  Read r = read(yaml, variables);
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < kSeconds);
  return r;
}

void refused(const std::string& what, const std::string& yaml, const std::string& id) {
  INFO(what);
  const Read r = timed(yaml);
  CHECK_FALSE(r.ok());
  CHECK(r.policy.hooks.empty());
  REQUIRE(!r.diagnostics.all().empty());
  CHECK(r.diagnostics.all()[0].id == id);
  CHECK(r.diagnostics.all()[0].span.file == "p.yaml");
  CHECK(r.diagnostics.all()[0].span.line > 0);
  CHECK(r.text.size() < 100000);
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a file of 10 MB is refused without being read") {
  const Read r = timed(policy_with("") + std::string(10 << 20, '#'));
  CHECK(r.first("file-too-large").span.file == "p.yaml");
  CHECK(r.policy.hooks.empty());
  // At the limit it is read.
  std::string yaml = policy_with("");
  const std::string comment = "# " + std::string(61, '#') + "\n";
  yaml.insert(yaml.find("    syscall"), repeat(comment, (kMaxPolicyBytes - yaml.size()) / comment.size()));
  CHECK(timed(yaml).count("too-long") == 1);
  yaml = policy_with("    tags:\n");
  for (int i = 0; i < 16; ++i)
    yaml += comment + "    - tag" + std::to_string(i) + "\n" +
            std::string((kMaxPolicyBytes - 2000) / 16, '#').replace(0, 1, " ") + "\n";
  CHECK(timed(yaml).ok());
}

TEST_CASE("control bytes and bad UTF-8 are refused at their place") {
  const auto place = [](const std::string& bytes) {
    const Read r = timed(policy_with("    message: \"é" + bytes + "\"\n"));
    REQUIRE(r.diagnostics.all().size() == 1);
    CHECK(r.policy.hooks.empty());
    CHECK(r.diagnostics.all()[0].span == SourceSpan{"p.yaml", 9, 16, 1});
    return r.diagnostics.all()[0].id;
  };
  for (char c = 0; c < 0x20; ++c)
    if (c != '\t' && c != '\n') CHECK(place(std::string(1, c)) == "control-character");
  CHECK(place("\x7f") == "control-character");
  CHECK(place("\xc2\x85") == "control-character");  // C1
  CHECK(place("\xef\xbb\xbf") == "control-character");
  CHECK(place("\xff") == "invalid-utf8");
  CHECK(place("\xc0\x80") == "invalid-utf8");
  CHECK(place("\xed\xa0\x80") == "invalid-utf8");
}

TEST_CASE("escapes cannot smuggle control characters in") {
  for (const char* escape : {"\\0", "\\x04", "\\e", "\\u009b", "\\a", "\\r"}) {
    INFO(escape);
    const Read r = read(policy_with("    message: \"ab" + std::string(escape) + "c\"\n"));
    CHECK(r.first("control-character").span.line == 9);
    CHECK(r.first("control-character").span.column == 14);
    CHECK(r.policy.hooks.empty());
  }
}

TEST_CASE("a byte order mark and CR LF are accepted, columns count characters") {
  std::string yaml = "\xef\xbb\xbf" + policy_with("    message: \"é接🔌\" # ü\n    tag: x\n");
  Read r = read(yaml);
  REQUIRE(r.count("unknown-key") == 1);
  CHECK(r.first("unknown-key").span == SourceSpan{"p.yaml", 10, 5, 3});
  for (std::size_t at = 0; (at = yaml.find('\n', at)) != std::string::npos; at += 2) yaml.insert(at, "\r");
  r = read(yaml);
  CHECK(r.first("unknown-key").span == SourceSpan{"p.yaml", 10, 5, 3});
  CHECK(r.policy.hooks.at(0).message == "é接🔌");
  CHECK(read(policy_with("    {message: \"é接🔌\", tag: x}\n")).first("yaml-syntax").span.line > 0);
  r = read("{é接🔌: 1, apiVersion: x}\n");
  CHECK(r.first("wrong-value").span == SourceSpan{"p.yaml", 1, 22, 1});
}

TEST_CASE("YAML bombs") {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below + repeat(", " + below, 9) + "]\n";
  }
  refused("billion laughs", laughs, "yaml-alias");
  refused("self reference", "a: &a [*a]\n", "yaml-alias");
  refused("merge key", "a: {b: 1}\nc:\n  <<: {d: 1}\n", "yaml-alias");
  refused("undefined alias", "a: *b\n", "yaml-syntax");
  refused("flow depth", repeat("[", 100000), "too-deep");
  refused("flow maps", repeat("{a: ", 100000), "too-deep");
  refused("just too deep", repeat("[", 65) + repeat("]", 65), "too-deep");
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  refused("block depth", block, "too-deep");
  refused("dashes", repeat("- ", 100000), "too-deep");
  refused("explicit keys", repeat("? ", 100000), "too-deep");
  refused("nodes in lines", repeat("- a\n", kMaxPolicyBytes / 4 - 1), "too-many-nodes");
  refused("nodes in one line", "[" + repeat("a,", kMaxPolicyBytes / 2 - 2), "too-long");
  refused("nodes in brackets", "[" + repeat("a,\n", kMaxPolicyBytes / 3 - 2), "too-long");
  refused("no commas", "[" + repeat("'' ", kMaxPolicyBytes / 3 - 2), "too-long");
  refused("only colons", "[" + repeat(": ", kMaxPolicyBytes / 2 - 2), "too-long");
  refused("only brackets", repeat("[", kMaxPolicyBytes - 2), "too-deep");
  refused("lists of lists", repeat("- [" + repeat("a,", 60000) + "]\n", 30), "too-many-nodes");
  refused("empty items", repeat("-\n", kMaxPolicyBytes / 2 - 1), "too-many-nodes");
  refused("many documents", repeat("--- a\n", kMaxPolicyBytes / 6 - 1), "several-documents");
  refused("a tag", "a: !!binary aGVsbG8=\n", "yaml-tag");
}

TEST_CASE("long words and long lines cost their length") {
  refused("a key of 4 MB", "\"" + std::string(kMaxPolicyBytes - 10, 'k') + "\": 1\n", "too-long");
  refused("a plain scalar of 4 MB", std::string(kMaxPolicyBytes - 10, 'k'), "too-long");
  refused("a key of 100 KB", "\"" + std::string(100000, 'k') + "\": 1\n", "yaml-syntax");
  refused("a plain scalar of 100 KB", std::string(100000, 'k'), "wrong-type");
  refused("a quote that never ends", "a: \"" + std::string(kMaxPolicyBytes - 10, 'k'), "too-long");
  refused("a short quote that never ends", "a: \"b\n", "yaml-syntax");
  refused("only spaces", std::string(kMaxPolicyBytes - 10, ' ') + "a: b: c", "too-long");
  const Read operators = timed(filter_with(std::string(200000, 'N'), "        - x\n"));
  CHECK(operators.count("unknown-operator") == 1);
  CHECK(operators.text.size() < 2000);
}

TEST_CASE("many mistakes are reported up to a limit") {
  std::string keys = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: a}\nspec:\n";
  for (int i = 0; i < 50000; ++i) keys += "  key" + std::to_string(i) + ": 1\n";
  const Read r = timed(keys);
  CHECK(r.diagnostics.all().size() <= 101);
  CHECK(r.count("too-many-problems") == 1);
  const Read values = timed(filter_with("DAddr", repeat("        - nonsense\n", 60000)));
  CHECK(values.diagnostics.all().size() <= 101);
  CHECK(values.count("too-many-problems") == 1);
  std::string twice;
  for (int i = 0; i < 60000; ++i) twice += "a: 1\n";
  CHECK(timed(twice).diagnostics.all().size() <= 25);
}

TEST_CASE("60,000 addresses are read in time") {
  std::string values;
  for (int i = 0; i < 60000; ++i)
    values += "        - 10." + std::to_string(i >> 8) + "." + std::to_string(i & 255) + ".0/25\n";
  const Read r = timed(filter_with("DAddr", values));
  CHECK(r.ok());
  CHECK(r.policy.hooks.at(0).selectors.at(0).match_args.at(0).values.size() == 60000);
}

TEST_CASE("texts that try to leave a comment or a literal stay what they are") {
  const std::string text =
      "*/ \" ' \\\\ ?"
      "?/ ?"
      "?= %s ${} #include </etc/passwd> `id` $(id)";
  // ${} is no reference; with the dollar doubled the text is taken as it stands.
  std::string yaml_text =
      "*/ \" '' \\\\ ?"
      "?/ ?"
      "?= %s $${} #include </etc/passwd> `id` $(id)";
  const Read r = read(policy_with("    message: '" + yaml_text + "'\n    tags: ['" + yaml_text + "']\n"));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(r.policy.hooks[0].message == text);
  CHECK(r.policy.hooks[0].tags[0] == text);
}

TEST_CASE("nothing and almost nothing") {
  for (const char* yaml : {"", "\n", "# only a comment\n", "---\n", "---\n...\n", "~\n", "\xef\xbb\xbf"}) {
    INFO(yaml);
    const Read r = read(yaml);
    CHECK(r.count("empty-file") == 1);
  }
  CHECK(read("text\n").count("wrong-type") == 1);
  CHECK(read("[1]\n").count("wrong-type") == 1);
  CHECK(read(policy_with("") + "---\n").ok());
  CHECK(read("---\n" + policy_with("") + "...\n").ok());
  CHECK(read("%YAML 1.2\n---\n" + policy_with("")).ok());
}

TEST_CASE("random damage to a policy never crashes and never passes silently as another file") {
  const std::string good = filter_with("NotDAddr", "        - \"127.0.0.0/8\"\n        - ${A:-::1}\n");
  std::uint32_t state = 12345;
  const auto next = [&] { return state = state * 1664525U + 1013904223U, state >> 8; };
  const std::string alphabet = "{}[]:-,\"'&*!|>%@`#? \n\t\\$~\x80\xff" + std::string(1, '\0');
  for (int round = 0; round < 4000; ++round) {
    std::string yaml = good;
    for (std::uint32_t n = next() % 6 + 1; n > 0; --n) {
      const std::size_t at = next() % yaml.size();
      switch (next() % 3) {
        case 0: yaml[at] = alphabet[next() % alphabet.size()]; break;
        case 1: yaml.insert(at, 1, alphabet[next() % alphabet.size()]); break;
        case 2: yaml.erase(at, next() % 20 + 1); break;
      }
      if (yaml.empty()) yaml = "x";
    }
    const Read r = read(yaml);
    for (const Diagnostic& d : r.diagnostics.all()) {
      const bool has_place = d.span.line > 0 || d.id == "empty-file";
      CHECK(has_place);
    }
    if (r.ok()) CHECK(r.policy.hooks.size() == 1);
  }
}
