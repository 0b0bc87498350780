// What leaves burin: a process, and an event of a process. Immutable once published; encoded once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.h"
#include "model/record.h"
#include "model/value.h"

namespace burin {

/// Bits of ProcessInfo::flags; words and values are Tetragon's.
enum ProcessFlag : std::uint32_t {
  kProcExecve = 0x1,
  kProcProcFs = 0x4,  ///< entry made from /proc at start
  kProcTruncArgs = 0x10,
  kProcMiss = 0x40,  ///< parent unknown
  kProcErrorFilename = 0x100,
  kProcErrorArgs = 0x200,
  kProcNoCwd = 0x800,
  kProcRootCwd = 0x1000,
  kProcErrorCwd = 0x2000,
  kProcClone = 0x4000,
};

/// One program image of one process (an exec makes a new one). Shared by all its events.
struct ProcessInfo {
  std::uint32_t pid = 0;         ///< tgid in the initial pid namespace
  std::uint64_t exec_ktime = 0;  ///< monotonic ns at which this image began; with pid the identity
  std::uint32_t uid = 0;
  std::uint32_t auid = 0xffffffff;  ///< unset
  std::string binary;
  std::string arguments;  ///< argv[1:], joined as Tetragon joins them
  std::string cwd;
  std::uint32_t flags = 0;
  std::uint64_t start_wall_ns = 0;
  std::string exec_id;  ///< base64 of node:exec_ktime:pid
  std::string parent_exec_id;
  std::uint32_t parent_pid = 0;
  bool known = true;  ///< false: made up because the process was never seen ("unknown" flag word)
  // Where each weak field came from, for the event's `burin` object: "kernel", "proc", "entry" or "".
  std::string_view binary_source;
  std::string_view args_source;
  std::string_view cwd_source;
  std::string_view auid_source;  ///< empty also where there was nothing to be known
  /// The JSON text of `{"exec_id":...,"parent_exec_id":"..."` without the closing brace and without "tid": written
  /// once.
  std::string json;
};
using ProcessPtr = std::shared_ptr<const ProcessInfo>;

enum class EventKind : std::uint8_t { Exec, Exit, Kprobe, Tracepoint, Uprobe, Usdt, Lsm, Loader, Gap };
/// "PROCESS_EXEC"... ; a gap is RATE_LIMIT_INFO.
std::string_view to_string(EventKind kind);

/// How `loader: true` is served, in the place of a Rung's name: no program of ours is involved.
inline constexpr std::string_view kLoaderRung = "perf event";

/// Why events are missing from the stream.
enum class LossReason : std::uint8_t {
  PerfBuffer,  ///< the kernel found no room in a CPU's ring
  SkippedRun,  ///< the kernel left a program's run out: another one was running on that CPU
  RawQueue,    ///< the pipeline did not keep up with the reader
  Malformed,   ///< a record that the decoder could not read
  SlowClient,  ///< this HTTP client did not keep up with the stream
};
std::string_view to_string(LossReason reason);

/// One captured value of a hook, for the decoder.
struct HookArg {
  std::string type;                                  ///< key into types/
  std::string label;                                 ///< copied to the event's argument
  std::size_t field = 0;                             ///< index into HookInfo::record.fields; unused for nop
  std::size_t error = static_cast<std::size_t>(-1);  ///< field with the depth at which `resolve` failed, or none
  std::size_t data_field =
      static_cast<std::size_t>(-1);  ///< field (wire::DataRef) that names its data records, or none
  /// Which value of the hook this is, in words: equal words, equal value ("2", "0.mm.owner.comm", "return").
  std::string what{};
};

/// What user space does when an event of the selector comes.
struct NetworkAction {
  ActionKind kind = ActionKind::GetUrl;
  std::string target;  ///< URL or host name
};

/// What all events of one hook have in common; built when the policy is loaded.
struct HookInfo {
  HookId id = 0;
  EventKind kind = EventKind::Kprobe;
  std::string policy;
  std::string function;                          ///< Kprobe, Lsm: function_name; Uprobe: symbol
  std::string subsys;                            ///< Tracepoint; Usdt: provider
  std::string event;                             ///< Tracepoint; Usdt: name
  std::string path;                              ///< Uprobe, Usdt
  std::uint64_t offset = 0, ref_ctr_offset = 0;  ///< Uprobe
  std::string message;
  std::vector<std::string> tags;
  std::string rung;  ///< to_string(Rung)
  std::vector<HookArg> args;
  std::vector<HookArg> data;
  std::optional<HookArg> return_arg;
  std::vector<std::string> selector_labels;  ///< by Event::selector; shorter than that: no label
  RecordLayout record;
  /// Fields (wire::wvar) that name stacks of 8-byte addresses, innermost first; or none.
  std::size_t kernel_stack = static_cast<std::size_t>(-1), user_stack = static_cast<std::size_t>(-1);
  /// GetUrl and DnsLookup by selector, of matchActions and of matchReturnActions; empty when no selector has any.
  std::vector<std::vector<NetworkAction>> network, return_network;
};
using HookInfoPtr = std::shared_ptr<const HookInfo>;

/// One frame of a stack trace, innermost first.
struct StackFrame {
  std::uint64_t address = 0;  ///< 0 = not to be shown
  /// Kernel frames: from the beginning of `symbol`. User frames: of the instruction in the file `module`.
  std::uint64_t offset = 0;
  std::string symbol;
  std::string module;  ///< user frames: the file
};

struct Event {
  EventKind kind = EventKind::Exec;
  std::uint64_t seq = 0;  ///< position in this daemon's stream, from 1, without holes
  std::uint64_t mono_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint32_t cpu = 0;
  std::uint32_t tid = 0;
  std::uint16_t head_flags = 0;  ///< HeadFlag
  std::uint16_t selector = 0;
  std::uint16_t action = 0;  ///< ActionKind
  std::uint64_t cgroup_id = 0;
  ProcessPtr process;
  ProcessPtr parent;  ///< may be null
  // exit
  std::uint32_t exit_code = 0;  ///< kernel form: status << 8 | signal
  bool exit_code_known = false;
  // every kind that belongs to a hook
  HookInfoPtr hook;
  std::vector<Value> args;
  std::vector<Value> data;
  std::optional<Value> returned;
  std::uint16_t return_action = 0;  ///< ActionKind, 0 = none
  std::uint32_t suppressed = 0;     ///< equal events that rateLimit held back since the last one
  std::vector<StackFrame> kernel_stack, user_stack;
  std::string ima_hash;  ///< lsm hooks: "sha256:hex"; empty: not asked for or not known
  // loader
  std::string loaded_path;
  std::string build_id;  ///< bytes
  // gap
  LossReason loss = LossReason::PerfBuffer;
  bool lost_at_least = false;  ///< SlowClient: more were lost than `lost`, but nobody knows how many
  std::uint64_t lost = 0;
  std::uint64_t first_lost_seq = 0;  ///< SlowClient: the lines missing are those from here to `seq`; 0 = not said
  // The line: JSON in Tetragon's form plus `,"burin":{...}}\n`; burin_at is the offset of that comma, so that the
  // compatible form is line[0..burin_at) + "}\n".
  std::string line;
  std::size_t burin_at = 0;
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace burin
