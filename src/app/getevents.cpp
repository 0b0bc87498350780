// Glue between a source of lines (HTTP or standard input) and a printer. What is decided here: where to read from, what
// the exit code is, and that output appears at once without a system call for each line.
#include "app/getevents.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "api/event_client.h"
#include "api/line_filter.h"
#include "api/line_splitter.h"
#include "event/compact.h"

namespace burin {
namespace {

constexpr const char* kDefaultServer = "http://127.0.0.1:7070";
constexpr std::size_t kFlushAt = 32 * 1024;

enum ExitCode : int { kOk = 0, kFailed = 1, kUsage = 2 };

enum class Write { Done, ReaderGone, Failed };

Write write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {  // somebody made our terminal non-blocking
      pollfd p{fd, POLLOUT, 0};
      ::poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return errno == EPIPE ? Write::ReaderGone : Write::Failed;
    }
  }
  return Write::Done;
}

bool wants_color(const GetEventsOptions& options) {
  switch (options.color) {
    case ColorMode::Always: return true;
    case ColorMode::Never: return false;
    case ColorMode::Auto: break;
  }
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(options.out_fd) == 1 && (no_color == nullptr || *no_color == '\0') &&
         !(term != nullptr && std::string_view(term) == "dumb");
}

/// A terminal and /dev/null are not sources of events; whatever a shell connects with | or < is.
bool has_lines(int fd) {
  struct stat s {};
  return ::fstat(fd, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISREG(s.st_mode) || S_ISSOCK(s.st_mode));
}

/// Formats lines and writes them in batches.
class Printer {
 public:
  Printer(const GetEventsOptions& options, const ProbeCatalog& catalog)
      : options_(options), catalog_(catalog), compact_{wants_color(options), options.timestamps,   options.stack_traces,
                                                       options.ima_hash,     options.bracket_ipv6, options.compat} {}

  /// An error means that this line could not be printed; the caller says so and goes on.
  Result<> print(std::string_view line) {
    switch (options_.output) {
      case OutputFormat::Json:
        buffer_ += line;
        buffer_ += '\n';
        break;
      case OutputFormat::Compact: {
        TRY(const std::string text, compact_line(line, catalog_, compact_));
        buffer_ += text;
        break;
      }
    }
    if (buffer_.size() >= kFlushAt) flush();
    return Ok{};
  }
  void flush() {
    if (state_ == Write::Done) state_ = write_all(options_.out_fd, buffer_);
    if (state_ == Write::Failed && error_ == 0) error_ = errno;
    buffer_.clear();
  }
  bool open() const { return state_ == Write::Done; }
  bool failed() const { return state_ == Write::Failed; }
  int error() const { return error_; }

 private:
  const GetEventsOptions& options_;
  const ProbeCatalog& catalog_;
  const CompactOptions compact_;
  std::string buffer_;
  Write state_ = Write::Done;
  int error_ = 0;
};

void say(const GetEventsOptions& options, const std::string& text) {
  // Nothing can be done about a standard error that cannot be written to.
  (void)write_all(options.err_fd, "burin getevents: " + text + "\n");
}

int exit_code_of(ErrorCode code) {
  return code == ErrorCode::InvalidPolicy || code == ErrorCode::Unsupported ? kUsage : kFailed;
}

/// Flushes and turns the end of the printing into the exit code.
int finish(Printer& printer, const GetEventsOptions& options, int code) {
  printer.flush();
  if (!printer.failed()) return code;
  say(options, "cannot write to standard output: " + std::generic_category().message(printer.error()));
  return kFailed;
}

int from_server(const GetEventsOptions& options, Printer& printer) {
  std::uint64_t bad = 0;
  const auto on_line = [&](std::string_view line) {
    if (const auto done = printer.print(line); !done) {
      if (bad++ == 0) say(options, "a line from the server cannot be printed: " + done.error().text());
    }
    return printer.open();
  };
  const auto on_batch = [&] {
    printer.flush();
    return printer.open();
  };
  const auto done = stream_lines(options.server.empty() ? kDefaultServer : options.server, events_request(options),
                                 on_line, on_batch);
  if (!done) {
    const int code = finish(printer, options, exit_code_of(done.error().code));
    say(options, done.error().text());
    return code;
  }
  if (bad > 1) say(options, std::to_string(bad) + " lines from the server could not be printed");
  if (options.follow && printer.open()) say(options, "the server ended the stream");
  return finish(printer, options, bad == 0 ? kOk : kFailed);
}

/// Prints each good line of standard input and complains of each bad one.
class InputReader {
 public:
  InputReader(const GetEventsOptions& options, Printer& printer, LineFilter filter)
      : options_(options), printer_(printer), filter_(std::move(filter)) {}

  bool line(std::string_view text) {
    ++number_;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return true;  // an empty line is no event
    const auto wanted = filter_.matches(text);
    const auto done = !wanted   ? Result<>(tl::unexpected(wanted.error()))
                      : *wanted ? printer_.print(text)
                                : Result<>(Ok{});
    if (!done) {
      printer_.flush();
      say(options_, "standard input, line " + std::to_string(number_) + ": " + done.error().text());
      bad_ = true;
    }
    return printer_.open();
  }
  bool bad() const { return bad_; }

 private:
  const GetEventsOptions& options_;
  Printer& printer_;
  const LineFilter filter_;
  std::uint64_t number_ = 0;
  bool bad_ = false;
};

/// Options that only a daemon can honour, or "".
std::string server_only_option(const GetEventsOptions& options) {
  if (options.last) return "--last";
  if (options.since) return "--since";
  if (!options.follow) return "--no-follow";
  if (!options.aggregate.empty()) return "--aggregate";
  if (options.compat && options.output == OutputFormat::Json) return "--compat";
  return "";
}

int from_input(const GetEventsOptions& options, Printer& printer) {
  if (const auto name = server_only_option(options); !name.empty()) {
    say(options,
        name +
            " needs a server, but standard input is a pipe or a file, so events are read from there; give --server " +
            kDefaultServer + " to ask the daemon, or </dev/null");
    return kUsage;
  }
  auto filter =
      LineFilter::compile({options.pods, options.processes, options.namespaces, options.events, options.policies});
  if (!filter) {
    say(options, filter.error().text() + "; give --server " + kDefaultServer + " to ask the daemon");
    return kUsage;
  }
  InputReader reader(options, printer, std::move(*filter));
  LineSplitter lines([&reader](std::string_view text) { return reader.line(text); });
  auto state = LineSplitter::State::More;
  std::array<char, 64 * 1024> bytes;
  while (state == LineSplitter::State::More) {
    const ssize_t size = ::read(options.in_fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      say(options, "reading standard input: " + std::generic_category().message(errno));
      return finish(printer, options, kFailed);
    }
    if (size == 0) break;
    state = lines.feed({bytes.data(), static_cast<std::size_t>(size)});
    printer.flush();
  }
  if (state == LineSplitter::State::TooLong) {
    say(options, "standard input has a line of more than 16 MiB; that is no event");
    return finish(printer, options, kFailed);
  }
  if (state == LineSplitter::State::More && !lines.rest().empty()) reader.line(lines.rest());
  return finish(printer, options, reader.bad() ? kFailed : kOk);
}

/// One character for a query value: letters, digits and -._~ as they are, the rest as %XX.
void append_encoded(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     std::string_view("-._~").find(c) != std::string_view::npos;
  if (plain) {
    out += c;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

/// One parameter a value. The server splits at commas but for "\,", and reads a backslash and what follows it as a
/// pair, so pairs are copied as pairs and a comma of its own gets its backslash.
void append_values(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  for (const auto& value : values) {
    out += out.find('?') == std::string::npos ? '?' : '&';
    out += name;
    out += '=';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == ',') append_encoded(out, '\\');
      append_encoded(out, value[i]);
      if (value[i] == '\\' && i + 1 < value.size()) append_encoded(out, value[++i]);
    }
  }
}

}  // namespace

Result<OutputFormat> parse_output_format(std::string_view text) {
  if (text == "json") return OutputFormat::Json;
  if (text == "compact") return OutputFormat::Compact;
  return fail(ErrorCode::InvalidPolicy,
              "unknown output format \"" + std::string(text) + "\"; there are json and compact");
}

Result<ColorMode> parse_color_mode(std::string_view text) {
  if (text == "auto") return ColorMode::Auto;
  if (text == "always") return ColorMode::Always;
  if (text == "never") return ColorMode::Never;
  return fail(ErrorCode::InvalidPolicy,
              "unknown color mode \"" + std::string(text) + "\"; there are auto, always and never");
}

std::string events_request(const GetEventsOptions& options) {
  std::string out = "/v1/events";
  const auto add = [&out](const std::string& text) { out += (out.find('?') == std::string::npos ? "?" : "&") + text; };
  if (options.follow) add("follow");
  if (options.last) add("last=" + std::to_string(*options.last));
  if (options.since) add("since=" + std::to_string(*options.since));
  if (options.compat) add("compat=tetragon");
  if (!options.aggregate.empty()) append_values(out, "aggregate", {options.aggregate});
  append_values(out, "pods", options.pods);
  append_values(out, "processes", options.processes);
  append_values(out, "namespaces", options.namespaces);
  append_values(out, "events", options.events);
  append_values(out, "policies", options.policies);
  return out;
}

int getevents(const GetEventsOptions& options, const ProbeCatalog& catalog) {
  ::signal(SIGPIPE, SIG_IGN);
  Printer printer(options, catalog);
  if (options.server.empty() && has_lines(options.in_fd)) return from_input(options, printer);
  return from_server(options, printer);
}

}  // namespace burin
