// sendmsg without blocking, poll in short slices. Slices exist only to look at the stop signal; nothing waits for them
// when there is room in the socket.
#include "api/stream_writer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace burin {
namespace {
constexpr int kSliceMs = 100;
}

bool StreamWriter::write(std::string_view text) {
  iovec piece{const_cast<char*>(text.data()), text.size()};
  return send_all(&piece, 1);
}

bool StreamWriter::write_chunk(std::span<const iovec> pieces, bool chunked) {
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.iov_len;
  if (total == 0) return true;  // an empty chunk would end the answer
  std::array<iovec, kMaxPieces + 2> all;
  std::size_t count = 0;
  char size_line[24];
  if (chunked) {
    const int length = std::snprintf(size_line, sizeof size_line, "%zx\r\n", total);
    all[count++] = {size_line, static_cast<std::size_t>(length)};
  }
  for (const auto& piece : pieces.first(std::min(pieces.size(), kMaxPieces))) all[count++] = piece;
  static char crlf[] = "\r\n";
  if (chunked) all[count++] = {crlf, 2};
  return send_all(all.data(), count);
}

bool StreamWriter::send_all(iovec* pieces, std::size_t count) {
  auto last_progress = StopSignal::Clock::now();
  while (count > 0) {
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      if (!wait_writable(last_progress)) return false;
      continue;
    }
    bytes_sent_ += static_cast<std::uint64_t>(sent);
    last_progress = StopSignal::Clock::now();
    auto left = static_cast<std::size_t>(sent);
    while (count > 0 && left >= pieces->iov_len) {
      left -= pieces->iov_len;
      ++pieces;
      --count;
    }
    if (count > 0) {
      pieces->iov_base = static_cast<char*>(pieces->iov_base) + left;
      pieces->iov_len -= left;
    }
  }
  return true;
}

bool StreamWriter::wait_writable(StopSignal::Clock::time_point last_progress) const {
  for (;;) {
    if (stop_.overdue() || StopSignal::Clock::now() - last_progress > kStallLimit) return false;
    pollfd p{fd_, POLLOUT, 0};
    const int ready = ::poll(&p, 1, kSliceMs);
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0) return (p.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
  }
}

bool StreamWriter::client_gone() const {
  pollfd p{fd_, POLLRDHUP, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLERR | POLLHUP | POLLNVAL)) != 0;
}

}  // namespace burin
