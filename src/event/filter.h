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
  std::vector<std::string> pods;        ///< regex on the pod's name
  std::vector<std::string> processes;   ///< regex on the binary
  std::vector<std::string> namespaces;  ///< exact; "" = events without a pod
  std::vector<std::string> events;      ///< PROCESS_EXEC..., exec, connect...: EventKind names, also lower case without PROCESS_
  std::vector<std::string> policies;    ///< exact policy names
};

class EventFilter {
 public:
  /// An invalid regex or event name is Error{InvalidPolicy} naming the parameter.
  static Result<EventFilter> compile(const FilterSpec& spec);
  EventFilter(EventFilter&&) noexcept;
  EventFilter& operator=(EventFilter&&) noexcept;
  ~EventFilter();
  /// Gap events always pass: a reader must learn of losses whatever it filters.
  bool matches(const Event& event) const;

 private:
  EventFilter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
