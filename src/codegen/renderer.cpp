#include "codegen/renderer.h"

#include <algorithm>
#include <iterator>

#include "codegen/actions.h"
#include "codegen/enforcers.h"
#include "codegen/followed.h"
#include "codegen/hook.h"
#include "codegen/machine_macros.h"
#include "codegen/prelude.h"
#include "codegen/prune.h"
#include "codegen/selectors.h"
#include "codegen/template.h"
#include "types/arg_type.h"

namespace burin {

const char* const kCounterNames[kCounters] = {"entered",   "matched",  "posted",   "no_space",   "failed",
                                              "signaled",  "unjoined", "unmapped", "overridden", "suppressed",
                                              "monitored", "missed",   "refused"};

std::vector<std::string> layout_members() {
  std::vector<std::string> out = {
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
  };
  const auto add = [&out](std::vector<std::string> members) {
    for (auto& member : members)
      if (std::ranges::find(out, member) == out.end()) out.push_back(std::move(member));
  };
  for (std::size_t i = 0; i < kNamespaceKinds; ++i) add(layout_of(static_cast<NamespaceKind>(i)));
  for (const auto set : {CapabilitySet::Effective, CapabilitySet::Inheritable, CapabilitySet::Permitted})
    add(layout_of(set));
  add(type_layout_members());
  return out;
}

std::vector<std::string> tracepoints_used() {
  return {"sched:sched_process_exec",     "sched:sched_process_exit",  "task:task_newtask",
          "sock:inet_sock_set_state",     "syscalls:sys_enter_execve", "syscalls:sys_enter_execveat",
          "syscalls:sys_enter_exit_group"};
}

namespace {

void finish(RenderedUnit& unit, UnitText&& text, const HostFacts& host, const LayoutTable& layout,
            const ProcessNeeds& needs) {
  unit.source.text = std::move(text.text);
  unit.source.origins = std::move(text.origins);
  drop_unused_functions(unit.source.text, unit.source.origins);
  unit.source.lines = false;
  unit.source.defines = machine_macros(host, layout, unit.source.text);
  // These decide the shape of struct burin_proc, so every unit has them.
  if (needs.parents) unit.source.defines.emplace_back("BURIN_PARENTS", "1");
  if (needs.facts) unit.source.defines.emplace_back("BURIN_FACTS", "1");
}

/// One base program: where it goes and which macros its text is conditional on.
struct BaseProgram {
  const char* function;
  const char* tracepoint;
  bool wanted;
};

}  // namespace

/// Longest path of a program or working directory, and how deep: the parts of an exec record have 8 KB together
/// (templates/base.bpf.c), and the verifier's time for the two walks is part of every start.
constexpr std::uint32_t kBasePathEnd = 1024, kBasePathSteps = 32, kShortBasePathSteps = 16;

Result<RenderedUnit> render_base(const HostFacts& host, const LayoutTable& layout, const ProcessNeeds& needs) {
  RenderedUnit unit;
  unit.source.name = "base";
  UnitText text;
  TRY_OK(begin_unit(text, "base programs", 4 * kCounterSlots));
  TRY_OK(add_path_walk(text, kBasePathEnd, kBasePathSteps, kShortBasePathSteps));
  Holes holes;
  holes.blocks["exec_fields"] = lines_at(exec_fields_text(), {}, {});
  holes.blocks["exit_fields"] = lines_at(exit_fields_text(), {}, {});
  holes.blocks["clone_fields"] = lines_at(clone_fields_text(), {}, {});
  const std::pair<const char*, HookId> hooks[] = {{"exec", kHookExec}, {"exit", kHookExit}, {"clone", kHookClone}};
  for (const auto& [name, id] : hooks) {
    holes.scalars["slots_" + std::string(name)] = std::to_string(id * kCounterSlots);
    holes.scalars["hook_" + std::string(name)] = std::to_string(id);
  }
  if (needs.facts || needs.namespace_marks()) TRY_OK(text.add_template("process.h", {}));
  TRY_OK(text.add_template("base.bpf.c", holes));
  finish(unit, std::move(text), host, layout, needs);
  add_followed(needs, unit);

  const bool entry_args = !layout.has_all({"task_struct.mm", "mm_struct.arg_start", "mm_struct.arg_end"});
  const auto exit_format = host.tracepoints.find("sched:sched_process_exit");
  const bool threads_counted = !layout.has_all({"task_struct.signal", "signal_struct.live"}) &&
                               exit_format != host.tracepoints.end() && !exit_format->second.find("group_dead");
  const bool entry_codes = !layout.find("task_struct.exit_code");
  const BaseProgram programs[] = {
      // where threads are counted, no end of one may be missed that clone or exec counted
      {"base_exit_group", "syscalls:sys_enter_exit_group", threads_counted && entry_codes},
      {"base_exit", "sched:sched_process_exit", threads_counted},
      // clone first: whoever is born while we attach has an entry
      {"base_clone", "task:task_newtask", true},
      {"base_execve", "syscalls:sys_enter_execve", entry_args},
      {"base_execveat", "syscalls:sys_enter_execveat", entry_args},
      {"base_exec", "sched:sched_process_exec", true},
      {"base_exit_group", "syscalls:sys_enter_exit_group", !threads_counted && entry_codes},
      {"base_exit", "sched:sched_process_exit", !threads_counted},
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

/// True when the source port, which this rung knows only in its second half, decides something: a filter, or whether
/// two events are equal.
bool needs_source_port(const PlannedHook& hook) {
  for (const auto& s : hook.selectors) {
    for (const auto& f : s.filters)
      if (f.op.find("SPort") != std::string::npos || f.op.find("Sport") != std::string::npos) return true;
    for (const auto& a : s.actions)
      if (a.rate_limit && keyed_by_source_port(*a.rate_limit)) return true;
  }
  return false;
}

Result<> add_state_sock_ops(HookText&& in, UnitText& text, const HostFacts& host, RenderedUnit& unit) {
  const PlannedHook& hook = in.plan;
  const std::string function = in.function;
  std::vector<GeneratedLine> selectors = std::move(in.selectors);
  const std::string record = "rec_" + function;
  text.add_text(record_struct(hook, record));
  Holes holes;
  holes.scalars["function"] = function;
  holes.scalars["record"] = record;
  holes.scalars["join"] = "join_" + function;
  holes.scalars["field"] = hook.record.fields[hook.args[0].field].name;
  holes.scalars["slots"] = std::to_string(in.slot);
  holes.scalars["hook"] = std::to_string(hook.id());
  holes.blocks["owner"] = lines_at(in.owners ? attribution_text(hook) : std::string(), hook.span, "owner of the sock");
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

CounterPlaces counter_places(const HookPlan& plan) {
  CounterPlaces out;
  out.hooks.resize(plan.hooks.size());
  for (std::size_t i = 0; i < plan.hooks.size(); ++i)
    if (plan.hooks[i].targets.size() == 1) out.hooks[i] = out.all++;
  out.enforcers = out.all++;
  for (std::size_t i = 0; i < plan.hooks.size(); ++i) {
    if (plan.hooks[i].targets.size() == 1) continue;
    out.hooks[i] = out.all;
    out.all += plan.hooks[i].targets.size();
  }
  return out;
}

Result<RenderedUnit> render_policy(const HookPlan& plan, const HostFacts& host, const LayoutTable& layout,
                                   const ProcessNeeds& needs) {
  RenderedUnit unit;
  unit.source.name = plan.policy;
  UnitText text;
  const CounterPlaces places = counter_places(plan);
  // The text has one place; how many there are is said when the map is made.
  TRY_OK(begin_unit(text, "policy " + plan.policy, kCounterSlots));
  unit.inits.push_back({"counters", {}, static_cast<std::uint32_t>(places.all) * kCounterSlots});
  SelectorSupport support;
  support.monitor = plan.options.mode == PolicyMode::Monitor;
  std::vector<HookText> hooks;
  for (std::size_t i = 0; i < plan.hooks.size(); ++i) {
    const PlannedHook& hook = plan.hooks[i];
    // In its second half the state rung does not ask which task is running: the first half has written it down.
    const bool second_half = hook.rung == Rung::StateSockOps && needs_source_port(hook);
    HookText out{hook, "p" + std::to_string(i), static_cast<std::uint32_t>(places.hooks[i]) * kCounterSlots, {}, {}};
    TRY(out.selectors,
        selector_lines(hook, second_half ? "r->head.tgid" : "bpf_get_current_pid_tgid() >> 32", support));
    if (hook.at_return) {
      out.return_arg_action = return_arg_action_text(hook, support);
      TRY(out.return_selectors, return_selector_lines(hook, support));
    }
    hooks.push_back(std::move(out));
  }
  TRY_OK(add_scratch(plan, support.process_texts, text));
  TRY_OK(add_action_support(support, text));
  if (support.tasks) TRY_OK(text.add_template("process.h", {}));
  text.add_text(support.maps);
  text.add_text(support.functions);
  std::ranges::move(support.inits, std::back_inserter(unit.inits));
  for (auto& hook : hooks) {
    hook.owners = support.owners;
    if (hook.plan.rung == Rung::StateSockOps)
      TRY_OK(add_state_sock_ops(std::move(hook), text, host, unit));
    else
      TRY_OK(add_hook(hook, host, text, unit));
  }
  if (support.enforcer)
    TRY_OK(add_enforcers(plan, static_cast<std::uint32_t>(places.enforcers) * kCounterSlots, text, unit));
  finish(unit, std::move(text), host, layout, needs);
  return unit;
}

Result<RenderedUnit> render_policy(const HookPlan& plan, const HostFacts& host, const LayoutTable& layout) {
  return render_policy(plan, host, layout, needs_of(plan));
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
