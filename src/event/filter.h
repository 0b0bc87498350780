// Which events a reader wants: Tetragon's rules, fields ANDed, the values of one field ORed.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/event.h"

namespace burin {

/// What a client asked for; empty lists mean "any". Regular expressions are RE2's, unanchored, as in Tetragon.
struct FilterSpec {
  std::vector<std::string> pods;  ///< regex on the pod's name; where an event has no pod, on the node name
  std::vector<std::string>
      processes;  ///< regex on the binary; a process that was never seen has none and never matches
  std::vector<std::string> namespaces;  ///< exact; "" = events without a pod (until there are pods: every event)
  std::vector<std::string> events;      ///< "PROCESS_EXEC" or "exec", in any case; likewise every other kind
  std::vector<std::string> policies;    ///< exact policy names; events that no policy made do not match
};

class EventFilter {
 public:
  /// `node_name` is what stands in for the pod's name on events without a pod, in the filter as in compact output. An
  /// invalid regex or event name is Error{InvalidPolicy} that names the parameter.
  static Result<EventFilter> compile(const FilterSpec& spec, std::string_view node_name);
  EventFilter(EventFilter&&) noexcept;
  EventFilter& operator=(EventFilter&&) noexcept;
  ~EventFilter();
  /// Gap events always pass: a reader must learn of losses whatever it filters. Thread-safe.
  bool matches(const Event& event) const;

 private:
  EventFilter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
