// The args[] that are kernel objects other than sockets: files, credentials, modules, BPF and perf objects.
#include "event/encode_kernel_value.h"

#include "event/encode.h"
#include "model/kernel_names.h"
#include "model/task_facts.h"

namespace burin {
namespace {

/// inode number of the first user namespace (PROC_USER_INIT_INO, include/linux/proc_ns.h).
constexpr std::uint32_t kHostUserNamespace = 0xEFFFFFFDU;

template <std::size_t N>
void text_field(LineBuffer& out, const char (&key)[N], std::string_view value) {
  if (value.empty()) return;
  out.key(key);
  out.string(value);
}
template <std::size_t N>
void number_field(LineBuffer& out, const char (&key)[N], std::uint32_t value) {
  if (value == 0) return;
  out.key(key);
  out.number(value);
}
template <std::size_t N>
void wide_field(LineBuffer& out, const char (&key)[N], std::uint64_t value) {
  if (value == 0) return;
  out.key(key);
  out.quoted_number(value);
}
/// A wrapper field: printed also when zero.
template <std::size_t N>
void wrapped(LineBuffer& out, const char (&key)[N], std::uint32_t value) {
  out.key(key);
  out.number(value);
}

template <std::size_t N>
void names_field(LineBuffer& out, const char (&key)[N], const std::vector<std::string_view>& names) {
  if (names.empty()) return;
  out.key(key);
  out.lit("[");
  for (const auto name : names) {
    out.separate();
    out.name(name);
  }
  out.lit("]");
}

template <std::size_t N>
void capabilities_field(LineBuffer& out, const char (&key)[N], std::uint64_t bits) {
  if (bits == 0) return;
  out.key(key);
  out.lit("[");
  for (unsigned i = 0; i < 64; ++i) {
    if ((bits >> i & 1) == 0) continue;
    out.separate();
    if (const auto name = capability_name(i); !name.empty())
      out.name(name);
    else
      out.number(i);
  }
  out.lit("]");
}

void user_namespace(LineBuffer& out, const UserNamespaceValue& v) {
  out.lit("{\"level\":");
  out.signed_number(v.level);
  wrapped(out, "\"uid\":", v.uid);
  wrapped(out, "\"gid\":", v.gid);
  out.lit(",\"ns\":{");
  number_field(out, "\"inum\":", v.inum);
  if (v.inum == kHostUserNamespace) out.key("\"is_host\":true");
  out.lit("}}");
}

}  // namespace

void write_value(LineBuffer& out, const BytesValue& v) {
  const std::string text = base64(v.bytes);
  if (v.orig_size <= v.bytes.size()) {
    out.lit("\"bytes_arg\":");
    out.name(text);
    return;
  }
  out.lit("\"truncated_bytes_arg\":{");
  if (!text.empty()) {
    out.lit("\"bytes_arg\":");
    out.name(text);
  }
  wide_field(out, "\"orig_size\":", v.orig_size);
  out.lit("}");
}

void write_value(LineBuffer& out, const PathValue& v) {
  switch (v.kind) {
    case PathValue::Kind::File: out.lit("\"file_arg\":{"); break;
    case PathValue::Kind::Path: out.lit("\"path_arg\":{"); break;
    case PathValue::Kind::LinuxBinprm: out.lit("\"linux_binprm_arg\":{"); break;
  }
  text_field(out, "\"path\":", v.path);
  if (v.incomplete) out.key("\"flags\":\"unresolvedPathComponents\"");
  if (v.mode != 0) text_field(out, "\"permission\":", permission_text(v.mode));
  out.lit("}");
}

void write_value(LineBuffer& out, const SyscallValue& v) {
  out.lit("\"syscall_id\":{");
  number_field(out, "\"id\":", static_cast<std::uint32_t>(v.id));
  text_field(out, "\"abi\":", abi_name(v.abi));
  out.lit("}");
}

void write_value(LineBuffer& out, const UserNamespaceValue& v) {
  out.lit("\"user_ns_arg\":");
  user_namespace(out, v);
}

void write_value(LineBuffer& out, const CredValue& v) {
  out.lit("\"process_credentials_arg\":{");
  wrapped(out, "\"uid\":", v.uid);
  wrapped(out, "\"gid\":", v.gid);
  wrapped(out, "\"euid\":", v.euid);
  wrapped(out, "\"egid\":", v.egid);
  wrapped(out, "\"suid\":", v.suid);
  wrapped(out, "\"sgid\":", v.sgid);
  wrapped(out, "\"fsuid\":", v.fsuid);
  wrapped(out, "\"fsgid\":", v.fsgid);
  names_field(out, "\"securebits\":", securebit_names(v.securebits));
  out.lit(",\"caps\":{");
  capabilities_field(out, "\"permitted\":", v.caps.permitted);
  capabilities_field(out, "\"effective\":", v.caps.effective);
  capabilities_field(out, "\"inheritable\":", v.caps.inheritable);
  out.lit("},\"user_ns\":");
  user_namespace(out, v.user_ns);
  out.lit("}");
}

void write_value(LineBuffer& out, const CapabilityValue& v) {
  out.lit("\"capability_arg\":{\"value\":");
  out.signed_number(v.value);
  if (v.value >= 0) text_field(out, "\"name\":", capability_name(static_cast<unsigned>(v.value)));
  out.lit("}");
}

void write_value(LineBuffer& out, const CapsValue& v) {
  switch (v.kind) {
    case CapsValue::Kind::KernelCapT: out.lit("\"kernel_cap_t_arg\":\""); break;
    case CapsValue::Kind::Inheritable: out.lit("\"cap_inheritable_arg\":\""); break;
    case CapsValue::Kind::Permitted: out.lit("\"cap_permitted_arg\":\""); break;
    case CapsValue::Kind::Effective: out.lit("\"cap_effective_arg\":\""); break;
  }
  char digits[16];
  for (int i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[v.bits >> (60 - 4 * i) & 15];
  out.raw({digits, sizeof digits});
  out.lit("\"");
}

void write_value(LineBuffer& out, const ModuleValue& v) {
  out.lit("\"module_arg\":{");
  text_field(out, "\"name\":", v.name);
  if (v.signature_ok) {
    out.key("\"signature_ok\":");
    out.raw(*v.signature_ok ? "true" : "false");
  }
  names_field(out, "\"tainted\":", taint_names(v.taints));
  out.lit("}");
}

void write_value(LineBuffer& out, const BpfProgValue& v) {
  if (v.from_attr)
    out.lit("\"bpf_attr_arg\":{");
  else
    out.lit("\"bpf_prog_arg\":{");
  text_field(out, "\"ProgType\":", bpf_prog_type_name(v.type));
  number_field(out, "\"InsnCnt\":", v.insn_count);
  text_field(out, "\"ProgName\":", v.name);
  out.lit("}");
}

void write_value(LineBuffer& out, const BpfMapValue& v) {
  out.lit("\"bpf_map_arg\":{");
  text_field(out, "\"MapType\":", bpf_map_type_name(v.type));
  number_field(out, "\"KeySize\":", v.key_size);
  number_field(out, "\"ValueSize\":", v.value_size);
  number_field(out, "\"MaxEntries\":", v.max_entries);
  text_field(out, "\"MapName\":", v.name);
  out.lit("}");
}

void write_value(LineBuffer& out, const BpfCmdValue& v) {
  out.lit("\"bpf_cmd_arg\":");
  if (const auto name = bpf_command_name(v.command); !name.empty())
    out.name(name);
  else
    out.number(v.command);
}

void write_value(LineBuffer& out, const PerfEventValue& v) {
  out.lit("\"perf_event_arg\":{");
  text_field(out, "\"KprobeFunc\":", v.kprobe_function);
  text_field(out, "\"Type\":", perf_type_name(v.type));
  wide_field(out, "\"Config\":", v.config);
  wide_field(out, "\"ProbeOffset\":", v.probe_offset);
  out.lit("}");
}

}  // namespace burin
