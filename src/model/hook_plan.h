// A policy decided for this host: which rung serves each hook, what is captured where, what is compared with what.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/source_span.h"
#include "model/operand.h"
#include "model/policy.h"
#include "model/record.h"

namespace burin {

/// How a hook gets its events here. One template per value (templates/hook/).
enum class Rung {
  Kprobe,        ///< kprobe on the function itself
  StateSockOps,  ///< sock:inet_sock_set_state joined with SOCK_OPS TCP_CONNECT_CB (tcp_connect only)
};
/// "kprobe", "tracepoint+sock_ops"; as printed by /v1/policies and in each event's `burin` object.
std::string_view to_string(Rung rung);

struct PlannedArg {
  std::uint32_t index = 0;  ///< function parameter position
  std::string type;         ///< key into types/
  std::string label;
  std::size_t field = 0;  ///< index into PlannedHook::record.fields; meaningless for nop
  SourceSpan span;
};

struct PlannedFilter {
  std::size_t arg = 0;  ///< index into PlannedHook::args
  std::string op;       ///< key into operators/
  Operand operand;
  SourceSpan span;
};

struct PlannedBinaries {
  std::string op;
  StringSet values;
  SourceSpan span;
};

struct PlannedSelector {
  std::vector<PlannedFilter> filters;
  std::vector<PlannedBinaries> binaries;
  std::vector<ActionKind> actions;  ///< never empty
  SourceSpan span;
};

/// A rung that was considered and why it was not taken.
struct RungTried {
  Rung rung;
  std::string reason;
};

struct PlannedHook {
  HookId id = 0;
  std::string function;  ///< function_name in events
  Rung rung = Rung::Kprobe;
  std::vector<RungTried> tried;
  std::vector<PlannedArg> args;  ///< in the policy's order
  std::vector<PlannedSelector> selectors;
  RecordLayout record;
  std::string message;
  std::vector<std::string> tags;
  SourceSpan span;
};

/// A hook that cannot be had on this host; the rest of the policy runs without it.
struct UnavailableHook {
  std::string function;
  std::vector<RungTried> tried;
  std::string reason;
  SourceSpan span;
  bool may_be_absent = false;  ///< the policy says ignore.callNotFound
};

struct HookPlan {
  std::string policy;
  std::string file;
  std::vector<PlannedHook> hooks;
  std::vector<UnavailableHook> unavailable;
};

}  // namespace burin
