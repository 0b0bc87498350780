// The C frame around the cases, and its way through the compiler and into the kernel.
#include "oracle_program.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>

#include "compile/compiler.h"
#include "host/host_reader.h"
#include "kernel/map_access.h"
#include "support/skip.h"
#include "types/text_field.h"
#include "types/wire_structs.h"

namespace burin_test {
namespace {

std::string file_text(const char* name) {
  std::ifstream file(std::string(BURIN_SOURCE_DIR) + "/templates/" + name);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

/// A piece of a template, so that the oracle cannot test a copy that differs: from `begin` to `end`, both included.
std::string cut(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = text.find(end, from);
  REQUIRE(to != std::string::npos);
  return text.substr(from, to + end.size() - from);
}

std::string production_text() {
  std::string slot = cut(file_text("text.h"), "#define BURIN_TEXT_MAX", "\n};\n");
  const std::string hole = "@text_max@";
  slot.replace(slot.find(hole), hole.size(), std::to_string(burin::kTextMax));
  return cut(file_text("prelude.h"), "static __always_inline int burin_ip(", "\n}\n") + slot;
}

/// The input map's value up to the text: `which`, the record, then struct burin_text of templates/text.h.
constexpr std::size_t kRecordAt = 8, kTextAt = kRecordAt + kRecordMax, kPad = 256, kBytesAt = kTextAt + 16 + kPad,
                      kInputSize = kBytesAt + burin::kTextMax + 256;

const burin::HostFacts& host() {
  static const burin::HostFacts facts = burin::read_host("/", {});
  return facts;
}

}  // namespace

burin::ProgramSource oracle_text(const OracleSource& source) {
  burin::ProgramSource out;
  out.name = "oracle";
  out.defines = {{"LINUX_VERSION_CODE", std::to_string(host().version_code)}};
  out.text = burin::wire_struct_text() + production_text() + source.maps + source.functions;
  // One struct a case: the fields have the types that the policy's arguments would have.
  for (std::size_t i = 0; i < source.cases.size(); ++i) {
    out.text += "struct rec" + std::to_string(i) + " {";
    for (std::size_t a = 0; a < source.cases[i].c_types.size(); ++a)
      out.text += " " + source.cases[i].c_types[a] + " a" + std::to_string(a) + ";";
    out.text += " };\n";
  }
  out.text += "struct input { u64 which; u64 bytes[" + std::to_string(kRecordMax / 8) +
              "]; struct burin_text t[1]; };\n"
              "_Static_assert(sizeof(struct input) == " +
              std::to_string(kInputSize) +
              ", \"input\");\n"
              "BPF_ARRAY(oracle_in, struct input, 1);\n"
              "int p0(struct __sk_buff *ctx) {\n"
              "  u32 zero = 0;\n"
              "  struct input *s = oracle_in.lookup(&zero);\n"
              "  if (!s) return 99;\n";
  for (std::size_t i = 0; i < source.cases.size(); ++i)
    out.text += "  if (s->which == " + std::to_string(i) + ") { struct rec" + std::to_string(i) +
                " *r = (void *)s->bytes; return " + source.cases[i].expression + "; }\n";
  out.text += "  return 98;\n}\n";
  out.programs = {{"p0", burin::ProgramType::SchedCls}};
  return out;
}

burin::ProgramImage compile(const burin::ProgramSource& source) {
  burin::CompilerOptions options;
  options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  auto image = burin::Compiler(options, nullptr).compile(source);
  INFO((image ? "" : image.error().text() + "\n" + image.error().detail));
  REQUIRE(image);
  return std::move(*image);
}

OracleProgram::OracleProgram(const OracleSource& source) : OracleProgram(compile(oracle_text(source)), source.inits) {}

OracleProgram::OracleProgram(const burin::ProgramImage& image, const std::vector<burin::MapInit>& inits)
    : packet_(64), input_(kInputSize) {
  auto loaded = burin::LoadedProgram::load(image, inits, {}, host(), "oracle");
  INFO((loaded ? ""
               : loaded.error().text() + "\n" +
                     loaded.error().detail.substr(
                         loaded.error().detail.size() > 6000 ? loaded.error().detail.size() - 6000 : 0)));
  REQUIRE(loaded);
  loaded_ = std::make_unique<burin::LoadedProgram>(std::move(*loaded));
  fd_ = loaded_->program_fd("p0");
  REQUIRE(fd_ >= 0);
  input_fd_ = loaded_->map_fd("oracle_in");
  REQUIRE(input_fd_ >= 0);
}

int OracleProgram::run(std::size_t index, std::span<const std::byte> bytes) {
  if (bytes.size() > kRecordMax) FAIL("the record is too long");
  const std::uint64_t which = index;
  std::memcpy(input_.data(), &which, sizeof which);
  std::memset(input_.data() + kRecordAt, 0, kRecordMax);
  std::memcpy(input_.data() + kRecordAt, bytes.data(), bytes.size());
  return answer();
}

int OracleProgram::run(std::size_t index, std::span<const std::byte> bytes, const OracleText& text) {
  if (text.bytes.size() >= burin::kTextMax) FAIL("the text is too long");
  const auto len = static_cast<std::uint32_t>(text.bytes.size());
  const std::uint32_t flags = text.read ? 1 : 0;
  std::memcpy(input_.data() + kTextAt, &len, sizeof len);
  std::memcpy(input_.data() + kTextAt + 4, &flags, sizeof flags);
  // Behind the text stays what the text before it left, and what the program itself wrote.
  std::memcpy(input_.data() + kBytesAt, text.bytes.data(), text.bytes.size());
  if (input_[kBytesAt + len] == std::byte{0}) input_[kBytesAt + len] = static_cast<std::byte>('a' + len % 26);
  return run(index, bytes);
}

int OracleProgram::answer() {
  const std::uint32_t zero = 0;
  // No assertion where nothing is wrong: they take longer than the run.
  if (!burin::map_put(input_fd_, &zero, input_.data(), false)) FAIL("the input map cannot be written");
  auto answer = burin::test_run(fd_, packet_);
  if (!answer) FAIL(answer.error().text());
  return static_cast<int>(*answer);
}

double OracleProgram::nanoseconds(std::uint32_t repeat) {
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(burin::test_run(fd_, packet_, repeat));
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return took.count() / repeat;
}

bool can_load() {
  if (geteuid() == 0) return true;
  skip("loading BPF programs needs root");
  return false;
}

}  // namespace burin_test
