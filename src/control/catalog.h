// The probes that are compiled into the binary.
#pragma once
#include "base/result.h"
#include "model/probe_catalog.h"

namespace burin {

/// Reads the embedded probes/*/probe.yaml; a mistake in one of them is Error{Internal}.
Result<ProbeCatalog> load_catalog();

}  // namespace burin
