// The functions that libbcc finds instead of its own and libbpf's. Their declarations in BCC's headers fix their types.
#include "compiler/interpose.h"

#include <bcc/bcc_syms.h>
#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dlfcn.h>

#include <cstring>

namespace burin {

Recording& recording() {
  static Recording instance;
  return instance;
}

namespace {

// Map descriptors as BCC sees them: numbers no open file has, so that a close() of one does no harm.
constexpr int kFirstMapFd = 1'000'000;

void keep(std::vector<std::byte>& into, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  if (bytes != nullptr) into.assign(bytes, bytes + size);
}

/// Takes the map numbers out of the instructions, and notes where they were. What else refers to something outside the
/// function cannot be kept: BCC hands out functions one by one.
void lift_map_references(ProgramDef& program, std::vector<bpf_insn>& insns) {
  for (std::size_t i = 0; i < insns.size(); ++i) {
    if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == BPF_PSEUDO_CALL)
      recording().trouble = program.function + " calls a function that is not inlined: mark that one __always_inline";
    if (insns[i].code != (BPF_LD | BPF_DW | BPF_IMM)) continue;
    const std::int64_t map = static_cast<std::int64_t>(insns[i].imm) - kFirstMapFd;
    if (insns[i].src_reg == BPF_PSEUDO_MAP_FD) {
      if (map < 0 || map >= static_cast<std::int64_t>(recording().maps.size()))
        recording().trouble = program.function + " refers to a map that was not created";
      program.relocs.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(map)});
      insns[i].imm = 0;
    } else if (insns[i].src_reg != 0) {
      recording().trouble = program.function + " loads a 64-bit value of a kind that images do not hold";
    }
    ++i;
  }
}

char g_symbols;  // its address stands for "the kernel's symbols"

template <class Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace burin

extern "C" {

int bcc_create_map_xattr(struct bcc_create_map_attr* attr, bool) {
  auto& record = burin::recording();
  if (attr->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || attr->map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
    record.trouble = "maps of maps are not supported";
  burin::MapDef map;
  map.name = attr->name != nullptr ? attr->name : "";
  map.type = attr->map_type;
  map.key_size = attr->key_size;
  map.value_size = attr->value_size;
  // BCC takes the number of processors of the machine that compiles; the loader takes that of the one it runs on.
  map.max_entries = attr->map_type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ? 0 : attr->max_entries;
  map.flags = attr->map_flags;
  map.btf_key_type_id = attr->btf_key_type_id;
  map.btf_value_type_id = attr->btf_value_type_id;
  record.maps.push_back(std::move(map));
  return burin::kFirstMapFd + static_cast<int>(record.maps.size()) - 1;
}

int btf__load_into_kernel(struct btf* btf) {
  std::uint32_t size = 0;
  const void* data = btf__raw_data(btf, &size);
  burin::keep(burin::recording().btf, data, size);
  return 0;
}

int bcc_prog_load_xattr(enum bpf_prog_type type, const char* name, const char* license, const struct bpf_insn* insns,
                        struct bpf_prog_load_opts* options, int size, char*, unsigned, bool) {
  burin::ProgramDef program;
  program.function = name;
  program.type = static_cast<burin::ProgramType>(type);
  program.license = license != nullptr ? license : "";
  program.kern_version = options->kern_version;
  std::vector<bpf_insn> code(insns, insns + static_cast<std::size_t>(size) / sizeof(bpf_insn));
  burin::lift_map_references(program, code);
  program.insns.resize(code.size());
  std::memcpy(program.insns.data(), code.data(), code.size() * sizeof(bpf_insn));
  if (options->func_info_cnt > 0) {
    program.func_info_rec_size = options->func_info_rec_size;
    burin::keep(program.func_info, options->func_info,
                std::size_t{options->func_info_cnt} * options->func_info_rec_size);
  }
  if (options->line_info_cnt > 0) {
    program.line_info_rec_size = options->line_info_rec_size;
    burin::keep(program.line_info, options->line_info,
                std::size_t{options->line_info_cnt} * options->line_info_rec_size);
  }
  burin::recording().programs.push_back(std::move(program));
  return burin::kFirstMapFd - 1;
}

// BCC reads all of /proc/kallsyms in each of its three passes, only to learn whether this kernel has
// bpf_probe_read_kernel, and silently replaces the helper where it thinks not (always, for an unprivileged reader). The
// machine that compiles need not be the one that runs the program, and generated text names its helpers by number, so
// the answer here is a constant "yes". This saves about 0.18 of 0.25 seconds.
void* bcc_symcache_new(int pid, struct bcc_symbol_option* option) {
  if (pid == -1) return &burin::g_symbols;
  return burin::original<decltype(&bcc_symcache_new)>("bcc_symcache_new")(pid, option);
}

int bcc_symcache_resolve_name(void* resolver, const char* module, const char* name, std::uint64_t* address) {
  if (resolver == &burin::g_symbols) {
    *address = 1;
    return 0;
  }
  return burin::original<decltype(&bcc_symcache_resolve_name)>("bcc_symcache_resolve_name")(resolver, module, name,
                                                                                            address);
}

void bcc_free_symcache(void* symcache, int pid) {
  if (symcache == &burin::g_symbols) return;
  burin::original<decltype(&bcc_free_symcache)>("bcc_free_symcache")(symcache, pid);
}

}  // extern "C"
