// Names that lists are generated from, under a fake root.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "host/kernel_names.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {
struct Root {
  fs::path path = fs::temp_directory_path() / ("burin-names-" + std::to_string(::getpid()));
  Root() {
    fs::create_directories(path / "trace/events/syscalls/sys_enter_openat");
    fs::create_directories(path / "trace/events/syscalls/sys_exit_openat");
    fs::create_directories(path / "trace/events/syscalls/sys_enter_close");
    fs::create_directories(path / "proc");
    std::ofstream(path / "trace/available_filter_functions")
        << "tcp_connect\nip_output\ntcp_close\nnf_hook [nf_tables]\ntcp_close\n__ftrace_invalid_address___12\n";
    std::ofstream(path / "proc/kallsyms") << "0 T __x64_sys_read\n0 t __x64_sys_write\n0 T __ia32_sys_read\n"
                                             "0 T __x64_sys_ni_syscall\n0 t __x64_sys_read.cold\n";
  }
  ~Root() { fs::remove_all(path); }
};
using Names = std::vector<std::string>;
}  // namespace

TEST_CASE("system calls are named by their tracepoints, or by their wrappers") {
  const Root root;
  CHECK(syscall_names(root.path, "/trace") == Names{"close", "openat"});
  CHECK(syscall_names(root.path, "") == Names{"read", "write"});
}

TEST_CASE("functions are found by pattern") {
  const Root root;
  CHECK(matching_functions(root.path, "/trace", "^tcp_").value() == Names{"tcp_close", "tcp_connect"});
  CHECK(matching_functions(root.path, "/trace", "hook$").value() == Names{"nf_hook"});
  CHECK(matching_functions(root.path, "/trace", "invalid").value().empty());
  CHECK(matching_functions(root.path, "/trace", "(").error().code == ErrorCode::InvalidPolicy);
  CHECK(matching_functions(root.path, "/nowhere", "x").error().code == ErrorCode::Unsupported);
}
