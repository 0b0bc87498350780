// One line an entry: "59 execve" in a table of numbers, tab-separated "type name" pairs in parameters.txt.
#include "model/syscalls.h"

#include <charconv>
#include <map>
#include <string>

#include "base/embedded.h"

namespace burin {
extern const EmbeddedFile kSyscalls[];
extern const std::size_t kSyscallsCount;

namespace {

using Numbers = std::map<std::uint32_t, std::string_view>;
using Parameters = std::map<std::string_view, std::vector<SyscallParameter>>;

struct Tables {
  std::map<std::string_view, Numbers> numbers;  // by ABI
  Parameters parameters;
};

/// Cuts the part before `separator` off `text`; all of it when there is none.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return out;
}

Numbers read_numbers(std::string_view text) {
  Numbers out;
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    const std::string_view digits = cut(line, ' ');
    std::uint32_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    out[number] = line;
  }
  return out;
}

Parameters read_parameters(std::string_view text) {
  Parameters out;
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    auto& parameters = out[cut(line, '\t')];
    while (!line.empty()) {
      const std::string_view one = cut(line, '\t');
      const std::size_t space = one.rfind(' ');
      parameters.push_back({one.substr(0, space), one.substr(space + 1)});
    }
  }
  return out;
}

const Tables& tables() {
  static const Tables read = [] {
    Tables out;
    for (std::size_t i = 0; i < kSyscallsCount; ++i) {
      const std::string_view file = kSyscalls[i].path, text = kSyscalls[i].text;
      if (file == "parameters.txt")
        out.parameters = read_parameters(text);
      else
        out.numbers[file.substr(0, file.find('.'))] = read_numbers(text);
    }
    return out;
  }();
  return read;
}

const Numbers* numbers_of(std::string_view abi) {
  const auto found = tables().numbers.find(abi);
  return found == tables().numbers.end() ? nullptr : &found->second;
}

}  // namespace

std::string_view syscall_name(std::string_view abi, std::uint64_t number) {
  const Numbers* numbers = numbers_of(abi);
  if (!numbers || number > 0xffffffffU) return {};
  const auto found = numbers->find(static_cast<std::uint32_t>(number));
  return found == numbers->end() ? std::string_view() : found->second;
}

std::optional<std::uint32_t> syscall_number(std::string_view abi, std::string_view name) {
  if (const Numbers* numbers = numbers_of(abi))
    for (const auto& [number, known] : *numbers)
      if (known == name) return number;
  return std::nullopt;
}

std::vector<std::string_view> syscall_names(std::string_view abi) {
  std::vector<std::string_view> out;
  if (const Numbers* numbers = numbers_of(abi))
    for (const auto& [number, name] : *numbers) out.push_back(name);
  return out;
}

std::optional<std::vector<SyscallParameter>> syscall_parameters(std::string_view name) {
  const auto found = tables().parameters.find(name);
  if (found == tables().parameters.end()) return std::nullopt;
  return found->second;
}

}  // namespace burin
