// BTF ids of kernel functions. A function of a module stands in that module's BTF, whose ids go on where the kernel's
// end.
#include "kernel/btf_target.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <cerrno>
#include <vector>

#include "kernel/loaded_program.h"

namespace burin {
namespace {

using BtfPtr = std::unique_ptr<btf, decltype(&btf__free)>;

/// One BTF object of the kernel's.
struct Module {
  UniqueFd fd;
  std::string name;
};

/// The modules that have BTF, in the order in which they were loaded.
std::vector<Module> modules() {
  std::vector<Module> out;
  std::uint32_t id = 0;
  while (bpf_btf_get_next_id(id, &id) == 0) {
    UniqueFd fd(bpf_btf_get_fd_by_id(id));
    if (!fd) continue;  // gone again
    char name[64] = "";
    bpf_btf_info info{};
    __u32 size = sizeof info;
    info.name = reinterpret_cast<std::uintptr_t>(name);
    info.name_len = sizeof name;
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || !info.kernel_btf) continue;
    if (std::string_view(name) != "vmlinux") out.push_back({std::move(fd), name});
  }
  return out;
}

}  // namespace

struct BtfTargets::Impl {
  BtfPtr kernel{nullptr, &btf__free};
};

BtfTargets::BtfTargets() : impl_(std::make_unique<Impl>()) {}
BtfTargets::~BtfTargets() = default;

std::shared_ptr<BtfTargets> make_btf_targets() {
  return std::make_shared<BtfTargets>();
}

bool is_traced(AttachSpec::Kind kind) {
  return kind == AttachSpec::Kind::Fentry || kind == AttachSpec::Kind::Fexit || kind == AttachSpec::Kind::FmodRet ||
         kind == AttachSpec::Kind::Lsm;
}

std::uint32_t attach_type_of(AttachSpec::Kind kind) {
  switch (kind) {
    case AttachSpec::Kind::Fentry: return BPF_TRACE_FENTRY;
    case AttachSpec::Kind::Fexit: return BPF_TRACE_FEXIT;
    case AttachSpec::Kind::FmodRet: return BPF_MODIFY_RETURN;
    case AttachSpec::Kind::Lsm: return BPF_LSM_MAC;
    default: return 0;
  }
}

std::string about_traced(const AttachSpec& spec) {
  switch (spec.kind) {
    case AttachSpec::Kind::Fentry: return "the entry of kernel function " + spec.target;
    case AttachSpec::Kind::Fexit: return "the return of kernel function " + spec.target;
    case AttachSpec::Kind::FmodRet: return "the return value of kernel function " + spec.target;
    case AttachSpec::Kind::Lsm: return "LSM hook " + spec.target;
    default: return spec.target;
  }
}

Result<BtfTarget> BtfTargets::find(const AttachSpec& spec) {
  if (!impl_->kernel) impl_->kernel.reset(btf__load_vmlinux_btf());
  const btf* kernel = impl_->kernel.get();
  if (!kernel)
    return fail(ErrorCode::Unsupported, about_traced(spec) +
                                            " is found by the kernel's BTF, and this kernel has none "
                                            "(/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
  const bool lsm = spec.kind == AttachSpec::Kind::Lsm;
  const std::string name = (lsm ? "bpf_lsm_" : "") + spec.target;
  BtfTarget target;
  target.attach_type = attach_type_of(spec.kind);
  if (const int id = btf__find_by_name_kind(kernel, name.c_str(), BTF_KIND_FUNC); id > 0) {
    target.btf_id = static_cast<std::uint32_t>(id);
    return target;
  }
  if (lsm)
    return fail(ErrorCode::NotFound,
                "this kernel has no LSM hook " + spec.target + " (or it was built without CONFIG_BPF_LSM)");
  for (auto& module : modules()) {
    const BtfPtr types(btf__load_module_btf(module.name.c_str(), impl_->kernel.get()), &btf__free);
    if (!types) continue;
    const int id = btf__find_by_name_kind(types.get(), name.c_str(), BTF_KIND_FUNC);
    if (id <= 0) continue;
    target.btf_id = static_cast<std::uint32_t>(id);
    target.module = std::move(module.fd);
    return target;
  }
  return fail(ErrorCode::NotFound, "no kernel function " + spec.target + " stands in the kernel's BTF or a module's");
}

}  // namespace burin
