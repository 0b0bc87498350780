// struct sk_buff, from datagrams in the queue of a socket of ours.
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include "discovery/sockets.h"

namespace burin {
namespace {

constexpr std::size_t kSockWindow = 1024, kPacketWindow = 224;
constexpr std::uint32_t kUdpHeader = 8, kIpHeader = 20;

bool has_text(KernelMemory& memory, std::uint64_t address, const std::string& text) {
  if (!memory.plausible(address & ~7ull)) return false;
  const Bytes bytes = memory.at(address, text.size());
  return bytes.size() == text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// True when one of the packet's pointers leads to the letter's text, or to the UDP header before it.
bool carries(KernelMemory& memory, const Bytes& packet, const std::string& text) {
  for (std::uint32_t at = 0; at + 8 <= packet.size(); at += 8)
    if (has_text(memory, packet.pointer(at), text) || has_text(memory, packet.pointer(at) + kUdpHeader, text))
      return true;
  return false;
}

/// The queue is a ring through the first words of the packets and of its own head in struct sock.
std::vector<Bytes> packets_in(KernelMemory& memory, std::uint64_t sock, const Mailbox& mailbox) {
  const Bytes bytes = memory.at(sock, kSockWindow);
  for (const std::uint32_t head : pointers_in(memory, bytes)) {
    std::vector<Bytes> out;
    std::uint64_t next = bytes.pointer(head);
    for (const auto& letter : mailbox.letters) {
      if (!memory.plausible(next)) break;
      Bytes packet = memory.at(next, kPacketWindow);
      if (!carries(memory, packet, letter.text)) break;
      next = packet.pointer(0);
      out.push_back(std::move(packet));
    }
    if (out.size() == mailbox.letters.size() && next == sock + head) return out;
  }
  return {};
}

bool is_header(KernelMemory& memory, std::uint64_t address, const Letter& letter) {
  const Bytes bytes = memory.at(address, kIpHeader);
  const auto ip = bytes.get<iphdr>(0);
  return ip && ip->version == 4 && ip->protocol == IPPROTO_UDP && ip->saddr == letter.source &&
         ip->daddr == letter.destination && ntohs(ip->tot_len) == letter.text.size() + kUdpHeader + kIpHeader;
}

/// The protocol of the link layer, in network order; local sockets leave it 0.
void find_link_protocol(const std::vector<Bytes>& packets, const std::vector<Bytes>& local,
                        const std::vector<Bytes>& wide, Findings& findings) {
  if (local.empty()) return;
  std::vector<Sight<std::uint16_t>> sights;
  for (const Bytes& packet : packets) sights.push_back({packet, htons(ETH_P_IP)});
  for (const Bytes& packet : local) sights.push_back({packet, 0});
  for (const Bytes& packet : wide) sights.push_back({packet, htons(ETH_P_IPV6)});
  findings.accept_one(
      "sk_buff.protocol", agreeing(sights), 2,
      wide.empty() ? "datagrams by IPv4 and of a local socket" : "datagrams by IPv4, by IPv6 and of a local socket");
}

/// A copy of the length is in what UDP notes in a packet, but not in what local sockets note there.
void find_length(const std::vector<Bytes>& packets, const std::vector<Bytes>& local, const Mailbox& mailbox,
                 Findings& findings) {
  std::vector<Sight<std::uint32_t>> sights;
  for (std::size_t i = 0; i < local.size(); ++i)
    for (const Bytes* packet : {&packets[i], &local[i]})
      sights.push_back({*packet, static_cast<std::uint32_t>(mailbox.letters[i].text.size())});
  findings.accept_one("sk_buff.len", agreeing(sights), 4,
                      "lengths of datagrams in queues of UDP and of a local socket");
}

void find_header(KernelMemory& memory, const std::vector<Bytes>& packets, const Mailbox& mailbox, Findings& findings) {
  std::vector<PointedAt> found;  // pointer: head; member: network_header
  for (const std::uint32_t head : pointers_in(memory, packets[0]))
    for (std::uint32_t offset = 0; offset + 2 <= packets[0].size(); offset += 2) {
      bool all = true;
      for (std::size_t i = 0; all && i < packets.size(); ++i) {
        const std::uint64_t start = packets[i].pointer(head);
        all = memory.plausible(start) &&
              is_header(memory, start + packets[i].get<std::uint16_t>(offset).value_or(0), mailbox.letters[i]);
      }
      if (all) found.push_back({head, offset});
    }
  if (found.size() != 1) return;
  constexpr char kHow[] = "IP headers of two datagrams in a queue, with their addresses and lengths";
  findings.accept("sk_buff.head", found[0].pointer, 8, kHow);
  findings.accept("sk_buff.network_header", found[0].member, 2, kHow);
}

}  // namespace

void find_packets(KernelMemory& memory, const Subject& thread, const Mailbox& mailbox, Findings& findings) {
  const std::uint64_t sock = sock_of(memory, thread, mailbox.receiver.get(), findings);
  if (!sock || mailbox.letters.size() < 2) return;
  const std::vector<Bytes> packets = packets_in(memory, sock, mailbox);
  if (packets.empty()) return;
  find_header(memory, packets, mailbox, findings);
  const auto queue = [&](const UniqueFd& receiver) {
    const std::uint64_t at = sock_of(memory, thread, receiver.get(), findings);
    return at ? packets_in(memory, at, mailbox) : std::vector<Bytes>();
  };
  const std::vector<Bytes> local = queue(mailbox.local_receiver);
  find_length(packets, local, mailbox, findings);
  find_link_protocol(packets, local, queue(mailbox.wide_receiver), findings);
  const auto member = [&](const char* path, auto&& value, const char* how) {
    std::vector<Sight<std::uint32_t>> sights;
    for (std::size_t i = 0; i < packets.size(); ++i)
      if (const std::optional<std::uint32_t> v = value(mailbox.letters[i])) sights.push_back({packets[i], *v});
    if (sights.size() == packets.size()) findings.accept_one(path, agreeing(sights), 4, how);
  };
  member(
      "sk_buff.mark", [](const Letter& l) { return l.mark; }, "SO_MARK of the senders of two datagrams");
  member(
      "sk_buff.priority", [](const Letter& l) { return l.priority; }, "SO_PRIORITY of the senders of two datagrams");
}

}  // namespace burin
