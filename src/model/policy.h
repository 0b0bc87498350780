// What a TracingPolicy says, as plain values with the place of each word in the file. Nothing here is resolved against
// a host: that is the planner's work.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/source_span.h"

namespace burin {

/// A value and where the user wrote it.
template <class T>
struct Located {
  T value{};
  SourceSpan span;
};

/// One entry of `args:` (or returnArg): which function parameter is captured and how.
struct PolicyArg {
  std::uint32_t index = 0;  ///< function parameter position, from 0
  std::string type;         ///< a name from types/ ("sock")
  std::string label;        ///< copied to the event's argument; may be empty
  SourceSpan span;
  SourceSpan type_span;
};

/// One entry of `matchArgs:`. Entries are ANDed, `values` ORed (a negative operator: none of them).
struct ArgFilter {
  std::uint32_t index = 0;  ///< function parameter position; is one of the hook's PolicyArg::index
  std::string op;           ///< canonical operator name from operators/ ("NotDAddr")
  /// After ${VAR} expansion and after splitting at spaces and commas; each piece has the place of its own text.
  std::vector<Located<std::string>> values;
  SourceSpan span;  ///< the entry
  SourceSpan op_span;
};

/// One entry of `matchBinaries:`.
struct BinaryFilter {
  std::string op;  ///< In, NotIn, Prefix, NotPrefix, Postfix, NotPostfix
  std::vector<Located<std::string>> values;
  bool follow_children = false;
  SourceSpan span;
};

enum class ActionKind { Post, NoPost, Sigkill };

/// One entry of `matchActions:`.
struct PolicyAction {
  ActionKind kind = ActionKind::Post;
  SourceSpan span;
};

/// All its filters must hold; the first selector of a hook that matches runs its actions (none written: Post).
struct Selector {
  std::vector<ArgFilter> match_args;
  std::vector<BinaryFilter> match_binaries;
  std::vector<PolicyAction> actions;
  SourceSpan span;
};

enum class HookKind { Kprobe };

/// One entry of `kprobes:` (more kinds come with the rest of the language).
struct Hook {
  HookKind kind = HookKind::Kprobe;
  std::string call;  ///< kernel function, as written
  bool syscall = false;
  std::vector<PolicyArg> args;
  std::vector<Selector> selectors;  ///< ORed, in order; empty means "always Post"
  std::string message;
  std::vector<std::string> tags;
  bool ignore_call_not_found = false;
  SourceSpan span;
  SourceSpan call_span;
};

struct Policy {
  std::string name;            ///< metadata.name
  std::string namespace_name;  ///< metadata.namespace; empty for the cluster-wide kind
  std::vector<Hook> hooks;
  std::string file;  ///< path as given by the user, for messages
};

}  // namespace burin
