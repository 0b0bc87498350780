// Programs of an image: relocated and loaded, with the verifier's words when it refuses.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/btf_target.h"
#include "kernel/load_maps.h"
#include "model/program.h"

namespace burin {

/// The image's BTF in the kernel; an empty owner when there is none or the kernel refuses it, which stops nothing.
UniqueFd load_btf(const std::vector<std::byte>& btf);

/// Loads one program. `btf_fd` -1: without func and line info. `kern_version` is what a kernel before 5.0 compares.
/// `target`: the function, for kinds that are bound to one when they are loaded.
Result<UniqueFd> load_program(const ProgramDef& program, const std::vector<OpenMap>& maps, int btf_fd,
                              std::uint32_t kern_version, std::string_view tag, const BtfTarget* target = nullptr);

/// A two-instruction program ("return 0") of this type, for trials. On failure -errno and `log` holds the kernel's
/// words.
int load_minimal(ProgramType type, std::uint32_t kern_version, const char* name, std::string& log,
                 const BtfTarget* target = nullptr);

}  // namespace burin
