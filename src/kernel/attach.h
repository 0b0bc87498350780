// Hooks a loaded program in, by means that end with the process: perf_event_open probes and bpf_links.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/host_facts.h"
#include "model/program.h"

namespace burin {

/// What keeps a program attached. Closing `link` first and `event` after it detaches.
struct Attachment {
  UniqueFd event;        ///< perf event of a tracepoint, kprobe or uprobe
  UniqueFd link;         ///< bpf_link or raw tracepoint
  std::string function;  ///< of the program
};

/// Attaches `program_fd` as `spec` says. The target is checked for form; whether it exists is the kernel's answer.
Result<Attachment> attach_program(int program_fd, const AttachSpec& spec, const HostFacts& host);

/// ^[A-Za-z_][A-Za-z0-9_.]{0,127}$, the form of a kernel function's name.
bool is_kernel_symbol(std::string_view name);

/// The program type that a kind of attachment needs; false for Kind::None, which needs none.
bool needed_type(AttachSpec::Kind kind, ProgramType& type);

}  // namespace burin
