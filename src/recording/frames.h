// What a run consumed, piece by piece: the frames of a raw recording (docs/replay.md) and their bytes.
//
// A recording is an ordered log of two sorts of frames. Inputs are what the pipeline handed to its EventMaker; answers
// are what the machine said when an input made the event path ask. An answer follows the input that it belongs to, so
// a replay that asks the same questions finds each answer where it needs it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/process_table.h"
#include "model/event.h"

namespace burin {

/// First frame: whose recording this is.
struct HeadFrame {
  std::string burin;  ///< version of the recorder
  std::string node_name, boot_id, release;
  std::uint64_t records = 0;  ///< record_identity() of the recorder
  bool expose_addresses = false;
};
/// Input: the clock was sampled. The second frame is one.
struct ClockFrame {
  WallClock::Offsets offsets;
};
/// Inputs: a process that was there before, and the end of their list, which makes events of them.
struct SeedFrame {
  SeedProcess process;
};
struct SeedsEndFrame {};
/// Input: a hook became decodable.
struct HookFrame {
  HookInfo hook;
  std::uint64_t types = 0;  ///< types_identity() of the recorder
};
/// Input: a record, in the order of decoding, without the ring's padding.
struct RecordFrame {
  std::uint32_t cpu = 0;
  std::vector<std::byte> bytes;
};
/// Input: a gap in the stream.
struct GapFrame {
  LossReason reason = LossReason::PerfBuffer;
  std::uint32_t cpu = 0;
  std::uint64_t count = 0;
  std::uint64_t mono_ns = 0;
};
/// Answer: a process read from /proc.
struct ScanFrame {
  std::uint32_t tgid = 0;
  bool found = false;
  SeedProcess process;  ///< when found
};
/// Answer: whether /proc has a process.
struct ExistsFrame {
  std::uint32_t tgid = 0;
  bool there = false;
};
/// Answer: names of a stack's frames, innermost first; their addresses stand in the record.
struct StackFrames {
  bool user = false;
  std::vector<StackFrame> frames;
};
/// Answer: whether an action of user space was performed.
struct PerformFrame {
  bool performed = false;
};
/// Input: from now on somebody looks at each event and may hide it (burin's own test), or nobody does any more.
struct HidingFrame {
  bool on = false;
};
/// Answer: whether an event is hidden.
struct HiddenFrame {
  bool hidden = false;
};
/// Last frame of a run that ended in order.
struct EndFrame {
  std::uint64_t events = 0;  ///< how many were published
};

using Frame = std::variant<HeadFrame, ClockFrame, SeedFrame, SeedsEndFrame, HookFrame, RecordFrame, GapFrame, ScanFrame,
                           ExistsFrame, StackFrames, PerformFrame, HidingFrame, HiddenFrame, EndFrame>;

/// What a frame is called in messages ("the hook").
std::string_view name_of(const Frame& frame);

/// The kind of a frame in the file: its place in the variant above, from 1. New kinds are added at the end.
std::uint16_t kind_of(const Frame& frame);
/// The frame without the header that the file puts in front.
std::string encode_frame(const Frame& frame);
/// Error{Io} when there is no such kind, or the bytes are not one frame of it.
Result<Frame> decode_frame(std::uint16_t kind, std::string_view bytes);

/// A number that changes with the members of the records that are not a policy's (exec, exit, clone, load, data, every
/// head).
std::uint64_t record_identity();
/// The same for the fields of this hook's record: with the members of the structs that its types have.
std::uint64_t types_identity(const HookInfo& hook);

}  // namespace burin
