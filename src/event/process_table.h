// Who is who: every program image that runs or ran a moment ago, by (tgid, exec time). Owned by the pipeline thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "event/proc_view.h"
#include "model/event.h"
#include "model/record.h"

namespace burin {

/// A process found in /proc, in the form in which it is also written into the kernel's process map.
struct SeedProcess {
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::uint64_t exec_ktime = 0;    ///< start time, converted from boot time to monotonic; never 0
  std::uint64_t parent_ktime = 0;  ///< the same of `ppid`; 1 for the kernel itself (pid 0), 0 when the parent is gone
  std::uint64_t start_boot = 0;    ///< start time in ns since boot; /proc has it in ticks (10 ms), rounded down
  std::string comm;
  std::string binary;  ///< "[name]" for kernel threads
  std::vector<std::string> argv;
  std::string cwd;
  std::uint32_t uid = 0;  ///< effective
  std::uint32_t auid = 0xffffffff;
  bool cwd_known = false;       ///< false: /proc/PID/cwd could not be read
  bool args_truncated = false;  ///< the command line is longer than what the scan reads
};

/// Reads all processes below `proc` ("/proc"), sorted by pid. A process that ends meanwhile, or has ended and waits for
/// its parent, is left out. An unreadable `proc` gives an empty list.
std::vector<SeedProcess> scan_proc(const std::filesystem::path& proc);
/// One process; false when it is gone.
bool scan_process(const std::filesystem::path& proc, std::uint32_t tgid, SeedProcess& out);

/// The times at which a process started, from field 22 of /proc/PID/stat (ticks since boot), as `exec_ktime` has it.
/// `boot_minus_monotonic` is the time spent in suspend; a process older than that time allows counts as started at 1.
std::uint64_t monotonic_start(std::uint64_t start_boot, std::uint64_t boot_minus_monotonic);

/// Identity of pid 0, the parent of pids 1 and 2: Tetragon's `node:1:0`.
inline constexpr std::uint64_t kKernelKtime = 1;

/// Not thread-safe. Entries are immutable once made: an exec or a clone makes a new one.
///
/// Memory: running processes plus `max_exited` ended images. When exit records were lost, entries of processes that
/// /proc no longer has are swept out as the table grows, so that it cannot grow without bound.
class ProcessTable {
 public:
  /// `node_name` goes into every exec_id. `proc` is borrowed and tells what the kernel side could not. The table keeps
  /// `max_exited` ended images so that late events still find them. Knows pid 0 (`<kernel>`) from the start.
  ProcessTable(std::string node_name, ProcView& proc, const WallClock& clock, std::size_t max_exited = 2048);
  /// The same with the folder `proc` ("/proc").
  ProcessTable(std::string node_name, std::filesystem::path proc, const WallClock& clock,
               std::size_t max_exited = 2048);

  /// Adds the processes that were there before; parents are linked by pid. Returns them in pid order (for the procFS
  /// events), with pid 0 in front, as Tetragon reports it.
  std::vector<ProcessPtr> seed(const std::vector<SeedProcess>& processes);

  /// A new image of head.tgid. The record's bytes were checked by the decoder to hold the fixed part; tails are checked
  /// here: null when one is out of bounds or the pid is 0 (the table is unchanged then).
  /// Precondition: head.exec_ktime names the new image (0: head.ktime is taken).
  ProcessPtr on_exec(const wire::Exec& record, std::span<const std::byte> bytes);
  /// A new process that runs its creator's image. False when the child has no pid (the table is unchanged then).
  bool on_clone(const wire::Clone& record);
  /// Marks as ended; the entry stays findable for `max_exited` further ends.
  void on_exit(const wire::Head& head);

  /// The process a record belongs to; read from /proc when it was never seen (flag procFS), or made up from the head
  /// (known = false) when it is gone from there too. Never null.
  ProcessPtr find(const wire::Head& head);
  ProcessPtr find(std::uint32_t tgid, std::uint64_t exec_ktime) const;  ///< null when not there
  ProcessPtr parent_of(const ProcessInfo& process) const;               ///< null when not there
  /// Images findable now, pid 0 included.
  std::size_t size() const { return by_key_.size(); }
  /// Pids with an image that runs or ended a moment ago.
  std::size_t pids() const { return current_.size(); }
  /// Images that were swept out because /proc no longer had their process: their exit records were lost.
  std::uint64_t swept() const { return swept_; }

 private:
  struct Key {
    std::uint32_t tgid;
    std::uint64_t ktime;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& k) const { return k.ktime * 0x9E3779B97F4A7C15ULL ^ k.tgid; }
  };
  struct Entry {
    ProcessPtr process;
    ProcessPtr parent;             ///< held here so that a child keeps its parent after the parent's own entry went
    std::uint64_t start_boot = 0;  ///< of the process, 0 = not known
    std::uint64_t ended_at = 0;    ///< monotonic; meaningful when ended
    bool ended = false;
  };

  std::string exec_id(std::uint64_t ktime, std::uint32_t pid) const;
  void link_parent(ProcessInfo& info, bool present, std::uint32_t ppid, std::uint64_t parent_ktime) const;
  void link_parent(ProcessInfo& info, const ProcessPtr& parent, std::uint32_t ppid, std::uint64_t parent_ktime) const;
  Entry* current(std::uint32_t tgid);
  Entry* lookup(const wire::Head& head);
  ProcessPtr put(ProcessInfo&& info, ProcessPtr parent, std::uint64_t start_boot);
  /// `parent_follows`: the parent is known, but its entry is made later.
  ProcessPtr put_seed(const SeedProcess& seed, ProcessPtr parent, bool parent_follows = false);
  ProcessPtr parent_image(std::uint32_t child, std::uint32_t ppid, std::uint64_t ktime, std::uint64_t at);
  ProcessPtr adopt(const wire::Head& head);
  void end(const Key& key, std::uint64_t at);
  void sweep();

  ProcessTable(std::unique_ptr<ProcView> own, std::string node_name, const WallClock& clock, std::size_t max_exited);

  std::string node_name_;
  std::unique_ptr<ProcView> own_proc_;  ///< null: proc_ is borrowed
  ProcView& proc_;
  const WallClock& clock_;
  std::size_t max_exited_;
  ProcessPtr kernel_;
  std::unordered_map<Key, Entry, KeyHash> by_key_;
  std::unordered_map<std::uint32_t, std::uint64_t> current_;  ///< tgid -> exec_ktime of its newest image, ended or not
  std::deque<Key> ended_;                                     ///< ended images, oldest first; at most max_exited_
  std::uint64_t newest_ = 0;                                  ///< largest record stamp seen
  std::size_t sweep_at_;                                      ///< table size at which to look for lost exits
  std::uint64_t swept_ = 0;
};

}  // namespace burin
