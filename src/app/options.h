// Command-line options, read by Boost.Program_options behind options.cpp.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/command.h"

namespace burin {

/// Declares and reads the options of one sub-command. Use: declare everything, parse(), then ask.
class OptionSet {
 public:
  /// `command` is shown in help and messages.
  explicit OptionSet(const Command& command);
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;
  ~OptionSet();

  /// "--name" without value. `name` may be "name,n" for a short form.
  void flag(const char* name, const char* help);
  /// "--name", "--name=true" or "--name=false"; ask with is_on().
  void toggle(const char* name, const char* help);
  /// "--name VALUE", may be given several times.
  void values(const char* name, const char* placeholder, const char* help);
  /// What stands without an option goes to this list, called `placeholder` in messages.
  void positional(const char* placeholder);

  /// Nothing: go on. A value: the exit code (help was printed, or a mistake reported with what to do).
  std::optional<int> parse(const Arguments& arguments);

  bool has(const std::string& name) const;
  /// A toggle's value, or `otherwise` when it was not given. Nothing: it is neither true nor false.
  std::optional<bool> is_on(const std::string& name, bool otherwise) const;
  std::vector<std::string> all(const std::string& name) const;
  /// The last one given, or `otherwise`.
  std::string last(const std::string& name, const std::string& otherwise) const;
  std::vector<std::string> positionals() const;
  /// "--policy", ... for completion.
  std::vector<std::string> names() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Prints "burin COMMAND: text" and where to look; returns the exit code for wrong usage.
int usage_error(std::string_view command, std::string_view text);

/// Comma-separated lists, flattened: {"a,b", "c"} -> {"a", "b", "c"}.
std::vector<std::string> split_commas(const std::vector<std::string>& values);

}  // namespace burin
