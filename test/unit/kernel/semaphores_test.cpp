// Whether the kernel counts the users of a USDT probe's semaphore.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "kernel/small_program.h"

using namespace burin;
namespace fs = std::filesystem;

TEST_CASE("semaphores are counted where uprobes take the offset of one") {
  std::string name = (fs::temp_directory_path() / "burin-uprobe-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const fs::path root = name, format = root / "sys/bus/event_source/devices/uprobe/format";
  CHECK(counts_semaphores(root));  // no uprobes at all: nobody asks
  fs::create_directories(format);
  std::ofstream(format / "retprobe") << "config:0\n";  // 4.17 to 4.19
  CHECK_FALSE(counts_semaphores(root));
  std::ofstream(format / "ref_ctr_offset") << "config:32-63\n";
  CHECK(counts_semaphores(root));
  fs::remove_all(root);
}
