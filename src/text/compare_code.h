// The function bodies of text sets, one shape each. All of them look at `t` (struct burin_text *, templates/text.h):
// len bytes at b, 256 bytes before b and 256 behind the longest text that belong to nobody.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/text_set.h"

namespace burin {

/// Bytes of the longest text (BURIN_TEXT_MAX without the NUL).
inline constexpr std::size_t kMaxTextBytes = 4095;
/// BURIN_TEXT_PAD: how far a comparison may reach before a text.
inline constexpr std::size_t kTextPad = 256;
/// A set with more bytes than this is not inlined: a word of eight bytes costs four instructions.
inline constexpr std::size_t kInlineTextBytes = 2048;
/// Longest key of an LPM trie, in bytes (the kernel's LPM_DATA_SIZE_MAX).
inline constexpr std::size_t kMaxTrieBytes = 256;
/// Longest value of the trie of reversed texts: its key is built behind the text, with eight bytes before it.
inline constexpr std::size_t kMaxReversedBytes = 248;
/// Values too long for a trie have one hash map a length, about ten instructions each.
inline constexpr std::size_t kMaxLongLengths = 64;
/// Largest table of a substring search. Older kernels hold 4 MiB in an array map's value (KMALLOC_MAX_SIZE on x86) and
/// refuse a larger map when it is loaded; a hundred values of a hundred bytes, Tetragon's limit, need about that.
inline constexpr std::size_t kMaxSearchBytes = 256 + (32u << 20);

// `values` are sorted, distinct, of at most kMaxTextBytes, and not empty (but for Equal).

/// Word compares, one line a value.
std::string inline_body(const std::vector<std::string>& values, TextMatch how);
/// Hash maps by size; the key is the text's length and its bytes, zeros behind.
Result<std::string> equal_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code);
/// LPM trie, and a hash map for each length above kMaxTrieBytes.
Result<std::string> prefix_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code);
/// LPM trie of reversed texts, and a hash map for each length above kMaxReversedBytes.
Result<std::string> postfix_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code);
/// One pass over the text with the automaton of Aho and Corasick, whose table is an array map. `fold`: the values are
/// in lower case and match letters of either case.
Result<std::string> search_body(const std::vector<std::string>& values, bool fold, std::string_view name,
                                TextSetCode& code);

}  // namespace burin
