#include "discovery/files.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "discovery/proc_facts.h"

namespace burin {
namespace {

/// The way from a task to its array of files.
struct Way {
  std::uint32_t files, table, size, array;
  friend bool operator==(const Way&, const Way&) = default;
};

constexpr std::size_t kFilesWindow = 256, kTableWindow = 64;

bool leads_to_files(KernelMemory& memory, const Bytes& table, const Way& way, const FileTable& truth) {
  if (!table.holds(way.size, truth.size)) return false;
  const std::uint64_t array = table.pointer(way.array);
  if (!memory.plausible(array)) return false;
  const auto slot = [&](int fd) { return memory.pointer_at(array + 8 * static_cast<std::uint64_t>(fd)); };
  return memory.plausible(slot(truth.file)) && slot(truth.file) == slot(truth.same) && slot(truth.closed) == 0;
}

bool is_way(KernelMemory& memory, const Way& way, const TableOwner& owner) {
  const std::uint64_t files = owner.subject.task.pointer(way.files);
  if (!memory.plausible(files)) return false;
  const std::uint64_t table = memory.pointer_at(files + way.table);
  return memory.plausible(table) && leads_to_files(memory, memory.at(table, kTableWindow), way, owner.table);
}

/// Ways in the first owner; only pointers that no two owners share come into question.
std::vector<Way> ways(KernelMemory& memory, const std::vector<TableOwner>& owners) {
  std::vector<Way> out;
  const Offsets own = words_where(owners[0].subject.task, [&](std::uint32_t offset, std::uint64_t word) {
    return memory.plausible(word) && std::ranges::all_of(owners.begin() + 1, owners.end(), [&](const TableOwner& o) {
             return memory.plausible(o.subject.task.pointer(offset)) && o.subject.task.pointer(offset) != word;
           });
  });
  for (const std::uint32_t files : own) {
    const Bytes target = memory.at(owners[0].subject.task.pointer(files), kFilesWindow);
    for (const std::uint32_t at : pointers_in(memory, target)) {
      const Bytes table = memory.at(target.pointer(at), kTableWindow);
      for (const std::uint32_t size : agreeing<std::uint32_t>({{table, owners[0].table.size}}))
        for (const std::uint32_t array : pointers_in(memory, table))
          if (const Way way{files, at, size, array}; leads_to_files(memory, table, way, owners[0].table))
            out.push_back(way);
    }
  }
  return out;
}

}  // namespace

std::size_t file_size(KernelMemory& memory) {
  return memory.object_size("filp", 232);
}

bool pose_file_table(int file, int least, FileTable& out) {
  if (::unshare(CLONE_FILES) != 0) return false;
  out.file = file;
  out.same = ::fcntl(file, F_DUPFD_CLOEXEC, least);
  out.closed = out.same + 1;
  ::close(out.closed);  // of this table alone
  out.size = static_cast<std::uint32_t>(proc_status("/proc/thread-self/status", "FDSize:").value_or(0));
  return out.same > 0 && out.size > static_cast<std::uint32_t>(out.closed);
}

void find_file_table(KernelMemory& memory, const std::vector<TableOwner>& owners, Findings& findings) {
  if (owners.size() < 2 || owners[0].table.size == owners[1].table.size) return;
  std::vector<Way> found = ways(memory, owners);
  for (const auto& owner : owners) std::erase_if(found, [&](const Way& way) { return !is_way(memory, way, owner); });
  if (found.size() != 1) return;
  constexpr char kHow[] =
      "FDSize of tables of different sizes; equal files behind duplicated descriptors, none behind closed ones";
  findings.accept("task_struct.files", found[0].files, 8, kHow);
  findings.accept("files_struct.fdt", found[0].table, 8, kHow);
  findings.accept("fdtable.max_fds", found[0].size, 4, kHow);
  findings.accept("fdtable.fd", found[0].array, 8, kHow);
}

std::uint64_t file_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings) {
  const auto files = findings.offset("task_struct.files"), table = findings.offset("files_struct.fdt"),
             array = findings.offset("fdtable.fd");
  if (!files || !table || !array || fd < 0) return 0;
  const std::uint64_t at = memory.pointer_at(memory.pointer_at(thread.task.pointer(*files) + *table) + *array);
  return memory.pointer_at(at + 8 * static_cast<std::uint64_t>(fd));
}

}  // namespace burin
