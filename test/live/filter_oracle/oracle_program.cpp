// The C frame around the cases, and its way through the compiler and into the kernel.
#include "oracle_program.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <sstream>

#include "compile/compiler.h"
#include "host/host_reader.h"
#include "support/skip.h"
#include "types/wire_structs.h"

namespace burin_test {
namespace {

/// burin_ip() as production has it, cut out of the prelude, so that the oracle cannot test a copy that differs.
std::string burin_ip_text() {
  std::ifstream file(std::string(BURIN_SOURCE_DIR) + "/templates/prelude.h");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  const std::size_t from = text.find("static __always_inline int burin_ip(");
  REQUIRE(from != std::string::npos);
  const std::size_t end = text.find("\n}\n", from);
  REQUIRE(end != std::string::npos);
  return text.substr(from, end + 3 - from);
}

const burin::HostFacts& host() {
  static const burin::HostFacts facts = burin::read_host("/", {});
  return facts;
}

}  // namespace

burin::ProgramSource oracle_text(const OracleSource& source) {
  burin::ProgramSource out;
  out.name = "oracle";
  out.defines = {{"LINUX_VERSION_CODE", std::to_string(host().version_code)}};
  out.text = burin::wire_struct_text() + burin_ip_text() + source.maps + source.functions;
  // One struct a case: the field has the type that the policy's argument would have.
  for (std::size_t i = 0; i < source.cases.size(); ++i)
    out.text += "struct rec" + std::to_string(i) + " { " + source.cases[i].c_type + " a0; };\n";
  out.text +=
      "struct input { u64 which; u64 bytes[8]; };\n"
      "int p0(struct __sk_buff *ctx) {\n"
      "  struct input in = {};\n"
      "  if (bpf_skb_load_bytes(ctx, 16, &in, sizeof in)) return 99;\n";
  for (std::size_t i = 0; i < source.cases.size(); ++i)
    out.text += "  if (in.which == " + std::to_string(i) + ") { struct rec" + std::to_string(i) +
                " *r = (void *)in.bytes; return " + source.cases[i].expression + "; }\n";
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

OracleProgram::OracleProgram(const OracleSource& source) : packet_(16 + 8 + kRecordMax) {
  const burin::ProgramSource text = oracle_text(source);
  const burin::ProgramImage image = compile(text);
  auto loaded = burin::LoadedProgram::load(image, source.inits, {}, host(), "oracle");
  INFO((loaded ? ""
               : loaded.error().text() + "\n" +
                     loaded.error().detail.substr(
                         loaded.error().detail.size() > 6000 ? loaded.error().detail.size() - 6000 : 0)));
  REQUIRE(loaded);
  loaded_ = std::make_unique<burin::LoadedProgram>(std::move(*loaded));
  fd_ = loaded_->program_fd("p0");
  REQUIRE(fd_ >= 0);
}

int OracleProgram::run(std::size_t index, std::span<const std::byte> bytes) {
  REQUIRE(bytes.size() <= kRecordMax);
  const std::uint64_t which = index;
  std::memset(packet_.data(), 0, packet_.size());
  std::memcpy(packet_.data() + 16, &which, sizeof which);
  std::memcpy(packet_.data() + 24, bytes.data(), bytes.size());
  auto answer = burin::test_run(fd_, packet_);
  INFO((answer ? "" : answer.error().text()));
  REQUIRE(answer);
  return static_cast<int>(*answer);
}

bool can_load() {
  if (geteuid() == 0) return true;
  skip("loading BPF programs needs root");
  return false;
}

}  // namespace burin_test
