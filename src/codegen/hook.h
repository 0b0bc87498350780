// One hook -> its programs: entry, and return where the policy wants it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "codegen/renderer.h"
#include "codegen/template.h"
#include "model/hook_plan.h"

namespace burin {

/// A hook with the lines that its selectors became.
struct HookText {
  const PlannedHook& plan;
  std::string function;    ///< C name of the entry program ("p0")
  std::uint32_t slot = 0;  ///< first counter slot
  std::vector<GeneratedLine> selectors;
  std::vector<GeneratedLine> return_selectors;
  std::string return_arg_action;  ///< C statements
  bool owners = false;            ///< the unit tracks socks: events with one may belong to its owner
};

/// The struct of a hook's record, with assertions that tie it to the decoder's layout.
std::string record_struct(const PlannedHook& hook, const std::string& name);

/// The walker of paths (templates/path.h): `longest` bytes, a power of two, and how many components it follows;
/// `short_steps` on kernels without loops.
Result<> add_path_walk(UnitText& text, std::uint32_t longest, std::uint32_t steps, std::uint32_t short_steps);

/// Declares the working memory that the unit's hooks share (templates/text.h); nothing when no hook needs it.
/// With `process_texts` also the map in which paths of processes are compared as texts.
Result<> add_scratch(const HookPlan& plan, bool process_texts, UnitText& text);

/// Adds the programs of every rung but StateSockOps.
Result<> add_hook(const HookText& hook, const HostFacts& host, UnitText& text, RenderedUnit& unit);

}  // namespace burin
