// The generic hook: what differs between rungs is the type of the context, where values come from, and how the program
// is attached.
#include "codegen/hook.h"

#include <algorithm>

#include "codegen/actions.h"
#include "codegen/data.h"
#include "codegen/renderer.h"
#include "codegen/selectors.h"
#include "codegen/source.h"
#include "types/arg_type.h"
#include "types/text_field.h"

namespace burin {
namespace {

/// Records that wait for their function's return, per hook. What finds no room is counted as failed.
constexpr std::size_t kHeldBytes = 8U << 20, kMaxHeld = 4096, kMinHeld = 64;
/// Components and mounts of a path argument that are followed; each costs the verifier some 50 instructions.
constexpr std::uint32_t kPathSteps = 128, kShortPathSteps = 16;
/// First kernel on which a hash map without preallocation may be used at any hook (bpf_mem_alloc).
constexpr std::uint32_t kSafeAlloc = (6U << 16) | (1U << 8);

std::uint32_t power_of_two(std::uint32_t v) {
  std::uint32_t p = 1;
  while (p < v) p *= 2;
  return p;
}

/// Every offset into the tail stays below this.
std::uint32_t tail_room(const PlannedHook& hook) {
  return hook.record.tail_max ? power_of_two(hook.record.tail_max) : 0;
}
/// Bytes of the record's memory, slack for the last bounded read included.
std::uint32_t whole_size(const PlannedHook& hook) {
  return hook.record.size + (hook.record.tail_max ? tail_room(hook) + kTextMax : 0);
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

/// Sends what the text slots do not hold of arguments with maxData. Always in the entry program: at the return the
/// memory may hold something else.
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

std::string send_text(const HookText& text, const std::vector<const PlannedArg*>& texts, bool at_return) {
  const PlannedHook& hook = text.plan;
  const std::string size = size_expression(hook);
  std::string out = "  burin_count(slots + BURIN_MATCHED);\n  if (!post) return result;\n" + texts_text(hook, texts);
  out += stacks_text(hook);
  out += "  burin_fill_head(&r->head, target >> 16, " + size + ");\n" + head_text();
  if (text.owners) out += attribution_text(hook);
  if (!at_return) out += all_data_text(hook, "r->head.ktime");
  out += "  burin_posted(slots, events.perf_submit(ctx, r, " + size + "));\n";
  return out;
}

/// Where the frame of the call is on the stack, the same word at its entry and at its return.
std::string frame_of(Rung rung, bool at_return) {
  switch (rung) {
    case Rung::Kprobe:
    case Rung::Uprobe: return at_return ? "BURIN_FRAME_LEFT(ctx)" : "(u64)ctx->sp";
    case Rung::Fentry: return "(u64)ctx";  // one trampoline's stack holds what both programs get
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps:
    case Rung::RawTracepoint:
    case Rung::Lsm: return "0";
  }
  return "0";
}

std::string hold_text(const PlannedHook& hook, const std::string& held) {
  std::string out = texts_text(hook, entry_texts(hook)) + stacks_text(hook);
  out += "  struct burin_call call = {bpf_get_current_pid_tgid(), " + frame_of(hook.rung, false) + ", target};\n" +
         head_text();
  out += "  r->head.size = s->tail;\n  r->head.state = post;\n  r->active = active;\n  r->target = target;\n";
  if (const std::string data = all_data_text(hook, "bpf_ktime_get_ns()"); !data.empty())
    out += "  if (post) {\n" + data + "  }\n";
  out += "  if (" + held + ".update(&call, (void *)r)) burin_count(slots + BURIN_FAILED);\n";
  return out;
}

/// What a program has to know of the place that it was attached to: the upper half is what the record is called by, the
/// lower where it is counted.
std::uint32_t target_word(const PlannedHook& hook, std::size_t at, std::uint32_t first_slot) {
  return (std::uint32_t{hook.targets[at].id} << 16) | (first_slot / kCounterSlots + static_cast<std::uint32_t>(at));
}

std::string target_text(const HookText& text) {
  const PlannedHook& hook = text.plan;
  if (hook.targets.size() == 1) return "  u32 target = " + std::to_string(target_word(hook, 0, text.slot)) + ";\n";
  // Nothing of the list stands in the text: another list needs no compile.
  // fentry, fexit, lsm: the loader builds the number into each copy of the program (LoadedProgram::attach).
  return "  u32 target = burin_cookie(ctx);\n";
}

std::string held_map(const PlannedHook& hook, const std::string& held, const std::string& record,
                     const HostFacts& host) {
  const std::size_t entries = std::clamp<std::size_t>(kHeldBytes / whole_size(hook), kMinHeld, kMaxHeld);
  const bool lazy = host.version_code >= kSafeAlloc;
  return "BPF_F_TABLE(\"hash\", struct burin_call, struct " + record + ", " + held + ", " + std::to_string(entries) +
         ", " + (lazy ? "1" : "0") + "); /* 1: BPF_F_NO_PREALLOC */\n";
}

ProgramType program_type(Rung rung) {
  switch (rung) {
    case Rung::Kprobe:
    case Rung::Uprobe: return ProgramType::Kprobe;
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps: return ProgramType::Tracepoint;
    case Rung::RawTracepoint: return ProgramType::RawTracepoint;
    case Rung::Fentry: return ProgramType::Tracing;
    case Rung::Lsm: return ProgramType::Lsm;
  }
  return ProgramType::Kprobe;
}

AttachSpec::Kind attach_kind(Rung rung, bool at_return) {
  switch (rung) {
    case Rung::Kprobe: return at_return ? AttachSpec::Kind::Kretprobe : AttachSpec::Kind::Kprobe;
    case Rung::Uprobe: return at_return ? AttachSpec::Kind::Uretprobe : AttachSpec::Kind::Uprobe;
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps: return AttachSpec::Kind::Tracepoint;
    case Rung::RawTracepoint: return AttachSpec::Kind::RawTracepoint;
    case Rung::Fentry: return at_return ? AttachSpec::Kind::Fexit : AttachSpec::Kind::Fentry;
    case Rung::Lsm: return AttachSpec::Kind::Lsm;
  }
  return AttachSpec::Kind::None;
}

/// Programs that may be interrupted or preempted by another one on the same CPU (templates/text.h says why).
bool can_nest(Rung rung) {
  switch (rung) {
    case Rung::Kprobe:
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps: return false;
    case Rung::RawTracepoint:
    case Rung::Fentry:
    case Rung::Uprobe:
    case Rung::Lsm: return true;
  }
  return true;
}

void add_attaches(const HookText& text, const std::string& function, bool at_return, RenderedUnit& unit) {
  const PlannedHook& hook = text.plan;
  for (std::size_t i = 0; i < hook.targets.size(); ++i) {
    const HookTarget& target = hook.targets[i];
    AttachSpec spec;
    spec.function = function;
    spec.kind = attach_kind(hook.rung, at_return);
    if (hook.modifies_return && !at_return) spec.kind = AttachSpec::Kind::FmodRet;
    spec.target = target.attach;
    if (hook.rung == Rung::SyscallTracepoint)
      spec.target = std::string(at_return ? "syscalls:sys_exit_" : "syscalls:sys_enter_") + target.attach;
    spec.offset = target.offset;
    spec.ref_ctr_offset = target.ref_ctr_offset;
    if (hook.targets.size() > 1) spec.cookie = target_word(hook, i, text.slot);
    unit.attaches.push_back(std::move(spec));
  }
}

}  // namespace

std::string record_struct(const PlannedHook& hook, const std::string& name) {
  std::string out = "struct " + name + " {\n  struct burin_head head;\n";
  for (const auto& f : hook.record.fields) out += "  " + f.c_type + " " + f.name + ";\n";
  out += "} __attribute__((aligned(8)));\n";
  for (const auto& f : hook.record.fields)
    out += "_Static_assert(__builtin_offsetof(struct " + name + ", " + f.name + ") == " + std::to_string(f.offset) +
           ", \"" + f.name + "\");\n";
  return out;
}

Result<> add_path_walk(UnitText& text, std::uint32_t longest, std::uint32_t steps, std::uint32_t short_steps) {
  Holes holes;
  holes.scalars["path_end"] = std::to_string(longest);
  holes.scalars["path_steps"] = std::to_string(steps);
  holes.scalars["short_path_steps"] = std::to_string(short_steps);
  return text.add_template("path.h", holes);
}

namespace {
/// What the captures of the plan's types call, each piece once.
void add_type_support(const HookPlan& plan, UnitText& text) {
  std::vector<const char*> done;
  const auto add = [&](const PlannedArg& arg) {
    const ArgType* type = find_type(arg.type);
    if (!type) return;
    for (const char* piece : type->support) {
      if (std::ranges::find(done, piece) != done.end()) continue;
      done.push_back(piece);
      for (const auto& line : lines_at(piece, {}, "argument type " + arg.type)) text.add_line(line);
    }
  };
  for (const auto& hook : plan.hooks) {
    std::ranges::for_each(hook.args, add);
    std::ranges::for_each(hook.data, add);
    if (hook.return_arg) add(*hook.return_arg);
  }
}
}  // namespace

Result<> add_scratch(const HookPlan& plan, bool process_texts, UnitText& text) {
  std::uint32_t record = 0;
  std::size_t texts = 1;
  bool nests = false;
  for (const auto& hook : plan.hooks) {
    if (hook.rung == Rung::StateSockOps) continue;
    nests = nests || can_nest(hook.rung);
    record = std::max(record, whole_size(hook));
    texts = std::max(texts, hook.texts);
  }
  if (record == 0 && !process_texts) return Ok{};
  TRY_OK(add_path_walk(text, kTextMax, kPathSteps, kShortPathSteps));
  Holes holes;
  holes.scalars["text_max"] = std::to_string(kTextMax);
  holes.scalars["texts"] = std::to_string(texts);
  holes.scalars["record_max"] = std::to_string((std::max(record, 8U) + 7) / 8 * 8);
  holes.scalars["copies"] = nests ? "4" : "1";
  TRY_OK(text.add_template("text.h", holes));
  add_type_support(plan, text);
  if (has_max_data(plan)) TRY_OK(add_data(plan, text));
  if (process_texts) text.add_text("BPF_PERCPU_ARRAY(process_text, struct burin_text, 1);\n");
  return Ok{};
}

Result<> add_hook(const HookText& hook, const HostFacts& host, UnitText& text, RenderedUnit& unit) {
  const PlannedHook& plan = hook.plan;
  const std::string record = "rec_" + hook.function, held = "held_" + hook.function;
  text.add_text(record_struct(plan, record));
  Holes entry;
  entry.scalars["function"] = hook.function;
  entry.scalars["context"] = context_type(plan.rung);
  entry.scalars["record"] = record;
  Holes at_return = entry;
  entry.scalars["fixed"] = std::to_string(plan.record.size);
  entry.blocks["target"] = lines_at(target_text(hook), plan.span, "attach point");
  entry.blocks["capture"] = capture_lines(plan);
  entry.blocks["selectors"] = hook.selectors;
  if (plan.at_return) {
    // A held record is kept with its tail: the map's value is as large as the record's memory.
    const std::string whole = "whole_" + hook.function;
    text.add_text("struct " + whole + " {\n  char b[" + std::to_string(whole_size(plan)) +
                  "];\n} __attribute__((aligned(8)));\n");
    text.add_text(held_map(plan, held, whole, host));
  }
  entry.blocks["send"] =
      lines_at(plan.at_return ? hold_text(plan, held) : send_text(hook, entry_texts(plan), false), plan.span, "send");
  TRY_OK(text.add_template("hook/entry.bpf.c", entry));
  const ProgramType type = program_type(plan.rung);
  if (plan.at_return) {
    const std::string function = hook.function + "_ret";
    at_return.scalars["function"] = function;
    at_return.scalars["held"] = held;
    at_return.scalars["frame"] = frame_of(plan.rung, true);
    at_return.blocks["target"] = lines_at(target_text(hook), plan.span, "attach point");
    at_return.scalars["whole"] = std::to_string(whole_size(plan));
    std::vector<const PlannedArg*> texts;
    std::vector<GeneratedLine> capture;
    if (plan.copied)
      append(capture, lines_at(source_text(*plan.copied, "copied", ";", {}) + "if ((s64)copied < 0) copied = 0;\n",
                               plan.span, "returnCopy: length"));
    for (const auto& arg : plan.args) {
      if (!arg.return_copy || arg.address == kNone) continue;
      texts.push_back(&arg);
      append(capture, copied_buffer(plan, arg));
    }
    if (plan.return_arg) {
      texts.push_back(&*plan.return_arg);
      append(capture, capture_one(plan, *plan.return_arg, "ret", kFaultReturn, "return value"));
    }
    append(capture, lines_at(hook.return_arg_action, plan.span, "returnArgAction"));
    at_return.blocks["capture"] = std::move(capture);
    at_return.blocks["selectors"] = hook.return_selectors;
    at_return.blocks["send"] = lines_at(send_text(hook, texts, true), plan.span, "send");
    TRY_OK(text.add_template("hook/return.bpf.c", at_return));
    // The return first: an entry without it would only fill the map of held records.
    unit.source.programs.push_back({function, type});
    add_attaches(hook, function, true, unit);
  }
  unit.source.programs.push_back({hook.function, type});
  add_attaches(hook, hook.function, false, unit);
  return Ok{};
}

}  // namespace burin
