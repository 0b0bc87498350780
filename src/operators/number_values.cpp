// See number_values.h. Strict on purpose: a value that does not fit its argument could never match and is refused.
#include "operators/number_values.h"

#include <optional>

#include "cidr/cidr.h"

namespace burin {
namespace {

struct Read {
  WideRange range;
  std::string error, hint;
};

std::string wide_text(Wide v) {
  if (v == 0) return "0";
  std::string digits;
  const bool negative = v < 0;
  for (Wide rest = negative ? -v : v; rest > 0; rest /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + rest % 10));
  return negative ? "-" + digits : digits;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) out.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  return out + "\"";
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

/// The number that `text` writes; nothing when it is none. More than 20 decimal digits stop at a value beyond every
/// limit.
std::optional<Wide> scan(std::string_view text, bool decimal_only) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (!decimal_only && text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  if (text.empty()) return std::nullopt;
  constexpr Wide kBeyond = Wide{1} << 100;
  Wide value = 0;
  for (char c : text) {
    if (digit(c) >= base) return std::nullopt;
    if (value < kBeyond) value = value * base + digit(c);
  }
  return negative ? -value : value;
}

std::vector<std::string> names_of(const ValueForm& form) {
  std::vector<std::string> out;
  for (const auto& row : form.names) out.emplace_back(row.name);
  return out;
}

Read read_one(std::string_view text, const ValueForm& form) {
  Read out;
  if (const NamedNumber* named = find_name(form.names, text)) {
    out.range = {named->number, named->number};
    return out;
  }
  const std::string limits = "from " + wide_text(form.min) + " to " + wide_text(form.max);
  const auto value = scan(text, form.decimal_only);
  if (!value) {
    const bool word = !text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z');
    if (word && !form.names.empty()) {
      out.error = "unknown " + std::string(form.what) + " " + quoted(text);
      if (const std::string near = nearest(text, names_of(form)); !near.empty())
        out.hint = "did you mean \"" + near + "\"?";
      else
        out.hint = "write a name such as " + std::string(form.names.front().name) + ", or a number " + limits;
    } else {
      out.error = quoted(text) + " is not a " + (form.decimal_only ? "decimal " : "") + "number " + limits + " (" +
                  std::string(form.what) + ")";
    }
    return out;
  }
  if (*value < form.min || *value > form.max) {
    out.error = std::string(form.what) + " " + quoted(text) + " is outside of what it can be: " + limits;
    if (form.min < 0 && *value > form.max && *value <= 2 * form.max + 1)
      out.hint = "the argument is signed; for this bit pattern write " + wide_text(*value - 2 * form.max - 2);
  }
  out.range = {*value, *value};
  return out;
}

Read read_value(std::string_view text, const ValueForm& form) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return read_one(text, form);
  Read out;
  if (!form.ranges) {
    out.error = "range " + quoted(text) + " is not possible here; a single " + std::string(form.what) + " is";
    out.hint = "use InRange for a range";
    return out;
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    out.error = quoted(text) + " has more than one \":\"; a range is written min:max";
    return out;
  }
  out = read_one(text.substr(0, colon), form);
  if (!out.error.empty()) return out;
  Read end = read_one(text.substr(colon + 1), form);
  if (!end.error.empty()) return end;
  out.range.hi = end.range.lo;
  if (out.range.lo > out.range.hi) {
    out.error = "range " + quoted(text) + " is empty: its first number is larger than its second";
    out.hint = "ranges are written min:max, both included";
  }
  return out;
}

}  // namespace

ValueForm integer_form(const ArgType& type) {
  const unsigned bits = type.shape.size >= 1 && type.shape.size <= 8 ? type.shape.size * 8 : 64;
  if (type.type_class == TypeClass::SignedInt) return {"value", -(Wide{1} << (bits - 1)), (Wide{1} << (bits - 1)) - 1};
  return {"value", 0, (Wide{1} << bits) - 1};
}

std::vector<WideRange> read_ranges(const std::vector<Located<std::string>>& values, const ValueForm& form,
                                   Diagnostics& diagnostics) {
  std::vector<WideRange> out;
  out.reserve(values.size());
  for (const auto& value : values) {
    Read read = read_value(value.value, form);
    if (read.error.empty())
      out.push_back(read.range);
    else
      diagnostics.error("bad-value", value.span, std::move(read.error), std::move(read.hint));
  }
  return out;
}

void add(NumberSet& set, WideRange range) {
  if (range.lo < 0 && range.hi >= 0) {
    set.ranges.push_back({static_cast<std::uint64_t>(range.lo), ~std::uint64_t{0}});
    set.ranges.push_back({0, static_cast<std::uint64_t>(range.hi)});
  } else {
    set.ranges.push_back({static_cast<std::uint64_t>(range.lo), static_cast<std::uint64_t>(range.hi)});
  }
}

NumberSet read_number_set(const std::vector<Located<std::string>>& values, const ValueForm& form,
                          Diagnostics& diagnostics) {
  NumberSet set;
  for (const WideRange& range : read_ranges(values, form, diagnostics)) add(set, range);
  normalise(set);
  return set;
}

}  // namespace burin
