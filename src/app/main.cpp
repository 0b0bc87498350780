// Entry point: finds the sub-command and hands over.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "app/command.h"
#include "app/exit_codes.h"
#include "diag/diagnostic.h"

namespace {

void print_usage(std::FILE* to) {
  fmt::print(to,
             "burin engraves a TracingPolicy into the kernel and serves the events as JSON.\n\n"
             "usage: burin COMMAND [options]\n\ncommands:\n");
  for (const auto& c : burin::all_commands()) fmt::print(to, "  {:<11} {}\n", c.name, c.summary);
  fmt::print(to,
             "\n'burin COMMAND --help' shows a command's options; 'burin --version' the version.\n"
             "exit codes: 0 ok, 1 internal or input/output error, 2 usage, 3 mistakes in a policy, 4 not possible on "
             "this host, "
             "5 load or attach failed\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    print_usage(stderr);
    return burin::kExitUsage;
  }
  const std::string name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    print_usage(stdout);
    return burin::kExitOk;
  }
  if (name == "--version" || name == "version") {
    fmt::print("burin {}\n", BURIN_VERSION);
    return burin::kExitOk;
  }
  const burin::Command* command = burin::find_command(name);
  if (!command) {
    std::vector<std::string> names;
    for (const auto& c : burin::all_commands()) names.emplace_back(c.name);
    const std::string near = burin::nearest(name, names);
    fmt::print(stderr, "burin: no command \"{}\"{}; see burin --help\n", name,
               near.empty() ? "" : ", did you mean \"" + near + "\"?");
    return burin::kExitUsage;
  }
  return command->run(burin::Arguments(argv + 2, argv + argc));
}
