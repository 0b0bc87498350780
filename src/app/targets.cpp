#include "app/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "event/encode.h"

namespace burin {
namespace {

std::string title_of(const TargetProgram& program) {
  return program.cost.rung.empty() ? program.cost.function
                                   : fmt::format("{} ({})", program.cost.function, program.cost.rung);
}

std::string quoted_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string refusals_json(const std::vector<TargetRefusal>& refusals) {
  std::string out;
  for (const auto& r : refusals)
    out += fmt::format("{}{{\"function\": {}, \"reason\": {}, \"line\": {}}}", out.empty() ? "" : ", ",
                       quoted_json(r.function), quoted_json(r.reason), r.span.line);
  return "[" + out + "]";
}

std::string findings_json(const std::vector<TargetFinding>& findings) {
  std::string out;
  for (const auto& f : findings)
    out += fmt::format("{}{{\"kind\": {}, \"message\": {}}}", out.empty() ? "" : ", ", quoted_json(to_string(f.kind)),
                       quoted_json(f.message));
  return "[" + out + "]";
}

}  // namespace

void declare_targets(OptionSet& options) {
  options.values(
      "target", "KERNEL",
      "for this kernel instead of the one that is here: 4.14, 4.19, 5.4, 5.10, 5.15, 6.1, 6.6, host, or all; "
      "comma-separated or repeated");
}

std::optional<int> read_targets(const OptionSet& options, std::string_view command,
                                std::vector<const TargetProfile*>& targets) {
  const auto add = [&targets](const TargetProfile& target) {
    if (std::ranges::find(targets, &target) == targets.end()) targets.push_back(&target);
  };
  for (const auto& name : split_commas(options.all("target"))) {
    if (name == "all") {
      for (const auto& target : all_targets()) add(target);
      continue;
    }
    const TargetProfile* target = find_target(name);
    if (!target)
      return usage_error(command, "no target \"" + name + "\"; the known ones are " + target_names() + ", and all");
    add(*target);
  }
  if (options.has("target") && targets.empty())
    return usage_error(command, "--target names no kernel; the known ones are " + target_names() + ", and all");
  return std::nullopt;
}

void print_verdict(const std::string& path, const TargetVerdict& verdict) {
  const TargetProfile& target = *verdict.target;
  for (const auto& p : verdict.programs) {
    fmt::print("{}: {}: {}: {} instructions of at most {}\n", path, target.name, title_of(p), p.cost.instructions,
               target.max_insns);
    for (const auto& f : p.findings) fmt::print("{}: {}: {}: refused: {}\n", path, target.name, title_of(p), f.message);
  }
  for (const auto& r : verdict.refused)
    fmt::print("{}: {}: {}refused: {}\n", path, target.name, r.function.empty() ? "" : r.function + ": ", r.reason);
  for (const auto& r : verdict.not_looked_at)
    fmt::print(stderr, "note: {}: {}: {} was not looked at, it cannot be had here: {}\n", path, target.name, r.function,
               r.reason);
  fmt::print("{}: {}: {}\n", path, target.name, verdict.fits() ? "fits" : "does not fit");
}

void add_refusals(const TargetVerdict& verdict, Diagnostics& diagnostics) {
  const std::string on = fmt::format("target {}: ", verdict.target->name);
  for (const auto& r : verdict.refused)
    diagnostics.error("target", r.span, on + (r.function.empty() ? "" : r.function + ": ") + r.reason);
  for (const auto& p : verdict.programs)
    for (const auto& f : p.findings)
      diagnostics.error("target", p.span, on + (p.base ? "base program " : "") + title_of(p) + ": " + f.message);
  diagnostics.sort();
}

std::string verdict_json(const PolicyFile& file, const TargetVerdict& verdict) {
  std::string programs;
  for (const auto& p : verdict.programs)
    programs += fmt::format(
        "{}{{\"program\": {}, \"function\": {}, \"rung\": {}, \"base\": {}, \"instructions\": {}, \"findings\": {}}}",
        programs.empty() ? "" : ", ", quoted_json(p.cost.program), quoted_json(p.cost.function),
        quoted_json(p.cost.rung), p.base, p.cost.instructions, findings_json(p.findings));
  return fmt::format(
      "{{\"file\": {}, \"policy\": {}, \"target\": {}, \"limit\": {}, \"fits\": {}, \"programs\": [{}], \"refused\": "
      "{}, "
      "\"notLookedAt\": {}}}",
      quoted_json(file.path), quoted_json(file.policy.name), quoted_json(verdict.target->name),
      verdict.target->max_insns, verdict.fits(), programs, refusals_json(verdict.refused),
      refusals_json(verdict.not_looked_at));
}

}  // namespace burin
