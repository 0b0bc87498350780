#include "model/target_profile.h"

#include <algorithm>

#include "model/kernel_feature.h"

namespace burin {
namespace {

/// BPF_MAXINSNS before c04c0d2b968a (5.2); since then the verifier's BPF_COMPLEXITY_LIMIT_INSNS of 1,000,000, of which
/// LLVM's branches reach kMaxFunctionInsns.
constexpr std::size_t kOldMaxInsns = 4096;

/// The last entries of __BPF_FUNC_MAPPER, enum bpf_map_type and enum bpf_prog_type in each release's
/// include/uapi/linux/bpf.h: sock_map_update, skb_ancestor_cgroup_id, tcp_gen_syncookie, redirect_peer, task_pt_regs,
/// user_ringbuf_drain, cgrp_storage_delete; sockmap, reuseport_sockarray, devmap_hash, inode_storage, task_storage,
/// user_ringbuf, cgrp_storage; sk_skb, sk_reuseport, cgroup_sockopt, sk_lookup, syscall, syscall, netfilter.
constexpr TargetProfile kTargets[] = {
    {"4.14", kernel_version(4, 14), kOldMaxInsns, 53, 15, 14},
    {"4.19", kernel_version(4, 19), kOldMaxInsns, 83, 20, 21},
    {"5.4", kernel_version(5, 4), kMaxFunctionInsns, 110, 25, 25},
    {"5.10", kernel_version(5, 10), kMaxFunctionInsns, 155, 28, 30},
    {"5.15", kernel_version(5, 15), kMaxFunctionInsns, 175, 29, 31},
    {"6.1", kernel_version(6, 1), kMaxFunctionInsns, 209, 31, 31},
    {"6.6", kernel_version(6, 6), kMaxFunctionInsns, 211, 32, 32},
    {"host", 0, kMaxFunctionInsns, 0, 0, 0},
};

struct Since {
  std::uint32_t number;
  std::uint32_t version;
};
/// Where a profile would be too coarse: things that we generate.
constexpr Since kHelpers[] = {
    {58, kernel_version(4, 16)},   // override_return
    {67, kernel_version(4, 18)},   // get_stack
    {80, kernel_version(4, 18)},   // get_current_cgroup_id
    {109, kernel_version(5, 3)},   // send_signal
    {112, kernel_version(5, 5)},   // probe_read_user
    {113, kernel_version(5, 5)},   // probe_read_kernel
    {114, kernel_version(5, 5)},   // probe_read_user_str
    {115, kernel_version(5, 5)},   // probe_read_kernel_str
    {174, kernel_version(5, 15)},  // get_attach_cookie
};
constexpr Since kProgramTypes[] = {
    {17, kernel_version(4, 17)},  // raw_tracepoint
    {26, kernel_version(5, 5)},   // tracing: f1b9509c2fb0 (fentry: fec56f5890d9)
    {29, kernel_version(5, 7)},   // lsm: fc611f47f218
};

struct InType {
  ProgramType type;
  std::uint32_t helper;
  std::uint32_t version;
};
/// sock_ops programs: bpf_perf_event_output by a5a3a828cd00; the current task and reads of memory by f470378c75c9.
constexpr InType kInTypes[] = {
    {ProgramType::SockOps, 25, kernel_version(5, 0)},  {ProgramType::SockOps, 35, kernel_version(5, 8)},
    {ProgramType::SockOps, 112, kernel_version(5, 8)}, {ProgramType::SockOps, 113, kernel_version(5, 8)},
    {ProgramType::SockOps, 114, kernel_version(5, 8)}, {ProgramType::SockOps, 115, kernel_version(5, 8)},
};

std::uint32_t since(std::span<const Since> known, std::uint32_t number, std::uint32_t TargetProfile::*highest) {
  if (const auto found = std::ranges::find(known, number, &Since::number); found != known.end()) return found->version;
  for (const auto& target : kTargets)
    if (!target.is_host() && number <= target.*highest) return target.version;
  return 0;
}

}  // namespace

std::span<const TargetProfile> all_targets() {
  return kTargets;
}

const TargetProfile* find_target(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &TargetProfile::name);
  return found == std::end(kTargets) ? nullptr : &*found;
}

std::string target_names() {
  std::string out;
  for (const auto& target : kTargets) out += (out.empty() ? "" : ", ") + std::string(target.name);
  return out;
}

std::uint32_t helper_since(std::uint32_t helper) {
  return since(kHelpers, helper, &TargetProfile::helpers);
}
std::uint32_t map_type_since(std::uint32_t type) {
  return since({}, type, &TargetProfile::map_types);
}
std::uint32_t program_type_since(std::uint32_t type) {
  return since(kProgramTypes, type, &TargetProfile::program_types);
}
std::uint32_t helper_in_type_since(ProgramType type, std::uint32_t helper) {
  for (const auto& row : kInTypes)
    if (row.type == type && row.helper == helper) return row.version;
  return 0;
}

}  // namespace burin
