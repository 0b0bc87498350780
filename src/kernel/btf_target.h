// Programs that the kernel binds to a function by its BTF id when they are loaded: fentry, fexit, fmod_ret, lsm.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/program.h"

namespace burin {

/// What BPF_PROG_LOAD is told of the function.
struct BtfTarget {
  std::uint32_t attach_type = 0;  ///< enum bpf_attach_type
  std::uint32_t btf_id = 0;       ///< of the function
  UniqueFd module;                ///< the module's BTF; none: the kernel itself
};

/// True for the kinds that need one.
bool is_traced(AttachSpec::Kind kind);
/// enum bpf_attach_type of such a kind.
std::uint32_t attach_type_of(AttachSpec::Kind kind);
/// "the entry of kernel function vfs_read", "LSM hook file_open", for messages.
std::string about_traced(const AttachSpec& spec);

/// Looks functions up in the kernel's BTF, which it reads at the first question (14 ms) and keeps until it goes.
class BtfTargets {
 public:
  BtfTargets();
  ~BtfTargets();
  Result<BtfTarget> find(const AttachSpec& spec);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
