// struct socket and struct sock, from sockets of our own; and the packets in their queues.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "discovery/files.h"

namespace burin {

/// A socket and what is true of it. Addresses and peer's port in network order, own port in host order.
struct KnownSocket {
  UniqueFd fd;
  std::uint16_t family = 0, type = 0, protocol = 0;
  std::optional<std::uint8_t> state;  ///< TCP_* of linux/tcp.h, which other families use too
  bool addressed = false;             ///< the IPv4 addresses and ports below are known
  std::uint32_t own = 0, peer = 0;
  std::uint16_t own_port = 0, peer_port = 0;
  std::optional<std::array<std::uint64_t, 4>> wide;  ///< IPv6: own address and peer's, two words each
  std::optional<std::uint32_t> mark, priority;
};

/// Sockets of several families, types and states, on addresses of the loopback network that nobody uses. Nothing is
/// sent. Those that the kernel or our privileges do not allow are missing.
std::vector<KnownSocket> open_sockets();

/// file.private_data, socket.sk, sock.*. Needs find_file_table.
void find_sockets(KernelMemory& memory, const Subject& thread, const std::vector<KnownSocket>& sockets,
                  Findings& findings);

/// Datagrams that wait in a socket's queue, sent over loopback by sockets with different marks and priorities.
struct Letter {
  std::string text;
  std::uint32_t source = 0, destination = 0;  ///< addresses in network order
  std::optional<std::uint32_t> mark, priority;
};
struct Mailbox {
  UniqueFd receiver;
  std::vector<Letter> letters;
  /// The same texts within the machine, without headers.
  UniqueFd local_receiver, local_sender;
  /// And by IPv6; none where the machine has no IPv6 loopback address.
  UniqueFd wide_receiver;
};
Mailbox fill_mailbox();
/// sk_buff.*. Needs find_sockets.
void find_packets(KernelMemory& memory, const Subject& thread, const Mailbox& mailbox, Findings& findings);

/// Address of the struct sock behind a descriptor; 0 when the way there is not known.
std::uint64_t sock_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings);

}  // namespace burin
