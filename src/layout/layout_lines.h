// One member a line: the body of layout packs and of the layout cache.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "model/layout_table.h"

namespace burin {

/// "path offset size shift mask\n", or "path -\n" for a member that the kernel does not have (null).
std::string layout_line(std::string_view path, const LayoutMember* place);

struct LayoutLine {
  std::string path;
  std::optional<LayoutMember> place;  ///< none: the kernel does not have the member
};
/// One such line without its end. Nothing when it is anything else: an unknown word, a number that does not fit, a
/// member path that is not words joined by dots.
std::optional<LayoutLine> parse_layout_line(std::string_view line);

/// `text` and a last line with its FNV-1a hash: catches truncation and edits by accident, not by intent.
std::string with_end_mark(std::string text);
/// The text before a last line that is right; nothing when there is none or it is wrong.
std::optional<std::string_view> before_end_mark(std::string_view text);

}  // namespace burin
