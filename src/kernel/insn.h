// Instructions travel as 64-bit words in our model and as struct bpf_insn in the kernel's.
#pragma once
#include <linux/bpf.h>

#include <bit>
#include <cstdint>

namespace burin {

inline bpf_insn to_insn(std::uint64_t word) {
  return std::bit_cast<bpf_insn>(word);
}

/// First slot of the two-slot load of a 64-bit constant, the only instruction that can name a map.
inline bool is_load_imm64(const bpf_insn& insn) {
  return insn.code == (BPF_LD | BPF_IMM | BPF_DW);
}

/// BPF_FUNC_get_attach_cookie (Linux 5.15; the headers at hand may be older).
inline constexpr std::int32_t kGetAttachCookie = 174;

/// Where the kernel has no cookies the loader puts the number itself in the place of such a call.
inline bool asks_cookie(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0 && insn.imm == kGetAttachCookie;
}

}  // namespace burin
