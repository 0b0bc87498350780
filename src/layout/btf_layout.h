// Layout rung 1: the kernel's own BTF.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/layout_table.h"

namespace burin {

/// Looks up member paths ("sock.__sk_common.skc_daddr", anonymous members looked through) in a BTF file (raw blob or ELF).
/// Members the kernel does not have are left out; an unreadable file is an error.
Result<LayoutTable> layout_from_btf(const std::filesystem::path& btf_file, const std::vector<std::string>& members);

/// The same with a small cache file (root-owned directory) keyed by kernel release, build and member list, because parsing
/// kernel BTF costs about 14 ms of every start.
Result<LayoutTable> cached_layout_from_btf(const std::filesystem::path& btf_file, const std::vector<std::string>& members,
                                           const std::filesystem::path& cache_dir, const std::string& kernel_id);

}  // namespace burin
