// The kernel's records of mappings, byte by byte: what each becomes, and that no bytes whatever do harm.
#include "kernel/mapping_record.h"

#include <linux/perf_event.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>

#include "model/record.h"

using namespace burin;

namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void add(Bytes& out, T value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), first, first + sizeof value);
}

void begin(Bytes& out, std::uint32_t type, std::uint16_t misc) {
  add(out, type);
  add(out, misc);
  add(out, std::uint16_t{0});
}

/// The sample id, and the size in the header.
Bytes finish(Bytes out) {
  add(out, std::uint32_t{100});
  add(out, std::uint32_t{101});
  add(out, std::uint64_t{123456789});
  add(out, std::uint64_t{1});
  const auto size = static_cast<std::uint16_t>(out.size());
  std::memcpy(out.data() + 6, &size, sizeof size);
  return out;
}

/// As perf_event_mmap_output() writes it.
Bytes mmap2(const std::string& name, std::uint64_t inode, const std::string& build_id = {}) {
  Bytes out;
  begin(out, PERF_RECORD_MMAP2, build_id.empty() ? 2 : 2 | 1u << 14);
  add(out, std::uint32_t{100});
  add(out, std::uint32_t{101});
  add(out, std::uint64_t{0x7f0000001000});
  add(out, std::uint64_t{0x2000});
  add(out, std::uint64_t{0x1000});
  if (build_id.empty()) {
    add(out, std::uint32_t{8});
    add(out, std::uint32_t{1});
    add(out, inode);
    add(out, std::uint64_t{7});
  } else {
    add(out, static_cast<std::uint32_t>(build_id.size()));
    for (std::size_t i = 0; i < 20; ++i) add(out, i < build_id.size() ? build_id[i] : '\0');
  }
  add(out, std::uint32_t{5});
  add(out, std::uint32_t{2});
  for (const char c : name) add(out, c);
  do add(out, '\0');
  while (out.size() % 8 != 0);
  return finish(std::move(out));
}

Bytes comm(std::uint16_t misc) {
  Bytes out;
  begin(out, PERF_RECORD_COMM, misc);
  add(out, std::uint32_t{100});
  add(out, std::uint32_t{101});
  for (const char c : std::string("curl\0\0\0\0", 8)) add(out, c);
  return finish(std::move(out));
}

struct Read {
  MappingRecord what;
  wire::Load load;
  std::string path;
};

Read read(const Bytes& bytes) {
  Bytes out(8, std::byte{0xee});
  Read r{read_mapping(bytes, out), {}, {}};
  if (r.what != MappingRecord::File) {
    if (r.what != MappingRecord::ImageBegins) CHECK(out.size() == 8);
    return r;
  }
  const Bytes record(out.begin() + 8, out.end());
  REQUIRE(record.size() >= sizeof r.load);
  std::memcpy(&r.load, record.data(), sizeof r.load);
  REQUIRE(r.load.head.size == record.size());
  REQUIRE(std::size_t{r.load.path.off} + r.load.path.len == record.size());
  REQUIRE(r.load.build_id_len <= sizeof r.load.build_id);
  r.path.assign(reinterpret_cast<const char*>(record.data()) + r.load.path.off, r.load.path.len);
  return r;
}

}  // namespace

TEST_CASE("a mapped file: who, when, where and which") {
  const Read r = read(mmap2("/usr/lib/libc.so.6", 4711));
  REQUIRE(r.what == MappingRecord::File);
  CHECK(r.load.head.hook == kHookLoad);
  CHECK(r.load.head.tgid == 100);
  CHECK(r.load.head.tid == 101);
  CHECK(r.load.head.ktime == 123456789);
  CHECK(r.load.address == 0x7f0000001000);
  CHECK(r.load.length == 0x2000);
  CHECK(r.load.inode == 4711);
  CHECK(r.load.build_id_len == 0);
  CHECK(r.path == "/usr/lib/libc.so.6");
}

TEST_CASE("the kernel's build id stands in the place of the inode") {
  const std::string id("\x01\0\x02\xff", 4);
  const Read r = read(mmap2("/memfd:x (deleted)", 0, id));
  REQUIRE(r.what == MappingRecord::File);
  CHECK(r.load.inode == 0);
  CHECK(std::string(reinterpret_cast<const char*>(r.load.build_id), r.load.build_id_len) == id);
  CHECK(r.path == "/memfd:x (deleted)");
  CHECK(read(mmap2("/a", 0, std::string(20, 'b'))).load.build_id_len == 20);
}

TEST_CASE("memory without a file is none, whatever it is called") {
  for (const char* name : {"[vdso]", "//anon", "[heap]", "[stack]", "", "/usr/bin/true"})
    CHECK(read(mmap2(name, 0)).what == MappingRecord::NoFile);
  for (const char* name : {"//toolong", "//enomem"}) {
    const Read r = read(mmap2(name, 0));
    REQUIRE(r.what == MappingRecord::File);
    CHECK(r.path.empty());
  }
  CHECK(read(mmap2("[vdso]", 12)).path == "[vdso]");  // a file of that name
}

TEST_CASE("an exec begins; a thread's new name does not") {
  Bytes out;
  CHECK(read_mapping(comm(1u << 13), out) == MappingRecord::ImageBegins);
  wire::Head head;
  REQUIRE(out.size() == sizeof head);
  std::memcpy(&head, out.data(), sizeof head);
  CHECK(head.hook == kHookImage);
  CHECK(head.size == sizeof head);
  CHECK(head.tgid == 100);
  CHECK(head.ktime == 123456789);
  CHECK(read(comm(0)).what == MappingRecord::Ignored);
}

TEST_CASE("damaged records are told from good ones") {
  const Bytes good = mmap2("/lib/x", 9);
  for (std::size_t size = 0; size < good.size(); ++size) {
    Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(read(cut).what == MappingRecord::Damaged);  // the header's size is another
    if (size < 8) continue;
    const auto claimed = static_cast<std::uint16_t>(size);
    std::memcpy(cut.data() + 6, &claimed, sizeof claimed);
    const Read r = read(cut);
    if (size <= 96) CHECK(r.what == MappingRecord::Damaged);
  }
  Bytes endless = good;
  for (std::size_t i = 72; i < endless.size() - 24; ++i) endless[i] = std::byte{'x'};
  CHECK(read(endless).what == MappingRecord::Damaged);
  Bytes long_id = mmap2("/lib/x", 0, "id");
  long_id[40] = std::byte{21};
  CHECK(read(long_id).what == MappingRecord::Damaged);
  Bytes short_comm = comm(1u << 13);
  short_comm.resize(32);
  const std::uint16_t size = 32;
  std::memcpy(short_comm.data() + 6, &size, sizeof size);
  CHECK(read(short_comm).what == MappingRecord::Damaged);
}

TEST_CASE("the longest record that a header can claim fits our own form") {
  const Read r = read(mmap2(std::string(65535 - 72 - 24 - 8, 'p'), 1));
  REQUIRE(r.what == MappingRecord::File);
  CHECK(r.path.size() == 65535 - 72 - 24 - 8);
}

TEST_CASE("random bytes do no harm") {
  std::mt19937 random(7);
  const std::vector<Bytes> seeds{mmap2("/lib/x", 9), mmap2("/lib/y", 0, "0123456789"), comm(1u << 13)};
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = seeds[random() % seeds.size()];
    for (unsigned n = random() % 6; n > 0; --n) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (random() % 3 == 0) bytes.resize(random() % (bytes.size() + 1));
    if (bytes.size() >= 8 && random() % 2 == 0) {
      const auto size = static_cast<std::uint16_t>(bytes.size());
      std::memcpy(bytes.data() + 6, &size, sizeof size);
    }
    read(bytes);
  }
}
