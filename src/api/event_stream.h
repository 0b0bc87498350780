// The body of one /v1/events answer: hub -> filter -> socket, with a gap line where the client fell behind.
#pragma once
#include <optional>
#include <string>

#include "api/event_query.h"
#include "api/http_counters.h"
#include "api/stream_writer.h"
#include "event/filter.h"
#include "sink/stream_hub.h"

namespace burin {

/// Where a stream begins and ends.
struct StreamPlan {
  std::uint64_t from = 0;              ///< first seq wanted; 0 = whatever is oldest
  std::optional<std::uint64_t> until;  ///< last seq wanted; none = follow
  bool compat = false;
  std::optional<std::uint64_t> aggregate_ns;  ///< window in which equal events become one line
  bool chunked = true;                        ///< false for HTTP/1.0 clients: the end of the connection ends the answer
};

/// Turns a query into a plan; 400 when `since` lies in the future.
ApiResult<StreamPlan> plan_stream(const EventQuery& query, const EventFilter& filter, const StreamHub& hub);

/// Sends until the plan's end, the hub's end, the stop signal or the client's disappearance. True when the answer was
/// ended cleanly.
bool stream_events(const StreamPlan& plan, const EventFilter& filter, const StreamHub& hub,
                   const std::string& node_name, StreamWriter& out, HttpCounters& counters, const StopSignal& stop);

}  // namespace burin
