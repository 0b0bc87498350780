#include "discovery/peek_program.h"

#include <linux/bpf.h>

#include <bit>
#include <vector>

namespace burin {
namespace {

/// Instructions one after the other; every jump goes to the end.
class Text {
 public:
  void add(int code, int dst, int src, std::size_t offset, std::int32_t imm) {
    bpf_insn insn{};
    insn.code = static_cast<__u8>(code);
    insn.dst_reg = static_cast<__u8>(dst) & 15;
    insn.src_reg = static_cast<__u8>(src) & 15;
    insn.off = static_cast<__s16>(offset);
    insn.imm = imm;
    words.push_back(std::bit_cast<std::uint64_t>(insn));
  }
  void load32(int dst, int src, std::size_t offset) { add(BPF_LDX | BPF_MEM | BPF_W, dst, src, offset, 0); }
  void load64(int dst, int src, std::size_t offset) { add(BPF_LDX | BPF_MEM | BPF_DW, dst, src, offset, 0); }
  void store64(int dst, std::size_t offset, int src) { add(BPF_STX | BPF_MEM | BPF_DW, dst, src, offset, 0); }
  void clear32(int dst, std::size_t offset) { add(BPF_ST | BPF_MEM | BPF_W, dst, 0, offset, 0); }
  void move(int dst, int src) { add(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
  void set(int dst, std::int32_t value) { add(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value); }
  void plus(int dst, std::int32_t value) { add(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, value); }
  void call(std::int32_t helper) { add(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void end_if_zero(int reg) { end_if(BPF_JMP | BPF_JEQ | BPF_K, reg, 0); }
  void end_if_differs(int reg, int other) { end_if(BPF_JMP | BPF_JNE | BPF_X, reg, other); }
  /// r0 = first element of the map; the program ends when there is none.
  void element(std::uint32_t map) {
    clear32(BPF_REG_10, std::size_t(-4));
    relocs.push_back({static_cast<std::uint32_t>(words.size()), map});
    add(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, 0);
    words.push_back(0);
    move(BPF_REG_2, BPF_REG_10);
    plus(BPF_REG_2, -4);
    call(BPF_FUNC_map_lookup_elem);
    end_if_zero(BPF_REG_0);
  }
  /// A jump to `land`, which the caller sets.
  std::size_t jump_if_equal(int reg, int other) {
    add(BPF_JMP | BPF_JEQ | BPF_X, reg, other, 0, 0);
    return words.size() - 1;
  }
  void land(std::size_t jump) {
    auto insn = std::bit_cast<bpf_insn>(words[jump]);
    insn.off = static_cast<__s16>(words.size() - jump - 1);
    words[jump] = std::bit_cast<std::uint64_t>(insn);
  }
  void end() {
    for (const std::size_t jump : ends_) land(jump);
    set(BPF_REG_0, 0);
    add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }

  std::vector<std::uint64_t> words;
  std::vector<MapReloc> relocs;

 private:
  void end_if(int code, int reg, int other) {
    ends_.push_back(words.size());
    add(code, reg, other, 0, 0);
  }
  std::vector<std::size_t> ends_;
};

/// The program ends unless the current thread is the one that asks. r6: request, r7: the thread's ids afterwards.
void only_who_asks(Text& t) {
  t.load32(BPF_REG_1, BPF_REG_6, offsetof(PeekRequest, armed));
  t.end_if_zero(BPF_REG_1);
  t.call(BPF_FUNC_get_current_pid_tgid);
  t.move(BPF_REG_7, BPF_REG_0);
  t.load64(BPF_REG_1, BPF_REG_6, offsetof(PeekRequest, who));
  const std::size_t known = t.jump_if_equal(BPF_REG_1, BPF_REG_7);
  t.set(BPF_REG_2, 0);
  t.end_if_differs(BPF_REG_1, BPF_REG_2);
  t.set(BPF_REG_1, 0);
  t.store64(BPF_REG_10, std::size_t(-24), BPF_REG_1);
  t.store64(BPF_REG_10, std::size_t(-16), BPF_REG_1);
  t.move(BPF_REG_1, BPF_REG_10);
  t.plus(BPF_REG_1, -24);
  t.set(BPF_REG_2, 16);
  t.call(BPF_FUNC_get_current_comm);
  for (std::size_t i = 0; i < 2; ++i) {
    t.load64(BPF_REG_1, BPF_REG_10, std::size_t(-24) + 8 * i);
    t.load64(BPF_REG_2, BPF_REG_6, offsetof(PeekRequest, name) + 8 * i);
    t.end_if_differs(BPF_REG_1, BPF_REG_2);
  }
  t.land(known);
}

}  // namespace

ProgramImage peek_image(ProgramType type, std::int32_t helper) {
  Text t;
  t.element(0);
  t.move(BPF_REG_6, BPF_REG_0);
  only_who_asks(t);
  t.element(1);
  t.move(BPF_REG_8, BPF_REG_0);
  t.store64(BPF_REG_8, offsetof(PeekResponse, who), BPF_REG_7);
  t.call(BPF_FUNC_get_current_task);
  t.store64(BPF_REG_8, offsetof(PeekResponse, task), BPF_REG_0);
  t.move(BPF_REG_1, BPF_REG_8);
  t.plus(BPF_REG_1, offsetof(PeekResponse, block));
  t.set(BPF_REG_2, kPeekBytes);
  t.load64(BPF_REG_3, BPF_REG_6, offsetof(PeekRequest, address));
  t.call(helper);
  t.store64(BPF_REG_8, offsetof(PeekResponse, status), BPF_REG_0);
  t.load64(BPF_REG_1, BPF_REG_6, offsetof(PeekRequest, serial));
  t.store64(BPF_REG_8, offsetof(PeekResponse, serial), BPF_REG_1);
  t.clear32(BPF_REG_6, offsetof(PeekRequest, armed));
  t.end();

  ProgramImage image;
  image.maps = {
      {.name = kPeekRequest,
       .type = BPF_MAP_TYPE_ARRAY,
       .key_size = 4,
       .value_size = sizeof(PeekRequest),
       .max_entries = 1},
      {.name = kPeekResponse,
       .type = BPF_MAP_TYPE_ARRAY,
       .key_size = 4,
       .value_size = sizeof(PeekResponse),
       .max_entries = 1},
  };
  ProgramDef program;
  program.function = kPeekFunction;
  program.type = type;
  program.license = "GPL";  // what reads kernel memory has to be
  program.insns = std::move(t.words);
  program.relocs = std::move(t.relocs);
  image.programs.push_back(std::move(program));
  return image;
}

}  // namespace burin
