// What is compiled and what comes out of it: the two values at the ends of the burin-compile process, and the request
// with which an image is loaded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source_span.h"

namespace burin {

/// Kernel program types we generate; the numbers are the kernel's enum bpf_prog_type.
enum class ProgramType : std::uint32_t {
  Kprobe = 2,
  SchedCls = 3,
  Tracepoint = 5,
  SockOps = 13,
  RawTracepoint = 17,
  Tracing = 26,  ///< fentry, fexit, fmod_ret
  Lsm = 29,
};

/// One C function that is a program.
struct ProgramEntry {
  std::string function;  ///< name in the C text, made by us ("p0")
  ProgramType type = ProgramType::Kprobe;
};

/// Where generated text comes from: `/*@ID*/` at the end of a generated line points here.
struct OriginLine {
  std::uint32_t id = 0;
  SourceSpan span;    ///< the policy or template line behind it
  std::string about;  ///< "selector 1, NotDAddr", for messages
};

/// C text and everything that decides what it compiles to. `text` is a pure function of policy, probes and templates;
/// what depends on the machine stands in `defines`.
struct ProgramSource {
  std::string name;  ///< for messages and file names ("base", policy name)
  std::string text;
  std::vector<std::pair<std::string, std::string>> defines;  ///< -DNAME=VALUE, both made by us
  std::vector<ProgramEntry> programs;
  std::vector<OriginLine> origins;
  /// Whether the image says which line each instruction comes from, for the verifier's messages. It takes a seventh of
  /// the compile and most of the image.
  bool lines = true;
};

/// A map as the image wants it created.
struct MapDef {
  std::string name;
  std::uint32_t type = 0;  ///< enum bpf_map_type
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t max_entries = 0;  ///< a perf event array is created with the possible-CPU count instead
  std::uint32_t flags = 0;
  std::uint32_t btf_key_type_id = 0;
  std::uint32_t btf_value_type_id = 0;
  friend bool operator==(const MapDef&, const MapDef&) = default;
};

/// Instruction index (of the first slot of an LD_IMM64) that names a map.
struct MapReloc {
  std::uint32_t insn = 0;
  std::uint32_t map = 0;  ///< index into ProgramImage::maps
  friend bool operator==(const MapReloc&, const MapReloc&) = default;
};

struct ProgramDef {
  std::string function;
  ProgramType type = ProgramType::Kprobe;
  std::string license;
  std::uint32_t kern_version = 0;
  std::vector<std::uint64_t> insns;  ///< 8 bytes each, struct bpf_insn
  std::vector<MapReloc> relocs;
  std::uint32_t func_info_rec_size = 0;
  std::vector<std::byte> func_info;
  std::uint32_t line_info_rec_size = 0;
  std::vector<std::byte> line_info;
  friend bool operator==(const ProgramDef&, const ProgramDef&) = default;
};

/// What a compile leaves behind and a loader without LLVM needs. A value: can be kept, compared, shipped.
struct ProgramImage {
  std::vector<MapDef> maps;
  std::vector<ProgramDef> programs;
  std::vector<std::byte> btf;
  friend bool operator==(const ProgramImage&, const ProgramImage&) = default;
};

/// First content of a map, written before anything is attached, and its size where that is not the image's. Keys and
/// values are raw bytes of the map's sizes.
struct MapInit {
  std::string map;
  std::vector<std::pair<std::vector<std::byte>, std::vector<std::byte>>> entries;
  std::uint32_t max_entries = 0;  ///< 0: as the image has it
};

/// How one program is hooked in. A program may be attached at several places.
struct AttachSpec {
  enum class Kind {
    Kprobe,
    Kretprobe,
    Tracepoint,
    RawTracepoint,
    SockOps,
    Fentry,
    Fexit,
    FmodRet,
    Lsm,
    Uprobe,
    Uretprobe,
    None
  };
  std::string function;  ///< ProgramEntry::function
  Kind kind = Kind::None;
  /// Kernel symbol, "category:event", raw tracepoint name, cgroup directory, or binary. Checked against the host by the
  /// planner.
  std::string target;
  std::uint64_t offset = 0;             ///< uprobes: in the file
  std::uint64_t ref_ctr_offset = 0;     ///< uprobes: semaphore in the file, 0 = none
  std::optional<std::uint64_t> cookie;  ///< what bpf_get_attach_cookie() returns there (Linux 5.15)
};

/// Instructions a compiled function may have at most: beyond about this many LLVM 14 truncates branch offsets to 16
/// bits silently (measured; the encodable maximum is 32,767).
inline constexpr std::size_t kMaxFunctionInsns = 32'000;

}  // namespace burin
