// Sweeping a made-up tracefs: its control files are plain files here, so what is written to them can be read.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernel/loaded_program.h"

using namespace burin;
namespace fs = std::filesystem;

TEST_CASE("only probes of our name whose process is gone are removed") {
  std::string name = (fs::temp_directory_path() / "burin-sweep-XXXXXX").string();
  const fs::path dir = ::mkdtemp(name.data());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const std::string dead = std::to_string(child), alive = std::to_string(::getpid());

  std::string text;
  text += "p:kprobes/burin_" + dead + "_tcp_connect tcp_connect\n";
  text += "r16:kprobes/burin_" + dead + "_ret tcp_connect\n";
  text += "p:kprobes/burin_" + alive + "_tcp_connect tcp_connect\n";
  text += "p:kprobes/p_tcp_connect_bcc_" + dead + " tcp_connect\n";
  text += "p:kprobes/burin_" + dead + " tcp_connect\n";
  text += "p:kprobes/burin__x tcp_connect\np:kprobes/burin_-1_x tcp_connect\np:burin_1_x\n\ngarbage\n";
  std::ofstream(dir / "kprobe_events") << text;
  HostFacts host;
  CHECK(sweep_leftovers(host) == 0);  // no tracefs at all
  host.tracefs = dir.string();
  CHECK(sweep_leftovers(host) == 2);
  std::ifstream in(dir / "kprobe_events");
  const std::string now{std::istreambuf_iterator<char>(in), {}};
  CHECK(now == text + "-:kprobes/burin_" + dead + "_tcp_connect-:kprobes/burin_" + dead + "_ret");
  fs::remove_all(dir);
}
