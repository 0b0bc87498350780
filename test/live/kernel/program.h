// Programs written by hand, instruction by instruction, so that these tests need neither a compiler nor a template.
#pragma once
#include <linux/bpf.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "model/program.h"

namespace live {

/// Collects instructions; jumps go to the next `exit` label, which end() sets.
class Assembler {
 public:
  void mov(int dst, int src) { raw(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
  void mov_imm(int dst, std::int32_t imm) { raw(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
  void mov32_imm(int dst, std::int32_t imm) { raw(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, imm); }
  void mov32(int dst, int src) { raw(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0); }
  void add_imm(int dst, std::int32_t imm) { raw(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm); }
  void load64(int dst, int src, std::int16_t off) { raw(BPF_LDX | BPF_MEM | BPF_DW, dst, src, off, 0); }
  void store64(int dst, std::int16_t off, int src) { raw(BPF_STX | BPF_MEM | BPF_DW, dst, src, off, 0); }
  void store32_imm(int dst, std::int16_t off, std::int32_t imm) { raw(BPF_ST | BPF_MEM | BPF_W, dst, 0, off, imm); }
  void store64_imm(int dst, std::int16_t off, std::int32_t imm) { raw(BPF_ST | BPF_MEM | BPF_DW, dst, 0, off, imm); }
  void call(int helper) { raw(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void map(int dst, std::uint32_t index) {
    relocs.push_back({static_cast<std::uint32_t>(insns.size()), index});
    raw(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, 0);
    raw(0, 0, 0, 0, 0);
  }
  void leave_if_not_equal(int dst, std::int32_t imm) { leave(BPF_JMP | BPF_JNE | BPF_K, dst, imm); }
  void leave_if_equal(int dst, std::int32_t imm) { leave(BPF_JMP | BPF_JEQ | BPF_K, dst, imm); }
  /// Label `exit`: returns `value`.
  void end(std::int32_t value) {
    for (const std::size_t at : jumps) patch(at, static_cast<std::int16_t>(insns.size() - at - 1));
    mov_imm(BPF_REG_0, value);
    raw(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }

  std::vector<std::uint64_t> insns;
  std::vector<burin::MapReloc> relocs;

 private:
  void raw(int code, int dst, int src, std::int16_t off, std::int32_t imm) {
    bpf_insn insn{};
    insn.code = static_cast<__u8>(code);
    insn.dst_reg = static_cast<__u8>(dst) & 15;
    insn.src_reg = static_cast<__u8>(src) & 15;
    insn.off = off;
    insn.imm = imm;
    insns.push_back(std::bit_cast<std::uint64_t>(insn));
  }
  void leave(int code, int dst, std::int32_t imm) {
    jumps.push_back(insns.size());
    raw(code, dst, 0, 0, imm);
  }
  void patch(std::size_t at, std::int16_t off) {
    auto insn = std::bit_cast<bpf_insn>(insns[at]);
    insn.off = off;
    insns[at] = std::bit_cast<std::uint64_t>(insn);
  }
  std::vector<std::size_t> jumps;
};

/// What the getppid program sends: its stamp and the number of the call, then zeros up to the size asked for.
struct Sample {
  std::uint64_t ktime;
  std::uint64_t number;
};

inline constexpr char kFunction[] = "getppid";

/// For each getppid() of thread `tid`: counts it in `counts`[0] (per CPU), sends a Sample of `size` bytes (a multiple
/// of 8) to `events`, and counts failures of that in `counts`[1]. `tid` -1: every thread.
inline burin::ProgramImage getppid_image(int tid, int size = 16) {
  Assembler a;
  a.mov(BPF_REG_6, BPF_REG_1);
  if (tid >= 0) {
    a.call(BPF_FUNC_get_current_pid_tgid);
    a.mov32(BPF_REG_0, BPF_REG_0);
    a.leave_if_not_equal(BPF_REG_0, tid);
  }
  a.call(BPF_FUNC_ktime_get_ns);
  a.mov(BPF_REG_8, BPF_REG_0);
  const auto counter = [&](int slot) {
    a.store32_imm(BPF_REG_10, -4, slot);
    a.map(BPF_REG_1, 0);
    a.mov(BPF_REG_2, BPF_REG_10);
    a.add_imm(BPF_REG_2, -4);
    a.call(BPF_FUNC_map_lookup_elem);
    a.leave_if_equal(BPF_REG_0, 0);
    a.load64(BPF_REG_7, BPF_REG_0, 0);
    a.add_imm(BPF_REG_7, 1);
    a.store64(BPF_REG_0, 0, BPF_REG_7);
  };
  counter(0);
  for (int at = 16; at < size; at += 8) a.store64_imm(BPF_REG_10, static_cast<std::int16_t>(-8 - size + at), 0);
  a.store64(BPF_REG_10, static_cast<std::int16_t>(-8 - size), BPF_REG_8);
  a.store64(BPF_REG_10, static_cast<std::int16_t>(-8 - size + 8), BPF_REG_7);
  a.mov(BPF_REG_1, BPF_REG_6);
  a.map(BPF_REG_2, 1);
  a.mov32_imm(BPF_REG_3, -1);  // BPF_F_CURRENT_CPU
  a.mov(BPF_REG_4, BPF_REG_10);
  a.add_imm(BPF_REG_4, -8 - size);
  a.mov_imm(BPF_REG_5, size);
  a.call(BPF_FUNC_perf_event_output);
  a.leave_if_equal(BPF_REG_0, 0);
  counter(1);
  a.end(0);

  burin::ProgramImage image;
  image.maps = {
      {.name = "counts", .type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2},
      {.name = "events", .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1}};
  burin::ProgramDef program;
  program.function = kFunction;
  program.type = burin::ProgramType::Tracepoint;
  program.license = "GPL";
  program.insns = a.insns;
  program.relocs = a.relocs;
  image.programs = {program};
  return image;
}

inline burin::AttachSpec at_getppid() {
  return {kFunction, burin::AttachSpec::Kind::Tracepoint, "syscalls:sys_enter_getppid"};
}

/// An image with one program made of `body`.
inline burin::ProgramImage one_program(const Assembler& body, burin::ProgramType type,
                                       std::vector<burin::MapDef> maps = {}) {
  burin::ProgramImage image;
  image.maps = std::move(maps);
  burin::ProgramDef program;
  program.function = "p0";
  program.type = type;
  program.license = "GPL";
  program.insns = body.insns;
  program.relocs = body.relocs;
  image.programs = {program};
  return image;
}

}  // namespace live
