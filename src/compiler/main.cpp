// burin-compile: reads a ProgramSource on stdin, answers with a ProgramImage on stdout, says what clang says on stderr.
// One compile a process; see compile/protocol.h for the arguments and exit statuses, and sandbox.h for what it gives
// up.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "compile/codec.h"
#include "compile/compiler.h"
#include "compile/protocol.h"
#include "compiler/bcc_compiler.h"
#include "compiler/sandbox.h"
#include "compiler/shim_tree.h"

#if defined(__SANITIZE_ADDRESS__)
// The leak checker needs ptrace, which the sandbox refuses.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace burin {
namespace {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

[[noreturn]] void leave(CompilerExit status, std::string_view message = {}) {
  if (!message.empty()) write_all(2, std::string(message) + "\n");
  // _exit: LLVM's and libbcc's static destructors have nothing left to do but go wrong.
  ::_exit(static_cast<int>(status));
}

std::string read_request() {
  std::string bytes, buffer(1U << 16, '\0');
  for (;;) {
    const ssize_t n = ::read(0, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) leave(CompilerExit::BadRequest, std::string("cannot read the request: ") + std::strerror(errno));
    if (n == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
    if (bytes.size() > kMaxMessageBytes) leave(CompilerExit::BadRequest, "the request is too large");
  }
}

std::uint64_t number_argument(const char* text) {
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || rest != end || value == 0)
    leave(CompilerExit::Usage, "not a positive number: " + std::string(text));
  return value;
}

/// Thrown through LLVM, which is built without exceptions, a bad_alloc becomes a crash that says nothing.
void out_of_memory() {
  constexpr std::string_view kMessage = "out of memory\n";
  write_all(2, kMessage);
  ::_exit(static_cast<int>(CompilerExit::Memory));
}

void check(const Result<>& result) {
  if (!result) leave(CompilerExit::Sandbox, result.error().text());
}

/// Everything that needs rights or the file system, in this order; afterwards the process can only read and compute.
/// `headers`: the tree to compile against, or null for the shim.
void settle_in(const char* directory, const SandboxLimits& limits, const char* headers = nullptr) {
  ::clearenv();
  if (::chdir("/") != 0) leave(CompilerExit::Sandbox, std::string("cannot go to /: ") + std::strerror(errno));
  check(write_shim_tree(directory, kUnprivilegedId));
  // Without it BCC would look for headers in places that others can write.
  const std::string tree = headers != nullptr ? headers : directory;
  ::setenv("BCC_KERNEL_SOURCE", tree.c_str(), 1);
  check(enter_sandbox(limits));
  // Where BCC cannot see this file it falls back to header trees that others may have made (/tmp/kheaders-*).
  if (::access((tree + "/include/linux/kconfig.h").c_str(), R_OK) != 0)
    leave(CompilerExit::Sandbox,
          "user " + std::to_string(::getuid()) + " cannot reach " + tree +
              (headers != nullptr ? ": kernel headers must be readable for everybody"
                                  : ": have it made in a directory that everybody may search, such as /tmp"));
}

int run(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--check-sandbox") == 0) {
    settle_in(argv[2], {2ULL << 30, 30});
    leave(check_sandbox(argv[2]) ? CompilerExit::Done : CompilerExit::Sandbox);
  }
  if (argc != 4 && argc != 6)
    leave(CompilerExit::Usage,
          "burin-compile is started by burin: burin-compile DIRECTORY MEMORY_BYTES CPU_SECONDS [SOURCE BUILD]");
  // BCC prints on stdout too; the image gets a descriptor that nobody else knows.
  const int answer = ::fcntl(1, F_DUPFD_CLOEXEC, 3);
  if (answer < 0 || ::dup2(2, 1) < 0) leave(CompilerExit::Output, "stdout and stderr must be open");

  std::set_new_handler(out_of_memory);
  settle_in(argv[1], {number_argument(argv[2]), number_argument(argv[3])}, argc == 6 ? argv[4] : nullptr);
  const auto source = decode_source(read_request());
  if (!source) leave(CompilerExit::BadRequest, source.error().text());
  const auto image = compile_with_bcc(*source, argc == 6 ? argv[5] : "");
  if (!image) leave(image.error().status, image.error().message);
  if (!write_all(answer, encode_image(*image)))
    leave(CompilerExit::Output, std::string("cannot write the image: ") + std::strerror(errno));
  leave(CompilerExit::Done);
}

}  // namespace
}  // namespace burin

int main(int argc, char** argv) {
  return burin::run(argc, argv);
}
