// The client half of /v1/events, used by `burin getevents`.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace burin {

/// A server as the user types it: "http://host:port", "host:port", "[::1]:7070", "host"; no port means 7070, burin's
/// own.
struct ServerAddress {
  std::string host;
  std::uint16_t port = 7070;
  std::string url() const;
};
/// Other schemes, paths and user names are refused (Unsupported or InvalidPolicy).
Result<ServerAddress> parse_server(std::string_view text);

/// GETs `server` + `path_and_query` and hands over each line of the answer (without "\n"); `on_line` returns false to
/// stop. `on_batch` is called when all that has arrived so far was handed over: the moment to flush; false stops. Waits
/// without limit for the next line, but only ten seconds for a connection and for the answer to begin. Errors: Io
/// (unreachable, connection cut in the middle of the answer), InvalidPolicy (the server refused the request: 4xx, with
/// its message), Overloaded (503), Internal (other statuses).
Result<> stream_lines(const std::string& server, const std::string& path_and_query,
                      const std::function<bool(std::string_view)>& on_line, const std::function<bool()>& on_batch = {});

}  // namespace burin
