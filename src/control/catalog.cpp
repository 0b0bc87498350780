#include "control/catalog.h"

#include "base/embedded.h"
#include "policy/policy_reader.h"

namespace burin {

Result<ProbeCatalog> load_catalog() {
  ProbeCatalog catalog;
  for (std::size_t i = 0; i < kProbesCount; ++i) {
    if (!kProbes[i].path.ends_with("/probe.yaml")) continue;
    Diagnostics diagnostics;
    const std::string file = "probes/" + std::string(kProbes[i].path);
    auto probe = read_probe(file, kProbes[i].text, diagnostics);
    if (!probe)
      return fail(ErrorCode::Internal, "embedded " + file + " is wrong", render(diagnostics, kProbes[i].text, false));
    catalog.probes.push_back(std::move(*probe));
  }
  return catalog;
}

}  // namespace burin
