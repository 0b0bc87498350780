// FileType and NotFileType: what kind of file a path argument is, by its inode's mode. A file whose inode is not known
// (mode 0) holds for neither.
#include <sys/stat.h>

#include "cidr/cidr.h"
#include "operators/builtin.h"
#include "operators/number_filter.h"

namespace burin {
namespace {

struct Kind {
  std::string_view name, long_name;
  std::uint32_t mode;
};
constexpr Kind kKinds[] = {
    {"reg", "regular", S_IFREG}, {"dir", "directory", S_IFDIR}, {"lnk", "link", S_IFLNK},  {"sock", "socket", S_IFSOCK},
    {"blk", "block", S_IFBLK},   {"chr", "char", S_IFCHR},      {"fifo", "pipe", S_IFIFO},
};

bool applies(TypeClass type) {
  return type == TypeClass::Path;
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  NumberSet set;
  for (const auto& value : values) {
    const Kind* found = nullptr;
    std::vector<std::string> names;
    for (const Kind& kind : kKinds) {
      if (value.value == kind.name || value.value == kind.long_name) found = &kind;
      names.emplace_back(kind.name);
      names.emplace_back(kind.long_name);
    }
    if (found) {
      set.ranges.push_back({found->mode, found->mode});
      continue;
    }
    const std::string near = nearest(value.value, names);
    diagnostics.error(
        "bad-value", value.span, "unknown file type \"" + value.value + "\"",
        near.empty() ? "file types: reg, dir, lnk, sock, blk, chr, fifo" : "did you mean \"" + near + "\"?");
  }
  normalise(set);
  return set;
}

std::optional<std::uint64_t> type_of(const Value& value) {
  const auto* v = std::get_if<PathValue>(&value);
  if (!v || (v->mode & S_IFMT) == 0) return std::nullopt;
  return v->mode & S_IFMT;
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType&, const Operand& operand) {
  const std::string type = "(" + site.arg + ".mode & " + std::to_string(S_IFMT) + ")";
  return "(" + type + " != 0 && " + number_in_c(site, type, operand, kWanted) + ")";
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(type_of(value), operand, kWanted);
}

}  // namespace

Operator op_file_type() {
  return {"FileType",    "the file is of one of the types reg, dir, lnk, sock, blk, chr, fifo",
          applies,       parse,
          true,          predicate<true>,
          evaluate<true>};
}

Operator op_not_file_type() {
  return {"NotFileType", "the file is of none of the types", applies, parse, true, predicate<false>, evaluate<false>};
}

}  // namespace burin
