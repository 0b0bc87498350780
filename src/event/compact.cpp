// Tetragon's compact lines, byte for byte for everything that it formats; after them, what it leaves out: the arguments
// of hooks that it shows by name only. A gap has a line of its own.
#include "event/compact.h"

#include <algorithm>

#include "event/base64.h"
#include "event/compact_form.h"
#include "event/compact_quote.h"
#include "event/compact_value.h"

namespace burin {
namespace {

using Json = JsonNode;

enum class Color : int { Red = 31, Green = 32, Yellow = 33, Blue = 34, Magenta = 35, Cyan = 36 };  // SGR codes

/// Digits of a number, or of a 64-bit number in a string; "0" when it was left out.
std::string digits(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  if (!value) return "0";
  return value->is_string() || value->kind == Json::Kind::Number ? quote_unprintable(value->text) : "?";
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

  std::string node() const { return paint(Color::Green, maybe_quote(event_.string("node_name"))); }

  /// "source binary": the pod, or the node where there is none.
  std::string process_columns(const Json& process) const {
    const Json* pod = process.find("pod");
    const std::string source =
        pod ? paint(Color::Green, maybe_quote(pod->string("namespace") + "/" + pod->string("name"))) : node();
    return source + " " + paint(Color::Magenta, maybe_quote(process.string("binary")));
  }

  std::string arguments(const Json& process) const {
    return paint(Color::Cyan, maybe_quote(process.string("arguments")));
  }

  /// `line` with the mark of a process that may do everything, right-aligned to column 120 of bytes, as Tetragon pads
  /// it.
  std::string with_capabilities(std::string line, const Json& process) const {
    constexpr std::string_view kMark = "🛑 CAP_SYS_ADMIN";
    constexpr std::size_t kMarkColumns = 15, kTrailerColumn = 120;
    const Json* caps = process.find("cap");
    const Json* effective = caps ? caps->find("effective") : nullptr;
    if (!effective || std::ranges::none_of(effective->items, [](const Json& c) { return c.text == "CAP_SYS_ADMIN"; }))
      return line;
    const std::size_t width = line.size() < kTrailerColumn ? kTrailerColumn - line.size() : 0;
    line.append(1 + (width > kMarkColumns ? width - kMarkColumns : 0), ' ');
    return line += kMark;
  }

  const CompactOptions& options() const { return options_; }

 private:
  const Json& event_;
  const CompactOptions& options_;
};

std::string exec_line(const Line& line, const Json& process) {
  return line.verb(Color::Blue, "🚀", "process") + " " + line.process_columns(process) + " " + line.arguments(process);
}

std::string exit_line(const Line& line, const Json& event, const Json& exit, const Json& process) {
  std::string status = quote_unprintable(exit.string("signal"));
  if (status.empty()) {
    const Json* burin = event.find("burin");
    const Json* notes = burin ? burin->find("exit") : nullptr;
    if (notes && notes->string("code") == "unknown") {
      status = "?";
    } else if (notes && notes->find("signal")) {
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

/// What Tetragon leaves out: the arguments, `data` and the return value.
std::string more(const Line& line, const Json& body, const Json* notes) {
  if (line.options().tetragon_only) return {};
  const auto part = [&](const char* key) {
    const Json* found = body.find(key);
    return found || !notes ? found : notes->find(key);
  };
  std::string out = compact_arguments(part("args")) + compact_arguments(part("data"));
  if (const Json* returned = part("return")) out += " = " + compact_value(*returned);
  return out.empty() ? out : " " + line.paint(Color::Cyan, std::string_view(out).substr(1));
}

std::string known_function_line(const Line& line, const Json& kprobe, const Json& process, const CompactForm& form) {
  const Json* args = kprobe.find("args");
  const bool bracket = line.options().bracket_ipv6;
  const CompactVariant* variant = matching_variant(form, args);
  bool complete = true;
  const std::string verb = format_compact(variant ? variant->verb : form.verb, args, bracket, complete);
  std::string out =
      line.verb(Color::Blue, variant ? variant->emoji : form.emoji, verb) + " " + line.process_columns(process);
  for (const std::string& part : form.details) {
    const std::string details = format_compact(part, args, bracket, complete);
    // Without the argument Tetragon prints nothing there, not even colour, but still the space.
    out += " " + (complete ? line.paint(Color::Cyan, details) : std::string());
  }
  if (!form.trailer.empty()) {
    if (form.trailer.front() != ' ') out += ' ';
    out += format_compact(form.trailer, args, bracket, complete);
  }
  return out;
}

std::string kprobe_line(const Line& line, const Json& kprobe, const Json& process, const ProbeCatalog& catalog) {
  const std::string function = kprobe.string("function_name");
  const Probe* probe = catalog.find_function(without_syscall_prefix(function));
  if (probe && !probe->compact.verb.empty()) return known_function_line(line, kprobe, process, probe->compact);
  return line.verb(Color::Blue, "❓", "syscall") + " " + line.process_columns(process) + " " +
         quote_unprintable(function) + more(line, kprobe, nullptr);
}

/// "subsys event", "path symbol" and the like, cyan as one.
std::string named_line(const Line& line, const Json& body, const Json& process, const Json* notes,
                       std::string_view emoji, std::string_view verb, std::initializer_list<const char*> names) {
  std::string details;
  for (const char* name : names) {
    if (!details.empty()) details += ' ';
    details += quote_unprintable(body.string(name));
  }
  return line.verb(Color::Blue, emoji, verb) + " " + line.process_columns(process) + " " +
         line.paint(Color::Cyan, details) + more(line, body, notes);
}

std::string tracepoint_line(const Line& line, const Json& body, const Json& process, const Json* notes) {
  if (body.string("subsys") == "raw_syscalls" && body.string("event") == "sys_enter")
    if (const std::string call = compact_syscall(body.find("args")); !call.empty())
      return line.verb(Color::Blue, "☎ ", "syscall") + " " + line.process_columns(process) + " " + call;
  return named_line(line, body, process, notes, "⁉️", "tracepoint", {"subsys", "event"});
}

std::string uprobe_line(const Line& line, const Json& body, const Json& process, const Json* notes) {
  return named_line(line, body, process, notes, "🕵️", "uprobe", {"path", "symbol"});
}
std::string usdt_line(const Line& line, const Json& body, const Json& process, const Json* notes) {
  return named_line(line, body, process, notes, "🕵️", "usdt", {"path", "provider", "name"});
}
std::string lsm_line(const Line& line, const Json& body, const Json& process, const Json* notes) {
  return named_line(line, body, process, notes, "🔒", "LSM", {"function_name"});
}

/// "[buildid ]path".
std::string loader_line(const Line& line, const Json& body, const Json& process, const Json*) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  for (const char c : base64_decoded(body.string("buildid")).value_or("")) {
    id += kHex[static_cast<unsigned char>(c) >> 4];
    id += kHex[static_cast<unsigned char>(c) & 15];
  }
  return line.verb(Color::Blue, "🧬", "loader") + " " + line.process_columns(process) + " " +
         (id.empty() ? "" : line.paint(Color::Cyan, id) + " ") +
         line.paint(Color::Yellow, quote_unprintable(body.string("path")));
}

std::string throttle_line(const Line& line, const Json& throttle) {
  const std::string type = throttle.string("type");
  const std::string word = type == "THROTTLE_START"  ? line.paint(Color::Red, "START")
                           : type == "THROTTLE_STOP" ? line.paint(Color::Green, "STOP ")
                                                     : quote_unprintable(type);
  return line.verb(Color::Red, "🧬", "throttle") + " " + word + " " +
         line.paint(Color::Cyan, quote_unprintable(throttle.string("cgroup")));
}

/// Hexadecimal digits of a 64-bit number; "0" when it was left out.
std::string hex(const Json& object, std::string_view key) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const Json* value = object.find(key);
  std::uint64_t number = value ? value->natural().value_or(0) : 0;
  std::string out;
  do {
    out.insert(out.begin(), kHex[number & 15]);
    number >>= 4;
  } while (number != 0);
  return out;
}

/// "   0x0: symbol+0x48", for user frames "   0x0: symbol (module+0x48)".
std::string stack_lines(const Line& line, const Json* frames, std::string_view title, bool user) {
  if (!frames || frames->items.empty()) return {};
  std::string out = std::string(title) + ":\n";
  for (const Json& frame : frames->items) {
    const std::string symbol = line.paint(Color::Blue, quote_unprintable(frame.string("symbol")));
    const std::string offset = line.paint(Color::Yellow, "0x" + hex(frame, "offset"));
    out += "   " + line.paint(Color::Green, "0x" + hex(frame, "address")) + ": " + symbol;
    out += user ? " (" + quote_unprintable(frame.string("module")) + "+" + offset + ")\n" : "+" + offset + "\n";
  }
  return out;
}

/// What stands below an event's line: its stacks, and the hash of the file that an LSM hook measured.
std::string lines_below(const Line& line, const Json& body, const Json* notes) {
  std::string out;
  const auto part = [&](const char* key) {
    const Json* found = body.find(key);
    return found || !notes ? found : notes->find(key);
  };
  if (line.options().stack_traces)
    out = stack_lines(line, part("kernel_stack_trace"), "Kernel", false) +
          stack_lines(line, part("user_stack_trace"), "User", true);
  const std::string hash = body.string("ima_hash");
  if (hash.empty() || !line.options().ima_hash) return out;
  const Json* args = body.find("args");
  const std::string file = args && !args->items.empty() ? compact_value(args->items.front()) : "?";
  return out + "   " + file + " " + quote_unprintable(hash) + "\n";
}

std::string gap_line(const Line& line, const Json& event, const Json& info) {
  std::string out = line.verb(Color::Red, "🕳", "gap") + " " + line.node() + " " +
                    line.paint(Color::Red, digits(info, "number_of_dropped_process_events") + " events lost");
  const Json* burin = event.find("burin");
  const Json* gap = burin ? burin->find("gap") : nullptr;
  if (!gap) return out;
  out += " (" + quote_unprintable(gap->string("reason"));
  if (gap->find("cpu")) out += ", cpu " + digits(*gap, "cpu");
  if (gap->find("at_least")) out += ", at least";
  return out + ")";
}

/// "2026-01-02T03:04:05.700Z" -> "2026-01-02T03:04:05.700000000Z "; nothing when the event has no time.
std::string timestamp_prefix(const Json& event) {
  constexpr std::size_t kSeconds = 19, kWithFraction = 29;
  std::string time = event.string("time");
  if (time.size() <= kSeconds || time.back() != 'Z') return time.empty() ? time : quote_unprintable(time) + " ";
  time.pop_back();
  if (time.size() == kSeconds) time.push_back('.');
  if (time.size() < kWithFraction) time.append(kWithFraction - time.size(), '0');
  return quote_unprintable(time + "Z") + " ";
}

struct KindLine {
  std::string_view key;
  std::string (*write)(const Line& line, const Json& body, const Json& process, const Json* notes);
};
constexpr KindLine kKindLines[] = {{"process_tracepoint", tracepoint_line},
                                   {"process_uprobe", uprobe_line},
                                   {"process_usdt", usdt_line},
                                   {"process_lsm", lsm_line},
                                   {"process_loader", loader_line}};

/// Whole, with its line end; empty for a kind that has no compact form. An event of a process without its process is an
/// error.
Result<std::string> event_line(const Line& line, const Json& event, const ProbeCatalog& catalog) {
  if (const Json* info = event.find("rate_limit_info")) return gap_line(line, event, *info) + "\n";
  if (const Json* throttle = event.find("process_throttle")) return throttle_line(line, *throttle) + "\n";
  const auto found = std::ranges::find_if(event.members, [](const auto& m) { return m.first.starts_with("process_"); });
  if (found == event.members.end()) return std::string();
  const auto& [key, body] = *found;
  const Json* process = body.find("process");
  if (!process) return fail(ErrorCode::Io, "this event has no process");
  const Json* notes = event.find("burin");
  std::string out;
  if (key == "process_exec") out = exec_line(line, *process);
  if (key == "process_exit") out = exit_line(line, event, body, *process);
  if (key == "process_kprobe") out = kprobe_line(line, body, *process, catalog);
  for (const KindLine& kind : kKindLines)
    if (kind.key == key) out = kind.write(line, body, *process, notes);
  if (out.empty()) return out;
  if (const Json* info = event.find("aggregation_info"); info && !line.options().tetragon_only)
    out += " ×" + digits(*info, "count");
  return line.with_capabilities(std::move(out), *process) + "\n" + lines_below(line, body, notes);
}

}  // namespace

Result<std::string> compact_line(std::string_view json, const ProbeCatalog& catalog, const CompactOptions& options) {
  const std::optional<Json> event = parse_json(json);
  if (!event || !event->is_object()) {
    constexpr std::size_t kShown = 80;
    return fail(ErrorCode::Io, "this line is not a JSON object: " + go_quote(json.substr(0, kShown)));
  }
  const Line line(*event, options);
  TRY(std::string out, event_line(line, *event, catalog));
  if (!out.empty() && options.timestamps) out.insert(0, timestamp_prefix(*event));
  return out;
}

}  // namespace burin
