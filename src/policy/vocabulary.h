// Words of Tetragon's policy language beyond the tables of fields: what is known there but not (yet) here, and the
// second spellings that documents and examples use.
#pragma once
#include <span>
#include <string_view>

#include "operators/operator.h"

namespace burin {

/// True for an argument type of Tetragon's CRD (commit 4fbfe2d74ecb), whether we have it or not.
bool is_tetragon_type(std::string_view name);
/// True for a matchArgs operator of Tetragon's CRD or documentation.
bool is_tetragon_operator(std::string_view name);
/// True for one of our operators that Tetragon also has for strings, whether or not we compare strings.
bool is_tetragon_text_operator(std::string_view name);
/// True for an action of Tetragon's CRD.
bool is_tetragon_action(std::string_view name);

/// The names behind the three questions, for "did you mean".
std::span<const std::string_view> tetragon_types();
std::span<const std::string_view> tetragon_operators();
std::span<const std::string_view> tetragon_actions();

/// Our operator for a written name. The CRD spells NotSportPriv where the documentation has NotSPortPriv, and the
/// documentation has gt and lt for GT and LT: all are accepted. Null when we have none.
const Operator* operator_for(std::string_view written);

}  // namespace burin
