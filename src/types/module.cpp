// `module` and `load_info`: a kernel module's name and taints; while it is loaded, whether its signature is good.
#include <algorithm>
#include <cstring>

#include "types/builtin.h"
#include "types/wire_define.h"

namespace burin {
namespace {

constexpr std::size_t kNameSize = 64;  // MODULE_NAME_LEN is 64 - sizeof(unsigned long)
#define BURIN_WIRE_MODULE(X, A)                              \
  X(u64, taints)                                             \
  X(u32, signature) /* 0: not known, 1: not good, 2: good */ \
  X(u32, pad0)                                               \
  A(char, name, 64)

struct Module {
  BURIN_WIRE_MODULE(BURIN_WIRE_CPP, BURIN_WIRE_CPP_CHARS)
};
static_assert(sizeof(Module) == 80);

constexpr char kStruct[] = BURIN_WIRE_C_STRUCT("w_module", 80, BURIN_WIRE_MODULE(BURIN_WIRE_C, BURIN_WIRE_C_ARRAY));
constexpr char kModule[] = R"(static __always_inline long burin_read_module(struct w_module *w, u64 module) {
  burin_read(&w->taints, 8, (void *)(module + L_module_taints));
  return burin_read_str(w->name, sizeof w->name, (void *)(module + L_module_name)) < 0;
}
)";
constexpr char kLoadInfo[] = R"(static __always_inline long burin_read_load_info(struct w_module *w, u64 info) {
  u64 name = 0, module = 0;
  u8 good = 0;
  if (burin_read(&name, 8, (void *)(info + L_load_info_name))) return 1;
#ifdef L_load_info_sig_ok
  if (burin_read(&good, 1, (void *)(info + L_load_info_sig_ok)) == 0) w->signature = good ? 2 : 1;
#endif
  burin_read(&module, 8, (void *)(info + L_load_info_mod));
#ifdef L_module_taints
  if (module) burin_read(&w->taints, 8, (void *)(module + L_module_taints));
#endif
  return burin_read_str(w->name, sizeof w->name, (void *)name) < 0;
}
)";

std::string capture_module(const CaptureSite& site) {
  return "if (burin_read_module(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}
std::string capture_load_info(const CaptureSite& site) {
  return "if (burin_read_load_info(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  Module w;
  std::memcpy(&w, field.data(), sizeof w);
  ModuleValue v;
  v.name.assign(w.name, std::find(w.name, w.name + kNameSize, '\0'));
  v.taints = w.taints;
  if (w.signature != 0) v.signature_ok = w.signature == 2;
  out = std::move(v);
  return true;
}

ArgType module_like(std::string_view name, std::string_view summary) {
  ArgType t;
  t.name = name;
  t.summary = summary;
  t.json_key = "module_arg";
  t.shape = {"struct w_module", sizeof(Module), 8, 0};
  t.decode = decode;
  return t;
}

}  // namespace

ArgType module_type() {
  ArgType t = module_like("module", "a struct module pointer: name and taints");
  t.needs_layout = {"module.name", "module.taints"};
  t.capture = capture_module;
  t.support = {kStruct, kModule};
  return t;
}

ArgType load_info_type() {
  ArgType t =
      module_like("load_info", "a struct load_info pointer: name and signature of a module that is being loaded");
  t.needs_layout = {"load_info.name", "load_info.mod"};
  t.wants_layout = {"load_info.sig_ok", "module.taints"};
  t.capture = capture_load_info;
  t.support = {kStruct, kLoadInfo};
  return t;
}

}  // namespace burin
