// Operators on texts, files and system calls: values, and the edges that Tetragon's differ in.
#include <catch2/catch.hpp>

#include "operators/operator.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

const ArgType* byte_type() {
  static const ArgType type = [] {
    ArgType t;
    t.name = "char_buf";
    t.type_class = TypeClass::Bytes;
    return t;
  }();
  return &type;
}
const ArgType* syscall_type() {
  static const ArgType type = [] {
    ArgType t;
    t.name = "syscall64";
    t.type_class = TypeClass::Syscall;
    return t;
  }();
  return &type;
}

Operand parse(std::string_view op, const ArgType& type, const std::vector<std::string>& texts, std::string& said) {
  std::vector<Located<std::string>> values;
  for (const auto& t : texts) values.push_back({t, {"p.yaml", 3, 5, 1}});
  Diagnostics diagnostics;
  Operand out = find_operator(op)->parse(values, type, diagnostics);
  said = diagnostics.all().empty() ? "" : diagnostics.all()[0].message;
  if (!said.empty()) CHECK(diagnostics.all()[0].span.line == 3);
  return out;
}

bool holds(std::string_view op, const ArgType& type, const std::vector<std::string>& texts, const Value& value) {
  std::string said;
  const Operand operand = parse(op, type, texts, said);
  INFO(said);
  REQUIRE(said.empty());
  return find_operator(op)->evaluate(value, type, operand);
}

std::string refused(std::string_view op, const ArgType& type, const std::vector<std::string>& texts) {
  std::string said;
  parse(op, type, texts, said);
  return said;
}

}  // namespace

TEST_CASE("texts are compared byte by byte, one trailing NUL of a value tolerated") {
  const ArgType& string = *find_type("string");
  const Value text = StringValue{"/etc/passwd"};
  CHECK(holds("Equal", string, {"/etc/shadow", "/etc/passwd"}, text));
  CHECK(holds("Equal", string, {std::string("/etc/passwd\0", 12)}, text));
  CHECK_FALSE(holds("Equal", string, {"/etc/passw"}, text));
  CHECK(holds("NotEqual", string, {"/etc/passw"}, text));
  CHECK(holds("Prefix", string, {"/etc/"}, text));
  CHECK_FALSE(holds("NotPrefix", string, {"/etc/"}, text));
  CHECK(holds("Postfix", string, {"passwd"}, text));
  CHECK(holds("NotPostfix", string, {"shadow"}, text));
  CHECK(holds("SubString", string, {"tc/pa"}, text));
  CHECK(holds("SubStringIgnCase", string, {"PASS"}, text));
  CHECK(refused("Equal", string, {std::string("a\0b", 3)}).find("NUL") != std::string::npos);
  CHECK(refused("Prefix", string, {std::string(4096, 'a')}).find("4096 bytes") != std::string::npos);
}

TEST_CASE("bytes equal a value with and without the NUL behind a C string, not with two") {
  for (const std::string& value : {std::string("ab"), std::string("ab\0", 3)}) {
    CHECK(holds("Equal", *byte_type(), {value}, BytesValue{"ab", 2}));
    CHECK(holds("Equal", *byte_type(), {value}, BytesValue{std::string("ab\0", 3), 3}));
    CHECK_FALSE(holds("Equal", *byte_type(), {value}, BytesValue{std::string("ab\0\0", 4), 4}));
    CHECK_FALSE(holds("NotEqual", *byte_type(), {value}, BytesValue{std::string("ab\0", 3), 3}));
  }
}

TEST_CASE("a file without a path matches negative operators; one that was not read matches nothing") {
  const ArgType& file = *find_type("file");
  const PathValue pipe{PathValue::Kind::File, "", false, 0010600};
  for (const char* op : {"NotEqual", "NotPrefix", "NotPostfix"}) {
    CHECK(holds(op, file, {"/tmp"}, pipe));
    CHECK_FALSE(holds(op, file, {"/tmp"}, ErrorValue{"x"}));
  }
  for (const char* op : {"Equal", "Prefix", "Postfix", "SubString"}) {
    CHECK_FALSE(holds(op, file, {"/tmp"}, pipe));
    CHECK_FALSE(holds(op, file, {"/tmp"}, ErrorValue{"x"}));
  }
  CHECK(holds("FileType", file, {"pipe"}, pipe));
  CHECK(holds("FileType", file, {"reg", "fifo"}, pipe));
  CHECK(holds("NotFileType", file, {"regular"}, pipe));
  const PathValue unknown{PathValue::Kind::File, "/x", false, 0};
  CHECK_FALSE(holds("FileType", file, {"reg"}, unknown));
  CHECK_FALSE(holds("NotFileType", file, {"reg"}, unknown));
  CHECK(refused("FileType", file, {"regulr"}) == "unknown file type \"regulr\"");
}

TEST_CASE("texts are no integers and integers no texts") {
  for (const char* op : {"Prefix", "NotPrefix", "Postfix", "NotPostfix", "SubString", "SubStringIgnCase", "FileType"})
    for (const TypeClass type : {TypeClass::SignedInt, TypeClass::UnsignedInt, TypeClass::Socket, TypeClass::Syscall})
      CHECK_FALSE(find_operator(op)->applies_to(type));
  CHECK_FALSE(find_operator("GT")->applies_to(TypeClass::Text));
  CHECK_FALSE(find_operator("FileType")->applies_to(TypeClass::Text));
  CHECK(find_operator("Family")->applies_to(TypeClass::SockaddrUn));
  CHECK(holds("Family", *find_type("sockaddr"), {"AF_UNIX"}, SockaddrUnValue{1, "/run/x"}));
}

TEST_CASE("system calls by name and number, of both tables") {
  constexpr std::uint32_t kX64 = 0xc000003e, kI386 = 0x40000003;
  const ArgType& type = *syscall_type();
  for (const char* op : {"Equal", "InMap"}) {
#if defined(__x86_64__)
    CHECK(holds(op, type, {"openat"}, SyscallValue{257, kX64}));
    CHECK(holds(op, type, {"__x64_sys_openat"}, SyscallValue{257, kX64}));
    CHECK(holds(op, type, {"sys_newuname"}, SyscallValue{63, kX64}));
    CHECK_FALSE(holds(op, type, {"openat"}, SyscallValue{257, kI386}));
    CHECK(holds(op, type, {"i386/openat"}, SyscallValue{295, kI386}));
#endif
    CHECK(holds(op, type, {"5"}, SyscallValue{5, kX64}));
    CHECK(holds(op, type, {"5"}, SyscallValue{5, 0}));
    CHECK_FALSE(holds(op, type, {"5"}, SyscallValue{5, kI386}));
    CHECK(holds(op, type, {"i386/5"}, SyscallValue{5, kI386}));
    CHECK(holds(op, type, {"0x80000005"}, SyscallValue{5, kI386}));
  }
  CHECK(holds("NotInMap", type, {"5"}, SyscallValue{5, kI386}));
  CHECK(holds("InRange", type, {"3:6"}, SyscallValue{5, kX64}));
  CHECK(refused("Equal", type, {"opnat"}) == "unknown system call \"opnat\"");
  CHECK(refused("InRange", type, {"5:0x80000005"}).find("bit 31") != std::string::npos);
}

TEST_CASE("capabilities gained: bits of new that old lacks") {
  const Operator& op = *find_operator("CapabilitiesGained");
  const auto gained = [&](std::uint64_t before, std::uint64_t after) {
    const std::vector<Value> values = {CapsValue{{}, before}, CapsValue{{}, after}};
    const std::vector<std::size_t> positions = {0, 1};
    return op.evaluate_all(values, positions, NoOperand{});
  };
  CHECK(gained(0, 1));
  CHECK(gained(1, 3));
  CHECK_FALSE(gained(3, 1));
  CHECK_FALSE(gained(3, 3));
  CHECK_FALSE(
      op.evaluate_all(std::vector<Value>{CapsValue{}, ErrorValue{"x"}}, std::vector<std::size_t>{0, 1}, NoOperand{}));
}
