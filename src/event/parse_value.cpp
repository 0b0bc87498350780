// One function a key, in the order of the encoder's.
#include "event/parse_value.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "event/base64.h"
#include "model/net_names.h"

namespace burin {
namespace {

using Parsed = std::optional<Value>;

/// A field that protobuf leaves out when it is zero. False when it is there and no number that fits.
template <class Number>
bool read(const JsonNode& object, std::string_view key, Number& out) {
  const JsonNode* field = object.find(key);
  if (!field) return true;
  const auto number = field->natural();
  if (!number || *number > std::numeric_limits<Number>::max()) return false;
  out = static_cast<Number>(*number);
  return true;
}

/// A name of a table, or the decimal number of one that has none.
template <class Number>
bool read_name(const JsonNode& object, std::string_view key, std::span<const NamedNumber> table, Number& out) {
  const JsonNode* field = object.find(key);
  if (!field) return true;
  if (const NamedNumber* named = find_name(table, field->text)) {
    out = static_cast<Number>(named->number);
    return true;
  }
  return read(object, key, out);
}

bool read_address(const JsonNode& object, std::string_view key, std::uint16_t family, AddressBytes& out) {
  const JsonNode* field = object.find(key);
  if (!field || (family != AF_INET && family != AF_INET6)) return true;
  return ::inet_pton(family, field->text.c_str(), out.data()) == 1;
}

/// False when bytes were lost on the way to JSON.
bool exact_text(const std::string& text) {
  return text.find("\xEF\xBF\xBD") == std::string::npos;
}

template <class T>
Parsed when(bool good, T value) {
  if (!good) return std::nullopt;
  return Value(std::move(value));
}

Parsed sock(const JsonNode& o) {
  SockValue v;
  const bool good =
      read_name(o, "family", family_table(), v.family) && read_name(o, "type", socket_type_table(), v.type) &&
      read_name(o, "protocol", protocol_table(), v.protocol) && read(o, "mark", v.mark) &&
      read(o, "priority", v.priority) && read_address(o, "saddr", v.family, v.saddr) &&
      read_address(o, "daddr", v.family, v.daddr) && read(o, "sport", v.sport) && read(o, "dport", v.dport) &&
      read(o, "cookie", v.cookie) && read_name(o, "state", tcp_state_table(), v.state);
  return when(good, v);
}

Parsed skb(const JsonNode& o) {
  SkbValue v;
  const bool good = read(o, "hash", v.hash) && read(o, "len", v.len) && read(o, "priority", v.priority) &&
                    read(o, "mark", v.mark) && read_name(o, "family", family_table(), v.family) &&
                    read_address(o, "saddr", v.family, v.saddr) && read_address(o, "daddr", v.family, v.daddr) &&
                    read(o, "sport", v.sport) && read(o, "dport", v.dport) &&
                    read_name(o, "protocol", protocol_table(), v.protocol);
  return when(good, v);
}

Parsed sockaddr(const JsonNode& o) {
  SockaddrValue v;
  const bool good = read_name(o, "family", family_table(), v.family) && read_address(o, "addr", v.family, v.addr) &&
                    read(o, "port", v.port);
  return when(good, v);
}

Parsed sockaddr_un(const JsonNode& o) {
  SockaddrUnValue v;
  v.path = o.string("path");
  const bool good = read_name(o, "family", family_table(), v.family) && exact_text(v.path);
  return when(good, v);
}

Parsed int_arg(const JsonNode& node) {
  const auto number = node.integer();
  return when(number && *number >= std::numeric_limits<std::int32_t>::min() &&
                  *number <= std::numeric_limits<std::int32_t>::max(),
              IntValue{static_cast<std::int32_t>(number.value_or(0))});
}
Parsed uint_arg(const JsonNode& node) {
  const auto number = node.natural();
  return when(number && *number <= 0xffffffffU, UintValue{static_cast<std::uint32_t>(number.value_or(0))});
}
Parsed long_arg(const JsonNode& node) {
  return when(node.integer().has_value(), LongValue{node.integer().value_or(0)});
}
Parsed size_arg(const JsonNode& node) {
  return when(node.natural().has_value(), SizeValue{node.natural().value_or(0)});
}
Parsed string_arg(const JsonNode& node) {
  return when(node.is_string() && exact_text(node.text), StringValue{node.text, false});
}

Parsed bytes(const JsonNode& node) {
  const auto decoded = base64_decoded(node.text);
  return when(node.is_string() && decoded, BytesValue{decoded.value_or(""), decoded ? decoded->size() : 0});
}
Parsed truncated_bytes(const JsonNode& o) {
  const auto decoded = base64_decoded(o.string("bytes_arg"));
  BytesValue v{decoded.value_or(""), 0};
  const bool good = decoded && read(o, "orig_size", v.orig_size);
  return when(good, v);
}

/// "-rw-r--r--" back into an inode's mode; 0 when it is not there.
std::uint32_t mode_of(const std::string& permission) {
  constexpr std::string_view kTypes = "-dlcbsp";
  constexpr std::array<std::uint32_t, 7> kModes{S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFSOCK, S_IFIFO};
  if (permission.size() < 9) return 0;
  std::uint32_t mode = 0;
  if (permission.size() == 10)
    if (const auto type = kTypes.find(permission.front()); type != std::string_view::npos) mode |= kModes[type];
  const std::string bits = permission.substr(permission.size() - 9);
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i] != '-' && bits[i] != 'S' && bits[i] != 'T') mode |= 0400U >> i;
  for (const auto& [at, bit] : {std::pair{2U, S_ISUID}, std::pair{5U, S_ISGID}, std::pair{8U, S_ISVTX}})
    if (bits[at] == 's' || bits[at] == 'S' || bits[at] == 't' || bits[at] == 'T')
      mode |= static_cast<std::uint32_t>(bit);
  return mode;
}

template <PathValue::Kind kKind>
Parsed path(const JsonNode& o) {
  PathValue v;
  v.kind = kKind;
  v.path = o.string("path");
  v.incomplete = o.string("flags") == "unresolvedPathComponents";
  v.mode = mode_of(o.string("permission"));
  return when(o.is_object() && exact_text(v.path), v);
}

Parsed syscall(const JsonNode& o) {
  // AUDIT_ARCH_* of linux/audit.h.
  constexpr std::pair<std::string_view, std::uint32_t> kAbis[] = {
      {"x64", 0xc000003eU}, {"i386", 0x40000003U}, {"arm64", 0xc00000b7U}, {"arm32", 0x40000028U}};
  SyscallValue v;
  const std::string abi = o.string("abi");
  for (const auto& [name, number] : kAbis)
    if (name == abi) v.abi = number;
  const bool good = read(o, "id", v.id) && v.abi != 0;
  return when(good, v);
}

template <CapsValue::Kind kKind>
Parsed caps(const JsonNode& node) {
  CapsValue v;
  v.kind = kKind;
  const char* end = node.text.data() + node.text.size();
  const auto [at, error] = std::from_chars(node.text.data(), end, v.bits, 16);
  return when(error == std::errc{} && at == end && node.text.size() == 16, v);
}

Parsed capability(const JsonNode& o) {
  const JsonNode* number = o.find("value");
  const auto value = number ? number->integer() : std::optional<std::int64_t>(0);
  return when(value.has_value(), CapabilityValue{static_cast<std::int32_t>(value.value_or(0))});
}

Parsed error(const JsonNode& o) {
  return when(o.is_object(), ErrorValue{o.string("Message")});
}

struct Parser {
  std::string_view key;
  Parsed (*parse)(const JsonNode& node);
};
constexpr std::array kParsers = std::to_array<Parser>({
    {"sock_arg", sock},
    {"skb_arg", skb},
    {"sockaddr_arg", sockaddr},
    {"sockaddrun_arg", sockaddr_un},
    {"int_arg", int_arg},
    {"uint_arg", uint_arg},
    {"long_arg", long_arg},
    {"size_arg", size_arg},
    {"string_arg", string_arg},
    {"bytes_arg", bytes},
    {"truncated_bytes_arg", truncated_bytes},
    {"file_arg", path<PathValue::Kind::File>},
    {"path_arg", path<PathValue::Kind::Path>},
    {"linux_binprm_arg", path<PathValue::Kind::LinuxBinprm>},
    {"syscall_id", syscall},
    {"kernel_cap_t_arg", caps<CapsValue::Kind::KernelCapT>},
    {"cap_inheritable_arg", caps<CapsValue::Kind::Inheritable>},
    {"cap_permitted_arg", caps<CapsValue::Kind::Permitted>},
    {"cap_effective_arg", caps<CapsValue::Kind::Effective>},
    {"capability_arg", capability},
    {"error_arg", error},
});

}  // namespace

const std::pair<std::string, JsonNode>* argument_member(const JsonNode& argument) {
  for (const auto& member : argument.members)
    if (member.first != "label") return &member;
  return nullptr;
}

std::optional<Value> parse_argument(const JsonNode& argument) {
  const auto* member = argument_member(argument);
  if (!member) return std::nullopt;
  for (const Parser& parser : kParsers)
    if (parser.key == member->first) return parser.parse(member->second);
  return std::nullopt;
}

}  // namespace burin
