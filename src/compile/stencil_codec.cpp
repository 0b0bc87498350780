// Stencils as bytes: what burin-precompile writes and the daemon is linked with.
#include "base/bytes.h"
#include "compile/codec.h"
#include "compile/compiler.h"
#include "compile/stencil.h"

namespace burin {
namespace {

constexpr std::string_view kMagic{"BURINPC\x01", 8};  // the last byte is the format's number
constexpr std::size_t kMaxStencils = 1024, kMaxHoles = 4096, kMaxPlaces = 1'000'000, kMaxTerms = 16, kMaxName = 256;

void write_place(ByteWriter& out, const StencilPlace& place) {
  out.number(place.program);
  out.number(place.insn);
  out.number(static_cast<std::uint8_t>(place.part));
  out.number(static_cast<std::uint64_t>(place.addend));
  out.number(static_cast<std::uint32_t>(place.terms.size()));
  for (const auto& term : place.terms) {
    out.number(static_cast<std::uint8_t>(term.minus));
    out.number(term.hole);
  }
}

StencilPlace read_place(ByteReader& in, const Stencil& stencil) {
  StencilPlace place;
  place.program = in.number<std::uint32_t>();
  place.insn = in.number<std::uint32_t>();
  const auto part = in.number<std::uint8_t>();
  place.part = static_cast<StencilPlace::Part>(part);
  place.addend = static_cast<std::int64_t>(in.number<std::uint64_t>());
  if (part > 1 || place.program >= stencil.image.programs.size() ||
      place.insn >= stencil.image.programs[place.program].insns.size())
    in.fail_with("a place outside the programs");
  const auto terms = in.count(kMaxTerms, 5);
  for (std::uint32_t i = 0; i < terms && in.ok(); ++i) {
    const auto minus = in.number<std::uint8_t>();
    if (minus > 1) in.fail_with("a sign that is neither 0 nor 1");
    const auto hole = in.number<std::uint32_t>();
    if (hole >= stencil.holes.size()) in.fail_with("a place that depends on no hole");
    place.terms.push_back({minus == 1, hole});
  }
  return place;
}

/// What stands behind the source.
Result<Stencil> read_rest(std::string_view bytes, ProgramSource source) {
  ByteReader in(bytes, "precompiled programs");
  Stencil stencil;
  stencil.source = std::move(source);
  TRY(stencil.image, decode_image(in.take(in.number<std::uint32_t>())));
  const auto holes = in.count(kMaxHoles, sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < holes && in.ok(); ++i) stencil.holes.push_back(in.text(kMaxName));
  const auto places = in.count(kMaxPlaces, 21);
  for (std::uint32_t i = 0; i < places && in.ok(); ++i) stencil.places.push_back(read_place(in, stencil));
  TRY_OK(in.finish());
  return stencil;
}

/// Calls `each` with the source and the bytes of the rest of one stencil after the other, until it says "enough".
template <class Each>
Result<> visit(std::string_view bytes, const Each& each) {
  ByteReader in(bytes, "precompiled programs");
  if (in.take(kMagic.size()) != kMagic) in.fail_with("not precompiled programs of this format");
  const auto stencils = in.count(kMaxStencils, 2 * sizeof(std::uint32_t));
  for (std::uint32_t s = 0; s < stencils && in.ok(); ++s) {
    const std::string_view source = in.take(in.number<std::uint32_t>());
    const std::string_view rest = in.take(in.number<std::uint32_t>());
    if (!in.ok()) break;
    TRY(auto decoded, decode_source(source));
    TRY(const bool enough, each(std::move(decoded), rest));
    if (enough) return Ok{};
  }
  return in.finish();
}

}  // namespace

std::string encode_stencils(const std::vector<Stencil>& stencils) {
  ByteWriter out;
  out.raw(kMagic);
  out.number(static_cast<std::uint32_t>(stencils.size()));
  for (const auto& stencil : stencils) {
    out.text(encode_source(stencil.source));
    ByteWriter rest;
    rest.text(encode_image(stencil.image));
    rest.number(static_cast<std::uint32_t>(stencil.holes.size()));
    for (const auto& hole : stencil.holes) rest.text(hole);
    rest.number(static_cast<std::uint32_t>(stencil.places.size()));
    for (const auto& place : stencil.places) write_place(rest, place);
    out.text(rest.take());
  }
  return out.take();
}

Result<std::vector<Stencil>> decode_stencils(std::string_view bytes) {
  std::vector<Stencil> out;
  TRY_OK(visit(bytes, [&](ProgramSource&& source, std::string_view rest) -> Result<bool> {
    TRY(Stencil stencil, read_rest(rest, std::move(source)));
    out.push_back(std::move(stencil));
    return false;
  }));
  return out;
}

Result<std::optional<ProgramImage>> fill_from(std::string_view stencils, const ProgramSource& source) {
  std::optional<ProgramImage> out;
  TRY_OK(visit(stencils, [&](ProgramSource&& theirs, std::string_view rest) -> Result<bool> {
    if (theirs.text != source.text) return false;
    TRY(const Stencil stencil, read_rest(rest, std::move(theirs)));
    out = fill(stencil, source);
    return out.has_value();
  }));
  return out;
}

}  // namespace burin
