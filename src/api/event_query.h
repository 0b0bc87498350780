// What a request for /v1/events asks for, read from its query string. Strict: whatever is not understood is refused
// with a message, because an ignored parameter would show the wrong events without a word.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "event/filter.h"

namespace burin {

/// An answer that is not 200: {"error":{"code":...,"message":...}}.
struct ApiError {
  int status = 400;
  std::string code;     ///< stable, snake_case; listed in docs/api.md
  std::string message;  ///< names the parameter and what it may be
};
template <class T>
using ApiResult = tl::expected<T, ApiError>;

/// The two halves of a request target, still percent-encoded. The absolute form ("http://host/path?query") is
/// understood.
struct Target {
  std::string path;
  std::string query;  ///< without "?"
};
Target split_target(std::string_view uri);

struct QueryParameter {
  std::string name;
  std::string value;
  bool has_value = false;  ///< "follow=" has an empty one, "follow" has none
};
/// Percent-decodes a query string. A bare "+" is refused, because half of the world means a space by it and the other
/// half a plus (which regular expressions need).
ApiResult<std::vector<QueryParameter>> parse_query(std::string_view query);

struct EventQuery {
  FilterSpec filter;
  bool follow = false;
  bool compat = false;                        ///< without the burin object
  std::optional<std::uint64_t> aggregate_ns;  ///< equal events within so long become one line
  std::optional<std::uint64_t> last;          ///< the last N that match
  std::optional<std::uint64_t> since;         ///< events with seq > since
  std::optional<std::string> stream;          ///< refuse unless this is the id of the daemon's stream
};
ApiResult<EventQuery> parse_event_query(std::string_view query);

}  // namespace burin
