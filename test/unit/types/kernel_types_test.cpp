// Types that are bytes or kernel objects: what stands in the record becomes the value.
#include <catch2/catch.hpp>
#include <cstring>

#include "types/arg_type.h"
#include "types/wire_structs.h"

using namespace burin;

namespace {

/// A field as the kernel side would have written it, piece by piece.
class Field {
 public:
  template <class T>
  Field& put(const T& value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), from, from + sizeof value);
    return *this;
  }
  Field& text(std::string_view value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes_.push_back(i < value.size() ? std::byte(value[i]) : std::byte{0});
    return *this;
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

template <class T>
T decode(const char* name, const Field& field, std::string_view tail = {}) {
  const ArgType* type = find_type(name);
  REQUIRE(type);
  REQUIRE(type->shape.size == field.bytes().size());
  std::vector<std::byte> record(field.bytes().begin(), field.bytes().end());
  for (const char c : tail) record.push_back(std::byte(c));
  Value value;
  REQUIRE(type->decode(field.bytes(), record, value));
  REQUIRE(std::holds_alternative<T>(value));
  return std::get<T>(value);
}

/// struct w_text naming the tail of a record whose only field it begins: `size` bytes of field.
Field text_field(std::size_t size, std::size_t len, std::uint32_t flags, std::uint64_t full) {
  return Field().put(static_cast<std::uint16_t>(size)).put(static_cast<std::uint16_t>(len)).put(flags).put(full);
}
constexpr std::uint32_t kRead = 1, kCut = 2;

}  // namespace

TEST_CASE("bytes keep their NULs and say how many there were") {
  for (const char* name : {"char_buf", "char_iovec", "iov_iter"}) {
    CAPTURE(name);
    const std::string bytes("a\0b", 3);
    auto v = decode<BytesValue>(name, text_field(16, 3, kRead, 3), bytes);
    CHECK(v.bytes == bytes);
    CHECK(v.orig_size == 3);
    CHECK(decode<BytesValue>(name, text_field(16, 3, kRead | kCut, 9000), bytes).orig_size == 9000);
    // Cut, but how many there were is not known beyond that.
    CHECK(decode<BytesValue>(name, text_field(16, 3, kRead | kCut, 0), bytes).orig_size == 4);
    CHECK(decode<ErrorValue>(name, text_field(16, 0, 0, 0)).message == "Bad address for basic type");
  }
}

TEST_CASE("const_buf is a list of words") {
  std::string words(16, '\0');
  words[0] = 7;
  words[15] = '\x80';
  CHECK(decode<SizeListValue>("const_buf", text_field(16, 16, kRead, 16), words).values ==
        std::vector<std::uint64_t>{7, 0x8000000000000000ULL});
}

TEST_CASE("a unix address has its family beside its path") {
  const Field field = text_field(24, 4, kRead, 4).put(std::uint16_t{1}).put(std::uint16_t{0}).put(std::uint32_t{0});
  const auto v = decode<SockaddrUnValue>("sockaddr_un", field, "@abc");
  CHECK(v.family == 1);
  CHECK(v.path == "@abc");
}

TEST_CASE("credentials") {
  Field field;
  field.put(std::uint64_t{1}).put(std::uint64_t{2}).put(std::uint64_t{4});
  for (std::uint32_t id = 10; id < 18; ++id) field.put(id);
  field.put(std::uint32_t{0x30}).put(std::uint32_t{0});
  field.put(std::uint32_t{3}).put(std::uint32_t{1000}).put(std::uint32_t{1001}).put(std::uint32_t{0xEFFFFFFD});
  const auto v = decode<CredValue>("cred", field);
  CHECK(v.caps.permitted == 1);
  CHECK(v.caps.effective == 2);
  CHECK(v.caps.inheritable == 4);
  CHECK((v.uid == 10 && v.gid == 11 && v.euid == 12 && v.egid == 13));
  CHECK((v.suid == 14 && v.sgid == 15 && v.fsuid == 16 && v.fsgid == 17));
  CHECK(v.securebits == 0x30);
  CHECK(v.user_ns.level == 3);
  CHECK(v.user_ns.uid == 1000);
  CHECK(v.user_ns.gid == 1001);
  CHECK(v.user_ns.inum == 0xEFFFFFFD);
}

TEST_CASE("capabilities: a number, and sets that differ in their key") {
  CHECK(decode<CapabilityValue>("capability", Field().put(std::int32_t{21})).value == 21);
  const std::pair<const char*, CapsValue::Kind> sets[] = {{"kernel_cap_t", CapsValue::Kind::KernelCapT},
                                                          {"cap_inheritable", CapsValue::Kind::Inheritable},
                                                          {"cap_permitted", CapsValue::Kind::Permitted},
                                                          {"cap_effective", CapsValue::Kind::Effective}};
  for (const auto& [name, kind] : sets) {
    const auto v = decode<CapsValue>(name, Field().put(std::uint64_t{0x1ffffffffff}));
    CHECK(v.kind == kind);
    CHECK(v.bits == 0x1ffffffffff);
  }
}

TEST_CASE("modules: a signature is known while one is loaded") {
  const auto field = [](std::uint32_t signature) {
    return Field().put(std::uint64_t{1 << 12}).put(signature).put(std::uint32_t{0}).text("dummy", 64);
  };
  const auto v = decode<ModuleValue>("module", field(0));
  CHECK(v.name == "dummy");
  CHECK(v.taints == 1 << 12);
  CHECK_FALSE(v.signature_ok.has_value());
  CHECK(decode<ModuleValue>("load_info", field(1)).signature_ok == false);
  CHECK(decode<ModuleValue>("load_info", field(2)).signature_ok == true);
  // A name that fills its array has no NUL.
  CHECK(
      decode<ModuleValue>("module", Field().put(std::uint64_t{0}).put(std::uint64_t{0}).text(std::string(64, 'm'), 64))
          .name == std::string(64, 'm'));
}

TEST_CASE("BPF programs, maps and commands") {
  const Field prog = Field().put(std::uint32_t{2}).put(std::uint32_t{99}).text("0123456789abcdef", 16);
  const auto from_attr = decode<BpfProgValue>("bpf_attr", prog), loaded = decode<BpfProgValue>("bpf_prog", prog);
  CHECK(from_attr.from_attr);
  CHECK_FALSE(loaded.from_attr);
  CHECK((loaded.type == 2 && loaded.insn_count == 99 && loaded.name == "0123456789abcdef"));
  const auto map = decode<BpfMapValue>("bpf_map", Field()
                                                      .put(std::uint32_t{1})
                                                      .put(std::uint32_t{4})
                                                      .put(std::uint32_t{8})
                                                      .put(std::uint32_t{512})
                                                      .text("procs", 16));
  CHECK((map.type == 1 && map.key_size == 4 && map.value_size == 8 && map.max_entries == 512 && map.name == "procs"));
  CHECK(decode<BpfCmdValue>("bpf_cmd", Field().put(std::uint32_t{5})).command == 5);
}

TEST_CASE("perf events and syscalls") {
  const auto event = decode<PerfEventValue>("perf_event", Field()
                                                              .put(std::uint64_t{0x11})
                                                              .put(std::uint64_t{0x22})
                                                              .put(std::uint32_t{6})
                                                              .put(std::uint32_t{0})
                                                              .text("vfs_read", 128));
  CHECK((event.config == 0x11 && event.probe_offset == 0x22 && event.type == 6));
  CHECK(event.kprobe_function == "vfs_read");
  const auto call = decode<SyscallValue>(
      "syscall64", Field().put(std::uint64_t{59}).put(std::uint32_t{0xc000003e}).put(std::uint32_t{0}));
  CHECK((call.id == 59 && call.abi == 0xc000003e));
}
