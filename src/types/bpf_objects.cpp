// `bpf_attr`, `bpf_prog`, `bpf_map`, `bpf_cmd`: what is loaded into the kernel by bpf(2).
#include <algorithm>
#include <cstring>

#include "types/builtin.h"
#include "types/wire_define.h"

namespace burin {
namespace {

constexpr std::size_t kNameSize = 16;  // BPF_OBJ_NAME_LEN
#define BURIN_WIRE_BPF_PROG(X, A) \
  X(u32, type)                    \
  X(u32, insns)                   \
  A(char, name, 16)
#define BURIN_WIRE_BPF_MAP(X, A) \
  X(u32, type)                   \
  X(u32, key_size)               \
  X(u32, value_size)             \
  X(u32, max_entries)            \
  A(char, name, 16)

struct Prog {
  BURIN_WIRE_BPF_PROG(BURIN_WIRE_CPP, BURIN_WIRE_CPP_CHARS)
};
struct Map {
  BURIN_WIRE_BPF_MAP(BURIN_WIRE_CPP, BURIN_WIRE_CPP_CHARS)
};
static_assert(sizeof(Prog) == 24 && sizeof(Map) == 32);

constexpr char kProg[] = BURIN_WIRE_C_STRUCT("w_bpf_prog", 24, BURIN_WIRE_BPF_PROG(BURIN_WIRE_C, BURIN_WIRE_C_ARRAY));
// union bpf_attr is user ABI: prog_type, insn_cnt, and prog_name at 48.
constexpr char kAttr[] = R"(static __always_inline long burin_read_bpf_attr(struct w_bpf_prog *w, u64 attr) {
  if (burin_read(&w->type, 8, (void *)attr) && burin_read_user(&w->type, 8, (void *)attr)) return 1;
  if (burin_read(w->name, sizeof w->name, (void *)(attr + 48)))
    burin_read_user(w->name, sizeof w->name, (void *)(attr + 48));
  return 0;
}
)";
constexpr char kLoaded[] = R"(static __always_inline long burin_read_bpf_prog(struct w_bpf_prog *w, u64 prog) {
  u64 aux = 0;
  if (burin_read(&w->type, 4, (void *)(prog + L_bpf_prog_type))) return 1;
  burin_read(&w->insns, 4, (void *)(prog + L_bpf_prog_len));
  burin_read(&aux, 8, (void *)(prog + L_bpf_prog_aux));
  burin_read(w->name, sizeof w->name, (void *)(aux + L_bpf_prog_aux_name));
  return 0;
}
)";
constexpr char kMap[] = BURIN_WIRE_C_STRUCT("w_bpf_map", 32, BURIN_WIRE_BPF_MAP(BURIN_WIRE_C, BURIN_WIRE_C_ARRAY)) R"(
static __always_inline long burin_read_bpf_map(struct w_bpf_map *w, u64 map) {
  if (burin_read(&w->type, 4, (void *)(map + L_bpf_map_map_type))) return 1;
  burin_read(&w->key_size, 4, (void *)(map + L_bpf_map_key_size));
  burin_read(&w->value_size, 4, (void *)(map + L_bpf_map_value_size));
  burin_read(&w->max_entries, 4, (void *)(map + L_bpf_map_max_entries));
  burin_read(w->name, sizeof w->name, (void *)(map + L_bpf_map_name));
  return 0;
}
)";

std::string capture_with(std::string_view reader, const CaptureSite& site) {
  return "if (" + std::string(reader) + "(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}
std::string capture_attr(const CaptureSite& site) {
  return capture_with("burin_read_bpf_attr", site);
}
std::string capture_prog(const CaptureSite& site) {
  return capture_with("burin_read_bpf_prog", site);
}
std::string capture_map(const CaptureSite& site) {
  return capture_with("burin_read_bpf_map", site);
}
std::string capture_cmd(const CaptureSite& site) {
  return site.dst + " = (u32)" + site.src + ";\n";
}

std::string name_of(const char (&name)[kNameSize]) {
  return {name, std::find(name, name + kNameSize, '\0')};
}

template <bool FromAttr>
bool decode_prog(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  Prog w;
  std::memcpy(&w, field.data(), sizeof w);
  out = BpfProgValue{FromAttr, w.type, w.insns, name_of(w.name)};
  return true;
}

bool decode_map(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  Map w;
  std::memcpy(&w, field.data(), sizeof w);
  out = BpfMapValue{w.type, w.key_size, w.value_size, w.max_entries, name_of(w.name)};
  return true;
}

bool decode_cmd(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  BpfCmdValue v;
  std::memcpy(&v.command, field.data(), sizeof v.command);
  out = v;
  return true;
}

}  // namespace

ArgType bpf_attr_type() {
  ArgType t;
  t.name = "bpf_attr";
  t.summary = "a union bpf_attr pointer of BPF_PROG_LOAD: type, instructions, name";
  t.json_key = "bpf_attr_arg";
  t.shape = {"struct w_bpf_prog", sizeof(Prog), 4, 0};
  t.capture = capture_attr;
  t.decode = decode_prog<true>;
  t.support = {kProg, kAttr};
  return t;
}

ArgType bpf_prog_type() {
  ArgType t;
  t.name = "bpf_prog";
  t.summary = "a struct bpf_prog pointer: type, instructions, name";
  t.json_key = "bpf_prog_arg";
  t.shape = {"struct w_bpf_prog", sizeof(Prog), 4, 0};
  t.needs_layout = {"bpf_prog.type", "bpf_prog.len", "bpf_prog.aux", "bpf_prog_aux.name"};
  t.capture = capture_prog;
  t.decode = decode_prog<false>;
  t.support = {kProg, kLoaded};
  return t;
}

ArgType bpf_map_type() {
  ArgType t;
  t.name = "bpf_map";
  t.summary = "a struct bpf_map pointer: type, sizes, entries, name";
  t.json_key = "bpf_map_arg";
  t.shape = {"struct w_bpf_map", sizeof(Map), 4, 0};
  t.needs_layout = {"bpf_map.map_type", "bpf_map.key_size", "bpf_map.value_size", "bpf_map.max_entries",
                    "bpf_map.name"};
  t.capture = capture_map;
  t.decode = decode_map;
  t.support = {kMap};
  return t;
}

ArgType bpf_cmd_type() {
  ArgType t;
  t.name = "bpf_cmd";
  t.summary = "the command of bpf(2), by name";
  t.json_key = "bpf_cmd_arg";
  t.type_class = TypeClass::UnsignedInt;
  t.shape = {"u32", 4, 4, 0};
  t.capture = capture_cmd;
  t.decode = decode_cmd;
  return t;
}

}  // namespace burin
