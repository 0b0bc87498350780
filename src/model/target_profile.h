// What the verifier and the helpers of a kernel allow, for kernels that are not here: `burin check --target 4.19`.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/program.h"

namespace burin {

/// A mainline kernel. What a distribution ports back to one is not known here: such a kernel takes more, not less.
struct TargetProfile {
  std::string_view name;            ///< "4.19"; "host" is the machine that burin runs on
  std::uint32_t version = 0;        ///< KERNEL_VERSION(4, 19, 0); 0 for host, of which nothing but the size is checked
  std::size_t max_insns = 0;        ///< of one program, BPF-to-BPF functions included
  std::uint32_t helpers = 0;        ///< highest number of a helper
  std::uint32_t map_types = 0;      ///< highest enum bpf_map_type
  std::uint32_t program_types = 0;  ///< highest enum bpf_prog_type

  /// The machine that this runs on: no profile.
  bool is_host() const { return version == 0; }
  bool has(std::uint32_t since) const { return is_host() || version >= since; }
};

/// Oldest first, host last.
std::span<const TargetProfile> all_targets();
/// Null when there is none of this name.
const TargetProfile* find_target(std::string_view name);
/// "4.14, 4.19, ... host", for messages.
std::string target_names();

/// What numbers of the kernel's interface stand for, and since when: the first profile that has it, as a version; 0
/// when none has.
std::uint32_t helper_since(std::uint32_t helper);
std::uint32_t map_type_since(std::uint32_t type);
std::uint32_t program_type_since(std::uint32_t type);
/// The first kernel whose programs of this type may call the helper, where that is later than the helper itself; 0
/// otherwise.
std::uint32_t helper_in_type_since(ProgramType type, std::uint32_t helper);

}  // namespace burin
