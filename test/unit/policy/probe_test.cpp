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
  CHECK(probe->compact.details == "tcp {0.saddr}:{0.sport} -> {0.daddr}:{0.dport}");
  CHECK(probe->compact.trailer.empty());
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
