// Finds out what this kernel does by doing it: version numbers lie (backports, lockdown, stripped configurations).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <system_error>

#include "kernel/attach.h"
#include "kernel/load_programs.h"
#include "kernel/loaded_program.h"

namespace burin {
namespace {

Trial failed(std::string reason) {
  return Trial{false, std::move(reason)};
}

/// Loads a minimal program of the type; on failure says why in `why`.
UniqueFd load_trial(ProgramType type, const char* word, const HostFacts& host, Trial& why) {
  std::string log;
  const int fd = load_minimal(type, host.version_code, "burin_trial", log);
  if (fd >= 0) return UniqueFd(fd);
  std::string reason = std::string("loading a ") + word + " program: " + std::generic_category().message(-fd);
  if (fd == -EPERM) {
    reason += " (needs CAP_BPF and CAP_PERFMON, for sock_ops CAP_NET_ADMIN; or CAP_SYS_ADMIN before Linux 5.8";
    if (!host.lockdown.empty() && host.lockdown != "none") reason += "; kernel lockdown is \"" + host.lockdown + "\"";
    reason += ")";
  } else if (fd == -ENOSYS) {
    reason += " (the kernel has no bpf system call, or a seccomp filter forbids it)";
  } else if (fd == -EINVAL) {
    reason += " (the kernel does not know this program type)";
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

}  // namespace

void try_kernel(HostFacts& host) {
  libbpf_set_print(nullptr);
  host.bpf_load = try_load(host);
  host.kprobe = try_kprobe(host);
  host.sock_ops = try_sock_ops(host);
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
