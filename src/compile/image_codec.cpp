// ProgramImage as bytes: what burin-compile answers, what the cache keeps and what a bundle ships. The reader lets
// nothing through that would make the loader touch what the image does not describe: every map reference is a checked
// relocation, since a bare descriptor number in an instruction would name one of the daemon's own files.
#include <linux/bpf.h>

#include <string>

#include "base/bytes.h"
#include "compile/codec.h"
#include "compile/compiler.h"

namespace burin {

std::optional<ProgramType> program_type_of(std::uint32_t number) {
  const auto type = static_cast<ProgramType>(number);
  switch (type) {
    case ProgramType::Kprobe:
    case ProgramType::SchedCls:
    case ProgramType::Tracepoint:
    case ProgramType::SockOps:
    case ProgramType::RawTracepoint:
    case ProgramType::Tracing:
    case ProgramType::Lsm: return type;
  }
  return std::nullopt;
}

namespace {

constexpr std::string_view kMagic{"BURINIM\x01", 8};  // the last byte is the format's number
constexpr std::size_t kMaxMaps = 4096;
constexpr std::size_t kMaxPrograms = 4096;
constexpr std::size_t kMaxInsns = 1'000'000;  // the kernel's own limit (BPF_COMPLEXITY_LIMIT_INSNS)
constexpr std::size_t kMaxBlob = 16U << 20;   // BTF_MAX_SIZE of the kernel
constexpr std::size_t kMaxLicense = 128;      // the kernel reads as many characters
constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxRecord = 256;  // MAX_FUNCINFO_REC_SIZE of the kernel, and its twin for lines

constexpr std::uint8_t kLoadImm64 = BPF_LD | BPF_DW | BPF_IMM;
std::uint8_t opcode(std::uint64_t insn) {
  return static_cast<std::uint8_t>(insn);
}
std::uint8_t source_register(std::uint64_t insn) {
  return static_cast<std::uint8_t>(insn >> 12) & 0xf;
}

void write_program(ByteWriter& out, const ProgramDef& program) {
  out.text(program.function);
  out.number(static_cast<std::uint32_t>(program.type));
  out.text(program.license);
  out.number(program.kern_version);
  out.number(static_cast<std::uint32_t>(program.insns.size()));
  for (const std::uint64_t insn : program.insns) out.number(insn);
  out.number(static_cast<std::uint32_t>(program.relocs.size()));
  for (const MapReloc& reloc : program.relocs) {
    out.number(reloc.insn);
    out.number(reloc.map);
  }
  out.number(program.func_info_rec_size);
  out.blob(program.func_info);
  out.number(program.line_info_rec_size);
  out.blob(program.line_info);
}

void read_map(ByteReader& in, MapDef& map) {
  map.name = in.text(kMaxName);
  if (in.ok() && !is_c_identifier(map.name)) in.fail_with("a map whose name is not an identifier");
  for (std::uint32_t* field : {&map.type, &map.key_size, &map.value_size, &map.max_entries, &map.flags,
                               &map.btf_key_type_id, &map.btf_value_type_id})
    *field = in.number<std::uint32_t>();
}

/// Every instruction that refers to a map has its relocation, in order, and nothing else refers to anything outside.
void check_relocs(ByteReader& in, const ProgramDef& program, std::size_t maps) {
  auto reloc = program.relocs.begin();
  for (std::size_t i = 0; i < program.insns.size(); ++i) {
    if (opcode(program.insns[i]) != kLoadImm64) continue;
    if (i + 1 == program.insns.size()) return in.fail_with("a 64-bit load without its second half");
    const std::uint8_t source = source_register(program.insns[i]);
    if (source == BPF_PSEUDO_MAP_FD) {
      if (reloc == program.relocs.end() || reloc->insn != i) return in.fail_with("a map reference without relocation");
      if (reloc->map >= maps) return in.fail_with("a relocation to a map that does not exist");
      ++reloc;
    } else if (source != 0) {
      return in.fail_with("a 64-bit load of a kind we do not generate");
    }
    ++i;
  }
  if (reloc != program.relocs.end()) in.fail_with("a relocation where no map is referred to");
}

void read_records(ByteReader& in, std::uint32_t& record_size, std::vector<std::byte>& records, std::size_t minimum) {
  record_size = in.number<std::uint32_t>();
  records = in.blob(kMaxBlob);
  if (!in.ok() || (record_size == 0 && records.empty())) return;
  if (record_size < minimum || record_size > kMaxRecord || record_size % 4 != 0 || records.size() % record_size != 0)
    in.fail_with("debug records of a wrong size");
}

void read_program(ByteReader& in, ProgramDef& program, std::size_t maps) {
  program.function = in.text(kMaxName);
  if (in.ok() && !is_c_identifier(program.function)) in.fail_with("a program whose name is not an identifier");
  const auto type = program_type_of(in.number<std::uint32_t>());
  if (!type) in.fail_with("an unknown program type");
  program.type = type.value_or(ProgramType::Kprobe);
  program.license = in.text(kMaxLicense);
  program.kern_version = in.number<std::uint32_t>();
  const auto insns = in.count(kMaxInsns, sizeof(std::uint64_t));
  program.insns.reserve(insns);
  for (std::uint32_t i = 0; i < insns; ++i) program.insns.push_back(in.number<std::uint64_t>());
  const auto relocs = in.count(insns, 2 * sizeof(std::uint32_t));
  program.relocs.reserve(relocs);
  for (std::uint32_t i = 0; i < relocs; ++i) {
    const auto insn = in.number<std::uint32_t>();
    program.relocs.push_back({insn, in.number<std::uint32_t>()});
  }
  check_relocs(in, program, maps);
  read_records(in, program.func_info_rec_size, program.func_info, sizeof(bpf_func_info));
  read_records(in, program.line_info_rec_size, program.line_info, sizeof(bpf_line_info));
}

}  // namespace

std::string encode_image(const ProgramImage& image) {
  ByteWriter out;
  out.raw(kMagic);
  out.blob(image.btf);
  out.number(static_cast<std::uint32_t>(image.maps.size()));
  for (const MapDef& map : image.maps) {
    out.text(map.name);
    for (const std::uint32_t field : {map.type, map.key_size, map.value_size, map.max_entries, map.flags,
                                      map.btf_key_type_id, map.btf_value_type_id})
      out.number(field);
  }
  out.number(static_cast<std::uint32_t>(image.programs.size()));
  for (const ProgramDef& program : image.programs) write_program(out, program);
  return out.take();
}

Result<ProgramImage> decode_image(std::string_view bytes) {
  ByteReader in(bytes, "program image");
  ProgramImage image;
  if (in.take(kMagic.size()) != kMagic) in.fail_with("not an image of this format");
  image.btf = in.blob(kMaxBlob);
  const auto maps = in.count(kMaxMaps, 8 * sizeof(std::uint32_t));
  image.maps.reserve(maps);
  for (std::uint32_t i = 0; i < maps && in.ok(); ++i) read_map(in, image.maps.emplace_back());
  const auto programs = in.count(kMaxPrograms, 10 * sizeof(std::uint32_t));
  image.programs.reserve(programs);
  for (std::uint32_t i = 0; i < programs && in.ok(); ++i) read_program(in, image.programs.emplace_back(), maps);
  TRY_OK(in.finish());
  return image;
}

}  // namespace burin
