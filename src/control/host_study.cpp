#include "control/host_study.h"

#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/host_questions.h"
#include "control/policy_set.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"

namespace burin {

Result<HostProfile> study_host(std::vector<PolicyFile>& files, const StudyOptions& options,
                               std::vector<LayoutAttempt>& attempts, std::string& rendered, bool color) {
  HostProfile out;
  HostFacts known;
  TRY(known.tracefs, ensure_tracefs());
  std::vector<std::string> wanted = tracepoints_used();
  {
    const HostQuestions questions = ask_host(known, {});
    for (const auto& file : files)
      for (auto& name : tracepoints_wanted(file.policy, questions)) wanted.push_back(std::move(name));
  }
  out.host = read_host("/", wanted);
  for (const auto& name : wanted)
    if (!out.host.tracepoints.contains(name)) out.answers.no_tracepoints.insert(name);
  try_kernel(out.host);
  if (!out.host.bpf_load.works)
    return fail(ErrorCode::Unsupported, "this kernel does not load BPF programs for us: " + out.host.bpf_load.reason);
  LayoutLadder ladder(options.layout, out.host, layout_members(), options.compiler, options.cache_dir);
  auto table = ladder.next();
  attempts = ladder.attempts();
  if (!table) return fail(ErrorCode::Unsupported, "no source of structure layouts can be used", ladder.why_not());
  out.layout = std::move(*table);
  TRY(const ProbeCatalog catalog, load_catalog());
  const HostQuestions questions = noting(ask_host(out.host, options.cache_dir), out.answers);
  const PlanInput input{catalog, out.host, out.layout, questions, kFirstPolicyHook, std::nullopt, 0};
  if (auto plans = plan_set(files, input, rendered, color); !plans) return tl::unexpected(std::move(plans).error());
  return out;
}

}  // namespace burin
