// What the event path asks of the machine besides the records: an argument, so that a recording can note the answers
// and a replay can give them again.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "event/proc_view.h"
#include "model/event.h"
#include "outreach/outreach.h"
#include "symbols/symbolizer.h"

namespace burin {

/// Belongs to the pipeline's thread.
class Surroundings : public ProcView {
 public:
  /// A record that names a user stack has arrived; it is decoded later, when its process may be gone.
  virtual void remember(std::uint32_t pid, std::uint64_t exec_ktime) = 0;
  /// Fill in symbol, module and offset of the frames, of which there is at least one.
  virtual void name_kernel(std::vector<StackFrame>& frames) = 0;
  virtual void name_user(std::uint32_t pid, std::uint64_t exec_ktime, std::vector<StackFrame>& frames) = 0;
  /// Begins an action of user space; false when it is not performed.
  virtual bool perform(const NetworkAction& action) = 0;
  /// True for an event that is somebody's test and not for the stream. Asked only while there may be such events.
  virtual bool hides(const Event& event) = 0;
};

/// This machine.
class HostSurroundings : public Surroundings {
 public:
  /// `outreach` is borrowed; null: no action is performed.
  explicit HostSurroundings(Outreach* outreach) : outreach_(outreach), proc_("/proc"), symbolizer_("/proc") {}
  /// Who decides what hides() says; null: nothing is hidden.
  void set_observer(std::function<bool(const Event&)> observer) { observer_ = std::move(observer); }

  bool scan(std::uint32_t tgid, SeedProcess& out) override { return proc_.scan(tgid, out); }
  bool exists(std::uint32_t tgid) override { return proc_.exists(tgid); }
  void remember(std::uint32_t pid, std::uint64_t exec_ktime) override { symbolizer_.remember(pid, exec_ktime); }
  void name_kernel(std::vector<StackFrame>& frames) override { symbolizer_.name_kernel(frames); }
  void name_user(std::uint32_t pid, std::uint64_t exec_ktime, std::vector<StackFrame>& frames) override {
    symbolizer_.name_user(pid, exec_ktime, frames);
  }
  bool perform(const NetworkAction& action) override { return outreach_ && outreach_->submit(action); }
  bool hides(const Event& event) override { return observer_ && observer_(event); }

 private:
  Outreach* outreach_;
  ProcFolder proc_;
  Symbolizer symbolizer_;
  std::function<bool(const Event&)> observer_;
};

}  // namespace burin
