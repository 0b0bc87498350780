// The few functions of the model that need a body.
#include "model/hook_plan.h"
#include "model/host_facts.h"

namespace burin {

std::string_view to_string(Rung rung) {
  switch (rung) {
    case Rung::Kprobe: return "kprobe";
    case Rung::StateSockOps: return "tracepoint+sock_ops";
  }
  return "?";
}

const TracepointField* TracepointFormat::find(const std::string& name) const {
  for (const auto& f : fields)
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace burin
