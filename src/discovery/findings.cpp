#include "discovery/findings.h"

namespace burin {

void Findings::accept(std::string_view path, std::uint32_t offset, std::uint32_t size, std::string_view how) {
  accept(path, LayoutMember{offset, size, 0, 0}, how);
}

void Findings::accept(std::string_view path, const LayoutMember& member, std::string_view how) {
  const std::string name(path);
  if (std::ranges::find(withdrawn_, name) != withdrawn_.end()) return;
  const auto [at, fresh] = found_.members.emplace(name, member);
  if (fresh) {
    found_.evidence.emplace(name, how);
  } else if (at->second.offset != member.offset || at->second.mask != member.mask) {
    withdrawn_.push_back(name);
    found_.members.erase(at);
    found_.evidence.erase(name);
  } else {
    found_.evidence[name].append("; ").append(how);
  }
}

bool Findings::accept_one(std::string_view path, const Offsets& candidates, std::uint32_t size, std::string_view how) {
  if (candidates.size() != 1) return false;
  accept(path, candidates[0], size, how);
  return offset(path).has_value();
}

std::optional<std::uint32_t> Findings::offset(std::string_view path) const {
  const LayoutMember* member = found_.find(path);
  return member ? std::optional(member->offset) : std::nullopt;
}

LayoutTable Findings::table(const std::vector<std::string>& members) const {
  LayoutTable out;
  out.source = "discovery";
  for (const auto& path : members) {
    const LayoutMember* member = found_.find(path);
    if (!member) continue;
    out.members.emplace(path, *member);
    out.evidence.emplace(path, found_.evidence.find(path)->second);
  }
  return out;
}

}  // namespace burin
