// What the reader makes of correct policies, field by field, and of the ones that are nearly correct.
#include <catch2/catch.hpp>

#include "operators/operator.h"
#include "reading.h"
#include "types/arg_type.h"

using namespace burin;
using namespace burin_test;

TEST_CASE("a whole policy becomes values with places") {
  const Read r = read(R"(# comment
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "connect.only-local"
  labels: {a: b}
  annotations:
    description: anything
  creationTimestamp: null
  uid: 1
spec:
  kprobes:
  - selectors:
    - matchArgs:
      - index: 0
        operator: "NotDAddr"
        values:
        - "127.0.0.0/8, 10.0.0.0/8"
        - ::1
      - args: [1]
        operator: Equal
        values: [1, "0x10"]
      matchBinaries:
      - operator: "In"
        values:
        - "/usr/bin/curl"
        followChildren: false
      matchActions:
      - action: Sigkill
      - action: NoPost
    call: "tcp_sendmsg"
    syscall: false
    return: false
    message: "a \"quoted\" */ text \x3f?/ with\nnewline"
    tags: [network, "a b"]
    ignore:
      callNotFound: true
    args:
    - index: 0
      type: "sock"
    - index: 2
      type: int
      label: "size"
)");
  INFO(r.text);
  REQUIRE(r.diagnostics.all().empty());
  CHECK(r.policy.name == "connect.only-local");
  CHECK(r.policy.file == "p.yaml");
  CHECK(r.policy.namespace_name.empty());
  REQUIRE(r.policy.hooks.size() == 1);
  const Hook& hook = r.policy.hooks[0];
  CHECK(hook.call == "tcp_sendmsg");
  CHECK_FALSE(hook.syscall);
  CHECK(hook.span == SourceSpan{"p.yaml", 13, 5, 10});
  CHECK(hook.call_span == SourceSpan{"p.yaml", 31, 11, 13});
  CHECK(hook.message ==
        "a \"quoted\" */ text ?"
        "?/ with\nnewline");
  CHECK(hook.tags == std::vector<std::string>{"network", "a b"});
  CHECK(hook.ignore_call_not_found);
  REQUIRE(hook.args.size() == 2);
  CHECK(hook.args[1].index == 2);
  CHECK(hook.args[1].type == "int");
  CHECK(hook.args[1].label == "size");
  CHECK(hook.args[1].type_span == SourceSpan{"p.yaml", 42, 13, 3});
  REQUIRE(hook.selectors.size() == 1);
  const Selector& s = hook.selectors[0];
  REQUIRE(s.match_args.size() == 2);
  CHECK(s.match_args[0].op == "NotDAddr");
  CHECK(s.match_args[0].op_span == SourceSpan{"p.yaml", 16, 19, 10});
  REQUIRE(s.match_args[0].values.size() == 3);
  CHECK(s.match_args[0].values[0].value == "127.0.0.0/8");
  CHECK(s.match_args[0].values[0].span == SourceSpan{"p.yaml", 18, 12, 11});
  CHECK(s.match_args[0].values[1].value == "10.0.0.0/8");
  CHECK(s.match_args[0].values[1].span == SourceSpan{"p.yaml", 18, 25, 10});
  CHECK(s.match_args[0].values[2].value == "::1");
  CHECK(s.match_args[0].values[2].span == SourceSpan{"p.yaml", 19, 11, 3});
  CHECK(s.match_args[1].positions == std::vector<std::size_t>{1});  // args: [1] is the second declared argument
  REQUIRE(s.match_args[1].values.size() == 2);
  CHECK(s.match_args[1].values[1].value == "0x10");
  REQUIRE(s.match_binaries.size() == 1);
  CHECK(s.match_binaries[0].op == "In");
  CHECK_FALSE(s.match_binaries[0].follow_children);
  CHECK(s.match_binaries[0].values[0].value == "/usr/bin/curl");
  REQUIRE(s.actions.size() == 2);
  CHECK(s.actions[0].kind == ActionKind::Sigkill);
  CHECK(s.actions[1].kind == ActionKind::NoPost);
}

TEST_CASE("syscall is true unless written: a name that is none of a system call gives a warning") {
  const auto called = [](const std::string& call, const std::string& syscall) {
    std::string yaml = policy_with("");
    yaml.replace(yaml.find("    syscall: false\n"), 19, syscall);
    return read(yaml.replace(yaml.find("tcp_connect"), 11, call));
  };
  const Read r = called("tcp_connect", "");
  REQUIRE(r.ok());
  CHECK(r.policy.hooks[0].syscall);
  CHECK(r.first("syscall-by-default").span == SourceSpan{"p.yaml", 7, 11, 11});
  CHECK(called("tcp_connect", "    syscall: true\n").diagnostics.all().empty());
  for (const char* name : {"sys_openat", "__x64_sys_openat", "i386/sys_open"}) {
    const Read quiet = called(name, "");
    CHECK(quiet.diagnostics.all().empty());
    CHECK(quiet.policy.hooks[0].syscall);
    CHECK(quiet.policy.hooks[0].call == name);
  }
  CHECK(called("i386/sys_open", "    syscall: false\n").count("bad-symbol") == 1);
}

TEST_CASE("both spellings of operators are accepted") {
  for (const auto& [written, canonical] : Variables{{"NotSportPriv", "NotSPortPriv"},
                                                    {"NotSPortPriv", "NotSPortPriv"},
                                                    {"NotDPortPriv", "NotDPortPriv"},
                                                    {"SPortPriv", "SPortPriv"}}) {
    const Read r = read(filter_with(written, ""));
    INFO(r.text);
    REQUIRE(r.ok());
    CHECK(r.policy.hooks[0].selectors[0].match_args[0].op == canonical);
  }
  for (const char* written : {"gt", "lt", "GT", "LT", "GreaterThan", "LessThan"}) {
    const Read r = read(filter_with(written, "        - 5\n", "int"));
    INFO(r.text);
    CHECK(r.ok());
  }
}

TEST_CASE("every operator is accepted for a type that it applies to, and refused with its place for others") {
  for (const Operator& op : all_operators()) {
    if (op.arguments != 1) continue;
    for (const ArgType& type : all_types()) {
      if (type.name == "syscall64") continue;  // not for kprobes
      INFO(op.name << " on " << type.name);
      const Read r =
          read(filter_with(std::string(op.name), op.takes_values ? "        - x\n" : "", std::string(type.name)));
      CHECK(r.count("operator-type") + r.count("not-yet") == (op.applies_to(type.type_class) ? 0 : 1));
      CHECK(r.count("unknown-operator") == 0);
    }
  }
}

TEST_CASE("switches that are off ask for nothing") {
  CHECK(read(policy_with("    return: false\n    selectors:\n    - matchActions:\n      - action: Post\n"
                         "        kernelStackTrace: false\n        userStackTrace: false\n  loader: false\n"))
            .diagnostics.all()
            .empty());
}

TEST_CASE("names are DNS-1123 subdomains") {
  const auto named = [](const std::string& name) {
    std::string yaml = policy_with("");
    return read(yaml.replace(yaml.find("name: test"), 10, "name: '" + name + "'"));
  };
  for (const char* good : {"a", "a-b.c0", "0", "monitor-network-activity-outside-cluster-cidr-range"})
    CHECK(named(good).ok());
  CHECK(named(std::string(253, 'a')).ok());
  CHECK(named(std::string(254, 'a')).count("bad-name") == 1);
  for (const char* bad :
       {"", "A", "-a", "a-", "a..b", ".a", "a.", "a_b", "a b", "a/../b", "a-.b", "a.-b", "ä", "a*/b"}) {
    INFO(bad);
    CHECK(named(bad).count("bad-name") == 1);
  }
}

TEST_CASE("message and tags have Tetragon's limits and are otherwise taken as written") {
  CHECK(read(policy_with("    message: x\n")).count("wrong-length") == 1);
  CHECK(read(policy_with("    message: ''\n")).count("wrong-length") == 1);
  const Read longer = read(policy_with("    message: '" + std::string(255, 'a') + "éé'\n"));
  CHECK(longer.ok());
  CHECK(longer.count("message-cut") == 1);
  CHECK(longer.policy.hooks[0].message == std::string(255, 'a'));  // not half of the é
  CHECK(read(policy_with("    tags: [a]\n")).count("wrong-length") == 1);
  CHECK(read(policy_with("    tags: ['" + std::string(129, 'a') + "']\n")).count("wrong-length") == 1);
  std::string many = "    tags: [";
  for (int i = 0; i < 16; ++i) many += "tag" + std::to_string(i) + ",";
  CHECK(read(policy_with(many + "]\n")).policy.hooks[0].tags.size() == 16);
  CHECK(read(policy_with(many + "last]\n")).count("too-many") == 1);
  CHECK(read(policy_with("    message: 'host ${H} costs $$5 or $6'\n"), {{"H", "web"}}).policy.hooks[0].message ==
        "host web costs $5 or $6");
}

TEST_CASE("call must be a kernel symbol") {
  for (const char* good : {"tcp_connect", "__sk_free", "foo.isra.0", "_x"}) {
    std::string yaml = policy_with("");
    CHECK(read(yaml.replace(yaml.find("tcp_connect"), 11, good)).ok());
  }
  for (const char* bad : {"'tcp connect'", "'a*/b'",
                          "'a?"
                          "?/b'",
                          "'a\"b'", "\"a\\nb\"", "''", "'1a'", "'a;b'", "'../x'", "'é'"}) {
    std::string yaml = policy_with("");
    const Read r = read(yaml.replace(yaml.find("tcp_connect"), 11, bad));
    INFO(r.text);
    CHECK(r.first("bad-symbol").span.line == 7);
  }
}

TEST_CASE("a filter without one family is warned about, one with both is not") {
  CHECK(read(filter_with("NotDAddr", "        - 10.0.0.0/8\n")).count("one-family-negation") == 1);
  CHECK(read(filter_with("NotSAddr", "        - 2001:db8::/32\n")).count("one-family-negation") == 1);
  CHECK(read(filter_with("NotDAddr", "        - 10.0.0.0/8\n        - ::1\n")).count("one-family-negation") == 0);
  CHECK(read(filter_with("DAddr", "        - 10.0.0.0/8\n")).count("one-family-negation") == 0);
  // A mapped address is an IPv4 address, so this names no IPv6 range.
  CHECK(
      read(filter_with("NotDAddr", "        - ::ffff:10.0.0.1\n")).first("one-family-negation").message.find("IPv6") !=
      std::string::npos);
}

TEST_CASE("selectors that are valid and not meant are warned about") {
  const std::string filter =
      "    args:\n    - index: 0\n      type: sock\n    selectors:\n    - matchArgs:\n      - index: 0\n"
      "        operator: DPort\n        values: [22]\n";
  const Read dash = read(policy_with(filter + "    - matchActions:\n      - action: Sigkill\n"));
  CHECK(dash.ok());
  CHECK(dash.first("stray-dash").span.line == 17);
  CHECK(read(policy_with(filter + "      matchActions:\n      - action: Sigkill\n")).diagnostics.all().empty());
  CHECK(read(policy_with("    selectors:\n    - matchActions:\n      - action: NoPost\n    - {}\n"))
            .count("unreachable-selector") == 1);
  CHECK(read(policy_with("    selectors:\n    - matchActions:\n      - action: NoPost\n")).diagnostics.all().empty());
}

TEST_CASE("kind TracingPolicy with a namespace is host wide and says so") {
  std::string yaml = policy_with("");
  yaml.replace(yaml.find("  name: test"), 12, "  name: test\n  namespace: web");
  const Read r = read(yaml);
  CHECK(r.ok());
  CHECK(r.first("namespace-ignored").span == SourceSpan{"p.yaml", 5, 14, 3});
  CHECK(r.policy.namespace_name.empty());
}

TEST_CASE("a headless service in a list of addresses is left out with a warning") {
  const Read r = read(filter_with("NotDAddr", "        - 10.96.0.1\n        - None\n        - ::1\n"));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(r.count("headless-service") == 1);
  CHECK(r.policy.hooks[0].selectors[0].match_args[0].values.size() == 2);
  CHECK(read(filter_with("NotDAddr", "        - None\n")).count("empty-values") == 1);
}

TEST_CASE("operators without values say so when they are given some") {
  CHECK(read(filter_with("DPortPriv", "        - 5\n")).count("values-ignored") == 1);
  CHECK(read(filter_with("DPort", "")).count("missing-field") == 1);
}
