// What large sets cost to parse, compile, load and ask, and that they answer right: 10,000 CIDRs, 65,000 ports, and
// texts in every shape. `./dev bench sets` prints it; the figures of decision record 0004 come from here.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>

#include "cidr/cidr.h"
#include "live/filter_oracle/oracle_program.h"
#include "live/filter_oracle/random_sets.h"
#include "operators/operator.h"
#include "text/compare_code.h"
#include "text/text_set.h"

using namespace burin_test;

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point since) {
  return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
}

burin::Operand parsed(const char* op, const char* type, const std::vector<std::string>& texts) {
  std::vector<burin::Located<std::string>> values;
  for (const auto& t : texts) values.push_back({t, {"bench", 1, 1, 1}});
  burin::Diagnostics diagnostics;
  auto out = burin::find_operator(op)->parse(values, *burin::find_type(type), diagnostics);
  REQUIRE_FALSE(diagnostics.has_errors());
  return out;
}

/// Loads `source` and prints the times; the program stays for questions.
std::unique_ptr<OracleProgram> load(const char* what, const OracleSource& source, double parse_ms) {
  const auto start = Clock::now();
  const auto image = compile(oracle_text(source));
  const double compile_ms = milliseconds(start);
  const auto both = Clock::now();
  auto out = std::make_unique<OracleProgram>(image, source.inits);
  std::printf("%-28s parse and build %7.1f ms, compile %6.1f ms, load %6.1f ms, %zu instructions\n", what, parse_ms,
              compile_ms, milliseconds(both), image.programs[0].insns.size());
  return out;
}

/// Nanoseconds of a question beyond those of an empty one; the better of three rounds.
double asked(OracleProgram& program) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) best = std::min(best, program.nanoseconds(100'000));
  return best;
}

double frame() {
  OracleSource source;
  source.cases.push_back({"u64", "0"});
  OracleProgram program(source);
  program.run(0, {});
  return asked(program);
}

std::string path_of(std::size_t i, std::size_t length) {
  std::string out = "/usr/lib/x86_64-linux-gnu/" + std::to_string(i * 7919) + "/";
  while (out.size() < length) out += static_cast<char>('a' + out.size() % 26);
  return out.substr(0, length);
}

/// One text set as a body of the given shape: nanoseconds, or a negative number when it does not load.
double text_time(burin::TextMatch how, std::size_t count, bool inlined, const std::string& text, std::size_t& insns) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(path_of(i, 40));
  std::sort(values.begin(), values.end());
  burin::TextSetCode code;
  std::string body;
  using burin::TextMatch;
  if (how == TextMatch::SubString)
    body = *burin::search_body(values, false, "set0", code);
  else if (inlined)
    body = burin::inline_body(values, how);
  else
    body = how == TextMatch::Equal    ? *burin::equal_body(values, "set0", code)
           : how == TextMatch::Prefix ? *burin::prefix_body(values, "set0", code)
                                      : *burin::postfix_body(values, "set0", code);
  code.functions = "static __always_inline int set0(struct burin_text *t) {\n" + body + "}\n";
  OracleSource source;
  source.add(std::move(code));
  source.cases.push_back({"u64", std::string("set0(") + kOracleText + ")"});
  const auto image = compile(oracle_text(source));
  insns = image.programs[0].insns.size();
  OracleProgram program(image, source.inits);
  REQUIRE(program.run(0, {}, {text}) == 0);
  return asked(program);
}

}  // namespace

TEST_CASE("10,000 CIDRs") {
  if (!can_load()) return;
  Rng rng(1);
  const auto list = random_list(rng, 10'000, Spread::Cluster);
  std::vector<std::string> texts;
  for (const auto& e : list) texts.push_back(e.text);
  const auto start = Clock::now();
  const auto operand = parsed("DAddr", "sock", texts);
  auto code = burin::emit(std::get<burin::AddressSet>(operand), "set0");
  REQUIRE(code);
  const double parse_ms = milliseconds(start);
  OracleSource source;
  source.add(std::move(*code));
  source.cases.push_back({"struct w_sockaddr", "set0_any(r->a0.addr, r->a0.family) + 1"});
  auto program = load("10,000 CIDRs", source, parse_ms);
  std::size_t wrong = 0, inside = 0;
  for (int n = 0; n < 5'000; ++n) {
    const Probe probe = random_probe(rng, list);
    std::array<std::byte, 24> record{};
    std::memcpy(record.data(), probe.bytes.data(), 16);
    std::memcpy(record.data() + 16, &probe.family, 2);
    const int want = naive(list, probe);
    wrong += program->run(0, record) != want;
    inside += want == 2;
  }
  std::printf("%-28s %.0f ns a match; 5,000 addresses asked, %zu inside, %zu wrong\n", "", asked(*program) - frame(),
              inside, wrong);
  CHECK(wrong == 0);
  CHECK(inside > 1'000);
}

TEST_CASE("65,000 ports") {
  if (!can_load()) return;
  Rng rng(2);
  std::set<std::uint32_t> ports;
  while (ports.size() < 65'000) ports.insert(static_cast<std::uint32_t>(rng() % 65'536));
  std::vector<std::string> texts;
  for (const auto p : ports) texts.push_back(std::to_string(p));
  std::shuffle(texts.begin(), texts.end(), rng);
  const auto start = Clock::now();
  const auto operand = parsed("DPort", "sock", texts);
  auto code = burin::emit_numbers(std::get<burin::NumberSet>(operand), "set0");
  REQUIRE(code);
  const double parse_ms = milliseconds(start);
  OracleSource source;
  source.add(std::move(*code));
  source.cases.push_back({"u16", "set0(r->a0)"});
  auto program = load("65,000 ports", source, parse_ms);
  std::size_t wrong = 0;
  for (std::uint32_t p = 0; p < 65'536; ++p) {
    const auto port = static_cast<std::uint16_t>(p);
    wrong += program->run(0, std::as_bytes(std::span(&port, 1))) != static_cast<int>(ports.contains(p));
  }
  std::printf("%-28s %.0f ns a match; all 65,536 ports asked, %zu wrong\n", "", asked(*program) - frame(), wrong);
  CHECK(wrong == 0);
}

TEST_CASE("texts in every shape") {
  if (!can_load()) return;
  using burin::TextMatch;
  const double empty = frame();
  // A text that shares its beginning with every value, and is none of them.
  const std::string text = path_of(500'000, 40);
  std::printf("texts of 40 bytes, no match: ns a question (instructions)\n");
  for (const auto& [how, name] :
       {std::pair{TextMatch::Equal, "Equal"}, {TextMatch::Prefix, "Prefix"}, {TextMatch::Postfix, "Postfix"}}) {
    for (const std::size_t count : {1, 4, 8, 16, 32, 1000, 10'000}) {
      std::size_t in = 0, map = 0;
      const double inlined = count > 32 ? 0 : text_time(how, count, true, text, in) - empty;
      const double mapped = text_time(how, count, false, text, map) - empty;
      std::printf("  %-10s %6zu values: inlined %6.0f (%zu), map %6.0f (%zu)\n", name, count, inlined, in, mapped, map);
    }
  }
  for (const std::size_t count : {1, 100, 1000}) {
    std::size_t insns = 0;
    const double short_text = text_time(TextMatch::SubString, count, false, text, insns) - empty;
    const double long_text = text_time(TextMatch::SubString, count, false, std::string(4095, 'x'), insns) - empty;
    std::printf("  %-10s %6zu values: 40 bytes %6.0f, 4095 bytes %6.0f (%zu)\n", "SubString", count, short_text,
                long_text, insns);
  }
}
