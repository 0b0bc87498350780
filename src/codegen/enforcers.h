// The programs of `enforcers`.
#pragma once
#include "codegen/renderer.h"
#include "codegen/template.h"

namespace burin {

/// Adds one program for each method that the plan's enforcers need; they count in the slots that begin at `slot`.
Result<> add_enforcers(const HookPlan& plan, std::uint32_t slot, UnitText& text, RenderedUnit& unit);

}  // namespace burin
