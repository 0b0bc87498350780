#include "codegen/record_text.h"

#include <algorithm>
#include <iterator>

#include "codegen/actions.h"
#include "codegen/data.h"
#include "codegen/selectors.h"
#include "codegen/source.h"
#include "types/arg_type.h"
#include "types/text_field.h"

namespace burin {
namespace {

std::uint32_t power_of_two(std::uint32_t v) {
  std::uint32_t p = 1;
  while (p < v) p *= 2;
  return p;
}

/// Every offset into the tail stays below this.
std::uint32_t tail_room(const PlannedHook& hook) {
  return hook.record.tail_max ? power_of_two(hook.record.tail_max) : 0;
}
std::string size_expression(const PlannedHook& hook) {
  const std::string fixed = std::to_string(hook.record.size);
  if (!hook.record.tail_max) return fixed;
  return "(" + fixed + " + (s->tail & " + std::to_string(tail_room(hook) - 1) + "))";
}

void append(std::vector<GeneratedLine>& out, std::vector<GeneratedLine> lines) {
  std::move(lines.begin(), lines.end(), std::back_inserter(out));
}

/// Sets site.size to the expression for how many bytes there are, where that is known; the text declares what it names.
std::string length_text(const PlannedHook& hook, const PlannedArg& arg, const std::string& name, CaptureSite& site) {
  if (arg.size_arg) {
    // The register of an int has anything in its upper half.
    const ArgType* type = find_type(hook.args[*arg.size_arg].type);
    const bool word = type && type->shape.size == 4;
    site.size = std::string(word ? "(u64)(s64)(s32)" : "") + "v_a" + std::to_string(*arg.size_arg);
    return {};
  }
  if (arg.size_source) {
    site.size = "n_" + name;
    return source_text(*arg.size_source, site.size, "", "");
  }
  site.size = source_length(arg.source);
  return {};
}

CaptureSite site_of(const PlannedHook& hook, const PlannedArg& arg, const std::string& name) {
  CaptureSite site;
  site.dst = field_of(hook, arg);
  site.src = "v_" + name;
  site.text = text_of(arg);
  site.user = arg.source.user;
  site.in_place = arg.source.value_in_place || arg.source.kind == ArgSource::Kind::ContextAddress ||
                  arg.source.kind == ArgSource::Kind::ContextDataLoc;
  return site;
}

/// Capture of one value into its field (and text slot).
std::vector<GeneratedLine> capture_one(const PlannedHook& hook, const PlannedArg& arg, const std::string& name,
                                       unsigned bit, const std::string& about) {
  const ArgType* type = find_type(arg.type);
  if (!type || !type->capture || arg.field == kNone) return {};
  CaptureSite site = site_of(hook, arg, name);
  site.fault = "faults |= " + std::to_string(1U << bit) + "u;";
  std::string before = length_text(hook, arg, name, site);
  const std::string error = arg.error == kNone ? std::string() : "r->" + hook.record.fields[arg.error].name;
  return lines_at(before + source_text(arg.source, site.src, site.fault, error) + type->capture(site), arg.span, about);
}

/// A buffer that the function has filled, `copied` bytes long.
std::vector<GeneratedLine> copied_buffer(const PlannedHook& hook, const PlannedArg& arg) {
  const ArgType* type = find_type(arg.type);
  if (!type || !type->capture) return {};
  CaptureSite site;
  site.dst = field_of(hook, arg);
  site.src = "r->" + hook.record.fields[arg.address].name;
  site.text = text_of(arg);
  site.size = "copied";
  site.user = arg.source.user;
  return lines_at(type->capture(site), arg.span, "argument " + std::to_string(arg.index) + " (returnCopy)");
}

/// Copies the texts of `args` behind the record.
std::string texts_text(const PlannedHook& hook, const std::vector<const PlannedArg*>& args) {
  std::string out;
  for (const PlannedArg* arg : args) {
    if (arg->text == kNone) continue;
    out += "  burin_send_text(s, (struct w_text *)&" + field_of(hook, *arg) + ", " + text_of(*arg) + ", " +
           std::to_string(hook.record.size) + ", " + std::to_string(tail_room(hook) - 1) + ");\n";
  }
  return out;
}

std::vector<const PlannedArg*> entry_texts(const PlannedHook& hook) {
  std::vector<const PlannedArg*> out;
  for (const auto& a : hook.args)
    if (!a.return_copy) out.push_back(&a);
  for (const auto& d : hook.data) out.push_back(&d);
  return out;
}

/// What the return program has captured: the buffers that the function has filled, and its value.
std::vector<const PlannedArg*> return_texts(const PlannedHook& hook) {
  std::vector<const PlannedArg*> out;
  for (const auto& a : hook.args)
    if (a.return_copy && a.address != kNone) out.push_back(&a);
  if (hook.return_arg) out.push_back(&*hook.return_arg);
  return out;
}

/// Takes the stacks that an action wants into the record's tail.
std::string stacks_text(const PlannedHook& hook) {
  std::string out;
  const auto one = [&](std::size_t field, unsigned bit, unsigned flags) {
    if (field == kNone) return;
    out += "  if (wants & " + std::to_string(bit) + ") burin_send_stack(s, &r->" + hook.record.fields[field].name +
           ", " + std::to_string(flags) + ", " + std::to_string(hook.record.size) + ", " +
           std::to_string(tail_room(hook) - 1) + ");\n";
  };
  one(hook.kernel_stack, 1, 0);
  one(hook.user_stack, 2, 256);  // BPF_F_USER_STACK
  return out;
}

}  // namespace

std::uint32_t record_memory(const PlannedHook& hook) {
  return hook.record.size + (hook.record.tail_max ? tail_room(hook) + kTextMax : 0);
}

std::vector<GeneratedLine> capture_lines(const PlannedHook& hook) {
  std::vector<GeneratedLine> out;
  // Lengths first: a char_buf before its length in the list needs it.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < hook.args.size(); ++i)
    if (!hook.args[i].size_arg) order.push_back(i);
  for (std::size_t i = 0; i < hook.args.size(); ++i)
    if (hook.args[i].size_arg) order.push_back(i);
  for (const std::size_t i : order) {
    if (hook.args[i].return_copy) {
      // Only where it is; what it holds is read at the return.
      const PlannedArg& arg = hook.args[i];
      if (arg.address == kNone) continue;
      const std::string value = "v_a" + std::to_string(i), fault = "faults |= " + std::to_string(1U << i) + "u;";
      append(out, lines_at(source_text(arg.source, value, fault, {}) + "r->" + hook.record.fields[arg.address].name +
                               " = " + value + ";\n",
                           arg.span, "argument " + std::to_string(arg.index) + " (address)"));
      continue;
    }
    append(out, capture_one(hook, hook.args[i], "a" + std::to_string(i), static_cast<unsigned>(i),
                            "argument " + std::to_string(hook.args[i].index) + " (" + hook.args[i].type + ")"));
  }
  for (std::size_t i = 0; i < hook.data.size(); ++i)
    append(out, capture_one(hook, hook.data[i], "d" + std::to_string(i), static_cast<unsigned>(kFaultData + i),
                            "data " + std::to_string(i) + " (" + hook.data[i].type + ")"));
  return out;
}

std::vector<GeneratedLine> return_capture_lines(const PlannedHook& hook) {
  std::vector<GeneratedLine> out;
  if (hook.copied)
    append(out, lines_at(source_text(*hook.copied, "copied", ";", {}) + "if ((s64)copied < 0) copied = 0;\n", hook.span,
                         "returnCopy: length"));
  for (const auto& arg : hook.args)
    if (arg.return_copy && arg.address != kNone) append(out, copied_buffer(hook, arg));
  if (hook.return_arg) append(out, capture_one(hook, *hook.return_arg, "ret", kFaultReturn, "return value"));
  return out;
}

std::string entry_tail_text(const PlannedHook& hook) {
  return texts_text(hook, entry_texts(hook)) + stacks_text(hook);
}

std::string all_data_text(const PlannedHook& hook, std::string_view stamp) {
  std::string out;
  const auto one = [&](const PlannedArg& arg, const std::string& name, std::size_t which) {
    if (arg.data_field == kNone) return;
    CaptureSite site = site_of(hook, arg, name);
    length_text(hook, arg, name, site);  // declared by the capture
    out += data_text(hook, arg, static_cast<std::uint16_t>(which), site, stamp);
  };
  for (std::size_t i = 0; i < hook.args.size(); ++i) one(hook.args[i], "a" + std::to_string(i), i);
  for (std::size_t i = 0; i < hook.data.size(); ++i) one(hook.data[i], "d" + std::to_string(i), i | kDataOfData);
  return out;
}

std::string head_text() {
  return "  r->head.selector = selector;\n  r->head.action = action;\n  r->head.return_action = return_action;\n"
         "  r->head.faults = faults;\n";
}

std::string send_text(const PlannedHook& hook, bool owners, bool at_return) {
  const std::string size = size_expression(hook);
  std::string out = "  burin_count(slots + BURIN_MATCHED);\n  if (!post) return result;\n";
  out += texts_text(hook, at_return ? return_texts(hook) : entry_texts(hook)) + stacks_text(hook);
  out += "  burin_fill_head(&r->head, target >> 16, " + size + ");\n" + head_text();
  if (owners) out += attribution_text(hook);
  if (!at_return) out += all_data_text(hook, "r->head.ktime");
  out += "  burin_posted(slots, events.perf_submit(ctx, r, " + size + "));\n";
  return out;
}

}  // namespace burin
