// Looks members up in BTF. libbpf parses the type list; the walk through members is ours because it must look through
// anonymous structs and unions and turn bit-fields into a unit to read, a shift and a mask.
#include "layout/btf_layout.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <unordered_map>

#include "layout/btf_walk.h"
#include "layout/layout_cache.h"

namespace burin {
namespace {

using BtfPtr = std::unique_ptr<btf, decltype(&btf__free)>;
/// The number of an enumerator ("iter_type.ITER_UBUF").
std::optional<LayoutMember> enumerator(const btf* types, const btf_type* root, std::string_view name) {
  for (std::uint32_t i = 0; i < btf_vlen(root); ++i) {
    const struct btf_enum& entry = btf_enum(root)[i];
    const char* text = btf__name_by_offset(types, entry.name_off);
    if (text && name == text) return LayoutMember{static_cast<std::uint32_t>(entry.val), 4, 0, 0};
  }
  return std::nullopt;
}

std::optional<LayoutMember> lookup(const btf* types, const btf_type* root, std::string_view path) {
  if (btf_is_enum(root)) return enumerator(types, root, path);
  BtfPlace place;
  const btf_type* at = root;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    if (!find_btf_member(types, at, path.substr(0, dot), place)) return std::nullopt;
    path.remove_prefix(std::min(dot + 1, path.size()));
    at = btf_behind(types, place.type);
    if (place.bitfield != 0 && !path.empty()) return std::nullopt;
  }
  if (place.bitfield != 0) return bitfield_member(place);
  const auto size = btf__resolve_size(types, place.type);
  if (size < 0 || place.bit % 8 != 0) return std::nullopt;
  return LayoutMember{static_cast<std::uint32_t>(place.bit / 8), static_cast<std::uint32_t>(size), 0, 0};
}

bool same(const LayoutMember& a, const LayoutMember& b) {
  return a.offset == b.offset && a.size == b.size && a.shift == b.shift && a.mask == b.mask;
}

/// Struct, union and enum definitions of each wanted tag; one tag can have several.
std::unordered_map<std::string_view, std::vector<const btf_type*>> find_roots(const btf* types,
                                                                              const std::vector<std::string>& members) {
  std::unordered_map<std::string_view, std::vector<const btf_type*>> roots;
  for (const auto& path : members) roots[std::string_view(path).substr(0, path.find('.'))];
  const std::uint32_t count = btf__type_cnt(types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!type || !(btf_is_composite(type) || btf_is_enum(type)) || type->name_off == 0 || type->size == 0) continue;
    const char* name = btf__name_by_offset(types, type->name_off);
    if (auto found = name ? roots.find(name) : roots.end(); found != roots.end()) found->second.push_back(type);
  }
  return roots;
}

}  // namespace

Result<LayoutTable> layout_from_btf(const std::filesystem::path& btf_file, const std::vector<std::string>& members) {
  libbpf_set_print(nullptr);  // its messages would go to our stderr; we report the errno instead
  const BtfPtr types(btf__parse(btf_file.c_str(), nullptr), &btf__free);
  if (!types) return fail_errno(ErrorCode::Unsupported, "cannot read BTF from " + btf_file.string(), errno);
  const auto roots = find_roots(types.get(), members);
  LayoutTable table;
  table.source = "btf";
  for (const auto& path : members) {
    const auto dot = path.find('.');
    if (dot == std::string::npos || dot + 1 == path.size()) continue;
    std::optional<LayoutMember> found;
    bool agree = true;
    for (const btf_type* root : roots.at(std::string_view(path).substr(0, dot))) {
      const auto here = lookup(types.get(), root, std::string_view(path).substr(dot + 1));
      if (here && found && !same(*here, *found)) agree = false;
      if (here) found = here;
    }
    if (found && agree) table.members.emplace(path, *found);
  }
  return table;
}

Result<LayoutTable> cached_layout_from_btf(const std::filesystem::path& btf_file,
                                           const std::vector<std::string>& members,
                                           const std::filesystem::path& cache_dir, const std::string& kernel_id) {
  struct stat info {};
  if (::stat(btf_file.c_str(), &info) != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot read BTF from " + btf_file.string(), errno);
  const LayoutCache cache(cache_dir, btf_file.string() + " " + std::to_string(info.st_size) + " " + kernel_id);
  if (auto table = cache.load(members)) return std::move(*table);
  TRY(LayoutTable table, layout_from_btf(btf_file, members));
  cache.store(members, table);
  return table;
}

}  // namespace burin
