// `burin generate`: skeletons of policies from what this host and its binaries have.
#include <fmt/format.h>

#include <cstdio>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "elf/binary.h"
#include "host/host_reader.h"
#include "host/kernel_names.h"

namespace burin {
namespace {

constexpr std::string_view kKinds = "syscalls, functions REGEX, uprobes BINARY or usdts BINARY";

/// A YAML double-quoted scalar: every byte that is not plain is escaped.
std::string quoted_yaml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string head(std::string_view name) {
  return fmt::format("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: {}\nspec:\n", name);
}

Result<std::string> syscalls() {
  const std::vector<std::string> names = syscall_names("/", read_host("/", {}).tracefs);
  if (names.empty())
    return fail(ErrorCode::Unsupported, "this kernel's system calls cannot be listed: mount tracefs, or be root");
  std::string out = head("syscalls") + "  lists:\n  - name: syscalls\n    type: syscalls\n    values:\n";
  for (const auto& name : names) out += "    - sys_" + name + "\n";
  return out + "  kprobes:\n  - call: \"list:syscalls\"\n    syscall: true\n";
}

Result<std::string> functions(const std::string& pattern) {
  TRY(const auto names, matching_functions("/", read_host("/", {}).tracefs, pattern));
  if (names.empty()) return fail(ErrorCode::NotFound, "no kernel function matches " + pattern);
  std::string out = head("functions") + "  lists:\n  - name: functions\n    values:\n";
  for (const auto& name : names) out += "    - " + quoted_yaml(name) + "\n";
  return out + "  kprobes:\n  - call: \"list:functions\"\n    syscall: false\n";
}

Result<std::string> uprobes(const std::string& path) {
  TRY(const Binary binary, Binary::open(path));
  const auto found = binary.functions();
  if (found.empty())
    return fail(ErrorCode::NotFound, path + " has no functions in its symbol tables (it is stripped): use offsets");
  std::string out = head("uprobes") + "  uprobes:\n  - path: " + quoted_yaml(path) + "\n    symbols:\n";
  for (const auto& function : found) out += "    - " + quoted_yaml(function.name) + "\n";
  return out;
}

Result<std::string> usdts(const std::string& path) {
  TRY(const Binary binary, Binary::open(path));
  TRY(const auto probes, binary.usdt_probes());
  if (probes.empty()) return fail(ErrorCode::NotFound, path + " has no USDT probes");
  std::string out = head("usdts") + "  usdts:\n";
  std::string seen;
  for (const auto& probe : probes) {
    // A probe in several places is one hook.
    const std::string id = "\n" + probe.provider + ":" + probe.name + "\n";
    if (seen.find(id) != std::string::npos) continue;
    seen += id;
    out += "  - path: " + quoted_yaml(path) + "\n    provider: " + quoted_yaml(probe.provider) +
           "\n    name: " + quoted_yaml(probe.name) + "\n";
    const auto args = parse_usdt_args(probe.spec);
    if (!args || args->empty()) continue;
    out += "    args:\n";
    for (std::size_t i = 0; i < args->size() && i < 5; ++i)
      out += fmt::format("    - index: {}\n      type: {}int{}\n", i, (*args)[i].is_signed ? "" : "u",
                         (*args)[i].size * 8);
  }
  return out;
}

}  // namespace

int run_generate(const Arguments& arguments) {
  OptionSet options(*find_command("generate"));
  options.positional("WHAT");
  if (auto code = options.parse(arguments)) return *code;
  const std::vector<std::string> words = options.positionals();
  const std::string what = words.empty() ? "" : words[0];
  const bool takes_word = what == "functions" || what == "uprobes" || what == "usdts";
  if (what != "syscalls" && !takes_word)
    return usage_error("generate", "name what to generate: " + std::string(kKinds));
  if (words.size() != (takes_word ? 2U : 1U))
    return usage_error("generate", takes_word ? "name one " + std::string(what == "functions" ? "pattern" : "binary")
                                              : std::string("syscalls takes nothing more"));
  const auto text = what == "syscalls"    ? syscalls()
                    : what == "functions" ? functions(words[1])
                    : what == "uprobes"   ? uprobes(words[1])
                                          : usdts(words[1]);
  if (!text) return report(text.error());
  fmt::print("{}", *text);
  return kExitOk;
}

}  // namespace burin
