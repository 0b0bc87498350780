#include "host/kernel_names.h"

#include <re2/re2.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>

namespace burin {
namespace {
namespace fs = std::filesystem;

fs::path below(const fs::path& root, std::string_view path) {
  return root / fs::path(path).relative_path();
}

std::set<std::string> traced_syscalls(const fs::path& root, const std::string& tracefs) {
  constexpr std::string_view kPrefix = "sys_enter_";
  std::set<std::string> out;
  if (tracefs.empty()) return out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(below(root, tracefs) / "events" / "syscalls", ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kPrefix)) out.insert(name.substr(kPrefix.size()));
  }
  return out;
}

std::set<std::string> wrapped_syscalls(const fs::path& root) {
  std::set<std::string> out;
  std::ifstream symbols(below(root, "/proc/kallsyms"));
  for (std::string line; std::getline(symbols, line);)
    for (const std::string_view prefix : {" __x64_sys_", " __arm64_sys_"}) {
      const auto at = line.find(prefix);
      if (at == std::string::npos) continue;
      const std::string name = line.substr(at + prefix.size());
      if (name.find_first_of(".\t ") == std::string::npos && name != "ni_syscall") out.insert(name);
    }
  return out;
}

}  // namespace

std::vector<std::string> syscall_names(const fs::path& root, const std::string& tracefs) {
  std::set<std::string> found = traced_syscalls(root, tracefs);
  if (found.empty()) found = wrapped_syscalls(root);
  return {found.begin(), found.end()};
}

std::vector<std::string> function_names(const fs::path& root) {
  std::vector<std::string> out;
  std::ifstream in(below(root, "/proc/kallsyms"));
  for (std::string line; std::getline(in, line);) {
    // "ffffffff81000000 T name [module]"
    const std::size_t kind = line.find(' ');
    if (kind == std::string::npos || kind + 3 >= line.size()) continue;
    const char letter = line[kind + 1];
    if (letter != 't' && letter != 'T' && letter != 'w' && letter != 'W') continue;
    const std::size_t end = line.find_first_of(" \t", kind + 3);
    out.push_back(line.substr(kind + 3, end == std::string::npos ? end : end - kind - 3));
  }
  std::ranges::sort(out);
  return out;
}

Result<std::vector<std::string>> matching_functions(const fs::path& root, const std::string& tracefs,
                                                    std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 expression(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression.ok())
    return fail(ErrorCode::InvalidPolicy,
                "\"" + std::string(pattern) + "\" is no regular expression: " + expression.error());
  const fs::path file = below(root, tracefs) / "available_filter_functions";
  std::ifstream lines(file);
  const int error = errno;
  if (tracefs.empty()) return fail(ErrorCode::Unsupported, "no tracefs is mounted, which lists the kernel's functions");
  if (!lines)
    return fail_errno(ErrorCode::Unsupported,
                      "this kernel's functions cannot be listed: " + file.string() +
                          (error == ENOENT ? " (it was built without CONFIG_DYNAMIC_FTRACE)" : ""),
                      error);
  std::set<std::string> out;
  for (std::string line; std::getline(lines, line);) {
    line.erase(std::min(line.find_first_of(" \t"), line.size()));  // " [module]" follows
    // Placeholders stand for functions that were discarded at boot.
    if (line.starts_with("__ftrace_invalid_address__")) continue;
    if (re2::RE2::PartialMatch(line, expression)) out.insert(std::move(line));
  }
  return std::vector<std::string>(out.begin(), out.end());
}

}  // namespace burin
