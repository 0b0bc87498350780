// A compiled unit whose machine-dependent numbers are holes: compiled when burin is built, filled in where it runs.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/program.h"

namespace burin {

/// A number in an instruction that depends on macros: addend + the sum of the terms.
struct StencilPlace {
  enum class Part : std::uint8_t { Offset, Immediate };  ///< 16 and 32 bits, both signed
  struct Term {
    bool minus = false;
    std::uint32_t hole = 0;  ///< index into Stencil::holes
    friend bool operator==(const Term&, const Term&) = default;
  };
  std::uint32_t program = 0;
  std::uint32_t insn = 0;
  Part part = Part::Immediate;
  std::int64_t addend = 0;
  std::vector<Term> terms;
  friend bool operator==(const StencilPlace&, const StencilPlace&) = default;
};

struct Stencil {
  ProgramSource source;            ///< its defines are those that must be the same; no origins
  std::vector<std::string> holes;  ///< macros that must be defined as some number
  ProgramImage image;              ///< zeroes at the places; kern_version is that of LINUX_VERSION_CODE
  std::vector<StencilPlace> places;
};

/// Compiles `source` with several values for each of `holes` (seeded, so that a build can be repeated) and finds out
/// where each went: no understanding of the text is needed, and a number that is not a sum of holes, or a program whose
/// shape depends on one, is an error. More compiles with other values must come out as predicted.
Result<Stencil> make_stencil(const ProgramSource& source, const std::vector<std::string>& holes,
                             const std::function<Result<ProgramImage>(const ProgramSource&)>& compile);

/// The image for `source`: the same text, programs and fixed macros, and a number for each hole. Nothing when the
/// stencil is for something else or a number does not fit its place.
std::optional<ProgramImage> fill(const Stencil& stencil, const ProgramSource& source);

/// Bytes of several stencils; the reader trusts no length, index or count.
std::string encode_stencils(const std::vector<Stencil>& stencils);
Result<std::vector<Stencil>> decode_stencils(std::string_view bytes);

/// The image for `source` from the first of the encoded stencils that serves; decodes no more than it has to. Error{Io}
/// when they are damaged.
Result<std::optional<ProgramImage>> fill_from(std::string_view stencils, const ProgramSource& source);

}  // namespace burin
