// Random values with a fixed seed, and texts that attack what is made of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

class Dice {
 public:
  std::uint64_t number() { return engine_(); }
  /// 0 to `sides` - 1.
  std::size_t roll(std::size_t sides) { return engine_() % sides; }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(roll(values.size())));
  }
  /// Small, large and boundary numbers alike.
  std::uint64_t any_size() { return roll(4) == 0 ? 0 : number() >> roll(64); }

  std::string hostile() {
    static const std::vector<std::string> kPieces{"",
                                                  "/usr/bin/x",
                                                  "\"",
                                                  "\\",
                                                  "\n",
                                                  "\x01",
                                                  "\x1b[31m",
                                                  std::string(1, '\0'),
                                                  "\x7f",
                                                  "\xff",
                                                  "\xc0\xaf",
                                                  "\xed\xa0\x80",
                                                  "\xf4\x90\x80\x80",
                                                  "\xe2\x82",
                                                  "\xe2\x82\xac",
                                                  "\xf0\x9f\x9a\x80",
                                                  "\xc3\xa4",
                                                  "a",
                                                  "plain text",
                                                  "\xe2\x80\xa8",
                                                  "</script>",
                                                  "\t\r\b\f",
                                                  "\x80\x80\x80",
                                                  "{}[],:"};
    std::string text;
    for (std::size_t i = roll(9); i > 0; --i) text += kPieces[roll(kPieces.size())];
    for (std::size_t i = roll(4); i > 0; --i) text += static_cast<char>(number());
    return text;
  }

 private:
  std::mt19937_64 engine_{20260102};
};
