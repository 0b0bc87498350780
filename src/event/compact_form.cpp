#include "event/compact_form.h"

#include <array>
#include <charconv>

#include "event/compact_quote.h"
#include "event/parse_value.h"

namespace burin {
namespace {

struct KnownField {
  std::string_view argument, field, zero;
};
// What a left-out field stands for. A field that is in no row here does not exist.
constexpr std::array kKnownFields = std::to_array<KnownField>({
    {"sock_arg", "family", ""},
    {"sock_arg", "type", ""},
    {"sock_arg", "protocol", ""},
    {"sock_arg", "mark", "0"},
    {"sock_arg", "priority", "0"},
    {"sock_arg", "saddr", ""},
    {"sock_arg", "daddr", ""},
    {"sock_arg", "sport", "0"},
    {"sock_arg", "dport", "0"},
    {"sock_arg", "cookie", "0"},
    {"sock_arg", "state", ""},
    {"skb_arg", "hash", "0"},
    {"skb_arg", "len", "0"},
    {"skb_arg", "priority", "0"},
    {"skb_arg", "mark", "0"},
    {"skb_arg", "saddr", ""},
    {"skb_arg", "daddr", ""},
    {"skb_arg", "sport", "0"},
    {"skb_arg", "dport", "0"},
    {"skb_arg", "proto", "0"},
    {"skb_arg", "sec_path_len", "0"},
    {"skb_arg", "sec_path_olen", "0"},
    {"skb_arg", "protocol", ""},
    {"skb_arg", "family", ""},
    {"sockaddr_arg", "family", ""},
    {"sockaddr_arg", "addr", ""},
    {"sockaddr_arg", "port", "0"},
    {"sockaddrun_arg", "family", ""},
    {"sockaddrun_arg", "path", ""},
    {"file_arg", "path", ""},
    {"file_arg", "flags", ""},
    {"file_arg", "permission", ""},
    {"path_arg", "path", ""},
    {"path_arg", "flags", ""},
    {"path_arg", "permission", ""},
    {"linux_binprm_arg", "path", ""},
    {"linux_binprm_arg", "flags", ""},
    {"linux_binprm_arg", "permission", ""},
    {"bpf_attr_arg", "ProgType", ""},
    {"bpf_attr_arg", "InsnCnt", "0"},
    {"bpf_attr_arg", "ProgName", ""},
    {"bpf_prog_arg", "ProgType", ""},
    {"bpf_prog_arg", "InsnCnt", "0"},
    {"bpf_prog_arg", "ProgName", ""},
    {"bpf_map_arg", "MapType", ""},
    {"bpf_map_arg", "KeySize", "0"},
    {"bpf_map_arg", "ValueSize", "0"},
    {"bpf_map_arg", "MaxEntries", "0"},
    {"bpf_map_arg", "MapName", ""},
    {"perf_event_arg", "KprobeFunc", ""},
    {"perf_event_arg", "Type", ""},
    {"perf_event_arg", "Config", "0"},
    {"perf_event_arg", "ProbeOffset", "0"},
});

constexpr std::string_view kUnknown = "?";

/// A JSON scalar as text; strings that could disturb a terminal are quoted.
std::string scalar_text(const JsonNode& value) {
  switch (value.kind) {
    case JsonNode::Kind::String: return quote_unprintable(value.text);
    case JsonNode::Kind::Number:
    case JsonNode::Kind::Bool: return value.text;
    case JsonNode::Kind::Null:
    case JsonNode::Kind::Array:
    case JsonNode::Kind::Object: break;
  }
  return std::string(kUnknown);
}

/// "r", "w" and "x" by the bits PROT_READ 1, PROT_WRITE 2 and PROT_EXEC 4.
std::string protection(std::uint64_t bits) {
  std::string out;
  for (const auto& [bit, letter] : {std::pair{1U, 'r'}, std::pair{2U, 'w'}, std::pair{4U, 'x'}})
    if ((bits & bit) != 0) out += letter;
  return out;
}

/// What setns's second argument asks for: a CLONE_NEW* number.
std::string namespace_type(std::uint64_t flag) {
  constexpr std::pair<std::uint64_t, std::string_view> kTypes[] = {
      {0, "any"},          {0x02000000, "cgroup"}, {0x08000000, "ipc"},  {0x40000000, "net"}, {0x00020000, "mnt"},
      {0x20000000, "pid"}, {0x00000080, "time"},   {0x10000000, "user"}, {0x04000000, "uts"}};
  for (const auto& [number, name] : kTypes)
    if (number == flag) return std::string(name);
  return std::to_string(flag);
}

struct Form {
  std::string_view name;
  std::string (*show)(std::uint64_t);
};
constexpr Form kForms[] = {{"protection", protection}, {"namespace", namespace_type}};

struct Placeholder {
  std::size_t argument = 0;
  std::string_view field;
  const Form* form = nullptr;
};

/// The inside of {...}; false when it is none of N, N.field and N|form.
bool parse_placeholder(std::string_view inside, Placeholder& out) {
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), out.argument);
  if (error != std::errc{}) return false;
  const std::string_view rest = inside.substr(static_cast<std::size_t>(end - inside.data()));
  if (rest.empty()) return true;
  if (rest.size() < 2) return false;
  if (rest[0] == '|') {
    for (const Form& form : kForms)
      if (form.name == rest.substr(1)) out.form = &form;
    return out.form != nullptr;
  }
  if (rest[0] != '.') return false;
  out.field = rest.substr(1);
  return out.field.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

std::string field_text(const JsonNode& argument, const Placeholder& placeholder, bool bracket_ipv6) {
  const auto* member = argument_member(argument);
  if (!member) return std::string(kUnknown);
  const auto& [key, value] = *member;
  if (placeholder.form) {
    const auto number = value.natural();
    return number ? placeholder.form->show(*number) : std::string(kUnknown);
  }
  if (placeholder.field.empty()) return scalar_text(value);
  for (const auto& known : kKnownFields) {
    if (known.argument != key || known.field != placeholder.field || !value.is_object()) continue;
    const JsonNode* found = value.find(placeholder.field);
    if (!found) return std::string(known.zero);
    const bool address = placeholder.field.ends_with("addr");
    return address ? shown_address(scalar_text(*found), bracket_ipv6) : scalar_text(*found);
  }
  return std::string(kUnknown);
}

}  // namespace

std::string shown_address(std::string address, bool bracket_ipv6) {
  if (!bracket_ipv6 || address.find(':') == std::string::npos) return address;
  return "[" + address + "]";
}

std::string format_compact(std::string_view format, const JsonNode* args, bool bracket_ipv6, bool& complete) {
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
    } else if (!args || !args->is_array() || placeholder.argument >= args->items.size()) {
      complete = false;
      out += kUnknown;
    } else {
      out += field_text(args->items[placeholder.argument], placeholder, bracket_ipv6);
    }
    format.remove_prefix(close + 1);
  }
  return out += format;
}

const CompactVariant* matching_variant(const CompactForm& form, const JsonNode* args) {
  for (const CompactVariant& variant : form.variants) {
    if (!args || variant.argument >= args->items.size()) continue;
    const auto* member = argument_member(args->items[variant.argument]);
    if (member && member->second.integer() == variant.equals) return &variant;
  }
  return nullptr;
}

}  // namespace burin
