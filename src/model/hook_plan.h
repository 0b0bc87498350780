// A policy decided for this host: which rung serves each hook, what is captured where, what is compared with what.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source_span.h"
#include "model/btf_path.h"
#include "model/operand.h"
#include "model/policy.h"
#include "model/record.h"
#include "model/usdt_arg.h"

namespace burin {

/// How a hook gets its events here. One template per value (templates/hook/).
enum class Rung {
  Kprobe,             ///< kprobe on the function itself (and a kretprobe for `return: true`)
  StateSockOps,       ///< sock:inet_sock_set_state joined with SOCK_OPS TCP_CONNECT_CB (tcp_connect only)
  SyscallTracepoint,  ///< syscalls:sys_enter_NAME (and sys_exit_NAME)
  Fentry,             ///< fentry, fexit
  Tracepoint,         ///< any tracepoint of tracefs
  RawTracepoint,      ///< raw tracepoint: the arguments of TP_PROTO
  Uprobe,             ///< uprobe, uretprobe; USDT
  Lsm,                ///< BPF LSM
};
/// "kprobe", "tracepoint+sock_ops", "syscall tracepoint" ...; as printed by /v1/policies and in each event's `burin`
/// object.
std::string_view to_string(Rung rung);
/// Every rung, for options and messages.
const std::vector<Rung>& all_rungs();

/// Where a captured value comes from, for the generator; the planner writes no C.
struct ArgSource {
  enum class Kind {
    Register,         ///< function parameter `index` of a kprobe or uprobe
    SyscallRegister,  ///< parameter `index` of a syscall wrapper: in the pt_regs that parameter 0 points to
    ContextWord,      ///< `size` bytes at `offset` of the tracepoint's record, sign-extended when `is_signed`
    ContextAddress,   ///< the address of `offset` in the tracepoint's record (arrays)
    ContextDataLoc,   ///< __data_loc at `offset`: address = record + low 16 bits, length = high 16 bits
    ContextArgument,  ///< u64 number `index` of the context (raw tracepoint, fentry, lsm)
    ContextSyscall,   ///< parameter `index` of a syscall wrapper: in the pt_regs that number 0 of the context points to
    Return,           ///< the return value of a function
    SyscallReturn,    ///< the return value in sys_exit_NAME's record
    CurrentTask,      ///< the struct task_struct of the caller
    SavedRegister,    ///< the pt_regs member `name`
    Usdt,             ///< `usdt` says where
    Constant,         ///< `offset`
    Tid,              ///< the caller's thread id
  };
  using Step = ReadStep;
  Kind kind = Kind::Register;
  std::uint32_t index = 0;
  std::uint32_t offset = 0;
  std::uint32_t size = 8;
  bool is_signed = false;
  bool compat = false;       ///< SyscallRegister, ContextSyscall: of a 32-bit call
  std::uint32_t length = 0;  ///< bytes of an array whose address this is; 0: not one
  std::string name;
  UsdtArg usdt;
  std::vector<Step> steps;       ///< `resolve`; empty: the value itself
  std::uint32_t value_size = 8;  ///< of what the last step names: it is read from memory when there are steps
  bool value_signed = false;
  bool value_in_place = false;  ///< the last step names a struct or array: its address is the value
  std::uint32_t value_shift = 0;
  std::uint64_t value_mask = 0;  ///< not 0: a bit-field of the unit that is read
  bool user = false;             ///< pointers lead to user memory
};

/// Index of "no text slot", "no field".
inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct PlannedArg {
  std::uint32_t index = 0;  ///< as in the policy: for messages and labels
  std::string type;         ///< key into types/
  std::string label;
  std::string what;  ///< which value of the hook this is: equal words, equal value (HookArg::what)
  ArgSource source;
  std::size_t field = kNone;             ///< index into PlannedHook::record.fields; kNone for nop
  std::size_t text = kNone;              ///< text slot of the hook's scratch memory, for types with text
  std::size_t error = kNone;             ///< field that says at which depth `resolve` failed
  std::optional<std::size_t> size_arg;   ///< position in args of the length of a char_buf
  std::optional<ArgSource> size_source;  ///< where the length is, when it is not among the args
  bool return_copy = false;        ///< filled by the function: read at its return, as long as the return value says
  std::size_t address = kNone;     ///< field that keeps the pointer of a return_copy until then
  bool max_data = false;           ///< up to kDataMax bytes, sent in data records beside the event's
  std::size_t data_field = kNone;  ///< field (struct w_data) that names those records
  SourceSpan span;
};

/// What a filter looks at.
enum class Subject { Args, Data, Return };

struct PlannedFilter {
  Subject subject = Subject::Args;
  std::vector<std::size_t> positions;  ///< into PlannedHook::args or data; {0} for the return value
  std::string op;                      ///< key into operators/
  Operand operand;
  SourceSpan span;
};

/// A filter on what the process is. One file each in codegen/process/.
struct PlannedBinaries {
  std::string op;  ///< In, NotIn, Prefix, NotPrefix, Postfix, NotPostfix
  StringSet values;
  bool parent = false;                ///< matchParentBinaries
  std::optional<std::uint32_t> mark;  ///< followChildren: bit of burin_proc.marks that stands for these paths
  SourceSpan span;
};
struct PlannedPids {
  bool negated = false, namespace_pid = false;
  NumberSet pids;
  std::optional<std::uint32_t> mark;  ///< followForks: bit of burin_proc.marks that stands for such an ancestor
  SourceSpan span;
};
struct PlannedNamespaces {
  NamespaceKind ns = NamespaceKind::Pid;
  bool negated = false;
  NumberSet inums;  ///< the host's included where the policy says host_ns
  SourceSpan span;
};
struct PlannedNamespaceChanges {
  bool negated = false;
  std::vector<NamespaceKind> kinds;
  SourceSpan span;
};
struct PlannedCapabilities {
  CapabilitySet set = CapabilitySet::Effective;
  bool negated = false, namespaced = false;
  bool changes = false;  ///< matchCapabilityChanges: bits that differ from those at the exec
  std::uint64_t mask = 0;
  std::uint32_t host_user = 0;  ///< inode number of the host's user namespace; used when `namespaced`
  SourceSpan span;
};
struct PlannedWorkloads {
  /// Name of the filter's map: u64 cgroup id -> u8, 1 = the selector is for processes of this cgroup. Key 0 says what
  /// holds for cgroups that are not listed. Whoever knows the workloads fills it.
  std::string set;
  WorkloadFilter workloads;
  SourceSpan span;
};
using PlannedProcessFilter = std::variant<PlannedBinaries, PlannedPids, PlannedNamespaces, PlannedNamespaceChanges,
                                          PlannedCapabilities, PlannedWorkloads>;

struct PlannedSelector {
  std::vector<PlannedProcessFilter> process;
  std::vector<PlannedFilter> filters;         ///< matchArgs and matchData
  std::vector<PlannedFilter> return_filters;  ///< matchReturnArgs
  std::vector<Action> actions;                ///< never empty
  std::vector<Action> return_actions;
  std::string label;
  SourceSpan span;
};

/// A rung that was considered and why it was not taken.
struct RungTried {
  Rung rung;
  std::string reason;
};

/// One place where a hook's program is attached. Several when the policy names a list: they share the program, which
/// tells them apart by the attach cookie.
struct HookTarget {
  HookId id = 0;
  std::string function;              ///< function_name in events; the symbol of a uprobe
  std::string attach;                ///< kernel symbol, "category:event", binary
  std::uint64_t offset = 0;          ///< uprobe: in the file
  std::uint64_t ref_ctr_offset = 0;  ///< uprobe, usdt: of the semaphore in the file
};

struct PlannedHook {
  HookKind kind = HookKind::Kprobe;
  std::vector<HookTarget> targets;  ///< never empty; ids are consecutive
  std::string subsystem;            ///< tracepoint; usdt: provider
  std::string event;                ///< tracepoint; usdt: name
  std::string path;                 ///< uprobe, usdt: as the policy has it
  Rung rung = Rung::Kprobe;
  std::vector<RungTried> tried;
  std::vector<PlannedArg> args;  ///< in the policy's order
  std::vector<PlannedArg> data;
  bool at_return = false;  ///< the event is sent when the function returns
  std::optional<PlannedArg> return_arg;
  std::optional<ArgSource> copied;  ///< where the return value is that says how much a return_copy holds
  std::optional<ActionKind> return_arg_action;
  std::vector<PlannedSelector> selectors;
  RecordLayout record;
  std::size_t texts = 0;  ///< text slots
  /// Fields (struct burin_wvar) that name the stacks in the record's tail; kNone when no action asks for one.
  std::size_t kernel_stack = kNone, user_stack = kNone;
  /// Override on the trampoline rung: the entry program is attached as fmod_ret and its result is the function's.
  bool modifies_return = false;
  std::string message;
  std::vector<std::string> tags;
  SourceSpan span;

  HookId id() const { return targets.front().id; }
  const std::string& function() const { return targets.front().function; }
};

/// A hook that cannot be had on this host; the rest of the policy runs without it.
struct UnavailableHook {
  std::string function;
  std::vector<RungTried> tried;
  std::string reason;
  SourceSpan span;
  bool may_be_absent = false;  ///< the policy says ignore.callNotFound
};

/// How the programs of `enforcers` reach one of the listed calls.
struct EnforcerTarget {
  enum class Method {
    OverrideReturn,    ///< kprobe that calls bpf_override_return
    FmodRet,           ///< the program's result is the function's
    SignalKprobe,      ///< kprobe that only sends the signal: no notification of the policy has an argError
    SignalTracepoint,  ///< the same on syscalls:sys_enter_NAME
  };
  Method method = Method::OverrideReturn;
  std::string function;  ///< as events name it
  std::string attach;    ///< kernel symbol, or "syscalls:sys_enter_NAME"
};
/// What a bit of burin_proc.marks stands for: the base programs set it where processes are made and replaced.
struct Followed {
  enum class Kind {
    Programs,       ///< the process or an ancestor ran one of `paths`
    Pids,           ///< an ancestor has one of `pids`
    NamespacePids,  ///< an ancestor in the same pid namespace has one of `pids` there
  };
  Kind kind = Kind::Programs;
  std::uint32_t mark = 0;
  std::vector<std::string> paths;
  std::vector<std::uint32_t> pids;
  friend bool operator==(const Followed&, const Followed&) = default;
};
/// Bits of burin_proc.marks: filters that follow descendants, in all policies together.
inline constexpr std::uint32_t kMarks = 64;

struct HookPlan {
  std::string policy;
  std::string file;
  std::vector<PlannedHook> hooks;
  std::vector<EnforcerTarget> enforcers;
  std::vector<UnavailableHook> unavailable;
  std::vector<Followed> followed;
  PolicyOptions options;
  bool loader = false;  ///< files that are mapped executable are reported; needs no program
  SourceSpan loader_span;
};

}  // namespace burin
