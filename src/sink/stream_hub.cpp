// The ring behind /v1/events. Events are shared pointers: a read copies pointers under the lock and nothing else, so
// the publisher never waits for a reader's work, and a reader that holds events after they left the ring keeps only its
// own few.
#include "sink/stream_hub.h"

#include <algorithm>
#include <iterator>

namespace burin {

std::size_t hub_cost(const Event& event) {
  return event.line.capacity() + sizeof(Event) + event.args.capacity() * sizeof(Value);
}

void StreamHub::publish(std::vector<EventPtr> events) {
  // Dropped events are destroyed after the lock is gone: freeing strings is the expensive part.
  std::vector<EventPtr> dropped;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    for (auto& event : events) {
      bytes_ += hub_cost(*event);
      newest_ = event->seq;
      ++published_count_;
      events_.push_back(std::move(event));
      while (events_.size() > 1 && (events_.size() > limits_.max_events || bytes_ > limits_.max_bytes)) {
        bytes_ -= hub_cost(*events_.front());
        note_left(*events_.front());
        dropped.push_back(std::move(events_.front()));
        events_.pop_front();
      }
    }
  }
  published_.notify_all();
}

void StreamHub::note_left(const Event& event) {
  if (event.kind != EventKind::Gap) return;
  left_gaps_.push_back({event.seq, (left_gaps_.empty() ? forgotten_lost_ : left_gaps_.back().lost) + event.lost});
  if (left_gaps_.size() <= kLeftGaps) return;
  forgotten_seq_ = left_gaps_.front().seq;
  forgotten_lost_ = left_gaps_.front().lost;
  left_gaps_.pop_front();
}

void StreamHub::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  published_.notify_all();
}

std::uint64_t StreamHub::oldest_seq() const {
  std::lock_guard lock(mutex_);
  return events_.empty() ? 0 : events_.front()->seq;
}

std::uint64_t StreamHub::newest_seq() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

HubStats StreamHub::stats() const {
  std::lock_guard lock(mutex_);
  return {published_count_, events_.size(), bytes_};
}

std::deque<EventPtr>::const_iterator StreamHub::first_from(std::uint64_t seq) const {
  return std::lower_bound(events_.begin(), events_.end(), seq,
                          [](const EventPtr& event, std::uint64_t value) { return event->seq < value; });
}

HubRead StreamHub::read(std::uint64_t from, std::size_t max, std::chrono::milliseconds wait) const {
  HubRead out;
  out.next = from;
  std::unique_lock lock(mutex_);
  // The newest event never leaves the ring, so "newest_ >= from" is the same as "the ring has something for this
  // reader".
  const auto has_some = [&] { return !events_.empty() && newest_ >= from; };
  published_.wait_for(lock, wait, [&] { return closed_ || has_some(); });
  if (!has_some()) {
    out.closed = closed_;
    return out;
  }
  auto it = first_from(from);
  if (from != 0) out.missed = (*it)->seq - from;
  const auto count = std::min<std::size_t>(std::max<std::size_t>(max, 1), static_cast<std::size_t>(events_.end() - it));
  out.events.assign(it, it + static_cast<std::ptrdiff_t>(count));
  out.next = out.events.back()->seq + 1;
  return out;
}

HubLoss StreamHub::loss_between(std::uint64_t first, std::uint64_t last) const {
  std::lock_guard lock(mutex_);
  const auto begin = std::ranges::lower_bound(left_gaps_, first, {}, &LeftGap::seq);
  const auto end = std::ranges::upper_bound(left_gaps_, last, {}, &LeftGap::seq);
  // What all gap lines before this one said.
  const auto lost_before = [&](auto gap) { return gap == left_gaps_.begin() ? forgotten_lost_ : std::prev(gap)->lost; };
  const auto gaps = static_cast<std::uint64_t>(end - begin);
  return {last - first + 1 - gaps + (lost_before(end) - lost_before(begin)), first <= forgotten_seq_};
}

std::vector<EventPtr> StreamHub::read_back(std::uint64_t before, std::size_t max) const {
  std::vector<EventPtr> out;
  std::lock_guard lock(mutex_);
  for (auto it = first_from(before); it != events_.begin() && out.size() < max;) out.push_back(*--it);
  return out;
}

}  // namespace burin
