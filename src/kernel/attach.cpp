// One function per way of attaching. Tracefs probes (kprobe_events) and BPF_PROG_ATTACH are not used: both outlive a
// process that is killed.
#include "kernel/attach.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>

namespace burin {
namespace {

constexpr const char* kKprobePmu = "/sys/bus/event_source/devices/kprobe";

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool is_word(std::string_view text) {
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  return !text.empty();
}

/// One event on one CPU is enough: the BPF program hangs at the tracepoint or function, not at the CPU.
UniqueFd open_event(perf_event_attr& attr) {
  const auto open_on = [&](int cpu) {
    return static_cast<int>(::syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  };
  int fd = open_on(0);
  if (fd < 0 && errno == ENODEV) fd = open_on(::sched_getcpu());  // CPU 0 is offline
  return UniqueFd(fd);
}

/// Binds the program to the event: as a link where the kernel has that (5.15), else as the event's program.
Result<Attachment> bind_program(UniqueFd event, int program_fd, const std::string& what) {
  Attachment attachment;
  if (const int link = bpf_link_create(program_fd, event.get(), BPF_PERF_EVENT, nullptr); link >= 0) {
    attachment.link.reset(link);
  } else if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) != 0) {
    const int error = errno;
    if (error == E2BIG)
      return fail(ErrorCode::Attach, "cannot attach to " + what + ": 64 programs are attached to it already");
    return fail_errno(ErrorCode::Attach, "cannot attach to " + what, error);
  }
  if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
    return fail_errno(ErrorCode::Attach, "cannot enable " + what, errno);
  attachment.event = std::move(event);
  return attachment;
}

Result<std::uint64_t> tracepoint_id(const std::string& target, const HostFacts& host) {
  if (const auto known = host.tracepoints.find(target); known != host.tracepoints.end()) return known->second.id;
  const auto colon = target.find(':');
  if (colon == std::string::npos || !is_word(std::string_view(target).substr(0, colon)) ||
      !is_word(std::string_view(target).substr(colon + 1)))
    return fail(ErrorCode::Attach, "\"" + target + "\" is not a tracepoint name (category:event)");
  if (host.tracefs.empty())
    return fail(ErrorCode::Unsupported, "cannot look up tracepoint " + target +
                                            ": no tracefs is mounted (mount -t tracefs tracefs /sys/kernel/tracing)");
  const std::string file = host.tracefs + "/events/" + target.substr(0, colon) + "/" + target.substr(colon + 1) + "/id";
  if (const auto id = to_number(read_line(file))) return *id;
  return fail(ErrorCode::NotFound, "this kernel has no tracepoint " + target + " that we may read (" + file + ")");
}

Result<Attachment> attach_tracepoint(int program_fd, const std::string& target, const HostFacts& host) {
  TRY(const std::uint64_t id, tracepoint_id(target, host));
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = id;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.sample_period = 1;
  attr.wakeup_events = 1;
  UniqueFd event = open_event(attr);
  if (!event)
    return fail_errno(ErrorCode::Attach,
                      fmt::format("cannot open tracepoint {} (perf event {}; needs CAP_PERFMON)", target, id), errno);
  return bind_program(std::move(event), program_fd, "tracepoint " + target);
}

/// Sysfs says which config bit means "at the return": "config:0".
std::optional<std::uint64_t> retprobe_bit() {
  const std::string format = read_line(std::string(kKprobePmu) + "/format/retprobe");
  if (!format.starts_with("config:")) return std::nullopt;
  const auto bit = to_number(std::string_view(format).substr(7));
  return bit && *bit < 64 ? bit : std::nullopt;
}

/// The probe itself, disabled and without a program.
Result<UniqueFd> open_kprobe(const std::string& symbol, bool at_return) {
  if (!is_kernel_symbol(symbol))
    return fail(ErrorCode::Attach, "\"" + symbol + "\" is not the name of a kernel function");
  const auto type = to_number(read_line(std::string(kKprobePmu) + "/type"));
  if (!type)
    return fail(
        ErrorCode::Unsupported,
        fmt::format("this kernel has no kprobes (no {}/type): it was built without CONFIG_KPROBE_EVENTS", kKprobePmu));
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = static_cast<__u32>(*type);
  if (at_return) {
    const auto bit = retprobe_bit();
    if (!bit)
      return fail(ErrorCode::Unsupported,
                  fmt::format("this kernel has no return probes (no {}/format/retprobe)", kKprobePmu));
    attr.config = 1ull << *bit;
  }
  attr.kprobe_func = reinterpret_cast<std::uintptr_t>(symbol.c_str());
  attr.sample_period = 1;
  attr.wakeup_events = 1;
  const std::string what = (at_return ? "the return of kernel function " : "kernel function ") + symbol;
  UniqueFd event = open_event(attr);
  if (!event) {
    const int error = errno;
    if (error == ENOENT)
      return fail(ErrorCode::NotFound, "cannot attach to " + what + ": this kernel has no function of that name");
    if (error == EADDRNOTAVAIL)
      return fail(ErrorCode::Attach, "cannot attach to " + what + ": several functions have that name");
    if (error == EINVAL || error == EILSEQ)
      return fail_errno(
          ErrorCode::Attach,
          "cannot attach to " + what + ": the kernel does not allow a probe there (notrace or blacklisted)", error);
    return fail_errno(ErrorCode::Attach, "cannot attach to " + what, error);
  }
  return event;
}

Result<Attachment> attach_kprobe(int program_fd, const std::string& symbol, bool at_return) {
  TRY(UniqueFd event, open_kprobe(symbol, at_return));
  return bind_program(std::move(event), program_fd,
                      (at_return ? "the return of kernel function " : "kernel function ") + symbol);
}

Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& name) {
  if (!is_word(name)) return fail(ErrorCode::Attach, "\"" + name + "\" is not the name of a raw tracepoint");
  const int fd = bpf_raw_tracepoint_open(name.c_str(), program_fd);
  if (fd == -ENOENT) return fail(ErrorCode::NotFound, "this kernel has no raw tracepoint " + name);
  if (fd < 0) return fail_errno(ErrorCode::Attach, "cannot attach to raw tracepoint " + name, -fd);
  return Attachment{{}, UniqueFd(fd)};
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
  return Attachment{{}, UniqueFd(fd)};
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
    case AttachSpec::Kind::Kretprobe: type = ProgramType::Kprobe; return true;
    case AttachSpec::Kind::Tracepoint: type = ProgramType::Tracepoint; return true;
    case AttachSpec::Kind::RawTracepoint: type = ProgramType::RawTracepoint; return true;
    case AttachSpec::Kind::SockOps: type = ProgramType::SockOps; return true;
    case AttachSpec::Kind::None: return false;
  }
  return false;
}

Result<Attachment> attach_program(int program_fd, const AttachSpec& spec, const HostFacts& host) {
  switch (spec.kind) {
    case AttachSpec::Kind::Kprobe: return attach_kprobe(program_fd, spec.target, false);
    case AttachSpec::Kind::Kretprobe: return attach_kprobe(program_fd, spec.target, true);
    case AttachSpec::Kind::Tracepoint: return attach_tracepoint(program_fd, spec.target, host);
    case AttachSpec::Kind::RawTracepoint: return attach_raw_tracepoint(program_fd, spec.target);
    case AttachSpec::Kind::SockOps: return attach_sock_ops(program_fd, spec.target);
    case AttachSpec::Kind::None: return Attachment{};
  }
  return fail(ErrorCode::Internal, "unknown kind of attachment");
}

}  // namespace burin
