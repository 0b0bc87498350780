// One address or CIDR from text. inet_pton decides what an address is; everything around it (prefix, mapped form, and
// the message that says what exactly is wrong) is ours, because a filter that guesses is worse than one that refuses.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "cidr/cidr.h"

namespace burin {
namespace {

constexpr u128 kMappedPrefix = u128{0xffff} << 32;  // ::ffff:0:0

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) out.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  return out + "\"";
}

/// Why inet_pton refused what looks like dotted IPv4.
std::string v4_problem(std::string_view text) {
  std::size_t count = 0, at = 0;
  while (at <= text.size()) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view part = text.substr(at, dot - at);
    ++count;
    if (part.empty()) return quoted(text) + " has an empty part; an IPv4 address is four numbers from 0 to 255";
    if (!std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return quoted(text) + " is not an IPv4 address: " + quoted(part) + " is not a decimal number";
    if (part.size() > 1 && part[0] == '0')
      return "leading zero in " + quoted(part) + " of " + quoted(text) +
             ": some programs read it as octal, so write it without";
    if (part.size() > 3 || std::stoi(std::string(part)) > 255)
      return quoted(part) + " in " + quoted(text) + " is larger than 255";
    at = dot + 1;
  }
  return quoted(text) + " has " + std::to_string(count) + (count == 1 ? " part" : " parts") +
         "; an IPv4 address needs four (10.0.0.0/8, not 10/8)";
}

std::string address_problem(std::string_view text) {
  if (text.find('%') != std::string_view::npos)
    return "zone id " + quoted(text.substr(text.find('%'))) +
           " is not supported: an address is matched on every interface";
  if (text.front() == '[' || text.back() == ']') return quoted(text) + " has brackets; write the bare IPv6 address";
  if (text.find(':') != std::string_view::npos) {
    if (text.find('.') != std::string_view::npos && std::count(text.begin(), text.end(), ':') == 1)
      return quoted(text) + " looks like address:port; ports have their own operators (SPort, DPort)";
    return quoted(text) + " is not an IPv6 address";
  }
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return v4_problem(text);
  return quoted(text) + " is not an IP address or CIDR; host names are not resolved";
}

/// Reads what stands behind the slash; `bits` is the address's length.
std::string parse_prefix(std::string_view text, unsigned bits, unsigned& prefix) {
  const char* family = bits == 32 ? "an IPv4" : "an IPv6";
  if (text.empty()) return "the prefix length behind \"/\" is missing";
  if (text.find('.') != std::string_view::npos)
    return "netmask " + quoted(text) + " is not supported; write a prefix length such as /24";
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return "prefix length " + quoted(text) + " is not a number from 0 to " + std::to_string(bits);
  if (text.size() > 1 && text[0] == '0') return "prefix length " + quoted(text) + " has a leading zero";
  unsigned value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || value > bits)
    return "prefix length " + std::string(text.substr(0, 20)) + " is longer than " + family + " address (" +
           std::to_string(bits) + ")";
  prefix = value;
  return {};
}

ParsedAddress failed(std::string message) {
  ParsedAddress out;
  out.error = std::move(message);
  return out;
}

}  // namespace

ParsedAddress parse_address(std::string_view text) {
  if (text.empty()) return failed("the address is empty");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }))
    return failed(quoted(text) + " contains white space");
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  if (address.empty()) return failed("the address before \"/\" is missing");

  std::array<std::uint8_t, 16> bytes{};
  unsigned bits = 0;
  // An embedded NUL would end inet_pton's view of the text early.
  if (address.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1)
      bits = 32;
    else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
      bits = 128;
  }
  if (bits == 0) return failed(address_problem(address));
  unsigned prefix = bits;
  if (slash != std::string_view::npos)
    if (std::string problem = parse_prefix(text.substr(slash + 1), bits, prefix); !problem.empty())
      return failed(std::move(problem));

  u128 value = 0;
  for (unsigned i = 0; i < bits / 8; ++i) value = value << 8 | bytes[i];
  ParsedAddress out;
  out.is_v4 = bits == 32;
  if (bits == 128 && prefix >= 96 && (value >> 32 << 32) == kMappedPrefix) {
    out.is_v4 = true;
    bits = 32;
    prefix -= 96;
    value = static_cast<std::uint32_t>(value);
  }
  const u128 all = bits == 32 ? u128{0xffffffff} : ~u128{0};
  // Shifting by the full width is undefined, hence the case of /0 apart.
  const u128 host = prefix == 0 ? all : prefix == bits ? 0 : all >> prefix;
  out.host_bits = (value & host) != 0;
  out.range = {value & ~host, value | host};
  return out;
}

}  // namespace burin
