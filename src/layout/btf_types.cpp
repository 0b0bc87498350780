// The rule: a number by its size and sign, text where there are chars, and a pointer to (or an embedded) structure as
// the argument type that reads that structure.
#include "layout/btf_types.h"

#include <bpf/btf.h>

#include <string_view>

#include "layout/btf_walk.h"

namespace burin {
namespace {

struct StructType {
  std::string_view tag;
  std::string_view type;
};
/// Argument types that take a pointer to one structure.
constexpr StructType kStructTypes[] = {
    {"sock", "sock"},
    {"socket", "socket"},
    {"sk_buff", "skb"},
    {"sockaddr", "sockaddr"},
    {"sockaddr_in", "sockaddr"},
    {"sockaddr_in6", "sockaddr"},
    {"sockaddr_un", "sockaddr_un"},
    {"file", "file"},
    {"path", "path"},
    {"dentry", "dentry"},
    {"linux_binprm", "linux_binprm"},
    {"cred", "cred"},
    {"user_namespace", "user_namespace"},
    {"kiocb", "kiocb"},
    {"iov_iter", "iov_iter"},
    {"module", "module"},
    {"load_info", "load_info"},
    {"net_device", "net_device"},
    {"perf_event", "perf_event"},
    {"bpf_map", "bpf_map"},
    {"bpf_prog", "bpf_prog"},
    {"bpf_attr", "bpf_attr"},
};

std::string_view name_of(const btf* types, const btf_type* type) {
  const char* text = type ? btf__name_by_offset(types, type->name_off) : nullptr;
  return text ? text : "";
}

std::string integer(std::uint32_t size, bool is_signed) {
  if (size != 1 && size != 2 && size != 4 && size != 8) return {};
  return (is_signed ? "int" : "uint") + std::to_string(size * 8);
}

bool is_char(const btf* types, std::uint32_t id) {
  const btf_type* type = btf_behind(types, id);
  return type && btf_is_int(type) && type->size == 1 && name_of(types, type).find("char") != std::string_view::npos &&
         name_of(types, type) != "unsigned char";
}

std::string struct_type(const btf* types, const btf_type* type) {
  if (!type || !btf_is_composite(type)) return {};
  for (const auto& known : kStructTypes)
    if (known.tag == name_of(types, type)) return std::string(known.type);
  return {};
}

}  // namespace

std::string btf_type_text(const btf* types, std::uint32_t id) {
  if (id == 0) return "void";
  const btf_type* type = btf__type_by_id(types, id);
  if (!type) return "?";
  const std::string name(name_of(types, type));
  switch (btf_kind(type)) {
    case BTF_KIND_PTR: return btf_type_text(types, type->type) + " *";
    case BTF_KIND_CONST: return "const " + btf_type_text(types, type->type);
    case BTF_KIND_VOLATILE: return "volatile " + btf_type_text(types, type->type);
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG: return btf_type_text(types, type->type);
    case BTF_KIND_STRUCT: return "struct " + name;
    case BTF_KIND_UNION: return "union " + name;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return "enum " + name;
    case BTF_KIND_FUNC_PROTO: return "function";
    case BTF_KIND_ARRAY:
      return btf_type_text(types, btf_array(type)->type) + "[" + std::to_string(btf_array(type)->nelems) + "]";
    default: return name;
  }
}

void describe_value(const btf* types, std::uint32_t id, BtfPath& out) {
  out.c_type = btf_type_text(types, id);
  const btf_type* type = btf_behind(types, id);
  const auto size = type ? btf__resolve_size(types, id) : -1;
  out.size = size > 0 ? static_cast<std::uint32_t>(size) : 0;
  out.type.clear();
  if (!type) return;
  if (btf_is_int(type)) {
    out.is_signed = (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
    out.type = integer(out.size, out.is_signed);
  } else if (btf_is_enum(type) || btf_kind(type) == BTF_KIND_ENUM64) {
    out.is_signed = btf_kflag(type);
    out.type = integer(out.size, out.is_signed);
  } else if (btf_is_ptr(type)) {
    const btf_type* target = type->type ? btf_behind(types, type->type) : nullptr;
    out.type = is_char(types, type->type) ? "string" : struct_type(types, target);
    if (out.type.empty()) out.type = "uint64";  // the pointer itself
  } else if (btf_is_array(type)) {
    out.in_place = true;
    if (is_char(types, btf_array(type)->type))
      out.type = "string";
    else if (btf__resolve_size(types, btf_array(type)->type) == 1)
      out.type = "char_buf";
  } else if (btf_is_composite(type)) {
    out.in_place = true;
    out.type = struct_type(types, type);
    // kernel_cap_t is 64 bits in one wrapping or another.
    if (out.type.empty() && out.c_type == "kernel_cap_t") out.type = "kernel_cap_t";
  }
}

}  // namespace burin
