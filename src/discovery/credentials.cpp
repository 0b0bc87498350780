#include "discovery/credentials.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "discovery/override_credentials.h"
#include "discovery/proc_facts.h"

namespace burin {
namespace {

/// Ids in use by nobody; the sets differ in every id.
constexpr std::uint32_t kFirstId = 1'936'000'001, kVariantStep = 4096;

std::size_t user_namespace_size(KernelMemory& memory) {
  return memory.object_size("user_namespace", 512);
}

struct CapabilitySets {
  std::uint64_t effective, permitted, inheritable;
};

bool get_capabilities(CapabilitySets& out) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  out = {data[0].effective | std::uint64_t{data[1].effective} << 32,
         data[0].permitted | std::uint64_t{data[1].permitted} << 32,
         data[0].inheritable | std::uint64_t{data[1].inheritable} << 32};
  return true;
}

bool set_capabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int i = 0; i < 2; ++i) {
    data[i].effective = static_cast<__u32>(sets.effective >> 32 * i);
    data[i].permitted = static_cast<__u32>(sets.permitted >> 32 * i);
    data[i].inheritable = static_cast<__u32>(sets.inheritable >> 32 * i);
  }
  return ::syscall(SYS_capset, &header, data) == 0;
}

/// Three different sets, which differ from those of the other variant.
void pose_capabilities(unsigned variant, Credentials& out) {
  CapabilitySets sets{};
  if (!get_capabilities(sets)) return;
  const auto drop_lowest = [](std::uint64_t set, unsigned count) {
    for (unsigned i = 0; i < count; ++i) set &= set - 1;
    return set;
  };
  sets.permitted = drop_lowest(sets.permitted, 1 + variant);
  sets.effective = drop_lowest(sets.permitted, 2 + variant);
  sets.inheritable = sets.permitted & ~drop_lowest(sets.permitted, 3 + variant);
  if (!set_capabilities(sets) || !get_capabilities(sets)) return;
  out.inheritable = sets.inheritable;
  out.permitted = sets.permitted;
  out.effective = sets.effective;
}

bool set_ids(std::uint32_t first, Credentials& out) {
  if (::syscall(SYS_setresgid, first, first + 1, first + 2) != 0) return false;
  ::syscall(SYS_setfsgid, first + 3);
  if (::syscall(SYS_setresuid, first + 8, first + 9, first + 10) != 0) return false;
  ::syscall(SYS_setfsuid, first + 11);
  if (::syscall(SYS_getresgid, &out.gid, &out.egid, &out.sgid) != 0) return false;
  if (::syscall(SYS_getresuid, &out.uid, &out.euid, &out.suid) != 0) return false;
  // An invalid id changes nothing and tells the present one.
  out.fsgid = static_cast<std::uint32_t>(::syscall(SYS_setfsgid, -1));
  out.fsuid = static_cast<std::uint32_t>(::syscall(SYS_setfsuid, -1));
  return true;
}

bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const std::size_t length = std::char_traits<char>::length(text);
  const bool written = ::write(fd, text, length) == static_cast<ssize_t>(length);
  ::close(fd);
  return written;
}

/// The member's place is where both threads have the value that they gave themselves.
template <class T>
void find_member(const char* path, T Credentials::*member, const std::vector<std::pair<Bytes, const Credentials*>>& in,
                 Findings& findings) {
  std::vector<Sight<T>> sights;
  for (const auto& [bytes, truth] : in) {
    if (truth->*member == 0) return;
    sights.push_back({bytes, truth->*member});
  }
  if (in[0].second->*member == in[1].second->*member) return;
  // Capability sets are two words of 32 bits before 6.3, and aligned like them.
  findings.accept_one(path, agreeing(sights, SIZE_MAX, 4), sizeof(T),
                      "two threads with values of their own, as the kernel told them");
}

bool holds_ids(const Bytes& cred, const Credentials& truth) {
  return !agreeing<std::uint32_t>({{cred, truth.euid}}).empty() &&
         !agreeing<std::uint32_t>({{cred, truth.sgid}}).empty();
}

}  // namespace

std::size_t cred_size(KernelMemory& memory) {
  return memory.object_size("cred", memory.object_size("cred_jar", 176));
}

bool pose_credentials(unsigned variant, Credentials& out) {
  out = {};
  // Capabilities stay when the ids go. The second bit is only there to be found.
  const unsigned long bits = SECBIT_NO_SETUID_FIXUP | (variant == 1 ? SECBIT_NO_CAP_AMBIENT_RAISE : SECBIT_NOROOT);
  if (::prctl(PR_SET_SECUREBITS, bits) == 0) out.securebits = static_cast<std::uint32_t>(::prctl(PR_GET_SECUREBITS));
  if (!set_ids(kFirstId + variant * kVariantStep, out)) return false;
  if (out.securebits) pose_capabilities(variant, out);
  return true;
}

void pose_user_namespace(unsigned variant, bool nested, ChildReport& out) {
  Credentials ids{};
  ::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
  if (!set_ids(kFirstId + 8 * kVariantStep + variant * kVariantStep, ids)) return;
  ::syscall(SYS_setfsgid, ids.egid);  // they decide who may write the files below
  ::syscall(SYS_setfsuid, ids.euid);
  if (::unshare(CLONE_NEWUSER) != 0) return;
  ::prctl(PR_SET_DUMPABLE, 1);  // else the files below would belong to root
  std::uint32_t level = 1;
  if (nested) {
    char map[32];
    std::snprintf(map, sizeof map, "0 %u 1", ids.euid);
    bool mapped = write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", map);
    std::snprintf(map, sizeof map, "0 %u 1", ids.egid);
    mapped = mapped && write_text("/proc/self/gid_map", map);
    if (mapped && ::unshare(CLONE_NEWUSER) == 0) level = 2;
  }
  out.user_ns_inode = namespace_inode("/proc/self/ns/user");
  out.user_ns_level = level;
  out.user_ns_owner = ids.euid;
  out.user_ns_group = ids.egid;
}

void find_credentials(KernelPeek& peek, KernelMemory& memory, const std::vector<Posed>& posed, Findings& findings) {
  if (posed.size() < 2) return;
  const auto fits = [&](std::uint32_t offset) {
    return std::ranges::all_of(posed, [&](const Posed& p) {
      const std::uint64_t cred = p.subject.task.pointer(offset);
      return memory.plausible(cred) && holds_ids(memory.at(cred, cred_size(memory)), p.truth);
    });
  };
  const Offsets both = words_where(posed[0].subject.task, [&](std::uint32_t o, std::uint64_t) { return fits(o); });
  if (both.empty()) return;
  std::vector<std::pair<Bytes, const Credentials*>> creds;
  for (const auto& p : posed)
    creds.emplace_back(memory.at(p.subject.task.pointer(both[0]), cred_size(memory)), &p.truth);
  find_member("cred.uid", &Credentials::uid, creds, findings);
  find_member("cred.gid", &Credentials::gid, creds, findings);
  find_member("cred.euid", &Credentials::euid, creds, findings);
  find_member("cred.egid", &Credentials::egid, creds, findings);
  find_member("cred.suid", &Credentials::suid, creds, findings);
  find_member("cred.sgid", &Credentials::sgid, creds, findings);
  find_member("cred.fsuid", &Credentials::fsuid, creds, findings);
  find_member("cred.fsgid", &Credentials::fsgid, creds, findings);
  find_member("cred.securebits", &Credentials::securebits, creds, findings);
  find_member("cred.cap_inheritable", &Credentials::inheritable, creds, findings);
  find_member("cred.cap_permitted", &Credentials::permitted, creds, findings);
  find_member("cred.cap_effective", &Credentials::effective, creds, findings);
  tell_cred_from_real_cred(peek, memory, both, findings);
}

void find_user_namespace(KernelMemory& memory, const Subject& thread,
                         const std::vector<std::pair<const Subject*, const ChildReport*>>& children,
                         Findings& findings) {
  const auto real_cred = findings.offset("task_struct.real_cred");
  if (!real_cred || children.size() < 2) return;
  for (const auto& [subject, report] : children)
    if (!report->user_ns_inode) return;
  // Behind the credentials, a namespace with the inode number that /proc shows: of two children and of this process.
  const std::size_t window = user_namespace_size(memory);
  const std::uint32_t own = namespace_inode("/proc/self/ns/user");
  const auto has = [](std::uint32_t inode) -> Fits {
    return [inode](const Bytes& target, std::uint32_t offset) { return target.holds(offset, inode); };
  };
  const auto cred_of = [&](const Subject& s) { return memory.at(s.task.pointer(*real_cred), cred_size(memory)); };
  const Bytes cred = cred_of(thread);
  auto pairs = pointed_at(memory, cred, pointers_in(memory, cred), window, 4, has(own));
  for (const auto& [subject, report] : children)
    pairs = still_pointed_at(memory, cred_of(*subject), std::move(pairs), has(report->user_ns_inode));
  if (pairs.size() != 1) return;
  constexpr char kHow[] = "inode numbers of /proc/PID/ns/user, here and in two children with namespaces of their own";
  findings.accept("cred.user_ns", pairs[0].pointer, 8, kHow);
  findings.accept("user_namespace.ns.inum", pairs[0].member, 4, kHow);

  std::vector<Bytes> spaces{memory.at(cred.pointer(pairs[0].pointer), window)};
  for (const auto& child : children)
    spaces.push_back(memory.at(cred_of(*child.first).pointer(pairs[0].pointer), window));
  const auto member = [&](const char* path, std::uint32_t ChildReport::*value, const char* how) {
    std::vector<Sight<std::uint32_t>> sights{{spaces[0], 0}};
    for (std::size_t i = 0; i < children.size(); ++i) sights.push_back({spaces[i + 1], children[i].second->*value});
    if (distinct(std::vector{children[0].second->*value, children[1].second->*value}))
      findings.accept_one(path, agreeing(sights), 4, how);
  };
  // The first namespace is level 0 and root's; one that contains us says otherwise, and then nothing agrees.
  member("user_namespace.level", &ChildReport::user_ns_level, "0 of ours, 1 of a child's, 2 of one inside such a one");
  member("user_namespace.owner", &ChildReport::user_ns_owner,
         "root of ours, the effective ids of two children that made theirs");
  member("user_namespace.group", &ChildReport::user_ns_group,
         "root of ours, the effective ids of two children that made theirs");
}

}  // namespace burin
