// What this host offers, found by looking and trying, never by version numbers.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/kernel_feature.h"
#include "model/task_facts.h"

namespace burin {

/// One field of a tracepoint's tracefs `format` file.
struct TracepointField {
  std::string name;
  std::string type;  ///< C type as the file has it, for people
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  bool is_signed = false;
  bool data_loc = false;  ///< __data_loc: u32, low 16 bits offset, high 16 bits length
};

struct TracepointFormat {
  std::uint64_t id = 0;  ///< perf event config
  std::vector<TracepointField> fields;
  const TracepointField* find(const std::string& name) const;
};

/// The answer of one trial: works, or why not.
struct Trial {
  bool works = false;
  std::string reason;  ///< errno text and what was tried, when it does not work
};

struct HostFacts {
  std::string release;             ///< uname -r
  std::uint32_t version_code = 0;  ///< KERNEL_VERSION(a,b,c) of the real kernel, distribution quirks resolved
  std::string arch;                ///< uname -m
  std::string node_name;           ///< HUBBLE_NODE_NAME, NODE_NAME or the host name
  std::string boot_id;
  std::string build_id;  ///< of the kernel, lower-case hexadecimal; empty when it does not say
  std::uint32_t possible_cpus = 1;
  std::uint32_t page_size = 4096;
  bool has_btf = false;  ///< /sys/kernel/btf/vmlinux is readable
  std::string tracefs;   ///< mount point, empty if none
  std::string cgroup2;   ///< mount point of a cgroup2 hierarchy, empty if none
  std::string lsms;      ///< active security modules ("lockdown,yama,bpf"); empty when the kernel does not say
  std::string lockdown;  ///< none, integrity, confidentiality, or empty when the kernel does not say
  int perf_event_paranoid = 0;
  int kptr_restrict = 0;
  std::map<std::string, TracepointFormat> tracepoints;  ///< "sock:inet_sock_set_state" -> format; only those asked for
  /// Inode numbers of the host's namespaces, by NamespaceKind; 0 = not known.
  std::array<std::uint32_t, kNamespaceKinds> host_namespaces{};
  Trial bpf_load;         ///< a two-instruction tracepoint program loads
  Trial kprobe;           ///< a two-instruction kprobe program loads and attaches
  Trial attach_cookie;    ///< probes that are perf events may have a cookie (5.15): one program, many places
  Trial override_return;  ///< a kprobe program that calls bpf_override_return loads
  Trial write_user;       ///< a kprobe program that calls bpf_probe_write_user loads
  Trial sock_ops;         ///< a small sock_ops program loads and attaches to the cgroup2 root
  /// Features that the kernel does not have, and why not: a sentence. What is not named is there.
  std::map<KernelFeature, std::string> lacks;
};

}  // namespace burin
