// Whether a recording's records look as this burin's do. The numbers are made from the very lists of members that the
// C structs and the decoders are made from.
#include "recording/frames.h"
#include "types/arg_type.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

#define BURIN_X(type, name) #type " " #name ";"
#define BURIN_A(type, name, count) #type " " #name "[" #count "];"
constexpr std::string_view kFixedParts[] = {BURIN_RECORD_HEAD(BURIN_X, BURIN_A), BURIN_RECORD_EXEC(BURIN_X, BURIN_A),
                                            BURIN_RECORD_EXIT(BURIN_X, BURIN_A), BURIN_RECORD_CLONE(BURIN_X, BURIN_A),
                                            BURIN_RECORD_LOAD(BURIN_X, BURIN_A), BURIN_RECORD_DATA(BURIN_X, BURIN_A),
                                            BURIN_DATA_REF(BURIN_X, BURIN_A)};
#undef BURIN_X
#undef BURIN_A

/// 64-bit FNV-1a.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) step(static_cast<unsigned char>(c));
    step(0);
  }
  std::uint64_t value() const { return value_; }

 private:
  void step(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// "struct w_x {...}" where `text` defines it, or nothing.
std::string_view definition_in(std::string_view text, std::string_view c_type) {
  const std::size_t at = text.find(std::string(c_type) + " {");
  if (at == text.npos) return {};
  return text.substr(at, text.find('}', at) - at);
}

void add_type(Hash& hash, std::string_view name) {
  static const std::string shared = wire_struct_text();
  hash.add(name);
  const ArgType* type = find_type(name);
  if (!type) return;  // the decoder refuses the hook
  hash.add(type->json_key);
  hash.add(type->shape.c_type);
  hash.add(definition_in(shared, type->shape.c_type));
  for (const char* text : type->support) hash.add(definition_in(text, type->shape.c_type));
}

}  // namespace

std::uint64_t record_identity() {
  Hash hash;
  for (const std::string_view part : kFixedParts) hash.add(part);
  return hash.value();
}

std::uint64_t types_identity(const HookInfo& hook) {
  Hash hash;
  for (const auto* list : {&hook.args, &hook.data})
    for (const HookArg& arg : *list) add_type(hash, arg.type);
  if (hook.return_arg) add_type(hash, hook.return_arg->type);
  return hash.value();
}

}  // namespace burin
