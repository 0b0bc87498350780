// Drives BCC's BPFModule. Everything it would do to the kernel ends in interpose.cpp.
#include "compiler/bcc_compiler.h"

#include <bcc/bpf_module.h>

#include <exception>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "compiler/interpose.h"

namespace burin {
namespace {

#if defined(__x86_64__)
#define BURIN_KERNEL_ARCH "x86"
#elif defined(__aarch64__)
#define BURIN_KERNEL_ARCH "arm64"
#else
#error "the kernel's name of this architecture is not known"
#endif

using Failure = tl::unexpected<CompileFailure>;

Failure refuse(CompilerExit status, std::string message) {
  return Failure(CompileFailure{status, std::move(message)});
}

bool is_define_value(std::string_view value) {
  for (const char c : value)
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_') return false;
  return value.size() <= 127;
}

/// All that clang is told besides what BCC tells it: -DNAME=VALUE. Any other flag could name a file or a plugin.
tl::expected<std::vector<std::string>, CompileFailure> clang_flags(const ProgramSource& source,
                                                                   const std::string& header_build) {
  std::vector<std::string> flags;
  if (!source.lines) flags.push_back("-g0");
  // What BCC takes from beside the sources when it looks for the headers itself.
  if (!header_build.empty()) {
    flags.push_back("-ferror-limit=0");  // each error is a member that these headers do not have: all at once
    for (const char* part :
         {"/arch/" BURIN_KERNEL_ARCH "/include/generated", "/arch/" BURIN_KERNEL_ARCH "/include/generated/uapi",
          "/include", "/include/generated/uapi"})
      flags.push_back("-I" + header_build + part);
  }
  for (const auto& [name, value] : source.defines) {
    if (!is_c_identifier(name) || !is_define_value(value))
      return refuse(CompilerExit::BadRequest,
                    "a define must be an identifier with a value of letters, digits and _ (" + name + ")");
    flags.push_back("-D" + name + "=" + value);
  }
  return flags;
}

tl::expected<Ok, CompileFailure> check_programs(const ProgramSource& source) {
  std::set<std::string_view> seen;
  for (const ProgramEntry& program : source.programs) {
    if (!is_c_identifier(program.function))
      return refuse(CompilerExit::BadRequest, "a program's name is not a C identifier");
    if (!seen.insert(program.function).second)
      return refuse(CompilerExit::BadRequest, "program " + program.function + " is asked for twice");
  }
  if (source.programs.empty()) return refuse(CompilerExit::BadRequest, "no program is asked for");
  return Ok{};
}

tl::expected<ProgramImage, CompileFailure> compile(const ProgramSource& source, const std::string& header_build) {
  TRY_OK(check_programs(source));
  TRY(const std::vector<std::string> flags, clang_flags(source, header_build));
  std::vector<const char*> cflags;
  for (const std::string& flag : flags) cflags.push_back(flag.c_str());

  // Never destroyed: the destructor closes "descriptors" and can abort; the process ends by _exit.
  // rw_engine off: no native code for printing map values, which nobody here does.
  auto& module = *new ebpf::BPFModule(0, nullptr, false);
  if (module.load_string(source.text, cflags.data(), static_cast<int>(cflags.size())) != 0)
    return refuse(CompilerExit::Refused, "the program does not compile");
  if (module.num_tables() > 0 && recording().maps.empty())
    return refuse(CompilerExit::NoReplacement,
                  "this libbcc does not let its map creation be replaced (linked -Bsymbolic?): build burin against the "
                  "distribution's libbpfcc");
  for (const ProgramEntry& program : source.programs) {
    const std::size_t before = recording().programs.size();
    auto* insns = reinterpret_cast<bpf_insn*>(module.function_start(program.function));
    if (insns == nullptr) return refuse(CompilerExit::Refused, "the text has no program " + program.function);
    module.bcc_func_load(static_cast<int>(program.type), program.function.c_str(), insns,
                         static_cast<int>(module.function_size(program.function)), module.license(),
                         module.kern_version(), 0, nullptr, 0);
    if (recording().programs.size() != before + 1)
      return refuse(
          CompilerExit::NoReplacement,
          "this libbcc does not let its program loading be replaced: build burin against the distribution's libbpfcc");
  }
  if (!recording().trouble.empty()) return refuse(CompilerExit::Refused, recording().trouble);
  return ProgramImage{std::move(recording().maps), std::move(recording().programs), std::move(recording().btf)};
}

}  // namespace

tl::expected<ProgramImage, CompileFailure> compile_with_bcc(const ProgramSource& source,
                                                            const std::string& header_build) {
  try {
    return compile(source, header_build);
  } catch (const std::exception& e) {
    return refuse(CompilerExit::Refused, std::string("BCC failed: ") + e.what());
  }
}

}  // namespace burin
