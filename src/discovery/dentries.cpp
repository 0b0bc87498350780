#include "discovery/dentries.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "discovery/proc_facts.h"

namespace burin {
namespace {

constexpr std::size_t kInodeWindow = 512;  // every file system has more in its own

/// Longer than what fits into a dentry itself (at most 40 bytes), so that the name is stored elsewhere.
constexpr char kLongName[] = "burin-layout-discovery-with-a-name-that-does-not-fit-into-a-dentry";

std::size_t dentry_size(KernelMemory& memory) {
  return memory.object_size("dentry", 192);
}

bool add_directory(std::vector<NamedFile>& files, const std::string& path, std::string name, int parent) {
  NamedFile file;
  file.fd.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!file.fd || ::fstat(file.fd.get(), &info) != 0) return false;
  file.name = std::move(name);
  file.parent = parent;
  file.mode = static_cast<std::uint16_t>(info.st_mode);
  files.push_back(std::move(file));
  return true;
}

void add_memory_file(std::vector<NamedFile>& files, const char* name, mode_t mode) {
  NamedFile file;
  file.fd.reset(static_cast<int>(::syscall(SYS_memfd_create, name, MFD_CLOEXEC)));
  if (!file.fd || ::fchmod(file.fd.get(), mode) != 0) return;
  file.name = std::string("memfd:") + name;
  file.mode = static_cast<std::uint16_t>(S_IFREG | mode);
  file.hashed = false;
  files.push_back(std::move(file));
}

/// Where a name is: the dentry in struct file, and pointer and length in the dentry.
struct NamePlace {
  std::uint32_t dentry, text, length;
};

bool is_named(KernelMemory& memory, std::uint64_t dentry, const NamePlace& place, const std::string& name) {
  if (!memory.plausible(dentry)) return false;
  const Bytes bytes = memory.at(dentry, dentry_size(memory));
  const std::uint64_t text = bytes.pointer(place.text);
  return bytes.holds(place.length, static_cast<std::uint32_t>(name.size())) && memory.plausible(text & ~7ull) &&
         memory.text(text) == name;
}

std::vector<NamePlace> name_places(KernelMemory& memory, const Bytes& file, const std::string& name) {
  std::vector<NamePlace> out;
  for (const std::uint32_t in_file : pointers_in(memory, file)) {
    const Bytes dentry = memory.at(file.pointer(in_file), dentry_size(memory));
    const Offsets lengths = agreeing<std::uint32_t>({{dentry, static_cast<std::uint32_t>(name.size())}});
    if (lengths.empty()) continue;
    for (std::uint32_t text = 0; text + 8 <= dentry.size(); text += 8) {
      if (!memory.plausible(dentry.pointer(text) & ~7ull) || memory.text(dentry.pointer(text)) != name) continue;
      for (const std::uint32_t length : lengths) out.push_back({in_file, text, length});
    }
  }
  return out;
}

void find_parent(const std::vector<NamedFile>& files, const std::vector<Bytes>& dentries, Findings& findings) {
  std::vector<Sight<std::uint64_t>> sights;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (files[i].parent >= 0)
      sights.push_back({dentries[i], dentries[static_cast<std::size_t>(files[i].parent)].address()});
  if (sights.size() < 3) return;
  findings.accept_one("dentry.d_parent", agreeing(sights), 8,
                      "the dentries of opened directories, for entries of two directories");
}

/// The inode is what file and dentry both point to, in each of the files.
void find_inode(KernelMemory& memory, const std::vector<NamedFile>& named, const std::vector<Bytes>& files,
                const std::vector<Bytes>& dentries, Findings& findings) {
  Offsets candidates;
  for (const std::uint32_t in_dentry : pointers_in(memory, dentries[0])) {
    for (const std::uint32_t in_file : pointers_in(memory, files[0])) {
      bool all = true;
      for (std::size_t i = 0; all && i < files.size(); ++i)
        all = memory.plausible(dentries[i].pointer(in_dentry)) &&
              dentries[i].pointer(in_dentry) == files[i].pointer(in_file);
      if (all) candidates.push_back(in_dentry);
    }
  }
  if (candidates.size() != 1) return;
  std::vector<Bytes> inodes;
  for (const Bytes& dentry : dentries) inodes.push_back(memory.at(dentry.pointer(candidates[0]), kInodeWindow));
  std::vector<Sight<std::uint16_t>> modes;
  for (std::size_t i = 0; i < inodes.size(); ++i) modes.push_back({inodes[i], named[i].mode});
  const Offsets mode = agreeing(modes);
  if (mode.size() != 1) return;
  findings.accept("dentry.d_inode", candidates[0], 8,
                  "what struct file points to as well; it has the modes of fstat()");
  findings.accept("inode.i_mode", mode[0], 2, "fstat() of directories and of files with modes of our own");
}

/// Longest list of a directory's entries, or hash chain, that is followed.
constexpr int kLinks = 256;

/// True when the links back lead to the parent: then this is the list of the parent's entries, not a hash chain.
bool leads_to_parent(KernelMemory& memory, std::uint64_t back, std::uint64_t parent) {
  for (int i = 0; i < kLinks; ++i) {
    if (back >= parent && back < parent + dentry_size(memory)) return true;
    const std::uint64_t next = memory.pointer_at(back + 8);
    // The head of a chain is no entry: what follows it is another head.
    if (!memory.plausible(next) || (memory.pointer_at(next) & ~1ull) != back) return false;
    back = next;
  }
  return true;
}

/// The link back to whatever points to this entry of a hash chain.
void find_hash_link(KernelMemory& memory, const std::vector<NamedFile>& named, const std::vector<Bytes>& dentries,
                    Findings& findings) {
  constexpr std::uint64_t kLockBit = 1;  // of the chain, in the word that points to its first entry
  const Offsets candidates = words_where(
      dentries[0],
      [&](std::uint32_t offset, std::uint64_t) {
        for (std::size_t i = 0; i < dentries.size(); ++i) {
          const std::uint64_t back = dentries[i].pointer(offset);
          if (!named[i].hashed) {
            if (back != 0) return false;
          } else if (i > 0) {  // the root of a file system is in no chain
            if (offset < 8 || (memory.pointer_at(back) & ~kLockBit) != dentries[i].address() + offset - 8) return false;
            const Bytes& parent = dentries[static_cast<std::size_t>(named[i].parent)];
            if (leads_to_parent(memory, back, parent.address())) return false;
          }
        }
        return true;
      },
      dentry_size(memory));
  findings.accept_one("dentry.d_hash.pprev", candidates, 8,
                      "leads back to the dentry, where it can be looked up; null where it cannot");
}

}  // namespace

std::vector<NamedFile> open_named_files() {
  std::vector<NamedFile> files;
  const std::string pid = link_target("/proc/self");
  if (pid.empty() || !add_directory(files, "/proc", "/", -1) || !add_directory(files, "/proc/" + pid, pid, 0))
    return {};
  for (const char* name : {"task", "fdinfo", "ns"}) add_directory(files, "/proc/self/" + std::string(name), name, 1);
  add_memory_file(files, "burin-layout", 0153);
  add_memory_file(files, kLongName, 0624);
  return files;
}

std::optional<DentryPlace> find_dentries(KernelMemory& memory, const Subject& thread,
                                         const std::vector<NamedFile>& named, Findings& findings) {
  std::vector<Bytes> files;
  for (const auto& n : named) {
    const std::uint64_t file = file_of(memory, thread, n.fd.get(), findings);
    if (!file) return std::nullopt;
    files.push_back(memory.at(file, file_size(memory)));
  }
  if (files.size() < 5) return std::nullopt;
  std::vector<NamePlace> places = name_places(memory, files.back(), named.back().name);
  for (std::size_t i = 0; i < named.size(); ++i)
    std::erase_if(places, [&](const NamePlace& place) {
      return !is_named(memory, files[i].pointer(place.dentry), place, named[i].name);
    });
  if (places.size() != 1) return std::nullopt;
  std::vector<Bytes> dentries;
  for (const Bytes& file : files) dentries.push_back(memory.at(file.pointer(places[0].dentry), dentry_size(memory)));
  // struct qstr is { hash, len } in one word, then the name; on a big-endian machine the length comes first.
  constexpr std::uint32_t kLength = std::endian::native == std::endian::little ? 4 : 0;
  const std::uint32_t start = places[0].length - kLength;
  if (places[0].text == start + 8) {
    constexpr char kHow[] = "names of opened directories and of files in memory, short and long, with their lengths";
    findings.accept("dentry.d_name", start, 16, kHow);
    findings.accept("qstr.name", 8, 8, kHow);
    findings.accept("qstr.len", kLength, 4, kHow);
  }
  find_parent(named, dentries, findings);
  find_inode(memory, named, files, dentries, findings);
  find_hash_link(memory, named, dentries, findings);
  return DentryPlace{places[0].dentry};
}

}  // namespace burin
