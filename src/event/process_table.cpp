// Builds the images from records and from /proc, and keeps just as many of them as are needed. The rules that differ
// from plain book-keeping: which text is the binary, when an exec still counts as "clone", and when an ended image may
// answer.
//
// Flags, as Tetragon sets them: a fork makes an entry with "clone" alone; the first exec of that entry has
// "execve ... clone"; a further exec of the same process has "execve" without clone; entries read from /proc have
// "procFS", and an exec on top of one is plain "execve", since its fork was not seen.
#include "event/process_table.h"

#include <algorithm>

#include "event/encode.h"
#include "event/exec_image.h"

namespace burin {
namespace {

/// A record without identity is given to an ended image of its pid only this long after the end: sockets are closed
/// after the exit hook ran, within microseconds, while a pid takes longer to come round again.
constexpr std::uint64_t kAfterlifeNs = 1'000'000'000;
/// Entries younger than this are not swept: their exit record may still be on its way.
constexpr std::uint64_t kSweepAgeNs = 10'000'000'000;
/// No sweep below this many entries.
constexpr std::size_t kSweepFloor = 4096;

}  // namespace

ProcessTable::ProcessTable(std::string node_name, std::filesystem::path proc, const WallClock& clock,
                           std::size_t max_exited)
    : ProcessTable(std::make_unique<ProcFolder>(std::move(proc)), std::move(node_name), clock, max_exited) {}

ProcessTable::ProcessTable(std::unique_ptr<ProcView> own, std::string node_name, const WallClock& clock,
                           std::size_t max_exited)
    : ProcessTable(std::move(node_name), *own, clock, max_exited) {
  own_proc_ = std::move(own);
}

ProcessTable::ProcessTable(std::string node_name, ProcView& proc, const WallClock& clock, std::size_t max_exited)
    : node_name_(std::move(node_name)),
      proc_(proc),
      clock_(clock),
      max_exited_(max_exited),
      sweep_at_(kSweepFloor + max_exited) {
  ProcessInfo kernel;
  kernel.exec_ktime = kKernelKtime;
  kernel.binary = "<kernel>";
  kernel.flags = kProcProcFs;
  kernel.start_wall_ns = clock_.wall_ns(kKernelKtime);
  kernel_ = put(std::move(kernel), nullptr, 0);
}

std::string ProcessTable::exec_id(std::uint64_t ktime, std::uint32_t pid) const {
  return base64(node_name_ + ':' + std::to_string(ktime) + ':' + std::to_string(pid));
}

/// Fills the parent fields. A parent that is not there is still named when its identity is known.
void ProcessTable::link_parent(ProcessInfo& info, bool present, std::uint32_t ppid, std::uint64_t parent_ktime) const {
  info.parent_pid = ppid;
  if (parent_ktime != 0) info.parent_exec_id = exec_id(parent_ktime, ppid);
  if (!present) info.flags |= kProcMiss;
}

void ProcessTable::link_parent(ProcessInfo& info, const ProcessPtr& parent, std::uint32_t ppid,
                               std::uint64_t parent_ktime) const {
  if (parent)
    link_parent(info, true, parent->pid, parent->exec_ktime);
  else
    link_parent(info, false, ppid, parent_ktime);
}

ProcessTable::Entry* ProcessTable::current(std::uint32_t tgid) {
  const auto now = current_.find(tgid);
  if (now == current_.end()) return nullptr;
  const auto it = by_key_.find({tgid, now->second});
  return it == by_key_.end() ? nullptr : &it->second;
}

ProcessTable::Entry* ProcessTable::lookup(const wire::Head& head) {
  if (head.exec_ktime != 0) {
    const auto it = by_key_.find({head.tgid, head.exec_ktime});
    return it == by_key_.end() ? nullptr : &it->second;
  }
  Entry* const entry = current(head.tgid);
  if (!entry) return nullptr;
  if (entry->ended && head.ktime > entry->ended_at + kAfterlifeNs) return nullptr;
  // A thread's own start says nothing about its process beyond "not before".
  if (head.start_boot != 0 && entry->start_boot != 0 &&
      (head.tid == head.tgid ? !starts_agree(head.start_boot, entry->start_boot)
                             : head.start_boot + kStartToleranceNs < entry->start_boot))
    return nullptr;
  return entry;
}

/// Finishes `info` (exec_id and JSON) and makes it the current image of its pid, unless a newer one is known: then it
/// is an ended one from the start.
ProcessPtr ProcessTable::put(ProcessInfo&& info, ProcessPtr parent, std::uint64_t start_boot) {
  if (by_key_.size() >= sweep_at_) sweep();
  const Key key{info.pid, info.exec_ktime};
  info.exec_id = exec_id(key.ktime, key.tgid);
  encode_process(info);
  ProcessPtr process = std::make_shared<const ProcessInfo>(std::move(info));
  by_key_.insert_or_assign(key, Entry{process, std::move(parent), start_boot, 0, false});

  const auto [now, fresh] = current_.try_emplace(key.tgid, key.ktime);
  if (!fresh && now->second != key.ktime) {
    const bool newer = key.ktime > now->second;
    const Key old{key.tgid, newer ? now->second : key.ktime};
    if (newer) now->second = key.ktime;
    end(old, std::max(newest_, key.ktime));
  }
  return process;
}

void ProcessTable::end(const Key& key, std::uint64_t at) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end() || it->second.ended) return;
  it->second.ended = true;
  it->second.ended_at = at;
  ended_.push_back(key);
  while (ended_.size() > max_exited_) {
    const Key oldest = ended_.front();
    ended_.pop_front();
    const auto gone = by_key_.find(oldest);
    if (gone == by_key_.end() || !gone->second.ended) continue;  // its identity came back
    by_key_.erase(gone);
    const auto now = current_.find(oldest.tgid);
    if (now != current_.end() && now->second == oldest.ktime) current_.erase(now);
  }
}

void ProcessTable::sweep() {
  std::vector<Key> gone;
  for (const auto& [key, entry] : by_key_)
    if (!entry.ended && key.tgid != 0 && key.ktime + kSweepAgeNs <= newest_) gone.push_back(key);
  // In an order of their own, so that the same records leave the same table everywhere.
  std::ranges::sort(gone, {}, [](const Key& key) { return std::pair(key.ktime, key.tgid); });
  std::erase_if(gone, [this](const Key& key) { return proc_.exists(key.tgid); });
  swept_ += gone.size();
  for (const Key& key : gone) end(key, newest_);
  // Doubling keeps the cost of sweeping in proportion to the number of processes made.
  sweep_at_ = std::max(kSweepFloor + max_exited_, 2 * by_key_.size());
}

ProcessPtr ProcessTable::put_seed(const SeedProcess& seed, ProcessPtr parent, bool parent_follows) {
  ProcessInfo info;
  info.pid = seed.tgid;
  info.exec_ktime = seed.exec_ktime;
  info.uid = seed.uid;
  info.auid = seed.auid;
  info.binary = seed.binary;
  info.arguments = join_arguments(seed.argv);
  info.cwd = seed.cwd;
  info.flags = kProcProcFs;
  if (seed.cwd == "/") info.flags |= kProcRootCwd;
  if (!seed.cwd_known) info.flags |= kProcErrorCwd;
  if (seed.args_truncated) info.flags |= kProcTruncArgs;
  info.binary_source = info.args_source = "proc";
  if (seed.cwd_known) info.cwd_source = "proc";
  // The monotonic clock cannot say when something began before the time spent in suspend; the boot clock can.
  info.start_wall_ns = seed.exec_ktime > 1 || seed.start_boot == 0 ? clock_.wall_ns(seed.exec_ktime)
                                                                   : clock_.wall_of_boot_ns(seed.start_boot);
  if (parent_follows)
    link_parent(info, true, seed.ppid, seed.parent_ktime);
  else
    link_parent(info, parent, seed.ppid, seed.parent_ktime);
  return put(std::move(info), std::move(parent), seed.start_boot);
}

std::vector<ProcessPtr> ProcessTable::seed(const std::vector<SeedProcess>& processes) {
  std::vector<const SeedProcess*> todo;
  std::unordered_map<std::uint32_t, std::uint64_t> ktime_of{{0, kKernelKtime}};
  for (const SeedProcess& p : processes) {
    if (p.tgid == 0) continue;  // made by the constructor
    todo.push_back(&p);
    ktime_of[p.tgid] = p.exec_ktime;
  }
  std::sort(todo.begin(), todo.end(), [](auto a, auto b) { return a->tgid < b->tgid; });

  // Pids come round, so a parent may have the higher one: entries first, the links between them afterwards.
  std::vector<ProcessPtr> made{kernel_};
  std::vector<Key> parents{{0, 0}};
  for (const SeedProcess* p : todo) {
    SeedProcess linked = *p;
    const auto parent = ktime_of.find(p->ppid);
    // A ppid of 0 is the kernel's only where the scan says so; else the parent is out of sight in another pid
    // namespace.
    const bool present = parent != ktime_of.end() && (p->ppid != 0 || p->parent_ktime == kKernelKtime);
    if (present) linked.parent_ktime = parent->second;
    made.push_back(put_seed(linked, nullptr, present));
    parents.push_back(present ? Key{linked.ppid, linked.parent_ktime} : Key{0, 0});
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto entry = by_key_.find({made[i]->pid, made[i]->exec_ktime});
    if (entry != by_key_.end()) entry->second.parent = find(parents[i].tgid, parents[i].ktime);
  }
  return made;
}

/// The image of a parent at time `at`. Null when nobody knows it.
ProcessPtr ProcessTable::parent_image(std::uint32_t child, std::uint32_t ppid, std::uint64_t ktime, std::uint64_t at) {
  if (ppid == 0) return ktime == kKernelKtime || child == 1 || child == 2 ? kernel_ : nullptr;
  if (ktime != 0) {
    if (ProcessPtr exact = find(ppid, ktime)) return exact;
  }
  const Entry* const now = current(ppid);
  if (now && ktime == 0 && now->process->exec_ktime <= at && !(now->ended && now->ended_at < at)) return now->process;
  if (now && now->process->exec_ktime > (ktime != 0 ? ktime : at)) return nullptr;  // /proc shows a newer image
  SeedProcess seen;
  if (!proc_.scan(ppid, seen) || seen.exec_ktime > (ktime != 0 ? ktime : at)) return nullptr;
  if (ktime != 0) seen.exec_ktime = ktime;
  return put_seed(seen, find(seen.ppid, seen.parent_ktime));
}

ProcessPtr ProcessTable::on_exec(const wire::Exec& record, std::span<const std::byte> bytes) {
  const wire::Head& head = record.head;
  const std::optional<ExecTexts> texts = read_exec_texts(record, bytes);
  if (!texts || head.tgid == 0) return nullptr;
  newest_ = std::max(newest_, head.ktime);

  ProcessInfo info;
  info.pid = head.tgid;
  info.exec_ktime = head.exec_ktime != 0 ? head.exec_ktime : head.ktime;
  info.uid = head.uid;
  info.start_wall_ns = clock_.wall_ns(info.exec_ktime);
  info.flags = kProcExecve;

  // An exec by another thread makes the kernel report the old main thread's exit first: that one is no end.
  const bool by_thread = record.old_tid != 0 && record.old_tid != head.tid;
  ProcessPtr previous, previous_parent;
  if (const Entry* entry = current(head.tgid);
      entry && (!entry->ended || by_thread) && entry->process->exec_ktime < info.exec_ktime) {
    previous = entry->process;
    previous_parent = entry->parent;
  }
  if (previous && (previous->flags & kProcClone) && !(previous->flags & kProcExecve)) info.flags |= kProcClone;

  // Without any word of the parent from the kernel, the image before had the same one.
  ProcessPtr parent = head.ppid == 0 && head.parent_ktime == 0 && previous_parent
                          ? previous_parent
                          : parent_image(head.tgid, head.ppid, head.parent_ktime, info.exec_ktime);
  link_parent(info, parent, head.ppid, head.parent_ktime);

  fill_exec_image(record, *texts, proc_, previous.get(), parent.get(), info);
  return put(std::move(info), std::move(parent), head.start_boot);
}

bool ProcessTable::on_clone(const wire::Clone& record) {
  const wire::Head& head = record.head;
  if (record.child_tgid == 0) return false;
  newest_ = std::max(newest_, head.ktime);
  const ProcessPtr creator = find(head);
  const std::uint64_t ktime = record.child_ktime != 0 ? record.child_ktime : head.ktime;
  // With CLONE_PARENT the child is a sibling: it runs its creator's image below another parent.
  const bool sibling = record.child_ppid != 0 && record.child_ppid != head.tgid;
  const ProcessPtr parent =
      sibling ? parent_image(record.child_tgid, record.child_ppid, record.child_parent_ktime, ktime) : creator;

  ProcessInfo info = *creator;
  info.pid = record.child_tgid;
  info.exec_ktime = ktime;
  info.uid = head.uid;
  info.start_wall_ns = clock_.wall_ns(ktime);
  info.flags = kProcClone;
  if (!info.binary_source.empty()) info.binary_source = "inherited";
  if (!info.args_source.empty()) info.args_source = "inherited";
  if (!info.cwd_source.empty()) info.cwd_source = "inherited";
  if (!info.auid_source.empty()) info.auid_source = "inherited";
  info.parent_exec_id.clear();
  info.json.clear();
  link_parent(info, parent, record.child_ppid, record.child_parent_ktime);
  put(std::move(info), parent, 0);
  return true;
}

void ProcessTable::on_exit(const wire::Head& head) {
  newest_ = std::max(newest_, head.ktime);
  if (const Entry* entry = lookup(head); entry && head.tgid != 0)
    end({head.tgid, entry->process->exec_ktime}, head.ktime);
}

ProcessPtr ProcessTable::find(const wire::Head& head) {
  newest_ = std::max(newest_, head.ktime);
  if (head.tgid == 0) return kernel_;  // idle task: whatever an interrupt did
  if (const Entry* entry = lookup(head)) return entry->process;
  return adopt(head);
}

/// An image that no record announced.
ProcessPtr ProcessTable::adopt(const wire::Head& head) {
  const Entry* const now = current(head.tgid);
  const bool outdated = now && head.exec_ktime != 0 && head.exec_ktime < now->process->exec_ktime;
  SeedProcess seen;
  if (!outdated && proc_.scan(head.tgid, seen)) {
    const bool before = seen.exec_ktime <= (head.exec_ktime != 0 ? head.exec_ktime : head.ktime);
    const bool start_fits =
        head.start_boot == 0 || (head.tid == head.tgid ? starts_agree(head.start_boot, seen.start_boot)
                                                       : seen.start_boot <= head.start_boot + kStartToleranceNs);
    if (before && start_fits) {
      if (head.exec_ktime != 0) seen.exec_ktime = head.exec_ktime;
      return put_seed(seen, find(seen.ppid, seen.parent_ktime));
    }
  }
  ProcessInfo info;
  info.pid = head.tgid;
  // Without a start, the time of the first sight: two strangers must not share an exec_id.
  info.exec_ktime = head.exec_ktime != 0 ? head.exec_ktime : head.ktime;
  info.uid = head.uid;
  info.binary = comm_of(head);
  info.binary_source = "kernel";
  info.known = false;
  info.start_wall_ns = clock_.wall_ns(info.exec_ktime);
  ProcessPtr parent = parent_image(head.tgid, head.ppid, head.parent_ktime, head.ktime);
  link_parent(info, parent, head.ppid, head.parent_ktime);
  return put(std::move(info), std::move(parent), head.tid == head.tgid ? head.start_boot : 0);
}

ProcessPtr ProcessTable::find(std::uint32_t tgid, std::uint64_t exec_ktime) const {
  const auto it = by_key_.find({tgid, exec_ktime});
  return it == by_key_.end() ? nullptr : it->second.process;
}

ProcessPtr ProcessTable::parent_of(const ProcessInfo& process) const {
  const auto it = by_key_.find({process.pid, process.exec_ktime});
  return it == by_key_.end() ? nullptr : it->second.parent;
}

}  // namespace burin
