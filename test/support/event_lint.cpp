// event_lint [--compat]: checks event lines on standard input (NDJSON) for tests written in shell or Python. Prints
// what is wrong, one line each, and exits with 1 if anything is, or if there was nothing to check; 2 is a usage error.
#include <iostream>
#include <string>

#include "support/event_schema.h"

int main(int argc, char** argv) {
  const bool compat = argc == 2 && std::string(argv[1]) == "--compat";
  if (argc > 2 || (argc == 2 && !compat)) {
    std::cerr << "usage: event_lint [--compat] < events.ndjson\n";
    return 2;
  }
  std::size_t lines = 0, problems = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++lines;
    for (const auto& problem : validate_event_line(line, compat)) {
      std::cout << "line " << lines << ": " << problem << "\n";
      ++problems;
    }
  }
  std::cout << lines << " lines, " << problems << " problems\n";
  return lines > 0 && problems == 0 ? 0 : 1;
}
