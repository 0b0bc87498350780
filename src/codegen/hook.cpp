// The generic hook: what differs between rungs is the type of the context, where values come from, and how the program
// is attached.
#include "codegen/hook.h"

#include <algorithm>
#include <iterator>

#include "codegen/data.h"
#include "codegen/held_calls.h"
#include "codegen/record_text.h"
#include "codegen/renderer.h"
#include "codegen/source.h"
#include "types/arg_type.h"
#include "types/text_field.h"

namespace burin {
namespace {

/// Components and mounts of a path argument that are followed; each costs the verifier some 50 instructions.
constexpr std::uint32_t kPathSteps = 128, kShortPathSteps = 16;

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
    record = std::max(record, record_memory(hook));
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
    text.add_text("struct " + whole + " {\n  char b[" + std::to_string(record_memory(plan)) +
                  "];\n} __attribute__((aligned(8)));\n");
    text.add_text(held_map(plan, held, whole, host));
  }
  entry.blocks["send"] =
      lines_at(plan.at_return ? hold_text(plan, held) : send_text(plan, hook.owners, false), plan.span, "send");
  TRY_OK(text.add_template("hook/entry.bpf.c", entry));
  const ProgramType type = program_type(plan.rung);
  if (plan.at_return) {
    const std::string function = hook.function + "_ret";
    at_return.scalars["function"] = function;
    at_return.scalars["held"] = held;
    at_return.scalars["frame"] = call_frame(plan.rung, true);
    at_return.blocks["target"] = lines_at(target_text(hook), plan.span, "attach point");
    at_return.scalars["whole"] = std::to_string(record_memory(plan));
    std::vector<GeneratedLine> capture = return_capture_lines(plan);
    std::ranges::move(lines_at(hook.return_arg_action, plan.span, "returnArgAction"), std::back_inserter(capture));
    at_return.blocks["capture"] = std::move(capture);
    at_return.blocks["selectors"] = hook.return_selectors;
    at_return.blocks["send"] = lines_at(send_text(plan, hook.owners, true), plan.span, "send");
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
