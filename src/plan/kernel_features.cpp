// Hooks that ask for what this kernel lacks: named with the place in the policy, before any rung is tried.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

const std::string* why_not(const HostFacts& host, KernelFeature feature) {
  const auto found = host.lacks.find(feature);
  return found == host.lacks.end() ? nullptr : &found->second;
}

bool text_at(const std::vector<PolicyArg>& list, std::size_t position) {
  const ArgType* type = position < list.size() ? find_type(list[position].type) : nullptr;
  return type && type->shape.text_max != 0;
}

/// A text's hash takes a loop over its bytes.
bool hashes_text(const RateLimit& limit, const Hook& hook) {
  if (limit.keys.empty()) {
    for (const auto* list : {&hook.args, &hook.data})
      for (std::size_t i = 0; i < list->size(); ++i)
        if (text_at(*list, i)) return true;
    return false;
  }
  return std::ranges::any_of(limit.keys, [&](const std::string& name) {
    const auto key = rate_key_named(name);
    if (!key || key->subject == RateKey::Subject::Binary || !key->member.empty()) return false;
    return text_at(key->subject == RateKey::Subject::Args ? hook.args : hook.data, key->position);
  });
}

struct FeatureCheck {
  const Hook& hook;
  const PolicyOptions& options;
  const HostFacts& host;
  std::optional<Missing> found;

  /// `what` needs the feature: "Sigkill".
  void need(KernelFeature feature, std::string_view what, const SourceSpan& span) {
    const std::string* reason = found ? nullptr : why_not(host, feature);
    if (reason) found = Missing{std::string(what) + ": " + *reason, span};
  }

  void look_at(const Action& a) {
    const std::string_view name = to_string(a.kind);
    if (a.kernel_stack || a.user_stack) need(KernelFeature::Stacks, "stack traces", a.span);
    if (a.rate_limit && hashes_text(*a.rate_limit, hook))
      need(KernelFeature::BoundedLoops, "rateLimit by the bytes of a text", a.span);
    if (options.mode == PolicyMode::Monitor) return;  // what is not done needs nothing
    const bool signals = a.kind == ActionKind::Signal || a.kind == ActionKind::Sigkill ||
                         (a.kind == ActionKind::NotifyEnforcer && a.signal != 0);
    if (signals) need(KernelFeature::SendSignal, name, a.span);
  }

  void look_at(const std::vector<ArgFilter>& filters) {
    for (const auto& f : filters)
      if (f.op == "SubString" || f.op == "SubStringIgnCase") need(KernelFeature::BoundedLoops, f.op, f.op_span);
  }

  void look_at(const std::vector<PolicyArg>& args) {
    for (const auto& arg : args)
      if (arg.max_data) need(KernelFeature::BoundedLoops, "maxData", arg.span);
  }

  std::optional<Missing> run() {
    if (hook.kind == HookKind::RawTracepoint)
      need(KernelFeature::RawTracepoints, "raw tracepoint " + hook.call, hook.call_span);
    look_at(hook.args);
    look_at(hook.data);
    for (const auto& s : hook.selectors) {
      for (const auto* filters : {&s.match_args, &s.match_data, &s.match_return_args}) look_at(*filters);
      if (s.match_workloads) need(KernelFeature::CgroupId, "matchWorkloads", s.match_workloads->span);
      for (const auto* actions : {&s.actions, &s.return_actions})
        for (const auto& a : *actions) look_at(a);
    }
    return std::move(found);
  }
};

}  // namespace

std::optional<Missing> missing_feature(const Hook& hook, const PolicyOptions& options, const HostFacts& host) {
  if (host.lacks.empty()) return std::nullopt;
  return FeatureCheck{hook, options, host, std::nullopt}.run();
}

std::string missing_feature(const BinaryPlace& place, const HostFacts& host) {
  const std::string* reason = place.ref_ctr_offset ? why_not(host, KernelFeature::UprobeSemaphores) : nullptr;
  return reason ? *reason : std::string();
}

}  // namespace burin
