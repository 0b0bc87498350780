// `burin completion`: a script that completes commands, their options and file names.
#include <fmt/format.h>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"

namespace burin {

int run_completion(const Arguments& arguments) {
  OptionSet options(*find_command("completion"));
  options.positional("bash");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals() != std::vector<std::string>{"bash"})
    return usage_error("completion", "say for which shell: bash");
  std::string commands, cases;
  for (const auto& c : all_commands()) {
    commands += std::string(c.name) + " ";
    std::string words = "--help";
    if (c.options)
      for (const auto& o : c.options())
        if (o != "--help") words += " " + o;
    cases += fmt::format("    {}) words=\"{}\" ;;\n", c.name, words);
  }
  fmt::print(R"(# bash completion for burin; use: source <(burin completion bash)
_burin() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{}--help --version" -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *)
      if [ "${{COMP_WORDS[1]}}" = list ]; then
        COMPREPLY=($(compgen -W "types operators hooks probes actions" -- "$word"))
      else
        COMPREPLY=($(compgen -f -- "$word"))
      fi ;;
  esac
}}
complete -o filenames -F _burin burin
)",
             commands, cases);
  return kExitOk;
}

}  // namespace burin
