// What the compile tests share: a compiler that is the one just built, and small programs.
#pragma once
#include <string>

#include "compile/compiler.h"

namespace burin_test {

inline burin::CompilerOptions options() {
  burin::CompilerOptions o;
  o.executable = BURIN_BIN_DIR "/burin-compile";
  return o;
}

inline burin::ProgramSource source_of(std::string text) {
  burin::ProgramSource s;
  s.name = "test";
  s.text = std::move(text);
  s.defines = {{"LINUX_VERSION_CODE", "393216"}};
  s.programs = {{"p0", burin::ProgramType::Tracepoint}};
  return s;
}

/// A program with two maps, a perf event array and an explicit helper pointer, as templates make them.
inline const char* const kSmall = R"(
static long (*kread)(void *, u32, const void *) = (void *)BPF_FUNC_probe_read_kernel;
struct args { u64 common; u32 data_loc; s32 pid; };
struct event { u32 pid; u32 seen; char comm[16]; };
BPF_HASH(counts, u32, u64, 512);
BPF_ARRAY(config, u64, 4);
BPF_PERF_OUTPUT(events);
int p0(struct args *args) {
  struct event e = {};
  u32 pid = args->pid;   /*@1*/
  e.pid = pid;
  u32 zero = 0;
  u64 *limit = config.lookup(&zero);
  if (!limit) return 0;
  u64 one = 1, *n = counts.lookup(&pid);  /*@2*/
  if (n) { e.seen = *n; *n += 1; } else counts.update(&pid, &one);
  u64 task = bpf_get_current_task();
  kread(&e.comm, sizeof e.comm, (void *)(task + MEMBER));
  events.perf_submit(args, &e, sizeof e);
  return 0;
}
static int not_a_program(struct args *args) { return args->pid; }
)";

}  // namespace burin_test
