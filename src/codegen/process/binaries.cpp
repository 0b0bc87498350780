// matchBinaries -> C: the path in the process map compared as words, so that no text of a policy reaches C.

#include <cstdint>

#include "codegen/process_filter.h"

namespace burin {
namespace {

/// Size of burin_proc.path in templates/prelude.h.
constexpr std::size_t kPath = 256;

std::string number(std::uint64_t v) {
  return std::to_string(v) + "ull";
}

/// `bytes` from path offset 0, compared in 8-byte words; the last word is masked to what is left.
std::string starts_with(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t want = 0, mask = 0;
    for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i) {
      want |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
      mask |= 0xffULL << (8 * i);
    }
    if (!out.empty()) out += " && ";
    out += "(((u64 *)image->path)[" + std::to_string(at / 8) + "] & " + number(mask) + ") == " + number(want);
  }
  return out.empty() ? "1" : out;
}

/// The NUL behind it belongs to the comparison, hence equality.
std::string equals(std::string_view bytes) {
  return starts_with(std::string(bytes) + '\0');
}

/// Compared byte by byte at a variable offset below the path's length.
std::string ends_with(std::string_view bytes) {
  const std::string n = std::to_string(bytes.size());
  std::string out = "image->path_len >= " + n + " && image->path_len < " + std::to_string(kPath);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out += " && image->path[(image->path_len - " + std::to_string(bytes.size() - i) + ") & " +
           std::to_string(kPath - 1) + "] == " + std::to_string(static_cast<int>(static_cast<signed char>(bytes[i])));
  return out;
}

}  // namespace

std::string predicate_of(const PlannedBinaries& filter, SelectorSupport&) {
  const bool negative = filter.op.starts_with("Not");
  const std::string_view positive = std::string_view(filter.op).substr(negative ? 3 : 0);
  std::string any;
  for (const auto& value : filter.values.values) {
    if (!any.empty()) any += " || ";
    any += "(" +
           (positive == "In"       ? equals(value)
            : positive == "Prefix" ? starts_with(value)
                                   : ends_with(value)) +
           ")";
  }
  // A process whose path is not known is in no list: a negative operator holds for it.
  if (negative) return "(!image || !(" + any + "))";
  return "(image && (" + any + "))";
}

}  // namespace burin
