// The one definition of what crosses the kernel boundary. The fixed part of every record is written once, as a field
// list, from which both the C text (codegen/) and the struct here are made; what follows it is described by a
// RecordLayout value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace burin {

/// Number of a hook inside the running daemon; goes into every record. Below 16 are the base hooks, policies get 16 and
/// up.
using HookId = std::uint16_t;
inline constexpr HookId kHookExec = 1;
inline constexpr HookId kHookExit = 2;
inline constexpr HookId kHookClone = 3;
/// Made by the daemon from what the kernel's perf events say of mappings, not by a program of ours: a file was mapped
/// executable (wire::Load); a process's memory was replaced by an exec whose own record is still to come (wire::Head).
inline constexpr HookId kHookLoad = 4;
inline constexpr HookId kHookImage = 5;
/// No event: bytes of an argument with maxData whose event is still to come (wire::Data).
inline constexpr HookId kHookData = 6;
inline constexpr HookId kFirstPolicyHook = 16;
/// First bit of Head::faults for `data`, and the bit of the return value.
inline constexpr unsigned kFaultData = 16, kFaultReturn = 31;

/// Kernel comm length, TASK_COMM_LEN.
inline constexpr std::size_t kCommSize = 16;

// Fields of the head, in order, naturally aligned so that no padding is needed. X(type, name) and A(type, name, count).
//  hook       HookId                                   flags      HeadFlag bits
//  size       bytes of the whole record                selector   index of the selector that matched
//  ktime      CLOCK_MONOTONIC ns at the hook           action     ActionKind that was executed last
//  exec_ktime start of the current program of tgid (exec or clone time, monotonic ns); 0 = kernel map has no entry
//  parent_ktime, ppid  the same identity for the parent process
//  cgroup_id  bpf_get_current_cgroup_id (meaningful on cgroup v2)
//  start_boot task start_boottime in ns, 0 without layout
//  return_action ActionKind of the return probe, 0 = none
//  state      used by the programs while the record waits for its second half
//  suppressed equal events that rateLimit held back since the last one that was sent
//  faults     bit i: argument i could not be read; bits 16..: data; bit 31: the return value
//  uid        effective uid where the layout is known, else real (HeadFlag::RealUid)
#define BURIN_RECORD_HEAD(X, A) \
  X(u16, hook)                  \
  X(u16, flags)                 \
  X(u32, size)                  \
  X(u64, ktime)                 \
  X(u64, exec_ktime)            \
  X(u64, parent_ktime)          \
  X(u64, start_boot)            \
  X(u64, cgroup_id)             \
  X(u32, tgid)                  \
  X(u32, tid)                   \
  X(u32, ppid)                  \
  X(u32, uid)                   \
  X(u16, selector)              \
  X(u16, action)                \
  X(u16, return_action)         \
  X(u16, state)                 \
  X(u32, suppressed)            \
  X(u32, faults)                \
  A(char, comm, 16)

// After the head of an exec record. WVar fields name bytes in the tail.
//  exe       path of the executed file walked in the kernel (layout rung), leaf first pieces already joined
//  filename  as given to execve (sched_process_exec's filename)
//  cwd       working directory walked in the kernel
//  args      argv, NUL separated, starting with argv[0]
//  args_total bytes of argv the process really has; more than args.len means truncated
#define BURIN_RECORD_EXEC(X, A) \
  X(u32, auid)                  \
  X(u32, exec_flags)            \
  X(u32, args_total)            \
  X(u32, old_tid)               \
  X(wvar, exe)                  \
  X(wvar, filename)             \
  X(wvar, cwd)                  \
  X(wvar, args)

// After the head of an exit record: code is the kernel's exit_code (status << 8 | signal) when code_known != 0.
#define BURIN_RECORD_EXIT(X, A) \
  X(u32, code)                  \
  X(u32, code_known)

// After the head of a clone record; the head describes the parent (the caller of clone).
//  child_ppid the child's parent (differs from head.tgid with CLONE_PARENT)
#define BURIN_RECORD_CLONE(X, A) \
  X(u64, child_ktime)            \
  X(u64, child_parent_ktime)     \
  X(u32, child_tgid)             \
  X(u32, child_ppid)

// After the head of a load record, of which only hook, size, ktime, tgid and tid say something.
//  address, length  of the mapping
//  inode      of the file; 0 where the kernel gives the build id in its place
//  path       as the process sees it; empty when the kernel could not say it
#define BURIN_RECORD_LOAD(X, A) \
  X(u64, address)               \
  X(u64, length)                \
  X(u64, inode)                 \
  X(u32, build_id_len)          \
  A(u8, build_id, 32)           \
  X(wvar, path)

// After the head of a data record, of which only hook, size, ktime, tgid and tid say something; `length` bytes of an
// argument's value follow.
//  group      which value of which event, among those of its hook: the event's own record names it (wire::DataRef)
//  offset     of the first byte among those that the event's record does not hold itself
//  of         hook of the event
//  arg        position of the argument in the hook's args; with kDataOfData in its data
#define BURIN_RECORD_DATA(X, A) \
  X(u64, group)                 \
  X(u32, offset)                \
  X(u32, length)                \
  X(u16, of)                    \
  X(u16, arg)                   \
  X(u32, pad)

// Field of an argument with maxData: its bytes beyond those behind the record itself.
//  group      as in the data records; of no meaning when bytes is 0
//  bytes      how many were sent in data records
#define BURIN_DATA_REF(X, A) \
  X(u64, group)              \
  X(u32, bytes)              \
  X(u32, pad)

// One program image of a process, the value of the kernel's `procs` map (key: u32 tgid).
//  path       of the executed file, zero padded so that equal paths are equal words
//  path_len   strlen; more than 255 = the path is not known whole (too long, too deep) and is in no list of a policy
//  marks      bit i: the filter that follows descendants and owns bit i (Followed::mark) holds for this process because
//             of a program that it or an ancestor ran, or because of the pid of an ancestor; inherited by children,
//             kept at an exec, never taken back
#define BURIN_PROC(X, A) \
  X(u64, exec_ktime)     \
  X(u64, parent_ktime)   \
  X(u64, marks)          \
  X(u32, ppid)           \
  X(u32, path_len)       \
  A(char, path, 256)

// Behind it when a policy has matchParentBinaries (ProcessNeeds::parents): the parent's path and marks as they were
// when this process was made, or at its exec if the parent lived then: the parent that the event names.
#define BURIN_PROC_PARENT(X, A) \
  X(u64, parent_marks)          \
  X(u32, parent_known)          \
  X(u32, parent_path_len)       \
  A(char, parent_path, 256)

// Behind that when a policy asks for namespaces or for changes of capabilities (ProcessNeeds::facts).
//  ns         inode numbers by NamespaceKind at the exec; 0 = not known
//  ns_end     the same when the process began to end: later it has none, but still closes files
//  caps       by CapabilitySet at the exec
//  facts_known  1 when ns and caps were read
#define BURIN_PROC_FACTS(X, A) \
  A(u64, caps, 3)              \
  A(u32, ns, 10)               \
  A(u32, ns_end, 10)           \
  X(u64, facts_known)

namespace wire {
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
/// Names `len` bytes at offset `off` from the start of the record; len 0 means "nothing".
struct wvar {
  u16 off = 0;
  u16 len = 0;
};
#define BURIN_X(type, name) type name = {};
#define BURIN_A(type, name, count) type name[count] = {};
struct Head {
  BURIN_RECORD_HEAD(BURIN_X, BURIN_A)
};
struct Exec {
  Head head;
  BURIN_RECORD_EXEC(BURIN_X, BURIN_A)
};
struct Exit {
  Head head;
  BURIN_RECORD_EXIT(BURIN_X, BURIN_A)
};
struct Clone {
  Head head;
  BURIN_RECORD_CLONE(BURIN_X, BURIN_A)
};
struct Load {
  Head head;
  BURIN_RECORD_LOAD(BURIN_X, BURIN_A)
};
struct Data {
  Head head;
  BURIN_RECORD_DATA(BURIN_X, BURIN_A)
};
struct DataRef {
  BURIN_DATA_REF(BURIN_X, BURIN_A)
};
struct Proc {
  BURIN_PROC(BURIN_X, BURIN_A)
};
struct ProcParent {
  BURIN_PROC_PARENT(BURIN_X, BURIN_A)
};
struct ProcFacts {
  BURIN_PROC_FACTS(BURIN_X, BURIN_A)
};
#undef BURIN_X
#undef BURIN_A
static_assert(sizeof(Proc) == 288 && sizeof(ProcParent) == 272 && sizeof(ProcFacts) == 112);
static_assert(sizeof(wvar) == 4 && sizeof(Head) == 96 && sizeof(Exec) == 128 && sizeof(Exit) == 104 &&
              sizeof(Clone) == 120 && sizeof(Load) == 160);
static_assert(sizeof(Data) == 120 && sizeof(DataRef) == 16);
}  // namespace wire

/// Bytes that one data record carries at most, and bytes that an argument with maxData has at most: ten times as many.
inline constexpr std::uint32_t kDataChunk = 32'736, kDataMax = 10 * kDataChunk;
/// Bit of Data::arg.
inline constexpr std::uint16_t kDataOfData = 0x8000;

/// Bits of Head::flags.
enum HeadFlag : std::uint16_t {
  kHeadRealUid = 1,        ///< uid is the real uid (no layout)
  kHeadNoProcess = 2,      ///< the kernel's process map has no entry for tgid
  kHeadPortDeferred = 4,   ///< source port was filled in by a later hook
  kHeadMonitored = 8,      ///< an enforcing action was not done: the policy's mode is monitor
  kHeadActionFailed = 16,  ///< the kernel refused an action (a signal to a process that may not be signalled)
  kHeadSockOwner = 32,     ///< the process is the one that TrackSock wrote down for the sock, not the current one
  kHeadSilent = 64,        ///< not to be published: it only carries an action that user space performs
  kHeadActionOff = 128,    ///< set by the daemon: GetUrl or DnsLookup was not performed
};

/// Bits of Exec::exec_flags.
enum ExecFlag : std::uint32_t {
  kExecExeTruncated = 1,  ///< exe has more components than the walker follows
  kExecCwdTruncated = 2,
  kExecArgsFault = 4,      ///< argv could not be read
  kExecArgsFromEntry = 8,  ///< argv was copied at execve's entry, not from arg_start..arg_end
  kExecExeKnown = 16,      ///< exe was walked
  kExecCwdKnown = 32,
  kExecAuidKnown = 64,
  kExecFilenameTruncated = 128,  ///< filename is longer than the 511 bytes that were read
};

/// One field of a record: its C declaration and where it lies.
struct WireField {
  std::string name;    ///< C member name ("a0")
  std::string c_type;  ///< C type name known to the prelude ("struct w_sock")
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// The layout of one hook's record: head first, then `fields`, then (if any field is a wvar) a tail of at most
/// `tail_max` bytes. The C struct and the decoder both derive from it.
struct RecordLayout {
  HookId hook = 0;
  std::uint32_t size = sizeof(wire::Head);  ///< bytes without tail; multiple of 8
  std::uint32_t tail_max = 0;
  std::vector<WireField> fields;

  /// Appends a field at the next offset that suits `align` and returns its index.
  std::size_t add(std::string name, std::string c_type, std::uint32_t field_size, std::uint32_t align);
};

/// Bytes as they came out of the ring of one CPU.
struct RawRecord {
  std::uint32_t cpu = 0;
  std::vector<std::byte> bytes;
};

}  // namespace burin
