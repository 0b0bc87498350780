// Arguments that are kernel objects, as JSON: keys, order, what is left out, and the forms of docs/schema.
#include <catch2/catch.hpp>

#include "event/encode_text.h"
#include "support/event_schema.h"

using namespace burin;

namespace {

/// The text of one args[] element, checked against the schema in the place where it stands.
std::string json(const Value& value, std::string_view label = {}) {
  LineBuffer out;
  write_argument(out, value, label);
  const std::string text(out.text());
  const std::string line = R"({"process_kprobe":{"process":{"pid":1},"function_name":"f","args":[)" + text +
                           R"(]},"node_name":"n","time":"2026-01-02T03:04:05Z"})";
  for (const auto& problem : validate_event_line(line, true)) FAIL(problem << "\n" << text);
  return text;
}

}  // namespace

TEST_CASE("bytes, whole and cut") {
  CHECK(json(BytesValue{std::string("a\0b", 3), 3}) == R"({"bytes_arg":"YQBi"})");
  CHECK(json(BytesValue{"", 0}) == R"({"bytes_arg":""})");
  CHECK(json(BytesValue{"ab", 9000}, "data") ==
        R"({"truncated_bytes_arg":{"bytes_arg":"YWI=","orig_size":"9000"},"label":"data"})");
}

TEST_CASE("files") {
  using Kind = PathValue::Kind;
  CHECK(json(PathValue{Kind::File, "/etc/shadow", false, 0100640}) ==
        R"({"file_arg":{"path":"/etc/shadow","permission":"-rw-r-----"}})");
  CHECK(json(PathValue{Kind::Path, "/d/x (deleted)", true, 041777}) ==
        R"J({"path_arg":{"path":"/d/x (deleted)","flags":"unresolvedPathComponents","permission":"drwxrwxrwt"}})J");
  CHECK(json(PathValue{Kind::LinuxBinprm, "/bin/su", false, 0104755}) ==
        R"({"linux_binprm_arg":{"path":"/bin/su","permission":"-rwsr-xr-x"}})");
  CHECK(json(PathValue{Kind::File, "", false, 010600}) == R"({"file_arg":{"permission":"prw-------"}})");
  CHECK(json(PathValue{Kind::File, "/x", false, 0107600}) == R"({"file_arg":{"path":"/x","permission":"-rwS--S--T"}})");
}

TEST_CASE("unix addresses, system calls, lists of words") {
  CHECK(json(SockaddrUnValue{1, "@abc"}) == R"({"sockaddrun_arg":{"family":"AF_UNIX","path":"@abc"}})");
  CHECK(json(SockaddrUnValue{1, ""}) == R"({"sockaddrun_arg":{"family":"AF_UNIX"}})");
  CHECK(json(SyscallValue{59, 0xc000003e}) == R"({"syscall_id":{"id":59,"abi":"x64"}})");
  CHECK(json(SyscallValue{0, 0x40000003}) == R"({"syscall_id":{"abi":"i386"}})");
  CHECK(json(SizeListValue{{1, 0}}, "w") == R"({"size_arg":"1","label":"w"},{"size_arg":"0","label":"w"})");
}

TEST_CASE("credentials and capabilities") {
  CHECK(json(UserNamespaceValue{0, 0, 0, 0xEFFFFFFD}) ==
        R"({"user_ns_arg":{"level":0,"uid":0,"gid":0,"ns":{"inum":4026531837,"is_host":true}}})");
  CredValue cred;
  cred.euid = 1000;
  cred.securebits = 0x11;
  cred.caps = {3, 1ULL << 21, 0};
  cred.user_ns = {1, 1000, 1001, 4026532000};
  CHECK(json(cred) ==
        R"({"process_credentials_arg":{"uid":0,"gid":0,"euid":1000,"egid":0,"suid":0,"sgid":0,"fsuid":0,"fsgid":0,)"
        R"("securebits":["SecBitNoRoot","SecBitKeepCaps"],"caps":{"permitted":["CAP_CHOWN","DAC_OVERRIDE"],)"
        R"("effective":["CAP_SYS_ADMIN"]},"user_ns":{"level":1,"uid":1000,"gid":1001,"ns":{"inum":4026532000}}}})");
  CHECK(json(CapabilityValue{21}) == R"({"capability_arg":{"value":21,"name":"CAP_SYS_ADMIN"}})");
  CHECK(json(CapabilityValue{99}) == R"({"capability_arg":{"value":99}})");
  CHECK(json(CapsValue{CapsValue::Kind::KernelCapT, 0x1ffffffffff}) == R"({"kernel_cap_t_arg":"000001ffffffffff"})");
  CHECK(json(CapsValue{CapsValue::Kind::Inheritable, 0}) == R"({"cap_inheritable_arg":"0000000000000000"})");
  CHECK(json(CapsValue{CapsValue::Kind::Permitted, 1}) == R"({"cap_permitted_arg":"0000000000000001"})");
  CHECK(json(CapsValue{CapsValue::Kind::Effective, 1ULL << 63}) == R"({"cap_effective_arg":"8000000000000000"})");
}

TEST_CASE("modules, BPF and perf objects") {
  CHECK(json(ModuleValue{"dummy", std::nullopt, 1 << 12 | 1 << 13}) ==
        R"({"module_arg":{"name":"dummy","tainted":["TAINT_OUT_OF_TREE_MODULE","TAINT_UNSIGNED_MODULE"]}})");
  CHECK(json(ModuleValue{"dummy", false, 0}) == R"({"module_arg":{"name":"dummy","signature_ok":false}})");
  CHECK(json(BpfProgValue{true, 2, 7, "probe"}) ==
        R"({"bpf_attr_arg":{"ProgType":"BPF_PROG_TYPE_KPROBE","InsnCnt":7,"ProgName":"probe"}})");
  CHECK(json(BpfProgValue{false, 999, 0, ""}) == R"({"bpf_prog_arg":{"ProgType":"999"}})");
  CHECK(
      json(BpfMapValue{1, 4, 8, 512, "procs"}) ==
      R"({"bpf_map_arg":{"MapType":"BPF_MAP_TYPE_HASH","KeySize":4,"ValueSize":8,"MaxEntries":512,"MapName":"procs"}})");
  CHECK(json(BpfCmdValue{0}) == R"({"bpf_cmd_arg":"BPF_MAP_CREATE"})");
  CHECK(json(BpfCmdValue{200}) == R"({"bpf_cmd_arg":200})");
  CHECK(
      json(PerfEventValue{"vfs_read", 2, 17, 4}) ==
      R"({"perf_event_arg":{"KprobeFunc":"vfs_read","Type":"PERF_TYPE_TRACEPOINT","Config":"17","ProbeOffset":"4"}})");
}
