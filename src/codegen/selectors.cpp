#include "codegen/selectors.h"

#include <algorithm>

#include "cidr/cidr.h"
#include "codegen/actions.h"
#include "codegen/followed.h"
#include "codegen/process_filter.h"
#include "model/record.h"
#include "operators/operator.h"
#include "types/arg_type.h"

namespace burin {

template <class Code>
std::string SelectorSupport::take(const std::string& name, Result<Code> code) {
  if (!code) {
    if (!failure) failure = std::move(code).error();
    return name;
  }
  maps += code->maps;
  functions += code->functions;
  std::move(code->inits.begin(), code->inits.end(), std::back_inserter(inits));
  return name;
}

std::string SelectorSupport::address_set(const AddressSet& set) {
  const std::string name = next_name();
  return take(name, emit(set, name));
}
std::string SelectorSupport::number_set(const NumberSet& set) {
  const std::string name = next_name();
  return take(name, emit_numbers(set, name));
}
std::string SelectorSupport::text_set(const StringSet& set, TextMatch how) {
  const std::string name = next_name();
  return take(name, emit_texts(set, how, name));
}

std::string SelectorSupport::path_set(const StringSet& set) {
  const std::string name = next_name();
  maps += "BPF_F_TABLE(\"hash\", struct burin_path_key, u8, " + name + ", " + std::to_string(set.values.size()) +
          ", 1); /* 1: BPF_F_NO_PREALLOC, only the daemon writes */\n";
  MapInit init{name, {}};
  for (const auto& value : set.values) init.entries.emplace_back(path_key(value), std::vector<std::byte>(1));
  inits.push_back(std::move(init));
  return name;
}

std::string SelectorSupport::process_text_set(const StringSet& set, TextMatch how) {
  process_texts = true;
  const std::string name = text_set(set, how);
  functions += "static __always_inline int " + name +
               "_path(void *path, u32 len) {\n"
               "  u32 zero = 0;\n"
               "  struct burin_text *t = process_text.lookup(&zero);\n"
               "  if (!t || len >= BURIN_PATH) return 0;\n"
               "  burin_read(t->b, BURIN_PATH, path);\n"
               "  t->len = len;\n  t->full = len;\n  t->flags = BURIN_TEXT_READ;\n  return " +
               name + "(t);\n}\n";
  return name + "_path";
}

std::string field_of(const PlannedHook& hook, const PlannedArg& arg) {
  return arg.field == kNone ? std::string() : "r->" + hook.record.fields[arg.field].name;
}

std::string text_of(const PlannedArg& arg) {
  return arg.text == kNone ? std::string() : "(&s->t[" + std::to_string(arg.text) + "])";
}

namespace {

const PlannedArg& argument(const PlannedHook& hook, Subject subject, std::size_t position) {
  switch (subject) {
    case Subject::Args: return hook.args[position];
    case Subject::Data: return hook.data[position];
    case Subject::Return: break;
  }
  return *hook.return_arg;
}

std::string readable(const PlannedHook& hook, Subject subject, std::size_t position) {
  const PlannedArg& arg = argument(hook, subject, position);
  if (arg.text != kNone) return "(" + text_of(arg) + "->flags & BURIN_TEXT_READ)";
  const std::size_t bit = subject == Subject::Return ? kFaultReturn
                          : subject == Subject::Data ? kFaultData + position
                                                     : position;
  return "!(faults & " + std::to_string(1U << bit) + "u)";
}

PredicateSite site_for(const PlannedHook& hook, const PlannedFilter& filter, SelectorSupport& support) {
  PredicateSite site;
  for (const std::size_t position : filter.positions) {
    const PlannedArg& arg = argument(hook, filter.subject, position);
    site.args.push_back({field_of(hook, arg), text_of(arg), find_type(arg.type), "arg" + std::to_string(position)});
  }
  site.arg = site.args.front().field;
  site.text = site.args.front().text;
  site.address_set = [&support](const AddressSet& set) { return support.address_set(set); };
  site.number_set = [&support](const NumberSet& set) { return support.number_set(set); };
  site.text_set = [&support](const StringSet& set, TextMatch how) { return support.text_set(set, how); };
  return site;
}

/// One `if` a filter, nested: every line stands for one line of the policy. Returns how many were opened.
Result<std::size_t> open_filters(const PlannedHook& hook, const std::vector<PlannedFilter>& filters,
                                 const std::string& which, SelectorSupport& support, std::vector<GeneratedLine>& out) {
  for (const auto& filter : filters) {
    const Operator* op = find_operator(filter.op);
    const PlannedArg& first = argument(hook, filter.subject, filter.positions.front());
    const ArgType* type = find_type(first.type);
    if (!op || !type) return fail(ErrorCode::Internal, "planned operator or type is unknown: " + filter.op);
    std::string condition;
    for (const std::size_t position : filter.positions) condition += readable(hook, filter.subject, position) + " && ";
    out.push_back({"  if (" + condition + op->predicate(site_for(hook, filter, support), *type, filter.operand) + ") {",
                   filter.span, which + ", " + filter.op});
  }
  return filters.size();
}

SourceSpan span_of(const PlannedProcessFilter& filter) {
  return std::visit([](const auto& f) { return f.span; }, filter);
}

constexpr std::string_view kCurrentTgid = "bpf_get_current_pid_tgid() >> 32";

/// The process is the current one, or the one that the record of a first half names.
ActionSite site_of(const PlannedHook& hook, const PlannedSelector& selector, std::string_view tgid, bool at_return,
                   SelectorSupport& support) {
  const bool recorded = tgid.starts_with("r->");
  return {hook,      selector, std::string(tgid), recorded ? "r->head.tid" : "(u32)bpf_get_current_pid_tgid()",
          at_return, support};
}

/// Declares what filters on the process look at, as far as one of them does.
std::string process_text(const PlannedHook& hook, std::string_view tgid) {
  bool any = false, task = false;
  for (const auto& selector : hook.selectors)
    for (const auto& filter : selector.process) {
      any = true;
      task = task || reads_task(filter);
    }
  if (!any) return {};
  std::string out =
      "  u32 image_tgid = " + std::string(tgid) + ";\n  struct burin_proc *image = burin_image(image_tgid);\n";
  if (task) out += "  u64 filter_task = bpf_get_current_task();\n";
  return out;
}

}  // namespace

Result<std::vector<GeneratedLine>> selector_lines(const PlannedHook& hook, std::string_view tgid,
                                                  SelectorSupport& support) {
  if (hook.selectors.empty()) {
    std::vector<GeneratedLine> out = lines_at("  matched = 1;\n", hook.span, "no selectors: everything matches");
    out.push_back({"  action = " + std::to_string(static_cast<int>(ActionKind::Post)) + ";", hook.span, "Post"});
    return out;
  }
  std::vector<GeneratedLine> out;
  if (std::string text = process_text(hook, tgid); !text.empty())
    for (auto& l : lines_at(text, hook.span, "filters on the process")) out.push_back(std::move(l));
  for (std::size_t i = 0; i < hook.selectors.size(); ++i) {
    const PlannedSelector& selector = hook.selectors[i];
    const std::string which = "selector " + std::to_string(i);
    const ActionSite site = site_of(hook, selector, tgid, false, support);
    const bool decided_later = hook.at_return && !selector.return_filters.empty();
    out.push_back({"  if (!matched) {", selector.span, which});
    std::size_t open = 1;
    for (const auto& p : selector.process) {
      out.push_back({"  if (" + process_predicate(p, support) + ") {", span_of(p), which + ", process"});
      ++open;
    }
    TRY(const std::size_t filters, open_filters(hook, selector.filters, which, support, out));
    open += filters;
    if (decided_later) {
      // Whether it matches is known at the return; its actions run now if it is the first that may.
      out.push_back({"    if (!active) {", selector.span, which});
      out.push_back({"    selector = " + std::to_string(i) + ";", selector.span, which});
      for (auto& l : action_lines(site, i)) out.push_back(std::move(l));
      out.push_back({"    }", selector.span, which});
      out.push_back({"    active |= " + std::to_string(1U << i) + "u;", selector.span, which});
    } else if (hook.at_return) {
      out.push_back({"    matched = 1;", selector.span, which});
      out.push_back({"    if (!active) {", selector.span, which});
      out.push_back({"    selector = " + std::to_string(i) + ";", selector.span, which});
      for (auto& l : action_lines(site, i)) out.push_back(std::move(l));
      out.push_back({"    }", selector.span, which});
      out.push_back({"    active |= " + std::to_string(1U << i) + "u;", selector.span, which});
    } else {
      out.push_back({"    matched = 1;", selector.span, which});
      out.push_back({"    selector = " + std::to_string(i) + ";", selector.span, which});
      for (auto& l : action_lines(site, i)) out.push_back(std::move(l));
    }
    out.push_back({"  " + std::string(open, '}'), selector.span, which});
  }
  if (hook.at_return) out.push_back({"  if (active) matched = 1;", hook.span, "decided at the return"});
  if (support.failure) return tl::unexpected(*support.failure);
  return out;
}

Result<std::vector<GeneratedLine>> return_selector_lines(const PlannedHook& hook, SelectorSupport& support) {
  std::vector<GeneratedLine> out;
  if (hook.selectors.empty()) return lines_at("  matched = 1;\n", hook.span, "no selectors: everything matches");
  for (std::size_t i = 0; i < hook.selectors.size(); ++i) {
    const PlannedSelector& selector = hook.selectors[i];
    const std::string which = "selector " + std::to_string(i) + " at the return";
    const ActionSite site = site_of(hook, selector, kCurrentTgid, true, support);
    out.push_back({"  if (!matched && (active & " + std::to_string(1U << i) + "u)) {", selector.span, which});
    TRY(const std::size_t open, open_filters(hook, selector.return_filters, which, support, out));
    out.push_back({"    matched = 1;", selector.span, which});
    out.push_back({"    selector = " + std::to_string(i) + ";", selector.span, which});
    for (auto& l : action_lines(site, i)) out.push_back(std::move(l));
    // What the event says was done is what this selector's entry actions did.
    const bool posts =
        std::ranges::none_of(selector.actions, [](const Action& a) { return a.kind == ActionKind::NoPost; });
    if (!posts) out.push_back({"    post = 0;", selector.span, which + ", NoPost"});
    out.push_back({"  " + std::string(open + 1, '}'), selector.span, which});
  }
  if (support.failure) return tl::unexpected(*support.failure);
  return out;
}

}  // namespace burin
