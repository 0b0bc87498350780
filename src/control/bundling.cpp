#include "control/bundling.h"

#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/policy_set.h"

namespace burin {
namespace {

/// What the profile does not know, because nobody asked that host.
Result<> check_known(const std::vector<PolicyFile>& files, const HostProfile& profile, const HostQuestions& questions) {
  for (const auto& file : files)
    for (const auto& name : tracepoints_wanted(file.policy, questions))
      if (!profile.host.tracepoints.contains(name) && !profile.answers.no_tracepoints.contains(name))
        return fail(ErrorCode::Unsupported,
                    "policy " + file.policy.name + " needs tracepoint " + name + ": " + kNotAsked);
  return Ok{};
}

Result<> add_unit(RenderedUnit&& unit, const Compiler& compiler, ImageSet& images) {
  TRY(ProgramImage image, compiler.compile(unit.source));
  images.add({std::move(unit.source), std::move(image)});
  return Ok{};
}

}  // namespace

Result<MadeBundle> make_bundle(std::vector<PolicyFile>& files, const HostProfile& profile,
                               const CompilerOptions& compiler_options, const ImageStore* store, std::string& rendered,
                               bool color) {
  const HostQuestions questions = answered_from(profile.answers, profile.host.kprobe.works);
  TRY_OK(check_known(files, profile, questions));
  TRY(const ProbeCatalog catalog, load_catalog());
  const PlanInput input{catalog, profile.host, profile.layout, questions, kFirstPolicyHook, std::nullopt, 0};
  TRY(const auto plans, plan_set(files, input, rendered, color));
  MadeBundle out;
  for (const auto& plan : plans)
    for (const auto& hook : plan.unavailable) {
      if (hook.reason.find(kNotAsked) != std::string::npos)
        return fail(ErrorCode::Unsupported, "policy " + plan.policy + ": " + hook.function + ": " + hook.reason);
      out.notes.push_back("policy " + plan.policy + ": " + hook.function + " is not available on that host (" +
                          hook.reason + ")");
    }
  const ProcessNeeds needs = needs_of(plans);
  const Compiler compiler(compiler_options, store);
  auto images = std::make_shared<ImageSet>();
  TRY(auto base, render_base(profile.host, profile.layout, needs));
  TRY_OK(add_unit(std::move(base), compiler, *images));
  for (const auto& plan : plans) {
    if (!has_programs(plan)) continue;
    TRY(auto unit, render_policy(plan, profile.host, profile.layout, needs));
    TRY_OK(add_unit(std::move(unit), compiler, *images));
  }
  out.bundle.burin = BURIN_VERSION;
  out.bundle.pack = encode_profile(profile, layout_members());
  for (const auto& file : files) {
    out.bundle.policies.push_back({file.path, file.text});
    out.bundle.variables.insert(file.used.begin(), file.used.end());
  }
  out.bundle.images = std::move(images);
  return out;
}

std::vector<PolicyFile> policies_of(const Bundle& bundle, const Variables& variables) {
  Variables values = variables;
  values.insert(bundle.variables.begin(), bundle.variables.end());
  std::vector<PolicyFile> out;
  for (const auto& policy : bundle.policies) out.push_back(read_policy_text(policy.path, policy.text, values));
  check_names(out);
  set_mode(out, bundle.mode);
  return out;
}

}  // namespace burin
