// The peek program and the two values through which it is asked and answers.
#pragma once
#include <cstddef>
#include <cstdint>

#include "model/program.h"

namespace burin {

inline constexpr std::size_t kPeekBytes = 1024;
inline constexpr char kPeekFunction[] = "peek", kPeekRequest[] = "peek_request", kPeekResponse[] = "peek_response";

/// Who asks, and for what.
struct PeekRequest {
  std::uint32_t armed;  ///< 1: not answered yet; the program clears it
  std::uint32_t pad;
  std::uint64_t serial;   ///< repeated in the answer
  std::uint64_t who;      ///< bpf_get_current_pid_tgid() of the thread that asks; 0: it is known by `name`
  std::uint64_t name[2];  ///< its comm, 16 bytes
  std::uint64_t address;
};

struct PeekResponse {
  std::uint64_t who;
  std::uint64_t task;   ///< bpf_get_current_task()
  std::int64_t status;  ///< of the read: 0 or -errno
  std::uint64_t serial;
  std::byte block[kPeekBytes];
};

/// Program and maps. `helper`: number of the helper that reads (bpf_probe_read_kernel, or bpf_probe_read where that
/// does not exist). Fits every tracepoint: it does not look at its context.
ProgramImage peek_image(ProgramType type, std::int32_t helper);

}  // namespace burin
