// Sorting beats merging here: a batch is a few hundred small items, mostly in order, and a sort does not care how many
// CPUs there are.
#include "event/reorder.h"

#include <algorithm>
#include <cstring>

#include "model/record.h"

namespace burin {
namespace {
/// Record starts are kept on this boundary, as in the ring.
constexpr std::size_t kAlign = 8;

/// False when the record is too short to hold a stamp.
bool read_stamp(std::span<const std::byte> bytes, std::uint64_t& out) {
  if (bytes.size() < sizeof(wire::Head)) return false;
  std::memcpy(&out, bytes.data() + offsetof(wire::Head, ktime), sizeof out);
  return true;
}
}  // namespace

void ReorderWindow::push(std::span<const Record> batch, std::uint64_t complete_until, const Release& release) {
  items_.clear();
  items_.reserve(held_.size() + batch.size());
  for (const Held& h : held_) items_.push_back({h.ktime, items_.size(), h.cpu, {bytes_.data() + h.offset, h.size}});
  for (const Record& r : batch) {
    Item item{0, items_.size(), r.cpu, r.bytes};
    if (!read_stamp(r.bytes, item.ktime)) {
      release(r.cpu, r.bytes);
      continue;
    }
    if (item.ktime < released_until_) ++late_;
    items_.push_back(item);
  }
  const auto earlier = [](const Item& a, const Item& b) {
    return a.ktime != b.ktime ? a.ktime < b.ktime : a.seq < b.seq;
  };
  if (!std::is_sorted(items_.begin(), items_.end(), earlier)) std::sort(items_.begin(), items_.end(), earlier);

  // released_until_ matters only if complete_until ever goes back: what is late then must not be held.
  const std::uint64_t until = std::max(complete_until, released_until_);
  std::size_t n = 0;
  while (n < items_.size() && items_[n].ktime < until) {
    release(items_[n].cpu, items_[n].bytes);
    ++n;
  }
  if (n > 0) released_until_ = std::max(released_until_, items_[n - 1].ktime);
  keep(std::span<const Item>(items_).subspan(n));
}

void ReorderWindow::keep(std::span<const Item> items) {
  held_.clear();
  spare_.clear();
  for (const Item& item : items) {
    const std::size_t offset = spare_.size();
    spare_.resize((offset + item.bytes.size() + kAlign - 1) / kAlign * kAlign);
    std::memcpy(spare_.data() + offset, item.bytes.data(), item.bytes.size());
    held_.push_back({item.ktime, offset, item.bytes.size(), item.cpu});
  }
  bytes_.swap(spare_);
}

void ReorderWindow::flush(const Release& release) {
  for (const Held& h : held_) {
    release(h.cpu, {bytes_.data() + h.offset, h.size});
    released_until_ = std::max(released_until_, h.ktime);
  }
  held_.clear();
  bytes_.clear();
}

}  // namespace burin
