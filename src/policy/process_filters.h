// Filters on the calling process: its program, pid, namespaces and capabilities.
#pragma once
#include <optional>
#include <string_view>

#include "policy/selector.h"

namespace burin {

/// Longest path in matchBinaries, in bytes (Tetragon's limit, and what the kernel side keeps of a path).
inline constexpr std::size_t kMaxBinaryPath = 255;

// Each reads one entry of the list that `key` names. Nothing when it was reported and cannot be used.
std::optional<BinaryFilter> read_binary_filter(Reading&, const YamlNode&, std::string_view key, const SelectorContext&);
std::optional<PidFilter> read_pid_filter(Reading&, const YamlNode&, std::string_view key, const SelectorContext&);
std::optional<NamespaceFilter> read_namespace_filter(Reading&, const YamlNode&, std::string_view key,
                                                     const SelectorContext&);
std::optional<NamespaceChangeFilter> read_namespace_change_filter(Reading&, const YamlNode&, std::string_view key,
                                                                  const SelectorContext&);
std::optional<CapabilityFilter> read_capability_filter(Reading&, const YamlNode&, std::string_view key,
                                                       const SelectorContext&);
const ObjectDoc& binary_filter_object();
const ObjectDoc& pid_filter_object();
const ObjectDoc& namespace_filter_object();
const ObjectDoc& namespace_change_filter_object();
const ObjectDoc& capability_filter_object();

}  // namespace burin
