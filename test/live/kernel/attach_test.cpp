// Attaching on this kernel: refusals, single programs, and what a killed process leaves behind.
#include <signal.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "live/kernel/support.h"

using namespace burin;
using live::Assembler;
using live::host;
using live::programs_named;

TEST_CASE("attach: refusals name the cause and leave nothing") {
  if (!live::can_run()) return;
  auto loaded = LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "att");
  REQUIRE(loaded);
  auto missing = loaded->attach({live::kFunction, AttachSpec::Kind::Tracepoint, "syscalls:no_such"}, host());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::NotFound);
  CHECK(missing.error().text().find("syscalls:no_such") != std::string::npos);
  CHECK_FALSE(loaded->attach({"nothing", AttachSpec::Kind::Tracepoint, "syscalls:sys_enter_getppid"}, host()));
  const auto mixed = loaded->attach({live::kFunction, AttachSpec::Kind::RawTracepoint, "sched_switch"}, host());
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().message.find("needs type 17") != std::string::npos);
  CHECK(loaded->attach({live::kFunction, AttachSpec::Kind::None, ""}, host()));
  HostFacts unread = host();  // the id is then looked up in tracefs
  unread.tracepoints.clear();
  CHECK(loaded->attach(live::at_getppid(), unread));
  unread.tracefs.clear();
  const auto blind = loaded->attach(live::at_getppid(), unread);
  REQUIRE_FALSE(blind);
  CHECK(blind.error().message.find("mount -t tracefs") != std::string::npos);

  Assembler nothing;
  nothing.end(0);
  auto raw = LoadedProgram::load(live::one_program(nothing, ProgramType::RawTracepoint), {}, {}, host(), "raw");
  REQUIRE(raw);
  CHECK(raw->attach({"p0", AttachSpec::Kind::RawTracepoint, "sched_process_exec"}, host()));
  const auto no_raw = raw->attach({"p0", AttachSpec::Kind::RawTracepoint, "no_such_event"}, host());
  REQUIRE_FALSE(no_raw);
  CHECK(no_raw.error().code == ErrorCode::NotFound);

  auto probe = LoadedProgram::load(live::one_program(nothing, ProgramType::Kprobe), {}, {}, host(), "kp");
  REQUIRE(probe);
  const auto attached = probe->attach({"p0", AttachSpec::Kind::Kprobe, "tcp_connect"}, host());
  CHECK(attached.has_value() == host().kprobe.works);
  if (host().kprobe.works) {
    CHECK(probe->attach({"p0", AttachSpec::Kind::Kretprobe, "tcp_connect"}, host()));
    const auto unknown = probe->attach({"p0", AttachSpec::Kind::Kprobe, "no_such_function"}, host());
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == ErrorCode::NotFound);
  } else {
    CHECK(attached.error().code == ErrorCode::Unsupported);
  }
}

TEST_CASE("one program is detached, the others stay") {
  if (!live::can_run()) return;
  auto image = live::getppid_image(live::this_thread());
  image.programs.push_back(image.programs[0]);
  image.programs[1].function = "twin";
  auto loaded = LoadedProgram::load(image, {}, {}, host(), "two");
  REQUIRE(loaded);
  auto twin = live::at_getppid();
  twin.function = "twin";
  REQUIRE(loaded->attach(live::at_getppid(), host()));
  REQUIRE(loaded->attach(twin, host()));
  const auto count = [&] { return (*loaded->read_percpu_u64("counts", host().possible_cpus))[0]; };
  live::getppid_calls(10);
  CHECK(count() == 20);
  loaded->detach("twin");
  live::getppid_calls(10);
  CHECK(count() == 30);
  loaded->detach("twin");
  loaded->detach_all();
  live::getppid_calls(10);
  CHECK(count() == 30);
  REQUIRE(loaded->attach(twin, host()));
  live::getppid_calls(10);
  CHECK(count() == 40);
}

TEST_CASE("a killed process leaves no program behind") {
  if (!live::can_run()) return;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto trace = LoadedProgram::load(live::getppid_image(-1), {}, {}, host(), "kill");
    Assembler nothing;
    nothing.end(1);
    auto ops = LoadedProgram::load(live::one_program(nothing, ProgramType::SockOps), {}, {}, host(), "kill");
    char state = 'x';
    if (trace && ops && trace->attach(live::at_getppid(), host()) &&
        (!host().sock_ops.works || ops->attach({"p0", AttachSpec::Kind::SockOps, host().cgroup2}, host())))
      state = 'a';
    if (::write(ready[1], &state, 1) == 1) ::pause();
    ::_exit(1);
  }
  char state = 0;
  REQUIRE(::read(ready[0], &state, 1) == 1);
  CHECK(state == 'a');
  CHECK(programs_named("kill_") == 2);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  // The kernel frees programs from a work queue, a few milliseconds after the last descriptor is gone.
  int left = 2;
  for (int i = 0; i < 200 && left != 0; ++i, ::usleep(10'000)) left = programs_named("kill_");
  CHECK(left == 0);
}
