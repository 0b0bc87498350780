// Probe manifests: the same tree, tables and diagnostics as policies.
#include <catch2/catch.hpp>

#include "policy/policy_reader.h"

using namespace burin;

namespace {
constexpr const char* kProbe = R"(name: tcp_connect
function: tcp_connect
description: A TCP connection is being opened.
attach:
- rung: kprobe
  target: tcp_connect
- rung: tracepoint+sock_ops
  needs_layout: [sock.sk_protocol, "sock.__sk_common.skc_daddr"]
compact:
  emoji: "🔌"
  verb: connect
  details: "tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}"
)";
}

TEST_CASE("a probe is read") {
  Diagnostics d;
  const std::optional<Probe> probe = read_probe("probe.yaml", kProbe, d);
  INFO(render(d, kProbe, false));
  REQUIRE(probe);
  CHECK(d.all().empty());
  CHECK(probe->name == "tcp_connect");
  CHECK(probe->function == "tcp_connect");
  CHECK(probe->description == "A TCP connection is being opened.");
  REQUIRE(probe->attach.size() == 2);
  CHECK(probe->attach[0].rung == Rung::Kprobe);
  CHECK(probe->attach[0].target == "tcp_connect");
  CHECK(probe->attach[1].rung == Rung::StateSockOps);
  CHECK(probe->attach[1].needs_layout == std::vector<std::string>{"sock.sk_protocol", "sock.__sk_common.skc_daddr"});
  CHECK(probe->compact.emoji == "🔌");
  CHECK(probe->compact.verb == "connect");
  CHECK(probe->compact.details == std::vector<std::string>{"tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}"});
  CHECK(probe->compact.variants.empty());
  CHECK(probe->compact.trailer.empty());
}

TEST_CASE("a probe may have details in parts, variants, and no attach point of its own") {
  const std::string text =
      "name: w\nfunction: f\ndescription: d\ncompact:\n  emoji: x\n  verb: f\n  details: [\"{0.path}\", \"{2} "
      "bytes\"]\n"
      "  variants:\n  - argument: 1\n    equals: 2\n    emoji: y\n    verb: write\n";
  Diagnostics d;
  const std::optional<Probe> probe = read_probe("probe.yaml", text, d);
  INFO(render(d, text, false));
  REQUIRE(probe);
  CHECK(probe->attach.empty());
  CHECK(probe->compact.details == std::vector<std::string>{"{0.path}", "{2} bytes"});
  REQUIRE(probe->compact.variants.size() == 1);
  CHECK(probe->compact.variants[0].argument == 1);
  CHECK(probe->compact.variants[0].equals == 2);
  CHECK(probe->compact.variants[0].verb == "write");
  std::string wrong = text;
  wrong.replace(wrong.find("equals: 2"), 9, "equals: x");
  CHECK_FALSE(read_probe("probe.yaml", wrong, d));
}

TEST_CASE("mistakes in a probe have ids and places") {
  const auto reports = [](const std::string& id, const std::string& from, const std::string& to) {
    std::string text = kProbe;
    text.replace(text.find(from), from.size(), to);
    Diagnostics d;
    CHECK_FALSE(read_probe("probe.yaml", text, d));
    for (const Diagnostic& found : d.all())
      if (found.id == id) return found.span.line > 0;
    return false;
  };
  CHECK(reports("unknown-key", "function:", "functoin:"));
  CHECK(reports("unknown-rung", "- rung: kprobe", "- rung: kprob"));
  CHECK(reports("missing-field", "  target: tcp_connect\n", ""));
  CHECK(reports("missing-field", "  verb: connect\n", ""));
  CHECK(reports("wrong-type", "compact:\n", "compact: x\nother:\n"));
  CHECK(reports("wrong-type", "name: tcp_connect", "name: [x]"));
  CHECK(reports("control-character", "name: tcp_connect", "name: \"\\0\""));
}
