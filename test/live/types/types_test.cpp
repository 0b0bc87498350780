// Argument types against the truth: programs are attached to tracepoints that reach such pointers here, this process
// does something, and what was captured is compared with what it did and with /proc.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "kernel/perf_reader.h"
#include "layout/btf_layout.h"
#include "model/kernel_names.h"
#include "plan/planner.h"
#include "support/skip.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

bool cannot_run() {
  if (geteuid() != 0) {
    burin_test::skip("not root");
    return true;
  }
  if (!layout_from_btf("/sys/kernel/btf/vmlinux", {"task_struct.tgid"})) {
    burin_test::skip("no kernel BTF");
    return true;
  }
  return false;
}

PolicyArg arg(std::uint32_t index, const std::string& type, std::uint32_t size_index = 0) {
  PolicyArg a;
  a.index = index;
  a.type = type;
  if (size_index) a.size_arg_index = size_index;
  return a;
}

Hook tracepoint(const std::string& subsystem, const std::string& event, std::vector<PolicyArg> args,
                HookKind kind = HookKind::Tracepoint) {
  Hook hook;
  hook.kind = kind;
  hook.subsystem = subsystem;
  hook.call = event;
  hook.args = std::move(args);
  return hook;
}

Hook syscall_hook(const std::string& name, std::vector<PolicyArg> args) {
  Hook hook;
  hook.kind = HookKind::Kprobe;
  hook.call = name;
  hook.syscall = true;
  hook.args = std::move(args);
  return hook;
}

using Arguments = std::vector<Value>;

/// One hook in the kernel; collects the arguments of the events of the wanted process.
class Tracer {
 public:
  explicit Tracer(Hook hook) {
    Policy policy;
    policy.name = "types";
    policy.hooks.push_back(std::move(hook));
    std::vector<std::string> names = tracepoints_used();
    for (auto& name : tracepoints_wanted(policy, {})) names.push_back(std::move(name));
    host_ = read_host("/", names);
    try_kernel(host_);
    auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
    REQUIRE(layout);
    Diagnostics diagnostics;
    const ProbeCatalog catalog;
    plan_ = plan_policy(policy, {catalog, host_, *layout, {}, kFirstPolicyHook, std::nullopt, 0}, diagnostics);
    INFO(render(diagnostics, "", false));
    REQUIRE_FALSE(diagnostics.has_errors());
    INFO((plan_.unavailable.empty() ? "" : plan_.unavailable[0].reason));
    REQUIRE(plan_.hooks.size() == 1);
    auto unit = render_policy(plan_, host_, *layout);
    REQUIRE(unit);
    CompilerOptions options;
    options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
    auto image = Compiler(options, nullptr).compile(unit->source, nullptr);
    if (!image) FAIL(image.error().text() << "\n" << image.error().detail);
    auto loaded = LoadedProgram::load(*image, unit->inits, {}, host_, "test");
    if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
    program_ = std::make_unique<LoadedProgram>(std::move(*loaded));
    auto reader = PerfReader::start(program_->map_fd("events"), {0, 2, false}, [this](RawBatch&& b) { take(b); });
    REQUIRE(reader);
    reader_ = std::move(*reader);
    for (const auto& spec : unit->attaches) {
      auto attached = program_->attach(spec, host_);
      if (!attached) FAIL(attached.error().text());
    }
  }

  /// Events of process `tgid`, all there are once everything attached is taken off again.
  std::vector<Arguments> events(pid_t tgid) {
    program_->detach_all();
    reader_->stop();
    const std::lock_guard lock(mutex_);
    std::vector<Arguments> out;
    for (auto& [who, arguments] : seen_)
      if (who == static_cast<std::uint32_t>(tgid)) out.push_back(arguments);
    return out;
  }
  const PlannedHook& plan() const { return plan_.hooks[0]; }

 private:
  void take(const RawBatch& batch) {
    const std::lock_guard lock(mutex_);
    for (const auto& item : batch.items) {
      std::span<const std::byte> record(batch.bytes.data() + item.offset, item.size);
      wire::Head head;
      std::memcpy(&head, record.data(), sizeof head);
      record = record.first(head.size);
      Arguments out;
      for (const auto& planned : plan().args) {
        Value value;
        const WireField& field = plan().record.fields[planned.field];
        const bool good = find_type(planned.type)->decode(record.subspan(field.offset, field.size), record, value);
        out.push_back(good ? value : Value(ErrorValue{"out of bounds"}));
      }
      seen_.emplace_back(head.tgid, std::move(out));
    }
  }

  HostFacts host_;
  HookPlan plan_;
  std::unique_ptr<LoadedProgram> program_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint32_t, Arguments>> seen_;
  std::unique_ptr<PerfReader> reader_;
};

/// A folder that is gone afterwards.
struct Folder {
  std::filesystem::path path;
  Folder() {
    char name[] = "/tmp/burin-types-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

template <class T>
const T& get(const Arguments& arguments, std::size_t i) {
  REQUIRE(i < arguments.size());
  if (const auto* error = std::get_if<ErrorValue>(&arguments[i])) FAIL("argument " << i << ": " << error->message);
  const T* value = std::get_if<T>(&arguments[i]);
  REQUIRE(value);
  return *value;
}

std::string link_of(int fd) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
}

}  // namespace

TEST_CASE("write: fd is the file's path and mode, char_buf its bytes") {
  if (cannot_run()) return;
  const Folder folder;
  std::string deep = folder.path;
  for (int i = 0; i < 60; ++i) deep += "/d" + std::to_string(i);
  std::filesystem::create_directories(deep);
  const int shallow_fd = open((folder.path / "file").c_str(), O_CREAT | O_RDWR, 0640);
  const int deep_fd = open((deep + "/leaf").c_str(), O_CREAT | O_RDWR, 0600);
  const int gone_fd = open((folder.path / "gone").c_str(), O_CREAT | O_RDWR, 0755);
  REQUIRE((shallow_fd >= 0 && deep_fd >= 0 && gone_fd >= 0));
  fchmod(gone_fd, 04755);
  unlink((folder.path / "gone").c_str());
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  const std::string zeros("a\0b", 3), large(10000, 'x');
  std::vector<std::string> paths;
  Tracer tracer(syscall_hook("write", {arg(0, "fd"), arg(1, "char_buf", 3), arg(2, "size_t")}));
  for (const int fd : {shallow_fd, deep_fd, gone_fd}) {
    REQUIRE(write(fd, zeros.data(), zeros.size()) == 3);
    paths.push_back(link_of(fd));
  }
  REQUIRE(write(pipes[1], "p", 1) == 1);
  REQUIRE(write(shallow_fd, large.data(), large.size()) == 10000);
  REQUIRE(write(shallow_fd, nullptr, 0) == 0);
  CHECK(write(987, "x", 1) == -1);
  CHECK(write(shallow_fd, reinterpret_cast<void*>(8), 5) == -1);
  const auto events = tracer.events(getpid());
  REQUIRE(events.size() >= 8);
  const std::string modes[] = {"-rw-r-----", "-rw-------", "-rwsr-xr-x"};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const auto& file = get<PathValue>(events[i], 0);
    CHECK(file.path == paths[i]);
    CHECK_FALSE(file.incomplete);
    CHECK(permission_text(file.mode) == modes[i]);
    CHECK(get<BytesValue>(events[i], 1).bytes == zeros);
    CHECK(get<BytesValue>(events[i], 1).orig_size == 3);
    CHECK(get<SizeValue>(events[i], 2).value == 3);
  }
  CHECK(paths[2].ends_with("/gone (deleted)"));
  CHECK(get<PathValue>(events[3], 0).path.empty());
  CHECK(permission_text(get<PathValue>(events[3], 0).mode) == "prw-------");
  CHECK(get<BytesValue>(events[4], 1).bytes == large.substr(0, 4095));
  CHECK(get<BytesValue>(events[4], 1).orig_size == 10000);
  CHECK(get<BytesValue>(events[5], 1).bytes.empty());
  CHECK(std::holds_alternative<ErrorValue>(events[6][0]));
  CHECK(std::holds_alternative<ErrorValue>(events[7][1]));
  for (const int fd : {shallow_fd, deep_fd, gone_fd, pipes[0], pipes[1]}) close(fd);
}

TEST_CASE("writev: the segments of an iovec in order") {
  if (cannot_run()) return;
  const int null = open("/dev/null", O_WRONLY);
  std::string one = "first ", two(5000, 'y'), three = "third";
  const iovec small[3] = {{one.data(), one.size()}, {nullptr, 0}, {three.data(), three.size()}};
  const iovec large[2] = {{two.data(), two.size()}, {three.data(), three.size()}};
  std::vector<iovec> many(40, iovec{three.data(), 1});
  Tracer tracer(syscall_hook("writev", {arg(0, "fd"), arg(1, "char_iovec", 3)}));  // the length is not captured
  writev(null, small, 3);
  writev(null, large, 2);
  writev(null, many.data(), 40);
  const auto events = tracer.events(getpid());
  close(null);
  REQUIRE(events.size() == 3);
  CHECK(get<PathValue>(events[0], 0).path == "/dev/null");
  CHECK(permission_text(get<PathValue>(events[0], 0).mode)[0] == 'c');
  CHECK(get<BytesValue>(events[0], 1).bytes == one + three);
  CHECK(get<BytesValue>(events[0], 1).orig_size == one.size() + three.size());
  CHECK(get<BytesValue>(events[1], 1).bytes == two.substr(0, 4095));
  CHECK(get<BytesValue>(events[1], 1).orig_size == two.size() + three.size());
  CHECK(get<BytesValue>(events[2], 1).bytes == std::string(32, 't'));
  CHECK(get<BytesValue>(events[2], 1).orig_size > 32);
}

TEST_CASE("connect: sockaddr and sockaddr_un from user memory") {
  if (cannot_run()) return;
  const int inet = socket(AF_INET, SOCK_DGRAM, 0), inet6 = socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(4242);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(4243);
  v6.sin6_addr = in6addr_loopback;
  const auto address = [](const auto& a) { return reinterpret_cast<const sockaddr*>(&a); };
  {
    Tracer tracer(syscall_hook("connect", {arg(1, "sockaddr")}));
    connect(inet, address(v4), sizeof v4);
    connect(inet6, address(v6), sizeof v6);
    const auto events = tracer.events(getpid());
    REQUIRE(events.size() == 2);
    CHECK(get<SockaddrValue>(events[0], 0).family == AF_INET);
    CHECK(get<SockaddrValue>(events[0], 0).port == 4242);
    CHECK(std::memcmp(get<SockaddrValue>(events[0], 0).addr.data(), &v4.sin_addr, 4) == 0);
    CHECK(get<SockaddrValue>(events[1], 0).family == AF_INET6);
    CHECK(get<SockaddrValue>(events[1], 0).port == 4243);
    CHECK(std::memcmp(get<SockaddrValue>(events[1], 0).addr.data(), &v6.sin6_addr, 16) == 0);
  }
  close(inet);
  close(inet6);
  const int local = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un file{}, abstract{}, longest{};
  file.sun_family = abstract.sun_family = longest.sun_family = AF_UNIX;
  std::strcpy(file.sun_path, "/tmp/burin-no-such-socket");
  std::strcpy(abstract.sun_path + 1, "burin-abstract");
  std::memset(longest.sun_path, 'l', sizeof longest.sun_path);
  Tracer tracer(syscall_hook("connect", {arg(1, "sockaddr_un")}));
  for (const auto* a : {&file, &abstract, &longest}) connect(local, address(*a), sizeof *a);
  const auto events = tracer.events(getpid());
  close(local);
  REQUIRE(events.size() == 3);
  CHECK(get<SockaddrUnValue>(events[0], 0).family == AF_UNIX);
  CHECK(get<SockaddrUnValue>(events[0], 0).path == "/tmp/burin-no-such-socket");
  CHECK(get<SockaddrUnValue>(events[1], 0).path == "@burin-abstract");
  CHECK(get<SockaddrUnValue>(events[2], 0).path == std::string(108, 'l'));
}

TEST_CASE("sched_process_exec: filename as __data_loc, linux_binprm on the raw tracepoint") {
  if (cannot_run()) return;
  const auto run = [] {
    const pid_t child = fork();
    if (child == 0) {
      execl("/usr/bin/true", "true", nullptr);
      _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return child;
  };
  {
    Tracer tracer(tracepoint("sched", "sched_process_exec", {arg(4, "auto"), arg(5, "auto")}));
    const pid_t child = run();
    const auto events = tracer.events(child);
    REQUIRE(events.size() == 1);
    CHECK(get<StringValue>(events[0], 0).value == "/usr/bin/true");
    CHECK(get<IntValue>(events[0], 1).value == child);
  }
  Tracer tracer(tracepoint("sched", "sched_process_exec", {arg(2, "linux_binprm")}, HookKind::RawTracepoint));
  const auto events = tracer.events(run());
  REQUIRE(events.size() == 1);
  const auto& program = get<PathValue>(events[0], 0);
  CHECK(program.kind == PathValue::Kind::LinuxBinprm);
  CHECK(program.path == std::filesystem::canonical("/usr/bin/true").string());
  struct stat info {};
  REQUIRE(stat("/usr/bin/true", &info) == 0);
  CHECK(program.mode == info.st_mode);
}

TEST_CASE("raw_syscalls: the syscall's number and table, and its six words") {
  if (cannot_run()) return;
  Tracer tracer(tracepoint("raw_syscalls", "sys_enter", {arg(4, "syscall64"), arg(5, "auto"), arg(4, "auto")}));
  syscall(SYS_getpriority, 71, 72, 73);
  const auto events = tracer.events(getpid());
  bool found = false;
  for (const auto& event : events) {
    if (get<SyscallValue>(event, 0).id != SYS_getpriority) continue;
    const auto& words = get<SizeListValue>(event, 1).values;
    if (words.size() != 6 || words[0] != 71) continue;
    found = true;
    CHECK(words[1] == 72);
    CHECK(words[2] == 73);
#if defined(__x86_64__)
    CHECK(abi_name(get<SyscallValue>(event, 0).abi) == "x64");
#endif
    CHECK(get<LongValue>(event, 2).value == SYS_getpriority);
  }
  CHECK(found);
}

TEST_CASE("inet_sock_set_state: ports and addresses that auto cannot read elsewhere") {
  if (cannot_run()) return;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&here), length) == 0);
  REQUIRE(listen(listener, 1) == 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&here), &length);
  // dport, family, daddr, and the sock itself
  Tracer tracer(
      tracepoint("sock", "inet_sock_set_state", {arg(8, "auto"), arg(9, "auto"), arg(12, "auto"), arg(4, "sock")}));
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&here), length) == 0);
  const auto events = tracer.events(getpid());
  close(client);
  close(listener);
  REQUIRE_FALSE(events.empty());
  CHECK(get<UintValue>(events[0], 0).value == ntohs(here.sin_port));
  CHECK(get<UintValue>(events[0], 1).value == AF_INET);
  CHECK(get<BytesValue>(events[0], 2).bytes == std::string("\x7f\0\0\1", 4));
  CHECK(get<SockValue>(events[0], 3).dport == ntohs(here.sin_port));
}

TEST_CASE("net_dev_queue: a packet's addresses, ports and length") {
  if (cannot_run()) return;
  const int sender = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(4299);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Tracer tracer(tracepoint("net", "net_dev_queue", {arg(4, "skb"), arg(6, "data_loc")}));
  REQUIRE(sendto(sender, "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == 5);
  const auto events = tracer.events(getpid());
  close(sender);
  bool found = false;
  for (const auto& event : events) {
    const auto& packet = get<SkbValue>(event, 0);
    if (packet.dport != 4299) continue;
    found = true;
    CHECK(packet.family == AF_INET);
    CHECK(packet.protocol == IPPROTO_UDP);
    CHECK(std::memcmp(packet.daddr.data(), &to.sin_addr, 4) == 0);
    CHECK(packet.len == 14 + 20 + 8 + 5);
    CHECK(get<StringValue>(event, 1).value == "lo");
  }
  CHECK(found);
}
