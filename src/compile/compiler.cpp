// The parent's side of a compile: cache, child process, and what its end means.
#include "compile/compiler.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>

#include "compile/codec.h"
#include "compile/messages.h"
#include "compile/protocol.h"
#include "compile/started_compiler.h"
#include "compile/stencil.h"

namespace burin {
namespace {

constexpr std::string_view kProgram = "burin-compile";

Result<std::filesystem::path> find_executable(const CompilerOptions& options) {
  if (!options.executable.empty()) return options.executable;
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::Io, "cannot read /proc/self/exe: " + error.message());
  const std::filesystem::path places[] = {self.parent_path() / kProgram,
                                          self.parent_path().parent_path() / "libexec" / "burin" / kProgram};
  for (const auto& place : places)
    if (::access(place.c_str(), X_OK) == 0) return place;
  return fail(ErrorCode::Unsupported, "there is no " + places[0].string() + " and no " + places[1].string() +
                                          ": install burin-compile, or run from a bundle");
}

std::string how_it_ended(const ChildOutcome& outcome, std::uint64_t memory_limit) {
  const int status = outcome.wait_status;
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "status " + std::to_string(status);
  const int signal = WTERMSIG(status);
  const char* name = ::sigabbrev_np(signal);
  std::string out = "signal " + std::to_string(signal) + (name != nullptr ? ", SIG" + std::string(name) : "");
  if (signal == SIGXCPU) out += ", its processor time limit";
  if (signal == SIGKILL) out += ": killed from outside, as the kernel does when memory is short (dmesg tells)";
  // LLVM does not always say that it ran out of memory. Half: libraries take address space that is never resident.
  const std::uint64_t limit_mib = memory_limit >> 20, peak_mib = outcome.peak_kib >> 10;
  if (peak_mib * 2 >= limit_mib)
    out += ", having used " + std::to_string(peak_mib) + " MiB under a limit of " + std::to_string(limit_mib) + " MiB";
  return out;
}

/// A message of our own stands alone on stderr, LLVM's back end may warn before its error; the rest stays in `detail`.
std::string first_of(const std::string& said) {
  const std::size_t error = said.starts_with("error: ") ? 0 : said.find("\nerror: ");
  const std::size_t begin = error == std::string::npos ? 0 : error + (error > 0 ? 1 : 0);
  return said.substr(begin, said.find('\n', begin) - begin);
}

/// The error for a child that did not answer with an image.
Error explain(const ChildOutcome& outcome, const MappedMessages& said, const ProgramSource& source,
              const CompilerOptions& options) {
  Error error{ErrorCode::Compile, {}, said.text, said.first, {}};
  if (outcome.messages_dropped > 0)
    error.detail += "(" + std::to_string(outcome.messages_dropped) + " more bytes of messages not kept)\n";
  const std::string headline = said.headline.empty() ? "" : ": " + said.headline;
  const std::string own = first_of(said.text);
  const auto crashed = [&] {
    return "the compiler process broke off on " + source.name + " (" + how_it_ended(outcome, options.memory_limit) +
           ")" + (headline.empty() && !own.empty() ? ": " + own : headline);
  };
  // Some of LLVM's allocations end by its own message.
  const bool exhausted = WIFEXITED(outcome.wait_status)
                             ? WEXITSTATUS(outcome.wait_status) == static_cast<int>(CompilerExit::Memory)
                             : said.text.find("LLVM ERROR: out of memory") != std::string::npos;
  if (exhausted) {
    error.message = "the compiler needed more memory for " + source.name + " than its limit of " +
                    std::to_string(options.memory_limit >> 20) + " MiB: make the policy smaller";
    return error;
  }
  if (!WIFEXITED(outcome.wait_status)) {
    error.message = crashed();
    return error;
  }
  constexpr int kNotLoaded = 127;  // the dynamic linker's
  if (WEXITSTATUS(outcome.wait_status) == kNotLoaded && own.find("failed to map segment") != std::string::npos) {
    error.message = "burin-compile does not start: " + own +
                    ": the memory limit of burin or of its container is below the 250 MiB that clang takes";
    return error;
  }
  if (WEXITSTATUS(outcome.wait_status) == kNotLoaded) {
    error.code = ErrorCode::Unsupported;
    error.message =
        "burin-compile does not start: " + own + ": install the libraries it needs (Debian: apt install libbpfcc)";
    return error;
  }
  switch (static_cast<CompilerExit>(WEXITSTATUS(outcome.wait_status))) {
    case CompilerExit::Refused:
      error.message =
          "clang refused the program generated for " + source.name + (headline.empty() ? ": " + own : headline);
      return error;
    case CompilerExit::BadRequest:
    case CompilerExit::NoReplacement:
    case CompilerExit::Usage:
    case CompilerExit::Output:
    case CompilerExit::Done: error.code = ErrorCode::Internal; break;
    case CompilerExit::Sandbox: error.code = ErrorCode::Unsupported; break;
    case CompilerExit::Memory:
    case CompilerExit::Llvm: error.message = crashed(); return error;
  }
  error.message = error.code == ErrorCode::Compile ? crashed() : "burin-compile: " + own;
  return error;
}

Result<> check_image(const ProgramImage& image, const ProgramSource& source) {
  if (image.programs.size() != source.programs.size())
    return fail(ErrorCode::Internal, "the compiler answered with " + std::to_string(image.programs.size()) +
                                         " programs where " + std::to_string(source.programs.size()) +
                                         " were asked for");
  for (std::size_t i = 0; i < image.programs.size(); ++i) {
    const ProgramDef& program = image.programs[i];
    if (program.function != source.programs[i].function || program.type != source.programs[i].type)
      return fail(ErrorCode::Internal, "the compiler answered with program " + program.function + " where " +
                                           source.programs[i].function + " was asked for");
    if (program.insns.size() > kMaxFunctionInsns)
      return fail(ErrorCode::Compile, "function " + program.function + " of " + source.name + " compiles to " +
                                          std::to_string(program.insns.size()) + " instructions, more than the " +
                                          std::to_string(kMaxFunctionInsns) +
                                          " up to which branches are reliable: split the policy");
  }
  return Ok{};
}

/// A turn to compile, given back when it goes. As many compilers run at once as there are processors: more would take
/// memory (each some 100 MiB, a hostile text up to the limit) and save no time. Who waits is not timed.
class Turn {
 public:
  Turn() { turns().acquire(); }
  ~Turn() { turns().release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static std::counting_semaphore<>& turns() {
    static std::counting_semaphore<> semaphore(std::max(1U, std::thread::hardware_concurrency()));
    return semaphore;
  }
};

Result<CompilerProcess> process_for(const CompilerOptions& options, const HeaderTree* headers) {
  if (headers == nullptr && options.started)
    if (auto waiting = options.started->take()) return std::move(*waiting);
  return start_compiler(options, headers);
}

Result<ProgramImage> run_compiler(const CompilerOptions& options, const ProgramSource& source,
                                  const HeaderTree* headers, CompileStats& stats) {
  const std::string input = encode_source(source);
  if (input.size() > kMaxMessageBytes)
    return fail(ErrorCode::Compile, "the program generated for " + source.name + " has " +
                                        std::to_string(input.size()) + " bytes, more than the compiler takes (" +
                                        std::to_string(kMaxMessageBytes) + ")");
  ChildRequest request;
  request.input = input;
  request.timeout = options.timeout;
  request.output_limit = kMaxMessageBytes;
  const Turn turn;
  TRY(CompilerProcess compiler, process_for(options, headers));
  auto outcome = compiler.process.converse(request);
  if (!outcome) {
    outcome.error().detail = map_messages(outcome.error().detail, source).text;
    return in_context(std::move(outcome).error(), "compiling " + source.name);
  }
  stats.child_peak_kib = outcome->peak_kib;
  const MappedMessages said = map_messages(outcome->messages, source);
  stats.messages = said.text;
  if (outcome->wait_status != 0) return tl::unexpected(explain(*outcome, said, source, options));
  auto image = decode_image(outcome->output);
  if (!image) return in_context(std::move(image).error(), "reading the compiler's answer for " + source.name);
  TRY_OK(check_image(*image, source));
  return image;
}

}  // namespace

Result<CompilerProcess> start_compiler(const CompilerOptions& options, const HeaderTree* headers) {
  TRY(const std::filesystem::path executable, find_executable(options));
  TRY(ScratchDirectory scratch, ScratchDirectory::make(options.scratch));
  // The wall clock ends a slow child; its processor time limit, a little later, one that outlives us.
  const auto cpu_seconds = std::chrono::ceil<std::chrono::seconds>(options.timeout).count() + 1;
  std::vector<std::string> argv = {executable.string(), scratch.path().string(), std::to_string(options.memory_limit),
                                   std::to_string(cpu_seconds)};
  if (headers != nullptr) {
    argv.push_back(headers->source.string());
    argv.push_back(headers->build.string());
  }
  auto process = ChildProcess::start(argv);
  if (!process) {  // gone since it was looked for
    if (process.error().code == ErrorCode::NotFound) process.error().code = ErrorCode::Unsupported;
    return tl::unexpected(std::move(process).error());
  }
  return CompilerProcess{std::move(scratch), std::move(*process)};
}

std::shared_ptr<StartedCompiler> start_ahead(const CompilerOptions& options) {
  auto started = start_compiler(options, nullptr);
  return started ? std::make_shared<StartedCompiler>(std::move(*started)) : nullptr;
}

Result<std::string> Compiler::id() const {
  TRY(const std::filesystem::path executable, find_executable(options_));
  struct stat status {};
  if (::stat(executable.c_str(), &status) != 0)
    return fail_errno(errno == ENOENT ? ErrorCode::Unsupported : ErrorCode::Io, "cannot examine " + executable.string(),
                      errno);
  return std::string("burin " BURIN_VERSION " size ") + std::to_string(status.st_size) + " mtime " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

tl::unexpected<Error> Compiler::no_image(const ProgramSource& source) const {
  return fail(
      ErrorCode::NotFound,
      options_.shipped
          ? "the bundle has no image of " + source.name + " for this host, and nothing may be compiled " +
                "(--require-image): " + options_.shipped->difference(source)
          : "there is no image of " + source.name + " in the cache, and nothing may be compiled (--require-image)");
}

tl::unexpected<Error> Compiler::without_compiler(Error error, const ProgramSource& source) const {
  if (!options_.shipped) return tl::unexpected(std::move(error));
  return in_context(std::move(error), "the bundle's image of " + source.name + " does not serve here (" +
                                          options_.shipped->difference(source) + "): compiling it anew");
}

Result<ProgramImage> Compiler::compile(const ProgramSource& source, CompileStats* stats) const {
  CompileStats unused;
  CompileStats& out = stats != nullptr ? *stats : unused;
  out = {};
  const auto start = std::chrono::steady_clock::now();
  const auto stop = [&] {
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  if (options_.shipped)
    if (const ProgramImage* image = options_.shipped->find(source)) {
      TRY_OK(check_image(*image, source));
      out.shipped = true;
      stop();
      return *image;
    }
  if (!options_.precompiled.empty()) {
    TRY(auto filled, fill_from(options_.precompiled, source));
    if (filled) {
      TRY_OK(check_image(*filled, source));
      out.precompiled = true;
      stop();
      return std::move(*filled);
    }
  }
  std::string compiler_id;
  if (store_ != nullptr) {
    auto found = id();
    if (!found) return options_.require_image ? no_image(source) : without_compiler(std::move(found).error(), source);
    compiler_id = std::move(*found);
    auto stored = store_->find(source, compiler_id);
    if (stored && check_image(*stored, source)) {
      out.cached = true;
      stop();
      return stored;
    }
    // A plain miss has no detail; a file that had to be removed, or a directory that is unsafe, is worth a line.
    if (!stored && (stored.error().code != ErrorCode::NotFound || !stored.error().detail.empty()))
      out.cache_trouble = stored.error().text() + (stored.error().detail.empty() ? "" : ": " + stored.error().detail);
  }
  if (options_.require_image) return no_image(source);
  if (options_.shipped) out.shipped_misfit = options_.shipped->difference(source);
  auto image = run_compiler(options_, source, nullptr, out);
  if (!image && image.error().code == ErrorCode::Unsupported) return without_compiler(std::move(image).error(), source);
  if (image && store_ != nullptr)
    if (auto put = store_->put(source, compiler_id, *image); !put) out.cache_trouble = put.error().text();
  stop();
  return image;
}

Result<ProgramImage> Compiler::compile_with_headers(const ProgramSource& source, const HeaderTree& headers,
                                                    CompileStats* stats) const {
  CompileStats unused;
  CompileStats& out = stats != nullptr ? *stats : unused;
  out = {};
  if (options_.require_image)
    return fail(ErrorCode::NotFound, "asking kernel headers takes the compiler, and --require-image forbids it");
  const auto start = std::chrono::steady_clock::now();
  auto image = run_compiler(options_, source, &headers, out);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return image;
}

}  // namespace burin
