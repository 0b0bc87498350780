// Cuts a stream of bytes that arrives in pieces into lines. Used for HTTP bodies and for standard input.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace burin {

class LineSplitter {
 public:
  using OnLine = std::function<bool(std::string_view)>;
  enum class State { More, Stopped, TooLong };
  /// Longest line taken. Events are a few KB; without a bound a hostile server could fill our memory.
  static constexpr std::size_t kMaxLine = 16U << 20;

  explicit LineSplitter(OnLine on_line) : on_line_(std::move(on_line)) {}

  /// Hands over each line that is complete now, without its "\n". Stopped when the callback returned false.
  State feed(std::string_view bytes) {
    for (;;) {
      const auto newline = bytes.find('\n');
      if (newline == std::string_view::npos) break;
      const auto piece = bytes.substr(0, newline);
      bytes.remove_prefix(newline + 1);
      bool go_on = false;
      if (rest_.empty()) {
        go_on = on_line_(piece);
      } else {
        rest_ += piece;
        go_on = on_line_(rest_);
        rest_.clear();
      }
      if (!go_on) return State::Stopped;
    }
    rest_ += bytes;
    return rest_.size() > kMaxLine ? State::TooLong : State::More;
  }
  /// What came after the last "\n".
  std::string_view rest() const { return rest_; }

 private:
  OnLine on_line_;
  std::string rest_;
};

}  // namespace burin
