// What every object of the language needs while it is read: places, scalar accessors, and the report that is cut short
// before it becomes longer than anybody reads.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "policy/policy_reader.h"
#include "policy/tree.h"

namespace burin {

/// After this many errors and warnings of one file the rest is left out, and a last error says so.
inline constexpr std::size_t kMaxReported = 100;

/// One reading of one file. Lives for one call of read_policy or read_probe; one thread.
class Reading {
 public:
  Reading(const SourceText& source, const VariableLookup& variables, Diagnostics& diagnostics)
      : source_(source), variables_(variables), diagnostics_(diagnostics) {}

  const SourceText& source() const { return source_; }
  SourceSpan span(const YamlNode& node) const { return source_.span(node.begin, node.end); }
  std::optional<std::string> variable(const std::string& name) const {
    return variables_ ? variables_(name) : std::nullopt;
  }

  void error(std::string id, SourceSpan span, std::string message, std::string hint = {});
  void warning(std::string id, SourceSpan span, std::string message, std::string hint = {});
  /// Takes over what another stage (an operator's parser) reported.
  void adopt(const Diagnostic& other);
  /// "`what` is part of the policy language but this version of burin does not support it yet".
  void not_yet(SourceSpan span, std::string_view what);
  /// True once kMaxReported was reached: loops over user data may stop.
  bool full() const { return reported_ >= kMaxReported; }

  // Accessors for the value of a key. Each reports "wrong-type" and returns nothing when the value is of another kind.
  /// Any scalar's text, as written: `10` and "10" are the same text. `key` names it in the message.
  std::optional<std::string> text(const YamlNode& value, std::string_view key);
  /// A plain `true` or `false`.
  std::optional<bool> boolean(const YamlNode& value, std::string_view key);
  /// A plain number in [0, max], decimal or with 0x.
  std::optional<std::uint64_t> number(const YamlNode& value, std::string_view key, std::uint64_t max);
  /// A plain number in [min, max], decimal.
  std::optional<std::int64_t> signed_number(const YamlNode& value, std::string_view key, std::int64_t min,
                                            std::int64_t max);
  /// One of `known`; anything else is "wrong-value".
  std::optional<std::string> word(const YamlNode& value, std::string_view key, const std::vector<std::string>& known);
  std::optional<std::string> text(const Entry& entry) { return text(entry.value, entry.key.text); }
  std::optional<bool> boolean(const Entry& entry) { return boolean(entry.value, entry.key.text); }
  /// The value when it is of that kind.
  const YamlNode* container(const YamlNode& value, std::string_view key, YamlNode::Kind kind);

  /// Values that macros may still add to this file: each use of a macro counts as if it were written out.
  std::size_t macro_budget = kMaxNodes;
  /// Bytes that variables may still add to this file's texts: without it `${V}` written often and a long V make
  /// gigabytes.
  std::size_t expansion_budget = kMaxPolicyBytes;

 private:
  bool count(const SourceSpan& span);
  void wrong_type(const YamlNode& value, std::string_view key, std::string_view wanted, std::string hint = {});

  const SourceText& source_;
  const VariableLookup& variables_;
  Diagnostics& diagnostics_;
  std::size_t reported_ = 0;
};

/// `key` in backquotes, as messages name keys; made safe for the terminal.
std::string key_text(std::string_view key);

/// "did you mean X?" for a mistyped word, else `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, std::string otherwise = {});

}  // namespace burin
