// This machine's answers, each noted in a recording before it is used.
#pragma once
#include "control/surroundings.h"
#include "recording/recorder.h"

namespace burin {

class NotingSurroundings : public Surroundings {
 public:
  /// Both are borrowed.
  NotingSurroundings(Surroundings& world, Recorder& recorder) : world_(world), recorder_(recorder) {}

  bool scan(std::uint32_t tgid, SeedProcess& out) override {
    const bool found = world_.scan(tgid, out);
    recorder_.write(ScanFrame{tgid, found, found ? out : SeedProcess()});
    return found;
  }
  bool exists(std::uint32_t tgid) override {
    const bool there = world_.exists(tgid);
    recorder_.write(ExistsFrame{tgid, there});
    return there;
  }
  void remember(std::uint32_t pid, std::uint64_t exec_ktime) override { world_.remember(pid, exec_ktime); }
  void name_kernel(std::vector<StackFrame>& frames) override {
    world_.name_kernel(frames);
    recorder_.write(StackFrames{false, frames});
  }
  void name_user(std::uint32_t pid, std::uint64_t exec_ktime, std::vector<StackFrame>& frames) override {
    world_.name_user(pid, exec_ktime, frames);
    recorder_.write(StackFrames{true, frames});
  }
  bool perform(const NetworkAction& action) override {
    const bool performed = world_.perform(action);
    recorder_.write(PerformFrame{performed});
    return performed;
  }
  bool hides(const Event& event) override {
    const bool hidden = world_.hides(event);
    recorder_.write(HiddenFrame{hidden});
    return hidden;
  }

 private:
  Surroundings& world_;
  Recorder& recorder_;
};

}  // namespace burin
