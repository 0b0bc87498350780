// Images made by hand against kernels that are not here: each reason is found, and found once.
#include <linux/bpf.h>

#include <bit>
#include <catch2/catch.hpp>

#include "kernel/target_check.h"
#include "model/kernel_feature.h"
#include "model/target_profile.h"

using namespace burin;
using Kind = TargetFinding::Kind;

namespace {

constexpr std::uint8_t kCall = BPF_JMP | BPF_CALL, kMove = BPF_ALU64 | BPF_MOV | BPF_K;

std::uint64_t word(std::uint8_t code, std::int16_t off = 0, std::int32_t imm = 0, std::uint8_t src = 0) {
  return std::bit_cast<std::uint64_t>(bpf_insn{.code = code, .dst_reg = 0, .src_reg = src, .off = off, .imm = imm});
}

/// The instructions between "r0 = 0" and "exit".
ProgramImage image_of(std::vector<std::uint64_t> insns, ProgramType type = ProgramType::Kprobe) {
  ProgramDef program;
  program.function = "p0";
  program.type = type;
  program.insns = {word(kMove)};
  for (const auto insn : insns) program.insns.push_back(insn);
  program.insns.push_back(word(BPF_JMP | BPF_EXIT));
  ProgramImage image;
  image.programs.push_back(std::move(program));
  return image;
}

std::vector<TargetFinding> on(const char* target, const ProgramImage& image) {
  const TargetProfile* profile = find_target(target);
  REQUIRE(profile);
  return check_against(*profile, image);
}

/// The image is refused by `old` for this one reason, and taken by `recent` and the host.
void refused_once(const ProgramImage& image, const char* old, const char* recent, Kind kind, const std::string& words) {
  const auto found = on(old, image);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == kind);
  CHECK(found[0].function == "p0");
  INFO(found[0].message);
  CHECK(found[0].message.find(words) != std::string::npos);
  CHECK(found[0].message.find(std::string("Linux ") + old) == 0);
  CHECK(on(recent, image).empty());
  CHECK(on("host", image).empty());
}

}  // namespace

TEST_CASE("a plain program is taken by every target") {
  const ProgramImage image =
      image_of({word(kCall, 0, BPF_FUNC_probe_read), word(BPF_STX | BPF_ATOMIC | BPF_DW, 0, BPF_ADD),
                word(BPF_JMP | BPF_JEQ | BPF_K, 1, 0), word(kMove, 0, 1)});
  for (const auto& target : all_targets()) CHECK(check_against(target, image).empty());
}

TEST_CASE("the number of instructions") {
  refused_once(image_of(std::vector<std::uint64_t>(4095, word(kMove))), "4.19", "5.4", Kind::Size,
               "takes 4096 instructions, and these are 4097");
  CHECK(on("4.14", image_of(std::vector<std::uint64_t>(4094, word(kMove)))).empty());
  CHECK(on("host", image_of(std::vector<std::uint64_t>(kMaxFunctionInsns, word(kMove)))).size() == 1);
}

TEST_CASE("jumps backwards") {
  const std::uint64_t back = word(BPF_JMP | BPF_JNE | BPF_K, -2, 4);
  refused_once(image_of({word(kMove), back, back}), "4.19", "5.4", Kind::BackEdge,
               "takes no loops (Linux 5.3 has it), and instruction 3 closes one");
  refused_once(image_of({word(BPF_JMP | BPF_JA, -1)}), "4.14", "5.4", Kind::BackEdge, "instruction 1 closes one");
  CHECK(on("4.14", image_of({word(BPF_JMP | BPF_JA, 1), word(kMove)})).empty());
  // A block that the compiler put behind its successor: backwards, but no loop.
  CHECK(
      on("4.14", image_of({word(BPF_JMP | BPF_JA, 1), word(BPF_JMP | BPF_JA, 1), word(BPF_JMP | BPF_JA, -2)})).empty());
}

TEST_CASE("calls from BPF to BPF") {
  const std::uint64_t call = word(kCall, 0, 0, BPF_PSEUDO_CALL);
  refused_once(image_of({call, call}), "4.14", "4.19", Kind::Subprogram, "Linux 4.16 has it");
}

TEST_CASE("helpers") {
  const std::uint64_t signal = word(kCall, 0, BPF_FUNC_send_signal);
  refused_once(image_of({signal, signal}), "4.19", "5.4", Kind::Helper,
               "has no bpf_send_signal (helper 109) (Linux 5.3 has it)");
  refused_once(image_of({word(kCall, 0, BPF_FUNC_probe_read_kernel)}), "5.4", "5.10", Kind::Helper, "Linux 5.5 has it");
  refused_once(image_of({word(kCall, 0, BPF_FUNC_ringbuf_output)}), "5.4", "5.10", Kind::Helper, "bpf_ringbuf_output");
  refused_once(image_of({word(kCall, 0, 211)}), "6.1", "6.6", Kind::Helper, "helper 211");
  CHECK(on("6.6", image_of({word(kCall, 0, 100'000)})).size() == 1);
  // The last helper of each kernel, and the first of the next.
  const std::pair<const char*, std::int32_t> last[] = {{"4.14", BPF_FUNC_sock_map_update},
                                                       {"4.19", BPF_FUNC_skb_ancestor_cgroup_id},
                                                       {"5.4", BPF_FUNC_tcp_gen_syncookie},
                                                       {"5.10", BPF_FUNC_redirect_peer},
                                                       {"5.15", BPF_FUNC_task_pt_regs},
                                                       {"6.1", 209},
                                                       {"6.6", 211}};
  for (const auto& [target, helper] : last) {
    CAPTURE(target);
    CHECK(on(target, image_of({word(kCall, 0, helper)})).empty());
    CHECK(on(target, image_of({word(kCall, 0, helper + 1)})).size() == 1);
  }
  // Two different ones are two reasons.
  CHECK(on("4.14", image_of({signal, word(kCall, 0, BPF_FUNC_get_current_cgroup_id)})).size() == 2);
  // The loader puts a number in the place of this one.
  CHECK(on("4.14", image_of({word(kCall, 0, 174)})).empty());
}

TEST_CASE("helpers that only some types of programs may call") {
  const std::vector<std::uint64_t> task = {word(kCall, 0, BPF_FUNC_get_current_task)};
  refused_once(image_of(task, ProgramType::SockOps), "5.4", "5.10", Kind::Helper, "Linux 5.8 has it");
  CHECK(on("4.14", image_of(task)).empty());
}

TEST_CASE("instructions") {
  refused_once(image_of({word(0x06 | BPF_JEQ | BPF_K, 0, 1)}), "4.19", "5.4", Kind::Instruction, "32-bit comparison");
  refused_once(image_of({word(BPF_STX | BPF_ATOMIC | BPF_DW, 0, BPF_ADD | BPF_FETCH)}), "5.10", "5.15",
               Kind::Instruction, "atomic operation (Linux 5.12 has it)");
  refused_once(image_of({word(kMove | BPF_X, 8)}), "6.1", "6.6", Kind::Instruction, "sign-extending move");
  refused_once(image_of({word(BPF_LDX | 0x80 | BPF_W)}), "6.1", "6.6", Kind::Instruction, "sign-extending load");
  refused_once(image_of({word(BPF_ALU64 | BPF_DIV | BPF_K, 1, 2)}), "6.1", "6.6", Kind::Instruction, "signed division");
  refused_once(image_of({word(BPF_LD | BPF_IMM | BPF_DW, 0, 0, BPF_PSEUDO_FUNC), 0}), "5.10", "5.15", Kind::Instruction,
               "address of a function");
  // The second half of a 64-bit constant is no instruction, whatever its bits.
  CHECK(on("4.14", image_of({word(BPF_LD | BPF_IMM | BPF_DW), word(kCall, 0, 109)})).empty());
}

TEST_CASE("types of programs and maps") {
  refused_once(image_of({}, ProgramType::RawTracepoint), "4.14", "4.19", Kind::ProgramType, "Linux 4.17 has it");
  refused_once(image_of({}, ProgramType::Tracing), "5.4", "5.10", Kind::ProgramType, "Linux 5.5 has it");
  refused_once(image_of({}, ProgramType::Lsm), "5.4", "5.10", Kind::ProgramType, "Linux 5.7 has it");
  ProgramImage image = image_of({});
  image.maps.push_back({"ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, 0, 0});
  image.maps.push_back({"lru", BPF_MAP_TYPE_LRU_HASH, 4, 4, 1, 0, 0, 0});
  const auto found = on("5.4", image);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == Kind::MapType);
  CHECK(found[0].message == "Linux 5.4 has no map type 27 (ring) (Linux 5.10 has it)");
  CHECK(on("5.10", image).empty());
}

TEST_CASE("the table is in order, and features and numbers agree") {
  const TargetProfile* before = nullptr;
  for (const auto& target : all_targets()) {
    CHECK(find_target(target.name) == &target);
    if (before && !target.is_host()) {
      CHECK(before->version < target.version);
      CHECK(before->helpers <= target.helpers);
      CHECK(before->map_types <= target.map_types);
      CHECK(before->program_types <= target.program_types);
    }
    before = &target;
  }
  CHECK(before->is_host());
  CHECK(find_target("4.20") == nullptr);
  for (const auto& info : kernel_features()) {
    CHECK(&about(info.feature) == &info);
    if (info.helper == 0) continue;
    CHECK(helper_since(static_cast<std::uint32_t>(info.helper)) == info.since);
    for (const auto& target : all_targets())
      if (!target.is_host())
        CHECK((static_cast<std::uint32_t>(info.helper) <= target.helpers) == target.has(info.since));
  }
}
