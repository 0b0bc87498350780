// What generated programs ask of a kernel beyond what every kernel that burin knows has (Linux 4.14).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace burin {

/// KERNEL_VERSION(a, b, 0), as HostFacts::version_code has it.
constexpr std::uint32_t kernel_version(std::uint32_t major, std::uint32_t minor) {
  return major << 16 | minor << 8;
}
/// "5.3" for kernel_version(5, 3).
std::string kernel_version_text(std::uint32_t version);

/// A kernel without one of these gets other programs (templates/prelude.h), or the hooks that need it are refused
/// (plan/kernel_features.cpp). A daemon finds out by loading a program (kernel/trial.cpp).
enum class KernelFeature : std::uint8_t {
  SafeReads,         ///< bpf_probe_read_kernel, bpf_probe_read_user and both for strings
  CgroupId,          ///< bpf_get_current_cgroup_id
  SendSignal,        ///< bpf_send_signal
  Stacks,            ///< bpf_get_stack
  BoundedLoops,      ///< the verifier follows jumps backwards
  RawTracepoints,    ///< BPF_PROG_TYPE_RAW_TRACEPOINT
  UprobeSemaphores,  ///< the kernel counts in a USDT probe's semaphore (ref_ctr_offset)
};

/// What people and trials have to know of a feature.
struct KernelFeatureInfo {
  KernelFeature feature;
  std::string_view what;    ///< in a sentence: "bpf_send_signal"
  std::uint32_t since = 0;  ///< the first mainline kernel that has it
  std::int32_t helper = 0;  ///< number of the helper, 0 when it is none
};
/// Each feature once, in the order of the enum.
std::span<const KernelFeatureInfo> kernel_features();
/// The row of one feature.
const KernelFeatureInfo& about(KernelFeature feature);

}  // namespace burin
