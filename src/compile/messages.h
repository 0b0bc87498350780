// clang's messages speak of generated C; people wrote a policy. This turns the one into the other by the marker that
// generated lines end in.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "model/program.h"

namespace burin {

struct MappedMessages {
  std::string text;                 ///< all messages, those of marked lines with their place in the policy
  std::optional<SourceSpan> first;  ///< where the first error that could be mapped points
  std::string headline;             ///< the first error, mapped or not, on one line; empty when there is none
};

/// `text` is what clang printed. A message whose quoted line holds a marker `/*@ID*/` found in source.origins becomes
/// "policy.yaml:12:9 (selector 1, NotDAddr): error: ..."; others on the generated text become "generated code line 7:3:
/// error: ...". Quoted lines and carets stay. Control characters are replaced by '?'.
MappedMessages map_messages(std::string_view text, const ProgramSource& source);

}  // namespace burin
