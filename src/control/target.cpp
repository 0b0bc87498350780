#include "control/target.h"

#include <algorithm>

#include "codegen/renderer.h"
#include "model/kernel_feature.h"

namespace burin {
namespace {

std::string linux_name(const TargetProfile& target) {
  return "Linux " + std::string(target.name);
}

/// "Linux 4.19 has no bpf_send_signal (Linux 5.3 has it)"
std::string lack(const TargetProfile& target, std::string_view what, std::uint32_t since) {
  return linux_name(target) + " has no " + std::string(what) + " (Linux " + kernel_version_text(since) + " has it)";
}

Trial on(const TargetProfile& target, std::string_view what, std::uint32_t since) {
  return target.has(since) ? Trial{true, {}} : Trial{false, lack(target, what, since)};
}

bool same_hook(const UnavailableHook& a, const UnavailableHook& b) {
  return a.function == b.function && a.span.line == b.span.line && a.span.column == b.span.column;
}

class Judge {
 public:
  Judge(const Policy& policy, const TargetProfile& target, const CompilerOptions& options)
      : policy_(policy), options_(options) {
    verdict_.target = &target;
  }

  Result<TargetVerdict> run() {
    TRY(const Ground here, look_for(policy_));
    const Ground there = verdict_.target->is_host() ? here : on_target(here, *verdict_.target);
    Diagnostics mistakes, ignored;
    const HookPlan plan = plan_on(there, policy_, std::nullopt, mistakes);
    for (const auto& d : mistakes.all())
      if (d.severity == Severity::Error) verdict_.refused.push_back({{}, d.message, d.span});
    const HookPlan host_plan = plan_on(here, policy_, std::nullopt, ignored);
    for (const auto& u : plan.unavailable) {
      const bool nowhere = std::ranges::any_of(host_plan.unavailable, [&](const auto& h) { return same_hook(u, h); });
      if (nowhere)
        verdict_.not_looked_at.push_back({u.function, u.reason, u.span});
      else if (!u.may_be_absent)
        verdict_.refused.push_back({u.function, u.reason, u.span});
    }
    TRY_OK(add_unit(render_base(there.host, there.layout, needs_of(plan)), nullptr));
    if (!mistakes.has_errors() && !plan.hooks.empty())
      TRY_OK(add_unit(render_policy(plan, there.host, there.layout), &plan));
    return std::move(verdict_);
  }

 private:
  /// `plan`: null for the base programs. What does not compile is refused with the compiler's words: a function that is
  /// too large for a branch, a stack frame over 512 bytes.
  Result<> add_unit(Result<RenderedUnit> unit, const HookPlan* plan) {
    const SourceSpan nowhere{policy_.file, 0, 0, 0};
    if (!unit) {
      verdict_.refused.push_back({plan ? "" : "base programs", unit.error().text(), nowhere});
      return Ok{};
    }
    auto image = Compiler(options_, nullptr).compile(unit->source);
    if (!image) {
      if (image.error().code != ErrorCode::Compile) return tl::unexpected(std::move(image).error());
      verdict_.refused.push_back({plan ? "" : "base programs", image.error().text(), nowhere});
      return Ok{};
    }
    const std::vector<TargetFinding> findings = check_against(*verdict_.target, *image);
    for (auto& cost : costs_of(*image, plan ? *plan : HookPlan{})) {
      TargetProgram program{std::move(cost), plan == nullptr, nowhere, {}};
      if (const PlannedHook* hook = plan ? hook_of(program.cost.program, *plan) : nullptr) program.span = hook->span;
      for (const auto& f : findings)
        if (f.function == program.cost.program) program.findings.push_back(f);
      verdict_.programs.push_back(std::move(program));
    }
    for (const auto& f : findings)
      if (f.function.empty()) verdict_.refused.push_back({{}, f.message, nowhere});
    return Ok{};
  }

  const Policy& policy_;
  const CompilerOptions& options_;
  TargetVerdict verdict_;
};

}  // namespace

bool TargetVerdict::fits() const {
  return refused.empty() && std::ranges::all_of(programs, [](const auto& p) { return p.findings.empty(); });
}

Trial trampoline_on(const TargetProfile& target, AttachSpec::Kind kind) {
  switch (kind) {
    case AttachSpec::Kind::Fentry:
    case AttachSpec::Kind::Fexit: return on(target, "fentry and fexit programs", kernel_version(5, 5));
    case AttachSpec::Kind::FmodRet: return on(target, "fmod_ret programs", kernel_version(5, 7));
    case AttachSpec::Kind::Lsm: return on(target, "LSM programs", kernel_version(5, 7));
    default: return {true, {}};
  }
}

Ground on_target(Ground here, const TargetProfile& target) {
  Ground out = std::move(here);
  out.target = &target;
  out.host.version_code = target.version;
  out.host.release = target.name;
  out.host.kprobe = {true, {}};
  out.host.bpf_load = {true, {}};
  out.host.attach_cookie = on(target, "attach cookies", kernel_version(5, 15));
  out.host.override_return = on(target, "bpf_override_return", kernel_version(4, 16));
  out.host.write_user = {true, {}};  // 4.8
  out.host.sock_ops = on(target, "sock_ops programs that may ask for the current task", kernel_version(5, 8));
  out.host.lacks.clear();
  for (const auto& info : kernel_features())
    if (!target.has(info.since)) out.host.lacks[info.feature] = lack(target, info.what, info.since);
  return out;
}

Result<TargetVerdict> judge(const Policy& policy, const TargetProfile& target, const CompilerOptions& options) {
  return Judge(policy, target, options).run();
}

}  // namespace burin
