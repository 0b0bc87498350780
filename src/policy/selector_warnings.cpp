// Selectors that are valid and surely not what was meant: those that never match, or are never reached.
#include <algorithm>
#include <map>
#include <variant>

#include "operators/operator.h"
#include "policy/selector.h"

namespace burin {
namespace {

/// What a selector's text has, whether or not it could be read.
struct Parts {
  bool filters = false;
  bool actions = false;
};

void add_parts(const YamlNode& selector, const SharedParts& shared, Parts& parts) {
  for (const Entry& entry : selector.entries) {
    if (entry.key.text == "label") continue;
    if (entry.key.text == "macros") {
      for (const YamlNode& name : entry.value.items)
        if (const auto macro = shared.macros.find(name.text); macro != shared.macros.end())
          add_parts(*macro->second, shared, parts);
      continue;
    }
    const bool actions = entry.key.text == "matchActions" || entry.key.text == "matchReturnActions";
    (actions ? parts.actions : parts.filters) = true;
  }
}

Parts parts_of(const YamlNode& selector, const SharedParts& shared) {
  Parts parts;
  add_parts(selector, shared, parts);
  return parts;
}

/// Inclusive ranges, sorted and disjoint.
template <class Range>
using Ranges = std::vector<Range>;

template <class Range>
Ranges<Range> intersect(const Ranges<Range>& a, const Ranges<Range>& b) {
  Ranges<Range> out;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto lo = std::max(a[i].lo, b[j].lo);
    const auto hi = std::min(a[i].hi, b[j].hi);
    if (lo <= hi) out.push_back({lo, hi});
    if (a[i].hi < b[j].hi)
      ++i;
    else
      ++j;
  }
  return out;
}

/// What is in `a` and in none of `b`.
template <class Range>
Ranges<Range> subtract(const Ranges<Range>& a, const Ranges<Range>& b) {
  Ranges<Range> out;
  std::size_t j = 0;
  for (Range rest : a) {
    while (j < b.size() && b[j].hi < rest.lo) ++j;
    bool left = true;
    for (std::size_t k = j; left && k < b.size() && b[k].lo <= rest.hi; ++k) {
      if (b[k].lo > rest.lo) out.push_back({rest.lo, b[k].lo - 1});
      left = b[k].hi < rest.hi;
      if (left) rest.lo = b[k].hi + 1;
    }
    if (left) out.push_back(rest);
  }
  return out;
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

/// What is left of one side of an argument ("the destination port") after the filters seen so far.
class Remaining {
 public:
  /// False when nothing is left.
  bool narrow(const Operand& operand, bool negated) {
    if (const auto* numbers = std::get_if<NumberSet>(&operand)) return narrow_numbers(numbers->ranges, negated);
    if (const auto* addresses = std::get_if<AddressSet>(&operand)) return narrow_addresses(*addresses, negated);
    if (const auto* strings = std::get_if<StringSet>(&operand)) return narrow_strings(sorted(strings->values), negated);
    return true;
  }

 private:
  bool narrow_numbers(const Ranges<NumberRange>& ranges, bool negated) {
    if (!numbers_) numbers_ = {NumberRange{0, ~std::uint64_t{0}}};
    *numbers_ = negated ? subtract(*numbers_, ranges) : intersect(*numbers_, ranges);
    return !numbers_->empty();
  }

  bool narrow_addresses(const AddressSet& set, bool negated) {
    if (!addresses_) addresses_ = AddressSet{{{0, 0xffffffff}}, {{0, ~u128{0}}}};
    addresses_->v4 = negated ? subtract(addresses_->v4, set.v4) : intersect(addresses_->v4, set.v4);
    addresses_->v6 = negated ? subtract(addresses_->v6, set.v6) : intersect(addresses_->v6, set.v6);
    return !addresses_->v4.empty() || !addresses_->v6.empty();
  }

  bool narrow_strings(const std::vector<std::string>& values, bool negated) {
    std::vector<std::string> left;
    if (!strings_) {
      if (negated) return true;  // the rest is not countable
      strings_ = values;
    } else if (negated) {
      std::set_difference(strings_->begin(), strings_->end(), values.begin(), values.end(), std::back_inserter(left));
      strings_ = left;
    } else {
      std::set_intersection(strings_->begin(), strings_->end(), values.begin(), values.end(), std::back_inserter(left));
      strings_ = left;
    }
    return !strings_->empty();
  }

  std::optional<Ranges<NumberRange>> numbers_;
  std::optional<AddressSet> addresses_;
  std::optional<std::vector<std::string>> strings_;
};

/// The part of an argument that an operator looks at, when it holds for a set of values and for nothing else: "number",
/// "DAddr" ...; empty for others.
std::string_view dimension(std::string_view op) {
  for (const std::string_view name : {"Equal", "InRange", "InMap"})
    if (op == name) return "number";
  for (const std::string_view name : {"SAddr", "DAddr", "SPort", "DPort", "Protocol", "Family", "State"})
    if (op == name) return name;
  return {};
}

void never_matches(Reading& reading, const SourceSpan& span, const std::string& what) {
  reading.warning("never-matches", span, what + ": the selector never matches",
                  "filters of one selector must all hold; write alternatives as selectors of their own");
}

/// Filters on one argument that exclude each other.
void check_arguments(Reading& reading, const std::vector<ArgFilter>& filters, const DeclaredArgs& args) {
  std::map<std::pair<std::size_t, std::string_view>, Remaining> seen;
  for (const ArgFilter& filter : filters) {
    const Operator* op = find_operator(filter.op);
    if (!op || op->arguments != 1 || filter.positions.size() != 1 || filter.positions[0] >= args.list.size()) continue;
    const ArgType* type = args.list[filter.positions[0]].type;
    const bool negated = filter.op.starts_with("Not");
    const std::string_view what = dimension(negated ? std::string_view(filter.op).substr(3) : filter.op);
    const bool lists = std::any_of(filter.values.begin(), filter.values.end(),
                                   [](const auto& value) { return value.value.starts_with("list:"); });
    if (!type || what.empty() || lists || type->type_class == TypeClass::Capabilities) continue;
    Diagnostics reported;  // by the reader of the filter, already
    const Operand operand = op->parse(filter.values, *type, reported);
    if (reported.has_errors()) return;
    if (!seen[{filter.positions[0], what}].narrow(operand, negated))
      never_matches(reading, filter.span,
                    "no value of argument " + std::to_string(args.list[filter.positions[0]].index) +
                        " passes this filter and those above it");
  }
}

void check_pids(Reading& reading, const std::vector<PidFilter>& filters) {
  std::map<bool, Remaining> seen;
  for (const PidFilter& filter : filters) {
    if (filter.follow_forks && !filter.negated) continue;  // a process may descend from several
    NumberSet set;
    for (const std::uint32_t pid : sorted(filter.pids)) set.ranges.push_back({pid, pid});
    if (!seen[filter.namespace_pid].narrow(set, filter.negated))
      never_matches(reading, filter.span, "no process passes this filter and those above it");
  }
}

void check_namespaces(Reading& reading, const std::vector<NamespaceFilter>& filters) {
  constexpr std::uint64_t kHost = std::uint64_t{1} << 32;  // no inode number
  std::map<NamespaceKind, Remaining> seen;
  for (const NamespaceFilter& filter : filters) {
    NumberSet set;
    for (const std::uint32_t inode : sorted(filter.inums)) set.ranges.push_back({inode, inode});
    if (filter.host) set.ranges.push_back({kHost, kHost});
    // host_ns may be one of the numbers: only without numbers is it known to be another.
    if (filter.host != filter.inums.empty()) continue;
    if (!seen[filter.ns].narrow(set, filter.negated))
      never_matches(reading, filter.span, "no process passes this filter and those above it");
  }
}

void check_binaries(Reading& reading, const std::vector<BinaryFilter>& filters) {
  Remaining left;
  for (const BinaryFilter& filter : filters) {
    if ((filter.op != "In" && filter.op != "NotIn") || filter.follow_children) continue;
    StringSet set;
    for (const Located<std::string>& value : filter.values) set.values.push_back(value.value);
    if (!left.narrow(set, filter.op == "NotIn"))
      never_matches(reading, filter.span, "no program passes this filter and those above it");
  }
}

}  // namespace

/// `- matchArgs: ...` followed by `- matchActions: ...` is two selectors: "matches: Post; everything else: the action".
void warn_about_shapes(Reading& reading, const YamlNode& list, const SharedParts& shared) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const YamlNode& item = list.items[i];
    if (item.kind != YamlNode::Kind::Mapping) continue;
    const Parts parts = parts_of(item, shared);
    const Parts before = i > 0 ? parts_of(list.items[i - 1], shared) : Parts{};
    if (!parts.filters && parts.actions && before.filters && !before.actions) {
      reading.warning("stray-dash", reading.span(item.entries.front().key),
                      "this selector has actions but no filter: it takes every call that the one above does not match",
                      "remove the dash to make it part of the selector above");
    }
    if (!parts.filters && i + 1 < list.items.size()) {
      reading.warning("unreachable-selector", reading.span(list.items[i + 1]),
                      "the selector above has no filter and matches everything: this one is never reached",
                      "give the selector above a filter, or put it last");
    }
  }
}

void warn_about_contradictions(Reading& reading, const Selector& selector, const SelectorContext& context) {
  check_arguments(reading, selector.match_args, context.args);
  check_arguments(reading, selector.match_data, context.data);
  check_arguments(reading, selector.match_return_args, {{context.returned}, true});
  check_pids(reading, selector.match_pids);
  check_namespaces(reading, selector.match_namespaces);
  check_binaries(reading, selector.match_binaries);
  check_binaries(reading, selector.match_parent_binaries);
}

}  // namespace burin
