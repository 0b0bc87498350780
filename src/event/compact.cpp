// Tetragon's compact lines, byte for byte for process, exit, connect, close and sendmsg; a gap has a line of its own.
#include "event/compact.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "event/compact_quote.h"

namespace burin {
namespace {

using Json = nlohmann::json;

enum class Color : int { Red = 31, Green = 32, Blue = 34, Magenta = 35, Cyan = 36 };  // SGR codes

/// The member of an object, or null. Never throws, whatever `object` is.
const Json* member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(std::string(key));
  return it == object.end() ? nullptr : &*it;
}

std::string text(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  const auto* string = value ? value->get_ptr<const Json::string_t*>() : nullptr;
  return string ? *string : std::string();
}

/// Digits of a number, or of a 64-bit number in a string; "0" when it was left out.
std::string digits(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  if (!value) return "0";
  if (value->is_number_integer()) return value->dump();
  const auto* string = value->get_ptr<const Json::string_t*>();
  return string ? quote_unprintable(*string) : "?";
}

struct KnownField {
  std::string_view argument, field, zero;
};
// What a left-out field stands for. A field that is in no row here does not exist.
constexpr std::array<KnownField, 33> kKnownFields{{
    {"sock_arg", "family", ""},        {"sock_arg", "type", ""},      {"sock_arg", "protocol", ""},
    {"sock_arg", "mark", "0"},         {"sock_arg", "priority", "0"}, {"sock_arg", "saddr", ""},
    {"sock_arg", "daddr", ""},         {"sock_arg", "sport", "0"},    {"sock_arg", "dport", "0"},
    {"sock_arg", "cookie", "0"},       {"sock_arg", "state", ""},     {"skb_arg", "hash", "0"},
    {"skb_arg", "len", "0"},           {"skb_arg", "priority", "0"},  {"skb_arg", "mark", "0"},
    {"skb_arg", "saddr", ""},          {"skb_arg", "daddr", ""},      {"skb_arg", "sport", "0"},
    {"skb_arg", "dport", "0"},         {"skb_arg", "proto", "0"},     {"skb_arg", "sec_path_len", "0"},
    {"skb_arg", "sec_path_olen", "0"}, {"skb_arg", "protocol", ""},   {"skb_arg", "family", ""},
    {"sockaddr_arg", "family", ""},    {"sockaddr_arg", "addr", ""},  {"sockaddr_arg", "port", "0"},
    {"file_arg", "path", ""},          {"file_arg", "flags", ""},     {"file_arg", "permission", ""},
    {"path_arg", "path", ""},          {"path_arg", "flags", ""},     {"path_arg", "permission", ""},
}};

constexpr std::string_view kUnknown = "?";

/// A JSON scalar as text; strings that could disturb a terminal are quoted.
std::string scalar_text(const Json& value) {
  if (const auto* text = value.get_ptr<const Json::string_t*>()) return quote_unprintable(*text);
  if (const auto* number = value.get_ptr<const Json::number_unsigned_t*>()) return std::to_string(*number);
  if (const auto* number = value.get_ptr<const Json::number_integer_t*>()) return std::to_string(*number);
  if (const auto* flag = value.get_ptr<const Json::boolean_t*>()) return *flag ? "true" : "false";
  return std::string(kUnknown);
}

/// The member of an args[] element that holds the value (the other one is "label").
Json::const_iterator value_of(const Json& argument) {
  if (!argument.is_object()) return argument.cend();
  auto it = argument.cbegin();
  while (it != argument.cend() && it.key() == "label") ++it;
  return it;
}

std::string field_text(const Json& argument, std::string_view field) {
  const auto member = value_of(argument);
  if (!argument.is_object() || member == argument.cend()) return std::string(kUnknown);
  if (field.empty()) return scalar_text(*member);
  for (const auto& known : kKnownFields) {
    if (known.argument != member.key() || known.field != field || !member->is_object()) continue;
    const auto found = member->find(std::string(field));
    return found == member->end() ? std::string(known.zero) : scalar_text(*found);
  }
  return std::string(kUnknown);
}

struct Placeholder {
  std::size_t argument = 0;
  std::string_view field;
};

/// The inside of {...}; false when it is neither N nor N.field.
bool parse_placeholder(std::string_view inside, Placeholder& out) {
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), out.argument);
  if (error != std::errc{}) return false;
  const std::string_view rest = inside.substr(static_cast<std::size_t>(end - inside.data()));
  if (rest.empty()) return true;
  if (rest.size() < 2 || rest[0] != '.') return false;
  out.field = rest.substr(1);
  return out.field.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

/// `format` with each {N.field} and {N} replaced by what args[N] of the event holds. A field that is known but not
/// printed (protobuf leaves zeros out) is "0" or empty; an argument of another type, or a field that it does not have,
/// is "?". `complete` becomes false when the event has no args[N] at all. `args` is the event's array, or null.
std::string format_compact(std::string_view format, const Json* args, bool& complete) {
  std::string out;
  complete = true;
  while (!format.empty()) {
    const std::size_t open = format.find('{');
    const std::size_t close = open == std::string_view::npos ? open : format.find('}', open);
    if (close == std::string_view::npos) break;
    out += format.substr(0, open);
    Placeholder placeholder;
    const std::string_view whole = format.substr(open, close - open + 1);
    if (!parse_placeholder(whole.substr(1, whole.size() - 2), placeholder)) {
      out += whole;
    } else if (!args || !args->is_array() || placeholder.argument >= args->size()) {
      complete = false;
      out += kUnknown;
    } else {
      out += field_text((*args)[placeholder.argument], placeholder.field);
    }
    format.remove_prefix(close + 1);
  }
  return out += format;
}

class Line {
 public:
  Line(const Json& event, const CompactOptions& options) : event_(event), options_(options) {}

  std::string paint(Color color, std::string_view words) const {
    if (!options_.color) return std::string(words);
    return "\x1b[" + std::to_string(static_cast<int>(color)) + "m" + std::string(words) + "\x1b[0m";
  }

  /// "🚀 process": the verb padded to seven columns, coloured as a unit.
  std::string verb(Color color, std::string_view emoji, std::string_view name) const {
    constexpr std::size_t kVerbColumns = 7;
    std::string words = std::string(emoji) + " " + std::string(name);
    if (name.size() < kVerbColumns) words.append(kVerbColumns - name.size(), ' ');
    return paint(color, words);
  }

  std::string node() const { return paint(Color::Green, maybe_quote(burin::text(event_, "node_name"))); }

  /// "source binary": the pod, or the node where there is none.
  std::string process_columns(const Json& process) const {
    const Json* pod = member(process, "pod");
    const std::string source =
        pod ? paint(Color::Green, maybe_quote(burin::text(*pod, "namespace") + "/" + burin::text(*pod, "name")))
            : node();
    return source + " " + paint(Color::Magenta, maybe_quote(burin::text(process, "binary")));
  }

  std::string arguments(const Json& process) const {
    return paint(Color::Cyan, maybe_quote(burin::text(process, "arguments")));
  }

 private:
  const Json& event_;
  const CompactOptions& options_;
};

std::string exec_line(const Line& line, const Json& process) {
  return line.verb(Color::Blue, "🚀", "process") + " " + line.process_columns(process) + " " + line.arguments(process);
}

std::string exit_line(const Line& line, const Json& event, const Json& exit, const Json& process) {
  std::string status = quote_unprintable(text(exit, "signal"));
  if (status.empty()) {
    const Json* burin = member(event, "burin");
    const Json* notes = burin ? member(*burin, "exit") : nullptr;
    if (notes && text(*notes, "code") == "unknown") {
      status = "?";
    } else if (notes && member(*notes, "signal")) {
      status = "signal " + digits(*notes, "signal");  // a real-time signal: Tetragon shows the status, which says 0
    } else {
      status = digits(exit, "status");
    }
  }
  return line.verb(Color::Blue, "💥", "exit") + " " + line.process_columns(process) + " " + line.arguments(process) +
         " " + line.paint(Color::Red, status);
}

/// "__x64_sys_write" is known as "sys_write".
std::string_view without_syscall_prefix(std::string_view function) {
  for (const std::string_view prefix : {"__x64_", "__arm64_", "__ia32_"})
    if (function.substr(0, prefix.size()) == prefix && function.substr(prefix.size(), 4) == "sys_")
      return function.substr(prefix.size());
  return function;
}

std::string kprobe_line(const Line& line, const Json& kprobe, const Json& process, const ProbeCatalog& catalog) {
  const std::string function = text(kprobe, "function_name");
  const Probe* probe = catalog.find_function(without_syscall_prefix(function));
  const std::string columns = line.process_columns(process);
  if (!probe || probe->compact.verb.empty())
    return line.verb(Color::Blue, "❓", "syscall") + " " + columns + " " + quote_unprintable(function);
  const CompactForm& form = probe->compact;
  std::string out = line.verb(Color::Blue, form.emoji, form.verb) + " " + columns;
  const Json* args = member(kprobe, "args");
  bool complete = true;
  if (!form.details.empty()) {
    const std::string details = format_compact(form.details, args, complete);
    // Without the argument Tetragon prints nothing there, not even colour, but still the space.
    out += " " + (complete ? line.paint(Color::Cyan, details) : std::string());
  }
  if (!form.trailer.empty()) {
    if (form.trailer.front() != ' ') out += ' ';
    out += format_compact(form.trailer, args, complete);
  }
  return out;
}

std::string gap_line(const Line& line, const Json& event, const Json& info) {
  std::string out = line.verb(Color::Red, "🕳", "gap") + " " + line.node() + " " +
                    line.paint(Color::Red, digits(info, "number_of_dropped_process_events") + " events lost");
  const Json* burin = member(event, "burin");
  const Json* gap = burin ? member(*burin, "gap") : nullptr;
  if (!gap) return out;
  out += " (" + quote_unprintable(text(*gap, "reason"));
  if (member(*gap, "cpu")) out += ", cpu " + digits(*gap, "cpu");
  return out + ")";
}

/// "2026-01-02T03:04:05.700Z" -> "2026-01-02T03:04:05.700000000Z "; nothing when the event has no time.
std::string timestamp_prefix(const Json& event) {
  constexpr std::size_t kSeconds = 19, kWithFraction = 29;
  std::string time = text(event, "time");
  if (time.size() <= kSeconds || time.back() != 'Z') return time.empty() ? time : quote_unprintable(time) + " ";
  time.pop_back();
  if (time.size() == kSeconds) time.push_back('.');
  if (time.size() < kWithFraction) time.append(kWithFraction - time.size(), '0');
  return quote_unprintable(time + "Z") + " ";
}

/// The process of an event; every kind that goes through here has one.
Result<const Json*> process_of(const Json& body) {
  const Json* process = member(body, "process");
  if (!process) return fail(ErrorCode::Io, "this event has no process");
  return process;
}

/// Without timestamp and line end; empty for a kind that has no compact form.
Result<std::string> event_line(const Line& line, const Json& event, const ProbeCatalog& catalog) {
  if (const Json* exec = member(event, "process_exec")) {
    TRY(const Json* process, process_of(*exec));
    return exec_line(line, *process);
  }
  if (const Json* exit = member(event, "process_exit")) {
    TRY(const Json* process, process_of(*exit));
    return exit_line(line, event, *exit, *process);
  }
  if (const Json* kprobe = member(event, "process_kprobe")) {
    TRY(const Json* process, process_of(*kprobe));
    return kprobe_line(line, *kprobe, *process, catalog);
  }
  if (const Json* info = member(event, "rate_limit_info")) return gap_line(line, event, *info);
  return std::string();
}

}  // namespace

Result<std::string> compact_line(std::string_view json, const ProbeCatalog& catalog, const CompactOptions& options) {
  const Json event = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!event.is_object()) {
    constexpr std::size_t kShown = 80;
    return fail(ErrorCode::Io, "this line is not a JSON object: " + go_quote(json.substr(0, kShown)));
  }
  const Line line(event, options);
  TRY(std::string out, event_line(line, event, catalog));
  if (out.empty()) return out;
  if (options.timestamps) out.insert(0, timestamp_prefix(event));
  return out += '\n';
}

}  // namespace burin
