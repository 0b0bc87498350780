// The validator itself: it must take what Tetragon writes and refuse every small deviation from it.
#include <catch2/catch.hpp>

#include "support/event_schema.h"

namespace {

/// One line of every kind of event, in Tetragon's form (made up; the fields and their forms are what matters).
const std::vector<std::string>& good_lines() {
  static const std::vector<std::string> lines{
      R"({"process_exec":{"process":{"exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=","pid":4211,"uid":0,"cwd":"/","binary":"/usr/bin/curl","arguments":"-s http://203.0.113.7/","flags":"execve rootcwd clone","start_time":"2026-01-02T03:04:05.678901234Z","auid":4294967295,"pod":{"namespace":"shop","name":"cart-7d9","container":{"id":"containerd://5f0c1d2e","name":"cart","image":{"id":"docker.io/library/cart@sha256:ab12","name":"docker.io/library/cart:1.2"},"start_time":"2026-01-02T03:00:00Z","pid":17},"pod_labels":{"app":"cart"},"workload":"cart","workload_kind":"Deployment"},"docker":"5f0c1d2e3f405162738495a6b7c8d9e","parent_exec_id":"bm9kZS1hOjEyMzQ1NjAwMDAwMDAwOjQyMDA=","tid":4211,"in_init_tree":false},"parent":{"exec_id":"bm9kZS1hOjEyMzQ1NjAwMDAwMDAwOjQyMDA=","pid":4200,"uid":0,"cwd":"/","binary":"/bin/sh","flags":"execve clone","start_time":"2026-01-02T03:00:01Z","auid":4294967295,"tid":4200,"in_init_tree":true}},"node_name":"node-a","time":"2026-01-02T03:04:05.678901234Z"})",
      R"({"process_exit":{"process":{"exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=","pid":4211,"uid":0,"cwd":"/","binary":"/usr/bin/curl","flags":"execve rootcwd clone","start_time":"2026-01-02T03:04:05.678901234Z","tid":4211},"signal":"SIGKILL","status":137,"time":"2026-01-02T03:04:06.100Z"},"node_name":"node-a","time":"2026-01-02T03:04:06.100Z"})",
      R"({"process_kprobe":{"process":{"exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=","pid":4211,"uid":0,"binary":"/usr/bin/curl","tid":4211},"parent":{"exec_id":"bm9kZS1hOjEyMzQ1NjAwMDAwMDAwOjQyMDA=","pid":4200,"uid":0,"binary":"/bin/sh"},"function_name":"tcp_connect","args":[{"sock_arg":{"family":"AF_INET","type":"SOCK_STREAM","protocol":"IPPROTO_TCP","saddr":"10.0.0.5","daddr":"203.0.113.7","sport":41234,"dport":80,"cookie":"18446623456789012480","state":"TCP_SYN_SENT"}}],"action":"KPROBE_ACTION_POST","policy_name":"connect"},"node_name":"node-a","time":"2026-01-02T03:04:05.700Z"})",
      R"({"process_kprobe":{"process":{"pid":4211,"binary":"/usr/bin/curl"},"function_name":"tcp_sendmsg","args":[{"sock_arg":{"family":"AF_INET6","type":"SOCK_STREAM","protocol":"IPPROTO_TCP","saddr":"2001:db8::1","daddr":"::ffff:203.0.113.7","sport":41236,"dport":443,"cookie":"18446623456789012992","state":"TCP_ESTABLISHED"}},{"int_arg":517,"label":"size"}],"action":"KPROBE_ACTION_POST","kernel_stack_trace":[{"offset":"1","symbol":"tcp_sendmsg"},{"offset":"72","symbol":"sock_write_iter"}],"policy_name":"connect","message":"TLS out","tags":["net.egress"]},"node_name":"node-a","time":"2026-01-02T03:04:05.800Z"})",
      R"({"process_kprobe":{"process":{"pid":900,"binary":"/usr/sbin/named"},"function_name":"ip_output","args":[{"skb_arg":{"len":76,"saddr":"10.0.0.5","daddr":"9.9.9.9","sport":53000,"dport":53,"proto":17,"protocol":"IPPROTO_UDP","family":"AF_INET"}}],"action":"KPROBE_ACTION_SIGKILL","policy_name":"dns-only-specified-servers"},"node_name":"node-a","time":"2026-01-02T03:04:07Z"})",
      R"({"process_kprobe":{"process":{"pid":4211,"binary":"/usr/bin/curl"},"function_name":"security_socket_connect","args":[{"sockaddr_arg":{"family":"AF_INET","addr":"203.0.113.7","port":80}},{"int_arg":16}],"return":{"int_arg":0},"action":"KPROBE_ACTION_POST","policy_name":"security-socket-connect","return_action":"KPROBE_ACTION_POST"},"node_name":"node-a","time":"2026-01-02T03:04:05.690Z"})",
      R"({"process_tracepoint":{"process":{"pid":77,"binary":"/usr/bin/strace"},"subsys":"raw_syscalls","event":"sys_enter","args":[{"syscall_id":{"id":59,"abi":"x64"}}],"policy_name":"raw-syscalls","action":"KPROBE_ACTION_POST"},"node_name":"node-a","time":"2026-01-02T03:04:08Z"})",
      R"({"process_uprobe":{"process":{"pid":78,"binary":"/usr/bin/bash"},"path":"/bin/bash","symbol":"readline","policy_name":"uprobe","action":"KPROBE_ACTION_POST"},"node_name":"node-a","time":"2026-01-02T03:04:09Z"})",
      R"({"process_usdt":{"process":{"pid":79,"binary":"/opt/app"},"path":"/opt/app","provider":"test","name":"usdt3","policy_name":"usdts","args":[{"int_arg":1},{"long_arg":"42"}],"action":"KPROBE_ACTION_POST"},"node_name":"node-a","time":"2026-01-02T03:04:09Z"})",
      R"({"process_lsm":{"process":{"pid":80,"binary":"/usr/bin/cat"},"function_name":"file_open","policy_name":"lsm-file-open","args":[{"file_arg":{"path":"/etc/shadow","permission":"-rw-r-----"}}],"action":"KPROBE_ACTION_POST"},"node_name":"node-a","time":"2026-01-02T03:04:10Z"})",
      R"({"process_loader":{"process":{"pid":80,"binary":"/usr/bin/cat"},"path":"/usr/lib64/libc.so.6","buildid":"3q2+7w=="},"node_name":"node-a","time":"2026-01-02T03:04:10Z"})",
      R"({"process_throttle":{"type":"THROTTLE_START","cgroup":"session-429.scope"},"node_name":"node-a","time":"2026-01-02T03:04:11Z"})",
      R"({"rate_limit_info":{"number_of_dropped_process_events":"17"},"node_name":"node-a","time":"2026-01-02T03:05:00Z"})",
  };
  return lines;
}

/// Line `index` with `from` (which must stand there) replaced by `to`.
struct Mutation {
  std::size_t index;
  const char* from;
  const char* to;
  const char* expected;  ///< part of the message
};

const Mutation kMutations[] = {
    // names
    {0, R"("cwd":"/")", R"("Cwd":"/")", "process_exec.process.Cwd: unknown field"},
    {0, R"("start_time")", R"("startTime")", "unknown field"},
    {0, R"("parent_exec_id")", R"("parentExecId")", "unknown field"},
    {2, R"("function_name")", R"("function")", "unknown field"},
    {2, R"("sock_arg")", R"("socket_arg")", "unknown field"},
    {12, R"("rate_limit_info")", R"("rate_limit")", "unknown field"},
    {0, R"("node_name":"node-a",)", "", "\"node_name\" is missing"},
    {0, R"(,"time":"2026-01-02T03:04:05.678901234Z"})", "}", "\"time\" is missing"},
    // 64-bit numbers are strings, others are not
    {2, R"("cookie":"18446623456789012480")", R"("cookie":18446623456789012480)", "not of the form uint64"},
    {2, R"("cookie":"18446623456789012480")", R"("cookie":"0x1f")", "not of the form uint64"},
    {2, R"("cookie":"18446623456789012480")", R"("cookie":"18446744073709551616")", "not of the form uint64"},
    {8, R"("long_arg":"42")", R"("long_arg":42)", "not of the form int64"},
    {8, R"("long_arg":"42")", R"("long_arg":"042")", "not of the form int64"},
    {12, R"("17")", "17", "not of the form uint64"},
    {0, R"("pid":4211)", R"("pid":"4211")", "not of the form UInt32Value"},
    {0, R"("auid":4294967295)", R"("auid":4294967296)", "not of the form UInt32Value"},
    {0, R"("auid":4294967295)", R"("auid":-1)", "not of the form UInt32Value"},
    {2, R"("dport":80)", R"("dport":80.0)", "not of the form uint32"},
    {3, R"("int_arg":517)", R"("int_arg":2147483648)", "not of the form int32"},
    {0, R"("in_init_tree":false)", R"("in_init_tree":"false")", "not of the form BoolValue"},
    // zeros
    {0, R"("arguments":"-s http://203.0.113.7/")", R"("arguments":"")", "must be left out"},
    {2, R"("sport":41234)", R"("sport":0)", "must be left out"},
    {2, R"("cookie":"18446623456789012480")", R"("cookie":"0")", "must be left out"},
    {3, R"("tags":["net.egress"])", R"("tags":[])", "empty array"},
    {2, R"("action":"KPROBE_ACTION_POST")", R"("action":"KPROBE_ACTION_UNKNOWN")", "must be left out"},
    {0, R"("pod_labels":{"app":"cart"})", R"("pod_labels":{})", "must be left out"},
    // timestamps
    {1, R"("time":"2026-01-02T03:04:06.100Z"},)", R"("time":"2026-01-02T03:04:06.1Z"},)", "not of the form Timestamp"},
    {1, R"("time":"2026-01-02T03:04:06.100Z"},)", R"("time":"2026-01-02T03:04:06.100000Z"},)",
     "not of the form Timestamp"},
    {1, R"("time":"2026-01-02T03:04:06.100Z"},)", R"("time":"2026-01-02T03:04:06.100+00:00"},)",
     "not of the form Timestamp"},
    {1, R"("time":"2026-01-02T03:04:06.100Z"},)", R"("time":"2026-13-02T03:04:06.100Z"},)",
     "not of the form Timestamp"},
    {4, R"("time":"2026-01-02T03:04:07Z")", R"("time":"2026-01-02T03:04:07.000Z")", "not of the form Timestamp"},
    {4, R"("time":"2026-01-02T03:04:07Z")", R"("time":"2026-01-02 03:04:07Z")", "not of the form Timestamp"},
    {4, R"("time":"2026-01-02T03:04:07Z")", R"("time":1767323047)", "not of the form Timestamp"},
    // one of
    {3, R"("int_arg":517)", R"("int_arg":517,"long_arg":"5")", "more than one of a oneof"},
    {3, R"({"int_arg":517,"label":"size"})", R"({"label":"size"})", "none of the fields"},
    {12, R"({"rate_limit_info")", R"({"test":{},"rate_limit_info")", "more than one of a oneof"},
    // order
    {3, R"("int_arg":517,"label":"size")", R"("label":"size","int_arg":517)", "out of order"},
    {0, R"("pid":4211,"uid":0,)", R"("uid":0,"pid":4211,)", "out of order"},
    {4, R"("action":"KPROBE_ACTION_SIGKILL","policy_name":"dns-only-specified-servers")",
     R"("policy_name":"dns-only-specified-servers","action":"KPROBE_ACTION_SIGKILL")", "out of order"},
    {4, R"("node_name":"node-a","time":"2026-01-02T03:04:07Z")",
     R"("time":"2026-01-02T03:04:07Z","node_name":"node-a")", "out of order"},
    {2, R"("saddr":"10.0.0.5","daddr":"203.0.113.7")", R"("daddr":"203.0.113.7","saddr":"10.0.0.5")", "out of order"},
    // names of numbers
    {2, R"("KPROBE_ACTION_POST")", R"("POST")", "is not a name of enum"},
    {11, R"("THROTTLE_START")", R"("START")", "is not a name of enum"},
    {2, R"("AF_INET")", R"("inet")", "not of the form name:AF_"},
    {2, R"("TCP_SYN_SENT")", R"("SYN_SENT")", "not of the form name:TCP_"},
    {2, R"("protocol":"IPPROTO_TCP")", R"("protocol":6)", "not of the form name:IPPROTO_"},
    {1, R"("SIGKILL")", R"("KILL")", "not of the form name:SIG"},
    // text forms
    {0, R"("exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=")", R"("exec_id":"node-a:12345678901234:4211")",
     "form exec_id"},
    {0, R"("exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=")", R"("exec_id":"bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE")",
     "form exec_id"},
    {10, R"("3q2+7w==")", R"("3q2-7w==")", "form bytes"},
    {0, R"("flags":"execve rootcwd clone")", R"("flags":"execve clone rootcwd")", "form flag_words"},
    {0, R"("flags":"execve rootcwd clone")", R"("flags":"execve,clone")", "form flag_words"},
    {0, R"("flags":"execve rootcwd clone")", R"("flags":"execve  clone")", "form flag_words"},
    {2, R"("saddr":"10.0.0.5")", R"("saddr":"10.0.0.05")", "form address"},
    {3, R"("saddr":"2001:db8::1")", R"("saddr":"2001:DB8::1")", "form address"},
    {3, R"("saddr":"2001:db8::1")", R"("saddr":"2001:db8:0:0:0:0:0:1")", "form address"},
    {3, R"("daddr":"::ffff:203.0.113.7")", R"("daddr":"::ffff:cb00:7107")", "form address"},
    // shape
    {2, R"("args":[)", R"("args":{"0":[)", "not JSON"},
    {0, R"("process":{)", R"("process":[{)", "not JSON"},
    {2, R"("args":[{"sock_arg")", R"("args":[3,{"sock_arg")", "must be an object"},
    {0, R"("process_exec":{"process")", R"("process_exec":{"parent")", "\"process\" is missing"},
    {0, R"({"process_exec")", R"([{"process_exec")", "not one JSON object"},
    {0, R"("uid":0,)", R"("uid":0,"uid":0,)", "stands twice"},
    {0, R"("binary":"/usr/bin/curl")", "\"binary\":\"/usr/bin/\xff\"", "not UTF-8"},
    {0, R"("cwd":"/",)", "\"cwd\":\"/\",\n", "a line break"},
    {0, R"("pid":4211,)", R"("pid":4211,"burin":{},)", "unknown field"},
};

std::string join(const std::vector<std::string>& problems) {
  std::string text;
  for (const auto& p : problems) text += p + "\n";
  return text;
}

const std::string kBurin =
    R"(,"burin":{"seq":5,"mono_ns":"12345","cpu":0,"rung":"kprobe","selector":0,"from":{"binary":"kernel","sport":"deferred"}}})";

std::string with_burin(const std::string& burin) {
  const std::string& line = good_lines()[2];
  return line.substr(0, line.size() - 1) + burin;
}

}  // namespace

TEST_CASE("one line of every event kind is accepted") {
  REQUIRE(good_lines().size() == 13);
  for (const auto& line : good_lines()) {
    CHECK(join(validate_event_line(line, true)) == "");
    CHECK(join(validate_event_line(line + "\n", true)) == "");
  }
}

TEST_CASE("every mutation is refused, for its own reason") {
  for (const auto& m : kMutations) {
    std::string line = good_lines()[m.index];
    INFO("line " << m.index << ": " << m.from << " -> " << m.to);
    const auto at = line.find(m.from);
    REQUIRE(at != std::string::npos);
    line.replace(at, std::string(m.from).size(), m.to);
    CHECK_THAT(join(validate_event_line(line, true)), Catch::Contains(m.expected));
  }
}

TEST_CASE("the burin object belongs to the full form only") {
  CHECK(join(validate_event_line(with_burin(kBurin), false)) == "");
  CHECK_THAT(join(validate_event_line(with_burin(kBurin), true)), Catch::Contains("burin: unknown field"));
  CHECK_THAT(join(validate_event_line(good_lines()[2], false)), Catch::Contains("\"burin\" is missing"));
}

TEST_CASE("the burin object has a schema too") {
  const std::pair<const char*, const char*> bad[] = {
      {R"(,"burin":{"seq":"5"}})", "form number"},
      {R"(,"burin":{"mono_ns":12345}})", "form uint64"},
      {R"(,"burin":{"cpu":0,"seq":5}})", "out of order"},
      {R"(,"burin":{"rung":"magic"}})", "none of the words"},
      {R"(,"burin":{"from":{"binary":"guess"}}})", "none of the words"},
      {R"(,"burin":{"gap":{"reason":"perf_buffer"}}})", "\"count\" is missing"},
      {R"(,"burin":{"gap":{"reason":"lost","count":1}}})", "none of the words"},
      {R"(,"burin":{"extra":1}})", "unknown field"},
      {R"(,"burin":{},"cluster_name":"c"})", "must be the last field"},
  };
  for (const auto& [burin, expected] : bad)
    CHECK_THAT(join(validate_event_line(with_burin(burin), false)), Catch::Contains(expected));
}

TEST_CASE("not an event") {
  for (const char* line : {"", "\n", "null", "{}", "{", "[]", "{}{}", " {}", "\xEF\xBB\xBF{}"})
    CHECK_FALSE(validate_event_line(line, true).empty());
}
