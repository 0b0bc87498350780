// The sub-commands: one line each in all.cpp, one file each.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

using Arguments = std::vector<std::string>;

/// One sub-command. `run` gets what stands behind its name and returns the exit code.
struct Command {
  std::string_view name;
  std::string_view synopsis;  ///< "--policy FILE|DIR ... [options]"
  std::string_view summary;   ///< one line
  int (*run)(const Arguments&);
  /// Its long options with "--", for shell completion.
  std::vector<std::string> (*options)() = nullptr;
};

std::span<const Command> all_commands();
const Command* find_command(std::string_view name);

int run_daemon(const Arguments&);
std::vector<std::string> run_daemon_options();
int run_check(const Arguments&);
std::vector<std::string> run_check_options();
int run_render(const Arguments&);
std::vector<std::string> run_render_options();
int run_doctor(const Arguments&);
std::vector<std::string> run_doctor_options();
int run_layout(const Arguments&);
std::vector<std::string> run_layout_options();
int run_bundle(const Arguments&);
std::vector<std::string> run_bundle_options();
int run_getevents(const Arguments&);
std::vector<std::string> run_getevents_options();
int run_explain(const Arguments&);
std::vector<std::string> run_explain_options();
int run_list(const Arguments&);
std::vector<std::string> run_list_options();
int run_test_policy(const Arguments&);
std::vector<std::string> run_test_policy_options();
int run_replay(const Arguments&);
std::vector<std::string> run_replay_options();
int run_generate(const Arguments&);
int run_completion(const Arguments&);

}  // namespace burin
