// Every function that Tetragon's compact form knows, with the manifests that ship, byte for byte.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "event/compact.h"
#include "policy/policy_reader.h"

using namespace burin;

namespace {

struct Line {
  const char *function, *args, *verb, *details;
};

constexpr const char* kSock =
    R"({"sock_arg":{"family":"AF_INET","saddr":"10.0.0.5","daddr":"203.0.113.7","sport":41234,"dport":80}})";
constexpr const char* kFile = R"({"file_arg":{"path":"/etc/passwd","permission":"-rw-r--r--"}})";

const Line kLines[] = {
    {"__x64_sys_write", R"(@,{"bytes_arg":"aGk="},{"size_arg":"75"})", "📝 write  ",
     "\x1b[36m/etc/passwd\x1b[0m \x1b[36m75 bytes\x1b[0m"},
    {"__x64_sys_write", "@", "📝 write  ", "\x1b[36m/etc/passwd\x1b[0m "},
    {"__arm64_sys_read", R"(@,{"bytes_arg":"aGk="},{"size_arg":"0"})", "📚 read   ",
     "\x1b[36m/etc/passwd\x1b[0m \x1b[36m0 bytes\x1b[0m"},
    {"fd_install", R"({"int_arg":3},@)", "📬 open   ", "\x1b[36m/etc/passwd\x1b[0m"},
    {"__x64_sys_openat", R"({"int_arg":-100},{"string_arg":"/etc/passwd"},{"int_arg":0})", "📬️ openat ",
     "\x1b[36m/etc/passwd\x1b[0m"},
    {"__ia32_sys_open", R"({"string_arg":"/etc/passwd"},{"int_arg":0})", "📬️ open   ", "\x1b[36m0\x1b[0m"},
    {"__x64_sys_close", "@", "📪 close  ", "\x1b[36m/etc/passwd\x1b[0m"},
    {"__x64_sys_mount", R"({"string_arg":"/dev/sda1"},{"string_arg":"/mnt"})", "💾 mount  ",
     "\x1b[36m/dev/sda1 /mnt\x1b[0m"},
    {"__x64_sys_pivot_root", R"({"string_arg":"new"},{"string_arg":"old"})", "💾 pivot_root", "\x1b[36mnew old\x1b[0m"},
    {"__x64_sys_setuid", R"({"int_arg":0})", "🔑 setuid ", "\x1b[36m0\x1b[0m"},
    {"__x64_sys_clock_settime", R"({"int_arg":0})", "⏰ clock_settime", nullptr},
    {"proc_exec_connector", "", "🔧 proc_exec_connector", nullptr},
    {"__x64_sys_setns", R"({"int_arg":3},{"int_arg":1073741824})", "🔧 setns  ", "\x1b[36mnet\x1b[0m"},
    {"__x64_sys_setns", R"({"int_arg":3},{"int_arg":0})", "🔧 setns  ", "\x1b[36many\x1b[0m"},
    {"__x64_sys_setns", R"({"int_arg":3},{"int_arg":33554432})", "🔧 setns  ", "\x1b[36mcgroup\x1b[0m"},
    {"__x64_sys_setns", R"({"int_arg":3},{"int_arg":5})", "🔧 setns  ", "\x1b[36m5\x1b[0m"},
    {"tcp_connect", kSock, "🔌 connect", "\x1b[36mtcp 10.0.0.5:41234 -> 203.0.113.7:80\x1b[0m"},
    {"tcp_close", kSock, "🧹 close  ", "\x1b[36mtcp 10.0.0.5:41234 -> 203.0.113.7:80\x1b[0m"},
    {"bpf_check", R"({"bpf_attr_arg":{"ProgType":"BPF_PROG_TYPE_KPROBE","InsnCnt":2048,"ProgName":"amazing-program"}})",
     "🐝 bpf_load", "\x1b[36mBPF_PROG_TYPE_KPROBE amazing-program instruction count 2048\x1b[0m"},
    {"security_perf_event_alloc", R"({"perf_event_arg":{"KprobeFunc":"commit_creds","Type":"PERF_TYPE_TRACEPOINT"}})",
     "🐝 perf_event_alloc", "\x1b[36mPERF_TYPE_TRACEPOINT commit_creds\x1b[0m"},
    {"security_bpf_map_alloc",
     R"({"bpf_map_arg":{"MapType":"BPF_MAP_TYPE_HASH","KeySize":8,"ValueSize":16,"MaxEntries":1024,"MapName":"m"}})",
     "🗺 bpf_map_create", "\x1b[36mBPF_MAP_TYPE_HASH m key size 8 value size 16 max entries 1024\x1b[0m"},
    {"security_bpf_map_create", R"({"bpf_map_arg":{"MapType":"BPF_MAP_TYPE_ARRAY"}})", "🗺 bpf_map_create",
     "\x1b[36mBPF_MAP_TYPE_ARRAY  key size 0 value size 0 max entries 0\x1b[0m"},
    {"security_file_permission", R"(@,{"int_arg":2})", "📝 write  ", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_file_permission", R"(@,{"int_arg":4})", "📚 read   ", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_file_permission", R"(@,{"int_arg":1})", "❓ security_file_permission", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_mmap_file", R"(@,{"uint_arg":5},{"uint_arg":2})", "📝 mmap-rx", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_mmap_file", R"(@,{"uint_arg":7})", "📝 mmap-rwx", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_path_truncate", R"({"path_arg":{"path":"/etc/passwd"}})", "📝 truncate", "\x1b[36m/etc/passwd\x1b[0m"},
    {"security_file_truncate", "@", "📝 truncate", "\x1b[36m/etc/passwd\x1b[0m"},
};

ProbeCatalog shipped() {
  ProbeCatalog out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(BURIN_SOURCE_DIR) + "/probes")) {
    if (entry.path().filename() != "probe.yaml") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    Diagnostics diagnostics;
    auto probe = read_probe(entry.path(), text.str(), diagnostics);
    INFO(render(diagnostics, text.str(), false));
    REQUIRE(probe);
    out.probes.push_back(std::move(*probe));
  }
  return out;
}

std::string event_of(const std::string& function, std::string args) {
  if (const auto at = args.find('@'); at != std::string::npos) args.replace(at, 1, kFile);
  return R"({"process_kprobe":{"process":{"binary":"/usr/bin/x"},"function_name":")" + function + "\"" +
         (args.empty() ? "" : ",\"args\":[" + args + "]") + R"(},"node_name":"node-a","time":"2026-01-02T03:04:05Z"})";
}

}  // namespace

TEST_CASE("every function that Tetragon formats") {
  const ProbeCatalog catalog = shipped();
  std::set<std::string> seen{"tcp_sendmsg"};
  for (const Line& expected : kLines) {
    INFO(expected.function << " " << expected.args);
    const auto line = compact_line(event_of(expected.function, expected.args), catalog, {.color = true});
    REQUIRE(line);
    CHECK(*line == "\x1b[34m" + std::string(expected.verb) + "\x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/x\x1b[0m" +
                       (expected.details ? " " + std::string(expected.details) : "") + "\n");
    std::string name = expected.function;
    for (const char* prefix : {"__x64_", "__arm64_", "__ia32_"})
      if (name.starts_with(prefix)) name.erase(0, std::string(prefix).size());
    seen.insert(name);
  }
  const auto size = compact_line(event_of("tcp_sendmsg", std::string(kSock) + R"(,{"int_arg":517})"), catalog, {});
  REQUIRE(size);
  CHECK(*size == "📤 sendmsg node-a /usr/bin/x tcp 10.0.0.5:41234 -> 203.0.113.7:80 bytes 517\n");
  for (const Probe& probe : catalog.probes) {
    INFO(probe.function);
    CHECK(seen.contains(probe.function));  // a manifest without its line here is not tested
  }
}

TEST_CASE("no manifest's line can be broken by what the arguments are") {
  const ProbeCatalog catalog = shipped();
  for (const Probe& probe : catalog.probes)
    for (const char* args :
         {"", "null", "3,[]", R"({"error_arg":{"Message":"Bad address"}})", R"({"int_arg":1},{"file_arg":{}},{})",
          R"({"sock_arg":[]},{"string_arg":3},{"size_arg":{}})", R"({"label":"a"},{"label":"b"},{"label":"c"})"}) {
      INFO(probe.function << " " << args);
      const auto line = compact_line(event_of(probe.function, args), catalog, {});
      REQUIRE(line);
      CHECK(std::count(line->begin(), line->end(), '\n') == 1);
    }
}
