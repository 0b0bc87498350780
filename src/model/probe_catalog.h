// What can be observed, from probes/*/probe.yaml: attach points in order of preference, arguments, compact form.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/hook_plan.h"

namespace burin {

struct ProbeAttach {
  Rung rung = Rung::Kprobe;
  std::string target;                     ///< kernel symbol of a kprobe; unused otherwise
  std::vector<std::string> needs_layout;  ///< members without which this rung is not taken
};

/// Another emoji and verb for events whose args[argument] is this number.
struct CompactVariant {
  std::size_t argument = 0;
  std::int64_t equals = 0;
  std::string emoji;
  std::string verb;
};

/// How `getevents -o compact` prints the event. In all texts but the emoji, {N.field} is a field of args[N]
/// ("{0.saddr}:{0.sport}"), {N} the scalar in args[N], {N|form} that number in words: `protection` (r, w, x),
/// `namespace` (of a CLONE_NEW* flag). Each part of the details is cyan, and empty when the event has not its
/// arguments; the trailer is not coloured.
struct CompactForm {
  std::string emoji;
  std::string verb;
  std::vector<std::string> details;
  std::string trailer;
  std::vector<CompactVariant> variants{};
};

struct Probe {
  std::string name;                 ///< folder name
  std::string function;             ///< the function_name it serves ("tcp_connect")
  std::string description;          ///< one line
  std::vector<ProbeAttach> attach;  ///< empty: as any function or syscall
  CompactForm compact;
};

struct ProbeCatalog {
  std::vector<Probe> probes;
  const Probe* find_function(std::string_view function) const {
    for (const auto& p : probes)
      if (p.function == function) return &p;
    return nullptr;
  }
};

}  // namespace burin
