// matchBinaries and matchParentBinaries -> C: the path in the process map compared as words, so that no text of a
// policy reaches C.
#include <cstdint>

#include "codegen/process_filter.h"

namespace burin {
namespace {

/// Size of burin_proc.path in templates/prelude.h.
constexpr std::size_t kPath = 256;

std::string number(std::uint64_t v) {
  return std::to_string(v) + "ull";
}

/// Whose path a filter looks at, as members of `image`.
struct ProcessPath {
  std::string path, length, marks;
};
ProcessPath path_of(const PlannedBinaries& filter) {
  if (filter.parent) return {"image->parent_path", "image->parent_path_len", "image->parent_marks"};
  return {"image->path", "image->path_len", "image->marks"};
}

/// `bytes` from path offset 0, compared in 8-byte words; the last word is masked to what is left.
std::string starts_with(const ProcessPath& program, std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t want = 0, mask = 0;
    for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i) {
      want |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
      mask |= 0xffULL << (8 * i);
    }
    if (!out.empty()) out += " && ";
    out += "(((u64 *)" + program.path + ")[" + std::to_string(at / 8) + "] & " + number(mask) + ") == " + number(want);
  }
  return out.empty() ? "1" : out;
}

/// The NUL behind it belongs to the comparison, hence equality.
std::string equals(const ProcessPath& program, std::string_view bytes) {
  return starts_with(program, std::string(bytes) + '\0');
}

/// Compared byte by byte at a variable offset below the path's length.
std::string ends_with(const ProcessPath& program, std::string_view bytes) {
  const std::string n = std::to_string(bytes.size());
  std::string out = program.length + " >= " + n + " && " + program.length + " < " + std::to_string(kPath);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out += " && " + program.path + "[(" + program.length + " - " + std::to_string(bytes.size() - i) + ") & " +
           std::to_string(kPath - 1) + "] == " + std::to_string(static_cast<int>(static_cast<signed char>(bytes[i])));
  return out;
}

std::string inlined(const ProcessPath& program, std::string_view positive, const StringSet& values) {
  std::string any;
  for (const auto& value : values.values) {
    if (!any.empty()) any += " || ";
    any += "(" +
           (positive == "In"       ? equals(program, value)
            : positive == "Prefix" ? starts_with(program, value)
                                   : ends_with(program, value)) +
           ")";
  }
  return any.empty() ? "0" : any;
}

/// Many values: whole paths are looked up as they are, beginnings and ends as texts.
std::string looked_up(const ProcessPath& program, std::string_view positive, const StringSet& values,
                      SelectorSupport& support) {
  if (positive != "In")
    return support.process_text_set(values, positive == "Prefix" ? TextMatch::Prefix : TextMatch::Postfix) + "(" +
           program.path + ", " + program.length + ")";
  return program.length + " < " + std::to_string(kPath) + " && " + support.path_set(values) +
         ".lookup((struct burin_path_key *)" + program.path + ")";
}

}  // namespace

std::string predicate_of(const PlannedBinaries& filter, SelectorSupport& support) {
  const bool negative = filter.op.starts_with("Not");
  const std::string_view positive = std::string_view(filter.op).substr(negative ? 3 : 0);
  const ProcessPath program = path_of(filter);
  std::string any;
  if (filter.mark)
    any = program.marks + " >> " + std::to_string(*filter.mark) + " & 1";
  else if (filter.values.values.size() <= kInlineTexts)
    any = inlined(program, positive, filter.values);
  else
    any = looked_up(program, positive, filter.values, support);
  const std::string known = filter.parent ? "image && image->parent_known" : "image";
  // A process whose path is not known is in no list: a negative operator holds for it.
  return std::string(negative ? "!" : "") + "(" + known + " && (" + any + "))";
}

}  // namespace burin
