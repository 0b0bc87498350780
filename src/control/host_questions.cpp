#include "control/host_questions.h"

#include "control/binary_places.h"
#include "control/probe_refusal.h"
#include "host/kernel_names.h"
#include "kernel/loaded_program.h"
#include "kernel/perf_reader.h"
#include "layout/btf_path.h"

namespace burin {
namespace {

EventKind event_kind(HookKind kind) {
  switch (kind) {
    case HookKind::Kprobe:
    case HookKind::Fentry: return EventKind::Kprobe;
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: return EventKind::Tracepoint;
    case HookKind::Uprobe: return EventKind::Uprobe;
    case HookKind::Usdt: return EventKind::Usdt;
    case HookKind::Lsm: return EventKind::Lsm;
  }
  return EventKind::Kprobe;
}

/// GetUrl and DnsLookup by selector; nothing at all when no selector has any.
std::vector<std::vector<NetworkAction>> network_actions(const PlannedHook& hook,
                                                        std::vector<Action> PlannedSelector::*list) {
  std::vector<std::vector<NetworkAction>> out(hook.selectors.size());
  bool any = false;
  for (std::size_t i = 0; i < hook.selectors.size(); ++i)
    for (const auto& a : hook.selectors[i].*list) {
      if (!performed_in_user_space(a.kind)) continue;
      out[i].push_back({a.kind, a.target});
      any = true;
    }
  if (!any) out.clear();
  return out;
}

HookArg arg_info(const PlannedArg& arg) {
  return {arg.type, arg.label, arg.field, arg.error, arg.data_field, arg.what};
}

}  // namespace

HostQuestions ask_host(const HostFacts& host, const std::filesystem::path& cache_dir) {
  HostQuestions out;
  const auto refusals = std::make_shared<ProbeRefusals>("/", host.tracefs);
  out.kprobe = [refusals](std::string_view function) {
    Trial trial = try_function(function);
    if (!trial.works) trial.reason = refusals->explain(function, std::move(trial.reason));
    return trial;
  };
  const auto targets = make_btf_targets();
  out.trampoline = [&host, targets](AttachSpec::Kind kind, std::string_view function) {
    return try_traced(kind, function, host, *targets);
  };
  out.syscalls = [&host] { return syscall_names("/", host.tracefs); };
  out.functions = [&host](std::string_view pattern) { return matching_functions("/", host.tracefs, pattern); };
  out.places = binary_places;
  out.mappings = [] {
    const auto tried = try_mappings();
    return tried ? std::string() : tried.error().text();
  };
  const auto paths = std::make_shared<BtfPaths>(cache_dir, host.release + " " + host.boot_id);
  out.path = [paths](const BtfQuestion& question) { return paths->find(question); };
  return out;
}

HookInfoPtr hook_info(const HookPlan& plan, const PlannedHook& hook, const HookTarget& target) {
  auto info = std::make_shared<HookInfo>();
  info->id = target.id;
  info->kind = event_kind(hook.kind);
  info->policy = plan.policy;
  info->function = target.function;
  info->subsys = hook.subsystem;
  info->event = hook.event;
  info->path = hook.path;
  info->offset = target.offset;
  info->ref_ctr_offset = target.ref_ctr_offset;
  info->message = hook.message;
  info->tags = hook.tags;
  info->rung = to_string(hook.rung);
  for (const auto& arg : hook.args) info->args.push_back(arg_info(arg));
  for (const auto& arg : hook.data) info->data.push_back(arg_info(arg));
  if (hook.return_arg) info->return_arg = arg_info(*hook.return_arg);
  for (const auto& selector : hook.selectors) info->selector_labels.push_back(selector.label);
  info->record = hook.record;
  info->kernel_stack = hook.kernel_stack;
  info->user_stack = hook.user_stack;
  info->network = network_actions(hook, &PlannedSelector::actions);
  info->return_network = network_actions(hook, &PlannedSelector::return_actions);
  return info;
}

}  // namespace burin
