// Everything but the streams: documents, statuses, methods, limits, hostile input, address in use.
#include "api/http_server.h"

#include <random>

#include "http_support.h"

using namespace burin;
using namespace burin_test;

TEST_CASE("documents") {
  bool is_ready = false;
  StatusSource status;
  status.ready = [&] { return is_ready; };
  status.not_ready_reason = [] { return "policy \"x\" is not attached"; };
  status.policies_json = [] { return R"({"policies":[{"name":"connect"}]})"; };
  status.metrics_text = [] { return "burin_events_total 7"; };
  Daemon daemon({}, {}, status);

  const auto index = get(daemon.port, "/");
  CHECK(index.status == 200);
  CHECK_THAT(index.body, Catch::Contains("/v1/events") && Catch::Contains("/metrics"));
  CHECK(get(daemon.port, "/healthz").status == 200);

  auto ready = get(daemon.port, "/readyz");
  CHECK(ready.status == 503);
  CHECK(nlohmann::json::parse(ready.body)["reason"] == "policy \"x\" is not attached");
  is_ready = true;
  ready = get(daemon.port, "/readyz");
  CHECK(ready.status == 200);
  CHECK(nlohmann::json::parse(ready.body)["status"] == "ready");

  const auto policies = get(daemon.port, "/v1/policies");
  CHECK(policies.headers.at("content-type") == "application/json");
  CHECK(nlohmann::json::parse(policies.body)["policies"][0]["name"] == "connect");

  const auto metrics = get(daemon.port, "/metrics");
  CHECK_THAT(metrics.headers.at("content-type"), Catch::StartsWith("text/plain; version=0.0.4"));
  CHECK_THAT(metrics.body, Catch::StartsWith("burin_events_total 7\n# HELP burin_http_requests_total"));
  CHECK_THAT(metrics.body, Catch::Contains("burin_http_requests_total{path=\"/readyz\",code=\"503\"} 1\n"));
  CHECK_THAT(metrics.body, Catch::Contains("burin_http_requests_total{path=\"/readyz\",code=\"200\"} 1\n"));
  CHECK(metrics.body.back() == '\n');
}

TEST_CASE("a status source without functions is served with defaults") {
  Daemon daemon;
  CHECK(get(daemon.port, "/readyz").status == 200);
  CHECK(get(daemon.port, "/v1/policies").body == "{\"policies\":[]}\n");
}

TEST_CASE("wrong paths, methods and parameters") {
  Daemon daemon;
  for (const std::string path : {"/nothing", "/v1/events/", "/v1", "//", "/v1/events%20", "*"}) {
    INFO(path);
    const auto got = get(daemon.port, path);
    CHECK(got.status == 404);
    CHECK(got.error_code() == "not_found");
  }
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"}) {
    INFO(method);
    const auto got = request(daemon.port, method, "/v1/events", method == "POST" ? "{}" : "");
    CHECK(got.status == 405);
    CHECK(got.headers.at("allow") == "GET, HEAD");
    CHECK(got.error_code() == "method_not_allowed");
  }
  const auto refused = get(daemon.port, "/healthz?verbose");
  CHECK(refused.status == 400);
  CHECK(refused.error_code() == "unknown_parameter");
  CHECK(get(daemon.port, "http://127.0.0.1/healthz").status == 200);
  CHECK(metric(daemon.port, "burin_http_requests_total{path=\"other\",code=\"404\"}") == 6);
}

TEST_CASE("HEAD answers with the headers of GET and no body") {
  Daemon daemon;
  daemon.publish(3);
  for (const std::string path : {"/", "/healthz", "/readyz", "/v1/policies", "/v1/events", "/v1/events?follow"}) {
    INFO(path);
    RawClient client(daemon.port);
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    client.receive_all(2s);
    REQUIRE(client.ended);
    const auto got = parse_answer(client.received);
    CHECK(got.status == 200);
    CHECK(got.body.empty());
    CHECK(client.received.substr(client.received.size() - 4) == "\r\n\r\n");
  }
  CHECK(request(daemon.port, "HEAD", "/v1/events?bad").status == 400);
}

TEST_CASE("sizes of a request are bounded") {
  Daemon daemon;
  const auto long_uri = get(daemon.port, "/v1/events?processes=" + std::string(9000, 'a'));
  CHECK(long_uri.status == 414);
  CHECK(long_uri.error_code() == "uri_too_long");
  CHECK(get(daemon.port, "/" + std::string(20'000, 'a')).status == 400);
  std::string headers;
  for (int i = 0; i < 500; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  RawClient many(daemon.port);
  many.send("GET /healthz HTTP/1.1\r\n" + headers + "\r\n");
  many.receive_all();
  CHECK(parse_answer(many.received).status == 400);
  const auto big_body = request(daemon.port, "POST", "/v1/events", std::string(60'000, 'b'));
  CHECK(big_body.status == 405);
}

TEST_CASE("random bytes never hurt") {
  Daemon daemon;
  daemon.publish(5);
  std::mt19937 random(42);
  for (int i = 0; i < 2000; ++i) {
    RawClient client(daemon.port);
    REQUIRE(client.connected());
    std::string bytes;
    if (i % 4 == 1) bytes = "GET /v1/events?";
    if (i % 4 == 2) bytes = "GET /v1/events HTTP/1.1\r\n";
    if (i % 4 == 3) bytes = "GET / HTTP/1.1\r\nContent-Length: 5\r\n";
    for (auto n = random() % 300; n > 0; --n) bytes += static_cast<char>(random() & 0xff);
    if (i % 3 == 0) bytes += "\r\n\r\n";
    client.send(bytes);
    client.finish_sending();
    client.receive_all(3s);
    if (!client.ended) FAIL("no end to request " + std::to_string(i));
  }
  CHECK(get(daemon.port, "/healthz").status == 200);
  CHECK(get(daemon.port, "/v1/events").lines().size() == 5);
  CHECK(eventually([&] { return metric(daemon.port, "burin_http_streams_open") == 0; }));
}

TEST_CASE("a client that never sends its request does not hold up the others or the stop") {
  Daemon daemon({}, {4, 4});
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(std::make_unique<RawClient>(daemon.port));
  silent[1]->send("GET /v1/ev");
  CHECK(get(daemon.port, "/healthz").status == 200);
  const auto begin = Clock::now();
  daemon.server->stop();
  CHECK(Clock::now() - begin < 2s);
}

TEST_CASE("an address in use and a foreign address are errors") {
  Daemon daemon;
  StreamHub hub;
  const auto second = HttpServer::start({"127.0.0.1", daemon.port}, hub, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::Io);
  CHECK_THAT(second.error().message,
             Catch::Contains("127.0.0.1:" + std::to_string(daemon.port)) && Catch::Contains("Address already in use"));
  const auto foreign = HttpServer::start({"192.0.2.1", 0}, hub, {});
  REQUIRE_FALSE(foreign);
  CHECK_THAT(foreign.error().message, Catch::Contains("Cannot assign requested address"));
}

TEST_CASE("IPv6 loopback") {
  StreamHub hub;
  auto server = HttpServer::start({"::1", 0}, hub, {});
  if (!server) {
    WARN("no IPv6 on this machine: " + server.error().text());
    return;
  }
  CHECK_FALSE(RawClient((*server)->port()).connected());  // only what was asked for, not IPv4 as well
  UniqueFd fd(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons((*server)->port());
  to.sin6_addr = in6addr_loopback;
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const std::string text = "GET /healthz HTTP/1.1\r\n\r\n";
  REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  char answer[16] = {};
  REQUIRE(::recv(fd.get(), answer, 12, MSG_WAITALL) == 12);
  CHECK(std::string(answer) == "HTTP/1.1 200");
}
