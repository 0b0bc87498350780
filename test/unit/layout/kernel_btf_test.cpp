// This kernel's BTF, checked against a C compiler that reads bpftool's vmlinux.h: another walker, another layout
// engine.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "layout/btf_layout.h"
#include "support/skip.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {
const char* const kVmlinux = "/sys/kernel/btf/vmlinux";

/// What the templates want, plus some that are awkward: deep, anonymous, bit-fields.
const std::vector<std::string> kMembers = {"task_struct.tgid",
                                           "task_struct.pid",
                                           "task_struct.real_parent",
                                           "task_struct.group_leader",
                                           "task_struct.start_boottime",
                                           "task_struct.comm",
                                           "task_struct.mm",
                                           "task_struct.cred",
                                           "task_struct.exit_code",
                                           "task_struct.thread_pid",
                                           "task_struct.sched_reset_on_fork",
                                           "task_struct.in_execve",
                                           "task_struct.no_cgroup_migration",
                                           "mm_struct.exe_file",
                                           "mm_struct.arg_start",
                                           "mm_struct.arg_end",
                                           "cred.euid.val",
                                           "cred.uid",
                                           "sock.__sk_common.skc_daddr",
                                           "sock.__sk_common.skc_dport",
                                           "sock.__sk_common.skc_num",
                                           "sock.__sk_common.skc_family",
                                           "sock.__sk_common.skc_v6_daddr",
                                           "sock.__sk_common.skc_reuse",
                                           "sock.__sk_common.skc_ipv6only",
                                           "sock.sk_protocol",
                                           "sock.sk_type",
                                           "sock.sk_mark",
                                           "sock.sk_priority",
                                           "sock.sk_txrehash",
                                           "sock.sk_userlocks",
                                           "sock.sk_no_check_tx",
                                           "tcphdr.syn",
                                           "tcphdr.doff",
                                           "iphdr.version",
                                           "iphdr.ihl",
                                           "file.f_path.dentry",
                                           "dentry.d_name.name",
                                           "dentry.d_name.len",
                                           "dentry.d_parent",
                                           "vfsmount.mnt_root",
                                           "mount.mnt",
                                           "qstr.hash",
                                           "inet_sock.inet_sport",
                                           "inet_sock.inet_saddr",
                                           "sk_buff.len",
                                           "sk_buff.mark",
                                           "sk_buff.transport_header",
                                           "sk_buff.pkt_type",
                                           "sk_buff.ip_summed",
                                           "sk_buff.head",
                                           "fs_struct.pwd.dentry"};

/// A C program that prints a line per member whose place is not what the table says.
std::string checker(const LayoutTable& table) {
  std::string text =
      "#include \"vmlinux.h\"\nint printf(const char *, ...);\nvoid *memset(void *, int, unsigned long);\nint "
      "main(void) { int bad = 0;\n";
  for (const auto& [path, place] : table.members) {
    const std::string tag = path.substr(0, path.find('.')), member = path.substr(path.find('.') + 1);
    const std::string at = std::to_string(place.offset), size = std::to_string(place.size);
    if (place.mask == 0) {
      text += "  if (__builtin_offsetof(struct " + tag + ", " + member + ") != " + at + " || sizeof(((struct " + tag +
              " *)0)->" + member + ") != " + size + ") { bad++; printf(\"" + path + "\\n\"); }\n";
      continue;
    }
    // Set all bits of the field in a cleared structure; exactly the masked bits of the unit must be set, nothing else.
    const std::string mask = std::to_string(place.mask) + "ULL", shift = std::to_string(place.shift);
    text += "  { static struct " + tag + " s; s." + member +
            " = -1; unsigned long long unit = 0, all = 0;\n"
            "    for (unsigned i = 0; i < sizeof s; i++) { unsigned char c = ((unsigned char *)&s)[i];\n"
            "      if (i >= " +
            at + " && i < " + at + " + " + size + ") unit |= (unsigned long long)c << (8 * (i - " + at +
            ")); else all |= c; }\n"
            "    if (all || unit != " +
            mask + " << " + shift + ") { bad++; printf(\"" + path + "\\n\"); } }\n";
  }
  return text + "  return bad != 0; }\n";
}

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
}  // namespace

TEST_CASE("every member of this kernel's BTF lies where a C compiler puts it") {
  if (::access(kVmlinux, R_OK) != 0) return burin_test::skip("no kernel BTF");
  if (run("command -v bpftool cc >/dev/null 2>&1") != 0) return burin_test::skip("needs bpftool and a C compiler");
  const auto start = std::chrono::steady_clock::now();
  const auto table = layout_from_btf(kVmlinux, kMembers);
  const auto took = std::chrono::steady_clock::now() - start;
  REQUIRE(table);
  std::cout << table->members.size() << " of " << kMembers.size() << " members in "
            << std::chrono::duration<double, std::milli>(took).count() << " ms; absent:";
  int bitfields = 0;
  for (const auto& member : kMembers)
    if (const auto* place = table->find(member); !place)
      std::cout << " " << member;
    else
      bitfields += place->mask != 0;
  std::cout << std::endl;
  CHECK(table->has_all({"task_struct.tgid", "task_struct.real_parent", "task_struct.comm", "sock.__sk_common.skc_daddr",
                        "sock.__sk_common.skc_num", "mm_struct.exe_file", "cred.euid.val", "file.f_path.dentry"}));
  CHECK(bitfields >= 5);

  std::string name = (fs::temp_directory_path() / "burin-btf-XXXXXX").string();
  const fs::path dir = ::mkdtemp(name.data());
  CHECK(run("cd " + dir.string() + " && bpftool btf dump file " + kVmlinux + " format c > vmlinux.h") == 0);
  // vmlinux.h marks its types for BPF's relocations, which a host compiler does not know.
  const std::string compile_and_run =
      "cd " + dir.string() +
      " && cc -std=gnu11 -w -DBPF_NO_PRESERVE_ACCESS_INDEX -fno-builtin -o check check.c && ./check";
  std::ofstream(dir / "check.c") << checker(*table);
  CHECK(run(compile_and_run) == 0);

  // The checker can tell: one wrong offset and one wrong shift are found.
  LayoutTable wrong = *table;
  wrong.members["task_struct.tgid"].offset += 4;
  wrong.members["task_struct.in_execve"].shift += 1;
  std::ofstream(dir / "check.c") << checker(wrong);
  CHECK(run(compile_and_run +
            " > found; s=$?; grep -qx task_struct.tgid found && grep -qx task_struct.in_execve found && exit $s") == 1);
  fs::remove_all(dir);
}
