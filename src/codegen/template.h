// C templates with named holes, strict: a hole nobody fills and a value nobody uses are both errors. Every line that
// comes out carries a marker that leads back to the policy or the template.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/program.h"

namespace burin {

/// A generated line and the place it stands for.
struct GeneratedLine {
  std::string text;
  SourceSpan span;  ///< policy line; unknown (line 0) = the template's own line
  std::string about;
};

/// Values for the holes of one template: `@name@` inside a line takes `scalars[name]`, alone on a line `blocks[name]`.
struct Holes {
  std::map<std::string, std::string, std::less<>> scalars;
  std::map<std::string, std::vector<GeneratedLine>, std::less<>> blocks;
};

/// Builds the text of one unit and its table of origins.
class UnitText {
 public:
  /// Appends the embedded template `path` ("hook/kprobe.bpf.c") with its holes filled; its head comment is left out.
  Result<> add_template(std::string_view path, const Holes& holes);
  /// Appends one line of our own making.
  void add_line(const GeneratedLine& line);
  /// Appends text without markers (declarations that cannot go wrong by a policy).
  void add_text(std::string_view text);

  std::string text;
  std::vector<OriginLine> origins;

 private:
  void emit(std::string_view line, const SourceSpan& span, const std::string& about);
  bool in_comment_ = false;
  bool continued_ = false;
};

/// The embedded template, or nothing.
const std::string_view* find_template(std::string_view path);

/// Splits C text into GeneratedLines that all point at `span`.
std::vector<GeneratedLine> lines_at(std::string_view text, const SourceSpan& span, const std::string& about);

/// A C string literal with every byte as a three-digit octal escape: the only way text would ever reach C. (Hex escapes
/// run on into following digits.)
std::string c_literal(std::string_view bytes);

}  // namespace burin
