// Compact lines, byte for byte.
#include "event/compact.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "event/compact_quote.h"
#include "event/encode.h"
#include "support/event_reference.h"

using namespace burin;

namespace {

Probe probe(std::string function, std::string emoji, std::string verb, std::vector<std::string> details,
            std::string trailer = "") {
  Probe p;
  p.name = p.function = std::move(function);
  p.compact = {std::move(emoji), std::move(verb), std::move(details), std::move(trailer)};
  return p;
}

const ProbeCatalog& catalog() {
  const std::string sock = "tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}";
  static const ProbeCatalog made{
      {probe("tcp_connect", "🔌", "connect", {sock}), probe("tcp_close", "🧹", "close", {sock}),
       probe("tcp_sendmsg", "📤", "sendmsg", {sock}, "bytes {1}"), probe("sys_mount", "💾", "mount", {"{0} {1}"}),
       probe("odd", "🧪", "odd", {"{0.nothing} {x} {0.} {1.saddr {} }"})}};
  return made;
}

std::string compact(const std::string& json, CompactOptions options = {}) {
  const auto line = compact_line(json, catalog(), options);
  REQUIRE(line.has_value());
  return *line;
}

const std::string kTail = R"("node_name":"node-a","time":"2026-01-02T03:04:05.700Z"})";
const std::string kCurl = R"("process":{"binary":"/usr/bin/curl","arguments":"-s http://203.0.113.7/"})";
const std::string kSock =
    R"({"sock_arg":{"family":"AF_INET","saddr":"10.0.0.5","daddr":"203.0.113.7","sport":41234,"dport":80}})";

std::string kprobe(const std::string& function, const std::string& args) {
  return "{\"process_kprobe\":{" + kCurl + ",\"function_name\":\"" + function + "\"" +
         (args.empty() ? "" : ",\"args\":[" + args + "]") + "}," + kTail;
}

}  // namespace

TEST_CASE("exec") {
  CHECK(compact("{\"process_exec\":{" + kCurl + "}," + kTail) ==
        "🚀 process node-a /usr/bin/curl \"-s http://203.0.113.7/\"\n");
  CHECK(compact(R"({"process_exec":{"process":{"binary":"/bin/ls"}},)" + kTail) == "🚀 process node-a /bin/ls \n");
  CHECK(compact(R"({"process_exec":{"process":{"binary":"/bin/ls","arguments":"-l"}},)" + kTail) ==
        "🚀 process node-a /bin/ls -l\n");
}

TEST_CASE("exit") {
  const std::string args = "💥 exit    node-a /usr/bin/curl \"-s http://203.0.113.7/\" ";
  CHECK(compact("{\"process_exit\":{" + kCurl + ",\"signal\":\"SIGKILL\"}," + kTail) == args + "SIGKILL\n");
  CHECK(compact("{\"process_exit\":{" + kCurl + ",\"status\":7}," + kTail) == args + "7\n");
  CHECK(compact("{\"process_exit\":{" + kCurl + "}," + kTail) == args + "0\n");
  const std::string unknown = kTail.substr(0, kTail.size() - 1) + R"(,"burin":{"exit":{"code":"unknown"}}})";
  CHECK(compact("{\"process_exit\":{" + kCurl + "}," + unknown) == args + "?\n");
  const std::string realtime = kTail.substr(0, kTail.size() - 1) + R"(,"burin":{"exit":{"signal":34}}})";
  CHECK(compact("{\"process_exit\":{" + kCurl + "}," + realtime) == args + "signal 34\n");
  CHECK(compact(R"({"process_exit":{"process":{"binary":"/bin/ls"}},)" + kTail) == "💥 exit    node-a /bin/ls  0\n");
}

TEST_CASE("connect, close, sendmsg") {
  const std::string flow = " node-a /usr/bin/curl tcp 10.0.0.5:41234 -> 203.0.113.7:80";
  CHECK(compact(kprobe("tcp_connect", kSock)) == "🔌 connect" + flow + "\n");
  CHECK(compact(kprobe("tcp_close", kSock)) == "🧹 close  " + flow + "\n");
  CHECK(compact(kprobe("tcp_sendmsg", kSock + R"(,{"int_arg":75})")) == "📤 sendmsg" + flow + " bytes 75\n");
  CHECK(compact(kprobe("tcp_connect", R"({"sock_arg":{"saddr":"2001:db8::1","daddr":"::1","dport":443}})")) ==
        "🔌 connect node-a /usr/bin/curl tcp 2001:db8::1:0 -> ::1:443\n");
}

TEST_CASE("an event that burin encoded itself") {
  Event e = sample_connect();
  encode_event(e, "default/xwing");
  CHECK(compact(e.line) == "🔌 connect default/xwing /usr/bin/curl tcp 10.0.0.5:41234 -> 203.0.113.7:80\n");
}

TEST_CASE("the pod is the source where there is one") {
  CHECK(compact(R"({"process_exec":{"process":{"binary":"/bin/ls","pod":{"namespace":"shop","name":"cart-7d9"}}},)" +
                kTail) == "🚀 process shop/cart-7d9 /bin/ls \n");
}

TEST_CASE("colours") {
  const CompactOptions color{.color = true};
  CHECK(compact(kprobe("tcp_sendmsg", kSock + R"(,{"int_arg":75})"), color) ==
        "\x1b[34m📤 sendmsg\x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m "
        "\x1b[36mtcp 10.0.0.5:41234 -> 203.0.113.7:80\x1b[0m bytes 75\n");
  CHECK(compact("{\"process_exit\":{" + kCurl + ",\"signal\":\"SIGTERM\"}," + kTail, color) ==
        "\x1b[34m💥 exit   \x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m "
        "\x1b[36m\"-s http://203.0.113.7/\"\x1b[0m \x1b[31mSIGTERM\x1b[0m\n");
  CHECK(compact(R"({"process_exec":{"process":{"binary":"/bin/ls"}},)" + kTail, color) ==
        "\x1b[34m🚀 process\x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/bin/ls\x1b[0m \x1b[36m\x1b[0m\n");
}

TEST_CASE("timestamps have nine digits") {
  const CompactOptions stamped{.timestamps = true};
  const auto at = [&stamped](const std::string& time) {
    return compact(R"({"process_exec":{"process":{"binary":"/bin/ls"}},"node_name":"n","time":")" + time + "\"}",
                   stamped);
  };
  CHECK(at("2026-01-02T03:04:05.700Z") == "2026-01-02T03:04:05.700000000Z 🚀 process n /bin/ls \n");
  CHECK(at("2026-01-02T03:04:05Z") == "2026-01-02T03:04:05.000000000Z 🚀 process n /bin/ls \n");
  CHECK(at("2026-01-02T03:04:05.123456789Z") == "2026-01-02T03:04:05.123456789Z 🚀 process n /bin/ls \n");
}

TEST_CASE("other functions get Tetragon's line for what it does not know, and their arguments") {
  const std::string start = "❓ syscall node-a /usr/bin/curl ";
  CHECK(compact(kprobe("udp_sendmsg", "")) == start + "udp_sendmsg\n");
  CHECK(compact(kprobe("udp_sendmsg", kSock), {.tetragon_only = true}) == start + "udp_sendmsg\n");
  const std::string udp =
      R"({"sock_arg":{"family":"AF_INET","protocol":"IPPROTO_UDP","saddr":"10.0.0.5","daddr":"9.9.9.9","sport":53000,"dport":53}},{"size_arg":"17","label":"size"})";
  CHECK(compact(kprobe("udp_sendmsg", udp)) == start + "udp_sendmsg sock=udp:10.0.0.5:53000->9.9.9.9:53 size=17\n");
  CHECK(compact(kprobe("f", udp), {.color = true}) ==
        "\x1b[34m❓ syscall\x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m f "
        "\x1b[36msock=udp:10.0.0.5:53000->9.9.9.9:53 size=17\x1b[0m\n");
  const auto value = [&start](const std::string& argument) {
    const std::string line = compact(kprobe("f", argument));
    REQUIRE(line.starts_with(start + "f "));
    return line.substr(start.size() + 2, line.size() - start.size() - 3);
  };
  CHECK(
      value(
          R"({"sock_arg":{"family":"AF_INET6","protocol":"IPPROTO_TCP","saddr":"2001:db8::1","daddr":"::1","dport":443,"state":"TCP_LISTEN"}})") ==
      "sock=tcp:[2001:db8::1]:0->[::1]:443,TCP_LISTEN");
  CHECK(value(R"({"sock_arg":{"family":"AF_UNIX"},"label":"my sock"})") == "\"my sock\"=AF_UNIX");
  CHECK(
      value(
          R"({"skb_arg":{"len":76,"protocol":"IPPROTO_UDP","family":"AF_INET","saddr":"1.2.3.4","daddr":"5.6.7.8"}})") ==
      "skb=udp:1.2.3.4:0->5.6.7.8:0,len=76");
  CHECK(value(R"({"sockaddr_arg":{"family":"AF_INET6","addr":"::1","port":80}})") == "sockaddr=[::1]:80");
  CHECK(value(R"({"sockaddrun_arg":{"family":"AF_UNIX","path":"@x"}})") == "sockaddrun=@x");
  CHECK(value(R"({"file_arg":{"path":"/etc/a b"}})") == "file=\"/etc/a b\"");
  CHECK(value(R"({"string_arg":""})") == "string=\"\"");
  CHECK(value(R"({"string_arg":"\u001b[2J"})") == "string=\"\\x1b[2J\"");
  CHECK(value(R"({"bytes_arg":"aGkgIgoA"})") == "bytes=\"hi \\\"\\x0a\\x00\"");
  CHECK(value(R"({"truncated_bytes_arg":{"bytes_arg":"aGk=","orig_size":"9000"}})") ==
        "truncated_bytes=\"hi\"...(9000 bytes)");
  CHECK(value(R"({"error_arg":{"Message":"Bad address"}})") == "error=error(\"Bad address\")");
  CHECK(value(R"({"capability_arg":{"value":21,"name":"CAP_SYS_ADMIN"}})") == "capability=CAP_SYS_ADMIN");
  CHECK(value(R"({"syscall_id":{"id":1,"abi":"x64"}})") == "syscall_id=write");
  CHECK(value(R"({"syscall_id":{"id":4,"abi":"i386"}})") == "syscall_id=i386/write");
  CHECK(value(R"({"syscall_id":{"id":4711,"abi":"x64"}})") == "syscall_id=x64/4711");
  CHECK(value(R"({"user_ns_arg":{"level":0,"ns":{"inum":4026531837,"is_host":true}}})") ==
        "user_ns={level=0,ns={inum=4026531837,is_host=true}}");
  CHECK(value(R"({"process_credentials_arg":{"uid":0,"caps":{"effective":["CAP_CHOWN","CAP_BPF"]}}})") ==
        "process_credentials={uid=0,caps={effective=[CAP_CHOWN,CAP_BPF]}}");
  CHECK(value(R"({"kernel_cap_t_arg":"00000000a80425fb"})") == "kernel_cap_t=00000000a80425fb");
  for (const char* odd : {"3", "null", "[]", "{}", R"({"label":"x"})", R"({"sock_arg":3})", R"({"bytes_arg":{}})",
                          R"({"bytes_arg":"###"})", R"({"syscall_id":[]})", R"({"x_arg":null})"})
    CHECK_FALSE(value(odd).empty());
  CHECK(
      compact(
          "{\"process_kprobe\":{" + kCurl +
          R"(,"function_name":"f","args":[{"int_arg":1}],"return":{"int_arg":-13},"data":[{"string_arg":"sh","label":"parent"}]},)" +
          kTail) == start + "f int=1 parent=sh = -13\n");
  CHECK(compact(kprobe("__x64_sys_mount", R"({"string_arg":"/dev/a b"},{"string_arg":"\u001b[2J"})")) ==
        "💾 mount   node-a /usr/bin/curl /dev/a b \"\\x1b[2J\"\n");
}

TEST_CASE("arguments of an unexpected type do not crash") {
  const std::string start = "🔌 connect node-a /usr/bin/curl ";
  for (const char* argument :
       {R"({"int_arg":3})", R"({"error_arg":{"Message":"Bad address"}})", R"({"string_arg":"x"})",
        R"({"label":"only"})", "{}", "3", "null", "[]", R"({"skbx":{"saddr":"1.2.3.4"}})"})
    CHECK(compact(kprobe("tcp_connect", argument)) == start + "tcp ?:? -> ?:?\n");
  // Without the argument there are no details, as in Tetragon.
  CHECK(compact(kprobe("tcp_connect", "")) == start + "\n");
  CHECK(compact(kprobe("tcp_sendmsg", kSock)) ==
        "📤 sendmsg node-a /usr/bin/curl tcp 10.0.0.5:41234 -> 203.0.113.7:80 bytes ?\n");
  CHECK(compact(kprobe("tcp_sendmsg", kSock + R"(,{"size_arg":"75"})")) ==
        "📤 sendmsg node-a /usr/bin/curl tcp 10.0.0.5:41234 -> 203.0.113.7:80 bytes 75\n");
  CHECK(compact(kprobe("odd", kSock)) == "🧪 odd     node-a /usr/bin/curl ? {x} {0.} {1.saddr {} }\n");
}

TEST_CASE("raw syscalls are printed as calls") {
  const auto call = [](const std::string& args) {
    const std::string line = compact("{\"process_tracepoint\":{" + kCurl +
                                     R"(,"subsys":"raw_syscalls","event":"sys_enter","args":[)" + args + "]}," + kTail);
    const std::string start = "☎  syscall node-a /usr/bin/curl ";
    REQUIRE(line.starts_with(start));
    return line.substr(start.size());
  };
  const std::string write = R"({"syscall_id":{"id":1,"abi":"x64"}})";
  CHECK(call(write + R"(,{"size_arg":"3"},{"size_arg":"140737488346912"},{"size_arg":"6"},{"size_arg":"0"})") ==
        "write(unsigned int fd=3, const char * buf=0x7fffffffdf20, size_t count=6)\n");
  CHECK(call(write) == "write(unsigned int fd=?, const char * buf=?, size_t count=?)\n");
  CHECK(call(write + R"(,{"error_arg":{}},{"long_arg":"-1"},{})") ==
        "write(unsigned int fd=?, const char * buf=0xffffffffffffffff, size_t count=?)\n");
  CHECK(call(write + R"(,{"bytes_arg":"AwAAAAAAAAAg3///fwAAAAYAAAAAAAAA"})") ==
        "write(unsigned int fd=3, const char * buf=0x7fffffdf20, size_t count=6)\n");
  CHECK(call(R"({"syscall_id":{"id":4,"abi":"i386"}})") ==
        "i386/write(unsigned int fd=?, const char * buf=?, size_t count=?)\n");
  CHECK(call(R"({"syscall_id":{"id":257,"abi":"x64"}},{"size_arg":"18446744073709551516"})") ==
        "openat(int dfd=-100, const char * filename=?, int flags=?, umode_t mode=?)\n");
  CHECK(call(R"({"syscall_id":{"id":39,"abi":"x64"}})") == "getpid()\n");
  CHECK(call(R"({"syscall_id":{"id":4711,"abi":"x64"}})") == "x64/4711(?)\n");
  CHECK(call(R"({"long_arg":"39"})") == "getpid()\n");
}

TEST_CASE("the other kinds") {
  const auto event = [](const std::string& kind, const std::string& fields) {
    return "{\"" + kind + "\":{" + kCurl + "," + fields + "}," + kTail;
  };
  const std::string state =
      event("process_tracepoint",
            R"("subsys":"sock","event":"inet_sock_set_state","args":[{"int_arg":7,"label":"oldstate"}])");
  CHECK(compact(state) == "⁉️ tracepoint node-a /usr/bin/curl sock inet_sock_set_state oldstate=7\n");
  CHECK(compact(state, {.tetragon_only = true}) == "⁉️ tracepoint node-a /usr/bin/curl sock inet_sock_set_state\n");
  CHECK(compact(event("process_uprobe", R"("path":"/bin/bash","symbol":"readline")")) ==
        "🕵️ uprobe  node-a /usr/bin/curl /bin/bash readline\n");
  CHECK(compact(event("process_usdt", R"("path":"/opt/app","provider":"test","name":"usdt3")")) ==
        "🕵️ usdt    node-a /usr/bin/curl /opt/app test usdt3\n");
  CHECK(compact(event("process_lsm", R"("function_name":"file_open")"), {.color = true}) ==
        "\x1b[34m🔒 LSM    \x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[36mfile_open\x1b[0m\n");
  CHECK(compact(event("process_loader", R"("path":"/usr/lib64/libc.so.6","buildid":"3q2+7w==")")) ==
        "🧬 loader  node-a /usr/bin/curl deadbeef /usr/lib64/libc.so.6\n");
  CHECK(compact(event("process_loader", R"("path":"/x y")"), {.color = true}) ==
        "\x1b[34m🧬 loader \x1b[0m \x1b[32mnode-a\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[33m/x y\x1b[0m\n");
  CHECK(compact(R"({"process_throttle":{"type":"THROTTLE_START","cgroup":"session-429.scope"},)" + kTail) ==
        "🧬 throttle START session-429.scope\n");
  CHECK(compact(R"({"process_throttle":{"type":"THROTTLE_STOP","cgroup":"c"},)" + kTail, {.color = true}) ==
        "\x1b[31m🧬 throttle\x1b[0m \x1b[32mSTOP \x1b[0m \x1b[36mc\x1b[0m\n");
}

TEST_CASE("stacks and hashes stand below the line, unless they are not wanted") {
  const std::string stacks =
      "{\"process_kprobe\":{" + kCurl +
      R"(,"function_name":"f","kernel_stack_trace":[{"offset":"1","symbol":"f"},{"address":"18446744071578845256","offset":"72","symbol":"g"}],)"
      R"("user_stack_trace":[{"offset":"1166993","symbol":"write","module":"/usr/lib/libc.so.6"}]},)" +
      kTail;
  CHECK(compact(stacks) ==
        "❓ syscall node-a /usr/bin/curl f\n"
        "Kernel:\n   0x0: f+0x1\n   0xffffffff81000048: g+0x48\n"
        "User:\n   0x0: write (/usr/lib/libc.so.6+0x11ce91)\n");
  CHECK(compact(stacks, {.stack_traces = false}) == "❓ syscall node-a /usr/bin/curl f\n");
  CHECK_THAT(compact(stacks, {.color = true}),
             Catch::Contains("   \x1b[32m0x0\x1b[0m: \x1b[34mf\x1b[0m+\x1b[33m0x1\x1b[0m\n"));
  const std::string lsm =
      "{\"process_lsm\":{" + kCurl +
      R"(,"function_name":"bprm_check_security","args":[{"linux_binprm_arg":{"path":"/bin/ls"}}],"ima_hash":"sha256:00"},)" +
      kTail;
  const std::string line = "🔒 LSM     node-a /usr/bin/curl bprm_check_security linux_binprm=/bin/ls\n";
  CHECK(compact(lsm) == line + "   /bin/ls sha256:00\n");
  CHECK(compact(lsm, {.ima_hash = false}) == line);
}

TEST_CASE("who may do everything is marked, by the capability and not by how many there are") {
  const auto exec = [](const std::string& caps) {
    return compact(R"({"process_exec":{"process":{"binary":"/bin/ls","cap":{"effective":[)" + caps + "]}}}," + kTail);
  };
  const std::string plain = "🚀 process node-a /bin/ls ";
  // 120 bytes, a space, and the mark's columns taken off the padding.
  CHECK(exec(R"("CAP_SYS_ADMIN")") == plain + std::string(1 + 120 - plain.size() - 15, ' ') + "🛑 CAP_SYS_ADMIN\n");
  std::string many;
  for (int i = 0; i < 30; ++i) many += std::string(i ? "," : "") + "\"CAP_CHOWN\"";
  CHECK(exec(many) == plain + "\n");
  const std::string wide = compact(R"({"process_exec":{"process":{"binary":"/bin/ls","arguments":")" +
                                   std::string(200, 'a') + R"(","cap":{"effective":["CAP_SYS_ADMIN"]}}},)" + kTail);
  CHECK(wide == plain + std::string(200, 'a') + " 🛑 CAP_SYS_ADMIN\n");
}

TEST_CASE("IPv6 in brackets, if wanted") {
  CHECK(compact(kprobe("tcp_connect", R"({"sock_arg":{"saddr":"2001:db8::1","daddr":"::1","dport":443}})"),
                {.bracket_ipv6 = true}) == "🔌 connect node-a /usr/bin/curl tcp [2001:db8::1]:0 -> [::1]:443\n");
  CHECK(compact(kprobe("tcp_connect", kSock), {.bracket_ipv6 = true}) ==
        "🔌 connect node-a /usr/bin/curl tcp 10.0.0.5:41234 -> 203.0.113.7:80\n");
}

TEST_CASE("a line that nests too deep is no event") {
  CHECK_FALSE(compact_line(std::string(100'000, '['), catalog(), {}).has_value());
  CHECK_FALSE(compact_line(std::string(100, '[') + std::string(100, ']'), catalog(), {}).has_value());
}

TEST_CASE("gaps") {
  Event e;
  e.kind = EventKind::Gap;
  e.cpu = 3;
  e.lost = 17;
  e.seq = 1;
  encode_event(e, "node-a");
  CHECK(compact(e.line) == "🕳 gap     node-a 17 events lost (perf_buffer, cpu 3)\n");
  CHECK(compact(e.line, {.color = true}) ==
        "\x1b[31m🕳 gap    \x1b[0m \x1b[32mnode-a\x1b[0m \x1b[31m17 events lost\x1b[0m (perf_buffer, cpu 3)\n");
  CHECK(compact(e.line.substr(0, e.burin_at) + "}") == "🕳 gap     node-a 17 events lost\n");
  e.loss = LossReason::SlowClient;
  e.lost_at_least = true;
  encode_event(e, "node-a");
  CHECK(compact(e.line) == "🕳 gap     node-a 17 events lost (slow_client, at least)\n");
}

TEST_CASE("what is not an event") {
  CHECK(compact(R"({"process_dns":{"process":{}},)" + kTail).empty());
  CHECK(compact("{}").empty());
  for (const char* bad : {"", "{", "[]", "3", "\"x\"", "{}}", "{\"a\":\"\xff\"}", R"({"process_exec":{}})",
                          R"({"process_exec":3})", R"({"process_kprobe":[]})"})
    CHECK_FALSE(compact_line(bad, catalog(), {}).has_value());
}

TEST_CASE("hostile fields stay on their line") {
  const std::string line = compact(
      R"({"process_exec":{"process":{"binary":"/tmp/\u001b[31mx\n🚀 process","arguments":"a\tb"}},"node_name":"no de","time":"\u001b[0m"})",
      {.timestamps = true});
  CHECK(line == "\"\\x1b[0m\" 🚀 process \"no de\" \"/tmp/\\x1b[31mx\\n🚀 process\" \"a\\tb\"\n");
}

TEST_CASE("quoting is Go's") {
  CHECK(maybe_quote("plain-ÄÖ✓🚀") == "plain-ÄÖ✓🚀");
  CHECK(maybe_quote("a b") == "\"a b\"");
  CHECK(maybe_quote("a\"b\\") == "a\"b\\");
  CHECK(go_quote("a\"b\\ \a\b\f\n\r\t\v\x01\x7f") == R"("a\"b\\ \a\b\f\n\r\t\v\x01\x7f")");
  CHECK(maybe_quote("\u00a0") == R"("\u00a0")");
  CHECK(maybe_quote("\u200b\u2028\ufeff") == R"("\u200b\u2028\ufeff")");
  CHECK(maybe_quote("\u00ad\u0085") == R"("\u00ad\u0085")");
  CHECK(maybe_quote("\U000e0001\U0010ffff") == R"("\U000e0001\U0010ffff")");
  CHECK(maybe_quote("\ue000") == R"("\ue000")");
  CHECK(maybe_quote("\ufffd") == "\ufffd");
  CHECK(maybe_quote("") == "");
  CHECK(quote_unprintable("a b") == "a b");
  CHECK(quote_unprintable("a\nb") == R"("a\nb")");
}
