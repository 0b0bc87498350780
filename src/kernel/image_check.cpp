// Bounds for untrusted images. The limits are far above anything we generate and below what would hurt the host.
#include "kernel/image_check.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <set>

#include "kernel/insn.h"

namespace burin {
namespace {

/// A policy may have hundreds of hooks: each has up to two programs, a map for held records and some sets.
constexpr std::size_t kMaxMaps = 4096, kMaxPrograms = 4096, kMaxEntriesOfInfo = 1'000'000, kMaxName = 128;
/// The verifier's own limit, BPF_COMPLEXITY_LIMIT_INSNS.
constexpr std::size_t kMaxInsns = 1'000'000;
/// The kernel's limit, BTF_MAX_SIZE.
constexpr std::size_t kMaxBtf = 16u << 20;
/// One map's keys and values; a per-CPU map takes this per CPU.
constexpr std::uint64_t kMaxMapBytes = 1ull << 30;

tl::unexpected<Error> damaged(std::string what) {
  return fail(ErrorCode::Internal,
              "the program image is damaged: " + std::move(what) + "; delete the cached image and compile again");
}

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName && name.find('\0') == std::string::npos;
}

bool known_type(ProgramType type) {
  switch (type) {
    case ProgramType::Kprobe:
    case ProgramType::SchedCls:
    case ProgramType::Tracepoint:
    case ProgramType::SockOps:
    case ProgramType::RawTracepoint:
    case ProgramType::Tracing:
    case ProgramType::Lsm: return true;
  }
  return false;
}

Result<> check_info(const std::string& program, const char* what, std::uint32_t rec_size, std::size_t bytes) {
  if (bytes == 0) return Ok{};
  if (rec_size < 8 || rec_size > 4096 || bytes % rec_size != 0 || bytes / rec_size > kMaxEntriesOfInfo)
    return damaged(fmt::format("{} of program {}: {} bytes in records of {}", what, program, bytes, rec_size));
  return Ok{};
}

Result<> check_map(const MapDef& map) {
  if (!good_name(map.name)) return damaged("a map without a usable name");
  const std::uint64_t each = std::uint64_t{map.key_size} + map.value_size;
  if (each > kMaxMapBytes || each * map.max_entries > kMaxMapBytes)
    return damaged(fmt::format("map {} would take {} bytes an entry in {} entries", map.name, each, map.max_entries));
  return Ok{};
}

Result<> check_program(const ProgramImage& image, const ProgramDef& program) {
  if (!good_name(program.function)) return damaged("a program without a usable name");
  const auto& name = program.function;
  if (!known_type(program.type))
    return damaged(fmt::format("program {} has type {}", name, static_cast<unsigned>(program.type)));
  if (!good_name(program.license)) return damaged(fmt::format("program {} has no license", name));
  if (program.insns.empty() || program.insns.size() > kMaxInsns)
    return damaged(fmt::format("program {} has {} instructions", name, program.insns.size()));
  TRY_OK(check_info(name, "func info", program.func_info_rec_size, program.func_info.size()));
  TRY_OK(check_info(name, "line info", program.line_info_rec_size, program.line_info.size()));

  std::set<std::uint32_t> relocated;
  for (const auto& reloc : program.relocs) {
    if (reloc.map >= image.maps.size() || reloc.insn + std::size_t{1} >= program.insns.size() ||
        !is_load_imm64(to_insn(program.insns[reloc.insn])))
      return damaged(fmt::format("relocation of program {} at instruction {} for map {}", name, reloc.insn, reloc.map));
    relocated.insert(reloc.insn);
  }
  for (std::size_t i = 0; i < program.insns.size(); ++i) {
    const bpf_insn insn = to_insn(program.insns[i]);
    if (!is_load_imm64(insn)) continue;
    if (i + 1 >= program.insns.size()) return damaged(fmt::format("program {} ends inside an instruction", name));
    const bool names_map = relocated.contains(static_cast<std::uint32_t>(i));
    const bool allowed = names_map ? insn.src_reg == 0 || insn.src_reg == BPF_PSEUDO_MAP_FD
                                   : insn.src_reg == 0 || insn.src_reg == BPF_PSEUDO_FUNC;
    if (!allowed)
      return damaged(fmt::format("instruction {} of program {} names a kernel object by number (kind {})", i, name,
                                 static_cast<unsigned>(insn.src_reg)));
    ++i;  // the second half is data
  }
  return Ok{};
}

}  // namespace

Result<> check_image(const ProgramImage& image) {
  if (image.maps.size() > kMaxMaps) return damaged(fmt::format("{} maps", image.maps.size()));
  if (image.programs.size() > kMaxPrograms) return damaged(fmt::format("{} programs", image.programs.size()));
  if (image.btf.size() > kMaxBtf) return damaged(fmt::format("{} bytes of BTF", image.btf.size()));
  std::set<std::string> names;
  for (const auto& map : image.maps) {
    TRY_OK(check_map(map));
    if (!names.insert(map.name).second) return damaged("two maps named " + map.name);
  }
  names.clear();
  for (const auto& program : image.programs) {
    TRY_OK(check_program(image, program));
    if (!names.insert(program.function).second) return damaged("two programs named " + program.function);
  }
  return Ok{};
}

}  // namespace burin
