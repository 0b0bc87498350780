// The parts of an event line that a hook's event has; encode.cpp puts the line together. Only encode*.cpp includes this
// file.
#pragma once
#include <string_view>
#include <vector>

#include "event/encode_text.h"
#include "model/event.h"

namespace burin {

/// The fields behind process and parent, in the order of the kind's message. `event.hook` is set.
void write_hook_event(LineBuffer& out, const Event& event);

// Each writes nothing when there is nothing to say. `key` is `"name":[` with its quotes, colon and bracket.
void write_values(LineBuffer& out, std::string_view key, const std::vector<Value>& values,
                  const std::vector<HookArg>& described);
void write_stack(LineBuffer& out, std::string_view key, const std::vector<StackFrame>& frames);
/// `"return":{...}`.
void write_returned(LineBuffer& out, const Event& event);

/// `,"burin":{...}}` and the line's end: what burin knows beyond Tetragon's messages.
void write_burin(LineBuffer& out, const Event& event);

}  // namespace burin
