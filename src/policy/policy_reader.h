// YAML -> Policy, with every mistake located. The only user of yaml-cpp besides the catalog reader.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "model/policy.h"
#include "model/probe_catalog.h"

namespace burin {

/// Value of ${NAME}, or nothing when it is not set.
using VariableLookup = std::function<std::optional<std::string>(const std::string&)>;

/// A policy file may be at most this many bytes.
inline constexpr std::size_t kMaxPolicyBytes = 4U << 20;

/// Reads one policy document. On errors `diagnostics` says all of them and the returned policy must not be used.
Policy read_policy(const std::string& file, std::string_view text, const VariableLookup& variables,
                   Diagnostics& diagnostics);

/// Reads one probes/*/probe.yaml (ours, embedded at build time).
std::optional<Probe> read_probe(const std::string& file, std::string_view text, Diagnostics& diagnostics);

}  // namespace burin
