// The two ends of a socket-like argument: where family, address and port lie in C and in a decoded value.
#pragma once
#include <optional>
#include <string>

#include "model/value.h"
#include "types/arg_type.h"

namespace burin {

enum class Side { Source, Destination };

struct Endpoint {
  std::uint16_t family = 0;
  AddressBytes address{};
  std::uint16_t port = 0;
};

/// Socket and packet arguments have both sides; a sockaddr has only one, which counts as its source (Tetragon's rule).
bool has_side(TypeClass type, Side side);
/// Nothing when the value is not of a kind that has this side.
std::optional<Endpoint> endpoint_of(const Value& value, Side side);

/// C lvalues inside the captured field `arg`.
std::string address_in_c(const std::string& arg, TypeClass type, Side side);
std::string port_in_c(const std::string& arg, TypeClass type, Side side);

}  // namespace burin
