// The filters of /v1/events for JSON lines that come from a file or pipe instead of a server.
#pragma once
#include <string_view>

#include "event/filter.h"

namespace burin {

class LineFilter {
 public:
  /// Error{InvalidPolicy} as EventFilter::compile, and for pods and namespaces, which only a server can answer.
  static Result<LineFilter> compile(const FilterSpec& spec);
  /// Whether the event in this line passes. A line that is not a JSON object is an error.
  Result<bool> matches(std::string_view line) const;

 private:
  LineFilter(EventFilter filter, bool any_kind) : filter_(std::move(filter)), any_kind_(any_kind) {}
  EventFilter filter_;
  bool any_kind_;
};

}  // namespace burin
