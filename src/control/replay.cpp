// Strict on purpose: a question that the recording does not answer at its place means that this burin decodes in
// another way than the recorder did, and its events would be made up.
#include "control/replay.h"

#include <memory>
#include <optional>
#include <utility>

#include "control/event_maker.h"
#include "recording/recording_reader.h"

namespace burin {
namespace {

/// Takes frames from the reader, one of them in advance when somebody wants to see what comes.
class Playback {
 public:
  explicit Playback(RecordingReader reader) : reader_(std::move(reader)) {}

  Result<std::optional<Frame>> next() {
    TRY_OK(look());
    return std::exchange(ahead_, std::nullopt);
  }
  /// The next frame if it is a T.
  template <class T>
  Result<std::optional<T>> next_if() {
    TRY_OK(look());
    if (!ahead_ || !std::holds_alternative<T>(*ahead_)) return std::nullopt;
    std::optional<Frame> frame = std::exchange(ahead_, std::nullopt);
    return std::get<T>(std::move(*frame));
  }
  /// Error{Unsupported} that names the place and what is there.
  Error misfit(const std::string& wanted) const {
    std::string text = reader_.place() + ": this burin needs " + wanted + " here, and the recording has " +
                       (ahead_ ? std::string(name_of(*ahead_)) : "nothing more");
    return {ErrorCode::Unsupported, std::move(text), {}, std::nullopt, {}};
  }
  bool at_end() const { return !ahead_; }
  const RecordingReader& reader() const { return reader_; }

 private:
  Result<> look() {
    if (ahead_) return Ok{};
    TRY(ahead_, reader_.next());
    return Ok{};
  }

  RecordingReader reader_;
  std::optional<Frame> ahead_;
};

/// Answers from the recording. The first question without its answer is kept as the error; what follows is answered
/// with nothing, and thrown away by the caller.
class ReplayedSurroundings : public Surroundings {
 public:
  explicit ReplayedSurroundings(Playback& playback) : playback_(playback) {}

  /// What went wrong since the beginning; nothing else of the event that was being made is true then.
  const std::optional<Error>& error() const { return error_; }
  /// The recording ended where an answer was needed: the run was cut off there.
  bool ended() const { return ended_; }

  bool scan(std::uint32_t tgid, SeedProcess& out) override {
    auto answer = take<ScanFrame>("process " + std::to_string(tgid) + " of /proc");
    if (!answer) return false;
    if (answer->tgid != tgid) return misfit("process " + std::to_string(tgid) + " of /proc");
    if (answer->found) out = std::move(answer->process);
    return answer->found;
  }
  bool exists(std::uint32_t tgid) override {
    const auto answer = take<ExistsFrame>("whether process " + std::to_string(tgid) + " exists");
    if (!answer) return false;
    if (answer->tgid != tgid) return misfit("whether process " + std::to_string(tgid) + " exists");
    return answer->there;
  }
  void remember(std::uint32_t, std::uint64_t) override {}
  void name_kernel(std::vector<StackFrame>& frames) override { name(false, frames); }
  void name_user(std::uint32_t, std::uint64_t, std::vector<StackFrame>& frames) override { name(true, frames); }
  bool perform(const NetworkAction&) override {
    const auto answer = take<PerformFrame>("the outcome of a network action");
    return answer && answer->performed;
  }
  bool hides(const Event&) override {
    const auto answer = take<HiddenFrame>("whether an event was hidden");
    return !answer || answer->hidden;
  }

 private:
  template <class T>
  std::optional<T> take(const std::string& what) {
    if (error_ || ended_) return std::nullopt;
    auto answer = playback_.next_if<T>();
    if (!answer)
      error_ = std::move(answer.error());
    else if (*answer)
      return std::move(*answer);
    else if (playback_.at_end())
      ended_ = true;
    else
      error_ = playback_.misfit(what);
    return std::nullopt;
  }
  bool misfit(const std::string& what) {
    if (!error_) error_ = {ErrorCode::Unsupported, playback_.reader().place() + ": another answer than to " + what};
    return false;
  }
  void name(bool user, std::vector<StackFrame>& frames) {
    const std::string what = user ? "the names of a user stack" : "the names of a kernel stack";
    auto answer = take<StackFrames>(what);
    if (!answer) return;
    if (answer->user != user || answer->frames.size() != frames.size()) {
      misfit(what);
      return;
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      answer->frames[i].address = frames[i].address;
      frames[i] = std::move(answer->frames[i]);
    }
  }

  Playback& playback_;
  std::optional<Error> error_;
  bool ended_ = false;
};

/// The replay from the third frame on: inputs go to the EventMaker, which takes the answers that it needs.
class Replay {
 public:
  Replay(Playback& playback, const HeadFrame& head, WallClock::Offsets clock)
      : playback_(playback), world_(playback), maker_(head.node_name, clock, world_, head.expose_addresses) {}

  /// False when the replay is over.
  Result<bool> step(const std::function<bool(const Event&)>& on_event, ReplayReport& report) {
    TRY(const std::optional<Frame> frame, playback_.next());
    if (!frame) return false;
    const std::string place = playback_.reader().place();
    report.records += std::holds_alternative<RecordFrame>(*frame);
    TRY_OK(std::visit([this](const auto& input) { return take(input); }, *frame));
    if (world_.error()) return tl::unexpected(*world_.error());
    if (world_.ended()) return false;  // in the middle of an event: what was made of it is not what the run made
    for (const EventPtr& event : maker_.take()) {
      ++report.events;
      if (!on_event(*event)) {
        stopped_ = true;
        return false;
      }
    }
    return true;
  }
  bool stopped() const { return stopped_; }
  bool ended_in_order() const { return ended_in_order_; }

 private:
  Result<> take(const ClockFrame& f) {
    maker_.set_clock(f.offsets);
    return Ok{};
  }
  Result<> take(const HidingFrame& f) {
    maker_.set_hiding(f.on);
    return Ok{};
  }
  Result<> take(const SeedFrame& f) {
    seeds_.push_back(f.process);
    return Ok{};
  }
  Result<> take(const SeedsEndFrame&) {
    maker_.seed(std::exchange(seeds_, {}));
    return Ok{};
  }
  Result<> take(const HookFrame& f) {
    if (f.types != types_identity(f.hook))
      return fail(ErrorCode::Unsupported, playback_.reader().place() + ": the arguments of " + f.hook.function +
                                              f.hook.event + " look different in this burin's records");
    // A hook that the run could not decode either: each of its records is followed by a gap.
    (void)maker_.add_hook(std::make_shared<const HookInfo>(f.hook));
    return Ok{};
  }
  Result<> take(const RecordFrame& f) {
    const DecodeStatus status = maker_.record(f.cpu, f.bytes);
    if (status == DecodeStatus::Event || status == DecodeStatus::Silent || world_.error() || world_.ended())
      return Ok{};
    // The run could not decode it either, and said so.
    TRY(const auto gap, playback_.next_if<GapFrame>());
    if (gap && gap->reason == LossReason::Malformed) return take(*gap);
    if (!gap && playback_.at_end()) return Ok{};
    return tl::unexpected(playback_.misfit("a record that can be decoded"));
  }
  Result<> take(const GapFrame& f) {
    maker_.gap(f.reason, f.cpu, f.count, f.mono_ns);
    return Ok{};
  }
  Result<> take(const EndFrame& f) {
    ended_in_order_ = true;
    if (f.events == maker_.made()) return Ok{};
    return fail(ErrorCode::Unsupported, "the run had " + std::to_string(f.events) + " events, and this burin makes " +
                                            std::to_string(maker_.made()) + " of its recording");
  }
  /// The head, and answers that nobody asked for.
  template <class Other>
  Result<> take(const Other& f) {
    return fail(ErrorCode::Unsupported, playback_.reader().place() + ": " + std::string(name_of(Frame(f))) +
                                            " that this burin does not ask for");
  }

  Playback& playback_;
  ReplayedSurroundings world_;
  EventMaker maker_;
  std::vector<SeedProcess> seeds_;
  bool stopped_ = false, ended_in_order_ = false;
};

std::string what_is_missing(const RecordingReader& reader) {
  if (reader.cut_off() != 0)
    return "it ends in the middle of a frame (" + reader.place() + ", " + std::to_string(reader.cut_off()) +
           " bytes of it are there)";
  return "it has no end (" + reader.place() + "): the run was killed, or could not write on";
}

}  // namespace

Result<ReplayReport> replay(const std::filesystem::path& path, const std::function<bool(const Event&)>& on_event) {
  TRY(RecordingReader reader, RecordingReader::open(path));
  Playback playback(std::move(reader));
  ReplayReport report;
  TRY(auto head, playback.next_if<HeadFrame>());
  if (!head && !playback.at_end()) return tl::unexpected(playback.misfit("the head"));
  if (head) report.head = std::move(*head);
  if (head && report.head.records != record_identity())
    return fail(ErrorCode::Unsupported, path.string() + " was recorded by burin " + report.head.burin +
                                            ", whose records look different from this burin's");
  TRY(const auto clock, playback.next_if<ClockFrame>());
  if (head && !clock && !playback.at_end()) return tl::unexpected(playback.misfit("a clock sample"));
  if (head && clock) {
    Replay run(playback, report.head, clock->offsets);
    for (bool more = true; more;) {
      TRY(more, run.step(on_event, report));
    }
    if (run.stopped() || run.ended_in_order()) return report;
  }
  report.incomplete = what_is_missing(playback.reader());
  return report;
}

}  // namespace burin
