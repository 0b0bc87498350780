// Finds out what this kernel does by doing it: version numbers lie (backports, lockdown, stripped configurations).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "kernel/attach.h"
#include "kernel/btf_target.h"
#include "kernel/insn.h"
#include "kernel/load_programs.h"
#include "kernel/loaded_program.h"
#include "kernel/small_program.h"

namespace burin {
namespace {

Trial failed(std::string reason) {
  return Trial{false, std::move(reason)};
}

/// Loads a small program of the type; on failure says why in `why`. The one for sock_ops calls what ours do and what
/// such programs may not before Linux 5.8.
UniqueFd load_trial(ProgramType type, const char* word, const HostFacts& host, Trial& why) {
  std::string log;
  int error = 0;
  if (type == ProgramType::SockOps) {
    if (UniqueFd fd = load_small(type, program_that_calls(BPF_FUNC_get_current_task), host, log, error)) return fd;
  } else {
    const int fd = load_minimal(type, host.version_code, "burin_trial", log);
    if (fd >= 0) return UniqueFd(fd);
    error = -fd;
  }
  std::string reason = std::string("loading a ") + word + " program: " + std::generic_category().message(error);
  if (error == EPERM) {
    reason += " (needs CAP_BPF and CAP_PERFMON, for sock_ops CAP_NET_ADMIN; or CAP_SYS_ADMIN before Linux 5.8";
    if (!host.lockdown.empty() && host.lockdown != "none") reason += "; kernel lockdown is \"" + host.lockdown + "\"";
    reason += ")";
  } else if (error == ENOSYS) {
    reason += " (the kernel has no bpf system call, or a seccomp filter forbids it)";
  } else if (error == EINVAL) {
    reason += log.empty() ? " (the kernel does not know this program type)" : " (before Linux 5.8?)";
  }
  if (!log.empty()) reason += ": " + log;
  why = failed(std::move(reason));
  return {};
}

Trial try_load(const HostFacts& host) {
  Trial trial;
  if (load_trial(ProgramType::Tracepoint, "tracepoint", host, trial)) trial = {true, {}};
  return trial;
}

Trial try_kprobe(const HostFacts& host) {
  Trial trial;
  const UniqueFd program = load_trial(ProgramType::Kprobe, "kprobe", host, trial);
  if (!program) return trial;
  // Functions that every kernel of this century has under one of these names; tcp_connect first, it is what we want.
  for (const char* symbol : {"tcp_connect", "vfs_read", "do_exit"}) {
    const auto attached = attach_program(program.get(), {"", AttachSpec::Kind::Kprobe, symbol}, host);
    if (attached) return {true, {}};
    if (trial.reason.empty()) trial = failed(attached.error().text());
  }
  return trial;
}

Trial try_sock_ops(const HostFacts& host) {
  Trial trial;
  const UniqueFd program = load_trial(ProgramType::SockOps, "sock_ops", host, trial);
  if (!program) return trial;
  if (host.cgroup2.empty())
    return failed(
        "no cgroup v2 hierarchy is mounted (mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified, or boot with it)");
  // The root of the hierarchy has inode 1; in a cgroup namespace the mount shows a lower group, and programs attached
  // there would see that group's sockets only.
  struct stat root {};
  if (::stat(host.cgroup2.c_str(), &root) == 0 && root.st_ino != 1)
    return failed(host.cgroup2 +
                  " is not the root of the cgroup v2 hierarchy but that of a cgroup namespace (docker run "
                  "--cgroupns=host)");
  const auto attached = attach_program(program.get(), {"", AttachSpec::Kind::SockOps, host.cgroup2}, host);
  return attached ? Trial{true, {}} : failed(attached.error().text());
}

/// Loads a kprobe program that calls one helper.
UniqueFd load_with_helper(int helper, const HostFacts& host, std::string& log, int& error) {
  return load_small(ProgramType::Kprobe, program_that_calls(helper), host, log, error);
}

std::string locked(const HostFacts& host) {
  return host.lockdown.empty() || host.lockdown == "none" ? std::string()
                                                          : ": kernel lockdown is \"" + host.lockdown + "\"";
}

/// Whether the kernel has the helper was not found out.
std::string no_right(const char* helper, const HostFacts& host) {
  return std::string("loading a program that calls ") + helper + ": " + std::generic_category().message(EPERM) +
         " (needs CAP_BPF and CAP_PERFMON" + locked(host) + ")";
}

Trial try_override(const HostFacts& host) {
  std::string log;
  int error = 0;
  if (load_with_helper(BPF_FUNC_override_return, host, log, error)) return {true, {}};
  if (error == EPERM) return failed(no_right("bpf_override_return", host));
  return failed(
      "this kernel has no bpf_override_return (built without CONFIG_BPF_KPROBE_OVERRIDE, which needs "
      "CONFIG_FUNCTION_ERROR_INJECTION): " +
      std::generic_category().message(error));
}

Trial try_write_user(const HostFacts& host) {
  std::string log;
  int error = 0;
  if (load_with_helper(BPF_FUNC_probe_write_user, host, log, error)) return {true, {}};
  if (error == EPERM) return failed(no_right("bpf_probe_write_user", host));
  return failed("this kernel does not let BPF programs write user memory (bpf_probe_write_user" + locked(host) +
                "): " + std::generic_category().message(error));
}

/// Whether programs may ask which of their attach points they run at.
Trial try_cookie(const HostFacts& host) {
  std::string log;
  int error = 0;
  if (load_with_helper(kGetAttachCookie, host, log, error)) return {true, {}};
  if (error == EPERM) return failed(no_right("bpf_get_attach_cookie", host));
  return failed("this kernel has no attach cookies (before 5.15): each place gets a copy of its program");
}

}  // namespace

Trial try_traced(AttachSpec::Kind kind, std::string_view function, const HostFacts& host, BtfTargets& targets) {
  libbpf_set_print(nullptr);
  AttachSpec spec;
  spec.kind = kind;
  spec.target = function;
  if (kind == AttachSpec::Kind::Lsm && !host.lsms.empty() && ("," + host.lsms + ",").find(",bpf,") == std::string::npos)
    return failed("BPF is not among this kernel's active security modules (" + host.lsms +
                  "): add it to the kernel's command line (lsm=" + host.lsms + ",bpf)");
  const auto target = targets.find(spec);
  if (!target) return failed(target.error().message);
  ProgramType type;
  if (!needed_type(kind, type)) return failed("no such kind of program");
  std::string log;
  UniqueFd program(load_minimal(type, host.version_code, "burin_trial", log, &*target));
  const std::string what = "a program for " + about_traced(spec);
  if (program.get() < 0) {
    const int error = errno;
    return failed("loading " + what + ": " + std::generic_category().message(error) + (log.empty() ? "" : ": " + log));
  }
  const auto attached = attach_program(program.get(), spec, host);
  if (!attached) return failed(attached.error().message);
  return {true, {}};
}

void try_kernel(HostFacts& host) {
  libbpf_set_print(nullptr);
  host.bpf_load = try_load(host);
  host.kprobe = try_kprobe(host);
  host.sock_ops = try_sock_ops(host);
  host.override_return = try_override(host);
  host.write_user = try_write_user(host);
  host.attach_cookie = try_cookie(host);
  if (host.bpf_load.works) try_features(host);
}

Result<std::uint32_t> test_run(int program_fd, std::vector<std::byte>& packet, std::uint32_t repeat) {
  std::vector<std::byte> out(packet.size());
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.data_out = out.data();
  options.data_size_out = static_cast<__u32>(out.size());
  options.repeat = static_cast<int>(repeat);
  if (const int error = bpf_prog_test_run_opts(program_fd, &options); error != 0)
    return fail_errno(
        ErrorCode::Unsupported,
        "cannot run the program on a packet of " + std::to_string(packet.size()) + " bytes (at least 14 are needed)",
        -error);
  out.resize(options.data_size_out);
  packet = std::move(out);
  return options.retval;
}

}  // namespace burin
