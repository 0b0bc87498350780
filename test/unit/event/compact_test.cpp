// Compact lines, byte for byte.
#include "event/compact.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "event/compact_quote.h"
#include "event/encode.h"
#include "support/event_reference.h"

using namespace burin;

namespace {

Probe probe(std::string function, std::string emoji, std::string verb, std::string details, std::string trailer = "") {
  Probe p;
  p.name = p.function = std::move(function);
  p.compact = {std::move(emoji), std::move(verb), std::move(details), std::move(trailer)};
  return p;
}

const ProbeCatalog& catalog() {
  const std::string sock = "tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}";
  static const ProbeCatalog made{{probe("tcp_connect", "🔌", "connect", sock), probe("tcp_close", "🧹", "close", sock),
                                  probe("tcp_sendmsg", "📤", "sendmsg", sock, "bytes {1}"),
                                  probe("sys_mount", "💾", "mount", "{0} {1}"),
                                  probe("odd", "🧪", "odd", "{0.nothing} {x} {0.} {1.saddr {} }")}};
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

TEST_CASE("other functions get Tetragon's line for what it does not know") {
  CHECK(compact(kprobe("udp_sendmsg", kSock)) == "❓ syscall node-a /usr/bin/curl udp_sendmsg\n");
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
}

TEST_CASE("what is not an event") {
  CHECK(compact(R"({"process_throttle":{"type":"THROTTLE_START"},)" + kTail).empty());
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
