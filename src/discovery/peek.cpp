#include "discovery/peek.h"

#include <linux/bpf.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "discovery/peek_program.h"
#include "kernel/map_access.h"

namespace burin {
namespace {

/// BPF_FUNC_probe_read_kernel (Linux 5.5; the headers at hand may be older).
constexpr std::int32_t kProbeReadKernel = 113;
/// A run is left out when another BPF program was interrupted on the same CPU: then the question is asked again.
constexpr int kAttempts = 16;

struct Hook {
  KernelPeek::Place place;
  AttachSpec::Kind kind;
  const char* target;
  bool by_sleep;  ///< reached by going to sleep, not by getpgid()
};
/// The raw tracepoint is let go without waiting for all CPUs; for the others that takes 50 ms and more.
constexpr Hook kHooks[] = {
    {KernelPeek::Place::RawSyscalls, AttachSpec::Kind::RawTracepoint, "sys_enter", false},
    {KernelPeek::Place::OneSyscall, AttachSpec::Kind::Tracepoint, "syscalls:sys_enter_getpgid", false},
    {KernelPeek::Place::AllSyscalls, AttachSpec::Kind::Tracepoint, "raw_syscalls:sys_enter", false},
    {KernelPeek::Place::Scheduler, AttachSpec::Kind::Tracepoint, "sched:sched_switch", true},
};

/// Loaded for the hook, with the newer helper or the older one.
Result<LoadedProgram> load_for(const Hook& hook, const HostFacts& host) {
  const ProgramType type =
      hook.kind == AttachSpec::Kind::RawTracepoint ? ProgramType::RawTracepoint : ProgramType::Tracepoint;
  auto program = LoadedProgram::load(peek_image(type, kProbeReadKernel), {}, {}, host, "burin");
  if (!program) program = LoadedProgram::load(peek_image(type, BPF_FUNC_probe_read), {}, {}, host, "burin");
  return program;
}

}  // namespace

KernelPeek::KernelPeek(KernelPeek&& other) noexcept
    : program_(std::move(other.program_)),
      request_fd_(std::exchange(other.request_fd_, -1)),
      response_fd_(other.response_fd_),
      by_sleep_(other.by_sleep_),
      serial_(other.serial_) {}

struct KernelPeek::Request : PeekRequest {};
struct KernelPeek::Response : PeekResponse {};
static_assert(kPeekBytes == KernelPeek::kBlock);

KernelPeek::KernelPeek(LoadedProgram program, bool by_sleep)
    : program_(std::move(program)),
      request_fd_(program_.map_fd(kPeekRequest)),
      response_fd_(program_.map_fd(kPeekResponse)),
      by_sleep_(by_sleep) {}

Result<KernelPeek> KernelPeek::open(const HostFacts& host, std::optional<Place> only) {
  std::optional<Error> first;
  for (const auto& hook : kHooks) {
    if (only && hook.place != *only) continue;
    auto program = load_for(hook, host);
    Result<> attached = Ok{};
    if (program) attached = program->attach({kPeekFunction, hook.kind, hook.target}, host);
    if (program && attached) return KernelPeek(std::move(*program), hook.by_sleep);
    if (!first) first = program ? attached.error() : program.error();
  }
  return in_context(std::move(first).value_or(Error{}), "installing the program that reads kernel memory");
}

KernelPeek::~KernelPeek() {
  // Whether it still runs somewhere is of no interest: nobody asks any more.
  if (request_fd_ >= 0) program_.detach(kPeekFunction);
}

bool KernelPeek::ask(Request& request, Response& response) {
  const std::uint32_t key = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    request.armed = 1;
    request.serial = ++serial_;
    if (!map_put(request_fd_, &key, &request, false)) return false;
    if (by_sleep_) {
      const timespec moment{0, 1};
      ::nanosleep(&moment, nullptr);
    } else {
      ::syscall(SYS_getpgid, 0);
    }
    const auto got = map_get(response_fd_, &key, &response);
    if (!got || !*got) return false;
    if (response.serial == request.serial) return true;
  }
  return false;
}

std::optional<Introduced> KernelPeek::introduce() {
  Request request{};
  Response response{};
  char name[16] = "";
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  std::snprintf(name, sizeof name, "bp%05x%08lx", static_cast<unsigned>(::syscall(SYS_gettid)) & 0xfffffu,
                static_cast<unsigned long>(now.tv_nsec) ^ static_cast<unsigned long>(now.tv_sec << 30 & 0xc0000000));
  ::prctl(PR_SET_NAME, name);
  // A forked child counts on from here: its questions must not have the numbers of its parent's next ones.
  serial_ += static_cast<std::uint64_t>(::syscall(SYS_gettid)) << 32;
  std::memcpy(request.name, name, sizeof name);
  if (!ask(request, response)) return std::nullopt;
  return Introduced{response.task, static_cast<std::uint32_t>(response.who),
                    static_cast<std::uint32_t>(response.who >> 32)};
}

bool KernelPeek::read(const Introduced& reader, std::uint64_t address, Block& out) {
  Request request{};
  Response response{};
  request.who = std::uint64_t{reader.tgid} << 32 | reader.tid;
  request.address = address;
  if (!ask(request, response) || response.status != 0) return false;
  std::memcpy(out.data(), response.block, kBlock);
  return true;
}

}  // namespace burin
