// Who is who: every program image that runs or ran a moment ago, by (tgid, exec time). Owned by the pipeline thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/event.h"
#include "model/record.h"

namespace burin {

/// A process found in /proc at start, in the form in which it is also written into the kernel's process map.
struct SeedProcess {
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::uint64_t exec_ktime = 0;    ///< start time, converted from boot time to monotonic
  std::uint64_t parent_ktime = 0;
  std::string binary;              ///< "[name]" for kernel threads
  std::vector<std::string> argv;
  std::string cwd;
  std::uint32_t uid = 0;           ///< effective
  std::uint32_t auid = 0xffffffff;
};

/// Reads all processes below `proc` ("/proc"). A process that ends meanwhile is left out.
std::vector<SeedProcess> scan_proc(const std::filesystem::path& proc);
/// One process; false when it is gone.
bool scan_process(const std::filesystem::path& proc, std::uint32_t tgid, SeedProcess& out);

class ProcessTable {
 public:
  /// `node_name` goes into every exec_id. `proc` is used to fill what the kernel side could not tell. The table keeps
  /// `max_exited` ended processes so that late events still find them.
  ProcessTable(std::string node_name, std::filesystem::path proc, const WallClock& clock, std::size_t max_exited = 2048);

  /// Adds the processes that were there before; parents are linked by pid. Returns them in pid order (for the procFS events).
  std::vector<ProcessPtr> seed(const std::vector<SeedProcess>& processes);

  /// The record bytes were checked by the decoder to hold the fixed part; tails are checked here.
  ProcessPtr on_exec(const wire::Exec& record, std::span<const std::byte> bytes);
  void on_clone(const wire::Clone& record);
  /// Marks as ended; the entry stays findable for a while.
  void on_exit(const wire::Head& head);

  /// The process a record belongs to; made up from the head (known = false) when it was never seen.
  ProcessPtr find(const wire::Head& head);
  ProcessPtr find(std::uint32_t tgid, std::uint64_t exec_ktime) const;  ///< null when not there
  ProcessPtr parent_of(const ProcessInfo& process) const;               ///< null when not there
  std::size_t size() const { return by_key_.size(); }

 private:
  struct Key {
    std::uint32_t tgid;
    std::uint64_t ktime;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& k) const { return k.ktime * 0x9E3779B97F4A7C15ULL ^ k.tgid; }
  };
  std::string node_name_;
  std::filesystem::path proc_;
  const WallClock& clock_;
  std::size_t max_exited_;
  std::unordered_map<Key, ProcessPtr, KeyHash> by_key_;
  std::unordered_map<std::uint32_t, std::uint64_t> current_;  ///< tgid -> exec_ktime of its newest image
  std::vector<Key> exited_;                                   ///< ring of ended ones, oldest first
};

}  // namespace burin
