// Reads kernel memory without faulting: a BPF program, assembled here and not compiled, copies one block at a time.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "kernel/loaded_program.h"
#include "model/host_facts.h"

namespace burin {

/// A thread as the kernel knows it: address of its task_struct, and the ids of the initial pid namespace.
struct Introduced {
  std::uint64_t task = 0;
  std::uint32_t tid = 0;
  std::uint32_t tgid = 0;
};

/// The program, its two maps and its attachment. It runs only for the thread that asked, and at that thread's call
/// only; what it reads through is bpf_probe_read_kernel, which answers with an error where a load would fault.
///
/// One thread (or child process) uses it at a time: the callers take care of that by waiting for one another. Nothing
/// is left when the process is killed: the attachment is a perf event of ours.
class KernelPeek {
 public:
  /// Bytes of one read. A block that is aligned to its size never crosses a page.
  static constexpr std::size_t kBlock = 1024;
  using Block = std::array<std::byte, kBlock>;

  /// Where the program can hang, in order of preference. Kernels without system call tracepoints have a scheduler.
  enum class Place { RawSyscalls, OneSyscall, AllSyscalls, Scheduler };

  /// Loads and attaches, at `only` or where it goes. Errors: the kernel refuses the program or has none of these
  /// places.
  static Result<KernelPeek> open(const HostFacts& host, std::optional<Place> only = std::nullopt);
  KernelPeek(KernelPeek&& other) noexcept;
  ~KernelPeek();

  /// Tells the calling thread who it is. Renames the thread: the first question is recognised by the name, because ids
  /// are others in a pid namespace. Makes system calls only, so a forked child may call it. Nothing when the program
  /// did not answer.
  std::optional<Introduced> introduce();

  /// Copies the block at `address` for the thread `reader`, which must be the calling one. False when it cannot be
  /// read.
  bool read(const Introduced& reader, std::uint64_t address, Block& out);

 private:
  struct Request;
  struct Response;
  KernelPeek(LoadedProgram program, bool by_sleep);
  bool ask(Request& request, Response& response);

  LoadedProgram program_;
  int request_fd_, response_fd_;
  bool by_sleep_;  ///< attached at the scheduler: a question is asked by going to sleep
  std::uint64_t serial_ = 0;
};

}  // namespace burin
