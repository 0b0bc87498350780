// Creates and fills maps through libbpf. libbpf raises RLIMIT_MEMLOCK itself on kernels that still charge maps to it
// (before 5.11) and goes on when that fails; the kernel's refusal of the map is then what is reported.
#include "kernel/load_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace burin {
namespace {

Result<OpenMap> take_shared(const MapDef& def, int fd) {
  bpf_map_info info{};
  __u32 size = sizeof info;
  if (const int error = bpf_obj_get_info_by_fd(fd, &info, &size); error != 0)
    return fail_errno(ErrorCode::Internal, "cannot inspect the shared map " + def.name, -error);
  if (info.type != def.type || info.key_size != def.key_size || info.value_size != def.value_size)
    return fail(
        ErrorCode::Internal,
        fmt::format("the shared map {} has type {}, key {} and value {} bytes, but the image wants type {}, key {} and "
                    "value {} bytes: it was compiled from another version of the templates",
                    def.name, info.type, info.key_size, info.value_size, def.type, def.key_size, def.value_size));
  OpenMap map{def, UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3))};
  if (!map.fd) return fail_errno(ErrorCode::Io, "cannot duplicate the descriptor of map " + def.name, errno);
  map.def.max_entries = info.max_entries;
  return map;
}

/// What the kernel's errno for BPF_MAP_CREATE most likely means to the operator.
const char* cure_for(int error) {
  switch (error) {
    case EPERM: return " (needs CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8; before 5.11 also enough RLIMIT_MEMLOCK)";
    case ENOMEM: return " (not enough memory in this memory control group)";
    case E2BIG: return " (more entries than the kernel allows)";
    default: return "";
  }
}

Result<OpenMap> create(const MapDef& def, int btf_fd, std::uint32_t cpus) {
  OpenMap map{def, {}};
  if (def.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) map.def.max_entries = cpus;
  bpf_map_create_opts options{};
  options.sz = sizeof options;
  options.map_flags = def.flags;
  const auto attempt = [&] {
    return bpf_map_create(static_cast<bpf_map_type>(def.type), kernel_name({}, def.name).c_str(), def.key_size,
                          def.value_size, map.def.max_entries, &options);
  };
  int fd = -1;
  if (btf_fd >= 0 && def.btf_value_type_id != 0) {
    options.btf_fd = static_cast<__u32>(btf_fd);
    options.btf_key_type_id = def.btf_key_type_id;
    options.btf_value_type_id = def.btf_value_type_id;
    fd = attempt();
    options.btf_fd = options.btf_key_type_id = options.btf_value_type_id = 0;
  }
  if (fd < 0) fd = attempt();
  if (fd < 0)
    return fail_errno(ErrorCode::Unsupported,
                      fmt::format("cannot create map {} (type {}, key {}, value {} bytes, {} entries){}", def.name,
                                  def.type, def.key_size, def.value_size, map.def.max_entries, cure_for(-fd)),
                      -fd);
  map.fd.reset(fd);
  return map;
}

std::size_t round_up8(std::size_t size) {
  return (size + 7) / 8 * 8;
}

/// The kernel wants the value once per possible CPU, each at a multiple of 8 bytes.
std::vector<std::byte> for_each_cpu(const std::vector<std::byte>& value, std::uint32_t cpus) {
  std::vector<std::byte> all(round_up8(value.size()) * cpus);
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu)
    std::copy(value.begin(), value.end(), all.begin() + static_cast<std::ptrdiff_t>(round_up8(value.size()) * cpu));
  return all;
}

}  // namespace

bool is_percpu(std::uint32_t map_type) {
  return map_type == BPF_MAP_TYPE_PERCPU_ARRAY || map_type == BPF_MAP_TYPE_PERCPU_HASH ||
         map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

std::uint32_t cpu_slots(std::uint32_t known) {
  return std::max({known, static_cast<std::uint32_t>(std::max(libbpf_num_possible_cpus(), 1))});
}

std::string kernel_name(std::string_view tag, std::string_view name) {
  constexpr std::size_t kLongest = 15;  // BPF_OBJ_NAME_LEN without the NUL
  std::string text(name.substr(0, kLongest));
  if (!tag.empty() && text.size() + 2 <= kLongest)
    text = std::string(tag.substr(0, kLongest - 1 - text.size())) + "_" + text;
  for (char& c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) c = '_';
  return text;
}

Result<std::vector<OpenMap>> open_maps(const std::vector<MapDef>& defs, const std::vector<MapInit>& inits,
                                       const SharedMaps& shared, int btf_fd, std::uint32_t cpus) {
  std::vector<OpenMap> maps;
  for (MapDef def : defs) {
    const auto init = std::ranges::find(inits, def.name, &MapInit::map);
    if (init != inits.end() && init->max_entries != 0) def.max_entries = init->max_entries;
    const auto existing = shared.find(def.name);
    TRY(OpenMap map, existing != shared.end() ? take_shared(def, existing->second) : create(def, btf_fd, cpus));
    maps.push_back(std::move(map));
  }
  return maps;
}

Result<> write_inits(const std::vector<OpenMap>& maps, const std::vector<MapInit>& inits, std::uint32_t cpus) {
  for (const auto& init : inits) {
    const auto map = std::find_if(maps.begin(), maps.end(), [&](const OpenMap& m) { return m.def.name == init.map; });
    if (map == maps.end())
      return fail(ErrorCode::Internal, "initial content for map " + init.map + ", which the image does not have");
    for (const auto& [key, value] : init.entries) {
      if (key.size() != map->def.key_size || value.size() != map->def.value_size)
        return fail(ErrorCode::Internal,
                    fmt::format("initial content of map {}: key {} and value {} bytes, but the map has {} and {}",
                                init.map, key.size(), value.size(), map->def.key_size, map->def.value_size));
      const std::vector<std::byte> all = is_percpu(map->def.type) ? for_each_cpu(value, cpus) : value;
      if (const int error = bpf_map_update_elem(map->fd.get(), key.data(), all.data(), BPF_ANY); error != 0)
        return fail_errno(ErrorCode::Unsupported,
                          fmt::format("cannot write initial content of map {} ({} entries, room for {})", init.map,
                                      init.entries.size(), map->def.max_entries),
                          -error);
    }
  }
  return Ok{};
}

}  // namespace burin
