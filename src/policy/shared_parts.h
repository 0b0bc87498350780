// Sections of `spec` that are no hooks.
#pragma once
#include "policy/hook.h"

namespace burin {

/// `lists`: the good ones into shared.lists, the names of the others into shared.wrong_lists.
void read_lists(Reading&, const YamlNode& value, SharedParts& shared);
/// `enforcers`; lists must be read before.
std::vector<Enforcer> read_enforcers(Reading&, const YamlNode& value, SharedParts& shared);
/// `options`.
PolicyOptions read_options(Reading&, const YamlNode& value);

const ObjectDoc& list_object();
const ObjectDoc& enforcer_object();
const ObjectDoc& option_object();

}  // namespace burin
