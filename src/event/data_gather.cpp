#include "event/data_gather.h"

#include <algorithm>
#include <cstring>

namespace burin {

bool DataGatherer::add(std::span<const std::byte> record) {
  wire::Data data;
  if (record.size() < sizeof data) return false;
  std::memcpy(&data, record.data(), sizeof data);
  if (data.length == 0 || data.length > kDataChunk || data.length != record.size() - sizeof data) return false;
  if (data.offset > kDataMax - data.length || data.of < kFirstPolicyHook) return false;
  const std::string_view bytes(reinterpret_cast<const char*>(record.data()) + sizeof data, data.length);

  const Key key{data.of, data.group};
  auto found = by_key_.find(key);
  if (data.offset == 0) {
    if (found != by_key_.end()) {
      ++dropped_;
      drop(found->second);
    }
    values_.push_back({key, {}, false});
    found = by_key_.emplace(key, std::prev(values_.end())).first;
  }
  if (found == by_key_.end()) return true;  // its beginning was lost
  Value& value = *found->second;
  if (value.broken || data.offset != value.bytes.size()) {
    value.broken = true;
    return true;
  }
  value.bytes += bytes;
  held_ += bytes.size();
  make_room();
  return true;
}

std::string DataGatherer::take(HookId hook, std::uint64_t group, std::size_t bytes) {
  const auto found = by_key_.find({hook, group});
  if (found == by_key_.end()) return {};
  std::string out = std::move(found->second->bytes);
  held_ -= out.size();
  found->second->bytes.clear();
  drop(found->second);
  out.resize(std::min(out.size(), bytes));
  return out;
}

void DataGatherer::forget(HookId hook) {
  for (auto value = values_.begin(); value != values_.end();) {
    const auto next = std::next(value);
    if (value->key.first == hook) drop(value);
    value = next;
  }
}

void DataGatherer::drop(Values::iterator value) {
  held_ -= value->bytes.size();
  by_key_.erase(value->key);
  values_.erase(value);
}

void DataGatherer::make_room() {
  while (values_.size() > 1 && (held_ > limits_.max_bytes || values_.size() > limits_.max_values)) {
    ++dropped_;
    drop(values_.begin());
  }
}

}  // namespace burin
