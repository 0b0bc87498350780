// Recordings made by hand: what a replay makes of them, and where it says no.
#include "control/replay.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "control/event_maker.h"
#include "control/noting_surroundings.h"
#include "event/process_table.h"

using namespace burin;

namespace {

/// A machine that answers what the test wants.
class MadeUp : public Surroundings {
 public:
  bool scan(std::uint32_t tgid, SeedProcess& out) override {
    if (tgid != 50) return false;
    out = {};
    out.tgid = tgid;
    out.exec_ktime = 5;
    out.binary = "/bin/found";
    return true;
  }
  bool exists(std::uint32_t) override { return false; }
  void remember(std::uint32_t, std::uint64_t) override {}
  void name_kernel(std::vector<StackFrame>& frames) override { frames.front().symbol = "do_it"; }
  void name_user(std::uint32_t, std::uint64_t, std::vector<StackFrame>& frames) override {
    frames.front().module = "/bin/x";
  }
  bool perform(const NetworkAction&) override { return false; }
  bool hides(const Event& event) override { return event.process && event.process->pid == hidden; }
  std::uint32_t hidden = 0;
};

RecordFrame exit_of(std::uint32_t tgid, std::uint64_t ktime) {
  wire::Exit exit;
  exit.head.hook = kHookExit;
  exit.head.size = sizeof exit;
  exit.head.tgid = exit.head.tid = tgid;
  exit.head.ktime = ktime;
  exit.head.ppid = 51;
  std::memcpy(exit.head.comm, "gone", 4);
  RecordFrame out{1, std::vector<std::byte>(sizeof exit)};
  std::memcpy(out.bytes.data(), &exit, sizeof exit);
  return out;
}

/// A hook with one int and both stacks.
HookInfo stack_hook() {
  HookInfo h;
  h.id = kFirstPolicyHook;
  h.policy = "p";
  h.function = "f";
  h.rung = "kprobe";
  h.record.hook = h.id;
  h.args = {
      {"int32", "", h.record.add("a0", "u32", 4, 4), static_cast<std::size_t>(-1), static_cast<std::size_t>(-1), "0"}};
  h.kernel_stack = h.record.add("ks", "struct burin_wvar", 4, 4);
  h.user_stack = h.record.add("us", "struct burin_wvar", 4, 4);
  h.record.size = (h.record.size + 7) / 8 * 8;
  h.network = {{{ActionKind::GetUrl, "http://x/"}}};
  return h;
}

RecordFrame stack_record(const HookInfo& hook) {
  const std::uint64_t address = 0xffffffff81000010;
  wire::Head head;
  head.hook = hook.id;
  head.size = hook.record.size + sizeof address;
  head.tgid = head.tid = 50;
  head.ktime = 1000;
  RecordFrame out{0, std::vector<std::byte>(head.size)};
  const wire::wvar stack{static_cast<std::uint16_t>(hook.record.size), sizeof address};
  const std::int32_t value = -3;
  std::memcpy(out.bytes.data(), &head, sizeof head);
  std::memcpy(out.bytes.data() + hook.record.fields[0].offset, &value, sizeof value);
  std::memcpy(out.bytes.data() + hook.record.fields[hook.kernel_stack].offset, &stack, sizeof stack);
  std::memcpy(out.bytes.data() + hook.record.fields[hook.user_stack].offset, &stack, sizeof stack);
  std::memcpy(out.bytes.data() + hook.record.size, &address, sizeof address);
  return out;
}

/// Records what a live run would, with the events beside it.
struct Run {
  std::string path;
  std::string live;  ///< the lines

  explicit Run(std::uint32_t hidden = 0) {
    char name[] = "/tmp/burin-replay.XXXXXX";
    ::close(::mkstemp(name));
    path = name;
    auto opened = Recorder::open(path);
    REQUIRE(opened);
    Recorder& recorder = **opened;
    REQUIRE(recorder.begin({"t", "node", "boot", "6.1", record_identity(), true}));
    MadeUp machine;
    machine.hidden = hidden;
    NotingSurroundings world(machine, recorder);
    const WallClock::Offsets clock{1'700'000'000'000'000'000, 1'600'000'000'000'000'000};
    recorder.write(ClockFrame{clock});
    EventMaker maker("node", clock, world, true);
    const auto step = [&](const Frame& frame, const auto& input) {
      recorder.write(frame);
      input();
      for (const auto& event : maker.take()) live += event->line;
      REQUIRE(recorder.flush());
    };
    if (hidden != 0) step(HidingFrame{true}, [&] { maker.set_hiding(true); });
    SeedProcess init;
    init.tgid = 1;
    init.exec_ktime = 1;
    init.start_boot = 77;
    init.binary = "/sbin/init";
    recorder.write(SeedFrame{init});
    step(SeedsEndFrame{}, [&] { maker.seed({init}); });
    const HookInfo hook = stack_hook();
    step(HookFrame{hook, types_identity(hook)},
         [&] { REQUIRE(maker.add_hook(std::make_shared<const HookInfo>(hook))); });
    const RecordFrame with_stack = stack_record(hook);
    step(with_stack, [&] { CHECK(maker.record(0, with_stack.bytes) == DecodeStatus::Event); });
    step(ClockFrame{{1'700'000'000'000'000'005, 9}}, [&] { maker.set_clock({1'700'000'000'000'000'005, 9}); });
    const RecordFrame unknown = exit_of(60, 2000);
    step(unknown, [&] { CHECK(maker.record(1, unknown.bytes) == DecodeStatus::Event); });
    const RecordFrame broken{0, std::vector<std::byte>(5)};
    recorder.write(broken);
    CHECK(maker.record(0, broken.bytes) == DecodeStatus::Malformed);
    const GapFrame gap{LossReason::Malformed, 0, 1, 3000};
    step(gap, [&] { maker.gap(gap.reason, gap.cpu, gap.count, gap.mono_ns); });
    step(EndFrame{maker.made()}, [] {});
  }
  ~Run() { std::filesystem::remove(path); }
};

struct Replayed {
  std::string lines, error, incomplete;
};

Replayed replayed(const std::string& path) {
  Replayed out;
  const auto done = replay(path, [&out](const Event& event) {
    out.lines += event.line;
    return true;
  });
  if (done)
    out.incomplete = done->incomplete;
  else
    out.error = done.error().text();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A recording of these frames.
std::string recording(const std::vector<Frame>& frames) {
  char name[] = "/tmp/burin-replay.XXXXXX";
  ::close(::mkstemp(name));
  auto recorder = Recorder::open(name);
  REQUIRE(recorder);
  REQUIRE((*recorder)->begin(std::get<HeadFrame>(frames.front())));
  for (std::size_t i = 1; i < frames.size(); ++i) (*recorder)->write(frames[i]);
  REQUIRE((*recorder)->flush());
  return name;
}

std::string error_of(const std::vector<Frame>& frames) {
  const std::string path = recording(frames);
  const std::string out = replayed(path).error;
  std::filesystem::remove(path);
  return out;
}

const HeadFrame kHead{"t", "node", "boot", "6.1", record_identity(), false};

}  // namespace

TEST_CASE("a replay makes the very bytes of the run") {
  const Run run;
  const Replayed out = replayed(run.path);
  CHECK(out.error.empty());
  CHECK(out.incomplete.empty());
  CHECK(out.lines == run.live);
  CHECK(has(out.lines, "/bin/found"));  // read from /proc
  CHECK(has(out.lines, "do_it"));       // a symbol
  CHECK(has(out.lines, "\"action_off\":true"));
  CHECK(has(out.lines, "\"malformed\""));
}

TEST_CASE("what the run hid stays hidden") {
  const Run run(50);
  const Replayed out = replayed(run.path);
  CHECK(out.error.empty());
  CHECK(out.lines == run.live);
  CHECK_FALSE(has(out.lines, "process_kprobe"));
}

TEST_CASE("cut off anywhere: a beginning of the run's lines, and the reason") {
  for (const std::uint32_t hidden : {0U, 50U}) {
    const Run run(hidden);
    const auto size = std::filesystem::file_size(run.path);
    for (std::uintmax_t n = size; n-- > 12;) {
      std::filesystem::resize_file(run.path, n);
      const Replayed out = replayed(run.path);
      INFO(n << " of " << size << " bytes");
      CHECK(out.error.empty());
      CHECK_FALSE(out.incomplete.empty());
      CHECK(run.live.starts_with(out.lines));
    }
  }
}

TEST_CASE("a recording of other records is refused") {
  HeadFrame other = kHead;
  other.records ^= 1;
  CHECK(has(error_of({other, ClockFrame{}, EndFrame{}}), "look different"));
  const HookInfo hook = stack_hook();
  CHECK(has(error_of({kHead, ClockFrame{}, HookFrame{hook, types_identity(hook) ^ 1}}),
            "the arguments of f look different"));
  CHECK(types_identity(hook) != types_identity(HookInfo()));
}

TEST_CASE("questions and answers that do not meet are an error, not a guess") {
  const RecordFrame record = exit_of(60, 2000);
  // /proc is asked for 60 and for its parent 51.
  CHECK(has(error_of({kHead, ClockFrame{}, record, ClockFrame{}}),
            "needs process 60 of /proc here, and the recording has a clock sample"));
  CHECK(has(error_of({kHead, ClockFrame{}, record, ScanFrame{61, false, {}}, EndFrame{}}), "another answer"));
  CHECK(has(error_of({kHead, ClockFrame{}, ExistsFrame{1, true}}), "does not ask for"));
  CHECK(has(error_of({kHead, ClockFrame{}, kHead}), "does not ask for"));
  CHECK(has(error_of({kHead, SeedsEndFrame{}}), "needs a clock sample here"));
  CHECK(has(error_of({kHead, ClockFrame{}, RecordFrame{0, {}}, ClockFrame{}}), "needs a record that can be decoded"));
  CHECK(has(error_of({kHead, ClockFrame{}, EndFrame{3}}), "the run had 3 events"));
  CHECK(
      error_of({kHead, ClockFrame{}, record, ScanFrame{60, false, {}}, ScanFrame{51, false, {}}, EndFrame{1}}).empty());
}

TEST_CASE("whoever has seen enough ends the replay") {
  const Run run;
  int seen = 0;
  const auto done = replay(run.path, [&seen](const Event&) { return ++seen < 2; });
  REQUIRE(done);
  CHECK(seen == 2);
  CHECK(done->events == 2);
  CHECK(done->incomplete.empty());
}
