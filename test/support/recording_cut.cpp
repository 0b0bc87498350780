// recording_cut IN OUT PID...: a recording with the records of these processes and their descendants only, for
// test/replay. What was there before burin is kept as far as these processes descend from it, under other names: a test
// case tells nothing of the machine that it was made on.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "recording/recorder.h"
#include "recording/recording_reader.h"

using namespace burin;

namespace {

template <class T>
std::optional<T> fixed(const RecordFrame& record) {
  T out;
  if (record.bytes.size() < sizeof out) return std::nullopt;
  std::memcpy(&out, record.bytes.data(), sizeof out);
  return out;
}

bool is_answer(const Frame& frame) {
  return std::holds_alternative<ScanFrame>(frame) || std::holds_alternative<ExistsFrame>(frame) ||
         std::holds_alternative<StackFrames>(frame) || std::holds_alternative<PerformFrame>(frame) ||
         std::holds_alternative<HiddenFrame>(frame);
}

class Cut {
 public:
  Cut(Recorder& out, std::set<std::uint32_t> wanted) : out_(out), wanted_(std::move(wanted)) {}

  void take(Frame frame) {
    if (is_answer(frame)) {
      if (keeping_) out_.write(frame);
      return;
    }
    if (auto* seed = std::get_if<SeedFrame>(&frame)) {
      seeds_[seed->process.tgid] = seed->process;
      return;
    }
    if (std::holds_alternative<SeedsEndFrame>(frame)) write_seeds();
    if (const auto* record = std::get_if<RecordFrame>(&frame)) keeping_ = wants(*record);
    // The number of events is another now; the hiding is that of the self-test, whose records go.
    const bool dropped = std::holds_alternative<EndFrame>(frame) || std::holds_alternative<HidingFrame>(frame) ||
                         (std::holds_alternative<RecordFrame>(frame) && !keeping_);
    if (!dropped) out_.write(frame);
  }

 private:
  bool wants(const RecordFrame& record) {
    const auto head = fixed<wire::Head>(record);
    if (!head) return false;
    if (head->hook != kHookClone) return wanted_.contains(head->tgid);
    const auto clone = fixed<wire::Clone>(record);
    if (!clone) return false;
    if (wanted_.contains(head->tgid)) wanted_.insert(clone->child_tgid);
    return wanted_.contains(clone->child_tgid);
  }

  /// The creator of the wanted processes is the caller of this program's caller: named by the last of the pids.
  void write_seeds() {
    std::set<std::uint32_t> kept;
    for (const std::uint32_t pid : wanted_)
      for (std::uint32_t at = pid; seeds_.contains(at) && kept.insert(at).second;) at = seeds_[at].ppid;
    for (auto& [pid, process] : seeds_) {
      if (!kept.contains(pid)) continue;
      process.comm = pid == 1 ? "init" : "launcher";
      process.binary = pid == 1 ? "/sbin/init" : "/usr/bin/launcher";
      process.argv = {process.comm};
      process.cwd = "/";
      out_.write(SeedFrame{process});
    }
    // From now on only what these make is wanted, not what else their ancestors do.
    std::erase_if(wanted_, [this](std::uint32_t pid) { return seeds_.contains(pid); });
  }

  Recorder& out_;
  std::set<std::uint32_t> wanted_;
  std::map<std::uint32_t, SeedProcess> seeds_;
  bool keeping_ = true;
};

int failed(const Error& error) {
  std::fprintf(stderr, "recording_cut: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: recording_cut IN OUT PID...\n"), 2;
  auto in = RecordingReader::open(argv[1]);
  if (!in) return failed(in.error());
  auto out = Recorder::open(argv[2]);
  if (!out) return failed(out.error());
  std::set<std::uint32_t> wanted;
  for (int i = 3; i < argc; ++i) wanted.insert(static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)));
  Cut cut(**out, wanted);
  while (true) {
    auto frame = in->next();
    if (!frame) return failed(frame.error());
    if (!*frame) break;
    if (auto* head = std::get_if<HeadFrame>(&**frame)) {
      head->boot_id = "00000000-0000-0000-0000-000000000000";
      head->release = "test";
      if (auto begun = (*out)->begin(*head); !begun) return failed(begun.error());
    } else {
      cut.take(std::move(**frame));
    }
  }
  if (auto flushed = (*out)->flush(); !flushed) return failed(flushed.error());
  return 0;
}
