// Where the members of kernel structures lie. Every layout source fills the same table.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

/// A member's place. For a bit-field `offset` and `size` name the storage unit to read, and value = (unit >> shift) &
/// mask.
struct LayoutMember {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t shift = 0;
  std::uint64_t mask = 0;  ///< 0 = not a bit-field
};

/// "task_struct.real_parent" or "sock.__sk_common.skc_daddr" -> place. A member that the source does not know is simply
/// absent: consumers ask for each one.
struct LayoutTable {
  std::string source;  ///< "btf", "pack", "btf file", "headers", "kheaders", "discovery", "none"; for reports
  std::map<std::string, LayoutMember, std::less<>> members;
  /// Members that another source than `source` gave -> its name.
  std::map<std::string, std::string, std::less<>> filled_from{};
  /// How a member was checked, in words for reports: of sources that find out, not of those that are told.
  std::map<std::string, std::string, std::less<>> evidence{};

  const LayoutMember* find(std::string_view path) const {
    auto it = members.find(path);
    return it == members.end() ? nullptr : &it->second;
  }
  bool has_all(const std::vector<std::string>& paths) const {
    for (const auto& p : paths)
      if (!find(p)) return false;
    return true;
  }
};

}  // namespace burin
