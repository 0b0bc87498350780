// Selectors of a hook: filters and actions, read against the arguments that the hook declares.
#pragma once
#include <cstdint>
#include <vector>

#include "model/policy.h"
#include "policy/reading.h"
#include "types/arg_type.h"

namespace burin {

/// A declared argument as selectors see it. `type` is null when it was wrong or not supported, which is reported
/// already.
struct DeclaredArg {
  std::uint32_t index = 0;
  const ArgType* type = nullptr;
};

/// The hook's `args`, in the policy's order. `complete` is false when an entry was wrong and is missing here: then a
/// filter that names an unknown argument may well mean that one.
struct DeclaredArgs {
  std::vector<DeclaredArg> list;
  bool complete = true;
};

/// Selectors per hook, and filters per selector, that are accepted: bounds on the size of the generated program.
inline constexpr std::size_t kMaxSelectors = 32;
inline constexpr std::size_t kMaxFilters = 32;
/// Actions per selector (Tetragon's limit).
inline constexpr std::size_t kMaxActions = 3;

/// Reads the `selectors:` list.
std::vector<Selector> read_selectors(Reading& reading, const Node& list, const DeclaredArgs& args);

}  // namespace burin
