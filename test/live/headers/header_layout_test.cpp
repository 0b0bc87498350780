// Offsets out of real kernel headers, by the real compiler. The trees: what this host has for its own kernel, or the
// one in BURIN_HEADERS ("SOURCE:BUILD" or one directory); where there is BTF of the same kernel (BURIN_HEADERS_BTF, or
// the host's own), the two have to agree in every member.
#include "control/header_layout.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "codegen/renderer.h"
#include "host/header_places.h"
#include "host/host_reader.h"
#include "layout/btf_layout.h"
#include "support/skip.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

std::optional<HeaderTree> tree_of_this_host() {
  if (const char* named = std::getenv("BURIN_HEADERS")) {
    const std::string text = named;
    const auto colon = text.find(':');
    return HeaderTree{text.substr(0, colon), colon == std::string::npos ? text : text.substr(colon + 1)};
  }
  for (const auto& place : header_places("/", read_host("/", {}).release))
    if (place.problem.empty()) return HeaderTree{place.source, place.build};
  return std::nullopt;
}

CompilerOptions compiler() {
  CompilerOptions options;
  options.executable = fs::path(BURIN_BIN_DIR) / "burin-compile";
  return options;
}

}  // namespace

TEST_CASE("headers say where members lie") {
  const auto tree = tree_of_this_host();
  if (!tree) return burin_test::skip("this host has no headers of its kernel");
  const auto members = layout_members();
  const auto table = layout_from_headers(*tree, members, compiler());
  INFO((table ? std::string() : table.error().text() + "\n" + table.error().detail));
  REQUIRE(table);
  std::string missing;
  for (const auto& member : members)
    if (!table->find(member)) missing += " " + member;
  std::printf("%zu of %zu members; not there:%s\n", table->members.size(), members.size(), missing.c_str());
  for (const char* member : {"task_struct.real_parent", "task_struct.tgid", "mm_struct.exe_file", "file.f_path",
                             "dentry.d_name", "sock.__sk_common.skc_daddr", "sock.__sk_common.skc_num"}) {
    INFO(member);
    CHECK(table->find(member));
  }
  const char* btf = std::getenv("BURIN_HEADERS_BTF");
  const fs::path file = btf ? btf : std::getenv("BURIN_HEADERS") ? "" : "/sys/kernel/btf/vmlinux";
  if (file.empty() || !fs::exists(file)) return;
  const auto truth = layout_from_btf(file, members);
  REQUIRE(truth);
  std::size_t compared = 0;
  for (const auto& [path, place] : table->members) {
    INFO(path);
    const auto* right = truth->find(path);
    REQUIRE(right);
    CHECK(std::pair(place.offset, place.size) == std::pair(right->offset, right->size));
    ++compared;
  }
  std::printf("%zu members equal to BTF\n", compared);
}

TEST_CASE("the kernel's own archive of headers is unpacked where only the compiler can read it") {
  const fs::path archive = kernel_header_archive("/");
  if (archive.empty()) return burin_test::skip("this kernel does not carry its headers");
  fs::path where;
  {
    const auto unpacked = UnpackedHeaders::unpack(archive, "/tmp");
    REQUIRE(unpacked);
    where = unpacked->path();
    CHECK(fs::is_regular_file(where / "include/linux/kconfig.h"));
    CHECK((fs::status(where).permissions() & (fs::perms::others_all | fs::perms::group_write)) == fs::perms::none);
    const auto table = layout_from_headers({where, where}, layout_members(), compiler());
    INFO((table ? std::string() : table.error().text() + "\n" + table.error().detail));
    REQUIRE(table);
    CHECK(table->find("sock.__sk_common.skc_daddr"));
  }
  CHECK_FALSE(fs::exists(where));
}
