// /v1/events: every parameter, following, falling behind, leaving, ending.
#include <algorithm>
#include <cstdio>

#include "http_support.h"

using namespace burin;
using namespace burin_test;
using Seqs = std::vector<std::uint64_t>;

TEST_CASE("without parameters: all that is in memory, then the end") {
  Daemon daemon({5, 1U << 20});
  auto empty = get(daemon.port, "/v1/events");
  CHECK(empty.status == 200);
  CHECK(empty.complete);
  CHECK(empty.body.empty());
  daemon.publish(7);
  const auto got = get(daemon.port, "/v1/events");
  CHECK(got.headers.at("content-type") == "application/x-ndjson");
  CHECK(got.complete);
  CHECK(got.seqs() == Seqs{3, 4, 5, 6, 7});
  CHECK(got.lines()[0].at("process_exec").at("process").at("binary") == "/usr/bin/true");
}

TEST_CASE("many events come whole, also to HTTP/1.0") {
  Daemon daemon;
  daemon.publish(1000, {.padding = 100});
  const auto got = get(daemon.port, "/v1/events");
  CHECK(got.complete);
  CHECK(got.seqs().size() == 1000);
  RawClient old(daemon.port);
  old.send("GET /v1/events HTTP/1.0\r\n\r\n");
  old.receive_all();
  const auto plain = parse_answer(old.received);
  CHECK(plain.headers.count("transfer-encoding") == 0);
  CHECK(plain.body == got.body);
}

TEST_CASE("last, since and stream") {
  Daemon daemon({5, 1U << 20});
  daemon.publish(10);  // 6..10 in memory
  CHECK(get(daemon.port, "/v1/events?last=2").seqs() == Seqs{9, 10});
  CHECK(get(daemon.port, "/v1/events?last=0").body.empty());
  CHECK(get(daemon.port, "/v1/events?last=99").seqs() == Seqs{6, 7, 8, 9, 10});
  CHECK(get(daemon.port, "/v1/events?since=8").seqs() == Seqs{9, 10});
  CHECK(get(daemon.port, "/v1/events?since=5").seqs() == Seqs{6, 7, 8, 9, 10});
  CHECK(get(daemon.port, "/v1/events?since=10").body.empty());

  const auto late = get(daemon.port, "/v1/events?since=2");
  const auto lines = late.lines();
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].at("rate_limit_info").at("number_of_dropped_process_events") == "3");  // 3 4 5
  CHECK(lines[0].at("burin").at("gap").at("reason") == "slow_client");
  CHECK(lines[0].at("burin").at("gap").at("count") == 3);
  CHECK(lines[0].at("burin").at("gap").at("first_seq") == 3);
  CHECK(lines[0].at("node_name") == "node-a");
  CHECK(late.seqs() == Seqs{5, 6, 7, 8, 9, 10});  // the gap carries the last seq that it stands for

  const auto future = get(daemon.port, "/v1/events?since=11");
  CHECK(future.status == 400);
  CHECK(future.error_code() == "since_in_future");

  const auto stream = late.headers.at("burin-stream");
  CHECK(get(daemon.port, "/v1/events?since=9&stream=" + stream).seqs() == Seqs{10});
  const auto other = get(daemon.port, "/v1/events?since=9&stream=abc");
  CHECK(other.status == 409);
  CHECK(other.error_code() == "stream_changed");
}

TEST_CASE("filters: one field ORed, fields ANDed, last counts matches") {
  Daemon daemon;
  daemon.publish(1, {.binary = "/usr/bin/curl"});                                              // 1
  daemon.publish(1, {.kind = EventKind::Exit, .binary = "/usr/bin/curl"});                     // 2
  daemon.publish(1, {.kind = EventKind::Kprobe, .binary = "/usr/bin/curl", .policy = "net"});  // 3
  daemon.publish(1, {.kind = EventKind::Kprobe, .binary = "/bin/nc", .policy = "net"});        // 4
  daemon.publish(1, {.kind = EventKind::Kprobe, .binary = "/bin/nc", .policy = "dns"});        // 5
  daemon.publish(200, {.binary = "/bin/sh"});                                                  // 6..205
  const auto seqs = [&](const std::string& query) {
    const auto got = get(daemon.port, "/v1/events?" + query);
    INFO(query << ": " << got.body.substr(0, 200));
    REQUIRE(got.status == 200);
    return got.seqs();
  };
  CHECK(seqs("processes=curl") == Seqs{1, 2, 3});
  CHECK(seqs("processes=curl,nc") == Seqs{1, 2, 3, 4, 5});
  CHECK(seqs("processes=curl&processes=nc$") == Seqs{1, 2, 3, 4, 5});
  CHECK(seqs("processes=curl&events=PROCESS_EXIT") == Seqs{2});
  CHECK(seqs("policies=net") == Seqs{3, 4});
  CHECK(seqs("policies=net,dns&processes=nc") == Seqs{4, 5});
  CHECK(seqs("events=kprobe&last=2") == Seqs{4, 5});
  CHECK(seqs("processes=curl,nc&last=3") == Seqs{3, 4, 5});
  CHECK(seqs("processes=nothing").empty());
  CHECK(seqs("namespaces=&policies=dns") == Seqs{5});  // without a pod
  CHECK(seqs("namespaces=default").empty());
  CHECK(seqs("pods=node-a&policies=dns") == Seqs{5});  // the node's name stands in for the pod's
  CHECK(seqs("pods=cart").empty());
  CHECK(seqs("processes=bin/[cn][uc]r{0\\,1}").size() == 5);

  for (const std::string bad : {"processes=(", "pods=*", "events=process_throttle"}) {
    const auto got = get(daemon.port, "/v1/events?" + bad);
    CHECK(got.status == 400);
    CHECK(got.error_code() == "bad_value");
    CHECK_THAT(got.error_message(), Catch::Contains(bad.substr(0, bad.find('='))));
  }
}

TEST_CASE("compat leaves the burin object out, of gaps too") {
  Daemon daemon({3, 1U << 20});
  daemon.publish(5);
  const auto lines = get(daemon.port, "/v1/events?since=0&compat=tetragon").lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].at("rate_limit_info").at("number_of_dropped_process_events") == "2");
  for (const auto& line : lines) {
    CHECK_FALSE(line.contains("burin"));
    CHECK(line.contains("node_name"));
  }
}

TEST_CASE("follow begins where told and an event arrives at once") {
  Daemon daemon;
  daemon.publish(5);
  RawClient only_new(daemon.port), with_last(daemon.port), with_since(daemon.port);
  only_new.get("/v1/events?follow");
  with_last.get("/v1/events?follow&last=2");
  with_since.get("/v1/events?follow=1&since=2");
  REQUIRE(only_new.receive_until("\r\n\r\n"));
  REQUIRE(with_last.receive_until("\"seq\":5}}"));
  REQUIRE(with_since.receive_until("\"seq\":5}}"));
  std::vector<double> waits;
  for (int i = 0; i < 50; ++i) {
    const auto begin = Clock::now();
    daemon.publish(1);
    REQUIRE(only_new.receive_until("\"seq\":" + std::to_string(daemon.seq) + "}}"));
    waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(waits.begin(), waits.end());
  std::printf("publish to socket: median %.3f ms, max %.3f ms\n", waits[25], waits.back());
  CHECK(waits[25] < 20);
  REQUIRE(with_last.receive_until("\"seq\":55}}"));
  REQUIRE(with_since.receive_until("\"seq\":55}}"));
  daemon.hub.close();
  Seqs expected;
  for (std::uint64_t seq = 3; seq <= 55; ++seq) expected.push_back(seq);
  for (auto* client : {&only_new, &with_last, &with_since}) {
    client->receive_all();
    const auto got = parse_answer(client->received);
    CHECK(got.complete);
    const auto skip = client == &only_new ? 3 : client == &with_last ? 1 : 0;
    CHECK(got.seqs() == Seqs(expected.begin() + skip, expected.end()));
  }
}

TEST_CASE("a client that falls behind gets exact gaps and goes on") {
  constexpr std::uint64_t kEvents = 20'000;
  Daemon daemon({100, 1U << 20});
  RawClient slow(daemon.port, 4096);
  slow.get("/v1/events?follow&since=0");
  REQUIRE(slow.receive_until("\r\n\r\n"));
  std::uint64_t happened = 0;
  for (std::uint64_t i = 0; i < kEvents; i += 10) {
    daemon.publish(9, {.padding = 400});
    daemon.publish(1, {.kind = EventKind::Gap, .lost = i + 3});  // the kernel lost some, too
    happened += 9 + i + 3;
    if (i % 2000 == 0) slow.receive();  // slow, not dead: several gaps
  }
  REQUIRE(daemon.hub.newest_seq() == kEvents);
  REQUIRE(slow.receive_until("{\"seq\":" + std::to_string(kEvents) + ","));
  daemon.publish(1);  // it goes on after the gap
  ++happened;
  daemon.hub.close();
  slow.receive_all();
  const auto got = parse_answer(slow.received);
  CHECK(got.complete);
  std::uint64_t delivered = 0, missed = 0, of_kernel = 0, gaps = 0, position = 0;
  for (const auto& line : got.lines()) {
    const auto seq = line.at("burin").at("seq").get<std::uint64_t>();
    if (line.contains("rate_limit_info")) {
      const auto& gap = line.at("burin").at("gap");
      const auto count = gap.at("count").get<std::uint64_t>();
      CHECK(line.at("rate_limit_info").at("number_of_dropped_process_events") == std::to_string(count));
      CHECK_FALSE(gap.contains("at_least"));
      if (gap.at("reason") == "slow_client") {
        REQUIRE(gap.at("first_seq") == position + 1);
        missed += count;
        position = seq;
        ++gaps;
      } else {
        of_kernel += count;
        ++position;
      }
    } else {
      ++delivered;
      ++position;
    }
    REQUIRE(seq == position);
  }
  CHECK(gaps > 0);
  CHECK(missed > 0);
  CHECK(of_kernel > 0);
  CHECK(delivered + missed + of_kernel == happened);  // whoever lost an event, it is counted once
  std::printf("slow client: %lu delivered, %lu missed in %lu gaps\n", delivered, missed, gaps);
  CHECK(metric(daemon.port, "burin_http_slow_client_gaps_total") == static_cast<long>(gaps));
  CHECK(metric(daemon.port, "burin_http_slow_client_missed_events_total") == static_cast<long>(missed));
}

TEST_CASE("a stalled client does not touch the others") {
  Daemon daemon({2000, 4U << 20});
  RawClient stalled(daemon.port, 4096), quick(daemon.port);
  stalled.get("/v1/events?follow");
  quick.get("/v1/events?follow");
  REQUIRE(stalled.receive_until("\r\n\r\n"));
  REQUIRE(quick.receive_until("\r\n\r\n"));
  for (int i = 0; i < 100; ++i) {
    daemon.publish(50, {.padding = 300});
    REQUIRE(quick.receive_until("\"seq\":" + std::to_string(daemon.seq) + "}}"));
  }
  daemon.hub.close();
  quick.receive_all();
  const auto got = parse_answer(quick.received);
  CHECK(got.complete);
  CHECK(got.seqs().size() == 5000);
  CHECK(got.body.find("rate_limit_info") == std::string::npos);
}

TEST_CASE("fifty followers see everything") {
  constexpr std::uint64_t kEvents = 2000;
  Daemon daemon;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(daemon.port));
    clients.back()->get("/v1/events?follow");
    REQUIRE(clients.back()->receive_until("\r\n\r\n"));
  }
  CHECK(metric(daemon.port, "burin_http_streams_open") == 50);
  std::vector<std::thread> readers;
  for (auto& client : clients) readers.emplace_back([&client] { client->receive_all(20s); });
  for (std::uint64_t i = 0; i < kEvents; i += 10) daemon.publish(10);
  daemon.hub.close();
  for (auto& reader : readers) reader.join();
  for (auto& client : clients) {
    const auto got = parse_answer(client->received);
    CHECK(got.complete);
    const auto seqs = got.seqs();
    CHECK(seqs.size() == kEvents);
    CHECK(std::is_sorted(seqs.begin(), seqs.end()));
    CHECK(got.body.find("rate_limit_info") == std::string::npos);
  }
  CHECK(metric(daemon.port, "burin_http_lines_sent_total") == 50 * static_cast<long>(kEvents));
}

TEST_CASE("one stream too many is refused, other endpoints still answer") {
  Daemon daemon({}, {3, 2});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(daemon.port));
    clients.back()->get("/v1/events?follow");
    REQUIRE(clients.back()->receive_until("\r\n\r\n"));
  }
  const auto refused = get(daemon.port, "/v1/events");
  CHECK(refused.status == 503);
  CHECK(refused.error_code() == "too_many_streams");
  CHECK(refused.headers.count("retry-after") == 1);
  CHECK(get(daemon.port, "/healthz").status == 200);
  CHECK(metric(daemon.port, "burin_http_streams_refused_total") == 1);
  CHECK(metric(daemon.port, "burin_http_streams_open") == 3);
  clients.pop_back();
  CHECK(eventually([&] { return get(daemon.port, "/v1/events").status == 200; }));
}

TEST_CASE("clients that leave free their place, idle or filtered to nothing") {
  Daemon daemon;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(daemon.port));
    clients.back()->get(i % 2 == 0 ? "/v1/events?follow" : "/v1/events?follow&processes=nothing");
    REQUIRE(clients.back()->receive_until("\r\n\r\n"));
  }
  CHECK(metric(daemon.port, "burin_http_streams_open") == 20);
  clients.resize(10);
  CHECK(eventually([&] { return metric(daemon.port, "burin_http_streams_open") == 10; }));
  clients.clear();
  // Events keep coming: streams that send nothing must notice all the same.
  CHECK(eventually([&] {
    daemon.publish(1);
    return metric(daemon.port, "burin_http_streams_open") == 0;
  }));
  CHECK(metric(daemon.port, "burin_http_streams_aborted_total") == 20);
}

TEST_CASE("stop is quick and clean with idle, stalled and silent clients") {
  const bool close_first = GENERATE(false, true);
  Daemon daemon;
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<RawClient>(daemon.port));
    idle.back()->get("/v1/events?follow");
    REQUIRE(idle.back()->receive_until("\r\n\r\n"));
  }
  RawClient stalled(daemon.port, 4096), silent(daemon.port);
  stalled.get("/v1/events?follow");
  REQUIRE(stalled.receive_until("\r\n\r\n"));
  std::vector<std::thread> readers;
  for (auto& client : idle) readers.emplace_back([&client] { client->receive_all(20s); });
  daemon.publish(600, {.padding = 1000});  // fits the hub, not the stalled client's socket
  if (close_first) daemon.hub.close();
  const auto begin = Clock::now();
  daemon.server->stop();
  const auto took = Clock::now() - begin;
  for (auto& reader : readers) reader.join();
  std::printf("stop took %.0f ms\n", std::chrono::duration<double, std::milli>(took).count());
  CHECK(took < 1500ms);
  for (auto& client : idle) {
    const auto got = parse_answer(client->received);
    CHECK(got.complete);
    CHECK(got.seqs().size() == 600);  // nothing that was published before the stop is lost
  }
  stalled.receive_all();
  CHECK_FALSE(parse_answer(stalled.received).complete);  // cut off visibly, not ended as if that were all
  CHECK_FALSE(RawClient(daemon.port).connected());
}

TEST_CASE("the real curl shows events as they come") {
  if (std::system("command -v curl >/dev/null 2>&1") != 0) {
    WARN("curl is not installed");
    return;
  }
  Daemon daemon;
  daemon.publish(3, {.binary = "/usr/bin/curl"});
  const std::string command =
      "curl -sSN 'http://127.0.0.1:" + std::to_string(daemon.port) + "/v1/events?follow&last=2&processes=cur.$' 2>&1";
  FILE* curl = ::popen(command.c_str(), "r");
  REQUIRE(curl != nullptr);
  char line[4096];
  REQUIRE(std::fgets(line, sizeof line, curl) != nullptr);
  CHECK(nlohmann::json::parse(line).at("burin").at("seq") == 2);
  REQUIRE(std::fgets(line, sizeof line, curl) != nullptr);
  std::vector<double> waits;
  for (int i = 0; i < 20; ++i) {
    const auto begin = Clock::now();
    daemon.publish(1, {.binary = "/usr/bin/curl"});
    REQUIRE(std::fgets(line, sizeof line, curl) != nullptr);
    waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    CHECK(nlohmann::json::parse(line).at("burin").at("seq") == daemon.seq);
  }
  std::sort(waits.begin(), waits.end());
  std::printf("publish to curl's output: median %.3f ms, max %.3f ms\n", waits[10], waits.back());
  CHECK(waits[10] < 20);
  daemon.hub.close();
  CHECK(std::fgets(line, sizeof line, curl) == nullptr);
  CHECK(::pclose(curl) == 0);  // the last chunk was there: curl would complain
}
