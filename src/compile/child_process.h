// Runs one program with bytes in, bytes out, a deadline, and nothing of ours: no environment, no descriptors, no
// signals blocked. Knows nothing of compilers.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace burin {

struct ChildRequest {
  std::vector<std::string> argv;  ///< for run_child(); argv[0] is the executable's path
  std::string_view input;         ///< what it reads on stdin
  std::chrono::milliseconds timeout{30'000};
  std::size_t output_limit = 64U << 20;     ///< bytes of stdout; more is an error
  std::size_t messages_limit = 256U << 10;  ///< bytes of stderr that are kept; the rest is counted
};

struct ChildOutcome {
  std::string output;    ///< stdout
  std::string messages;  ///< stderr
  std::uint64_t messages_dropped = 0;
  int wait_status = 0;  ///< as wait4 gives it
  std::uint64_t peak_kib = 0;
};

/// A child that was started in "/" with an empty environment and may be waiting for its input. One thread at a time.
class ChildProcess {
 public:
  static Result<ChildProcess> start(const std::vector<std::string>& argv);
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Ends (SIGKILL) and reaps a child that nobody conversed with.
  ~ChildProcess();

  /// Gives it the input and waits for its end; once. At the deadline, which counts from here, or when it writes too
  /// much, the child (and only it) is killed and the answer is Error{Timeout} or Error{Compile} with its messages in
  /// `detail`. The calling thread blocks.
  Result<ChildOutcome> converse(const ChildRequest& request);

 private:
  struct Pipes;
  ChildProcess(std::unique_ptr<Pipes> pipes, int pid);
  std::unique_ptr<Pipes> pipes_;
  int pid_;
};

/// Both in one. Thread-safe.
Result<ChildOutcome> run_child(const ChildRequest& request);

}  // namespace burin
