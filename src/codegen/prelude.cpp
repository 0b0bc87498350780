#include "codegen/prelude.h"

#include "model/record.h"
#include "types/wire_structs.h"

namespace burin {
namespace {
// The members of each field list as C text. `wvar` is the C++ name of what C calls struct burin_wvar.
#define BURIN_X(type, name) "  " BURIN_C_##type " " #name ";\n"
#define BURIN_A(type, name, count) "  " BURIN_C_##type " " #name "[" #count "];\n"
#define BURIN_C_u16 "u16"
#define BURIN_C_u32 "u32"
#define BURIN_C_u64 "u64"
#define BURIN_C_char "char"
#define BURIN_C_wvar "struct burin_wvar"
constexpr char kHead[] = BURIN_RECORD_HEAD(BURIN_X, BURIN_A);
constexpr char kExec[] = BURIN_RECORD_EXEC(BURIN_X, BURIN_A);
constexpr char kExit[] = BURIN_RECORD_EXIT(BURIN_X, BURIN_A);
constexpr char kClone[] = BURIN_RECORD_CLONE(BURIN_X, BURIN_A);
constexpr char kData[] = BURIN_RECORD_DATA(BURIN_X, BURIN_A);
constexpr char kDataRef[] = BURIN_DATA_REF(BURIN_X, BURIN_A);
constexpr char kProc[] = BURIN_PROC(BURIN_X, BURIN_A);
constexpr char kProcParent[] = BURIN_PROC_PARENT(BURIN_X, BURIN_A);
constexpr char kProcFacts[] = BURIN_PROC_FACTS(BURIN_X, BURIN_A);
#undef BURIN_X
#undef BURIN_A

/// Keeps what can stand in a C comment and in a policy name; everything else becomes '?'.
std::string comment_safe(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == ' ' || c == ',';
    out.push_back(plain ? c : '?');
  }
  return out;
}
}  // namespace

std::string head_fields_text() {
  return kHead;
}
std::string exec_fields_text() {
  return kExec;
}
std::string exit_fields_text() {
  return kExit;
}
std::string clone_fields_text() {
  return kClone;
}
std::string data_fields_text() {
  return kData;
}
std::string data_ref_fields_text() {
  return kDataRef;
}

Result<> begin_unit(UnitText& unit, std::string_view title, std::uint32_t counter_slots) {
  unit.add_text("/* burin: " + comment_safe(title) + ". Generated; the source of each line stands in its marker. */\n");
  Holes holes;
  holes.blocks["head_fields"] = lines_at(head_fields_text(), {}, {});
  holes.blocks["proc_fields"] = lines_at(kProc, {}, {});
  holes.blocks["proc_parent_fields"] = lines_at(kProcParent, {}, {});
  holes.blocks["proc_facts_fields"] = lines_at(kProcFacts, {}, {});
  holes.blocks["wire_structs"] = lines_at(wire_struct_text(), {}, {});
  holes.scalars["counter_slots"] = std::to_string(counter_slots);
  TRY_OK(unit.add_template("prelude.h", holes));
  unit.add_text("_Static_assert(sizeof(struct burin_head) == " + std::to_string(sizeof(wire::Head)) +
                ", \"record head\");\n");
  return unit.add_template("capture.h", {});
}

}  // namespace burin
