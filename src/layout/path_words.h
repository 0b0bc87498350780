// The text form of `resolve`, and of answers in the cache.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/btf_path.h"

namespace burin {

/// "a" or "a[3]" or (at the beginning) "[3]".
struct PathWord {
  std::string member;  ///< empty: the index alone
  std::vector<std::uint32_t> indexes;
};

/// "a.b[3].c" in words; an error says what is wrong with it.
Result<std::vector<PathWord>> path_words(std::string_view path);

/// One line each, without newline, and back; false when it is damaged.
std::string question_line(const BtfQuestion& question);
std::string answer_line(const BtfPath& answer);
bool parse_answer(std::string_view line, BtfPath& answer);

}  // namespace burin
