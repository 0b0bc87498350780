// What discovery is sure of.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "discovery/scan.h"
#include "model/layout_table.h"

namespace burin {

class Findings {
 public:
  /// Takes a member over. `how`: the two or more independent observations that agree on the place. A second, different
  /// place for the same member withdraws both, for good.
  void accept(std::string_view path, std::uint32_t offset, std::uint32_t size, std::string_view how);
  /// A bit-field.
  void accept(std::string_view path, const LayoutMember& member, std::string_view how);
  /// The same when exactly one candidate is left; says whether it was.
  bool accept_one(std::string_view path, const Offsets& candidates, std::uint32_t size, std::string_view how);

  std::optional<std::uint32_t> offset(std::string_view path) const;

  /// Those of `members` that were found.
  LayoutTable table(const std::vector<std::string>& members) const;

 private:
  LayoutTable found_;
  std::vector<std::string> withdrawn_;
};

}  // namespace burin
