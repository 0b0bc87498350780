// Poco accepts, reads and parses requests; everything that is written goes through StreamWriter, which can be stopped.
// One request a connection (no keep-alive): an idle connection would hold a thread, and a local client pays
// microseconds.
#include "api/http_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>

#include "api/event_query.h"
#include "api/event_stream.h"
#include "api/http_counters.h"
#include "api/stream_writer.h"
#include "base/clock.h"
#include "event/encode.h"

namespace burin {
namespace {

namespace net = Poco::Net;

constexpr std::size_t kMaxUri = 8192;    // bytes; Poco itself stops reading at 16384
constexpr int kStackBytes = 256 * 1024;  // address space, not memory; RE2 compiles a client's expressions on it
constexpr long kRequestSeconds = 10;     // to send a request
constexpr int kMaxQueued = 64;           // accepted connections that wait for a thread
constexpr std::chrono::milliseconds kGrace{500};

constexpr std::string_view kIndex =
    "burin: kernel events over HTTP\n"
    "\n"
    "GET /v1/events    events, one JSON object a line; parameters:\n"
    "                  follow, last=N, since=SEQ, stream=ID, compat=tetragon,\n"
    "                  aggregate=10s,\n"
    "                  pods, processes, namespaces, events, policies\n"
    "GET /v1/policies  policies and their state, JSON\n"
    "GET /healthz      200 while the server runs\n"
    "GET /readyz       200 when all policies are attached, else 503\n"
    "GET /metrics      Prometheus text\n"
    "\n"
    "Try: curl -N 'http://127.0.0.1:7070/v1/events?follow&last=10'\n";

/// Everything the handlers share. Outlives them: HttpServer::stop joins the workers first.
struct Shared {
  Shared(StreamHub& hub_, StatusSource status_, HttpLimits limits_)
      : hub(hub_), status(std::move(status_)), limits(limits_), stream_id(fmt::format("{:x}", realtime_ns())) {}

  StreamHub& hub;
  const StatusSource status;
  const HttpLimits limits;
  const std::string stream_id;  ///< tells this daemon's sequence numbers from those of the one before it
  StopSignal stop;
  HttpCounters counters;
  std::function<std::uint64_t()> refused_connections;

  std::mutex mutex;
  std::condition_variable idle;
  int busy = 0;  ///< handlers at work, under mutex
};

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Reply error_reply(const ApiError& error) {
  Reply reply;
  reply.status = error.status;
  reply.body = "{\"error\":{\"code\":";
  append_json_string(reply.body, error.code);
  reply.body += ",\"message\":";
  append_json_string(reply.body, error.message);
  reply.body += "}}\n";
  return reply;
}

/// Reads and drops what is left of a request body, so that closing does not reset the connection under the answer.
void linger(int fd) {
  ::shutdown(fd, SHUT_WR);
  timeval limit{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char buffer[1024];
  for (int i = 0; i < 64 && ::recv(fd, buffer, sizeof buffer, 0) > 0; ++i) {
  }
}

/// One of the streams that may be open at a time, if one is free.
class Slot {
 public:
  explicit Slot(Shared& shared)
      : open_(shared.counters.streams_open), taken_(open_.fetch_add(1) < shared.limits.max_streams) {
    if (!taken_) --open_;
  }
  ~Slot() {
    if (taken_) --open_;
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  bool taken() const { return taken_; }

 private:
  std::atomic<std::uint64_t>& open_;
  const bool taken_;
};

class Handler : public net::HTTPRequestHandler {
 public:
  explicit Handler(Shared& shared) : shared_(shared) {
    std::lock_guard lock(shared_.mutex);
    ++shared_.busy;
  }
  ~Handler() override {
    std::lock_guard lock(shared_.mutex);
    if (--shared_.busy == 0) shared_.idle.notify_all();
  }

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    // Nothing may leave this function: Poco would write its own answer after ours. What a standard or Poco class throws
    // here is out of memory or a socket that died; the client sees a closed connection.
    try {
      auto& impl = dynamic_cast<net::HTTPServerRequestImpl&>(request);
      const int fd = static_cast<int>(impl.socket().impl()->sockfd());
      tune(fd);
      StreamWriter out(fd, shared_.stop);
      answer(request, response, out);
      shared_.counters.bytes += out.bytes_sent();
      if (request.hasContentLength() || request.getChunkedTransferEncoding()) linger(fd);
    } catch (const std::exception&) {
      shared_.counters.request("other", 500);
    }
  }

 private:
  static void tune(int fd) {
    const auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    // A peer that vanished without a FIN is noticed after 30 + 3 * 10 seconds.
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    // Bounds the kernel memory of a stalled follower; autotuning would let it grow to megabytes each.
    set(SOL_SOCKET, SO_SNDBUF, 128 * 1024);
  }

  void answer(const net::HTTPServerRequest& request, net::HTTPServerResponse& response, StreamWriter& out) {
    const Target target = split_target(request.getURI());
    const std::string& method = request.getMethod();
    const bool head = method == "HEAD";
    const std::string_view route = route_of(target.path);
    Reply reply;
    if (request.getURI().size() > kMaxUri)
      reply = error_reply({414, "uri_too_long", fmt::format("the URI is longer than {} bytes", kMaxUri)});
    else if (route == "other")
      reply = error_reply({404, "not_found", "no such endpoint; GET / lists them"});
    else if (method != "GET" && !head) {
      reply = error_reply({405, "method_not_allowed", "only GET and HEAD are allowed here"});
      reply.headers.emplace_back("Allow", "GET, HEAD");
    } else if (route == "/v1/events") {
      if (!open_stream(target.query, request, response, out, reply)) return;
    } else if (!target.query.empty()) {
      reply = error_reply({400, "unknown_parameter", fmt::format("{} takes no parameters", route)});
    } else {
      reply = document(route);
    }
    shared_.counters.request(route, reply.status);
    send(reply, head, response, out);
  }

  static std::string_view route_of(const std::string& path) {
    static constexpr std::array<std::string_view, 6> kRoutes = {"/",        "/v1/events", "/v1/policies",
                                                                "/healthz", "/readyz",    "/metrics"};
    const auto it = std::find(kRoutes.begin(), kRoutes.end(), path);
    return it == kRoutes.end() ? std::string_view("other") : *it;
  }

  Reply document(std::string_view route) const {
    const auto& status = shared_.status;
    if (route == "/") return {200, "text/plain; charset=utf-8", std::string(kIndex), {}};
    if (route == "/healthz") return {200, "application/json", "{\"status\":\"ok\"}\n", {}};
    if (route == "/readyz") return readiness();
    if (route == "/metrics") {
      std::string text = status.metrics_text ? status.metrics_text() : "";
      if (!text.empty() && text.back() != '\n') text += '\n';
      text += shared_.counters.text(shared_.refused_connections());
      return {200, "text/plain; version=0.0.4; charset=utf-8", std::move(text), {}};
    }
    std::string body = status.policies_json ? status.policies_json() : "{\"policies\":[]}";
    if (body.empty() || body.back() != '\n') body += '\n';
    return {200, "application/json", std::move(body), {}};
  }

  Reply readiness() const {
    const auto& status = shared_.status;
    if (!status.ready || status.ready()) return {200, "application/json", "{\"status\":\"ready\"}\n", {}};
    const std::string reason = status.not_ready_reason ? status.not_ready_reason() : "";
    std::string body = "{\"status\":\"not_ready\",\"reason\":";
    append_json_string(body, reason.empty() ? "not all policies are attached yet; see /v1/policies" : reason);
    body += "}\n";
    return {503, "application/json", std::move(body), {}};
  }

  /// False when the stream was sent (and counted); true when `reply` is the answer instead.
  bool open_stream(const std::string& query_text, const net::HTTPServerRequest& request,
                   net::HTTPServerResponse& response, StreamWriter& out, Reply& reply) {
    const auto refuse = [&reply](const ApiError& error) {
      reply = error_reply(error);
      return true;
    };
    const auto query = parse_event_query(query_text);
    if (!query) return refuse(query.error());
    const auto filter = EventFilter::compile(query->filter, shared_.status.node_name);
    if (!filter) return refuse({400, "bad_value", filter.error().text()});
    if (query->stream && *query->stream != shared_.stream_id)
      return refuse(
          {409, "stream_changed",
           fmt::format("the daemon was restarted since stream {}; this is stream {} and its numbers begin at 1 again",
                       *query->stream, shared_.stream_id)});
    const auto plan = plan_stream(*query, *filter, shared_.hub);
    if (!plan) return refuse(plan.error());
    const bool head = request.getMethod() == "HEAD";
    const Slot slot(shared_);
    if (!head && !slot.taken()) {
      ++shared_.counters.streams_refused;
      refuse({503, "too_many_streams",
              fmt::format("all {} event streams are taken; try again when one has ended", shared_.limits.max_streams)});
      reply.headers.emplace_back("Retry-After", "1");
      return true;
    }
    shared_.counters.request("/v1/events", 200);
    StreamPlan adjusted = *plan;
    adjusted.chunked = request.getVersion() != net::HTTPMessage::HTTP_1_0;
    send_stream(adjusted, *filter, head, response, out);
    return false;
  }

  void send_stream(const StreamPlan& plan, const EventFilter& filter, bool head, net::HTTPServerResponse& response,
                   StreamWriter& out) {
    response.setStatusAndReason(net::HTTPResponse::HTTP_OK);
    response.setContentType("application/x-ndjson");
    response.setChunkedTransferEncoding(plan.chunked);
    response.set("Burin-Stream", shared_.stream_id);
    if (head) {
      out.write(header_text(response));
      return;
    }
    const bool started = out.write(header_text(response));
    const bool clean = started && stream_events(plan, filter, shared_.hub, shared_.status.node_name, out,
                                                shared_.counters, shared_.stop);
    if (!clean) ++shared_.counters.streams_aborted;
  }

  static std::string header_text(net::HTTPServerResponse& response) {
    response.setKeepAlive(false);
    response.set("Cache-Control", "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    std::ostringstream text;
    response.write(text);
    return text.str();
  }

  static void send(const Reply& reply, bool head, net::HTTPServerResponse& response, StreamWriter& out) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(reply.status));
    response.setContentType(reply.type);
    response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    const std::string text = header_text(response);
    out.write(head ? text : text + reply.body);
  }

  Shared& shared_;
};

class Factory : public net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override { return new Handler(shared_); }

 private:
  Shared& shared_;
};

net::ServerSocket listen_on(const ListenAddress& address) {
  const net::SocketAddress where(address.host, address.port);
  net::ServerSocket socket;
  // No SO_REUSEPORT: a second daemon on the same port must fail, not share the connections.
  if (where.family() == net::AddressFamily::IPv6)
    socket.bind6(where, true, false, true);
  else
    socket.bind(where, true, false);
  socket.listen(kMaxQueued);
  return socket;
}

}  // namespace

struct HttpServer::Impl {
  Impl(StreamHub& hub, StatusSource status, HttpLimits limits)
      : shared(hub, std::move(status), limits),
        threads(static_cast<int>(limits.max_streams + limits.extra_threads)),
        // The pool has room to spare because Poco frees a thread a moment after it has counted it as free.
        pool("http", 1, threads + 8, 10, kStackBytes) {}

  Shared shared;
  const int threads;
  Poco::ThreadPool pool;
  std::unique_ptr<net::HTTPServer> server;
  std::uint16_t port = 0;
};

HttpServer::HttpServer() = default;
HttpServer::~HttpServer() {
  stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ListenAddress& address, StreamHub& hub, StatusSource status,
                                                      HttpLimits limits) {
  const std::string doing = "cannot listen on " + address.text();
  try {
    std::unique_ptr<HttpServer> self(new HttpServer);
    self->impl_ = std::make_unique<Impl>(hub, std::move(status), limits);
    auto& impl = *self->impl_;
    const auto socket = listen_on(address);
    impl.port = socket.address().port();
    Poco::AutoPtr<net::HTTPServerParams> params(new net::HTTPServerParams);
    params->setKeepAlive(false);
    params->setTimeout(Poco::Timespan(kRequestSeconds, 0));
    params->setMaxThreads(impl.threads);
    params->setMaxQueued(kMaxQueued);
    params->setThreadIdleTime(Poco::Timespan(5, 0));
    impl.server = std::make_unique<net::HTTPServer>(new Factory(impl.shared), impl.pool, socket, params);
    impl.shared.refused_connections = [server = impl.server.get()] {
      return static_cast<std::uint64_t>(server->refusedConnections());
    };
    impl.server->start();
    return self;
  } catch (const Poco::Exception& e) {
    if (e.code() != 0) return fail_errno(ErrorCode::Io, doing, e.code());
    return fail(ErrorCode::Io, doing + ": " + e.displayText());
  } catch (const std::exception& e) {
    return fail(ErrorCode::Internal, doing + ": " + e.what());
  }
}

void HttpServer::stop() {
  if (!impl_ || !impl_->server) return;
  auto& shared = impl_->shared;
  shared.stop.request(kGrace);
  try {
    impl_->server->stop();  // no new connections
    std::unique_lock lock(shared.mutex);
    shared.idle.wait_for(lock, 2 * kGrace, [&] { return shared.busy == 0; });
    lock.unlock();
    impl_->server->stopAll(true);  // cuts what is left: requests that never came
    impl_->pool.joinAll();
  } catch (const std::exception&) {
    // Poco reports a socket that is closed already; there is nothing left to do for it.
  }
  impl_->server.reset();
}

std::uint16_t HttpServer::port() const {
  return impl_->port;
}

}  // namespace burin
