// The list of sub-commands.
#include "app/command.h"

namespace burin {
namespace {

const Command kCommands[] = {
    {"run", "--policy FILE|DIR [--policy ...] [options]", "trace with these policies and serve the events by HTTP",
     run_daemon, run_daemon_options},
    {"getevents", "[options]", "print the events of a running burin, or of NDJSON on standard input", run_getevents,
     run_getevents_options},
    {"check", "FILE|DIR ...", "say all mistakes of policies at once; needs no privileges", run_check,
     run_check_options},
    {"render", "FILE [options]", "print the C that a policy becomes, with the policy line behind each part", run_render,
     run_render_options},
    {"doctor", "[--json] [options]", "print what this host offers, what is missing, and the cure", run_doctor,
     run_doctor_options},
    {"layout", "dump|pack [options]", "print where this kernel's structure members lie, or pack it for other machines",
     run_layout, run_layout_options},
    {"bundle", "FILE|DIR ... -o FILE [--for HOST.layout]",
     "compile policies into a file that runs on a host without a compiler", run_bundle, run_bundle_options},
    {"explain", "[FIELD[.FIELD...]]", "say what a field of a policy means", run_explain, run_explain_options},
    {"list", "types|operators|hooks|probes|actions [--json]", "print what policies can name", run_list,
     run_list_options},
    {"test-policy", "FILE --events RECORDED | --replay RECORDING [options]",
     "say which recorded events a policy's selectors match, and why not", run_test_policy, run_test_policy_options},
    {"replay", "FILE [options]", "print the events of a raw recording (burin run --record-raw); needs no kernel",
     run_replay, run_replay_options},
    {"generate", "syscalls | functions REGEX | uprobes BINARY | usdts BINARY",
     "print a policy for what this host or a binary has, to be cut down by hand", run_generate, nullptr},
    {"completion", "bash", "print a completion script for the shell", run_completion, nullptr},
};

}  // namespace

std::span<const Command> all_commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const auto& c : kCommands)
    if (c.name == name) return &c;
  return nullptr;
}

}  // namespace burin
