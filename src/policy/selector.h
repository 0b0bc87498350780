// Selectors of a hook: filters and actions, read against the arguments that the hook declares.
#pragma once
#include <cstdint>
#include <vector>

#include "model/policy.h"
#include "policy/hook.h"

namespace burin {

/// What the selectors of one hook may refer to.
struct SelectorContext {
  HookKind kind;
  DeclaredArgs args;
  DeclaredArgs data;
  DeclaredArg returned;
  bool return_value;  ///< the hook captures it: filters may look at it
  bool at_return;     ///< the hook waits for the return: actions may happen there
  SharedParts& shared;
  bool any_hook = false;  ///< a macro by itself: what depends on the hook is not judged
};

/// Selectors per hook, and filters of each kind per selector, that are accepted: bounds on the size of the generated
/// program.
inline constexpr std::size_t kMaxSelectors = 128;
inline constexpr std::size_t kMaxFilters = 32;
/// Actions per selector (Tetragon's limit).
inline constexpr std::size_t kMaxActions = 3;

/// Reads the `selectors:` list.
std::vector<Selector> read_selectors(Reading&, const YamlNode& list, const SelectorContext& context);
/// Reads a macro by itself, to find mistakes in one that no selector uses.
void check_macro(Reading&, const YamlNode& value, SharedParts& shared);
const ObjectDoc& selector_object();
/// A selector without `macros`.
const ObjectDoc& macro_object();

/// selector_warnings.cpp: selectors that are valid and surely not what was meant.
void warn_about_shapes(Reading&, const YamlNode& list, const SharedParts& shared);
void warn_about_contradictions(Reading&, const Selector& selector, const SelectorContext& context);

}  // namespace burin
