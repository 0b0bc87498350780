// One function per way of attaching; probes that are perf events stand in attach_probe.cpp. BPF_PROG_ATTACH is not
// used: it outlives a process that is killed.
#include "kernel/attach.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "kernel/attach_probe.h"
#include "kernel/btf_target.h"

namespace burin {
namespace {

Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& name) {
  if (!is_word(name)) return fail(ErrorCode::Attach, "\"" + name + "\" is not the name of a raw tracepoint");
  const int fd = bpf_raw_tracepoint_open(name.c_str(), program_fd);
  if (fd == -ENOENT) return fail(ErrorCode::NotFound, "this kernel has no raw tracepoint " + name);
  if (fd < 0) return fail_errno(ErrorCode::Attach, "cannot attach to raw tracepoint " + name, -fd);
  return Attachment{{}, UniqueFd(fd), {}};
}

Result<Attachment> attach_sock_ops(int program_fd, const std::string& cgroup) {
  UniqueFd directory(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno(ErrorCode::Attach, "cannot open cgroup \"" + cgroup + "\"", errno);
  const int fd = bpf_link_create(program_fd, directory.get(), BPF_CGROUP_SOCK_OPS, nullptr);
  if (fd == -EBADF || fd == -EINVAL)
    return fail_errno(ErrorCode::Attach,
                      "cannot attach sock_ops to \"" + cgroup +
                          "\": it is not a cgroup v2 directory, or the kernel has no "
                          "cgroup links (before 5.7)",
                      -fd);
  if (fd == -EPERM)
    return fail_errno(ErrorCode::Attach,
                      "cannot attach sock_ops to cgroup \"" + cgroup +
                          "\": a program there does not allow others, or CAP_NET_ADMIN is missing",
                      EPERM);
  if (fd < 0) return fail_errno(ErrorCode::Attach, "cannot attach sock_ops to cgroup \"" + cgroup + "\"", -fd);
  return Attachment{{}, UniqueFd(fd), {}};
}

/// fentry, fexit, fmod_ret, lsm: the function was named when the program was loaded.
Result<Attachment> attach_traced(int program_fd, const AttachSpec& spec) {
  const int fd = bpf_raw_tracepoint_open(nullptr, program_fd);
  if (fd < 0) return fail_errno(ErrorCode::Attach, fmt::format("cannot attach to {}", about_traced(spec)), -fd);
  return Attachment{{}, UniqueFd(fd), {}};
}

}  // namespace

Trial try_function(std::string_view symbol) {
  auto event = open_kprobe(std::string(symbol), false);
  if (!event) return {false, event.error().message};
  return {true, {}};
}

bool is_kernel_symbol(std::string_view name) {
  if (name.empty() || name.size() > 128 || name.front() == '.' || (name.front() >= '0' && name.front() <= '9'))
    return false;
  for (const char c : name)
    if (c != '.' && !is_word(std::string_view(&c, 1))) return false;
  return true;
}

bool needed_type(AttachSpec::Kind kind, ProgramType& type) {
  switch (kind) {
    case AttachSpec::Kind::Kprobe:
    case AttachSpec::Kind::Kretprobe:
    case AttachSpec::Kind::Uprobe:
    case AttachSpec::Kind::Uretprobe: type = ProgramType::Kprobe; return true;
    case AttachSpec::Kind::Tracepoint: type = ProgramType::Tracepoint; return true;
    case AttachSpec::Kind::RawTracepoint: type = ProgramType::RawTracepoint; return true;
    case AttachSpec::Kind::SockOps: type = ProgramType::SockOps; return true;
    case AttachSpec::Kind::Fentry:
    case AttachSpec::Kind::Fexit:
    case AttachSpec::Kind::FmodRet: type = ProgramType::Tracing; return true;
    case AttachSpec::Kind::Lsm: type = ProgramType::Lsm; return true;
    case AttachSpec::Kind::None: return false;
  }
  return false;
}

Result<Attachment> attach_program(int program_fd, const AttachSpec& spec, const HostFacts& host) {
  switch (spec.kind) {
    case AttachSpec::Kind::Kprobe: return attach_kprobe(program_fd, spec, false);
    case AttachSpec::Kind::Kretprobe: return attach_kprobe(program_fd, spec, true);
    case AttachSpec::Kind::Uprobe: return attach_uprobe(program_fd, spec, false);
    case AttachSpec::Kind::Uretprobe: return attach_uprobe(program_fd, spec, true);
    case AttachSpec::Kind::Tracepoint: return attach_tracepoint(program_fd, spec, host);
    case AttachSpec::Kind::RawTracepoint: return attach_raw_tracepoint(program_fd, spec.target);
    case AttachSpec::Kind::SockOps: return attach_sock_ops(program_fd, spec.target);
    case AttachSpec::Kind::Fentry:
    case AttachSpec::Kind::Fexit:
    case AttachSpec::Kind::FmodRet:
    case AttachSpec::Kind::Lsm: return attach_traced(program_fd, spec);
    case AttachSpec::Kind::None: return Attachment{};
  }
  return fail(ErrorCode::Internal, "unknown kind of attachment");
}

}  // namespace burin
