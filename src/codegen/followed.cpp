#include "codegen/followed.h"

#include <cstring>
#include <map>
#include <tuple>

#include "model/record.h"

namespace burin {
namespace {

/// Fewest entries of these maps: few sizes mean few variants of the base unit to compile.
constexpr std::size_t kMinEntries = 64;

std::string entries_for(std::size_t n) {
  std::size_t p = kMinEntries;
  while (p < n) p *= 2;
  return std::to_string(p);
}

template <class T>
std::vector<std::byte> bytes_of(const T& value) {
  std::vector<std::byte> out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

/// struct burin_pid_key in templates/base.bpf.c.
struct PidKey {
  std::uint32_t pid, namespaced;
  bool operator<(const PidKey& other) const {
    return std::tie(pid, namespaced) < std::tie(other.pid, other.namespaced);
  }
};

}  // namespace

std::vector<std::byte> path_key(std::string_view path) {
  std::vector<std::byte> out(sizeof(wire::Proc::path));
  std::memcpy(out.data(), path.data(), std::min(path.size(), out.size()));
  return out;
}

void add_followed(const ProcessNeeds& needs, RenderedUnit& base) {
  std::map<std::string, std::uint64_t> paths;
  std::map<PidKey, std::uint64_t> pids;
  for (const auto& followed : needs.followed) {
    const std::uint64_t bit = 1ULL << followed.mark;
    for (const auto& path : followed.paths) paths[path] |= bit;
    for (const auto pid : followed.pids) pids[{pid, followed.kind == Followed::Kind::NamespacePids}] |= bit;
  }
  auto& defines = base.source.defines;
  if (!paths.empty()) {
    defines.emplace_back("BURIN_FOLLOW_PATHS", entries_for(paths.size()));
    MapInit init{"followed_paths", {}};
    for (const auto& [path, bits] : paths) init.entries.emplace_back(path_key(path), bytes_of(bits));
    base.inits.push_back(std::move(init));
  }
  if (pids.empty()) return;
  defines.emplace_back("BURIN_FOLLOW_PIDS", entries_for(pids.size()));
  if (const std::uint64_t bits = needs.namespace_marks())
    defines.emplace_back("BURIN_FOLLOW_NAMESPACE_BITS", std::to_string(bits) + "ull");
  MapInit init{"followed_pids", {}};
  for (const auto& [key, bits] : pids) init.entries.emplace_back(bytes_of(key), bytes_of(bits));
  base.inits.push_back(std::move(init));
}

}  // namespace burin
