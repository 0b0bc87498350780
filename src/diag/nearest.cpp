// "Did you mean": edit distance with transpositions, where a difference of case only costs less than another letter.
#include <algorithm>
#include <cctype>

#include "diag/diagnostic.h"

namespace burin {
namespace {

// Distances are counted in halves, so that a wrong case (1) weighs half a wrong letter (2).
constexpr std::size_t kLetter = 2;
constexpr std::size_t kCase = 1;
/// Longer words are no typing mistakes of ours, and the table is quadratic.
constexpr std::size_t kLongestWord = 64;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::size_t substitution(char a, char b) {
  if (a == b) return 0;
  return lower(a) == lower(b) ? kCase : kLetter;
}

/// Damerau-Levenshtein (optimal string alignment) in half letters.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> cells((a.size() + 1) * width);
  auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& { return cells[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) cell(i, 0) = i * kLetter;
  for (std::size_t j = 0; j <= b.size(); ++j) cell(0, j) = j * kLetter;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t best = cell(i - 1, j - 1) + substitution(a[i - 1], b[j - 1]);
      best = std::min({best, cell(i - 1, j) + kLetter, cell(i, j - 1) + kLetter});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) best = std::min(best, cell(i - 2, j - 2) + kLetter);
      cell(i, j) = best;
    }
  }
  return cells.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::size_t limit = std::max<std::size_t>(2, word.size() / 3) * kLetter;
  std::string best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t d = distance(word, candidate);
    // A word of two letters is "near" everything short: at least one letter in three must be right.
    if (d >= best_distance || d >= std::max(word.size(), candidate.size()) * kLetter) continue;
    best = candidate;
    best_distance = d;
  }
  return best;
}

}  // namespace burin
