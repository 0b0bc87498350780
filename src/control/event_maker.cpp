#include "control/event_maker.h"

#include <utility>

#include "event/encode.h"

namespace burin {

EventMaker::EventMaker(std::string node_name, WallClock::Offsets clock, Surroundings& world, bool expose_addresses)
    : node_name_(std::move(node_name)),
      world_(world),
      clock_(clock),
      follow_up_(world, expose_addresses),
      processes_(node_name_, world, clock_),
      decoder_(processes_, clock_) {}

Result<> EventMaker::add_hook(HookInfoPtr hook) {
  follow_up_.add_hook(*hook);
  return decoder_.add_hook(std::move(hook));
}

void EventMaker::seed(const std::vector<SeedProcess>& processes) {
  for (const ProcessPtr& process : processes_.seed(processes)) {
    Event event;
    event.kind = EventKind::Exec;
    event.mono_ns = process->exec_ktime;
    event.wall_ns = process->start_wall_ns;
    event.tid = process->pid;
    event.process = process;
    event.parent = processes_.parent_of(*process);
    publish(std::move(event));
  }
}

DecodeStatus EventMaker::record(std::uint32_t cpu, std::span<const std::byte> bytes) {
  Event event;
  const DecodeStatus status = decoder_.decode(cpu, bytes, event);
  if (status == DecodeStatus::Event) publish(std::move(event));
  return status;
}

void EventMaker::gap(LossReason reason, std::uint32_t cpu, std::uint64_t count, std::uint64_t mono_ns) {
  Event event;
  event.kind = EventKind::Gap;
  event.mono_ns = mono_ns;
  event.wall_ns = clock_.wall_ns(mono_ns);
  event.cpu = cpu;
  event.loss = reason;
  event.lost = count;
  publish(std::move(event));
}

void EventMaker::publish(Event event) {
  if (hiding_ && world_.hides(event)) return;
  if (!follow_up_.finish(event)) return;
  event.seq = next_seq_++;
  encode_event(event, node_name_);
  ready_.push_back(std::make_shared<const Event>(std::move(event)));
}

std::vector<EventPtr> EventMaker::take() {
  return std::exchange(ready_, {});
}

}  // namespace burin
