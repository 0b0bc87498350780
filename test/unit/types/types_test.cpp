// Argument types: what is declared, captured and decoded must be one thing.
#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "model/record.h"
#include "types/arg_type.h"
#include "types/wire_structs.h"

using namespace burin;

namespace {
template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}
}  // namespace

TEST_CASE("names are unique and every captured type can be decoded") {
  std::set<std::string_view> names;
  for (const auto& type : all_types()) {
    CAPTURE(type.name);
    CHECK(names.insert(type.name).second);
    CHECK_FALSE(type.summary.empty());
    CHECK((type.shape.size == 0) == (type.capture == nullptr));
    CHECK((type.shape.size == 0) == (type.decode == nullptr));
    if (type.shape.size) CHECK(type.shape.size % type.shape.align == 0);
  }
  CHECK(find_type("sock"));
  CHECK_FALSE(find_type("Sock"));
}

TEST_CASE("a sock is decoded member by member") {
  wire::Sock w;
  w.family = AF_INET;
  w.type = 1;
  w.protocol = 6;
  w.state = 2;
  w.sport = 33978;
  w.dport = 443;
  w.mark = 7;
  w.priority = 9;
  w.cookie = 0xffff888012345678ULL;
  const std::uint8_t source[4] = {10, 32, 0, 19}, destination[4] = {104, 198, 14, 52};
  std::memcpy(w.saddr, source, 4);
  std::memcpy(w.daddr, destination, 4);
  Value value;
  REQUIRE(find_type("sock")->decode(bytes_of(w), {}, value));
  const auto& sock = std::get<SockValue>(value);
  CHECK(sock.sport == 33978);
  CHECK(sock.dport == 443);
  CHECK(sock.mark == 7);
  CHECK(sock.priority == 9);
  CHECK(sock.cookie == w.cookie);
  CHECK(std::memcmp(sock.saddr.data(), source, 4) == 0);
  CHECK(std::memcmp(sock.daddr.data(), destination, 4) == 0);
}

TEMPLATE_TEST_CASE("integers keep width and sign", "", std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                   std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
  const std::string name =
      std::string(std::is_signed_v<TestType> ? "int" : "uint") + std::to_string(sizeof(TestType) * 8);
  const ArgType* type = find_type(name);
  REQUIRE(type);
  CHECK(type->shape.size == sizeof(TestType));
  CHECK(type->type_class == (std::is_signed_v<TestType> ? TypeClass::SignedInt : TypeClass::UnsignedInt));
  for (TestType number :
       {std::numeric_limits<TestType>::min(), TestType(0), TestType(1), std::numeric_limits<TestType>::max()}) {
    Value value;
    REQUIRE(type->decode(bytes_of(number), {}, value));
    std::visit(
        [&](const auto& v) {
          if constexpr (requires { v.value; }) {
            if constexpr (std::is_integral_v<std::decay_t<decltype(v.value)>>)
              CHECK(v.value == static_cast<std::decay_t<decltype(v.value)>>(number));
          }
        },
        value);
  }
}

namespace {
wire::Text text_at(std::uint16_t off, std::uint16_t len, std::uint32_t flags, std::uint64_t full = 0) {
  wire::Text w;
  w.off = off;
  w.len = len;
  w.flags = flags;
  w.full = full;
  return w;
}
/// A field that begins with a text, followed by what the type has more.
template <class Field>
Field with_text(Field field, const wire::Text& text) {
  std::memcpy(&field, &text, sizeof text);
  return field;
}
std::vector<std::byte> record_with(std::string_view text, std::size_t at, std::size_t size) {
  std::vector<std::byte> record(size);
  std::memcpy(record.data() + at, text.data(), text.size());
  return record;
}
constexpr std::uint32_t kRead = 1, kTruncated = 2;  // burin_text.flags, templates/text.h
}  // namespace

TEST_CASE("a string's tail is checked before it is read") {
  const ArgType* type = find_type("string");
  const auto record = record_with("hello", 40, 64);
  Value value;
  const auto decode = [&](std::uint16_t off, std::uint16_t len, std::uint32_t flags) {
    return type->decode(bytes_of(text_at(off, len, flags)), record, value);
  };
  REQUIRE(decode(40, 5, kRead));
  CHECK(std::get<StringValue>(value).value == "hello");
  CHECK_FALSE(std::get<StringValue>(value).truncated);
  REQUIRE(decode(40, 5, kRead | kTruncated));
  CHECK(std::get<StringValue>(value).truncated);
  CHECK_FALSE(decode(60, 6, kRead));
  CHECK_FALSE(decode(65, 1, kRead));
  CHECK_FALSE(decode(0xffff, 0xffff, kRead));
  REQUIRE(decode(0, 0, 0));
  CHECK(std::get<ErrorValue>(value).message == "Bad address for basic type");
}

TEST_CASE("a file is its path and mode") {
  const auto record = record_with("/etc/passwd", 32, 64);
  Value value;
  wire::Path field;
  field.mode = 0100644;
  const auto expect = [&](const char* name, PathValue::Kind kind) {
    CAPTURE(name);
    const ArgType* type = find_type(name);
    REQUIRE(type);
    REQUIRE(type->decode(bytes_of(with_text(field, text_at(32, 11, kRead))), record, value));
    const auto& path = std::get<PathValue>(value);
    CHECK(path.kind == kind);
    CHECK(path.path == "/etc/passwd");
    CHECK(path.mode == 0100644);
    CHECK_FALSE(path.incomplete);
    REQUIRE(type->decode(bytes_of(with_text(field, text_at(32, 11, kRead | kTruncated))), record, value));
    CHECK(std::get<PathValue>(value).incomplete);
    REQUIRE(type->decode(bytes_of(with_text(field, text_at(0, 0, 0))), record, value));
    CHECK(std::holds_alternative<ErrorValue>(value));
    CHECK_FALSE(type->decode(bytes_of(with_text(field, text_at(60, 11, kRead))), record, value));
  };
  for (const char* name : {"file", "fd", "kiocb"}) expect(name, PathValue::Kind::File);
  for (const char* name : {"path", "dentry"}) expect(name, PathValue::Kind::Path);
  expect("linux_binprm", PathValue::Kind::LinuxBinprm);
}

TEST_CASE("the C text of the wire structs has the size the decoder expects") {
  const std::string text = wire_struct_text();
  CHECK(text.find("_Static_assert(sizeof(struct w_sock) == 64") != std::string::npos);
  CHECK(text.find("u64 daddr[2];") != std::string::npos);
}
