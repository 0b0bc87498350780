// `burin getevents` and its client: sources, formats, exit codes, messages.
#include "app/getevents.h"

#include <fcntl.h>

#include <algorithm>

#include "api/event_client.h"
#include "http_support.h"

using namespace burin;
using namespace burin_test;

namespace {

struct Pipe {
  Pipe() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  UniqueFd read, write;
};

std::string drain(int fd) {
  std::string out;
  char bytes[4096];
  for (ssize_t n = 0; (n = ::read(fd, bytes, sizeof bytes)) > 0;) out.append(bytes, static_cast<std::size_t>(n));
  return out;
}

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// Runs getevents with `input` on a pipe as standard input, or /dev/null when there is none.
Outcome run(GetEventsOptions options, const std::string* input = nullptr) {
  Pipe in, out, err;
  const UniqueFd null(::open("/dev/null", O_RDONLY));
  options.in_fd = input != nullptr ? in.read.get() : null.get();
  options.out_fd = out.write.get();
  options.err_fd = err.write.get();
  Outcome result;
  std::thread feeder([&] {
    if (input != nullptr) (void)!::write(in.write.get(), input->data(), input->size());
    in.write.reset();
  });
  std::thread reader([&] { result.out = drain(out.read.get()); });
  std::thread error_reader([&] { result.err = drain(err.read.get()); });
  result.code = getevents(options, ProbeCatalog{});
  out.write.reset();
  err.write.reset();
  feeder.join();
  reader.join();
  error_reader.join();
  return result;
}

std::string url(const Daemon& daemon) {
  return "http://127.0.0.1:" + std::to_string(daemon.port);
}

std::string line(std::uint64_t seq, const EventSpec& spec = {}) {
  return make_event(seq, spec)->line;
}

}  // namespace

TEST_CASE("the request says what the options say") {
  GetEventsOptions options;
  CHECK(events_request(options) == "/v1/events?follow");
  options.follow = false;
  CHECK(events_request(options) == "/v1/events");
  options.last = 10;
  options.compat = true;
  options.processes = {"a,b", "c\\d", "e\\,f", "g+h%"};
  options.namespaces = {""};
  CHECK(events_request(options) ==
        "/v1/events?last=10&compat=tetragon&processes=a%5C%2Cb&processes=c%5Cd&processes=e%5C%2Cf&processes=g%2Bh%25"
        "&namespaces=");
}

TEST_CASE("words for formats and colors") {
  CHECK(*parse_output_format("compact") == OutputFormat::Compact);
  CHECK_THAT(parse_output_format("yaml").error().message, Catch::Contains("json and compact"));
  CHECK(*parse_color_mode("never") == ColorMode::Never);
  CHECK_THAT(parse_color_mode("yes").error().message, Catch::Contains("auto, always and never"));
}

TEST_CASE("events from a daemon: JSON as it came, compact, filtered, compatible") {
  Daemon daemon;
  daemon.publish(2, {.binary = "/bin/sh"});
  daemon.publish(1, {.binary = "/usr/bin/curl"});
  GetEventsOptions options;
  options.server = url(daemon);
  options.follow = false;
  auto got = run(options);
  CHECK(got.code == 0);
  CHECK(got.err.empty());
  CHECK(got.out ==
        line(1, {.binary = "/bin/sh"}) + line(2, {.binary = "/bin/sh"}) + line(3, {.binary = "/usr/bin/curl"}));

  options.last = 1;
  options.processes = {"sh$"};
  CHECK(run(options).out == line(2, {.binary = "/bin/sh"}));
  options.compat = true;
  CHECK(run(options).out.find("burin\":") == std::string::npos);

  options.output = OutputFormat::Compact;
  got = run(options);
  CHECK_THAT(got.out, Catch::StartsWith("🚀 process node-a /bin/sh"));
  options.color = ColorMode::Always;
  CHECK_THAT(run(options).out, Catch::Contains("\x1b["));
}

TEST_CASE("following prints at once and says when the stream ends") {
  Daemon daemon;
  daemon.publish(3);
  Pipe out, err;
  GetEventsOptions options;
  options.server = url(daemon);
  options.last = 1;
  options.out_fd = out.write.get();
  options.err_fd = err.write.get();
  int code = -1;
  std::thread client([&] { code = getevents(options, ProbeCatalog{}); });
  std::string text;
  char bytes[4096];
  const auto read_until = [&](const std::string& wanted) {
    while (text.find(wanted) == std::string::npos) {
      pollfd p{out.read.get(), POLLIN, 0};
      REQUIRE(::poll(&p, 1, 5000) == 1);
      const auto n = ::read(out.read.get(), bytes, sizeof bytes);
      REQUIRE(n > 0);
      text.append(bytes, static_cast<std::size_t>(n));
    }
  };
  read_until(line(3));
  daemon.publish(1);
  read_until(line(4));
  daemon.hub.close();
  client.join();
  err.write.reset();
  CHECK(code == 0);
  CHECK(text == line(3) + line(4));
  CHECK(drain(err.read.get()) == "burin getevents: the server ended the stream\n");
}

TEST_CASE("a reader that goes away ends it quietly") {
  Daemon daemon;
  daemon.publish(5000, {.padding = 200});
  GetEventsOptions options;
  options.server = url(daemon);
  options.last = 5000;
  Pipe out, err;
  options.out_fd = out.write.get();
  options.err_fd = err.write.get();
  out.read.reset();
  CHECK(getevents(options, ProbeCatalog{}) == 0);
  err.write.reset();
  CHECK(drain(err.read.get()).empty());
}

TEST_CASE("refusals and failures: exit code and message") {
  Daemon daemon({}, {1, 2});
  GetEventsOptions options;
  options.server = url(daemon);
  options.processes = {"("};
  auto got = run(options);
  CHECK(got.code == 2);
  CHECK_THAT(got.err, Catch::Contains("refused the request") && Catch::Contains("processes"));

  options.processes.clear();
  options.server = "https://127.0.0.1";
  CHECK(run(options).code == 2);

  options.server = url(daemon);
  RawClient taken(daemon.port);
  taken.get("/v1/events?follow");
  REQUIRE(taken.receive_until("\r\n\r\n"));
  got = run(options);
  CHECK(got.code == 1);
  CHECK_THAT(got.err, Catch::Contains("streams are taken"));

  daemon.server->stop();
  got = run(options);
  CHECK(got.code == 1);
  CHECK(got.err == "burin getevents: cannot reach " + url(daemon) + ": Connection refused; is `burin run` running?\n");
}

namespace {
/// A server of one connection that sends `text` and closes.
class FakeServer {
 public:
  explicit FakeServer(std::string text) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    url = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this, answer = std::move(text)] {
      const UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
      std::string request;
      char bytes[1024];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const auto n = ::recv(fd.get(), bytes, sizeof bytes, 0);
        if (n <= 0) return;
        request.append(bytes, static_cast<std::size_t>(n));
      }
      for (const char c : answer) (void)::send(fd.get(), &c, 1, MSG_NOSIGNAL);  // in the smallest pieces there are
    });
  }
  ~FakeServer() { thread_.join(); }
  std::string url;

 private:
  UniqueFd listener_;
  std::thread thread_;
};

struct Streamed {
  Result<> result;
  std::vector<std::string> lines;
};
Streamed stream(const std::string& answer) {
  FakeServer server(answer);
  Streamed out{Ok{}, {}};
  out.result = stream_lines(server.url, "/v1/events", [&](std::string_view text) {
    out.lines.emplace_back(text);
    return true;
  });
  return out;
}
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
using Lines = std::vector<std::string>;
}  // namespace

TEST_CASE("the client tells an ended answer from one cut off") {
  auto got = stream(kChunked + "4\r\nab\nc\r\n6;x=y\r\nd\n\nef\n\r\n0\r\n\r\n");
  CHECK(got.result);
  CHECK(got.lines == Lines{"ab", "cd", "", "ef"});
  got = stream(kChunked + "3\r\nab\n\r\n");
  REQUIRE_FALSE(got.result);
  CHECK(got.lines == Lines{"ab"});
  CHECK_THAT(got.result.error().message, Catch::Contains("cut in the middle"));
  got = stream(kChunked + "5\r\nab\n");
  CHECK_FALSE(got.result);
  got = stream(kChunked + "zz\r\nab\n\r\n0\r\n\r\n");
  CHECK_THAT(got.result.error().message, Catch::Contains("broken chunk"));
  got = stream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab\ncd");
  CHECK(got.result);
  CHECK(got.lines == Lines{"ab", "cd"});
  CHECK_FALSE(stream("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab\ncd").result);
  CHECK(stream("HTTP/1.0 200 OK\r\n\r\nab\n").result);
}

TEST_CASE("the client on answers that are none or are errors") {
  CHECK_THAT(stream("SSH-2.0-x\r\n").result.error().message, Catch::Contains("did not answer in HTTP"));
  CHECK_FALSE(stream("rubbish\r\n\r\n").result);
  CHECK_FALSE(stream("").result);
  auto got = stream(
      "HTTP/1.1 400 Bad\r\nContent-Length: 54\r\n\r\n{\"error\":{\"code\":\"c\",\"message\":\"say \\\"\\u00e9\\\"\"}}  "
      "      ");
  REQUIRE_FALSE(got.result);
  CHECK(got.result.error().code == ErrorCode::InvalidPolicy);
  CHECK_THAT(got.result.error().message, Catch::EndsWith("refused the request: say \"é\""));
  CHECK_THAT(stream("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n").result.error().message,
             Catch::Contains("status 500"));
}

TEST_CASE("on_line and on_batch can stop the client") {
  FakeServer server(kChunked + "6\r\na\nb\nc\n\r\n0\r\n\r\n");
  int lines = 0;
  CHECK(stream_lines(server.url, "/", [&](std::string_view) { return ++lines < 2; }));
  CHECK(lines == 2);
}

TEST_CASE("standard input: formatted and filtered, bad lines named") {
  const std::string input =
      line(1, {.binary = "/bin/sh"}) + "\n" + line(2, {.kind = EventKind::Exit, .binary = "/bin/sh"}) + "{not json\n" +
      line(3, {.kind = EventKind::Kprobe, .binary = "/bin/nc", .policy = "net"}) + "[1]\n" +
      R"({"process_tracepoint":{"process":{"binary":"/bin/nc"},"policy_name":"t"},"node_name":"n"})";
  GetEventsOptions options;
  auto got = run(options, &input);
  CHECK(got.code == 1);
  CHECK(got.err ==
        "burin getevents: standard input, line 4: not a JSON object\n"
        "burin getevents: standard input, line 6: not a JSON object\n");
  CHECK(std::count(got.out.begin(), got.out.end(), '\n') == 4);

  const std::string good = line(1, {.binary = "/bin/sh"}) + line(2, {.kind = EventKind::Kprobe, .policy = "net"});
  options.policies = {"net"};
  got = run(options, &good);
  CHECK(got.code == 0);
  CHECK(got.out == line(2, {.kind = EventKind::Kprobe, .policy = "net"}));
  options.policies.clear();
  options.events = {"PROCESS_EXEC"};
  options.output = OutputFormat::Compact;
  CHECK_THAT(run(options, &good).out, Catch::StartsWith("🚀 process node-a /bin/sh"));

  const std::string nothing;
  CHECK(run(options, &nothing).code == 0);
}

TEST_CASE("standard input: what only a daemon can do is refused") {
  const std::string input = line(1);
  const auto refused = [&](auto change) {
    GetEventsOptions options;
    change(options);
    const auto got = run(options, &input);
    INFO(got.err);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK_THAT(got.err, Catch::Contains("--server"));
  };
  refused([](auto& o) { o.last = 1; });
  refused([](auto& o) { o.since = 1; });
  refused([](auto& o) { o.follow = false; });
  refused([](auto& o) { o.compat = true; });
  refused([](auto& o) { o.pods = {"x"}; });
  refused([](auto& o) { o.namespaces = {""}; });
  refused([](auto& o) { o.processes = {"("}; });
}
