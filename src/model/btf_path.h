// `resolve: a.b[3].c` and `auto`: what is asked of the kernel's type information, and its answer.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace burin {

/// Add `offset`, then (unless it is the last step) follow the pointer found there.
struct ReadStep {
  std::uint32_t offset = 0;
  bool follow = false;
  friend bool operator==(const ReadStep&, const ReadStep&) = default;
};

/// Where a path begins.
struct BtfQuestion {
  enum class From {
    Function,       ///< parameter `index` of kernel function `name` (kReturn: what it returns)
    RawTracepoint,  ///< parameter `index` of raw tracepoint `name`
    Struct,         ///< a pointer to struct (or union) `name`
  };
  static constexpr std::uint32_t kReturn = 0xffff;
  From from = From::Struct;
  std::string name;
  std::uint32_t index = 0;
  std::string module;  ///< whose BTF has the struct; empty: the kernel's
  std::string file;    ///< a BTF file of the user's (btfPath) instead of the kernel's; empty: none
  std::string path;    ///< "mm.owner.comm"; empty: the beginning itself
};

/// The way to a value and what is there.
struct BtfPath {
  std::vector<ReadStep> steps;  ///< empty: the value itself
  std::uint32_t size = 8;       ///< bytes of the value
  bool is_signed = false;
  bool in_place = false;  ///< a struct or array: its address is the value
  std::uint32_t shift = 0;
  std::uint64_t mask = 0;        ///< not 0: a bit-field, value = (unit >> shift) & mask
  std::string type;              ///< argument type (types/) that fits; empty: none does
  std::string c_type;            ///< for people
  std::uint32_t parameters = 0;  ///< From::Function, From::RawTracepoint: how many there are
};

}  // namespace burin
