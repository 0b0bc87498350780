// Reports and scalar accessors shared by all objects of the language.
#include "policy/reading.h"

#include <algorithm>
#include <charconv>

#include "diag/display.h"

namespace burin {
namespace {

constexpr std::string_view kNotYetHint =
    "remove it to use the rest: burin loads nothing from a policy that it could only obey in part";

}  // namespace

std::string key_text(std::string_view key) {
  std::string inner = quoted(key);
  return '`' + inner.substr(1, inner.size() - 2) + '`';
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, std::string otherwise) {
  const std::string near = nearest(word, known);
  return near.empty() ? std::move(otherwise) : "did you mean " + quoted(near) + "?";
}

bool Reading::count(const SourceSpan& span) {
  if (full()) return false;
  if (++reported_ < kMaxReported) return true;
  diagnostics_.error("too-many-problems", span, "too many problems: what follows in this file is not reported");
  return false;
}

void Reading::error(std::string id, SourceSpan span, std::string message, std::string hint) {
  if (!count(span)) return;
  diagnostics_.error(std::move(id), std::move(span), std::move(message), std::move(hint));
}

void Reading::warning(std::string id, SourceSpan span, std::string message, std::string hint) {
  if (!count(span)) return;
  diagnostics_.warning(std::move(id), std::move(span), std::move(message), std::move(hint));
}

void Reading::adopt(const Diagnostic& other) {
  switch (other.severity) {
    case Severity::Error: return error(other.id, other.span, other.message, other.hint);
    case Severity::Warning: return warning(other.id, other.span, other.message, other.hint);
  }
}

void Reading::not_yet(SourceSpan span, std::string_view what) {
  error("not-yet", std::move(span),
        key_text(what) + " is part of the policy language but this version of burin does not support it yet",
        std::string(kNotYetHint));
}

void Reading::wrong_type(const YamlNode& value, std::string_view key, std::string_view wanted, std::string hint) {
  std::string found(kind_name(value.kind));
  if (value.kind == YamlNode::Kind::Scalar) found = quoted(value.text);
  error("wrong-type", span(value), key_text(key) + " must be " + std::string(wanted) + ", not " + found,
        std::move(hint));
}

std::optional<std::string> Reading::text(const YamlNode& value, std::string_view key) {
  if (value.kind == YamlNode::Kind::Scalar) return value.text;
  wrong_type(value, key, "text");
  return std::nullopt;
}

std::optional<bool> Reading::boolean(const YamlNode& value, std::string_view key) {
  if (value.kind == YamlNode::Kind::Scalar && !value.quoted) {
    if (value.text == "true" || value.text == "True" || value.text == "TRUE") return true;
    if (value.text == "false" || value.text == "False" || value.text == "FALSE") return false;
  }
  wrong_type(value, key, "true or false", value.quoted ? "remove the quotes" : "");
  return std::nullopt;
}

std::optional<std::uint64_t> Reading::number(const YamlNode& value, std::string_view key, std::uint64_t max) {
  if (value.kind == YamlNode::Kind::Scalar && !value.quoted) {
    const bool hex = value.text.starts_with("0x");
    std::uint64_t out = 0;
    const char* begin = value.text.data() + (hex ? 2 : 0);
    const char* end = value.text.data() + value.text.size();
    const auto [stop, problem] = std::from_chars(begin, end, out, hex ? 16 : 10);
    if (problem == std::errc() && stop == end && out <= max) return out;
  }
  wrong_type(value, key, "a number from 0 to " + std::to_string(max), value.quoted ? "remove the quotes" : "");
  return std::nullopt;
}

std::optional<std::int64_t> Reading::signed_number(const YamlNode& value, std::string_view key, std::int64_t min,
                                                   std::int64_t max) {
  if (value.kind == YamlNode::Kind::Scalar && !value.quoted) {
    std::int64_t out = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [stop, problem] = std::from_chars(value.text.data(), end, out);
    if (problem == std::errc() && stop == end && out >= min && out <= max) return out;
  }
  wrong_type(value, key, "a number from " + std::to_string(min) + " to " + std::to_string(max),
             value.quoted ? "remove the quotes" : "");
  return std::nullopt;
}

std::optional<std::string> Reading::word(const YamlNode& value, std::string_view key,
                                         const std::vector<std::string>& known) {
  std::optional<std::string> out = text(value, key);
  if (!out || std::find(known.begin(), known.end(), *out) != known.end()) return out;
  std::string all;
  for (std::size_t i = 0; i < known.size(); ++i)
    all += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + known[i];
  error("wrong-value", span(value), key_text(key) + " cannot be " + quoted(*out),
        did_you_mean(*out, known, "write " + all));
  return std::nullopt;
}

const YamlNode* Reading::container(const YamlNode& value, std::string_view key, YamlNode::Kind kind) {
  if (value.kind == kind) return &value;
  wrong_type(value, key, kind_name(kind));
  return nullptr;
}

}  // namespace burin
