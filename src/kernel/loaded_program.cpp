// Puts the pieces together: check, BTF, maps, programs; holds what is attached and takes it down in order.
#include "kernel/loaded_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/attach.h"
#include "kernel/btf_target.h"
#include "kernel/image_check.h"
#include "kernel/insn.h"
#include "kernel/load_maps.h"
#include "kernel/load_programs.h"

namespace burin {
namespace {

struct OpenProgram {
  std::string function;
  ProgramType type;
  UniqueFd fd;
};

/// A program that is loaded once for each place that it is attached to.
struct LateProgram {
  ProgramDef def;
  std::vector<UniqueFd> fds;
};

/// Kinds that the kernel binds to a function when it loads them; and, where the kernel has no cookies, programs that
/// ask for theirs: each copy then has its number built in.
bool is_late(const ProgramDef& program, const HostFacts& host) {
  if (program.type == ProgramType::Tracing || program.type == ProgramType::Lsm) return true;
  return !host.attach_cookie.works &&
         std::ranges::any_of(program.insns, [](auto word) { return asks_cookie(to_insn(word)); });
}

ProgramDef with_cookie(ProgramDef program, std::uint64_t cookie) {
  for (auto& word : program.insns) {
    if (!asks_cookie(to_insn(word))) continue;
    bpf_insn insn{};
    insn.code = BPF_ALU64 | BPF_MOV | BPF_K;
    insn.dst_reg = BPF_REG_0;
    insn.imm = static_cast<std::int32_t>(cookie);
    std::memcpy(&word, &insn, sizeof word);
  }
  return program;
}

/// Waits until every CPU has left whatever RCU section it was in: programs run inside one.
void wait_for_running_programs() {
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

}  // namespace

// Members go in reverse order: attachments before programs before maps.
struct LoadedProgram::Impl {
  std::vector<OpenMap> maps;
  std::vector<OpenProgram> programs;
  std::vector<LateProgram> late;
  UniqueFd btf;
  std::string tag;
  std::unique_ptr<BtfTargets> targets;
  std::vector<Attachment> attachments;

  void detach() {
    if (attachments.empty()) return;
    for (auto& attachment : attachments) attachment.link.reset();
    for (auto& attachment : attachments) attachment.event.reset();
    attachments.clear();
    wait_for_running_programs();
  }
  ~Impl() { detach(); }

  const OpenMap* find_map(std::string_view name) const {
    for (const auto& map : maps)
      if (map.def.name == name) return &map;
    return nullptr;
  }
  Result<> attach_late(LateProgram& program, const AttachSpec& spec, const HostFacts& host);
  const OpenProgram* find_program(std::string_view function) const {
    for (const auto& program : programs)
      if (program.function == function) return &program;
    return nullptr;
  }
};

LoadedProgram::LoadedProgram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadedProgram::LoadedProgram(LoadedProgram&&) noexcept = default;
LoadedProgram& LoadedProgram::operator=(LoadedProgram&&) noexcept = default;
LoadedProgram::~LoadedProgram() = default;

Result<LoadedProgram> LoadedProgram::load(const ProgramImage& image, const std::vector<MapInit>& inits,
                                          const SharedMaps& shared, const HostFacts& host, std::string_view tag) {
  libbpf_set_print(nullptr);  // it would write to our stderr; errors come back as values
  TRY_OK(check_image(image));
  const std::uint32_t cpus = cpu_slots(host.possible_cpus);
  auto impl = std::make_unique<Impl>();
  UniqueFd& btf = impl->btf;
  btf = load_btf(image.btf);
  impl->tag = tag;
  TRY(impl->maps, open_maps(image.maps, inits, shared, btf.get(), cpus));
  TRY_OK(write_inits(impl->maps, inits, cpus));
  for (const auto& program : image.programs) {
    if (is_late(program, host)) {
      impl->late.push_back({program, {}});
      continue;
    }
    const std::uint32_t version = host.version_code != 0 ? host.version_code : program.kern_version;
    TRY(UniqueFd fd, load_program(program, impl->maps, btf.get(), version, tag));
    impl->programs.push_back({program.function, program.type, std::move(fd)});
  }
  if (impl->late.empty()) impl->btf.reset();
  return LoadedProgram(std::move(impl));
}

Result<> LoadedProgram::Impl::attach_late(LateProgram& program, const AttachSpec& spec, const HostFacts& host) {
  BtfTarget target;
  if (is_traced(spec.kind)) {
    if (!targets) targets = std::make_unique<BtfTargets>();
    TRY(target, targets->find(spec));
  }
  const ProgramDef def = with_cookie(program.def, spec.cookie.value_or(0));
  TRY(UniqueFd fd, load_program(def, maps, btf.get(), host.version_code, tag, target.btf_id ? &target : nullptr));
  AttachSpec bare = spec;
  bare.cookie.reset();
  auto attachment = attach_program(fd.get(), bare, host);
  if (!attachment) return in_context(std::move(attachment).error(), "attaching program " + spec.function);
  attachment->function = spec.function;
  program.fds.push_back(std::move(fd));
  attachments.push_back(std::move(*attachment));
  return Ok{};
}

Result<> LoadedProgram::attach(const AttachSpec& spec, const HostFacts& host) {
  ProgramType wanted;
  for (auto& late : impl_->late)
    if (late.def.function == spec.function && needed_type(spec.kind, wanted) && wanted == late.def.type)
      return impl_->attach_late(late, spec, host);
  const OpenProgram* program = impl_->find_program(spec.function);
  if (!program) return fail(ErrorCode::Internal, "the image has no program " + spec.function + " to attach");
  ProgramType needed;
  if (!needed_type(spec.kind, needed)) return Ok{};
  if (needed != program->type)
    return fail(ErrorCode::Internal,
                fmt::format("program {} has kernel type {}, but its attachment to {} needs type {}", spec.function,
                            static_cast<unsigned>(program->type), spec.target, static_cast<unsigned>(needed)));
  auto attachment = attach_program(program->fd.get(), spec, host);
  if (!attachment) return in_context(std::move(attachment).error(), "attaching program " + spec.function);
  attachment->function = spec.function;
  impl_->attachments.push_back(std::move(*attachment));
  return Ok{};
}

void LoadedProgram::detach(std::string_view function) {
  std::erase_if(impl_->attachments, [&](const Attachment& a) { return a.function == function; });
}

void LoadedProgram::detach_all() {
  if (impl_) impl_->detach();
}

int LoadedProgram::map_fd(std::string_view name) const {
  const OpenMap* map = impl_->find_map(name);
  return map ? map->fd.get() : -1;
}

int LoadedProgram::program_fd(std::string_view function) const {
  const OpenProgram* program = impl_->find_program(function);
  if (program) return program->fd.get();
  for (const auto& late : impl_->late)
    if (late.def.function == function && !late.fds.empty()) return late.fds.front().get();
  return -1;
}

std::uint64_t LoadedProgram::skipped_runs() const {
  std::uint64_t sum = 0;
  const auto add = [&](int fd) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) sum += info.recursion_misses;
  };
  for (const auto& program : impl_->programs) add(program.fd.get());
  for (const auto& program : impl_->late)
    for (const auto& fd : program.fds) add(fd.get());
  return sum;
}

Result<std::vector<std::uint64_t>> LoadedProgram::read_percpu_u64(std::string_view name,
                                                                  std::uint32_t possible_cpus) const {
  const OpenMap* map = impl_->find_map(name);
  if (!map) return std::vector<std::uint64_t>{};
  if (map->def.type != BPF_MAP_TYPE_PERCPU_ARRAY || map->def.value_size % 8 != 0)
    return fail(ErrorCode::Internal, fmt::format("map {} is not a per-CPU array of 64-bit numbers", name));
  // Too short a buffer would be overrun by the kernel: never trust the caller's number alone.
  const std::uint32_t cpus = cpu_slots(possible_cpus);
  const std::size_t slots = map->def.value_size / 8;
  std::vector<std::uint64_t> sums(map->def.max_entries * slots), values(slots * cpus);
  for (std::uint32_t key = 0; key < map->def.max_entries; ++key) {
    if (const int error = bpf_map_lookup_elem(map->fd.get(), &key, values.data()); error != 0)
      return fail_errno(ErrorCode::Io, fmt::format("cannot read entry {} of map {}", key, name), -error);
    for (std::size_t i = 0; i < values.size(); ++i) sums[key * slots + i % slots] += values[i];
  }
  return sums;
}

}  // namespace burin
