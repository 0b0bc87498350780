#include "codegen/selectors.h"

#include <algorithm>

#include "cidr/cidr.h"
#include "codegen/binaries.h"
#include "operators/operator.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// Puts a set's code beside the program's; a set that cannot be held is remembered as the unit's failure.
template <class Code>
std::string take(SelectorSupport& support, const std::string& name, Result<Code> code) {
  if (!code) {
    if (!support.failure) support.failure = std::move(code).error();
    return name;
  }
  support.maps += code->maps;
  support.functions += code->functions;
  std::move(code->inits.begin(), code->inits.end(), std::back_inserter(support.inits));
  return name;
}

PredicateSite site_for(const PlannedHook& hook, const PlannedFilter& filter, SelectorSupport& support) {
  PredicateSite site;
  site.arg = "r->" + hook.record.fields[hook.args[filter.arg].field].name;
  site.address_set = [&support](const AddressSet& set) {
    const std::string name = "set" + std::to_string(support.next_set++);
    return take(support, name, emit(set, name));
  };
  site.number_set = [&support](const NumberSet& set) {
    const std::string name = "set" + std::to_string(support.next_set++);
    return take(support, name, emit_numbers(set, name));
  };
  return site;
}

std::vector<GeneratedLine> action_lines(const PlannedSelector& selector, std::size_t index) {
  const auto has = [&](ActionKind kind) { return std::ranges::find(selector.actions, kind) != selector.actions.end(); };
  std::string text = "    matched = 1;\n    selector = " + std::to_string(index) + ";\n";
  text += "    action = " + std::to_string(static_cast<int>(selector.actions.back())) + ";\n";
  if (has(ActionKind::NoPost)) text += "    post = 0;\n";
  if (has(ActionKind::Sigkill)) text += "    signal = 9;\n";
  return lines_at(text, selector.span, "actions of selector " + std::to_string(index));
}

}  // namespace

Result<std::vector<GeneratedLine>> selector_lines(const PlannedHook& hook, std::string_view tgid,
                                                  SelectorSupport& support) {
  if (hook.selectors.empty()) return lines_at("  matched = 1;\n", hook.span, "no selectors: everything matches");
  std::vector<GeneratedLine> out;
  const bool binaries =
      std::ranges::any_of(hook.selectors, [](const PlannedSelector& s) { return !s.binaries.empty(); });
  if (binaries) {
    for (auto& l : lines_at(
             "  u32 image_tgid = " + std::string(tgid) + ";\n  struct burin_proc *image = burin_image(image_tgid);\n",
             hook.span, "matchBinaries"))
      out.push_back(std::move(l));
  }
  for (std::size_t i = 0; i < hook.selectors.size(); ++i) {
    const PlannedSelector& selector = hook.selectors[i];
    const std::string which = "selector " + std::to_string(i);
    std::size_t open = 0;
    // One `if` a filter, nested: every line stands for one line of the policy.
    out.push_back({"  if (!matched) {", selector.span, which});
    for (const auto& filter : selector.filters) {
      const Operator* op = find_operator(filter.op);
      const ArgType* type = find_type(hook.args[filter.arg].type);
      if (!op || !type) return fail(ErrorCode::Internal, "planned operator or type is unknown: " + filter.op);
      out.push_back({"  if (" + op->predicate(site_for(hook, filter, support), *type, filter.operand) + ") {",
                     filter.span, which + ", " + filter.op});
      ++open;
    }
    for (const auto& b : selector.binaries) {
      out.push_back({"  if (" + binaries_predicate(b) + ") {", b.span, which + ", matchBinaries " + b.op});
      ++open;
    }
    for (auto& l : action_lines(selector, i)) out.push_back(std::move(l));
    out.push_back({"  " + std::string(open + 1, '}'), selector.span, which});
  }
  if (support.failure) return tl::unexpected(*support.failure);
  return out;
}

}  // namespace burin
