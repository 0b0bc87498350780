// Lines go from the events straight to the socket (scatter/gather): a follower costs its thread's stack and no buffer.
#include "api/event_stream.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "api/aggregator.h"
#include "base/clock.h"
#include "event/encode.h"

namespace burin {
namespace {

// Events per chunk: also what a stalled client keeps alive of events that have left the hub.
constexpr std::size_t kBatch = 64;
// How often an idle stream looks for a closed connection or a stop.
constexpr std::chrono::milliseconds kIdle{500};
// The same for a stream whose groups of equal events end by the clock.
constexpr std::chrono::milliseconds kWindowCheck{100};

// Finds the seq at which the last `wanted` matching events begin, walking back from the newest one.
std::uint64_t start_of_last(std::uint64_t wanted, const EventFilter& filter, const StreamHub& hub,
                            std::uint64_t newest) {
  std::uint64_t start = newest + 1;
  std::uint64_t found = 0;
  for (std::uint64_t before = newest + 1; found < wanted;) {
    const auto events = hub.read_back(before, kBatch);
    if (events.empty()) break;
    for (const auto& event : events) {
      before = event->seq;
      if (!filter.matches(*event)) continue;
      start = event->seq;
      if (++found == wanted) break;
    }
  }
  return start;
}

// The pieces of one chunk; pointers into lines that the caller keeps alive.
class Pieces {
 public:
  void add(const Event& event, bool compat) {
    if (compat) {
      put(event.line.data(), event.burin_at);
      static constexpr char kEnd[] = "}\n";
      put(kEnd, 2);
    } else {
      put(event.line.data(), event.line.size());
    }
    ++lines_;
  }
  std::span<const iovec> span() const { return {pieces_.data(), count_}; }
  std::size_t lines() const { return lines_; }

 private:
  void put(const char* data, std::size_t size) { pieces_[count_++] = {const_cast<char*>(data), size}; }
  std::array<iovec, 2 * (kBatch + 1)> pieces_;
  std::size_t count_ = 0;
  std::size_t lines_ = 0;
};
static_assert(2 * (kBatch + 1) <= StreamWriter::kMaxPieces);

// The line that stands for those with the seqs `first` to `last`, all of which have left the hub. It carries last as
// its own, so that a client which resumes after the last line it has seen is not told of the same gap twice. Losses
// that were told by lines among them are lost to this client too.
Event make_gap(std::uint64_t first, std::uint64_t last, const StreamHub& hub, const std::string& node_name) {
  const HubLoss loss = hub.loss_between(first, last);
  Event gap;
  gap.kind = EventKind::Gap;
  gap.loss = LossReason::SlowClient;
  gap.lost = loss.events;
  gap.lost_at_least = loss.at_least;
  gap.first_lost_seq = first;
  gap.seq = last;
  gap.mono_ns = monotonic_ns();
  gap.wall_ns = realtime_ns();
  encode_event(gap, node_name);
  return gap;
}

// The groups of equal events of a client that asked for them; does nothing for the others.
class Groups {
 public:
  Groups(const StreamPlan& plan, StreamWriter& out, HttpCounters& counters)
      : plan_(plan), out_(out), counters_(counters) {
    if (plan.aggregate_ns) groups_.emplace(*plan.aggregate_ns, ephemeral_ports());
  }
  // How long to wait for events before a look at the clock.
  std::chrono::milliseconds patience() const { return groups_ ? kWindowCheck : kIdle; }
  bool take(const EventPtr& event) { return groups_ && groups_->take(event, plan_.compat, ended_); }
  bool send_ended() {
    if (!groups_) return true;
    groups_->end_before(monotonic_ns(), plan_.compat, ended_);
    return send();
  }
  bool send_all() {
    if (!groups_) return true;
    groups_->end_all(plan_.compat, ended_);
    return send();
  }

 private:
  bool send() {
    if (ended_.empty()) return true;
    const iovec piece{ended_.data(), ended_.size()};
    if (!out_.write_chunk({&piece, 1}, plan_.chunked)) return false;
    counters_.lines += groups_->lines() - counted_;
    counted_ = groups_->lines();
    ended_.clear();
    return true;
  }

  const StreamPlan& plan_;
  StreamWriter& out_;
  HttpCounters& counters_;
  std::optional<Aggregator> groups_;
  std::string ended_;  // lines of groups that are over
  std::uint64_t counted_ = 0;
};

}  // namespace

ApiResult<StreamPlan> plan_stream(const EventQuery& query, const EventFilter& filter, const StreamHub& hub) {
  const std::uint64_t newest = hub.newest_seq();
  if (query.since && *query.since > newest)
    return tl::unexpected(ApiError{400, "since_in_future",
                                   "parameter \"since\": " + std::to_string(*query.since) +
                                       " is beyond the newest event (" + std::to_string(newest) +
                                       "); the daemon was probably restarted: take since=0 for all it has"});
  StreamPlan plan;
  plan.compat = query.compat;
  plan.aggregate_ns = query.aggregate_ns;
  if (!query.follow) plan.until = newest;
  if (query.since)
    plan.from = *query.since + 1;
  else if (query.last)
    plan.from = start_of_last(*query.last, filter, hub, newest);
  else if (query.follow)
    plan.from = newest + 1;
  return plan;
}

bool stream_events(const StreamPlan& plan, const EventFilter& filter, const StreamHub& hub,
                   const std::string& node_name, StreamWriter& out, HttpCounters& counters, const StopSignal& stop) {
  const bool follow = !plan.until.has_value();
  const auto is_over = [&](std::uint64_t next) { return !follow && next > *plan.until; };
  Groups groups(plan, out, counters);
  for (std::uint64_t next = plan.from; !is_over(next);) {
    const bool wait = follow && !stop.requested();
    const HubRead got = hub.read(next, kBatch, wait ? groups.patience() : std::chrono::milliseconds(0));
    if (got.events.empty()) {
      if (!wait || got.closed) break;
      if (!groups.send_ended() || out.client_gone()) return false;
      continue;
    }
    Pieces pieces;
    Event gap;
    if (got.missed > 0) {
      std::uint64_t last_missed = got.events.front()->seq - 1;
      if (is_over(last_missed)) last_missed = *plan.until;  // what was wanted has left the memory altogether
      gap = make_gap(next, last_missed, hub, node_name);
      pieces.add(gap, plan.compat);
    }
    for (const auto& event : got.events) {
      if (is_over(event->seq)) break;
      if (filter.matches(*event) && !groups.take(event)) pieces.add(*event, plan.compat);
    }
    if (!groups.send_ended() || !out.write_chunk(pieces.span(), plan.chunked)) return false;
    counters.lines += pieces.lines();
    if (got.missed > 0) {
      ++counters.slow_client_gaps;
      counters.slow_client_missed += gap.lost;
    }
    // A filter that matches nothing writes nothing, so a busy stream has to look for itself.
    if (pieces.lines() == 0 && out.client_gone()) return false;
    if (stop.overdue()) break;
    next = got.next;
  }
  return groups.send_all() && (!plan.chunked || out.write("0\r\n\r\n"));
}

}  // namespace burin
