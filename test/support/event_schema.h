// Is this line an event as Tetragon writes it (plus the burin object)? Every message's fields, their forms, their order
// and what must be left out, from the tables in docs/schema/.
#pragma once
#include <string>
#include <string_view>
#include <vector>

/// What is wrong with one event line (without or with its "\n"), each with the path to the field; empty when it is
/// right. `compat`: the burin object is refused, else it must be there.
std::vector<std::string> validate_event_line(std::string_view line, bool compat);
