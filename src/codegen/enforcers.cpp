#include "codegen/enforcers.h"

#include "codegen/source.h"

namespace burin {
namespace {

using Method = EnforcerTarget::Method;

struct MethodRow {
  Method method;
  const char* function;
  Rung rung;  ///< for the type of the context
  ProgramType type;
  AttachSpec::Kind attach;
  const char* enforce;  ///< uses `error`
};

constexpr const char* kOverrideReturn =
    "  if (error) {\n    if (burin_override(ctx, (u64)(s64)error) == 0)\n      burin_count(slots + BURIN_OVERRIDDEN);\n"
    "    else\n      burin_count(slots + BURIN_REFUSED);\n  }\n";
constexpr const char* kResult =
    "  if (error >= -4095 && error < 0) {\n    result = error;\n    burin_count(slots + BURIN_OVERRIDDEN);\n  }\n";

constexpr MethodRow kMethods[] = {
    {Method::OverrideReturn, "enforce_kprobe", Rung::Kprobe, ProgramType::Kprobe, AttachSpec::Kind::Kprobe,
     kOverrideReturn},
    {Method::FmodRet, "enforce_fmod_ret", Rung::Fentry, ProgramType::Tracing, AttachSpec::Kind::FmodRet, kResult},
    {Method::SignalKprobe, "enforce_signal", Rung::Kprobe, ProgramType::Kprobe, AttachSpec::Kind::Kprobe, ""},
    {Method::SignalTracepoint, "enforce_syscall", Rung::SyscallTracepoint, ProgramType::Tracepoint,
     AttachSpec::Kind::Tracepoint, ""},
};

}  // namespace

Result<> add_enforcers(const HookPlan& plan, std::uint32_t slot, UnitText& text, RenderedUnit& unit) {
  for (const MethodRow& row : kMethods) {
    std::vector<AttachSpec> attaches;
    for (const auto& target : plan.enforcers)
      if (target.method == row.method) attaches.push_back({row.function, row.attach, target.attach});
    if (attaches.empty()) continue;
    Holes holes;
    holes.scalars["function"] = row.function;
    holes.scalars["context"] = context_type(row.rung);
    holes.scalars["slots"] = std::to_string(slot);
    holes.blocks["enforce"] = lines_at(row.enforce, {}, "enforcers");
    TRY_OK(text.add_template("hook/enforcer.bpf.c", holes));
    unit.source.programs.push_back({row.function, row.type});
    // Behind the hooks: on the same tracepoint programs run in the order in which they were attached.
    for (auto& attach : attaches) unit.attaches.push_back(std::move(attach));
  }
  return Ok{};
}

}  // namespace burin
