// What a policy lets the daemon do in the network: GetUrl and DnsLookup, by one thread, behind a bounded queue, so that
// no event ever waits for a server.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/event.h"

namespace burin {

struct OutreachOptions {
  bool allowed = false;  ///< without it nothing is sent, and submit() says so
  std::string dns_server =
      "1.1.1.1:53";  ///< address and port, "[2606:4700:4700::1111]:53" for IPv6; Tetragon's default
  std::chrono::milliseconds timeout{5000};  ///< for each of connecting, sending and receiving
  std::size_t queue = 256;                  ///< actions that may wait
};

struct OutreachCounters {
  std::uint64_t done = 0;     ///< the server answered, whatever it said
  std::uint64_t failed = 0;   ///< no answer in time, or none at all
  std::uint64_t dropped = 0;  ///< the queue was full
  std::uint64_t refused = 0;  ///< not allowed
};

class Outreach {
 public:
  /// Error{InvalidPolicy} when dns_server is no address with a port. The thread starts with the first action.
  static Result<std::unique_ptr<Outreach>> start(OutreachOptions options);
  ~Outreach();

  /// Queues one action; false when it will not be performed (not allowed, or too many are waiting). Never blocks.
  bool submit(const NetworkAction& action);
  /// Ends the thread; what waits is given up and counted as dropped. The action under way is waited for, `timeout` long
  /// at most. Idempotent.
  void stop();
  OutreachCounters counters() const;

 private:
  Outreach();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
