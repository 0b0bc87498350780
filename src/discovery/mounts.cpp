#include "discovery/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <sstream>

#include "discovery/proc_facts.h"

namespace burin {
namespace {

constexpr std::size_t kMostMounts = 12;
/// File systems in memory: to open their root waits for no disk and no server, and mounts nothing.
constexpr const char* kQuickTypes[] = {"proc",   "sysfs", "tmpfs",      "devtmpfs", "devpts", "cgroup",   "cgroup2",
                                       "mqueue", "ramfs", "securityfs", "debugfs",  "bpf",    "configfs", "tracefs"};
/// struct vfsmount is the fourth member of struct mount, which has about 400 bytes.
constexpr std::uint32_t kBefore = 256, kAfter = 256;

/// A path in the kernel.
struct Spot {
  std::uint64_t mnt = 0, dentry = 0;
};

std::optional<Spot> spot_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings) {
  const auto path = findings.offset("file.f_path"), mnt = findings.offset("path.mnt"),
             dentry = findings.offset("path.dentry");
  const std::uint64_t file = file_of(memory, thread, fd, findings);
  if (!path || !mnt || !dentry || !file) return std::nullopt;
  return Spot{memory.pointer_at(file + *path + *mnt), memory.pointer_at(file + *path + *dentry)};
}

std::uint32_t mount_id_of(int fd) {
  const std::string text = proc_text("/proc/self/fdinfo/" + std::to_string(fd));
  const auto at = text.find("mnt_id:");
  return at == std::string::npos ? 0 : static_cast<std::uint32_t>(std::strtoul(text.c_str() + at + 7, nullptr, 10));
}

/// f_path is where, beside the dentry, stands what points to the root of the file's mount.
void find_path(KernelMemory& memory, const std::vector<Bytes>& roots, std::uint32_t dentry, Findings& findings) {
  struct Candidate {
    std::uint32_t mnt, root;
  };
  std::vector<Candidate> candidates;
  for (const std::uint32_t mnt : {dentry - 8, dentry + 8})
    for (std::uint32_t root = 0; root < 64; root += 8)
      if (std::ranges::all_of(roots, [&](const Bytes& file) {
            return memory.plausible(file.pointer(mnt)) &&
                   memory.pointer_at(file.pointer(mnt) + root) == file.pointer(dentry);
          }))
        candidates.push_back({mnt, root});
  if (candidates.size() != 1) return;
  const std::uint32_t start = std::min(dentry, candidates[0].mnt);
  constexpr char kHow[] = "dentries by their names; the mounts beside them have the roots of opened mount points";
  findings.accept("file.f_path", start, 16, kHow);
  findings.accept("path.mnt", candidates[0].mnt - start, 8, kHow);
  findings.accept("path.dentry", dentry - start, 8, kHow);
  findings.accept("vfsmount.mnt_root", candidates[0].root, 8, "the dentries of several opened mount points");
}

/// One mount, the one that it is mounted on, and the directory that it is mounted in.
struct Mounted {
  Bytes around;  ///< memory around its struct vfsmount, which is at kBefore
  std::uint64_t parent;
  std::uint64_t directory;
  std::string name;
};

/// Where mount.mnt_parent is, counted from `around`: it points to a struct mount, so as far before the parent's
/// vfsmount as the vfsmount lies in there.
struct ParentPlace {
  std::uint32_t at, mnt;
};
std::vector<ParentPlace> parent_places(const std::vector<Mounted>& mounted) {
  std::vector<ParentPlace> out;
  for (std::uint32_t at = 0; at < kBefore + kAfter; at += 8) {
    const std::uint64_t inside = mounted[0].parent - mounted[0].around.pointer(at);
    if (inside >= kBefore || inside + at < kBefore) continue;
    if (std::ranges::all_of(mounted, [&](const Mounted& m) { return m.parent - m.around.pointer(at) == inside; }))
      out.push_back({at, static_cast<std::uint32_t>(inside)});
  }
  return out;
}

void find_mount(KernelMemory& memory, const std::vector<Mounted>& mounted, Findings& findings) {
  const auto up = findings.offset("dentry.d_parent"), name = findings.offset("dentry.d_name"),
             text = findings.offset("qstr.name");
  if (mounted.size() < 2 || !up || !name || !text) return;
  const Offsets points = words_where(mounted[0].around, [&](std::uint32_t offset, std::uint64_t) {
    return std::ranges::all_of(mounted, [&](const Mounted& m) {
      const std::uint64_t dentry = m.around.pointer(offset);
      return memory.plausible(dentry) && memory.pointer_at(dentry + *up) == m.directory &&
             memory.text(memory.pointer_at(dentry + *name + *text)) == m.name;
    });
  });
  const auto parents = parent_places(mounted);
  if (parents.size() != 1 || points.size() != 1) return;
  const std::uint32_t mnt = parents[0].mnt;
  constexpr char kHow[] = "parent mounts of /proc/self/mountinfo, for several mounts with one distance";
  findings.accept("mount.mnt", mnt, 0, kHow);
  findings.accept("mount.mnt_parent", parents[0].at + mnt - kBefore, 8, kHow);
  findings.accept("mount.mnt_mountpoint", points[0] + mnt - kBefore, 8,
                  "dentries with the names of mount points, in the opened directories that these are in");
}

}  // namespace

std::vector<OpenMount> open_mounts() {
  std::vector<OpenMount> out;
  std::istringstream lines(proc_text("/proc/self/mountinfo"));
  std::string line;
  while (out.size() < kMostMounts && std::getline(lines, line)) {
    std::istringstream words(line);
    OpenMount mount;
    std::string device, root;
    if (!(words >> mount.id >> mount.parent >> device >> root >> mount.point)) continue;
    if (mount.point.find('\\') != std::string::npos) continue;  // an escaped blank
    const auto dash = line.find(" - ");
    const std::string type =
        dash == std::string::npos ? "" : line.substr(dash + 3, line.find(' ', dash + 3) - dash - 3);
    if (mount.point != "/" && std::ranges::find(kQuickTypes, type) == std::end(kQuickTypes)) continue;
    mount.root.reset(::open(mount.point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!mount.root || mount_id_of(mount.root.get()) != mount.id) continue;  // mounted over
    if (mount.point != "/")
      mount.directory.reset(
          ::open(mount.point.substr(0, mount.point.rfind('/') + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    out.push_back(std::move(mount));
  }
  return out;
}

void find_mounts(KernelMemory& memory, const Subject& thread, const std::vector<OpenMount>& mounts,
                 const DentryPlace& dentry, Findings& findings) {
  std::vector<Bytes> roots;
  for (const auto& mount : mounts)
    if (const std::uint64_t file = file_of(memory, thread, mount.root.get(), findings))
      roots.push_back(memory.at(file, file_size(memory)));
  if (roots.size() < 2) return;
  find_path(memory, roots, dentry.in_file, findings);
  std::vector<Mounted> mounted;
  for (const auto& mount : mounts) {
    const auto parent = std::ranges::find_if(mounts, [&](const OpenMount& m) { return m.id == mount.parent; });
    if (parent == mounts.end() || parent->point == mount.point || !mount.directory) continue;
    const auto spot = spot_of(memory, thread, mount.root.get(), findings),
               above = spot_of(memory, thread, parent->root.get(), findings),
               directory = spot_of(memory, thread, mount.directory.get(), findings);
    if (!spot || !above || !directory || above->mnt != directory->mnt) continue;
    mounted.push_back(
        {memory.at(spot->mnt - kBefore, kBefore + kAfter), above->mnt, directory->dentry, base_name(mount.point)});
  }
  find_mount(memory, mounted, findings);
}

bool pose_whereabouts(const Whereabouts& where) {
  return ::unshare(CLONE_FS) == 0 && ::fchdir(where.root) == 0 && ::chroot(".") == 0 && ::fchdir(where.directory) == 0;
}

void find_whereabouts(KernelMemory& memory, const Subject& thread, const std::vector<Resident>& residents,
                      Findings& findings) {
  const auto mnt = findings.offset("path.mnt"), dentry = findings.offset("path.dentry");
  if (residents.size() < 2 || !mnt || !dentry) return;
  const auto search = [&](int Whereabouts::*which) {
    std::vector<PointedAt> pairs;
    for (std::size_t i = 0; i < residents.size(); ++i) {
      const auto spot = spot_of(memory, thread, residents[i].where.*which, findings);
      if (!spot) return std::vector<PointedAt>();
      const Fits is_there = [&](const Bytes& fs, std::uint32_t offset) {
        return fs.holds(offset + *mnt, spot->mnt) && fs.holds(offset + *dentry, spot->dentry);
      };
      const Bytes& task = residents[i].subject.task;
      pairs = i == 0
                  ? pointed_at(memory, task, pointers_in(memory, task), memory.object_size("fs_cache", 56), 8, is_there)
                  : still_pointed_at(memory, task, std::move(pairs), is_there);
    }
    return pairs;
  };
  const auto root = search(&Whereabouts::root), pwd = search(&Whereabouts::directory);
  if (root.size() != 1 || pwd.size() != 1 || root[0].pointer != pwd[0].pointer) return;
  constexpr char kHow[] = "opened directories that two threads made their root and working directory";
  findings.accept("task_struct.fs", root[0].pointer, 8, kHow);
  findings.accept("fs_struct.root", root[0].member, 16, kHow);
  findings.accept("fs_struct.pwd", pwd[0].member, 16, kHow);
}

}  // namespace burin
