// HookPlan + layout -> C units: text, macros, programs, map contents and where each program is attached.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/hook_plan.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/process_needs.h"
#include "model/program.h"

namespace burin {

/// One unit ready for the compiler and the loader.
struct RenderedUnit {
  ProgramSource source;
  std::vector<MapInit> inits;
  std::vector<AttachSpec> attaches;
};

/// Counter slots per attach point in the `counters` map; the first kCounterNames of them have a meaning, and these
/// names appear in /v1/policies and /metrics.
inline constexpr std::uint32_t kCounterSlots = 16;
inline constexpr std::size_t kCounters = 13;
extern const char* const kCounterNames[kCounters];
/// Slots that are named here too; those of lost records are kSlotNoSpace (the perf buffer was full) and kSlotFailed.
inline constexpr std::size_t kSlotEntered = 0, kSlotMatched = 1, kSlotPosted = 2, kSlotNoSpace = 3, kSlotFailed = 4;

/// Every structure member that some template can use; what the layout sources are asked for.
std::vector<std::string> layout_members();
/// Who counts where in a policy's unit, in steps of kCounterSlots.
struct CounterPlaces {
  std::vector<std::size_t> hooks;  ///< of each hook's first target; those of its other targets follow
  std::size_t enforcers = 0;
  std::size_t all = 0;
};
/// Hooks with several targets (lists) come last: how many they are moves nothing else, and so no text.
CounterPlaces counter_places(const HookPlan& plan);
/// Every tracepoint whose format some template uses.
std::vector<std::string> tracepoints_used();

/// The unit of exec, exit and clone (and the self-test). What the host lacks is left out of `attaches`.
Result<RenderedUnit> render_base(const HostFacts& host, const LayoutTable& layout, const ProcessNeeds& needs = {});
/// The unit of one policy. `needs` are those of all policies that share the base programs: they decide the shape of the
/// process map.
Result<RenderedUnit> render_policy(const HookPlan& plan, const HostFacts& host, const LayoutTable& layout,
                                   const ProcessNeeds& needs);
/// The same for a policy that is alone.
Result<RenderedUnit> render_policy(const HookPlan& plan, const HostFacts& host, const LayoutTable& layout);

/// The text of a unit for people: each marker replaced by the policy or template line it stands for.
std::string annotated(const ProgramSource& source);

}  // namespace burin
