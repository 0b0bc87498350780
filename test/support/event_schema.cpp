// The validator behind event_schema.h. It shares no code with the encoder, so that a mistake of one is not a mistake of
// both.
#include "support/event_schema.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "base/embedded.h"

namespace burin {
extern const EmbeddedFile kSchema[];
extern const std::size_t kSchemaCount;
}  // namespace burin

namespace {

using Json = nlohmann::ordered_json;
using Problems = std::vector<std::string>;

struct Field {
  std::string name, type;
  bool repeated = false, oneof = false, required = false;
};

struct Schema {
  std::map<std::string, std::vector<Field>> messages;
  std::map<std::string, std::vector<std::string>> enums, words;
};

[[noreturn]] void broken_table(const std::string& line) {
  std::cerr << "docs/schema: cannot read \"" << line << "\"\n";
  std::abort();
}

void read_table(std::string_view text, Schema& schema) {
  std::istringstream in{std::string(text)};
  std::vector<Field>* message = nullptr;
  std::vector<std::string>* names = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words_in(line);
    std::vector<std::string> tokens;
    for (std::string token; words_in >> std::quoted(token);) tokens.push_back(token);
    if (line[0] != ' ') {
      if (tokens.size() != 2) broken_table(line);
      message = tokens[0] == "message" ? &schema.messages[tokens[1]] : nullptr;
      names = tokens[0] == "enum"    ? &schema.enums[tokens[1]]
              : tokens[0] == "words" ? &schema.words[tokens[1]]
                                     : nullptr;
      if (!message && !names) broken_table(line);
    } else if (names) {
      names->insert(names->end(), tokens.begin(), tokens.end());
    } else if (message && (tokens.size() == 2 || tokens.size() == 3)) {
      Field field{tokens[tokens.size() - 2], tokens.back()};
      const std::string mark = tokens.size() == 3 ? tokens[0] : "";
      field.repeated = mark == "repeated";
      field.oneof = mark == "oneof";
      field.required = mark == "required";
      if (!mark.empty() && !field.repeated && !field.oneof && !field.required) broken_table(line);
      message->push_back(field);
    } else {
      broken_table(line);
    }
  }
}

const Schema& schema() {
  static const Schema loaded = [] {
    Schema s;
    for (std::size_t i = 0; i < burin::kSchemaCount; ++i)
      if (burin::kSchema[i].path.ends_with(".schema")) read_table(burin::kSchema[i].text, s);
    if (!s.messages.count("Event") || !s.messages.count("Burin")) broken_table("(no message Event or Burin)");
    return s;
  }();
  return loaded;
}

bool is_digits(const std::string& text, bool is_signed) {
  static const std::regex kUnsigned("0|[1-9][0-9]{0,19}"), kSigned("0|-?[1-9][0-9]{0,18}");
  if (!std::regex_match(text, is_signed ? kSigned : kUnsigned)) return false;
  errno = 0;
  if (is_signed) {
    std::strtoll(text.c_str(), nullptr, 10);
  } else {
    std::strtoull(text.c_str(), nullptr, 10);
  }
  return errno == 0;
}

std::optional<std::string> decode_base64(const std::string& text) {
  static const std::string kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  unsigned bits = 0, have = 0;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  for (std::size_t i = 0; i + padding < text.size(); ++i) {
    const auto value = kAlphabet.find(text[i]);
    if (value == std::string::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out.push_back(static_cast<char>(bits >> have & 0xFF));
  }
  if ((bits & ((1U << have) - 1)) != 0) return std::nullopt;  // the unused low bits must be zero
  return out;
}

bool is_timestamp(const std::string& text) {
  static const std::regex kForm(R"(\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?Z)");
  std::smatch m;
  if (!std::regex_match(text, m, kForm)) return false;
  const auto between = [&m](int group, int low, int high) {
    const int value = std::stoi(m[static_cast<std::size_t>(group)].str());
    return value >= low && value <= high;
  };
  if (!between(1, 1, 12) || !between(2, 1, 31) || !between(3, 0, 23) || !between(4, 0, 59) || !between(5, 0, 59))
    return false;
  return !m[6].matched || !m[6].str().ends_with("000");  // three digits fewer would have done
}

bool is_address(const std::string& text) {
  if (text == "invalid IP") return true;
  unsigned char bytes[16];
  char canonical[INET6_ADDRSTRLEN];
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), bytes) != 1) continue;
    inet_ntop(family, bytes, canonical, sizeof canonical);
    if (canonical == text) return true;
    // The C library alone writes the old IPv4-compatible form, ::1.2.3.4.
    const std::string_view old_form(canonical);
    return family == AF_INET6 && old_form.find('.') != std::string_view::npos && !old_form.starts_with("::ffff:") &&
           text.find('.') == std::string::npos && text.starts_with("::");
  }
  return false;
}

bool is_flag_words(const std::string& text) {
  static const std::vector<std::string> kInOrder{"execve",
                                                 "procFS",
                                                 "errorEnvs",
                                                 "truncArgs",
                                                 "miss",
                                                 "errorFilename",
                                                 "errorArgs",
                                                 "nocwd",
                                                 "rootcwd",
                                                 "errorCWD",
                                                 "clone",
                                                 "errorCgroupName",
                                                 "errorCgroupSubsysCgrp",
                                                 "errorCgroupSubsys",
                                                 "errorCgroups",
                                                 "errorCgroupID",
                                                 "errorPathResolutionCwd",
                                                 "dataFilename",
                                                 "dataArgs",
                                                 "inInitTree",
                                                 "unknown"};
  auto at = kInOrder.begin();
  std::string joined;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    at = std::find(at, kInOrder.end(), word);
    if (at++ == kInOrder.end()) return false;
    joined += (joined.empty() ? "" : " ") + word;
  }
  return joined == text;
}

bool is_exec_id(const std::string& text) {
  static const std::regex kForm("[^]*:[0-9]+:[0-9]+");
  const auto decoded = decode_base64(text);
  return decoded && std::regex_match(*decoded, kForm);
}

class Validator {
 public:
  Problems problems;

  void message(const std::string& type, const Json& value, const std::string& path) {
    if (!value.is_object()) return problem(path, "must be an object (" + type + ")");
    const auto& fields = schema().messages.at(type);
    std::size_t next = 0;
    std::vector<std::string> chosen;
    for (const auto& [key, member] : value.items()) {
      const std::string at = path.empty() ? key : path + "." + key;
      const auto found = std::find_if(fields.begin(), fields.end(), [&k = key](const Field& f) { return f.name == k; });
      if (found == fields.end()) {
        problem(at, "unknown field of " + type);
        continue;
      }
      const auto index = static_cast<std::size_t>(found - fields.begin());
      if (index < next) problem(at, "out of order: belongs before \"" + fields[next - 1].name + "\"");
      next = std::max(next, index + 1);
      if (found->oneof) chosen.push_back(key);
      field(*found, member, at);
    }
    if (chosen.size() > 1) problem(path, "more than one of a oneof: \"" + chosen[0] + "\" and \"" + chosen[1] + "\"");
    const bool has_oneof = std::any_of(fields.begin(), fields.end(), [](const Field& f) { return f.oneof; });
    if (has_oneof && chosen.empty()) problem(path, "none of the fields of which there must be one");
    for (const auto& f : fields)
      if (f.required && !value.contains(f.name)) problem(path, "\"" + f.name + "\" is missing");
  }

 private:
  void problem(const std::string& path, const std::string& what) {
    problems.push_back((path.empty() ? "event" : path) + ": " + what);
  }

  void field(const Field& f, const Json& value, const std::string& path) {
    if (!f.repeated) return single(f.type, value, path, f.oneof);
    if (!value.is_array()) return problem(path, "must be an array");
    if (value.empty()) problem(path, "an empty array must be left out");
    for (std::size_t i = 0; i < value.size(); ++i) single(f.type, value[i], path + "[" + std::to_string(i) + "]", true);
  }

  /// `zero_is_shown`: member of a oneof or element of an array.
  void single(const std::string& type, const Json& value, const std::string& path, bool zero_is_shown) {
    if (schema().messages.count(type)) return message(type, value, path);
    if (const auto it = schema().enums.find(type); it != schema().enums.end()) {
      if (value.is_number_integer()) return;  // a value that this table does not know
      if (!value.is_string() || std::find(it->second.begin(), it->second.end(), value) == it->second.end())
        return problem(path, "is not a name of enum " + type);
      if (!zero_is_shown && value == it->second.front()) problem(path, "a zero enum must be left out");
      return;
    }
    if (const auto it = schema().words.find(type); it != schema().words.end()) {
      if (!value.is_string() || std::find(it->second.begin(), it->second.end(), value) == it->second.end())
        problem(path, "is none of the words of " + type);
      return;
    }
    if (value.is_string()) return string_form(type, value.get<std::string>(), path, zero_is_shown);
    other_form(type, value, path, zero_is_shown);
  }

  void string_form(const std::string& type, const std::string& text, const std::string& path, bool zero_is_shown) {
    bool good = false;
    if (type == "string") good = true;
    if (type == "uint64") good = is_digits(text, false);
    if (type == "int64") good = is_digits(text, true);
    if (type == "bytes") good = decode_base64(text).has_value();
    if (type == "Timestamp") good = is_timestamp(text);
    if (type == "address") good = is_address(text);
    if (type == "exec_id") good = is_exec_id(text);
    if (type == "flag_words") good = is_flag_words(text);
    if (type == "permission")
      good = std::regex_match(text, std::regex("[bcdpls-]?(?:[r-][w-][xsS-]){2}[r-][w-][xtT-]"));
    if (type == "hex16") good = std::regex_match(text, std::regex("[0-9a-f]{16}"));
    if (type.starts_with("name:")) good = std::regex_match(text, std::regex(type.substr(5) + "[A-Za-z0-9_]+|[0-9]+"));
    if (!good) return problem(path, "\"" + text + "\" is not of the form " + type);
    const bool number = type == "uint64" || type == "int64";
    if (!zero_is_shown && (text.empty() || (number && text == "0"))) problem(path, "a zero value must be left out");
  }

  void other_form(const std::string& type, const Json& value, const std::string& path, bool zero_is_shown) {
    if (type == "map") return string_map(value, path);
    const bool wrapper = type.ends_with("Value");
    const std::string plain = type == "UInt32Value"  ? "uint32"
                              : type == "Int32Value" ? "int32"
                              : type == "BoolValue"  ? "bool"
                                                     : type;
    bool good = false;
    if (plain == "bool") good = value.is_boolean();
    if (plain == "uint32") good = value.is_number_unsigned() && value.get<std::uint64_t>() <= 0xFFFFFFFFU;
    if (plain == "int32")
      good = value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= 0x7FFFFFFFU) &&
             value.get<std::int64_t>() >= -0x80000000LL;
    if (plain == "number") good = value.is_number_unsigned() && value.get<std::uint64_t>() < (1ULL << 53);
    if (!good) return problem(path, value.dump() + " is not of the form " + type);
    if (!zero_is_shown && !wrapper && plain != "number" && (value == 0 || value == false))
      problem(path, "a zero value must be left out");
  }

  void string_map(const Json& value, const std::string& path) {
    if (!value.is_object()) return problem(path, "must be an object of strings");
    if (value.empty()) problem(path, "an empty map must be left out");
    for (const auto& [key, text] : value.items())
      if (!text.is_string()) problem(path + "." + key, "must be a string");
  }
};

/// The parser keeps one of two equal keys and says nothing; this sees both.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(Problems& problems) : problems_(problems) {}
  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start: open_.emplace_back(); break;
      case Json::parse_event_t::object_end: open_.pop_back(); break;
      case Json::parse_event_t::key:
        if (!open_.back().insert(parsed.get<std::string>()).second)
          problems_.push_back("the key " + parsed.dump() + " stands twice in one object");
        break;
      case Json::parse_event_t::array_start:
      case Json::parse_event_t::array_end:
      case Json::parse_event_t::value: break;
    }
    return true;
  }

 private:
  Problems& problems_;
  std::vector<std::set<std::string>> open_;
};

}  // namespace

std::vector<std::string> validate_event_line(std::string_view line, bool compat) {
  Problems problems;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.find('\n') != line.npos) problems.push_back("event: a line break inside the line");
  if (line.empty() || line.front() != '{' || line.back() != '}') return {"event: not one JSON object per line"};
  DuplicateKeys duplicates(problems);
  Json event = Json::parse(
      line,
      [&duplicates](int depth, Json::parse_event_t kind, Json& parsed) { return duplicates(depth, kind, parsed); },
      /*allow_exceptions=*/false);
  if (event.is_discarded()) return {"event: not JSON, or not UTF-8"};
  Validator validator;
  if (!compat) {
    if (!event.contains("burin")) {
      problems.push_back("event: \"burin\" is missing");
    } else {
      if (std::prev(event.end()).key() != "burin") problems.push_back("burin: must be the last field");
      validator.message("Burin", event["burin"], "burin");
      event.erase("burin");
    }
  }
  validator.message("Event", event, "");
  problems.insert(problems.end(), validator.problems.begin(), validator.problems.end());
  return problems;
}
