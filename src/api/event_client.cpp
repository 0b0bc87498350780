// An HTTP/1.1 GET on a Poco socket with its own body reader: Poco's HTTPClientSession cannot tell an answer that ended
// from one that was cut off, and cannot say "that is all for now", which is when a terminal wants its lines.
#include "api/event_client.h"

#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "api/line_splitter.h"

namespace burin {
namespace {

namespace net = Poco::Net;
constexpr long kPatienceSeconds = 10;
constexpr std::size_t kMaxHeader = 64 * 1024;
constexpr std::size_t kMaxErrorBody = 64 * 1024;

/// Undoes the chunked coding, byte stream in, payload out.
class ChunkDecoder {
 public:
  enum class State { Size, Data, DataEnd, Trailer, Done, Bad };
  State state() const { return state_; }

  /// Calls `payload(piece)` for each run of payload bytes; false from it stops.
  template <class F>
  bool feed(std::string_view bytes, F payload) {
    while (!bytes.empty() && state_ != State::Done && state_ != State::Bad) {
      if (state_ == State::Data) {
        const auto piece = bytes.substr(0, left_);
        bytes.remove_prefix(piece.size());
        left_ -= piece.size();
        if (left_ == 0) state_ = State::DataEnd;
        if (!payload(piece)) return false;
        continue;
      }
      const char c = bytes.front();
      bytes.remove_prefix(1);
      if (c != '\n') {
        if (c != '\r') line_ += c;
        if (line_.size() > 256) state_ = State::Bad;
        continue;
      }
      end_of_line();
    }
    return true;
  }

 private:
  void end_of_line() {
    const std::string line = std::move(line_);
    line_.clear();
    if (state_ == State::DataEnd) {
      state_ = line.empty() ? State::Size : State::Bad;
    } else if (state_ == State::Trailer) {
      if (line.empty()) state_ = State::Done;
    } else {
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
      const bool ends_well = end == line.data() + line.size() || *end == ';' || *end == ' ';
      if (line.empty() || error != std::errc() || !ends_well)
        state_ = State::Bad;
      else
        state_ = left_ == 0 ? State::Trailer : State::Data;
    }
  }
  State state_ = State::Size;
  std::size_t left_ = 0;
  std::string line_;
};

std::string reason_of(const Poco::Exception& e) {
  if (dynamic_cast<const Poco::TimeoutException*>(&e) != nullptr) return "no answer within 10 seconds";
  if (e.code() != 0) return std::generic_category().message(e.code());
  return e.displayText();
}

/// The "message" of {"error":{...,"message":"..."}}, or the body's first line.
std::string message_in(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (const auto error = json.is_object() ? json.find("error") : json.end(); error != json.end() && error->is_object())
    if (const auto text = error->find("message"); text != error->end() && text->is_string())
      return text->get<std::string>();
  return body.substr(0, body.find('\n'));
}

ErrorCode code_of(int status) {
  if (status == 503) return ErrorCode::Overloaded;
  return status >= 400 && status < 500 ? ErrorCode::InvalidPolicy : ErrorCode::Internal;
}

/// One answer being read. Any receive may throw a Poco exception; stream_lines converts.
class Answer {
 public:
  Answer(net::StreamSocket& socket, std::string url) : socket_(socket), url_(std::move(url)) {}

  Result<> read_header() {
    for (;;) {
      const auto end = buffered_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::istringstream text(buffered_.substr(0, end + 4));
        buffered_.erase(0, end + 4);
        header_.read(text);
        return Ok{};
      }
      if (buffered_.size() > kMaxHeader || !receive())
        return fail(ErrorCode::Io, url_ + " did not answer in HTTP; is that burin's address?");
    }
  }
  int status() const { return static_cast<int>(header_.getStatus()); }

  /// Payload to `payload` (false stops), `batch` after each receive (false stops). An answer cut short is an error.
  Result<> read_body(const std::function<bool(std::string_view)>& payload, const std::function<bool()>& batch) {
    const bool chunked = header_.getChunkedTransferEncoding();
    std::optional<std::size_t> left;
    if (!chunked && header_.hasContentLength()) left = static_cast<std::size_t>(header_.getContentLength64());
    ChunkDecoder decoder;
    for (;;) {
      bool go_on = true;
      if (chunked) {
        go_on = decoder.feed(buffered_, payload);
      } else if (!buffered_.empty()) {
        const auto size = left ? std::min(*left, buffered_.size()) : buffered_.size();
        if (left) *left -= size;
        go_on = payload(std::string_view(buffered_).substr(0, size));
      }
      buffered_.clear();
      if (!go_on || !batch()) return Ok{};
      if (decoder.state() == ChunkDecoder::State::Bad) return fail(ErrorCode::Io, url_ + " sent a broken chunk");
      if (decoder.state() == ChunkDecoder::State::Done || (left && *left == 0)) return Ok{};
      if (!receive()) break;
    }
    if (chunked || left)
      return fail(ErrorCode::Io, "the connection to " + url_ + " was cut in the middle of the stream");
    return Ok{};
  }

 private:
  bool receive() {
    char bytes[16 * 1024];
    const int size = socket_.receiveBytes(bytes, sizeof bytes);
    if (size > 0) buffered_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }
  net::StreamSocket& socket_;
  const std::string url_;
  net::HTTPResponse header_;
  std::string buffered_;
};

Result<> read_error(Answer& answer, const std::string& url) {
  std::string body;
  const auto collect = [&body](std::string_view piece) {
    body += piece;
    return body.size() < kMaxErrorBody;
  };
  // What cannot be read of an error's body does not make it another error.
  (void)answer.read_body(collect, [] { return true; });
  std::string message = message_in(body);
  if (message.empty()) message = "status " + std::to_string(answer.status());
  return fail(code_of(answer.status()), url + " refused the request: " + message);
}

}  // namespace

std::string ServerAddress::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ServerAddress> parse_server(std::string_view text) {
  const std::string shown = "server address \"" + std::string(text) + "\": ";
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    if (text.substr(0, scheme) != "http")
      return fail(ErrorCode::Unsupported, shown + "only http:// is spoken; write for example http://127.0.0.1:7070");
    text.remove_prefix(scheme + 3);
  }
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.empty() || text.find_first_of("/?#@ \t\r\n") != std::string_view::npos)
    return fail(ErrorCode::InvalidPolicy,
                shown + "only a host and a port are wanted; write for example http://127.0.0.1:7070");
  ServerAddress out;
  std::string_view port;
  if (text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return fail(ErrorCode::InvalidPolicy, shown + "the \"]\" is missing");
    out.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos)
      return fail(ErrorCode::InvalidPolicy,
                  shown + "an IPv6 address needs brackets; write for example http://[::1]:7070");
    out.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (out.host.empty()) out.host = "127.0.0.1";
  if (port.empty()) return out;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (port.front() != ':' || port.size() == 1 || error != std::errc() || end != port.data() + port.size() ||
      number == 0 || number > 65535)
    return fail(ErrorCode::InvalidPolicy, shown + "the port must be a number from 1 to 65535");
  out.port = static_cast<std::uint16_t>(number);
  return out;
}

Result<> stream_lines(const std::string& server, const std::string& path_and_query,
                      const std::function<bool(std::string_view)>& on_line, const std::function<bool()>& on_batch) {
  TRY(const auto address, parse_server(server));
  const std::string url = address.url();
  net::StreamSocket socket;
  try {
    socket.connect(net::SocketAddress(address.host, address.port), Poco::Timespan(kPatienceSeconds, 0));
  } catch (const net::ConnectionRefusedException&) {
    return fail(ErrorCode::Io, "cannot reach " + url + ": Connection refused; is `burin run` running?");
  } catch (const Poco::Exception& e) {
    return fail(ErrorCode::Io, "cannot reach " + url + ": " + reason_of(e));
  }
  try {
    socket.setKeepAlive(true);
    socket.setReceiveTimeout(Poco::Timespan(kPatienceSeconds, 0));
    const std::string request = "GET " + path_and_query + " HTTP/1.1\r\nHost: " + url.substr(7) +
                                "\r\nUser-Agent: burin\r\nAccept: application/x-ndjson\r\nConnection: close\r\n\r\n";
    socket.sendBytes(request.data(), static_cast<int>(request.size()));
    Answer answer(socket, url);
    TRY_OK(answer.read_header());
    if (answer.status() != 200) return read_error(answer, url);
    socket.setReceiveTimeout(Poco::Timespan(0, 0));
    LineSplitter lines(on_line);
    auto state = LineSplitter::State::More;
    TRY_OK(answer.read_body(
        [&](std::string_view piece) {
          state = lines.feed(piece);
          return state == LineSplitter::State::More;
        },
        [&] { return !on_batch || on_batch(); }));
    if (state == LineSplitter::State::TooLong) return fail(ErrorCode::Io, url + " sent a line of more than 16 MiB");
    if (state == LineSplitter::State::More && !lines.rest().empty()) on_line(lines.rest());
    return Ok{};
  } catch (const Poco::Exception& e) {
    return fail(ErrorCode::Io, "reading from " + url + ": " + reason_of(e));
  }
}

}  // namespace burin
