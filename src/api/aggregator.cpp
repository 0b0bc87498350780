// Works on the lines rather than on the values: whatever the line shows is compared, also of argument types to come. It
// costs a parse an event, for the clients that ask for it only.
#include "api/aggregator.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace burin {
namespace {

using Json = nlohmann::json;

bool is_aggregated(EventKind kind) {
  switch (kind) {
    case EventKind::Kprobe:
    case EventKind::Tracepoint:
    case EventKind::Uprobe:
    case EventKind::Usdt:
    case EventKind::Lsm: return true;
    case EventKind::Exec:
    case EventKind::Exit:
    case EventKind::Loader:
    case EventKind::Gap: return false;
  }
  return false;
}

bool is_ephemeral(const Json& tuple, const char* port, EphemeralPorts range) {
  const auto it = tuple.find(port);
  return it != tuple.end() && it->is_number_unsigned() && it->get<std::uint64_t>() >= range.first &&
         it->get<std::uint64_t>() <= range.last;
}

void erase_ephemeral(Json& tuple, EphemeralPorts range) {
  if (is_ephemeral(tuple, "sport", range))
    tuple.erase("sport");
  else if (is_ephemeral(tuple, "dport", range))
    tuple.erase("dport");
}

void erase_what_differs(Json& arg, EphemeralPorts range) {
  if (const auto sock = arg.find("sock_arg"); sock != arg.end()) {
    sock->erase("cookie");
    erase_ephemeral(*sock, range);
  }
  if (const auto skb = arg.find("skb_arg"); skb != arg.end()) {
    skb->erase("hash");
    skb->erase("len");
    erase_ephemeral(*skb, range);
  }
}

void append_line(std::string& out, const Event& first, const Event& last, std::uint64_t count, bool compat) {
  out.append(first.line, 0, first.burin_at);
  out += fmt::format(",\"aggregation_info\":{{\"count\":\"{}\"}}", count);
  if (compat) {
    out += "}\n";
    return;
  }
  constexpr std::string_view kEnd = "}}\n";  // of the burin object and the line
  out.append(first.line, first.burin_at, first.line.size() - first.burin_at - kEnd.size());
  out += fmt::format(",\"aggregate\":{{\"last_seq\":{},\"last_mono_ns\":\"{}\"}}", last.seq, last.mono_ns);
  out += kEnd;
}

}  // namespace

EphemeralPorts ephemeral_ports() {
  EphemeralPorts ports;
  std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
  unsigned first = 0, last = 0;
  if (in >> first >> last && first <= last && last <= 65535)
    ports = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
  return ports;
}

std::string aggregation_key(const Event& event, EphemeralPorts ephemeral) {
  if (!is_aggregated(event.kind)) return {};
  Json line = Json::parse(event.line.substr(0, event.burin_at) + "}", nullptr, false);
  if (!line.is_object()) return {};
  line.erase("time");
  for (auto& [kind, body] : line.items()) {
    if (!body.is_object()) continue;
    if (const auto process = body.find("process"); process != body.end()) process->erase("tid");
    body.erase("kernel_stack_trace");
    body.erase("user_stack_trace");
    if (const auto args = body.find("args"); args != body.end())
      for (auto& arg : *args) erase_what_differs(arg, ephemeral);
    if (const auto returned = body.find("return"); returned != body.end()) erase_what_differs(*returned, ephemeral);
  }
  return line.dump();
}

Aggregator::Aggregator(std::uint64_t window_ns, EphemeralPorts ephemeral, std::size_t max_groups)
    : window_ns_(window_ns), ephemeral_(ephemeral), max_groups_(max_groups) {}

bool Aggregator::take(const EventPtr& event, bool compat, std::string& out) {
  end_before(event->mono_ns, compat, out);
  std::string key = aggregation_key(*event, ephemeral_);
  if (key.empty()) return false;
  if (const auto it = by_key_.find(key); it != by_key_.end()) {
    ++it->second->count;
    it->second->last = event;
    return true;
  }
  if (groups_.size() == max_groups_) end_oldest(compat, out);
  groups_.push_back({std::move(key), event, event});
  by_key_.emplace(groups_.back().key, std::prev(groups_.end()));
  return true;
}

void Aggregator::end_before(std::uint64_t mono_ns, bool compat, std::string& out) {
  while (!groups_.empty() && groups_.front().first->mono_ns + window_ns_ < mono_ns) end_oldest(compat, out);
}

void Aggregator::end_all(bool compat, std::string& out) {
  while (!groups_.empty()) end_oldest(compat, out);
}

void Aggregator::end_oldest(bool compat, std::string& out) {
  const Group& group = groups_.front();
  append_line(out, *group.first, *group.last, group.count, compat);
  ++lines_;
  by_key_.erase(group.key);
  groups_.pop_front();
}

}  // namespace burin
