// Names of registers that a policy may use, and the member of struct pt_regs that each is.
#include <algorithm>
#include <array>

#include "plan/steps.h"

namespace burin {
namespace {

struct Register {
  std::string_view name;
  std::string_view member;
};
constexpr std::array kRegisters = {
    Register{"rax", "ax"},           Register{"rbx", "bx"},       Register{"rcx", "cx"},  Register{"rdx", "dx"},
    Register{"rsi", "si"},           Register{"rdi", "di"},       Register{"rbp", "bp"},  Register{"rsp", "sp"},
    Register{"rip", "ip"},           Register{"eflags", "flags"}, Register{"r8", "r8"},   Register{"r9", "r9"},
    Register{"r10", "r10"},          Register{"r11", "r11"},      Register{"r12", "r12"}, Register{"r13", "r13"},
    Register{"r14", "r14"},          Register{"r15", "r15"},      Register{"cs", "cs"},   Register{"ss", "ss"},
    Register{"orig_rax", "orig_ax"},
};

}  // namespace

std::string_view register_member(std::string_view name) {
  const auto found =
      std::ranges::find_if(kRegisters, [&](const Register& r) { return r.name == name || r.member == name; });
  return found == kRegisters.end() ? std::string_view() : found->member;
}

}  // namespace burin
