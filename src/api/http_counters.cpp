// Prometheus text format 0.0.4, by hand: HELP, TYPE, samples.
#include "api/http_counters.h"

#include <fmt/format.h>

namespace burin {
namespace {

void metric(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

}  // namespace

void HttpCounters::request(std::string_view path, int status) {
  std::lock_guard lock(mutex_);
  ++requests_[{path, status}];
}

std::string HttpCounters::text(std::uint64_t refused_connections) const {
  std::string out =
      "# HELP burin_http_requests_total Requests by path and status; streams are counted when they begin.\n"
      "# TYPE burin_http_requests_total counter\n";
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, count] : requests_)
      fmt::format_to(std::back_inserter(out), "burin_http_requests_total{{path=\"{}\",code=\"{}\"}} {}\n", key.first,
                     key.second, count);
  }
  metric(out, "burin_http_streams_open", "gauge", "Event streams being sent now.", streams_open);
  metric(out, "burin_http_streams_refused_total", "counter", "Event streams refused with 503: too many open.",
         streams_refused);
  metric(out, "burin_http_streams_aborted_total", "counter",
         "Event streams that ended before their last chunk: client gone, stalled, or shutdown.", streams_aborted);
  metric(out, "burin_http_connections_refused_total", "counter", "Connections closed unanswered: accept queue full.",
         refused_connections);
  metric(out, "burin_http_lines_sent_total", "counter", "Event lines sent to HTTP clients, gap lines included.", lines);
  metric(out, "burin_http_sent_bytes_total", "counter", "Bytes sent to HTTP clients, headers included.", bytes);
  metric(out, "burin_http_slow_client_gaps_total", "counter", "Gap lines sent to clients that fell behind.",
         slow_client_gaps);
  metric(out, "burin_http_slow_client_missed_events_total", "counter", "Events named missing in those gap lines.",
         slow_client_missed);
  return out;
}

}  // namespace burin
