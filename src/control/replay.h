// A raw recording -> the events of the run that made it, without a kernel and without privileges.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "model/event.h"
#include "recording/frames.h"

namespace burin {

/// How a replay went.
struct ReplayReport {
  HeadFrame head;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  /// Why the run's last events may be missing: the file ends in the middle of a frame, or without the frame with which
  /// a run ends in order. Empty: nothing is missing.
  std::string incomplete;
};

/// Hands every event over in the order of the run; its line is byte for byte what the run served. `on_event` returns
/// false to end the replay (the report then says nothing of what is missing). Error{Io}: the file cannot be read or is
/// damaged; Error{Unsupported}: the recorder's records look different from this burin's, or this burin asks for
/// something that the recording does not have at that place. Events before the error were handed over. `path` "-" is
/// standard input.
Result<ReplayReport> replay(const std::filesystem::path& path, const std::function<bool(const Event&)>& on_event);

}  // namespace burin
