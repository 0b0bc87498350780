#include "kernel/target_check.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "kernel/insn.h"
#include "model/kernel_feature.h"

namespace burin {
namespace {

using Kind = TargetFinding::Kind;

/// Where no header at hand has them.
constexpr std::uint8_t kMemSx = 0x80, kJmp32 = 0x06, kAtomic = 0xc0, kPseudoKfunc = 2;

std::string helper_name(std::uint32_t helper) {
#define BURIN_HELPER(name) "bpf_" #name
  static constexpr const char* kNames[] = {__BPF_FUNC_MAPPER(BURIN_HELPER)};
#undef BURIN_HELPER
  return helper < std::size(kNames) ? fmt::format("{} (helper {})", kNames[helper], helper)
                                    : fmt::format("helper {}", helper);
}

std::string has_it(std::uint32_t since) {
  return since ? " (Linux " + kernel_version_text(since) + " has it)"
               : std::string(" (no kernel that burin knows has it)");
}

/// The kernel that knows an instruction, and what it is called; 0: every one does.
std::pair<std::uint32_t, const char*> instruction_since(const bpf_insn& insn) {
  const std::uint8_t type = BPF_CLASS(insn.code), op = BPF_OP(insn.code);
  switch (type) {
    case kJmp32:
      if (op == BPF_JA) return {kernel_version(6, 6), "the long jump"};
      return {kernel_version(5, 1), "the 32-bit comparison"};
    case BPF_STX:
      if (BPF_MODE(insn.code) == kAtomic && insn.imm != BPF_ADD) return {kernel_version(5, 12), "the atomic operation"};
      return {};
    case BPF_LDX:
      if (BPF_MODE(insn.code) == kMemSx) return {kernel_version(6, 6), "the sign-extending load"};
      return {};
    case BPF_ALU:
    case BPF_ALU64:
      if (op == BPF_MOV && insn.off != 0) return {kernel_version(6, 6), "the sign-extending move"};
      if ((op == BPF_DIV || op == BPF_MOD) && insn.off != 0) return {kernel_version(6, 6), "the signed division"};
      if (type == BPF_ALU64 && op == BPF_END) return {kernel_version(6, 6), "the unconditional byte swap"};
      return {};
    default: return {};
  }
}

/// The same for what the constant of a 64-bit load stands for.
std::pair<std::uint32_t, const char*> constant_since(const bpf_insn& insn) {
  switch (insn.src_reg) {
    case 0:
    case BPF_PSEUDO_MAP_FD: return {};
    case BPF_PSEUDO_MAP_VALUE: return {kernel_version(5, 2), "the address of a map's value"};
    case BPF_PSEUDO_BTF_ID: return {kernel_version(5, 10), "the address of a kernel variable"};
    case BPF_PSEUDO_FUNC: return {kernel_version(5, 13), "the address of a function"};
    default: return {kernel_version(5, 14), "the index of a map"};
  }
}

/// Where an instruction may go on: at one place, at two, or nowhere (-1).
struct Next {
  std::int64_t first = -1, second = -1;
};
Next next_of(const bpf_insn& insn, std::int64_t at) {
  const std::uint8_t type = BPF_CLASS(insn.code), op = BPF_OP(insn.code);
  if (is_load_imm64(insn)) return {at + 2, -1};
  if ((type != BPF_JMP && type != kJmp32) || op == BPF_CALL) return {at + 1, -1};
  if (type == BPF_JMP && op == BPF_EXIT) return {};
  if (op == BPF_JA) return {at + 1 + (type == kJmp32 ? insn.imm : insn.off), -1};
  return {at + 1, at + 1 + insn.off};
}

/// The first instruction found that closes a circle, by the walk of the old verifiers' check_cfg(): a jump backwards to
/// where no way leads back from is none.
std::optional<std::uint32_t> closes_loop(const std::vector<std::uint64_t>& insns) {
  enum : std::uint8_t { kUnseen, kOnTheWay, kDone };
  std::vector<std::uint8_t> state(insns.size(), kUnseen);
  std::vector<std::pair<std::size_t, int>> way;              // instruction, how many of its successors were taken
  for (std::size_t root = 0; root < insns.size(); ++root) {  // functions that are called begin anywhere
    if (state[root] != kUnseen) continue;
    state[root] = kOnTheWay;
    way.emplace_back(root, 0);
    while (!way.empty()) {
      const std::size_t at = way.back().first;
      const int taken = way.back().second++;
      const Next next = next_of(to_insn(insns[at]), static_cast<std::int64_t>(at));
      if (taken == 2) {
        state[at] = kDone;
        way.pop_back();
        continue;
      }
      const std::int64_t to = taken == 0 ? next.first : next.second;
      if (to < 0 || static_cast<std::size_t>(to) >= insns.size()) continue;
      const auto index = static_cast<std::size_t>(to);
      if (state[index] == kOnTheWay) return static_cast<std::uint32_t>(at);
      if (state[index] == kDone) continue;
      state[index] = kOnTheWay;
      way.emplace_back(index, 0);
    }
  }
  return std::nullopt;
}

class ProgramCheck {
 public:
  ProgramCheck(const TargetProfile& target, const ProgramDef& program, std::vector<TargetFinding>& findings)
      : target_(target), program_(program), findings_(findings) {}

  void run() {
    const auto type = static_cast<std::uint32_t>(program_.type);
    if (!target_.is_host() && type > target_.program_types)
      add(Kind::ProgramType, std::nullopt,
          fmt::format("has no program type {}{}", type, has_it(program_type_since(type))));
    if (program_.insns.size() > target_.max_insns)
      add(Kind::Size, std::nullopt,
          fmt::format("takes {} instructions, and these are {}", target_.max_insns, program_.insns.size()));
    if (target_.is_host()) return;
    if (const std::uint32_t since = about(KernelFeature::BoundedLoops).since; !target_.has(since))
      if (const auto at = closes_loop(program_.insns))
        add(Kind::BackEdge, at, fmt::format("takes no loops{}, and instruction {} closes one", has_it(since), *at));
    for (std::size_t i = 0; i < program_.insns.size(); ++i) {
      const bpf_insn insn = to_insn(program_.insns[i]);
      at_ = static_cast<std::uint32_t>(i);
      if (is_load_imm64(insn)) {
        need(constant_since(insn));
        ++i;  // the second half is data
        continue;
      }
      need(instruction_since(insn));
      if (insn.code == (BPF_JMP | BPF_CALL)) look_at_call(insn);
    }
  }

 private:
  void add(Kind kind, std::optional<std::uint32_t> insn, std::string what) {
    if (seen_.insert({kind, what}).second)
      findings_.push_back({kind, program_.function, insn, fmt::format("Linux {} {}", target_.name, what)});
  }

  void need(std::pair<std::uint32_t, const char*> wanted) {
    if (!target_.has(wanted.first))
      add(Kind::Instruction, at_, fmt::format("does not know {}{}", wanted.second, has_it(wanted.first)));
  }

  void look_at_call(const bpf_insn& insn) {
    if (insn.src_reg == BPF_PSEUDO_CALL) {
      const std::uint32_t since = kernel_version(4, 16);
      if (!target_.has(since)) add(Kind::Subprogram, at_, "takes no calls from BPF to BPF" + has_it(since));
      return;
    }
    if (insn.src_reg == kPseudoKfunc) {
      const std::uint32_t since = kernel_version(5, 13);
      if (!target_.has(since)) add(Kind::Helper, at_, "lets no program call kernel functions" + has_it(since));
      return;
    }
    if (asks_cookie(insn)) return;
    const auto helper = static_cast<std::uint32_t>(insn.imm);
    if (helper > target_.helpers)
      return add(Kind::Helper, at_, "has no " + helper_name(helper) + has_it(helper_since(helper)));
    const std::uint32_t since = helper_in_type_since(program_.type, helper);
    if (!target_.has(since))
      add(Kind::Helper, at_,
          fmt::format("does not let programs of type {} call {}{}", static_cast<std::uint32_t>(program_.type),
                      helper_name(helper), has_it(since)));
  }

  const TargetProfile& target_;
  const ProgramDef& program_;
  std::vector<TargetFinding>& findings_;
  std::set<std::pair<Kind, std::string>> seen_;
  std::uint32_t at_ = 0;
};

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Size: return "size";
    case Kind::BackEdge: return "back-edge";
    case Kind::Subprogram: return "subprogram";
    case Kind::Helper: return "helper";
    case Kind::Instruction: return "instruction";
    case Kind::MapType: return "map-type";
    case Kind::ProgramType: return "program-type";
  }
  return "";
}

std::vector<TargetFinding> check_against(const TargetProfile& target, const ProgramImage& image) {
  std::vector<TargetFinding> findings;
  for (const auto& program : image.programs) ProgramCheck(target, program, findings).run();
  if (target.is_host()) return findings;
  for (const auto& map : image.maps)
    if (map.type > target.map_types)
      findings.push_back({Kind::MapType,
                          {},
                          std::nullopt,
                          fmt::format("Linux {} has no map type {} ({}){}", target.name, map.type, map.name,
                                      has_it(map_type_since(map.type)))});
  return findings;
}

}  // namespace burin
