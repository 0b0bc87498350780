// What needs kprobes, apart from the rest because many kernels lack them.
#include <fcntl.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "live/kernel/support.h"

using namespace burin;
using live::host;

TEST_CASE("kprobe and kretprobe count calls") {
  if (!live::can_run()) return;
  if (!host().kprobe.works) return burin_test::skip("kprobes: " + host().kprobe.reason);
  for (const auto kind : {AttachSpec::Kind::Kprobe, AttachSpec::Kind::Kretprobe}) {
    auto image = live::getppid_image(live::this_thread());
    image.programs[0].type = ProgramType::Kprobe;
    auto loaded = LoadedProgram::load(image, {}, {}, host(), "kcount");
    REQUIRE(loaded);
    REQUIRE(loaded->attach({live::kFunction, kind, "__x64_sys_getppid"}, host()));
    live::getppid_calls(25);
    CHECK((*loaded->read_percpu_u64("counts", host().possible_cpus))[0] == 25);
    loaded->detach_all();
    live::getppid_calls(5);
    CHECK((*loaded->read_percpu_u64("counts", host().possible_cpus))[0] == 25);
  }
}

TEST_CASE("probes of dead burins are swept, others stay") {
  if (!live::can_run()) return;
  const std::string file = host().tracefs + "/kprobe_events";
  // One write(2) a line, and no seeking: tracefs takes nothing else.
  const auto write = [&](const std::string& text) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  const auto listed = [&] {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ::waitpid(dead, nullptr, 0);
  const std::string gone = "burin_" + std::to_string(dead) + "_x", alive = "burin_" + std::to_string(::getpid()) + "_x";
  if (!write("p:burin_test/" + gone + " tcp_connect\n")) return burin_test::skip("no kprobe_events");
  REQUIRE(write("p:burin_test/" + alive + " tcp_connect\n"));
  REQUIRE(write("p:burin_test/other_" + std::to_string(dead) + "_x tcp_connect\n"));
  CHECK(sweep_leftovers(host()) == 1);
  CHECK(listed().find(gone) == std::string::npos);
  CHECK(listed().find(alive) != std::string::npos);
  CHECK(listed().find("other_" + std::to_string(dead)) != std::string::npos);
  CHECK(sweep_leftovers(host()) == 0);
  CHECK(write("-:burin_test/" + alive + "\n"));
  CHECK(write("-:burin_test/other_" + std::to_string(dead) + "_x\n"));
}
