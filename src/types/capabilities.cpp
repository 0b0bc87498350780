// `capability`: the number of one. `kernel_cap_t`, `cap_inheritable`, `cap_permitted`, `cap_effective`: a set behind a
// pointer; they differ in the key under which it is printed.
#include <cstring>

#include "types/builtin.h"

namespace burin {
namespace {

std::string capture_number(const CaptureSite& site) {
  return site.dst + " = (s32)" + site.src + ";\n";
}

bool decode_number(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  CapabilityValue v;
  std::memcpy(&v.value, field.data(), sizeof v.value);
  out = v;
  return true;
}

std::string capture_set(const CaptureSite& site) {
  // kernel_cap_t has 64 bits on all kernels, as one number or as two words, least significant first.
  return "if (burin_read(&" + site.dst + ", 8, (void *)" + site.src + ")) {\n  " + site.fault + "\n}\n";
}

template <CapsValue::Kind K>
bool decode_set(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  CapsValue v;
  v.kind = K;
  std::memcpy(&v.bits, field.data(), sizeof v.bits);
  out = v;
  return true;
}

template <CapsValue::Kind K>
ArgType set_type(std::string_view name, std::string_view summary, std::string_view key) {
  ArgType t;
  t.name = name;
  t.summary = summary;
  t.json_key = key;
  t.type_class = TypeClass::Capabilities;
  t.shape = {"u64", 8, 8, 0};
  t.capture = capture_set;
  t.decode = decode_set<K>;
  return t;
}

}  // namespace

ArgType capability_type() {
  ArgType t;
  t.name = "capability";
  t.summary = "the number of a capability: number and name";
  t.json_key = "capability_arg";
  t.type_class = TypeClass::SignedInt;
  t.shape = {"s32", 4, 4, 0};
  t.capture = capture_number;
  t.decode = decode_number;
  return t;
}

std::vector<ArgType> capability_set_types() {
  return {
      set_type<CapsValue::Kind::KernelCapT>("kernel_cap_t", "a kernel_cap_t pointer: 16 hexadecimal digits",
                                            "kernel_cap_t_arg"),
      set_type<CapsValue::Kind::Inheritable>("cap_inheritable", "as kernel_cap_t: an inheritable set",
                                             "cap_inheritable_arg"),
      set_type<CapsValue::Kind::Permitted>("cap_permitted", "as kernel_cap_t: a permitted set", "cap_permitted_arg"),
      set_type<CapsValue::Kind::Effective>("cap_effective", "as kernel_cap_t: an effective set", "cap_effective_arg")};
}

}  // namespace burin
