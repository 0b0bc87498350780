// The two byte formats: what goes in comes out, and nothing damaged gets through or does harm.
#include <catch2/catch.hpp>
#include <random>

#include "sample.h"

using namespace burin;
using namespace burin_test;

namespace {

std::string reason(const ProgramImage& image) {
  const auto decoded = decode_image(encode_image(image));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::Io);
  return decoded.error().message;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an image survives the trip") {
  const auto decoded = decode_image(encode_image(sample_image()));
  REQUIRE(decoded);
  CHECK(*decoded == sample_image());
  const auto empty = decode_image(encode_image({}));
  REQUIRE(empty);
  CHECK(*empty == ProgramImage{});
}

TEST_CASE("a source survives the trip") {
  const ProgramSource s = sample_source();
  const auto decoded = decode_source(encode_source(s));
  REQUIRE(decoded);
  CHECK(decoded->name == s.name);
  CHECK(decoded->text == s.text);
  CHECK(decoded->defines == s.defines);
  REQUIRE(decoded->programs.size() == 2);
  CHECK(decoded->programs[1].function == "p1");
  CHECK(decoded->programs[1].type == ProgramType::RawTracepoint);
  REQUIRE(decoded->origins.size() == 2);
  CHECK(decoded->origins[0].span == s.origins[0].span);
  CHECK(decoded->origins[0].about == "selector 1");
  CHECK(encode_source(*decoded) == encode_source(s));
}

TEST_CASE("cut off anywhere, neither format decodes") {
  const std::string image = encode_image(sample_image()), source = encode_source(sample_source());
  for (std::size_t n = 0; n < image.size(); ++n) CHECK_FALSE(decode_image(std::string_view(image).substr(0, n)));
  for (std::size_t n = 0; n < source.size(); ++n) CHECK_FALSE(decode_source(std::string_view(source).substr(0, n)));
  CHECK(has(decode_image(image + "x").error().message, "1 bytes too many"));
  CHECK(has(decode_source(source + "x").error().message, "1 bytes too many"));
}

TEST_CASE("random damage is refused or yields an image that is sound") {
  std::mt19937 random(20240607);
  const std::string image = encode_image(sample_image()), source = encode_source(sample_source());
  std::size_t accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string bytes = round % 2 ? image : source;
    for (std::size_t hits = 1 + random() % 4; hits > 0; --hits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 8 == 0) bytes.resize(random() % (bytes.size() + 1));
    if (round % 2 == 0) {
      if (const auto s = decode_source(bytes)) CHECK(encode_source(*s) == bytes);
      continue;
    }
    const auto decoded = decode_image(bytes);
    if (!decoded) continue;
    ++accepted;
    CHECK(encode_image(*decoded) == bytes);
    for (const ProgramDef& p : decoded->programs)
      for (const MapReloc& r : p.relocs) {
        REQUIRE(r.insn + 1 < p.insns.size());
        REQUIRE(r.map < decoded->maps.size());
      }
  }
  CHECK(accepted > 100);  // payload bytes may be anything; the loop saw both outcomes
}

TEST_CASE("counts are not believed") {
  std::string bytes = encode_image({});
  bytes[bytes.size() - 8] = bytes[bytes.size() - 7] = '\x0f';  // maps: 3855, with nothing behind
  CHECK(has(decode_image(bytes).error().message, "more items than bytes"));
  bytes[bytes.size() - 5] = '\x7f';
  CHECK(has(decode_image(bytes).error().message, "items where"));
}

TEST_CASE("an image can refer to its own maps only") {
  ProgramImage image = sample_image();
  SECTION("descriptor in an instruction, without relocation") {
    image.programs[0].relocs.clear();
    CHECK(has(reason(image), "a map reference without relocation"));
  }
  SECTION("map that does not exist") {
    image.programs[0].relocs[0].map = 2;
    CHECK(has(reason(image), "a map that does not exist"));
  }
  SECTION("instruction that does not exist") {
    image.programs[0].relocs[0].insn = 3;
    CHECK(has(reason(image), "without relocation"));
  }
  SECTION("instruction that is no map reference") {
    image.programs[1].relocs.push_back({0, 0});
    CHECK(has(reason(image), "where no map is referred to"));
  }
  SECTION("second half of a load") {
    image.programs[0].relocs.push_back({1, 0});
    CHECK(has(reason(image), "where no map is referred to"));
  }
  SECTION("load cut in half") {
    image.programs[1].insns = {0x95, kLoadMap};
    CHECK(has(reason(image), "without its second half"));
  }
  SECTION("map value, BTF id and other pseudo loads") {
    for (std::uint64_t source = 2; source < 16; ++source) {
      image.programs[0].insns[0] = 0x18 | (source << 12);
      CHECK(has(reason(image), "of a kind we do not generate"));
    }
  }
}

TEST_CASE("names, types and debug records are checked") {
  ProgramImage image = sample_image();
  SECTION("map name") {
    image.maps[0].name = "a/b";
    CHECK(has(reason(image), "a map whose name"));
  }
  SECTION("program name") {
    image.programs[0].function = "";
    CHECK(has(reason(image), "a program whose name"));
  }
  SECTION("program type") {
    image.programs[0].type = static_cast<ProgramType>(1);
    CHECK(has(reason(image), "an unknown program type"));
  }
  SECTION("record size zero with records") {
    image.programs[0].line_info_rec_size = 0;
    CHECK(has(reason(image), "debug records"));
  }
  SECTION("record size that does not divide") {
    image.programs[0].func_info.resize(9);
    CHECK(has(reason(image), "debug records"));
  }
  SECTION("record size too small for the kernel's struct") {
    image.programs[0].line_info_rec_size = 8;
    CHECK(has(reason(image), "debug records"));
  }
}

TEST_CASE("another format number is another format") {
  std::string bytes = encode_image(sample_image());
  bytes[7] = '\x02';
  CHECK(has(decode_image(bytes).error().message, "not an image of this format"));
  CHECK_FALSE(decode_image(encode_source(sample_source())));
  CHECK_FALSE(decode_source(encode_image(sample_image())));
}
