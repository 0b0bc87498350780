// `burin test-policy`: recorded events against a policy, without a kernel.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "control/ground.h"
#include "control/policy_test.h"
#include "control/replay.h"
#include "event/encode.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  declare_variables(options);
  options.values("events", "FILE", "recorded events, one JSON object a line; - is standard input");
  options.values("replay", "FILE", "the events of a raw recording (burin run --record-raw), with their exact values");
  options.flag("json", "print one JSON object a line");
  options.values("expect-match", "N", "fail (exit code 1) unless exactly N events match and none is undecided");
}

struct Totals {
  std::size_t lines = 0, matched = 0, missed = 0, undecided = 0, foreign = 0, bad = 0;
};

std::string place(const SourceSpan& span) {
  return fmt::format("{}:{}:{}", span.file, span.line, span.column);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string selector_name(const SelectorVerdict& s) {
  return fmt::format("selector {}{}", s.selector, s.label.empty() ? "" : " \"" + s.label + "\"");
}

/// What numbers the events: lines of a file, or the sequence numbers of the recorded run.
struct Numbering {
  const char* word;
  const char* key;
  const char* plural;
};
constexpr Numbering kLines{"line", "line", "lines"}, kEvents{"event", "seq", "events"};

void print_text(const Numbering& by, std::uint64_t number, const EventVerdict& v) {
  fmt::print("{} {}: {} by {} ({}): ", by.word, number, v.hook, v.binary.empty() ? "?" : v.binary, v.pid);
  if (v.truth == Truth::Yes) {
    if (v.selector)
      fmt::print("{} at {} matches: {}\n", selector_name(v.selectors.back()), place(v.selectors.back().span),
                 joined(v.actions));
    else
      fmt::print("the hook at {} has no selectors and takes everything: {}\n", place(v.hook_span), joined(v.actions));
  } else {
    fmt::print("{}\n", v.truth == Truth::No ? "no selector matches" : "cannot be decided from the record");
  }
  for (const auto& s : v.selectors) {
    if (s.truth != Truth::Yes) fmt::print("  {}, {}: {}\n", selector_name(s), place(s.span), s.reason);
  }
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void print_json(const Numbering& by, std::uint64_t number, const EventVerdict& v) {
  fmt::print(R"({{"{}":{},"hook":{},"hook_at":{},"binary":{},"pid":{},"match":{})", by.key, number, json_text(v.hook),
             json_text(place(v.hook_span)), json_text(v.binary), v.pid, json_text(to_string(v.truth)));
  if (v.selector) fmt::print(R"(,"selector":{})", *v.selector);
  std::string list;
  for (const auto& action : v.actions) list += (list.empty() ? "" : ",") + json_text(action);
  if (!list.empty()) fmt::print(R"(,"actions":[{}])", list);
  list.clear();
  for (const auto& s : v.selectors) {
    list += (list.empty() ? "" : ",") + fmt::format(R"({{"selector":{},"match":{},"at":{})", s.selector,
                                                    json_text(to_string(s.truth)), json_text(place(s.span)));
    if (!s.label.empty()) list += ",\"label\":" + json_text(s.label);
    if (!s.reason.empty()) list += ",\"reason\":" + json_text(s.reason);
    list += "}";
  }
  fmt::print(",\"selectors\":[{}]}}\n", list);
}

void count(Totals& totals, const std::vector<EventVerdict>& verdicts) {
  const auto any = [&](Truth truth) {
    return std::ranges::find(verdicts, truth, &EventVerdict::truth) != verdicts.end();
  };
  if (verdicts.empty())
    ++totals.foreign;
  else if (any(Truth::Yes))
    ++totals.matched;
  else if (any(Truth::Unknown))
    ++totals.undecided;
  else
    ++totals.missed;
}

Totals test_lines(const HookPlan& plan, std::istream& in, bool json) {
  Totals totals;
  for (std::string line; std::getline(in, line);) {
    ++totals.lines;
    if (line.empty()) continue;
    const auto verdicts = test_event(plan, line);
    if (!verdicts) {
      fmt::print(stderr, "burin test-policy: line {}: {}\n", totals.lines, verdicts.error().text());
      ++totals.bad;
      continue;
    }
    for (const auto& v : *verdicts) json ? print_json(kLines, totals.lines, v) : print_text(kLines, totals.lines, v);
    count(totals, *verdicts);
  }
  return totals;
}

Result<Totals> test_lines_of(const HookPlan& plan, const std::string& path, bool json) {
  if (path == "-") return test_lines(plan, std::cin, json);
  std::ifstream in(path);
  if (!in) return fail(ErrorCode::Io, "cannot read " + path);
  return test_lines(plan, in, json);
}

Result<Totals> test_recording(const HookPlan& plan, const std::string& path, bool json) {
  Totals totals;
  TRY(const ReplayReport report, replay(path, [&](const Event& event) {
        ++totals.lines;
        const auto verdicts = test_event(plan, event);
        for (const auto& v : verdicts) json ? print_json(kEvents, event.seq, v) : print_text(kEvents, event.seq, v);
        count(totals, verdicts);
        return true;
      }));
  if (!report.incomplete.empty())
    fmt::print(stderr, "burin test-policy: the recording is not complete, its last events are missing: {}\n",
               report.incomplete);
  return totals;
}

/// The plan of the policy on this host, or the exit code after its mistakes were said.
int plan_file(const PolicyFile& file, HookPlan& plan) {
  fmt::print(stderr, "{}", render(file.diagnostics, file.text, wants_color(STDERR_FILENO)));
  if (file.diagnostics.has_errors()) return kExitPolicy;
  auto ground = look_for(file.policy);
  if (!ground) return report(ground.error());
  Diagnostics diagnostics;
  plan = plan_on(*ground, file.policy, std::nullopt, diagnostics);
  if (diagnostics.has_errors()) {
    fmt::print(stderr, "{}", render(diagnostics, file.text, wants_color(STDERR_FILENO)));
    return kExitPolicy;
  }
  for (const auto& u : plan.unavailable)
    fmt::print(stderr, "burin test-policy: {} is left out: {}\n", u.function, u.reason);
  return kExitOk;
}

}  // namespace

std::vector<std::string> run_test_policy_options() {
  OptionSet options(*find_command("test-policy"));
  declare(options);
  return options.names();
}

int run_test_policy(const Arguments& arguments) {
  OptionSet options(*find_command("test-policy"));
  declare(options);
  options.positional("FILE");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals().size() != 1) return usage_error("test-policy", "name one policy file");
  if (options.has("events") == options.has("replay"))
    return usage_error("test-policy", "say which events: --events recorded.ndjson or --replay recording");
  std::optional<std::size_t> expected;
  if (options.has("expect-match")) {
    const std::string text = options.last("expect-match", "");
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
      return usage_error("test-policy", "--expect-match takes a number, not \"" + text + "\"");
    expected = number;
  }
  Variables variables;
  if (auto code = read_variables(options, "test-policy", variables)) return *code;
  auto file = read_policy_file(options.positionals()[0], variables);
  if (!file) return report(file.error());
  HookPlan plan;
  if (const int code = plan_file(*file, plan); code != kExitOk) return code;
  const bool json = options.has("json"), raw = options.has("replay");
  const auto tested = raw ? test_recording(plan, options.last("replay", ""), json)
                          : test_lines_of(plan, options.last("events", ""), json);
  if (!tested) return report(tested.error());
  const Totals& totals = *tested;
  fmt::print(stderr, "{} {}: {} match, {} do not, {} cannot be decided, {} are of other hooks\n", totals.lines,
             (raw ? kEvents : kLines).plural, totals.matched, totals.missed, totals.undecided, totals.foreign);
  if (totals.bad) return kExitInternal;
  if (!expected || (totals.matched == *expected && totals.undecided == 0)) return kExitOk;
  fmt::print(stderr, "burin test-policy: expected {} matching event(s)\n", *expected);
  return kExitInternal;
}

}  // namespace burin
