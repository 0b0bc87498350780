// The client half of /v1/events, used by `burin getevents`.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace burin {

/// GETs `server` + `path_and_query` and hands over each line of the answer (without "\n"); `on_line` returns false to stop.
/// An HTTP error status is an Error with the server's message.
Result<> stream_lines(const std::string& server, const std::string& path_and_query,
                      const std::function<bool(std::string_view)>& on_line);

}  // namespace burin
