#include "event/exec_gate.h"

#include <cstring>

#include "model/record.h"

namespace burin {
namespace {
/// An exec maps the program, its interpreter and nothing else; more than this is not one.
constexpr std::size_t kMostHeld = 64;
/// Processes that may be in an exec at once. When exec records are lost, the gate must not grow without end.
constexpr std::size_t kMostWaiting = 65536;
}  // namespace

void ExecGate::open(std::uint32_t tgid, const Release& release) {
  const auto found = waiting_.find(tgid);
  if (found == waiting_.end()) return;
  const Waiting done = std::move(found->second);
  waiting_.erase(found);
  for (const Record& r : done.records) release(r.cpu, r.bytes);
}

void ExecGate::pass(std::uint32_t cpu, std::span<const std::byte> bytes, const Release& release) {
  wire::Head head;
  if (bytes.size() < sizeof head) return release(cpu, bytes);  // the decoder counts it
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.hook == kHookImage) {
    open(head.tgid, release);
    if (waiting_.size() >= kMostWaiting) return;
    waiting_[head.tgid].since = head.ktime;
    return;
  }
  if (waiting_.empty()) return release(cpu, bytes);
  if (head.hook == kHookLoad) {
    const auto found = waiting_.find(head.tgid);
    if (found == waiting_.end()) return release(cpu, bytes);
    found->second.records.push_back({cpu, {bytes.begin(), bytes.end()}});
    if (found->second.records.size() >= kMostHeld) open(head.tgid, release);
    return;
  }
  if (head.hook == kHookExit) open(head.tgid, release);  // before it: the image ends with it
  release(cpu, bytes);
  if (head.hook == kHookExec) open(head.tgid, release);
}

void ExecGate::expire(std::uint64_t before, const Release& release) {
  std::vector<std::uint32_t> old;
  for (const auto& [tgid, waiting] : waiting_)
    if (waiting.since < before) old.push_back(tgid);
  for (const std::uint32_t tgid : old) open(tgid, release);
}

void ExecGate::flush(const Release& release) {
  expire(UINT64_MAX, release);
}

}  // namespace burin
