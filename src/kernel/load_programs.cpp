// BPF_PROG_LOAD. The first try asks for no log, because producing one costs the verifier time and memory; only a
// refusal is repeated with it.
#include "kernel/load_programs.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/insn.h"

namespace burin {
namespace {

/// Verifier logs grow to many megabytes; what matters is at the end.
constexpr std::size_t kKeptLog = 256u << 10;
/// Tried in turn: kernels before 6.4 stop writing and fail with ENOSPC when the log does not fit. The last one is the
/// largest that every kernel takes (UINT_MAX >> 8 before 5.2).
constexpr std::size_t kLogSizes[] = {1u << 20, (1u << 24) - 1};

std::vector<bpf_insn> relocated(const ProgramDef& program, const std::vector<OpenMap>& maps) {
  std::vector<bpf_insn> insns;
  insns.reserve(program.insns.size());
  for (const std::uint64_t word : program.insns) insns.push_back(to_insn(word));
  for (const auto& reloc : program.relocs) {
    insns[reloc.insn].src_reg = BPF_PSEUDO_MAP_FD;
    insns[reloc.insn].imm = maps[reloc.map].fd.get();
    insns[reloc.insn + 1].imm = 0;
  }
  return insns;
}

void set_target(bpf_prog_load_opts& options, const BtfTarget& target) {
  options.expected_attach_type = static_cast<bpf_attach_type>(target.attach_type);
  options.attach_btf_id = target.btf_id;
  if (target.module) options.attach_btf_obj_fd = static_cast<__u32>(target.module.get());
}

struct Attempt {
  const ProgramDef& program;
  const std::vector<bpf_insn>& insns;
  std::string name;
  bpf_prog_load_opts options{};

  int load() {
    return bpf_prog_load(static_cast<bpf_prog_type>(program.type), name.c_str(), program.license.c_str(), insns.data(),
                         insns.size(), &options);
  }

  void set_info(int btf_fd) {
    if (btf_fd < 0 || program.func_info.empty()) return;
    options.prog_btf_fd = static_cast<__u32>(btf_fd);
    options.func_info = program.func_info.data();
    options.func_info_rec_size = program.func_info_rec_size;
    options.func_info_cnt = static_cast<__u32>(program.func_info.size() / program.func_info_rec_size);
    if (program.line_info.empty()) return;
    options.line_info = program.line_info.data();
    options.line_info_rec_size = program.line_info_rec_size;
    options.line_info_cnt = static_cast<__u32>(program.line_info.size() / program.line_info_rec_size);
  }

  void drop_info() {
    options.prog_btf_fd = 0;
    options.func_info = options.line_info = nullptr;
    options.func_info_rec_size = options.func_info_cnt = options.line_info_rec_size = options.line_info_cnt = 0;
  }

  /// Loads again, this time for the verifier's words. May succeed after all.
  int load_with_log(std::string& log) {
    int fd = -ENOSPC;
    for (const std::size_t size : kLogSizes) {
      std::vector<char> buffer(size);
      options.log_level = 1;
      options.log_size = static_cast<__u32>(size);
      options.log_buf = buffer.data();
      fd = load();
      log.assign(buffer.data(), ::strnlen(buffer.data(), size));
      if (fd != -ENOSPC) break;
    }
    options.log_level = options.log_size = 0;
    options.log_buf = nullptr;
    return fd;
  }
};

std::string last_part(std::string log) {
  if (log.size() <= kKeptLog) return log;
  const std::size_t cut = log.size() - kKeptLog;
  return fmt::format("[{} bytes of the log left out]\n{}", cut, log.substr(cut));
}

/// The verifier's sentence about what is wrong: the last line that is not its statistics.
std::string verdict(const std::string& log) {
  std::string found;
  std::size_t start = 0;
  while (start < log.size()) {
    const auto end = std::min(log.find('\n', start), log.size());
    const std::string line = log.substr(start, end - start);
    start = end + 1;
    if (line.empty() || line.starts_with("processed ") || line.starts_with("verification time") ||
        line.starts_with("stack depth"))
      continue;
    found = line;
  }
  return found;
}

tl::unexpected<Error> refused(const ProgramDef& program, int error, std::string log) {
  const std::string reason = std::generic_category().message(error);
  if (!log.empty()) {
    std::string message =
        fmt::format("the kernel's verifier refused program {}: {} ({})", program.function, verdict(log), reason);
    return fail(ErrorCode::Verify, std::move(message), last_part(std::move(log)));
  }
  if (error == EPERM)
    return fail(
        ErrorCode::PermissionDenied,
        fmt::format("cannot load program {}: {} (needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN before Linux 5.8; "
                    "kernel lockdown forbids it too)",
                    program.function, reason));
  if (error == E2BIG)
    return fail(ErrorCode::Verify,
                fmt::format("program {} has {} instructions, more than this kernel takes: split the policy",
                            program.function, program.insns.size()));
  return fail(ErrorCode::Verify, fmt::format("the kernel refused program {}: {}", program.function, reason));
}

}  // namespace

UniqueFd load_btf(const std::vector<std::byte>& btf) {
  if (btf.empty()) return {};
  bpf_btf_load_opts options{};
  options.sz = sizeof options;
  const int fd = bpf_btf_load(btf.data(), btf.size(), &options);
  return UniqueFd(fd < 0 ? -1 : fd);
}

Result<UniqueFd> load_program(const ProgramDef& program, const std::vector<OpenMap>& maps, int btf_fd,
                              std::uint32_t kern_version, std::string_view tag, const BtfTarget* target) {
  const std::vector<bpf_insn> insns = relocated(program, maps);
  Attempt attempt{program, insns, kernel_name(tag, program.function)};
  attempt.options.sz = sizeof attempt.options;
  attempt.options.kern_version = kern_version;
  if (target) set_target(attempt.options, *target);
  attempt.set_info(btf_fd);
  int fd = attempt.load();
  if (fd >= 0) return UniqueFd(fd);

  std::string log;
  fd = attempt.load_with_log(log);
  if (fd < 0 && attempt.options.func_info) {
    // The information about lines may be what an old kernel does not like; the program then runs as well without.
    attempt.drop_info();
    const int bare = attempt.load();
    if (bare >= 0) fd = bare;
  }
  if (fd < 0) return refused(program, -fd, std::move(log));
  return UniqueFd(fd);
}

int load_minimal(ProgramType type, std::uint32_t kern_version, const char* name, std::string& log,
                 const BtfTarget* target) {
  const bpf_insn insns[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  char buffer[4096] = "";
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.kern_version = kern_version;
  options.log_buf = buffer;
  options.log_size = sizeof buffer;
  if (target) set_target(options, *target);
  const int fd = bpf_prog_load(static_cast<bpf_prog_type>(type), name, "GPL", insns, std::size(insns), &options);
  log = buffer;
  return fd;
}

}  // namespace burin
