#include "kernel/small_program.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace burin {
namespace {

constexpr std::uint8_t kMove = BPF_ALU64 | BPF_MOV;

bpf_insn insn(std::uint8_t code, std::uint8_t dst, std::uint8_t src, std::int32_t imm) {
  return {.code = code, .dst_reg = dst, .src_reg = src, .off = 0, .imm = imm};
}

bpf_insn set(std::uint8_t reg, std::int32_t value) {
  return insn(kMove | BPF_K, reg, 0, value);
}

std::string lacking(const KernelFeatureInfo& info, const std::string& seen) {
  return "this kernel has no " + std::string(info.what) + " (Linux " + kernel_version_text(info.since) +
         " has it): " + seen;
}

/// `reg` = the address of eight bytes of the stack, which are zero.
void add_buffer(std::vector<bpf_insn>& insns, std::uint8_t reg) {
  insns.push_back({.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = 0, .off = -8, .imm = 0});
  insns.push_back(insn(kMove | BPF_X, reg, BPF_REG_10, 0));
  insns.push_back(insn(BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, -8));
}

}  // namespace

std::vector<bpf_insn> program_that_calls(std::int32_t helper) {
  std::vector<bpf_insn> insns;
  switch (helper) {
    case BPF_FUNC_probe_write_user:  // (address 0, bytes, their number)
      add_buffer(insns, BPF_REG_2);
      insns.push_back(set(BPF_REG_1, 0));
      insns.push_back(set(BPF_REG_3, 8));
      break;
    case BPF_FUNC_probe_read_kernel:  // (bytes, their number, address 0)
      add_buffer(insns, BPF_REG_1);
      insns.push_back(set(BPF_REG_2, 8));
      insns.push_back(set(BPF_REG_3, 0));
      break;
    case BPF_FUNC_get_stack:  // (ctx, bytes, their number, flags)
      add_buffer(insns, BPF_REG_2);
      insns.push_back(set(BPF_REG_3, 8));
      insns.push_back(set(BPF_REG_4, 0));
      break;
    case BPF_FUNC_send_signal: insns.push_back(set(BPF_REG_1, 0)); break;
    default: insns.push_back(set(BPF_REG_2, 0));  // override_return(ctx, 0); the others take the context or nothing
  }
  insns.push_back(insn(BPF_JMP | BPF_CALL, 0, 0, helper));
  insns.push_back(set(BPF_REG_0, 0));
  insns.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0));
  return insns;
}

std::vector<bpf_insn> program_that_loops() {
  return {
      set(BPF_REG_0, 0),
      insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_0, 0, 1),
      {.code = BPF_JMP | BPF_JLT | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = -2, .imm = 4},
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0),
  };
}

UniqueFd load_small(ProgramType type, const std::vector<bpf_insn>& insns, const HostFacts& host, std::string& log,
                    int& error) {
  char buffer[4096] = "";
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.kern_version = host.version_code;
  options.log_buf = buffer;
  options.log_size = sizeof buffer;
  const int fd =
      bpf_prog_load(static_cast<bpf_prog_type>(type), "burin_trial", "GPL", insns.data(), insns.size(), &options);
  log = buffer;
  error = fd < 0 ? -fd : 0;
  return UniqueFd(fd < 0 ? -1 : fd);
}

bool counts_semaphores(const std::filesystem::path& root) {
  const std::filesystem::path format = root / "sys/bus/event_source/devices/uprobe/format";
  std::error_code ignored;
  return !std::filesystem::exists(format, ignored) || std::filesystem::exists(format / "ref_ctr_offset", ignored);
}

void try_features(HostFacts& host) {
  for (const KernelFeatureInfo& info : kernel_features()) {
    if (info.feature == KernelFeature::UprobeSemaphores) {
      if (!counts_semaphores("/")) host.lacks[info.feature] = lacking(info, "its uprobes take no ref_ctr_offset");
      continue;
    }
    std::string log;
    int error = 0;
    UniqueFd program;
    if (info.helper != 0)
      program = load_small(ProgramType::Kprobe, program_that_calls(info.helper), host, log, error);
    else if (info.feature == KernelFeature::BoundedLoops)
      program = load_small(ProgramType::Tracepoint, program_that_loops(), host, log, error);
    else
      program = load_small(ProgramType::RawTracepoint, {set(BPF_REG_0, 0), insn(BPF_JMP | BPF_EXIT, 0, 0, 0)}, host,
                           log, error);
    // Other errors (no right, no memory now, lockdown) say nothing of what the kernel has.
    if (program || (error != EINVAL && error != E2BIG)) continue;
    host.lacks[info.feature] = lacking(info, std::generic_category().message(error));
  }
}

}  // namespace burin
