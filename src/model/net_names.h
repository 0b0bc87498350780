// Names of socket families, types, protocols and TCP states, as policies write them and events print them.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace burin {

/// One row of a name table.
struct NamedNumber {
  std::string_view name;
  std::uint16_t number;
};

/// The tables, sorted by number. Linux's numbers; the names are Tetragon's, plus IPPROTO_ICMPV6 and with SOCK_PACKET at
/// its real number 10.
std::span<const NamedNumber> family_table();
std::span<const NamedNumber> socket_type_table();
std::span<const NamedNumber> protocol_table();
std::span<const NamedNumber> tcp_state_table();

/// "AF_INET", "SOCK_STREAM", "IPPROTO_TCP", "TCP_SYN_SENT"; the decimal number when it has no name.
std::string family_name(std::uint16_t number);
std::string socket_type_name(std::uint16_t number);
std::string protocol_name(std::uint16_t number);
std::string tcp_state_name(std::uint16_t number);

/// The number of an exact (case-sensitive) name in a table; null when there is none.
const NamedNumber* find_name(std::span<const NamedNumber> table, std::string_view name);

}  // namespace burin
