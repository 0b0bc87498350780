// Objects that a descriptor leads to directly: BPF programs and maps, perf events. And the loopback device.
#pragma once
#include <string>

#include "discovery/files.h"
#include "kernel/loaded_program.h"

namespace burin {

/// bpf_prog.*, bpf_prog_aux.name, bpf_map.*: two small programs and two maps, loaded for the purpose and attached to
/// nothing. Needs file.private_data.
void find_bpf_objects(KernelMemory& memory, const Subject& thread, const HostFacts& host, Findings& findings);
/// perf_event.attr, perf_event_attr.*: two events that count nothing. Needs file.private_data.
void find_perf_event(KernelMemory& memory, const Subject& thread, Findings& findings);

/// In the network namespace of the calling thread, which has to be its own: gives the loopback device this name.
bool rename_loopback(const std::string& name);
/// net_device.name. `renamed`: a thread in whose network namespace it has that name. Needs nsproxy.net_ns.
void find_net_device(KernelMemory& memory, const Subject& thread, const Subject& renamed, const std::string& name,
                     Findings& findings);

}  // namespace burin
