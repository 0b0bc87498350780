// Host facts from made-up machines, and a look at the real one.
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "host/host_reader.h"
#include "host/kernel_version.h"
#include "host/mounts.h"
#include "unit/host/fake_root.h"

using namespace burin;

namespace {
constexpr std::uint32_t version(unsigned a, unsigned b, unsigned c) {
  return (a << 16) + (b << 8) + c;
}

const char* const kMountinfo =
    "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "26 24 0:5 / /proc rw,nosuid - proc proc rw\n"
    "30 24 0:24 / /sys rw shared:7 - sysfs sysfs rw\n"
    "36 30 0:33 /../.. /mnt/part\\040of\\011it rw shared:3 master:2 - cgroup2 cgroup2 rw\n"
    "38 30 0:34 / /sys/fs/cgroup/unified rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    "40 30 0:12 / /sys/kernel/debug/tracing rw - tracefs tracefs rw\n"
    "41 30 0:12 / /sys/kernel/tracing rw - tracefs tracefs rw\n"
    "broken line\n";

void make_machine(FakeRoot& root) {
  root.write("/proc/sys/kernel/osrelease", "6.1.0-26-amd64\n");
  root.write("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)\n");
  root.write("/proc/sys/kernel/arch", "x86_64\n");
  root.write("/proc/sys/kernel/hostname", "lab-7\n");
  root.write("/proc/sys/kernel/random/boot_id", "89923997-86e6-4d49-b37c-66d4179e1ed6\n");
  root.write("/proc/sys/kernel/perf_event_paranoid", "-1\n");
  root.write("/proc/sys/kernel/kptr_restrict", "2\n");
  root.write("/proc/self/mountinfo", kMountinfo);
  root.write("/sys/devices/system/cpu/possible", "0-3,8-11\n");
  root.write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  root.write("/sys/kernel/btf/vmlinux", "x");
  root.write(
      "/sys/kernel/tracing/events/task/task_newtask/format",
      "name: task_newtask\nID: 97\nformat:\n\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"x\"\n");
  root.write("/proc/kallsyms",
             "0000000000000000 T tcp_connect\n0000000000000000 t helper.isra.0\n0000000000000000 D a_variable\n"
             "0000000000000000 t nf_hook\t[nf_tables]\n");
}
}  // namespace

TEST_CASE("the real kernel version of each distribution") {
  CHECK(kernel_version_code("6.18.44-fc-v595", "#1 SMP PREEMPT_DYNAMIC @0", "") == version(6, 18, 44));
  CHECK(kernel_version_code("6.1.0-49-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-08-14)", "") ==
        version(6, 1, 192));
  CHECK(kernel_version_code("5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
                            "Ubuntu 5.15.0-91.101-generic 5.15.131\n") == version(5, 15, 131));
  CHECK(kernel_version_code("4.19.325", "", "") == version(4, 19, 255));  // LINUX_VERSION_CODE holds at 255
  CHECK(kernel_version_code("5.10-rc1", "Debian bogus", "one two") == version(5, 10, 0));
  CHECK(kernel_version_code("6.6.15+rpt", "", "") == version(6, 6, 15));
  CHECK(kernel_version_code("unknown", "", "") == 0);
  CHECK(kernel_version_code("", "", "") == 0);
}

TEST_CASE("facts of a made-up Debian host") {
  FakeRoot root;
  make_machine(root);
  ::unsetenv("HUBBLE_NODE_NAME");
  ::unsetenv("NODE_NAME");
  const HostFacts host =
      read_host(root.path(), {"task:task_newtask", "task:no_such", "no_colon", "../..:format", "task:../task_newtask"});
  CHECK(host.release == "6.1.0-26-amd64");
  CHECK(host.version_code == version(6, 1, 112));
  CHECK(host.arch == "x86_64");
  CHECK(host.node_name == "lab-7");
  CHECK(host.boot_id == "89923997-86e6-4d49-b37c-66d4179e1ed6");
  CHECK(host.possible_cpus == 12);  // highest number plus one
  CHECK(host.has_btf);
  CHECK(host.tracefs == "/sys/kernel/tracing");
  CHECK(host.cgroup2 == "/sys/fs/cgroup/unified");
  CHECK(host.lockdown == "integrity");
  CHECK(host.perf_event_paranoid == -1);
  CHECK(host.kptr_restrict == 2);
  REQUIRE(host.tracepoints.size() == 1);
  CHECK(host.tracepoints.at("task:task_newtask").id == 97);
}

TEST_CASE("a host that shows nothing leaves defaults") {
  FakeRoot root;
  const HostFacts host = read_host(root.path(), {"task:task_newtask"});
  CHECK(host.release.empty());
  CHECK(host.version_code == 0);
  CHECK_FALSE(host.arch.empty());  // uname
  CHECK(host.possible_cpus == 1);
  CHECK_FALSE(host.has_btf);
  CHECK(host.tracefs.empty());
  CHECK(host.cgroup2.empty());
  CHECK(host.lockdown.empty());
  CHECK(host.tracepoints.empty());
  CHECK_FALSE(has_kernel_symbol(root.path(), "tcp_connect"));
}

TEST_CASE("the node name: environment first") {
  FakeRoot root;
  make_machine(root);
  ::setenv("NODE_NAME", "from-node", 1);
  CHECK(read_host(root.path(), {}).node_name == "from-node");
  ::setenv("HUBBLE_NODE_NAME", "from-hubble", 1);
  CHECK(read_host(root.path(), {}).node_name == "from-hubble");
  ::setenv("HUBBLE_NODE_NAME", "", 1);
  CHECK(read_host(root.path(), {}).node_name == "from-node");
  ::unsetenv("HUBBLE_NODE_NAME");
  ::unsetenv("NODE_NAME");
}

TEST_CASE("mounts: escapes, optional fields, preference") {
  const auto mounts = parse_mountinfo(kMountinfo);
  REQUIRE(mounts.size() == 7);
  CHECK(mounts[3].point == "/mnt/part of\tit");
  CHECK(mounts[3].type == "cgroup2");
  CHECK(find_mount(mounts, "cgroup2") == "/sys/fs/cgroup/unified");
  CHECK(find_mount(mounts, "tracefs") == "/sys/kernel/debug/tracing");
  CHECK(find_mount(mounts, "tracefs", {"/sys/kernel/tracing"}) == "/sys/kernel/tracing");
  CHECK(find_mount({mounts[3]}, "cgroup2") == "/mnt/part of\tit");
  CHECK(find_mount(mounts, "bpf").empty());
}

TEST_CASE("tracefs below debugfs is found before it is in the mount table") {
  FakeRoot root;
  root.write("/sys/kernel/debug/tracing/events/task/task_newtask/format",
             "ID: 97\n\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n");
  const HostFacts host = read_host(root.path(), {"task:task_newtask"});
  CHECK(host.tracefs == "/sys/kernel/debug/tracing");
  CHECK(host.tracepoints.count("task:task_newtask") == 1);
}

TEST_CASE("kernel symbols: functions only, whole names, modules too") {
  FakeRoot root;
  make_machine(root);
  CHECK(has_kernel_symbol(root.path(), "tcp_connect"));
  CHECK(has_kernel_symbol(root.path(), "helper.isra.0"));
  CHECK(has_kernel_symbol(root.path(), "nf_hook"));
  CHECK_FALSE(has_kernel_symbol(root.path(), "tcp_conn"));
  CHECK_FALSE(has_kernel_symbol(root.path(), "connect"));
  CHECK_FALSE(has_kernel_symbol(root.path(), "a_variable"));
  CHECK_FALSE(has_kernel_symbol(root.path(), ""));
}

TEST_CASE("this machine agrees with uname and sysconf") {
  const HostFacts host = read_host("/", {});
  utsname names{};
  REQUIRE(::uname(&names) == 0);
  CHECK(host.release == names.release);
  CHECK(host.arch == names.machine);
  CHECK(host.possible_cpus >= static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  CHECK(host.page_size == static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)));
  CHECK(host.version_code >= version(4, 0, 0));
  CHECK(host.boot_id.size() == 36);
}
