#include "model/kernel_feature.h"

namespace burin {
namespace {

/// From the kernel's history: the commits that brought bpf_probe_read_kernel (6ae08ae3dea2), bpf_get_current_cgroup_id
/// (bf6fa2c893c5), bpf_send_signal (8b401f9ed244), bpf_get_stack (c195651e565a), bounded loops (2589726d12a1), raw
/// tracepoints (c4f6699dfcb8) and the reference counter of uprobes (1cc33161a83d), and the release that each is in.
constexpr KernelFeatureInfo kFeatures[] = {
    {KernelFeature::SafeReads, "bpf_probe_read_kernel", kernel_version(5, 5), 113},
    {KernelFeature::CgroupId, "bpf_get_current_cgroup_id", kernel_version(4, 18), 80},
    {KernelFeature::SendSignal, "bpf_send_signal", kernel_version(5, 3), 109},
    {KernelFeature::Stacks, "bpf_get_stack", kernel_version(4, 18), 67},
    {KernelFeature::BoundedLoops, "loops in BPF programs", kernel_version(5, 3), 0},
    {KernelFeature::RawTracepoints, "raw tracepoint programs", kernel_version(4, 17), 0},
    {KernelFeature::UprobeSemaphores, "semaphores of USDT probes", kernel_version(4, 20), 0},
};

}  // namespace

std::string kernel_version_text(std::uint32_t version) {
  return std::to_string(version >> 16) + "." + std::to_string((version >> 8) & 255);
}

std::span<const KernelFeatureInfo> kernel_features() {
  return kFeatures;
}

const KernelFeatureInfo& about(KernelFeature feature) {
  return kFeatures[static_cast<std::size_t>(feature)];
}

}  // namespace burin
