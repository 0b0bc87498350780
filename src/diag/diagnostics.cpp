// The collection of diagnostics and its text form: heading, snippet, caret, hint.
#include <algorithm>
#include <tuple>

#include "diag/diagnostic.h"
#include "diag/display.h"

namespace burin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr int kTabStop = 8;
/// A snippet shows at most this many terminal columns; a longer line is cut around the caret.
constexpr int kSnippetColumns = 140;
/// How much of a cut line is shown before the caret.
constexpr int kColumnsBeforeCaret = 60;
/// Line numbers are right-aligned in this many columns (more when the number is longer).
constexpr std::size_t kNumberWidth = 5;

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kRed = "\x1b[1;31m";
constexpr const char* kMagenta = "\x1b[1;35m";
constexpr const char* kGreen = "\x1b[1;32m";
constexpr const char* kReset = "\x1b[0m";

auto order_of(const Diagnostic& d) {
  return std::tie(d.span.file, d.span.line, d.span.column);
}

bool same(const Diagnostic& a, const Diagnostic& b) {
  return a.severity == b.severity && a.id == b.id && a.span == b.span && a.message == b.message && a.hint == b.hint;
}

/// Gives line N of a text in amortised constant time when asked in ascending order, as sorted diagnostics do.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  /// The line without its end; empty when there is no such line.
  std::string_view at(std::uint32_t number) {
    if (number < line_) {
      line_ = 1;
      start_ = 0;
    }
    for (; line_ < number; ++line_) {
      const std::size_t end = text_.find('\n', start_);
      if (end == std::string_view::npos) return {};
      start_ = end + 1;
    }
    std::string_view line = text_.substr(start_, text_.find('\n', start_) - start_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view text_;
  std::uint32_t line_ = 1;
  std::size_t start_ = 0;
};

struct Snippet {
  std::string text;   ///< tabs expanded, control characters shown as '?'
  std::string caret;  ///< spaces and the underline, in terminal columns
};

/// The line as terminal cells from character `first` on, at most kSnippetColumns wide.
Snippet make_snippet(std::string_view line, std::uint32_t column, std::uint32_t length) {
  Snippet out;
  // Where to begin: a line whose caret would be far to the right is cut at the left.
  std::size_t start = 0;
  std::uint32_t index = 1;
  if (column > kSnippetColumns - kColumnsBeforeCaret) {
    for (; index + kColumnsBeforeCaret < column && start < line.size(); ++index) start += decode_utf8(line, start).size;
    out.text = "...";
  }
  int cells = static_cast<int>(out.text.size());
  int caret_at = cells;
  int caret_width = 0;
  std::size_t at = start;
  for (; at < line.size() && cells < kSnippetColumns; ++index) {
    const DecodedChar c = decode_utf8(line, at);
    const bool tab = c.valid && c.code == '\t';
    const int width = tab ? kTabStop - cells % kTabStop : !c.valid || is_control(c.code) ? 1 : display_width(c.code);
    if (index < column) caret_at = cells + width;
    if (index >= column && index < column + length) caret_width += width;
    out.text += tab ? std::string(static_cast<std::size_t>(width), ' ') : without_controls(line.substr(at, c.size));
    cells += width;
    at += c.size;
  }
  if (at < line.size()) out.text += "...";
  out.caret = std::string(static_cast<std::size_t>(caret_at), ' ');
  out.caret += '^';
  if (caret_width > 1) out.caret += std::string(static_cast<std::size_t>(caret_width - 1), '~');
  return out;
}

class Renderer {
 public:
  Renderer(std::string_view source, bool color) : lines_(source), color_(color) {}

  void add(const Diagnostic& d) {
    heading(d);
    const std::string number = std::to_string(d.span.line);
    const std::size_t width = std::max(kNumberWidth, number.size());
    const std::string margin(width, ' ');
    if (d.span.line != 0 && d.span.column != 0) {
      const Snippet snippet = make_snippet(lines_.at(d.span.line), d.span.column, std::max(1U, d.span.length));
      out_ += std::string(width - number.size(), ' ') + number + " | " + snippet.text + '\n';
      out_ += margin + " | " + paint(kGreen, snippet.caret) + '\n';
    }
    if (!d.hint.empty()) out_ += margin + " = " + without_controls(d.hint) + '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  std::string paint(const char* sgr, const std::string& text) const { return color_ ? sgr + text + kReset : text; }

  void heading(const Diagnostic& d) {
    std::string place = without_controls(d.span.file);
    if (d.span.line != 0) place += ':' + std::to_string(d.span.line);
    if (d.span.line != 0 && d.span.column != 0) place += ':' + std::to_string(d.span.column);
    const bool error = d.severity == Severity::Error;
    out_ += paint(kBold, place + ':') + ' ' + paint(error ? kRed : kMagenta, error ? "error:" : "warning:") + ' ';
    out_ += paint(kBold, without_controls(d.message)) + " [" + without_controls(d.id) + "]\n";
  }

  Lines lines_;
  bool color_;
  std::string out_;
};

}  // namespace

void Diagnostics::error(std::string id, SourceSpan span, std::string message, std::string hint) {
  items_.push_back({Severity::Error, std::move(id), std::move(span), std::move(message), std::move(hint)});
}

void Diagnostics::warning(std::string id, SourceSpan span, std::string message, std::string hint) {
  items_.push_back({Severity::Warning, std::move(id), std::move(span), std::move(message), std::move(hint)});
}

bool Diagnostics::has_errors() const {
  return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

void Diagnostics::sort() {
  std::stable_sort(items_.begin(), items_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return order_of(a) < order_of(b); });
  std::vector<Diagnostic> kept;
  kept.reserve(items_.size());
  for (Diagnostic& d : items_) {
    // Equal ones share a place, and those of one place are few: look back only that far.
    bool seen = false;
    for (auto it = kept.rbegin(); !seen && it != kept.rend() && order_of(*it) == order_of(d); ++it) seen = same(*it, d);
    if (!seen) kept.push_back(std::move(d));
  }
  items_ = std::move(kept);
}

std::string render(const Diagnostics& diagnostics, std::string_view source, bool color) {
  Renderer renderer(source, color);
  for (const Diagnostic& d : diagnostics.all()) renderer.add(d);
  return renderer.take();
}

}  // namespace burin
