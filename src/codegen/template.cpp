#include "codegen/template.h"

#include <set>

#include "base/embedded.h"

namespace burin {
namespace {

/// The end of a hole that starts at `at` ("@name@"), or npos when this '@' does not begin one.
std::size_t hole_end(std::string_view line, std::size_t at) {
  std::size_t i = at + 1;
  while (i < line.size() && ((line[i] >= 'a' && line[i] <= 'z') || line[i] == '_')) ++i;
  return i < line.size() && i > at + 1 && line[i] == '@' ? i : std::string_view::npos;
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

/// The template without its first comment, which documents holes for whoever edits it; `line` becomes the number of
/// lines cut.
std::string_view body_of(std::string_view text, std::uint32_t& line) {
  line = 0;
  if (!text.starts_with("/*")) return text;
  std::size_t end = text.find("*/\n");
  if (end == std::string_view::npos) return text;
  end += 3;
  for (char c : text.substr(0, end)) line += c == '\n';
  return text.substr(end);
}

}  // namespace

const std::string_view* find_template(std::string_view path) {
  for (std::size_t i = 0; i < kTemplatesCount; ++i)
    if (kTemplates[i].path == path) return &kTemplates[i].text;
  return nullptr;
}

void UnitText::emit(std::string_view line, const SourceSpan& span, const std::string& about) {
  const bool was_comment = in_comment_, was_continued = continued_;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (!in_comment_ && line[i] == '/' && line[i + 1] == '*') in_comment_ = true;
    if (in_comment_ && line[i] == '*' && line[i + 1] == '/') in_comment_ = false;
  }
  continued_ = line.ends_with("\\");
  text.append(line);
  const std::string_view code = trim(line);
  if (!code.empty() && code[0] != '#' && !was_comment && !in_comment_ && !was_continued && !continued_) {
    const auto id = static_cast<std::uint32_t>(origins.size() + 1);
    origins.push_back({id, span, about});
    text.append(" /*@").append(std::to_string(id)).append("*/");
  }
  text.push_back('\n');
}

void UnitText::add_line(const GeneratedLine& line) {
  emit(line.text, line.span, line.about);
}

void UnitText::add_text(std::string_view t) {
  text.append(t);
}

Result<> UnitText::add_template(std::string_view path, const Holes& holes) {
  const std::string_view* found = find_template(path);
  if (!found) return fail(ErrorCode::Internal, "no template " + std::string(path));
  std::uint32_t number = 0;
  std::string_view rest = body_of(*found, number);
  std::set<std::string, std::less<>> used;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    ++number;
    const SourceSpan here{"templates/" + std::string(path), number, 1, 1};
    const std::string_view alone = trim(line);
    if (alone.size() > 2 && alone[0] == '@' && hole_end(alone, 0) == alone.size() - 1) {
      const std::string name(alone.substr(1, alone.size() - 2));
      const auto block = holes.blocks.find(name);
      if (block == holes.blocks.end())
        return fail(ErrorCode::Internal, here.file + ": no lines for hole @" + name + "@");
      used.insert(name);
      for (const auto& l : block->second) emit(l.text, l.span.line ? l.span : here, l.about);
      continue;
    }
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::size_t stop = line[i] == '@' ? hole_end(line, i) : std::string_view::npos;
      if (stop == std::string_view::npos) {
        out.push_back(line[i]);
        continue;
      }
      const std::string name(line.substr(i + 1, stop - i - 1));
      const auto value = holes.scalars.find(name);
      if (value == holes.scalars.end())
        return fail(ErrorCode::Internal, here.file + ": no value for hole @" + name + "@");
      used.insert(name);
      out += value->second;
      i = stop;
    }
    emit(out, here, {});
  }
  for (const auto& [name, value] : holes.scalars)
    if (!used.contains(name)) return fail(ErrorCode::Internal, std::string(path) + " has no hole @" + name + "@");
  for (const auto& [name, value] : holes.blocks)
    if (!used.contains(name)) return fail(ErrorCode::Internal, std::string(path) + " has no hole @" + name + "@");
  return Ok{};
}

std::vector<GeneratedLine> lines_at(std::string_view text, const SourceSpan& span, const std::string& about) {
  std::vector<GeneratedLine> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.push_back({std::string(text.substr(0, end)), span, about});
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

std::string c_literal(std::string_view bytes) {
  std::string out = "\"";
  for (unsigned char c : bytes) {
    out.push_back('\\');
    out.push_back(static_cast<char>('0' + (c >> 6)));
    out.push_back(static_cast<char>('0' + ((c >> 3) & 7)));
    out.push_back(static_cast<char>('0' + (c & 7)));
  }
  out.push_back('"');
  return out;
}

}  // namespace burin
