// Layout packs: whole or refused with line and reason, and never for another kernel.
#include "layout/layout_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

using namespace burin;
namespace fs = std::filesystem;

namespace {

const KernelIdentity kKernel{"6.1.0-32-amd64", "x86_64", "0123456789abcdef0123456789abcdef01234567"};
const std::vector<std::string> kMembers = {"task_struct.tgid", "sock.sk_protocol", "iov_iter.ubuf"};

LayoutTable table() {
  LayoutTable t{"btf", {}};
  t.members["task_struct.tgid"] = {2396, 4, 0, 0};
  t.members["sock.sk_protocol"] = {516, 2, 8, 0xff};
  return t;
}

struct File {
  fs::path path = fs::temp_directory_path() / ("burin-pack-" + std::to_string(::getpid()) + ".layout");
  explicit File(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~File() { fs::remove(path); }
};

std::string refusal(const std::string& text, const KernelIdentity& kernel = kKernel) {
  const File file(text);
  const auto got = layout_from_file(file.path, kernel, kMembers);
  return got ? std::string() : got.error().text();
}

}  // namespace

TEST_CASE("a pack says again what it was made from") {
  const std::string text = encode_pack(kKernel, table(), kMembers);
  const auto pack = decode_pack(text, "x.layout");
  REQUIRE(pack);
  CHECK(pack->kernel.release == kKernel.release);
  CHECK(pack->kernel.build_id == kKernel.build_id);
  CHECK(pack->made_from == "btf");
  CHECK(pack->absent == std::vector<std::string>{"iov_iter.ubuf"});
  CHECK(pack->table.members.size() == 2);
  const File file(text);
  const auto got = layout_from_file(file.path, kKernel, {"sock.sk_protocol", "gone.member"});
  REQUIRE(got);
  CHECK(got->source == "pack");
  REQUIRE(got->members.size() == 1);
  const auto* place = got->find("sock.sk_protocol");
  CHECK(std::tie(place->offset, place->size, place->shift, place->mask) == std::tuple(516u, 2u, 8u, 0xffull));
}

TEST_CASE("a pack serves the kernel with its build id and no other") {
  const std::string text = encode_pack(kKernel, table(), kMembers);
  CHECK(refusal(text).empty());
  KernelIdentity other = kKernel;
  other.release = "another-name";  // the same build under another name
  CHECK(refusal(text, other).empty());
  other = kKernel;
  other.build_id[0] = 'f';
  CHECK(refusal(text, other).find("build id") != std::string::npos);
  other = {kKernel.release, "aarch64", kKernel.build_id};
  CHECK(refusal(text, other).find("aarch64") != std::string::npos);
  other = {"6.1.0-33-amd64", "x86_64", ""};  // it does not say its build id: the release decides
  CHECK(refusal(text, other).find("6.1.0-33-amd64") != std::string::npos);
}

TEST_CASE("a damaged pack is refused with its reason") {
  const std::string text = encode_pack(kKernel, table(), kMembers);
  CHECK(refusal(text.substr(0, text.size() - 5)).find("truncated") != std::string::npos);
  CHECK(refusal(text.substr(0, text.size() / 2)).find("truncated") != std::string::npos);
  std::string altered = text;
  altered[altered.find("2396")] = '3';
  CHECK(refusal(altered).find("altered") != std::string::npos);
  std::string newer = text;
  newer[newer.find(" 2\n") + 1] = '9';
  CHECK(refusal(newer).find("another version") != std::string::npos);
  CHECK_FALSE(refusal("").empty());
  CHECK_FALSE(refusal("hello, this is no layout at all").empty());
  std::mt19937 dice(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same damage in every run
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    damaged[dice() % damaged.size()] = static_cast<char>(dice());
    if (damaged != text) CHECK_FALSE(refusal(damaged).empty());
  }
}

TEST_CASE("files of many kernels are told apart by name") {
  const fs::path dir = fs::temp_directory_path() / ("burin-packs-" + std::to_string(::getpid()));
  fs::create_directories(dir);
  CHECK(find_layout_file(dir, kKernel).empty());
  for (const std::string& name : {"vmlinux-" + kKernel.release, kKernel.release + ".btf", kKernel.release + ".layout",
                                  kKernel.build_id + ".layout"}) {
    std::ofstream(dir / name) << "x";
    CHECK(find_layout_file(dir, kKernel) == dir / name);
  }
  CHECK(find_layout_file(dir, {}).empty());
  fs::remove_all(dir);
}
