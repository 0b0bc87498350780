// Where one argument of a USDT probe is, as its note says.
#pragma once
#include <cstdint>
#include <string>

namespace burin {

struct UsdtArg {
  enum class Place { Constant, Register, Memory };
  Place place = Place::Constant;
  std::uint32_t size = 8;  ///< 1, 2, 4 or 8 bytes
  bool is_signed = false;
  std::int64_t number = 0;  ///< Constant: the value; Memory: added to the address
  // Members of struct pt_regs ("di"), from a closed table; empty: none
  std::string base;   ///< Register: the register
  std::string index;  ///< Memory
  std::uint32_t scale = 1;
};

}  // namespace burin
