// Event -> the JSON line (Tetragon's form plus the burin object), written by hand because it is the hot path.
#pragma once
#include <string>
#include <string_view>

#include "model/event.h"

namespace burin {

/// Appends `text` as a JSON string with quotes. Each run of bytes that is not UTF-8 becomes one U+FFFD, as Tetragon's
/// agent has it (Go's strings.ToValidUTF8).
void append_json_string(std::string& out, std::string_view text);
/// RFC 3339 UTC with 0, 3, 6 or 9 fractional digits as needed, in quotes.
void append_timestamp(std::string& out, std::uint64_t wall_ns);
/// RFC 5952 text of an address, without quotes; an IPv4-mapped one is "::ffff:a.b.c.d". `family` AF_INET or AF_INET6,
/// anything else gives "invalid IP".
void append_address(std::string& out, std::uint16_t family, const AddressBytes& bytes);
/// Standard base64 with padding.
std::string base64(std::string_view bytes);

/// A value as args[] has it: [{"sock_arg":{...}}]; [] for one of type nop; an array of longs has several elements.
std::string encode_arguments(const Value& value);

/// Fills process.json from its other fields. A process that is not `known` gets pid, flags "unknown" and start_time
/// only.
void encode_process(ProcessInfo& process);
/// Fills event.line and event.burin_at. The process and parent must have their json. The line's form is docs/events.md.
void encode_event(Event& event, std::string_view node_name);

}  // namespace burin
