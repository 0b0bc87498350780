// `burin list`: what policies can name, from the same tables that the reader uses.
#include <fmt/format.h>

#include <algorithm>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "control/catalog.h"
#include "event/encode.h"
#include "model/action.h"
#include "model/event.h"
#include "operators/operator.h"
#include "policy/action.h"
#include "types/arg_type.h"

namespace burin {
namespace {

struct Row {
  std::string name, summary;
  std::vector<std::pair<std::string, std::string>> more;  ///< in JSON only
};
using Rows = std::vector<Row>;

Result<Rows> types() {
  Rows out;
  for (const auto& t : all_types())
    out.push_back({std::string(t.name), std::string(t.summary), {{"json_key", std::string(t.json_key)}}});
  return out;
}

Result<Rows> operators() {
  Rows out;
  for (const auto& o : all_operators()) {
    std::string applies;
    for (const auto& t : all_types())
      if (o.applies_to(t.type_class)) applies += (applies.empty() ? "" : " ") + std::string(t.name);
    out.push_back({std::string(o.name), std::string(o.summary), {{"types", applies}}});
  }
  return out;
}

/// What a section of a policy hooks, how that is served here, and what its events are.
Result<Rows> hooks() {
  struct Kind {
    const char* section;
    const char* summary;
    EventKind event;
  };
  constexpr Kind kKinds[] = {
      {"kprobes", "kernel functions and syscalls: kprobe, or for syscalls their tracepoints", EventKind::Kprobe},
      {"fentries", "kernel functions, by fentry and fexit", EventKind::Kprobe},
      {"tracepoints", "tracepoints by the fields of their format; raw: true by the parameters", EventKind::Tracepoint},
      {"uprobes", "functions and places in programs and libraries", EventKind::Uprobe},
      {"usdts", "probes that programs declare", EventKind::Usdt},
      {"lsmhooks", "hooks of the security modules, by BPF LSM", EventKind::Lsm},
      {"loader", "files that are mapped executable: perf events of mappings", EventKind::Loader},
  };
  Rows out;
  for (const Kind& k : kKinds) out.push_back({k.section, k.summary, {{"event", std::string(to_string(k.event))}}});
  return out;
}

Result<Rows> probes() {
  TRY(const ProbeCatalog catalog, load_catalog());
  Rows out;
  for (const auto& p : catalog.probes) out.push_back({p.name, p.description, {{"function", p.function}}});
  return out;
}

Result<Rows> actions() {
  Rows out;
  for (const ActionKind kind : all_actions())
    out.push_back({std::string(to_string(kind)),
                   std::string(action_summary(kind)),
                   {{"event_name", std::string(action_event_name(static_cast<std::uint16_t>(kind)))},
                    {"enforces", enforces(kind) ? "yes" : "no"}}});
  return out;
}

struct List {
  std::string_view name;
  Result<Rows> (*rows)();
};
constexpr List kLists[] = {
    {"types", types}, {"operators", operators}, {"hooks", hooks}, {"probes", probes}, {"actions", actions}};

std::string json_member(std::string_view key, std::string_view value) {
  std::string out;
  append_json_string(out, key);
  out += ": ";
  append_json_string(out, value);
  return out;
}

void print_json(const Rows& rows) {
  fmt::print("[");
  const char* separator = "\n";
  for (const Row& row : rows) {
    fmt::print("{}  {{{}, {}", separator, json_member("name", row.name), json_member("summary", row.summary));
    for (const auto& [key, value] : row.more) fmt::print(", {}", json_member(key, value));
    fmt::print("}}");
    separator = ",\n";
  }
  fmt::print("\n]\n");
}

void print(const Rows& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  for (const Row& row : rows) fmt::print("{:<{}}  {}\n", row.name, width, row.summary);
}

}  // namespace

std::vector<std::string> run_list_options() {
  return {"--help", "--json"};
}

int run_list(const Arguments& arguments) {
  OptionSet options(*find_command("list"));
  options.flag("json", "print a JSON array of objects");
  options.positional("types|operators|hooks|probes|actions");
  if (auto code = options.parse(arguments)) return *code;
  const auto what = options.positionals();
  for (const List& list : kLists) {
    if (what.size() != 1 || what[0] != list.name) continue;
    const auto rows = list.rows();
    if (!rows) return report(rows.error());
    options.has("json") ? print_json(*rows) : print(*rows);
    return kExitOk;
  }
  return usage_error("list", "say what: types, operators, hooks, probes or actions");
}

}  // namespace burin
