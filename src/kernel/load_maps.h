// Maps of an image: created, or taken from another program that has them, and filled.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/loaded_program.h"
#include "model/program.h"

namespace burin {

/// A map in the kernel that this process holds open.
struct OpenMap {
  MapDef def;  ///< max_entries as really created
  UniqueFd fd;
};

/// Slots that a buffer for a per-CPU map, or an array indexed by CPU, needs: `known` or what the kernel says, if more.
std::uint32_t cpu_slots(std::uint32_t known);

/// One entry of the result per entry of `defs`, in order. `btf_fd` -1: without type information. `cpus`: see
/// cpu_slots(). `inits` may ask for another number of entries.
Result<std::vector<OpenMap>> open_maps(const std::vector<MapDef>& defs, const std::vector<MapInit>& inits,
                                       const SharedMaps& shared, int btf_fd, std::uint32_t cpus);

/// Writes the first contents before anything is attached. Error{Internal}: a map or a size is not the image's.
Result<> write_inits(const std::vector<OpenMap>& maps, const std::vector<MapInit>& inits, std::uint32_t cpus);

/// At most 15 characters of [A-Za-z0-9_], what every kernel takes as an object name: `tag`_`name`, or `name` without a
/// tag. A long tag is cut before the name is.
std::string kernel_name(std::string_view tag, std::string_view name);

/// Whether a value of this type of map (enum bpf_map_type) exists once per CPU.
bool is_percpu(std::uint32_t map_type);

}  // namespace burin
