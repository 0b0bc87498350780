// Sockets in known states, and datagrams that wait to be looked at.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "discovery/sockets.h"

namespace burin {
namespace {

/// Numbers without a meaning and without a byte in common.
constexpr std::uint32_t kMark = 0x5b1e6a01, kPriority = 0x2c7d3f01, kStep = 0x01010100;
/// IANA: for experiments (RFC 3692); nobody sends it.
constexpr int kExperimental = 253;

KnownSocket open_socket(int family, int type, int protocol) {
  KnownSocket s;
  s.fd.reset(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  s.family = static_cast<std::uint16_t>(family);
  s.type = static_cast<std::uint16_t>(type);
  s.protocol = static_cast<std::uint16_t>(protocol);
  return s;
}

/// 127.x.y.z, in network order.
std::uint32_t loopback(std::uint32_t rest) {
  return htonl(0x7f000000 | rest);
}

sockaddr_in address(std::uint32_t rest, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = loopback(rest);
  return out;
}

bool bind_to(const KnownSocket& s, std::uint32_t rest) {
  const sockaddr_in own = address(rest, 0);
  return ::bind(s.fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
}

bool connect_to(const KnownSocket& s, std::uint32_t rest, std::uint16_t port) {
  const sockaddr_in peer = address(rest, port);
  return ::connect(s.fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0;
}

/// Addresses and ports as the kernel tells them.
void ask_addresses(KnownSocket& s) {
  sockaddr_in own{}, peer{};
  socklen_t length = sizeof own;
  if (::getsockname(s.fd.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0 || length != sizeof own) return;
  length = sizeof peer;
  if (::getpeername(s.fd.get(), reinterpret_cast<sockaddr*>(&peer), &length) != 0) peer = {};
  s.own = own.sin_addr.s_addr;
  s.own_port = ntohs(own.sin_port);
  s.peer = peer.sin_addr.s_addr;
  s.peer_port = peer.sin_port;
  s.addressed = true;
}

void set_marks(KnownSocket& s, std::uint32_t step) {
  const std::uint32_t mark = kMark + step * kStep, priority = kPriority + step * kStep;
  if (::setsockopt(s.fd.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) s.mark = mark;
  if (::setsockopt(s.fd.get(), SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) == 0) s.priority = priority;
}

void add_connected(std::vector<KnownSocket>& out, std::uint32_t own, std::uint32_t peer, std::uint16_t port,
                   bool disconnect) {
  KnownSocket s = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (!s.fd || !bind_to(s, own) || !connect_to(s, peer, port)) return;
  s.state = TCP_ESTABLISHED;
  if (disconnect) {  // what stays then of the peer was a copy
    const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
    if (::connect(s.fd.get(), &none, sizeof none) != 0) return;
    s.state = TCP_CLOSE;
  }
  set_marks(s, static_cast<std::uint32_t>(out.size() + 1));
  ask_addresses(s);
  out.push_back(std::move(s));
}

/// IPv4 addresses in IPv6 form: a machine has only one IPv6 loopback address, and maybe not that.
void add_wide(std::vector<KnownSocket>& out, std::uint32_t own, std::uint32_t peer, std::uint16_t port) {
  KnownSocket s = open_socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  const auto mapped = [](std::uint32_t rest, std::uint16_t to) {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(to);
    a.sin6_addr.s6_addr[10] = a.sin6_addr.s6_addr[11] = 0xff;
    const std::uint32_t narrow = loopback(rest);
    std::memcpy(a.sin6_addr.s6_addr + 12, &narrow, sizeof narrow);
    return a;
  };
  const sockaddr_in6 from = mapped(own, 0), to = mapped(peer, port);
  if (!s.fd || ::bind(s.fd.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(s.fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return;
  s.state = TCP_ESTABLISHED;
  std::array<std::uint64_t, 4> words{};
  std::memcpy(words.data(), &from.sin6_addr, 16);
  std::memcpy(words.data() + 2, &to.sin6_addr, 16);
  s.wide = words;
  out.push_back(std::move(s));
}

void add_others(std::vector<KnownSocket>& out) {
  if (KnownSocket s = open_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      s.fd && bind_to(s, 0x0d3902) && ::listen(s.fd.get(), 1) == 0) {
    s.state = TCP_LISTEN;
    ask_addresses(s);
    out.push_back(std::move(s));
  }
  if (KnownSocket s = open_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP); s.fd) {
    s.state = TCP_CLOSE;
    out.push_back(std::move(s));
  }
  if (KnownSocket s = open_socket(AF_UNIX, SOCK_SEQPACKET, 0); s.fd) {
    s.state = TCP_CLOSE;
    out.push_back(std::move(s));
  }
  if (KnownSocket s = open_socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC); s.fd) out.push_back(std::move(s));
  if (KnownSocket s = open_socket(AF_INET, SOCK_RAW, kExperimental); s.fd) out.push_back(std::move(s));
}

/// A receiver with the letters in its queue, sent by IPv6; none when that does not work.
UniqueFd fill_wide(const std::vector<Letter>& letters) {
  const KnownSocket receiver = open_socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
                    sender = open_socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  sockaddr_in6 here{};
  here.sin6_family = AF_INET6;
  here.sin6_addr = in6addr_loopback;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  socklen_t length = sizeof here;
  if (!receiver.fd || !sender.fd || ::bind(receiver.fd.get(), address, length) != 0 ||
      ::getsockname(receiver.fd.get(), address, &length) != 0 || ::connect(sender.fd.get(), address, length) != 0)
    return {};
  for (const auto& letter : letters)
    if (::send(sender.fd.get(), letter.text.data(), letter.text.size(), MSG_DONTWAIT) < 0) return {};
  return UniqueFd(::fcntl(receiver.fd.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

std::vector<KnownSocket> open_sockets() {
  std::vector<KnownSocket> out;
  add_connected(out, 0x0d3901, 0x631503, 40961, false);
  add_connected(out, 0x4d0309, 0x1f08c8, 20531, false);
  add_connected(out, 0x552b11, 0x29a7e3, 50123, true);
  // Bound to a broadcast address: it is where packets may come from, but not what they are sent from.
  KnownSocket s = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (s.fd && bind_to(s, 0xffffff)) {
    s.state = TCP_CLOSE;
    ask_addresses(s);
    out.push_back(std::move(s));
  }
  add_wide(out, 0x0d3905, 0x631507, 40962);
  add_wide(out, 0x4d030b, 0x1f08ca, 20532);
  add_others(out);
  return out;
}

Mailbox fill_mailbox() {
  Mailbox box;
  KnownSocket receiver = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (!receiver.fd || !bind_to(receiver, 0x3b5d71)) return box;
  ask_addresses(receiver);
  for (std::uint32_t i = 0; i < 2; ++i) {
    KnownSocket sender = open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (!sender.fd || !bind_to(sender, 0x3b5e11 + i * 0x10207) || !connect_to(sender, 0x3b5d71, receiver.own_port))
      return box;
    set_marks(sender, 20 + i);
    ask_addresses(sender);
    Letter letter{"burin layout discovery, letter " + std::to_string(i) + ". ", sender.own, sender.peer, sender.mark,
                  sender.priority};
    letter.text.resize(77 + 131 * i, static_cast<char>('a' + i));
    if (::send(sender.fd.get(), letter.text.data(), letter.text.size(), MSG_DONTWAIT) !=
        static_cast<ssize_t>(letter.text.size()))
      return box;
    box.letters.push_back(std::move(letter));
  }
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0) return box;
  box.local_receiver.reset(pair[0]);
  box.local_sender.reset(pair[1]);
  for (const auto& letter : box.letters)
    if (::send(pair[1], letter.text.data(), letter.text.size(), MSG_DONTWAIT) < 0) return box;
  box.wide_receiver = fill_wide(box.letters);
  box.receiver = std::move(receiver.fd);
  return box;
}

}  // namespace burin
