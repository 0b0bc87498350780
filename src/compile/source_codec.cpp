// The request that burin-compile reads on stdin, and the part of it that decides what comes out (the cache key).
#include <optional>

#include "base/bytes.h"
#include "compile/codec.h"
#include "compile/compiler.h"

namespace burin {
namespace {

constexpr std::string_view kMagic{"BURINSR\x02", 8};  // the last byte is the format's number
constexpr std::size_t kMaxText = 16U << 20;           // clang itself would need minutes for as much
constexpr std::size_t kMaxItems = 100'000;            // defines, programs or origins; a policy set has some thousands
constexpr std::size_t kMaxName = 4096;                // names, paths and remarks in messages

void write_what_decides(ByteWriter& out, const ProgramSource& source) {
  out.text(source.text);
  out.number(static_cast<std::uint32_t>(source.defines.size()));
  for (const auto& [name, value] : source.defines) {
    out.text(name);
    out.text(value);
  }
  out.number(static_cast<std::uint32_t>(source.programs.size()));
  for (const ProgramEntry& program : source.programs) {
    out.text(program.function);
    out.number(static_cast<std::uint32_t>(program.type));
  }
  out.number(static_cast<std::uint8_t>(source.lines));
}

void read_origins(ByteReader& in, std::vector<OriginLine>& origins) {
  const auto n = in.count(kMaxItems, 6 * sizeof(std::uint32_t));
  origins.reserve(n);
  for (std::uint32_t i = 0; i < n && in.ok(); ++i) {
    OriginLine& origin = origins.emplace_back();
    origin.id = in.number<std::uint32_t>();
    origin.span.file = in.text(kMaxName);
    origin.span.line = in.number<std::uint32_t>();
    origin.span.column = in.number<std::uint32_t>();
    origin.span.length = in.number<std::uint32_t>();
    origin.about = in.text(kMaxName);
  }
}

}  // namespace

std::string encode_source(const ProgramSource& source) {
  ByteWriter out;
  out.raw(kMagic);
  write_what_decides(out, source);
  out.text(source.name);
  out.number(static_cast<std::uint32_t>(source.origins.size()));
  for (const OriginLine& origin : source.origins) {
    out.number(origin.id);
    out.text(origin.span.file);
    out.number(origin.span.line);
    out.number(origin.span.column);
    out.number(origin.span.length);
    out.text(origin.about);
  }
  return out.take();
}

std::string encode_source_for_key(const ProgramSource& source) {
  ByteWriter out;
  out.raw(kMagic);
  write_what_decides(out, source);
  return out.take();
}

Result<ProgramSource> decode_source(std::string_view bytes) {
  ByteReader in(bytes, "compile request");
  ProgramSource source;
  if (in.take(kMagic.size()) != kMagic) in.fail_with("not a request of this format");
  source.text = in.text(kMaxText);
  const auto defines = in.count(kMaxItems, 2 * sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < defines && in.ok(); ++i) {
    std::string name = in.text(kMaxName);
    source.defines.emplace_back(std::move(name), in.text(kMaxName));
  }
  const auto programs = in.count(kMaxItems, 2 * sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < programs && in.ok(); ++i) {
    std::string function = in.text(kMaxName);
    const auto type = program_type_of(in.number<std::uint32_t>());
    if (!type) in.fail_with("an unknown program type");
    if (in.ok()) source.programs.push_back({std::move(function), *type});
  }
  const auto lines = in.number<std::uint8_t>();
  if (lines > 1) in.fail_with("a flag that is neither 0 nor 1");
  source.lines = lines == 1;
  source.name = in.text(kMaxName);
  read_origins(in, source.origins);
  TRY_OK(in.finish());
  return source;
}

}  // namespace burin
