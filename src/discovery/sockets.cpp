#include "discovery/sockets.h"

namespace burin {
namespace {

constexpr std::size_t kSocketWindow = 128, kSockWindow = 1024;
/// struct sock_common, the first member of struct sock, has 136 bytes in 6.18; no address behind it is skc_….
constexpr std::size_t kCommonEnd = 192;

/// From struct file to struct socket, from there to struct sock.
struct Way {
  std::uint32_t socket, sock;
};

bool is_addressed_so(const Bytes& sock, const KnownSocket& truth) {
  return !agreeing<std::uint32_t>({{sock, truth.own}}, kCommonEnd).empty() &&
         !agreeing<std::uint32_t>({{sock, truth.peer}}, kCommonEnd).empty() &&
         !agreeing<std::uint16_t>({{sock, truth.own_port}}, kCommonEnd).empty() &&
         !agreeing<std::uint16_t>({{sock, truth.peer_port}}, kCommonEnd).empty();
}

/// struct sock points back to its struct socket, and this one to its file.
bool is_way(KernelMemory& memory, const Bytes& file, const Way& way, const KnownSocket& truth) {
  const std::uint64_t socket = file.pointer(way.socket);
  if (!memory.plausible(socket)) return false;
  const Bytes bytes = memory.at(socket, kSocketWindow);
  const std::uint64_t sock = bytes.pointer(way.sock);
  if (!memory.plausible(sock) || agreeing<std::uint64_t>({{bytes, file.address()}}).empty()) return false;
  const Bytes there = memory.at(sock, kSockWindow);
  return !agreeing<std::uint64_t>({{there, socket}}).empty() && (!truth.addressed || is_addressed_so(there, truth));
}

std::vector<Way> ways(KernelMemory& memory, const Bytes& file, const KnownSocket& truth) {
  std::vector<Way> out;
  for (const std::uint32_t socket : pointers_in(memory, file)) {
    const Bytes bytes = memory.at(file.pointer(socket), kSocketWindow);
    if (agreeing<std::uint64_t>({{bytes, file.address()}}).empty()) continue;
    for (const std::uint32_t sock : pointers_in(memory, bytes))
      if (is_way(memory, file, {socket, sock}, truth)) out.push_back({socket, sock});
  }
  return out;
}

struct Pair {
  const Bytes& sock;
  const KnownSocket& truth;
};

/// One member: of every socket that has the value, as `value` says, it stands at one place.
template <class T, class Value>
Offsets places(const std::vector<Pair>& socks, Value&& value, std::size_t end) {
  std::vector<Sight<T>> sights;
  std::vector<T> values;
  for (const auto& [sock, truth] : socks)
    if (const std::optional<T> v = value(truth)) {
      sights.push_back({sock, *v});
      values.push_back(*v);
    }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values.size() < 2 ? Offsets() : agreeing(sights, end);  // one value alone proves little
}

/// The first words of IPv6 addresses, which are all the same here.
template <class Value>
Offsets agreeing_words(const std::vector<Pair>& socks, Value&& value) {
  std::vector<Sight<std::uint64_t>> sights;
  for (const auto& [sock, truth] : socks)
    if (const std::optional<std::uint64_t> v = value(truth)) sights.push_back({sock, *v});
  return agreeing(sights, kCommonEnd);
}

void find_common(const std::vector<Pair>& socks, Findings& findings) {
  const auto of = [](auto KnownSocket::*member) {
    return [member](const KnownSocket& s) { return s.addressed ? std::optional(s.*member) : std::nullopt; };
  };
  constexpr char kAsked[] =
      "getsockname() and getpeername() of sockets that are connected, disconnected, bound to broadcast";
  const auto common = [&](const char* path, const Offsets& at, std::uint32_t size, const char* how) {
    findings.accept_one(std::string("sock.__sk_common.") + path, at, size, how);
  };
  common("skc_rcv_saddr", places<std::uint32_t>(socks, of(&KnownSocket::own), kCommonEnd), 4, kAsked);
  common("skc_daddr", places<std::uint32_t>(socks, of(&KnownSocket::peer), kCommonEnd), 4, kAsked);
  common("skc_num", places<std::uint16_t>(socks, of(&KnownSocket::own_port), kCommonEnd), 2, kAsked);
  common("skc_dport", places<std::uint16_t>(socks, of(&KnownSocket::peer_port), kCommonEnd), 2, kAsked);
  common("skc_family",
         places<std::uint16_t>(
             socks, [](const KnownSocket& s) { return std::optional(s.family); }, kCommonEnd),
         2, "sockets of several families");
  common("skc_state",
         places<std::uint8_t>(
             socks, [](const KnownSocket& s) { return s.state; }, kCommonEnd),
         1, "sockets that are connected, closed, listening");
  for (const bool own : {true, false}) {
    const auto word = [own](std::size_t i) {
      return [own, i](const KnownSocket& s) {
        return s.wide ? std::optional((*s.wide)[(own ? 0 : 2) + i]) : std::nullopt;
      };
    };
    Offsets high = agreeing_words(socks, word(0)), out;
    const Offsets low = places<std::uint64_t>(socks, word(1), kCommonEnd);
    std::ranges::copy_if(high, std::back_inserter(out),
                         [&](std::uint32_t at) { return std::ranges::find(low, at + 8) != low.end(); });
    common(own ? "skc_v6_rcv_saddr" : "skc_v6_daddr", out, 16, "addresses of two IPv6 sockets");
  }
}

void find_protocol(const std::vector<Pair>& socks, Findings& findings) {
  constexpr char kHow[] = "sockets of several types and protocols";
  const auto type = [](const KnownSocket& s) { return std::optional(s.type); };
  const auto protocol = [](const KnownSocket& s) { return std::optional(s.protocol); };
  const auto byte = [](const KnownSocket& s) { return std::optional(static_cast<std::uint8_t>(s.protocol)); };
  const Offsets types = places<std::uint16_t>(socks, type, kSockWindow);
  const Offsets words = places<std::uint16_t>(socks, protocol, kSockWindow);
  if (types.size() != 1) return;
  if (!words.empty()) {
    findings.accept("sock.sk_type", types[0], 2, kHow);
    findings.accept_one("sock.sk_protocol", words, 2, kHow);
    return;
  }
  // Before 5.6: "sk_protocol : 8, sk_type : 16" at the end of one word.
  const Offsets bytes = places<std::uint8_t>(socks, byte, kSockWindow);
  if (types[0] % 4 != 2 || std::ranges::find(bytes, types[0] - 1) == bytes.end()) return;
  findings.accept("sock.sk_type", LayoutMember{types[0], 2, 0, 0xffff}, kHow);
  findings.accept("sock.sk_protocol", LayoutMember{types[0] - 1, 1, 0, 0xff}, kHow);
}

}  // namespace

std::uint64_t sock_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings) {
  const auto socket = findings.offset("file.private_data"), sock = findings.offset("socket.sk");
  const std::uint64_t file = file_of(memory, thread, fd, findings);
  if (!socket || !sock || !file) return 0;
  return memory.pointer_at(memory.pointer_at(file + *socket) + *sock);
}

void find_sockets(KernelMemory& memory, const Subject& thread, const std::vector<KnownSocket>& sockets,
                  Findings& findings) {
  if (sockets.size() < 4 || !sockets[0].addressed) return;
  std::vector<Bytes> files;
  for (const auto& s : sockets)
    files.push_back(memory.at(file_of(memory, thread, s.fd.get(), findings), file_size(memory)));
  std::vector<Way> found = ways(memory, files[0], sockets[0]);
  for (std::size_t i = 0; i < sockets.size(); ++i)
    std::erase_if(found, [&](const Way& way) { return !is_way(memory, files[i], way, sockets[i]); });
  if (found.size() != 1) return;
  constexpr char kHow[] = "pointers there and back, for sockets of several families; known addresses behind them";
  findings.accept("file.private_data", found[0].socket, 8, kHow);
  findings.accept("socket.sk", found[0].sock, 8, kHow);
  std::vector<Bytes> copies;
  for (const Bytes& file : files)
    copies.push_back(memory.at(memory.pointer_at(file.pointer(found[0].socket) + found[0].sock), kSockWindow));
  std::vector<Pair> socks;
  for (std::size_t i = 0; i < sockets.size(); ++i) socks.push_back({copies[i], sockets[i]});
  find_common(socks, findings);
  find_protocol(socks, findings);
  constexpr char kMarks[] = "two sockets with SO_MARK and SO_PRIORITY of their own, and one where they are others";
  findings.accept_one("sock.sk_mark",
                      places<std::uint32_t>(
                          socks, [](const KnownSocket& s) { return s.mark; }, kSockWindow),
                      4, kMarks);
  findings.accept_one("sock.sk_priority",
                      places<std::uint32_t>(
                          socks, [](const KnownSocket& s) { return s.priority; }, kSockWindow),
                      4, kMarks);
}

}  // namespace burin
