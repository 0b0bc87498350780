#include "event/compact_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "event/base64.h"
#include "event/compact_form.h"
#include "event/compact_quote.h"
#include "event/parse_value.h"
#include "model/syscalls.h"

namespace burin {
namespace {

constexpr std::string_view kUnknown = "?";
/// Bytes of a buffer that are shown.
constexpr std::size_t kShownBytes = 32;

std::string quoted_text(const std::string& text) {
  return text.empty() ? "\"\"" : maybe_quote(text);
}

/// "AF_INET" -> "inet": names without their prefix, in small letters.
std::string short_name(const std::string& name, std::string_view prefix) {
  std::string out = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return quote_unprintable(out);
}

std::string port_of(const JsonNode& object, std::string_view key) {
  const JsonNode* port = object.find(key);
  return port && port->natural() ? port->text : "0";
}

bool is_ip(const JsonNode& object) {
  return object.string("family").starts_with("AF_INET");
}

std::string endpoint(const JsonNode& object, std::string_view address, std::string_view port) {
  return shown_address(quote_unprintable(object.string(address)), true) + ":" + port_of(object, port);
}

std::string flow(const JsonNode& value) {
  if (!is_ip(value))
    return value.string("family").empty() ? std::string(kUnknown) : quote_unprintable(value.string("family"));
  return short_name(value.string("protocol"), "IPPROTO_") + ":" + endpoint(value, "saddr", "sport") + "->" +
         endpoint(value, "daddr", "dport");
}

std::string sock(const JsonNode& value) {
  const std::string state = value.string("state");
  return flow(value) + (state.empty() ? "" : "," + quote_unprintable(state));
}

std::string skb(const JsonNode& value) {
  const JsonNode* length = value.find("len");
  return flow(value) + (length ? ",len=" + length->text : "");
}

std::string sockaddr(const JsonNode& value) {
  return is_ip(value) ? endpoint(value, "addr", "port") : quote_unprintable(value.string("family"));
}

std::string path(const JsonNode& value) {
  return quoted_text(value.string("path"));
}

/// The beginning of a buffer as text, what is not printable ASCII as \xNN.
std::string bytes_text(const std::string& bytes, std::uint64_t all) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes.substr(0, kShownBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += '"';
  if (all > std::min(bytes.size(), kShownBytes)) out += "...(" + std::to_string(all) + " bytes)";
  return out;
}

std::string bytes(const JsonNode& value) {
  const auto decoded = base64_decoded(value.text);
  return decoded ? bytes_text(*decoded, decoded->size()) : std::string(kUnknown);
}

std::string truncated_bytes(const JsonNode& value) {
  const auto decoded = base64_decoded(value.string("bytes_arg"));
  const JsonNode* size = value.find("orig_size");
  return decoded ? bytes_text(*decoded, size ? size->natural().value_or(0) : decoded->size()) : std::string(kUnknown);
}

std::string error(const JsonNode& value) {
  return "error(" + go_quote(value.string("Message")) + ")";
}

std::string capability(const JsonNode& value) {
  const std::string name = value.string("name");
  if (!name.empty()) return quote_unprintable(name);
  const JsonNode* number = value.find("value");
  return number && number->integer() ? number->text : std::string(kUnknown);
}

/// "write", "i386/write", "x64/4711" for a number that the table does not have.
std::string syscall_text(const JsonNode& value) {
  const std::string abi = value.string("abi");
  const JsonNode* id = value.find("id");
  const std::uint64_t number = id ? id->natural().value_or(0) : 0;
  const std::string_view name = syscall_name(abi, number);
  if (name.empty()) return quote_unprintable(abi) + "/" + std::to_string(number);
  const bool native = abi == "x64" || abi == "arm64";
  return (native ? "" : quote_unprintable(abi) + "/") + std::string(name);
}

/// Objects and lists that have no form of their own: {uid=0,caps={...}}, [a,b].
std::string anything(const JsonNode& value) {
  std::string out;
  switch (value.kind) {
    case JsonNode::Kind::String: return quoted_text(value.text);
    case JsonNode::Kind::Number:
    case JsonNode::Kind::Bool: return value.text;
    case JsonNode::Kind::Null: return std::string(kUnknown);
    case JsonNode::Kind::Array:
      for (const JsonNode& item : value.items) out += (out.empty() ? "" : ",") + anything(item);
      return "[" + out + "]";
    case JsonNode::Kind::Object: break;
  }
  for (const auto& [key, member] : value.members)
    out += (out.empty() ? "" : ",") + quote_unprintable(key) + "=" + anything(member);
  return "{" + out + "}";
}

struct Shown {
  std::string_view key;
  std::string (*show)(const JsonNode& value);
};
constexpr std::array kShown = std::to_array<Shown>({
    {"sock_arg", sock},
    {"skb_arg", skb},
    {"sockaddr_arg", sockaddr},
    {"sockaddrun_arg", path},
    {"file_arg", path},
    {"path_arg", path},
    {"linux_binprm_arg", path},
    {"bytes_arg", bytes},
    {"truncated_bytes_arg", truncated_bytes},
    {"capability_arg", capability},
    {"syscall_id", syscall_text},
    {"error_arg", error},
});

/// A label, or the type's key without its ending: "sock".
std::string name_of(const JsonNode& argument, std::string key) {
  if (const std::string label = argument.string("label"); !label.empty()) return maybe_quote(label);
  if (key.ends_with("_arg")) key.resize(key.size() - 4);
  return quote_unprintable(key);
}

/// The words of a raw syscall: one number an argument, or all in one buffer.
std::vector<std::optional<std::uint64_t>> words_of(const JsonNode& args) {
  std::vector<std::optional<std::uint64_t>> out;
  for (std::size_t i = 1; i < args.items.size(); ++i) {
    const auto* member = argument_member(args.items[i]);
    if (!member) {
      out.emplace_back();
    } else if (member->first == "bytes_arg") {
      const std::string words = base64_decoded(member->second.text).value_or("");
      for (std::size_t at = 0; at + 8 <= words.size(); at += 8) {
        std::uint64_t word = 0;
        for (std::size_t byte = 8; byte-- > 0;) word = word << 8 | static_cast<unsigned char>(words[at + byte]);
        out.emplace_back(word);
      }
    } else if (const auto natural = member->second.natural()) {
      out.emplace_back(natural);
    } else if (const auto integer = member->second.integer()) {
      out.emplace_back(static_cast<std::uint64_t>(*integer));
    } else {
      out.emplace_back();
    }
  }
  return out;
}

/// Pointers in hexadecimal, signed types with their sign, everything else as a number.
std::string word_text(std::string_view type, std::uint64_t word) {
  if (type.ends_with('*')) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), word, 16).ptr;
    return "0x" + std::string(digits.data(), end);
  }
  if (type == "int" || type == "pid_t" || type == "key_serial_t")
    return std::to_string(static_cast<std::int32_t>(static_cast<std::uint32_t>(word)));
  if (type == "long" || type == "off_t" || type == "loff_t") return std::to_string(static_cast<std::int64_t>(word));
  return std::to_string(word);
}

}  // namespace

std::string compact_value(const JsonNode& argument) {
  const auto* member = argument_member(argument);
  if (!member) return std::string(kUnknown);
  for (const Shown& shown : kShown)
    if (shown.key == member->first && (member->second.is_object() || member->second.is_string()))
      return shown.show(member->second);
  return anything(member->second);
}

std::string compact_arguments(const JsonNode* args) {
  std::string out;
  if (!args) return out;
  for (const JsonNode& argument : args->items) {
    const auto* member = argument_member(argument);
    out += " " + (member ? name_of(argument, member->first) + "=" : std::string()) + compact_value(argument);
  }
  return out;
}

std::string compact_syscall(const JsonNode* args) {
  if (!args || args->items.empty()) return {};
  const auto* first = argument_member(args->items.front());
  if (!first) return {};
  std::string name;
  if (first->first == "syscall_id") {
    name = syscall_text(first->second);
  } else {
    const auto number = first->second.natural();  // a policy that takes the number as an integer
    if (!number) return {};
    name = std::string(syscall_name("x64", *number));
    if (name.empty()) name = std::to_string(*number);
  }
  const auto parameters = syscall_parameters(std::string_view(name).substr(name.find('/') + 1));
  if (!parameters) return name + "(?)";
  const auto words = words_of(*args);
  std::string out;
  for (std::size_t i = 0; i < parameters->size(); ++i) {
    const auto& [type, parameter] = (*parameters)[i];
    const bool known = i < words.size() && words[i];
    out += (out.empty() ? "" : ", ") + std::string(type) + " " + std::string(parameter) + "=" +
           (known ? word_text(type, *words[i]) : std::string(kUnknown));
  }
  return name + "(" + out + ")";
}

}  // namespace burin
