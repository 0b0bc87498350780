// Query string -> EventQuery. One table of parameters: the messages and the parser read the same lines.
#include "api/event_query.h"

#include <charconv>

namespace burin {
namespace {

tl::unexpected<ApiError> bad_value(const std::string& name, const std::string& what) {
  return tl::unexpected(ApiError{400, "bad_value", "parameter \"" + name + "\": " + what});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

ApiResult<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+')
      return tl::unexpected(ApiError{
          400, "bad_encoding", "a bare \"+\" in the query is ambiguous: write %2B for a plus or %20 for a space"});
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return tl::unexpected(ApiError{400, "bad_encoding",
                                     "a \"%\" in the query must be followed by two hex digits (%25 is a "
                                     "percent sign)"});
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

ApiResult<bool> read_switch(const QueryParameter& p) {
  if (!p.has_value || p.value == "1" || p.value == "true") return true;
  if (p.value == "0" || p.value == "false") return false;
  return bad_value(p.name, "\"" + p.value + "\" is not 1, true, 0 or false (no value at all means true)");
}

ApiResult<std::uint64_t> read_number(const QueryParameter& p) {
  std::uint64_t value = 0;
  const char* end = p.value.data() + p.value.size();
  const auto [at, error] = std::from_chars(p.value.data(), end, value);
  if (p.value.empty() || at != end || error != std::errc())
    return bad_value(p.name, "\"" + p.value + "\" is not a whole number from 0 to 18446744073709551615");
  return value;
}

/// The longest window: an hour of events of one client is as much as may be held back.
constexpr std::uint64_t kMaxWindowSeconds = 3600;

// "10s", "500ms", "1m", "1h".
ApiResult<std::uint64_t> read_window(const QueryParameter& p) {
  struct Unit {
    std::string_view name;
    std::uint64_t ns;
  };
  constexpr Unit kUnits[] = {{"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  std::uint64_t value = 0;
  const char* end = p.value.data() + p.value.size();
  const auto [at, error] = std::from_chars(p.value.data(), end, value);
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  for (const auto& unit : kUnits)
    if (error == std::errc() && rest == unit.name && value > 0 && value <= kMaxWindowSeconds * 1'000'000'000 / unit.ns)
      return value * unit.ns;
  return bad_value(p.name, "\"" + p.value + "\" is not a time from 1ms to 1h, like 500ms, 10s, 1m");
}

// Splits at commas; "\," is a comma that belongs to the value (regular expressions such as a{1,2} need it).
std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      out.back() += ',';
      ++i;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      // Any other escape is the regular expression's own; copied as a pair, so that "\\," is a backslash and a
      // separator.
      out.back() += text[i];
      out.back() += text[++i];
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  return out;
}

struct ListParameter {
  std::string_view name;
  std::vector<std::string> FilterSpec::*field;
  bool empty_allowed;  // namespaces: "" is "events without a pod"
};
constexpr ListParameter kLists[] = {
    {"pods", &FilterSpec::pods, false},
    {"processes", &FilterSpec::processes, false},
    {"namespaces", &FilterSpec::namespaces, true},
    {"events", &FilterSpec::events, false},
    {"policies", &FilterSpec::policies, false},
};
constexpr std::string_view kAllowed =
    "follow, last, since, stream, compat, aggregate, pods, processes, namespaces, events, policies";

ApiResult<bool> read_list(const QueryParameter& p, FilterSpec& filter) {
  for (const auto& list : kLists) {
    if (list.name != p.name) continue;
    for (auto& value : split_list(p.value)) {
      if (value.empty() && !list.empty_allowed)
        return bad_value(p.name,
                         "a value is empty; give one or more, separated by commas (\\, is a comma inside a value)");
      (filter.*list.field).push_back(std::move(value));
    }
    return true;
  }
  return false;
}

template <class T>
ApiResult<bool> set_once(std::optional<T>& slot, const QueryParameter& p, ApiResult<T> value) {
  if (!value) return tl::unexpected(value.error());
  if (slot) return bad_value(p.name, "given more than once");
  slot = std::move(*value);
  return true;
}

ApiResult<std::string> read_text(const QueryParameter& p, std::string_view must_be) {
  if (p.value.empty() || (!must_be.empty() && p.value != must_be))
    return bad_value(p.name, must_be.empty() ? "a value is needed"
                                             : "\"" + p.value + "\" is not known; allowed is " + std::string(must_be));
  return p.value;
}

}  // namespace

Target split_target(std::string_view uri) {
  if (const auto scheme = uri.find("://"); scheme != std::string_view::npos && uri.find('/') == scheme + 1) {
    const auto path = uri.find_first_of("/?", scheme + 3);
    uri = path == std::string_view::npos ? std::string_view("/") : uri.substr(path);
  }
  const auto mark = uri.find('?');
  if (mark == std::string_view::npos) return {std::string(uri), {}};
  return {std::string(uri.substr(0, mark)), std::string(uri.substr(mark + 1))};
}

ApiResult<std::vector<QueryParameter>> parse_query(std::string_view query) {
  std::vector<QueryParameter> out;
  while (!query.empty()) {
    const auto amp = query.find('&');
    const auto piece = query.substr(0, amp);
    query.remove_prefix(amp == std::string_view::npos ? query.size() : amp + 1);
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    auto name = decode(piece.substr(0, equals));
    if (!name) return tl::unexpected(name.error());
    QueryParameter p{std::move(*name), {}, equals != std::string_view::npos};
    if (p.has_value) {
      auto value = decode(piece.substr(equals + 1));
      if (!value) return tl::unexpected(value.error());
      p.value = std::move(*value);
    }
    out.push_back(std::move(p));
  }
  return out;
}

ApiResult<EventQuery> parse_event_query(std::string_view query) {
  auto parameters = parse_query(query);
  if (!parameters) return tl::unexpected(parameters.error());
  EventQuery out;
  std::optional<bool> follow;
  std::optional<std::string> compat;
  for (const auto& p : *parameters) {
    ApiResult<bool> known = false;
    if (p.name == "follow")
      known = set_once(follow, p, read_switch(p));
    else if (p.name == "last")
      known = set_once(out.last, p, read_number(p));
    else if (p.name == "since")
      known = set_once(out.since, p, read_number(p));
    else if (p.name == "stream")
      known = set_once(out.stream, p, read_text(p, ""));
    else if (p.name == "aggregate")
      known = set_once(out.aggregate_ns, p, read_window(p));
    else if (p.name == "compat")
      known = set_once(compat, p, read_text(p, "tetragon"));
    else
      known = read_list(p, out.filter);
    if (!known) return tl::unexpected(known.error());
    if (!*known)
      return tl::unexpected(ApiError{400, "unknown_parameter",
                                     "unknown parameter \"" + p.name + "\"; allowed are " + std::string(kAllowed)});
  }
  if (out.last && out.since)
    return tl::unexpected(
        ApiError{400, "conflict", "parameters \"last\" and \"since\" both say where to start; give one"});
  out.follow = follow.value_or(false);
  out.compat = compat.has_value();
  return out;
}

}  // namespace burin
