// Probes that are perf events: they end with the process. Tracefs probes (kprobe_events) are not used, because they
// outlive a process that is killed.
#include "kernel/attach_probe.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>

namespace burin {
namespace {

constexpr const char* kPmus = "/sys/bus/event_source/devices/";

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

/// One event on one CPU is enough: the BPF program hangs at the tracepoint or function, not at the CPU.
UniqueFd open_event(perf_event_attr& attr) {
  const auto open_on = [&](int cpu) {
    return static_cast<int>(::syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  };
  int fd = open_on(0);
  if (fd < 0 && errno == ENODEV) fd = open_on(::sched_getcpu());  // CPU 0 is offline
  return UniqueFd(fd);
}

/// Binds the program to the event: as a link where the kernel has that (5.15), else as the event's program, which has
/// no cookie.
Result<Attachment> bind_program(UniqueFd event, int program_fd, const AttachSpec& spec, const std::string& what) {
  Attachment attachment;
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  if (spec.cookie) options.perf_event.bpf_cookie = *spec.cookie;
  if (const int link = bpf_link_create(program_fd, event.get(), BPF_PERF_EVENT, spec.cookie ? &options : nullptr);
      link >= 0) {
    attachment.link.reset(link);
  } else if (spec.cookie) {
    return fail_errno(ErrorCode::Attach, "cannot attach to " + what + " with a cookie", -link);
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

/// What sysfs says of a PMU of probes ("kprobe", "uprobe"): its type number and which config bit means "at the return".
Result<perf_event_attr> probe_attr(const std::string& pmu, bool at_return) {
  const std::string folder = kPmus + pmu;
  const auto type = to_number(read_line(folder + "/type"));
  if (!type)
    return fail(ErrorCode::Unsupported,
                fmt::format("this kernel has no {0}s (no {1}/type): it was built without CONFIG_{2}_EVENTS", pmu,
                            folder, pmu == "kprobe" ? "KPROBE" : "UPROBE"));
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = static_cast<__u32>(*type);
  attr.sample_period = 1;
  attr.wakeup_events = 1;
  if (!at_return) return attr;
  const std::string format = read_line(folder + "/format/retprobe");  // "config:0"
  const auto bit = format.starts_with("config:") ? to_number(std::string_view(format).substr(7)) : std::nullopt;
  if (!bit || *bit >= 64)
    return fail(ErrorCode::Unsupported,
                fmt::format("this kernel has no return probes (no {}/format/retprobe)", folder));
  attr.config = 1ull << *bit;
  return attr;
}

/// Shift of the semaphore's offset in config: "config:32-63".
Result<unsigned> semaphore_shift() {
  const std::string format = read_line(std::string(kPmus) + "uprobe/format/ref_ctr_offset");
  const auto dash = format.find('-');
  if (format.starts_with("config:") && dash != std::string::npos)
    if (const auto shift = to_number(std::string_view(format).substr(7, dash - 7)); shift && *shift < 64)
      return static_cast<unsigned>(*shift);
  return fail(ErrorCode::Unsupported, "this kernel cannot count the users of a probe's semaphore (before 4.20)");
}

}  // namespace

bool is_word(std::string_view text) {
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  return !text.empty();
}

Result<Attachment> attach_tracepoint(int program_fd, const AttachSpec& spec, const HostFacts& host) {
  TRY(const std::uint64_t id, tracepoint_id(spec.target, host));
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
                      fmt::format("cannot open tracepoint {} (perf event {}; needs CAP_PERFMON)", spec.target, id),
                      errno);
  return bind_program(std::move(event), program_fd, spec, "tracepoint " + spec.target);
}

Result<UniqueFd> open_kprobe(const std::string& symbol, bool at_return) {
  if (!is_kernel_symbol(symbol))
    return fail(ErrorCode::Attach, "\"" + symbol + "\" is not the name of a kernel function");
  TRY(perf_event_attr attr, probe_attr("kprobe", at_return));
  attr.kprobe_func = reinterpret_cast<std::uintptr_t>(symbol.c_str());
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

Result<Attachment> attach_kprobe(int program_fd, const AttachSpec& spec, bool at_return) {
  TRY(UniqueFd event, open_kprobe(spec.target, at_return));
  return bind_program(std::move(event), program_fd, spec,
                      (at_return ? "the return of kernel function " : "kernel function ") + spec.target);
}

Result<Attachment> attach_uprobe(int program_fd, const AttachSpec& spec, bool at_return) {
  TRY(perf_event_attr attr, probe_attr("uprobe", at_return));
  if (spec.ref_ctr_offset != 0) {
    TRY(const unsigned shift, semaphore_shift());
    if (spec.ref_ctr_offset >> 32 != 0)
      return fail(ErrorCode::Attach, fmt::format("the semaphore's offset {:#x} in {} does not fit into 32 bits",
                                                 spec.ref_ctr_offset, spec.target));
    attr.config |= spec.ref_ctr_offset << shift;
  }
  attr.uprobe_path = reinterpret_cast<std::uintptr_t>(spec.target.c_str());
  attr.probe_offset = spec.offset;
  const std::string what =
      fmt::format("{}offset {:#x} of {}", at_return ? "the return of the function at " : "", spec.offset, spec.target);
  UniqueFd event = open_event(attr);
  if (!event) {
    const int error = errno;
    if (error == ENOENT) return fail_errno(ErrorCode::NotFound, "cannot attach to " + what, error);
    return fail_errno(ErrorCode::Attach,
                      "cannot attach to " + what + (error == EINVAL ? ": is it code in a regular file?" : ""), error);
  }
  return bind_program(std::move(event), program_fd, spec, what);
}

}  // namespace burin
