// Probes made by perf_event_open: tracepoints, kprobes, uprobes. What attach.cpp shares with them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/attach.h"

namespace burin {

/// Non-empty, and only letters, digits and underscores.
bool is_word(std::string_view text);

Result<Attachment> attach_tracepoint(int program_fd, const AttachSpec& spec, const HostFacts& host);
Result<Attachment> attach_kprobe(int program_fd, const AttachSpec& spec, bool at_return);
Result<Attachment> attach_uprobe(int program_fd, const AttachSpec& spec, bool at_return);
/// A kprobe at the entry of this function, disabled and without a program.
Result<UniqueFd> open_kprobe(const std::string& symbol, bool at_return);

}  // namespace burin
