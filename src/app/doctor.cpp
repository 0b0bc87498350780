// `burin doctor`: prints the diagnosis of this host.
#include <fmt/format.h>
#include <unistd.h>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/layout_options.h"
#include "app/options.h"
#include "app/terminal.h"
#include "control/diagnosis.h"
#include "host/host_reader.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  declare_layout_options(options);
  options.values("cache-dir", "DIR", "the directory of compiled programs to look at (default /var/cache/burin)");
  options.flag("json", "as one JSON object");
}

void print(const Finding& f, bool color) {
  struct Look {
    std::string_view mark, sgr;
  };
  constexpr Look kLooks[] = {{"ok", "\x1b[32m"}, {"--", "\x1b[33m"}, {"no", "\x1b[31m"}};
  const Look& look = kLooks[static_cast<std::size_t>(f.verdict)];
  fmt::print("{}{}{} {:<26} {}\n", color ? look.sgr : "", look.mark, color ? "\x1b[0m" : "", f.what, f.found);
  if (!f.meaning.empty()) fmt::print("   {:<26} {}\n", "", f.meaning);
  if (!f.cure.empty()) fmt::print("   {:<26} cure: {}\n", "", f.cure);
}

}  // namespace

std::vector<std::string> run_doctor_options() {
  OptionSet options(*find_command("doctor"));
  declare(options);
  return options.names();
}

int run_doctor(const Arguments& arguments) {
  OptionSet options(*find_command("doctor"));
  declare(options);
  if (auto code = options.parse(arguments)) return *code;
  DiagnosisOptions wanted;
  if (auto code = read_layout_options(options, "doctor", wanted.layout)) return *code;
  wanted.cache_dir = options.last("cache-dir", "/var/cache/burin");
  const auto findings = diagnose(wanted);
  if (options.has("json")) {
    fmt::print("{}", diagnosis_json(read_host(wanted.layout.root, {}), findings));
  } else {
    const bool color = wants_color(STDOUT_FILENO);
    for (const auto& f : findings) print(f, color);
  }
  return verdict_of(findings) == Verdict::Broken ? kExitHost : kExitOk;
}

}  // namespace burin
