// `burin getevents`: events on the terminal, from a daemon or from a file or pipe, as JSON or as one short line each.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/probe_catalog.h"

namespace burin {

enum class OutputFormat : std::uint8_t { Json, Compact };
enum class ColorMode : std::uint8_t { Auto, Always, Never };
/// "json", "compact"; else Error{InvalidPolicy} that names both.
Result<OutputFormat> parse_output_format(std::string_view text);
/// "auto", "always", "never"; else Error{InvalidPolicy} that names them.
Result<ColorMode> parse_color_mode(std::string_view text);

struct GetEventsOptions {
  std::string server;  ///< "" = standard input if that is a pipe or a file, else http://127.0.0.1:7070
  OutputFormat output = OutputFormat::Json;
  ColorMode color = ColorMode::Auto;   ///< Auto: stdout is a terminal, NO_COLOR is not set or empty, TERM is not "dumb"
  bool timestamps = false;             ///< compact only
  bool follow = true;                  ///< false: print what the daemon has in memory, then end
  std::optional<std::uint64_t> last;   ///< begin with the last N; without it a follower sees new events only
  std::optional<std::uint64_t> since;  ///< begin after this seq
  bool compat = false;  ///< leave out what Tetragon does not have: the JSON's burin object, arguments in compact lines
  std::string aggregate;  ///< window in which equal events become one line ("10s"); empty: each event is a line
  // Compact only.
  bool stack_traces = true, ima_hash = true, bracket_ipv6 = false;
  // One value an element (not split at commas), as in FilterSpec.
  std::vector<std::string> pods, processes, namespaces, events, policies;
  // Where it reads and writes; tests give pipes.
  int in_fd = 0, out_fd = 1, err_fd = 2;
};

/// Runs until the stream ends, and returns the exit code: 0; 1 when the daemon cannot be reached, the stream was cut
/// off, or lines on standard input were not JSON; 2 when the options contradict each other or the daemon refused them.
/// A reader of standard output that goes away (`| head`) ends it quietly with 0; for that it sets SIGPIPE to be
/// ignored.
int getevents(const GetEventsOptions& options, const ProbeCatalog& catalog);

/// The request that these options make: "/v1/events?follow&last=10&processes=curl".
std::string events_request(const GetEventsOptions& options);

}  // namespace burin
