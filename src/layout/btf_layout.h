// Layout rung 1: the kernel's own BTF.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/layout_table.h"

namespace burin {

/// Looks up member paths ("sock.__sk_common.skc_daddr", anonymous members looked through) in a BTF file (raw blob or
/// ELF). The first word is a struct or union tag; a path does not go through pointers or array elements. With an enum's
/// tag
/// ("iter_type.ITER_UBUF") `offset` is the enumerator's value. Members the kernel does not have are left out, and so is
/// a member for which several types of that name disagree; an unreadable file is an error. Parsing takes tens of MB for
/// a moment.
Result<LayoutTable> layout_from_btf(const std::filesystem::path& btf_file, const std::vector<std::string>& members);

/// The same with a small cache file keyed by BTF file, `kernel_id` (release and build) and member list, because parsing
/// kernel BTF costs about 14 ms of every start. `cache_dir` is made (0700) when it is missing; it is used only when it
/// is ours (our user's, no symbolic link, not writable by others). An unusable directory or a damaged file costs the
/// parse and is no error.
Result<LayoutTable> cached_layout_from_btf(const std::filesystem::path& btf_file,
                                           const std::vector<std::string>& members,
                                           const std::filesystem::path& cache_dir, const std::string& kernel_id);

}  // namespace burin
