// aggregate=: what is equal, when a group ends, what its line says, and that the counts add up.
#include "api/aggregator.h"
#include "http_support.h"

using namespace burin;
using namespace burin_test;
using Json = nlohmann::json;

namespace {

constexpr EphemeralPorts kPorts{32768, 60999};

struct Fields {
  std::string exec_id = "a", function = "tcp_connect", extra;
  std::uint32_t tid = 7;
  int sport = 40000, dport = 443;
  std::string cookie = "1";
  EventKind kind = EventKind::Kprobe;
};

EventPtr connect(std::uint64_t seq, std::uint64_t mono_ns, const Fields& f = {}) {
  auto event = std::make_shared<Event>();
  event->kind = f.kind;
  event->seq = seq;
  event->mono_ns = mono_ns;
  const Json body = {
      {"process", {{"exec_id", f.exec_id}, {"tid", f.tid}}},
      {"function_name", f.function},
      {"args", {{{"sock_arg", {{"sport", f.sport}, {"dport", f.dport}, {"cookie", f.cookie}}}}, {{"int_arg", 1}}}},
      {"message", f.extra}};
  event->line = R"({"process_kprobe":)" + body.dump() + R"(,"node_name":"n","time":"2026-01-02T03:04:05.)" +
                std::to_string(mono_ns) + "Z\"";
  event->burin_at = event->line.size();
  event->line += ",\"burin\":{\"seq\":" + std::to_string(seq) + "}}\n";
  return event;
}

std::vector<Json> parsed(const std::string& lines) {
  std::vector<Json> out;
  std::size_t at = 0;
  for (std::size_t end = lines.find('\n'); end != std::string::npos; at = end + 1, end = lines.find('\n', at))
    out.push_back(Json::parse(lines.substr(at, end - at)));
  CHECK(at == lines.size());
  return out;
}

}  // namespace

TEST_CASE("what makes two events equal") {
  const auto key = [](const Fields& f) { return aggregation_key(*connect(1, 5, f), kPorts); };
  const std::string base = key({});
  CHECK_FALSE(base.empty());
  CHECK(aggregation_key(*connect(9, 77), kPorts) == base);        // place and time
  CHECK(key({.tid = 8, .sport = 50000, .cookie = "2"}) == base);  // thread, ephemeral port, address of the sock
  CHECK(key({.sport = 1024}) != base);                            // a port that was asked for
  CHECK(key({.dport = 80}) != base);
  CHECK(key({.exec_id = "b"}) != base);
  CHECK(key({.function = "tcp_close"}) != base);
  CHECK(key({.extra = "x"}) != base);
  CHECK(key({.sport = 443, .dport = 50000}) == key({.sport = 443, .dport = 50001}));      // the serving side
  CHECK(key({.sport = 40000, .dport = 50000}) != key({.sport = 40000, .dport = 50001}));  // a service on such a port
  for (const auto kind : {EventKind::Exec, EventKind::Exit, EventKind::Loader, EventKind::Gap})
    CHECK(key({.kind = kind}).empty());
}

TEST_CASE("a group ends with its window, and its line has the first event, the count and the last") {
  Aggregator groups(100, kPorts);
  std::string out;
  CHECK(groups.take(connect(1, 1000), false, out));
  CHECK(groups.take(connect(2, 1050, {.sport = 40001}), false, out));
  CHECK(groups.take(connect(3, 1060, {.dport = 80}), false, out));
  CHECK(groups.take(connect(4, 1100), false, out));
  CHECK(out.empty());
  CHECK(groups.take(connect(5, 1101), false, out));  // past the first group's window: it ends, a new one begins
  auto lines = parsed(std::exchange(out, {}));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("aggregation_info").at("count") == "3");
  CHECK(lines[0].at("burin").at("seq") == 1);
  CHECK(lines[0].at("burin").at("aggregate").at("last_seq") == 4);
  CHECK(lines[0].at("burin").at("aggregate").at("last_mono_ns") == "1100");
  groups.end_before(1161, false, out);
  lines = parsed(std::exchange(out, {}));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("burin").at("seq") == 3);
  CHECK(lines[0].at("aggregation_info").at("count") == "1");
  groups.end_all(true, out);
  lines = parsed(out);
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(lines[0].contains("burin"));
  CHECK(lines[0].at("aggregation_info").at("count") == "1");
  CHECK(groups.lines() == 3);
}

TEST_CASE("memory is bounded, and no event is lost by that") {
  Aggregator groups(1'000'000, kPorts, 4);
  std::string out;
  for (int i = 0; i < 100; ++i) CHECK(groups.take(connect(i + 1, 1000 + i, {.dport = i % 10}), false, out));
  groups.end_all(false, out);
  std::uint64_t sum = 0;
  for (const auto& line : parsed(out)) sum += std::stoull(line.at("aggregation_info").at("count").get<std::string>());
  CHECK(sum == 100);
}

TEST_CASE("over HTTP: groups end by the clock, other events come at once, bad windows are refused") {
  Daemon daemon;
  RawClient client(daemon.port);
  client.get("/v1/events?follow&aggregate=1s");
  client.receive_until("\r\n\r\n");
  daemon.publish(3, {.kind = EventKind::Kprobe, .policy = "p"});
  daemon.publish(1, {.kind = EventKind::Exec});
  client.receive_until("process_exec");
  client.receive_until("last_seq");
  CHECK(client.received.find("process_exec") < client.received.find("\"count\":\"3\""));
  for (const char* bad : {"", "0s", "1", "s", "-1s", "2h", "61m", "3601s", "99999999999999999999s", "1s2"}) {
    INFO(bad);
    CHECK(get(daemon.port, std::string("/v1/events?aggregate=") + bad).error_code() == "bad_value");
  }
}
