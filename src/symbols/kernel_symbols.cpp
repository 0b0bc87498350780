#include "symbols/kernel_symbols.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <numeric>

namespace burin {
namespace {

struct Line {
  std::uint64_t address = 0;
  char type = 0;
  std::string_view name, module;
};

/// "ffffffff81000000 T _stext" or "ffffffffc0000000 t f\t[module]".
bool parse(std::string_view text, Line& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out.address, 16);
  if (ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.size() < 4 || text[0] != ' ' || text[2] != ' ') return false;
  out.type = text[1];
  text.remove_prefix(3);
  const auto tab = text.find('\t');
  out.name = text.substr(0, tab);
  out.module = {};
  if (tab != std::string_view::npos && text.size() > tab + 3 && text[tab + 1] == '[')
    out.module = text.substr(tab + 2, text.size() - tab - 3);
  return true;
}

bool is_function(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

Result<KernelSymbols> KernelSymbols::load(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return fail_errno(ErrorCode::Io, "cannot open " + path, errno);
  KernelSymbols out;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
  char buffer[1024];
  bool hidden = true;
  while (std::fgets(buffer, sizeof buffer, file.get())) {
    std::string_view text(buffer);
    if (text.ends_with('\n')) text.remove_suffix(1);
    Line line;
    if (!parse(text, line) || !is_function(line.type)) continue;
    hidden = hidden && line.address == 0;
    found.emplace_back(line.address, static_cast<std::uint32_t>(out.text_.size()));
    out.text_.append(line.name);
    if (!line.module.empty()) out.text_.append("\t").append(line.module);
    out.text_.push_back('\0');
  }
  if (found.empty() || hidden)
    return fail(ErrorCode::Unsupported,
                "the kernel hides the addresses of its functions (sysctl kernel.kptr_restrict)");
  std::ranges::stable_sort(found, {}, &std::pair<std::uint64_t, std::uint32_t>::first);
  out.addresses_.reserve(found.size());
  out.names_.reserve(found.size());
  for (const auto& [address, name] : found) {
    if (!out.addresses_.empty() && out.addresses_.back() == address) continue;  // an alias
    out.addresses_.push_back(address);
    out.names_.push_back(name);
  }
  out.text_.shrink_to_fit();
  return out;
}

bool KernelSymbols::find(std::uint64_t address, std::uint64_t at, Found& out) const {
  const auto above = std::ranges::upper_bound(addresses_, at);
  if (above == addresses_.begin()) return false;
  const auto index = static_cast<std::size_t>(above - addresses_.begin()) - 1;
  const std::string_view text(text_.data() + names_[index]);
  const auto tab = text.find('\t');
  out.name = text.substr(0, tab);
  out.module = tab == std::string_view::npos ? std::string_view() : text.substr(tab + 1);
  out.offset = address - addresses_[index];
  return true;
}

}  // namespace burin
