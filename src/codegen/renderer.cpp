#include "codegen/renderer.h"

#include <algorithm>

#include "codegen/machine_macros.h"
#include "codegen/prelude.h"
#include "codegen/selectors.h"
#include "codegen/template.h"
#include "types/arg_type.h"

namespace burin {

const char* const kCounterNames[kCounterSlots] = {"entered", "matched",  "posted",   "no_space",
                                                  "failed",  "signaled", "unjoined", "unmapped"};

std::vector<std::string> layout_members() {
  return {
      "task_struct.real_parent",
      "task_struct.group_leader",
      "task_struct.tgid",
      "task_struct.start_boottime",
      "task_struct.cred",
      "task_struct.mm",
      "task_struct.fs",
      "task_struct.loginuid",
      "task_struct.exit_code",
      "task_struct.signal",
      "signal_struct.live",
      "cred.euid",
      "mm_struct.arg_start",
      "mm_struct.arg_end",
      "mm_struct.exe_file",
      "file.f_path",
      "path.mnt",
      "path.dentry",
      "vfsmount.mnt_root",
      "mount.mnt",
      "mount.mnt_parent",
      "mount.mnt_mountpoint",
      "dentry.d_parent",
      "dentry.d_name",
      "qstr.name",
      "qstr.len",
      "fs_struct.root",
      "fs_struct.pwd",
      "sock.__sk_common.skc_family",
      "sock.__sk_common.skc_state",
      "sock.__sk_common.skc_rcv_saddr",
      "sock.__sk_common.skc_daddr",
      "sock.__sk_common.skc_dport",
      "sock.__sk_common.skc_num",
      "sock.__sk_common.skc_v6_rcv_saddr",
      "sock.__sk_common.skc_v6_daddr",
      "sock.sk_type",
      "sock.sk_protocol",
      "sock.sk_mark",
      "sock.sk_priority",
      "socket.sk",
      "sk_buff.head",
      "sk_buff.network_header",
      "sk_buff.len",
      "sk_buff.mark",
      "sk_buff.priority",
      "sk_buff.hash",
  };
}

std::vector<std::string> tracepoints_used() {
  return {"sched:sched_process_exec",     "sched:sched_process_exit",  "task:task_newtask",
          "sock:inet_sock_set_state",     "syscalls:sys_enter_execve", "syscalls:sys_enter_execveat",
          "syscalls:sys_enter_exit_group"};
}

namespace {

void finish(RenderedUnit& unit, UnitText&& text, const HostFacts& host, const LayoutTable& layout) {
  unit.source.text = std::move(text.text);
  unit.source.origins = std::move(text.origins);
  unit.source.defines = machine_macros(host, layout, unit.source.text);
}

/// One base program: where it goes and which macros its text is conditional on.
struct BaseProgram {
  const char* function;
  const char* tracepoint;
  bool wanted;
};

}  // namespace

Result<RenderedUnit> render_base(const HostFacts& host, const LayoutTable& layout) {
  RenderedUnit unit;
  unit.source.name = "base";
  UnitText text;
  TRY_OK(begin_unit(text, "base programs", 4 * kCounterSlots));
  TRY_OK(text.add_template("path.h", {}));
  Holes holes;
  holes.blocks["exec_fields"] = lines_at(exec_fields_text(), {}, {});
  holes.blocks["exit_fields"] = lines_at(exit_fields_text(), {}, {});
  holes.blocks["clone_fields"] = lines_at(clone_fields_text(), {}, {});
  const std::pair<const char*, HookId> hooks[] = {{"exec", kHookExec}, {"exit", kHookExit}, {"clone", kHookClone}};
  for (const auto& [name, id] : hooks) {
    holes.scalars["slots_" + std::string(name)] = std::to_string(id * kCounterSlots);
    holes.scalars["hook_" + std::string(name)] = std::to_string(id);
  }
  TRY_OK(text.add_template("base.bpf.c", holes));
  finish(unit, std::move(text), host, layout);

  const bool entry_args = !layout.has_all({"task_struct.mm", "mm_struct.arg_start", "mm_struct.arg_end"});
  const BaseProgram programs[] = {
      // clone first: whoever is born while we attach has an entry
      {"base_clone", "task:task_newtask", true},
      {"base_execve", "syscalls:sys_enter_execve", entry_args},
      {"base_execveat", "syscalls:sys_enter_execveat", entry_args},
      {"base_exec", "sched:sched_process_exec", true},
      {"base_exit_group", "syscalls:sys_enter_exit_group", !layout.find("task_struct.exit_code")},
      {"base_exit", "sched:sched_process_exit", true},
  };
  for (const auto& p : programs) {
    if (!p.wanted) continue;
    if (!host.tracepoints.contains(p.tracepoint))
      return fail(ErrorCode::Unsupported, std::string("this kernel has no tracepoint ") + p.tracepoint +
                                              ", which burin needs to follow processes");
    unit.source.programs.push_back({p.function, ProgramType::Tracepoint});
    unit.attaches.push_back({p.function, AttachSpec::Kind::Tracepoint, p.tracepoint});
  }
  if (layout.find("sock.__sk_common.skc_family") && host.tracepoints.contains("sock:inet_sock_set_state")) {
    unit.source.programs.push_back({"base_selftest", ProgramType::Tracepoint});
    // Attached by the self-test only, for the time of one connection.
    unit.attaches.push_back({"base_selftest", AttachSpec::Kind::None, "sock:inet_sock_set_state"});
  }
  return unit;
}

namespace {

/// The struct of a hook's record, with assertions that tie it to the decoder's layout.
std::string record_struct(const PlannedHook& hook, const std::string& name) {
  std::string out = "struct " + name + " {\n  struct burin_head head;\n";
  for (const auto& f : hook.record.fields) out += "  " + f.c_type + " " + f.name + ";\n";
  if (hook.record.tail_max) {
    // String reads are bounded by a mask: room for one more than the tail can hold.
    out += "  char tail[" + std::to_string(hook.record.tail_max * 2) + "];\n";
  }
  out += "} __attribute__((aligned(8)));\n";
  for (const auto& f : hook.record.fields)
    out += "_Static_assert(__builtin_offsetof(struct " + name + ", " + f.name + ") == " + std::to_string(f.offset) +
           ", \"" + f.name + "\");\n";
  return out;
}

/// Captures of all arguments into `r`, in order.
std::vector<GeneratedLine> capture_lines(const PlannedHook& hook) {
  std::vector<GeneratedLine> out;
  for (const auto& arg : hook.args) {
    const ArgType* type = find_type(arg.type);
    if (!type || !type->capture) continue;
    const std::string text = type->capture(
        {"r->" + hook.record.fields[arg.field].name, "(u64)PT_REGS_PARM" + std::to_string(arg.index + 1) + "(ctx)"});
    for (auto& l : lines_at(text, arg.span, "argument " + std::to_string(arg.index) + " (" + arg.type + ")"))
      out.push_back(std::move(l));
  }
  return out;
}

Result<> add_kprobe(const PlannedHook& hook, const std::string& function, std::uint32_t slot, UnitText& text,
                    std::vector<GeneratedLine> selectors, RenderedUnit& unit) {
  const std::string record = "rec_" + function;
  const std::string fixed = std::to_string(hook.record.size);
  text.add_text(record_struct(hook, record));
  Holes holes;
  std::string declare;
  if (hook.record.tail_max) {
    const std::string buffer = "buffer_" + function;
    text.add_text("BPF_PERCPU_ARRAY(" + buffer + ", struct " + record + ", 1);\n");
    declare = "  u32 zero = 0;\n  struct " + record + " *r = " + buffer +
              ".lookup(&zero);\n  if (!r) return 0;\n  u32 tail = 0;\n  __builtin_memset(r, 0, " + fixed + ");\n";
    holes.scalars["size"] = "__builtin_offsetof(struct " + record + ", tail) + (tail & " +
                            std::to_string(hook.record.tail_max * 2 - 1) + ")";
  } else {
    declare = "  struct " + record + " record = {}, *r = &record;\n";
    holes.scalars["size"] = "sizeof *r";
  }
  holes.scalars["function"] = function;
  holes.scalars["slots"] = std::to_string(slot);
  holes.scalars["hook"] = std::to_string(hook.id);
  holes.blocks["declare"] = lines_at(declare, hook.span, "record");
  holes.blocks["capture"] = capture_lines(hook);
  holes.blocks["selectors"] = std::move(selectors);
  TRY_OK(text.add_template("hook/kprobe.bpf.c", holes));
  unit.source.programs.push_back({function, ProgramType::Kprobe});
  unit.attaches.push_back({function, AttachSpec::Kind::Kprobe, hook.function});
  return Ok{};
}

/// True when some filter looks at the source port, which this rung knows only in its second half.
bool needs_source_port(const PlannedHook& hook) {
  for (const auto& s : hook.selectors)
    for (const auto& f : s.filters)
      if (f.op.find("SPort") != std::string::npos || f.op.find("Sport") != std::string::npos) return true;
  return false;
}

Result<> add_state_sock_ops(const PlannedHook& hook, const std::string& function, std::uint32_t slot, UnitText& text,
                            std::vector<GeneratedLine> selectors, const HostFacts& host, RenderedUnit& unit) {
  const std::string record = "rec_" + function;
  text.add_text(record_struct(hook, record));
  Holes holes;
  holes.scalars["function"] = function;
  holes.scalars["record"] = record;
  holes.scalars["join"] = "join_" + function;
  holes.scalars["field"] = hook.record.fields[hook.args[0].field].name;
  holes.scalars["slots"] = std::to_string(slot);
  holes.scalars["hook"] = std::to_string(hook.id);
  if (needs_source_port(hook)) {
    holes.blocks["early"] =
        lines_at("  matched = 1; /* the selectors need the source port */\n", hook.span, "selectors");
    std::vector<GeneratedLine> late = lines_at("  matched = 0;\n  post = 1;\n", hook.span, "selectors");
    for (auto& l : selectors) late.push_back(std::move(l));
    holes.blocks["late"] = std::move(late);
  } else {
    holes.blocks["early"] = std::move(selectors);
    holes.blocks["late"] = {};
  }
  TRY_OK(text.add_template("hook/state_sock_ops.bpf.c", holes));
  unit.source.programs.push_back({function + "_state", ProgramType::Tracepoint});
  unit.source.programs.push_back({function + "_ops", ProgramType::SockOps});
  // The second half first: a first half without it would only fill the join map.
  unit.attaches.push_back({function + "_ops", AttachSpec::Kind::SockOps, host.cgroup2});
  unit.attaches.push_back({function + "_state", AttachSpec::Kind::Tracepoint, "sock:inet_sock_set_state"});
  return Ok{};
}

}  // namespace

Result<RenderedUnit> render_policy(const HookPlan& plan, const HostFacts& host, const LayoutTable& layout) {
  RenderedUnit unit;
  unit.source.name = plan.policy;
  UnitText text;
  const auto slots = static_cast<std::uint32_t>(plan.hooks.size()) * kCounterSlots;
  TRY_OK(begin_unit(text, "policy " + plan.policy, std::max(slots, kCounterSlots)));
  SelectorSupport support;
  std::vector<std::vector<GeneratedLine>> selectors;
  for (const auto& hook : plan.hooks) {
    // In its second half the state rung does not ask which task is running: the first half has written it down.
    const bool second_half = hook.rung == Rung::StateSockOps && needs_source_port(hook);
    TRY(auto lines, selector_lines(hook, second_half ? "r->head.tgid" : "bpf_get_current_pid_tgid() >> 32", support));
    selectors.push_back(std::move(lines));
  }
  text.add_text(support.maps);
  text.add_text(support.functions);
  unit.inits = std::move(support.inits);
  for (std::size_t i = 0; i < plan.hooks.size(); ++i) {
    const PlannedHook& hook = plan.hooks[i];
    const std::string function = "p" + std::to_string(i);
    const auto slot = static_cast<std::uint32_t>(i) * kCounterSlots;
    switch (hook.rung) {
      case Rung::Kprobe: TRY_OK(add_kprobe(hook, function, slot, text, std::move(selectors[i]), unit)); break;
      case Rung::StateSockOps:
        TRY_OK(add_state_sock_ops(hook, function, slot, text, std::move(selectors[i]), host, unit));
        break;
    }
  }
  finish(unit, std::move(text), host, layout);
  return unit;
}

std::string annotated(const ProgramSource& source) {
  std::string out;
  std::string_view rest = source.text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const std::size_t mark = line.rfind(" /*@");
    if (mark == std::string_view::npos) {
      out.append(line).push_back('\n');
      continue;
    }
    const auto id = static_cast<std::size_t>(std::stoul(std::string(line.substr(mark + 4))));
    out.append(line.substr(0, mark));
    const OriginLine& origin = source.origins[id - 1];
    if (!origin.about.empty())
      out.append("  /* " + origin.span.file + ":" + std::to_string(origin.span.line) + " " + origin.about + " */");
    out.push_back('\n');
  }
  return out;
}

}  // namespace burin
