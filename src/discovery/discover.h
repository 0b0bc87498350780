// Layout rung 4: finds out where members are, with neither BTF nor headers.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/host_facts.h"
#include "model/layout_table.h"

namespace burin {

/// Arranges values that this process knows (ids, names, namespaces, addresses), looks for them in kernel memory, and
/// returns those of `members` whose place at least two independent observations agree on; LayoutTable::evidence says
/// which. What is ambiguous, or could not be arranged here, is left out. Sizes are the kernel's, 0 where a structure's
/// is not known.
///
/// Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), and for parts of it CAP_SYS_ADMIN, CAP_SETUID, CAP_SYS_CHROOT,
/// CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_RESOURCE. Nothing outside changes: what is arranged belongs to threads and two
/// children that are gone when this returns, the calling thread waits meanwhile; sockets are bound to loopback
/// addresses. Takes tens of milliseconds.
/// Errors: the program that reads kernel memory cannot be loaded or attached, or does not answer.
Result<LayoutTable> discover_layout(const HostFacts& host, const std::vector<std::string>& members);

}  // namespace burin
