// How long one event line takes, by hand and with nlohmann: `json_bench` prints ns a line and exits with 1 when the
// hand-written encoder is not at least ten times as fast, which is what justifies having it.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "event/encode.h"
#include "support/event_reference.h"

namespace {

constexpr double kWorthIt = 10;

template <class Work>
double ns_each(int count, Work work) {
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / count);
  }
  return best;
}

}  // namespace

int main() {
  burin::Event event = sample_connect();
  std::size_t bytes = 0;
  const auto next = [&event] {  // another nanosecond, cookie and port each time, as in life
    event.wall_ns += 1001;
    event.mono_ns += 1001;
    ++event.seq;
    auto& sock = std::get<burin::SockValue>(event.args[0]);
    ++sock.sport;
    sock.cookie += 64;
  };
  const double by_hand = ns_each(300'000, [&] {
    next();
    burin::encode_event(event, "node-a");
    bytes += event.line.size();
  });
  burin::ProcessInfo process = *event.process;
  const double per_process = ns_each(300'000, [&] {
    ++process.start_wall_ns;
    burin::encode_process(process);
    bytes += process.json.size();
  });
  const double with_nlohmann = ns_each(5'000, [&] {
    next();
    bytes += reference_line(event, "node-a").size();
  });
  const double ratio = with_nlohmann / by_hand;
  std::printf(
      "line of %zu bytes: by hand %.0f ns, nlohmann %.0f ns (%.0f times); process part %.0f ns, once per process "
      "[%zu]\n",
      event.line.size(), by_hand, with_nlohmann, ratio, per_process, bytes % 10);
  if (ratio >= kWorthIt) return 0;
  std::printf("expected at least %.0f times\n", kWorthIt);
  return 1;
}
