// What a TracingPolicy says, as plain values with the place of each word in the file. Nothing here is resolved against
// a host: that is the planner's work.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/source_span.h"
#include "model/action.h"
#include "model/task_facts.h"

namespace burin {

/// A value and where the user wrote it.
template <class T>
struct Located {
  T value{};
  SourceSpan span;
};

/// One entry of `args:` or `data:` (or returnArg): what is captured and how.
struct PolicyArg {
  /// Where the value comes from: a parameter (or field) of the hook, or `data`'s `source`.
  enum class Source { Parameter, CurrentTask, PtRegs };

  /// Parameter position from 0; for tracepoints the ordinal of the field in the format file, common fields counted.
  std::uint32_t index = 0;
  std::string type;   ///< a name from types/ ("sock"), or "auto" where the hook's own type decides
  std::string label;  ///< copied to the event's argument; may be empty
  std::optional<std::uint32_t> size_arg_index;  ///< char_buf: 1-based position of the length parameter
  bool return_copy = false;                     ///< char_buf: read at the return, as long as the return value says
  bool max_data = false;                        ///< char_buf, iov_iter: more bytes than an event's cap
  std::string resolve;                          ///< "mm.owner.real_parent.comm"; empty: the parameter itself
  SourceSpan resolve_span;
  std::string btf_type;         ///< struct that the pointer is taken for before `resolve`
  std::string btf_type_module;  ///< module whose BTF has that struct
  Source source = Source::Parameter;
  SourceSpan span;
  SourceSpan type_span;
};

/// One entry of `matchArgs:`, `matchData:` or `matchReturnArgs:`. Entries are ANDed, `values` ORed (a negative
/// operator: none of them).
struct ArgFilter {
  /// Positions in Hook::args (or Hook::data; the return value is position 0). One, but for operators that compare
  /// arguments with each other (CapabilitiesGained: old, new) and CelExpr (all that the expression names).
  std::vector<std::size_t> positions;
  std::string op;  ///< canonical operator name from operators/ ("NotDAddr")
  /// After ${VAR} expansion and after splitting at spaces and commas; each piece has the place of its own text.
  std::vector<Located<std::string>> values;
  SourceSpan span;  ///< the entry
  SourceSpan op_span;
};

/// One entry of `matchBinaries:` or `matchParentBinaries:`.
struct BinaryFilter {
  std::string op;  ///< In, NotIn, Prefix, NotPrefix, Postfix, NotPostfix
  std::vector<Located<std::string>> values;
  bool follow_children = false;  ///< In and NotIn only: descendants of such a program count as it
  SourceSpan span;
};

/// One entry of `matchPIDs:`.
struct PidFilter {
  bool negated = false;        ///< NotIn
  bool namespace_pid = false;  ///< the pid as the process's innermost pid namespace has it
  bool follow_forks = false;   ///< descendants of such a process count as it
  std::vector<std::uint32_t> pids;
  SourceSpan span;
};

/// One entry of `matchNamespaces:`.
struct NamespaceFilter {
  NamespaceKind ns = NamespaceKind::Pid;
  bool negated = false;
  std::vector<std::uint32_t> inums;
  bool host = false;  ///< `host_ns` is among the values
  SourceSpan span;
};

/// One entry of `matchNamespaceChanges:`: a namespace differs from the one that the process had at its exec.
struct NamespaceChangeFilter {
  bool negated = false;
  std::vector<NamespaceKind> kinds;
  SourceSpan span;
};

/// One entry of `matchCapabilities:` or `matchCapabilityChanges:`.
struct CapabilityFilter {
  CapabilitySet set = CapabilitySet::Effective;
  bool negated = false;
  bool namespaced = false;  ///< isNamespaceCapability: only tasks in a user namespace other than the host's
  std::uint64_t mask = 0;   ///< any of these bits
  SourceSpan span;
};

/// `key operator values` of a label selector; Exists and DoesNotExist have no values.
struct LabelRequirement {
  std::string key;
  std::string op;  ///< In, NotIn, Exists, DoesNotExist (matchLabels become In)
  std::vector<std::string> values;
};

/// Which workloads a policy or selector is for. Compiled to a set of cgroup ids; who fills it is not said here.
struct WorkloadFilter {
  std::optional<std::vector<LabelRequirement>> pods;        ///< podSelector, when written
  std::optional<std::vector<LabelRequirement>> containers;  ///< containerSelector, when written
  bool host = false;                                        ///< hostSelector: {}
  SourceSpan span;
};

/// All its filters must hold; the first selector of a hook that matches runs its actions (none written: Post).
struct Selector {
  std::string label;
  std::vector<ArgFilter> match_args;
  std::vector<ArgFilter> match_data;
  std::vector<ArgFilter> match_return_args;
  std::vector<BinaryFilter> match_binaries;
  std::vector<BinaryFilter> match_parent_binaries;
  std::vector<PidFilter> match_pids;
  std::vector<NamespaceFilter> match_namespaces;
  std::vector<NamespaceChangeFilter> match_namespace_changes;
  std::vector<CapabilityFilter> match_capabilities;
  std::vector<CapabilityFilter> match_capability_changes;
  std::optional<WorkloadFilter> match_workloads;
  std::vector<Action> actions;
  std::vector<Action> return_actions;
  SourceSpan span;
};

enum class HookKind { Kprobe, Fentry, Tracepoint, RawTracepoint, Uprobe, Usdt, Lsm };
/// "kprobe", "fentry", "tracepoint", "raw_tracepoint", "uprobe", "usdt", "lsm".
std::string_view to_string(HookKind kind);

/// One entry of `kprobes`, `fentries`, `tracepoints`, `uprobes`, `usdts` or `lsmhooks`.
struct Hook {
  HookKind kind = HookKind::Kprobe;
  /// Kprobe, Fentry: function or "list:NAME"; Lsm: the hook without security_; Tracepoint: the event; Usdt: the name.
  std::string call;
  bool syscall = false;
  std::string subsystem;  ///< Tracepoint; Usdt: the provider
  // Uprobe, Usdt
  std::string path;
  std::string btf_path;
  std::vector<Located<std::string>> symbols;
  std::vector<Located<std::uint64_t>> offsets;
  std::vector<Located<std::uint64_t>> addrs;
  std::vector<std::uint64_t> ref_ctr_offsets;
  std::vector<Located<std::string>> digests;  ///< "sha256:hex" or a build id
  bool ignore_digest_failure = false;

  std::vector<PolicyArg> args;
  std::vector<PolicyArg> data;
  bool at_return = false;  ///< `return: true`
  std::optional<PolicyArg> return_arg;
  /// `returnArgAction`: TrackSock or UntrackSock of the returned sock.
  std::optional<ActionKind> return_arg_action;
  std::vector<Selector> selectors;  ///< ORed, in order; empty means "always Post"
  std::string message;
  std::vector<std::string> tags;
  bool ignore_call_not_found = false;
  SourceSpan span;
  SourceSpan call_span;
};

/// One entry of `lists:`.
struct SymbolList {
  enum class Type { Functions, Syscalls, GeneratedSyscalls, GeneratedFtrace };
  std::string name;
  Type type = Type::Functions;
  std::vector<Located<std::string>> values;
  std::string pattern;  ///< GeneratedFtrace: RE2
  SourceSpan span;
};

/// One entry of `enforcers:`.
struct Enforcer {
  std::vector<Located<std::string>> calls;  ///< functions, syscalls or "list:NAME"
  SourceSpan span;
};

enum class PolicyMode { Enforce, Monitor };

/// spec.options, as far as they mean something here.
struct PolicyOptions {
  PolicyMode mode = PolicyMode::Enforce;
  enum class OverrideMethod { Any, FmodRet, OverrideReturn };
  OverrideMethod override_method = OverrideMethod::Any;
};

struct Policy {
  std::string name;            ///< metadata.name
  std::string namespace_name;  ///< metadata.namespace; empty for the cluster-wide kind
  std::vector<Hook> hooks;
  std::vector<SymbolList> lists;
  std::vector<Enforcer> enforcers;
  PolicyOptions options;
  bool loader = false;  ///< report files that are mapped executable
  SourceSpan loader_span;
  std::string file;  ///< path as given by the user, for messages

  const SymbolList* find_list(std::string_view list_name) const {
    for (const auto& l : lists)
      if (l.name == list_name) return &l;
    return nullptr;
  }
};

}  // namespace burin
