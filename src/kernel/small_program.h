// Programs of a few instructions that say by loading, or not, what this kernel has.
#pragma once
#include <linux/bpf.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "model/host_facts.h"
#include "model/program.h"

namespace burin {

/// A program that calls one helper with arguments that it takes, and returns 0. `helper` is one of those that burin
/// tries: get_current_task, probe_write_user, override_return, get_stack, get_current_cgroup_id, send_signal,
/// probe_read_kernel, get_attach_cookie.
std::vector<bpf_insn> program_that_calls(std::int32_t helper);
/// A program that counts to four in a loop.
std::vector<bpf_insn> program_that_loops();

/// Loads it. A closed descriptor: it did not load, `error` is the errno and `log` the verifier's words.
UniqueFd load_small(ProgramType type, const std::vector<bpf_insn>& insns, const HostFacts& host, std::string& log,
                    int& error);

/// False when the kernel below `root` has uprobes that cannot count the users of a USDT probe's semaphore
/// (before 4.20): it names in sysfs what their events can be told. Of a kernel without uprobes nothing is said.
bool counts_semaphores(const std::filesystem::path& root);

/// Fills host.lacks with what does not load here. Takes some 0.2 ms.
void try_features(HostFacts& host);

}  // namespace burin
