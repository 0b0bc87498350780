// Run-time discovery on this kernel: what it finds is what the kernel's BTF says, and nothing of it is left.
#include <bpf/bpf.h>
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "codegen/renderer.h"
#include "discovery/discover.h"
#include "discovery/peek.h"
#include "host/host_reader.h"
#include "layout/btf_layout.h"
#include "support/skip.h"

using namespace burin;

namespace {

constexpr char kBtf[] = "/sys/kernel/btf/vmlinux";

const HostFacts& host() {
  static const HostFacts facts = read_host("/", {});
  return facts;
}

bool can_run() {
  if (::geteuid() == 0 && !host().tracefs.empty() && host().has_btf) return true;
  burin_test::skip("discovery is compared with BTF and needs root, tracefs and " + std::string(kBtf));
  return false;
}

const LayoutTable& kernel_btf() {
  static const LayoutTable table = layout_from_btf(kBtf, layout_members()).value();
  return table;
}

/// Members that are allowed to be missing: nothing that a process can arrange has them.
const std::set<std::string>& beyond_reach() {
  static const std::set<std::string> names = {
      "sk_buff.hash",
      "filename.name",
      "linux_binprm.file",
      "kiocb.ki_filp",
      "module.name",
      "module.taints",
      "load_info.name",
      "load_info.mod",
      "load_info.sig_ok",
      "iov_iter.iter_type",
      "iov_iter.count",
      "iov_iter.iov_offset",
      "iov_iter.nr_segs",
      "iov_iter.ubuf",
      "iov_iter.__iov",
      "iov_iter.iov",
      "iter_type.ITER_IOVEC",
      "iter_type.ITER_UBUF",
      "iter_type.ITER_KVEC",
      "task_struct.thread_info.status",
      "task_struct.thread_info.flags",
  };
  return names;
}

/// One line for each difference; empty when all is well.
std::string compare(const LayoutTable& found) {
  std::ostringstream out;
  for (const auto& [path, member] : found.members) {
    const LayoutMember* truth = kernel_btf().find(path);
    if (!truth)
      out << path << ": found at " << member.offset << ", not in BTF\n";
    else if (truth->offset != member.offset || truth->shift != member.shift || truth->mask != member.mask ||
             (member.size != 0 && truth->size != member.size))
      out << path << ": found at " << member.offset << " size " << member.size << ", BTF says " << truth->offset
          << " size " << truth->size << "\n";
    const auto evidence = found.evidence.find(path);
    if (evidence == found.evidence.end() || evidence->second.empty()) out << path << ": found without evidence\n";
  }
  for (const auto& [path, member] : kernel_btf().members)
    if (!found.find(path) && !beyond_reach().contains(path)) out << path << ": not found\n";
  return out.str();
}

std::size_t entries(const char* directory) {
  std::size_t count = 0;
  if (DIR* dir = ::opendir(directory)) {
    while (::readdir(dir)) ++count;
    ::closedir(dir);
  }
  return count;
}

/// Programs in the kernel with the name of ours.
int peek_programs() {
  int count = 0;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const UniqueFd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && std::string(info.name) == "burin_peek") ++count;
  }
  return count;
}

/// Processes with the names that discovery gives its children.
int posed_processes() {
  int count = 0;
  DIR* dir = ::opendir("/proc");
  while (const dirent* entry = dir ? ::readdir(dir) : nullptr) {
    std::string name;
    std::getline(std::ifstream("/proc/" + std::string(entry->d_name) + "/comm"), name);
    if (name.size() == 15 && name.starts_with("bp") &&
        name.find_first_not_of("0123456789abcdef", 2) == std::string::npos)
      ++count;
  }
  if (dir) ::closedir(dir);
  return count;
}

/// Waits until this process has one thread: one that was joined can be listed for a moment longer.
bool is_alone() {
  for (int wait = 0; wait < 500; ++wait, ::usleep(2'000))
    if (entries("/proc/self/task") == 3) return true;  // with "." and ".."
  return false;
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("what discovery finds is what BTF says") {
  if (!can_run()) return;
  const char* rounds = std::getenv("BURIN_DISCOVERY_ROUNDS");
  double shortest = 1e9, longest = 0;
  for (int round = 0; round < (rounds ? std::atoi(rounds) : 20); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const auto found = discover_layout(host(), layout_members());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    shortest = std::min(shortest, took.count());
    longest = std::max(longest, took.count());
    if (!found) FAIL(found.error().text());
    INFO("round " << round << ", " << took.count() << " ms");
    CHECK(found->source == "discovery");
    CHECK(compare(*found) == "");
    if (round == 0) {
      std::cout << found->members.size() << " of " << kernel_btf().members.size() << " members found\n";
      if (std::getenv("BURIN_DISCOVERY_SHOW"))
        for (const auto& [path, how] : found->evidence)
          std::cout << "  " << path << " " << found->find(path)->offset << ": " << how << "\n";
    }
  }
  std::cout << "discovery takes " << shortest << " to " << longest << " ms\n";
}

TEST_CASE("the peek program works at each of its places") {
  if (!can_run()) return;
  using Place = KernelPeek::Place;
  for (const auto place : {Place::RawSyscalls, Place::OneSyscall, Place::AllSyscalls, Place::Scheduler}) {
    auto peek = KernelPeek::open(host(), place);
    if (!peek) {
      burin_test::skip(peek.error().text());
      continue;
    }
    INFO("place " << static_cast<int>(place));
    // In a thread of its own, which it renames.
    std::optional<Introduced> self;
    bool known = false, unknown = true, same = false;
    std::thread([&] {
      self = peek->introduce();
      if (!self) return;
      KernelPeek::Block block, again;
      const std::uint64_t start = self->task & ~std::uint64_t{KernelPeek::kBlock - 1};
      known = peek->read(*self, start, block);
      unknown = peek->read(*self, 0xffff000000000000, again);
      const std::uint32_t tid = kernel_btf().find("task_struct.tgid")->offset - 4;  // pid comes before it
      const std::uint64_t at = self->task + tid;
      KernelPeek::Block ids;
      std::uint32_t found = 0;
      same = peek->read(*self, at & ~std::uint64_t{KernelPeek::kBlock - 1}, ids);
      std::memcpy(&found, ids.data() + at % KernelPeek::kBlock, sizeof found);
      same = same && found == self->tid;
    }).join();
    REQUIRE(self);
    CHECK(self->tgid == static_cast<std::uint32_t>(::getpid()));
    CHECK(known);
    CHECK_FALSE(unknown);
    CHECK(same);
  }
}

TEST_CASE("only the members asked for are in the table") {
  if (!can_run()) return;
  const auto found = discover_layout(host(), {"task_struct.tgid", "cred.euid", "no_such.member"});
  REQUIRE(found);
  CHECK(found->members.size() == 2);
  CHECK(found->evidence.size() == 2);
}

TEST_CASE("nothing is left of a process that is killed while it discovers") {
  if (!can_run()) return;
  for (int round = 0; round < 5; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) (void)discover_layout(host(), layout_members());
    }
    REQUIRE(child > 0);
    ::usleep(15'000 + 7'000 * static_cast<unsigned>(round));  // somewhere in the middle; where does not matter
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    bool gone = false;
    for (int wait = 0; !gone && wait < 500; ++wait) {
      gone = peek_programs() == 0 && posed_processes() == 0;
      if (!gone) ::usleep(10'000);
    }
    CHECK(gone);
  }
}

TEST_CASE("discovery leaves this process as it was") {
  if (!can_run()) return;
  const std::string name = first_line("/proc/self/comm");
  const std::size_t files = entries("/proc/self/fd");
  const std::string children = first_line(("/proc/self/task/" + std::to_string(::getpid()) + "/children").c_str());
  char before[4096], after[4096];
  REQUIRE(::getcwd(before, sizeof before));
  const uid_t uid = ::geteuid();
  REQUIRE(discover_layout(host(), layout_members()));
  REQUIRE(::getcwd(after, sizeof after));
  CHECK(std::string(before) == after);
  CHECK(::geteuid() == uid);
  CHECK(first_line("/proc/self/comm") == name);
  CHECK(is_alone());
  CHECK(entries("/proc/self/fd") == files);
  CHECK(first_line(("/proc/self/task/" + std::to_string(::getpid()) + "/children").c_str()) == children);
}
