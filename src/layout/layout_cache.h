// Keeps a LayoutTable in a small text file between starts. The file decides which kernel memory our programs read, so
// it is believed only from a directory that nobody else can write to, and only when it is whole.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/layout_table.h"

namespace burin {

class LayoutCache {
 public:
  /// `key` names everything but the member list that the table depends on.
  LayoutCache(std::filesystem::path dir, std::string key);

  /// The table stored for this key and exactly this member list (order counts), or nothing.
  std::optional<LayoutTable> load(const std::vector<std::string>& members) const;
  /// Best effort: a cache that cannot be written is no loss but time.
  void store(const std::vector<std::string>& members, const LayoutTable& table) const;

 private:
  std::string file_name(const std::vector<std::string>& members) const;
  std::string header() const;

  std::filesystem::path dir_;
  std::string key_;
};

}  // namespace burin
