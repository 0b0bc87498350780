// Parsing clang's diagnostic lines and the caret snippets below them.
#include "compile/messages.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace burin {
namespace {

// BCC hands the program to clang as this file.
constexpr std::string_view kGeneratedFile = "/virtual/main.c";

struct Headline {
  std::string_view file;
  std::uint32_t line = 0, column = 0;
  std::string_view rest;  ///< "error: use of undeclared identifier 'x'"
  bool error = false;
};

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

/// "FILE:LINE:COLUMN: KIND: text", as clang prints it.
std::optional<Headline> parse_headline(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Headline out;
  out.file = line.substr(0, colon);
  std::string_view rest = line.substr(colon + 1);
  const auto number = take_number(rest);
  const auto column = number ? take_number(rest) : std::nullopt;
  if (!column || rest.empty() || rest[0] != ' ') return std::nullopt;
  out.line = *number;
  out.column = *column;
  out.rest = rest.substr(1);
  out.error = out.rest.starts_with("error: ") || out.rest.starts_with("fatal error: ");
  if (!out.error && !out.rest.starts_with("warning: ") && !out.rest.starts_with("note: ")) return std::nullopt;
  return out;
}

/// The origin that the last marker of a generated line names.
const OriginLine* origin_of(std::string_view line, const ProgramSource& source) {
  const std::size_t at = line.rfind("/*@");
  if (at == std::string_view::npos) return nullptr;
  std::uint32_t id = 0;
  const char* digits = line.data() + at + 3;
  const auto [end, error] = std::from_chars(digits, line.data() + line.size(), id);
  if (error != std::errc{} || !line.substr(static_cast<std::size_t>(end - line.data())).starts_with("*/"))
    return nullptr;
  const auto found = std::find_if(source.origins.begin(), source.origins.end(),
                                  [id](const OriginLine& origin) { return origin.id == id; });
  return found == source.origins.end() ? nullptr : &*found;
}

std::string place(const OriginLine& origin) {
  std::string out = origin.span.file;
  if (origin.span.line != 0) out += ":" + std::to_string(origin.span.line);
  if (origin.span.line != 0 && origin.span.column != 0) out += ":" + std::to_string(origin.span.column);
  if (!origin.about.empty()) out += " (" + origin.about + ")";
  return out;
}

std::vector<std::string> printable_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = '?';
    lines.push_back(std::move(line));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

}  // namespace

MappedMessages map_messages(std::string_view text, const ProgramSource& source) {
  MappedMessages out;
  const std::vector<std::string> lines = printable_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto head = parse_headline(lines[i]);
    if (!head) {
      out.text += lines[i] + "\n";
      continue;
    }
    const std::string_view quoted =
        i + 1 < lines.size() && !parse_headline(lines[i + 1]) ? lines[i + 1] : std::string_view{};
    const OriginLine* origin = origin_of(quoted, source);
    std::string message = lines[i];
    if (origin != nullptr) {
      message = place(*origin) + ": " + std::string(head->rest);
      if (head->error && !out.first) out.first = origin->span;
    } else if (head->file == kGeneratedFile) {
      // Numbers may be a few lines too high: BCC's last pass compiles its own rewriting of the text.
      message = "generated code line " + std::to_string(head->line) + ":" + std::to_string(head->column) + ": " +
                std::string(head->rest);
    }
    if (head->error && out.headline.empty()) out.headline = message;
    out.text += message + "\n";
  }
  return out;
}

}  // namespace burin
