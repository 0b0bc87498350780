// A call of a 32-bit program has bit 40 of its pattern set: the same number means another call there. Real ids are
// 32-bit numbers, sign-extended, so that the bit is free.
#include "operators/syscall_argument.h"

#include <utility>

#include "cidr/cidr.h"
#include "model/syscalls.h"
#include "operators/number_values.h"

namespace burin {
namespace {

constexpr std::uint64_t kCompat = 1ULL << 40;
/// __AUDIT_ARCH_64BIT of linux/audit.h; the architecture is 0 when it is not known, which counts as the machine's own.
constexpr std::uint32_t kArch64Bit = 0x80000000;
/// Tetragon's mark of an i386 call in an id.
constexpr std::uint64_t kTetragonCompat = 0x80000000;

std::string_view table_of(bool compat) {
#if defined(__aarch64__)
  return compat ? std::string_view() : "arm64";
#else
  return compat ? "i386" : "x64";
#endif
}

std::string_view without_prefix(std::string_view name) {
  for (const std::string_view prefix : {"__x64_", "__ia32_", "__arm64_"})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  if (name.starts_with("sys_")) name.remove_prefix(4);
  return name;
}

/// Names that the kernel's functions and trace events have for calls of another name.
std::string_view other_name(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kOther[] = {
      {"newstat", "stat"},   {"newfstat", "fstat"}, {"newlstat", "lstat"},
      {"newuname", "uname"}, {"umount", "umount2"}, {"sendfile64", "sendfile"}};
  for (const auto& [function, call] : kOther)
    if (name == function) return call;
  return name;
}

std::optional<std::uint32_t> number_of(std::string_view bare, bool compat) {
  const auto number = syscall_number(table_of(compat), bare);
  return number ? number : syscall_number(table_of(compat), other_name(bare));
}

void read_name(const Located<std::string>& value, std::string_view name, bool compat, NumberSet& set,
               Diagnostics& diagnostics) {
  const std::string_view bare = without_prefix(name);
  if (const auto number = number_of(bare, compat)) {
    const std::uint64_t pattern = *number | (compat ? kCompat : 0);
    set.ranges.push_back({pattern, pattern});
    return;
  }
  const auto known = syscall_names(table_of(compat));
  const std::string near = nearest(bare, {known.begin(), known.end()});
  diagnostics.error("bad-value", value.span,
                    "unknown system call \"" + std::string(name) + "\"" + (compat ? " of i386" : ""),
                    near.empty() ? std::string("write its number") : "did you mean \"" + near + "\"?");
}

void read_number(const Located<std::string>& value, std::string_view text, bool compat, bool ranges, NumberSet& set,
                 Diagnostics& diagnostics) {
  ValueForm form{"system call number", 0, 0xffffffff};
  form.ranges = ranges;
  for (const WideRange& range : read_ranges({{std::string(text), value.span}}, form, diagnostics)) {
    auto lo = static_cast<std::uint64_t>(range.lo), hi = static_cast<std::uint64_t>(range.hi);
    const bool marked = lo >= kTetragonCompat;
    if (!marked && hi >= kTetragonCompat) {
      diagnostics.error("bad-value", value.span, "a range from the machine's own calls into those of i386 (bit 31)",
                        "write two ranges");
      continue;
    }
    if (marked) {
      lo -= kTetragonCompat;
      hi -= kTetragonCompat;
    }
    const std::uint64_t mark = marked || compat ? kCompat : 0;
    set.ranges.push_back({lo | mark, hi | mark});
  }
}

}  // namespace

bool is_syscall(std::string_view name) {
  return number_of(without_prefix(name), false).has_value();
}

NumberSet read_syscalls(const std::vector<Located<std::string>>& values, bool ranges, Diagnostics& diagnostics) {
  NumberSet set;
  for (const auto& value : values) {
    std::string_view text = value.value;
    bool compat = text.starts_with("__ia32_");
    if (text.starts_with("i386/")) {
      compat = true;
      text.remove_prefix(5);
    }
    if (!text.empty() && text.front() >= '0' && text.front() <= '9')
      read_number(value, text, compat, ranges, set, diagnostics);
    else
      read_name(value, text, compat, set, diagnostics);
  }
  normalise(set);
  return set;
}

std::string syscall_in_c(const std::string& field) {
  return "(" + field + ".id | ((u64)(" + field + ".abi != 0 && !(" + field + ".abi & " + std::to_string(kArch64Bit) +
         "u)) << 40))";
}

std::optional<std::uint64_t> syscall_of(const Value& value) {
  const auto* v = std::get_if<SyscallValue>(&value);
  if (!v) return std::nullopt;
  return v->id | (v->abi != 0 && (v->abi & kArch64Bit) == 0 ? kCompat : 0);
}

}  // namespace burin
