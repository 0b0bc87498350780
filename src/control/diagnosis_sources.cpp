// The parts of the diagnosis that concern layouts, the compiler, and what events are had from.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "codegen/machine_macros.h"
#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/diagnosis.h"
#include "kernel/loaded_program.h"

namespace burin {
namespace {

struct Field {
  const char* name;
  std::vector<std::string> members;  ///< that it needs
  const char* otherwise;             ///< where it comes from without
};

/// Fields of exec, exit and sock arguments that depend on layouts.
const std::vector<Field>& fields() {
  static const std::vector<Field> kFields = {
      {"process binary",
       {"task_struct.mm", "mm_struct.exe_file", "file.f_path", "path.dentry", "dentry.d_name", "mount.mnt",
        "mount.mnt_parent", "mount.mnt_mountpoint"},
       "as given to execve, or from /proc"},
      {"process arguments",
       {"task_struct.mm", "mm_struct.arg_start", "mm_struct.arg_end"},
       "as given to execve, or from /proc"},
      {"process cwd", {"task_struct.fs", "fs_struct.pwd"}, "from /proc, or inherited"},
      {"process uid", {"task_struct.cred", "cred.euid"}, "the real uid"},
      {"parent", {"task_struct.real_parent", "task_struct.tgid"}, "from forks and /proc"},
      {"exit status", {"task_struct.exit_code"}, "exit_group's argument; unknown for signals"},
      {"sock arguments",
       {"sock.__sk_common.skc_daddr", "sock.__sk_common.skc_dport", "sock.__sk_common.skc_num"},
       "kprobes with a sock are not available"},
  };
  return kFields;
}

/// Of a trial program that is right: something is wrong with the compiler or with what it is given.
std::string compiler_cure(const Error& error) {
  switch (error.code) {
    case ErrorCode::Unsupported: return "install what burin-compile needs (Debian: apt install libbpfcc)";
    case ErrorCode::Timeout: return "give the machine less to do, or more processors";
    case ErrorCode::Io:
    case ErrorCode::PermissionDenied: return "let burin make directories in /tmp";
    default: return "give the machine or the container more memory; `dmesg` shows whether the kernel ended it";
  }
}

}  // namespace

void diagnose_layouts(const HostFacts& host, const DiagnosisOptions& options, LayoutTable& layout,
                      std::vector<Finding>& out) {
  const auto members = layout_members();
  // Every rung is looked at, also below the first that gives a table: what is there when that one fails its test.
  LayoutLadder ladder(options.layout, host, members, options.compiler, options.cache_dir);
  bool found = false;
  while (auto table = ladder.next()) {
    if (found) continue;
    found = !table->members.empty();
    layout = std::move(*table);
  }
  for (const auto& a : ladder.attempts()) {
    const std::string name(to_string(a.source));
    Finding f{
        "layout:" + name + (a.where.empty() ? "" : ":" + a.where), Verdict::Good, "layouts: " + name, a.where, {}, {}};
    f.found += (a.where.empty() ? "" : ": ") + a.outcome;
    if (!a.usable && (!found || !a.danger.empty())) {
      f.verdict = Verdict::Weak;
      f.meaning = a.danger.empty() ? "not a source of structure layouts" : a.danger;
      f.cure = a.cure;
    } else if (!a.usable) {
      f.found += " (not needed)";
    }
    out.push_back(std::move(f));
  }
  std::string missing;
  for (const auto& m : members)
    if (!layout.find(m)) missing += (missing.empty() ? "" : " ") + m;
  if (found)
    out.push_back({"layout",
                   Verdict::Good,
                   "structure layouts",
                   fmt::format("from {}: {} of {} members{}", layout.source, layout.members.size(), members.size(),
                               missing.empty() ? "" : "; not there: " + missing),
                   {},
                   {}});
  else
    out.push_back({"layout", Verdict::Weak, "structure layouts", "none",
                   "bare: tracepoint arguments, helpers and /proc; kernel functions with structures as arguments are "
                   "not available",
                   "install linux-headers-" + host.release + ", or give a pack: --layout FILE"});
}

void diagnose_compiler(const HostFacts& host, const DiagnosisOptions& options, std::vector<Finding>& out) {
  const Compiler compiler(options.compiler, nullptr);
  ProgramSource tiny;
  tiny.name = "a trial program";
  tiny.text = "int p0(void *ctx) { return 0; }\n";
  tiny.defines = machine_macros(host, {}, tiny.text);
  tiny.programs.push_back({"p0", ProgramType::Tracepoint});
  CompileStats stats;
  if (const auto id = compiler.id(); !id)
    out.push_back({"compiler", Verdict::Weak, "compiler", id.error().text(), "only bundles can be started",
                   "install burin-compile beside burin, or run from a bundle"});
  else if (const auto image = compiler.compile(tiny, &stats); !image)
    out.push_back({"compiler", Verdict::Broken, "compiler", image.error().text(),
                   "no policy can be compiled; bundles and those in the cache can be started",
                   compiler_cure(image.error())});
  else
    out.push_back(
        {"compiler", Verdict::Good, "compiler", fmt::format("a trial program in {:.2f} s", stats.seconds), {}, {}});
  if (options.cache_dir.empty()) return;
  auto store = ImageStore::open(options.cache_dir);
  const bool writable = store && ::access(options.cache_dir.c_str(), W_OK) == 0;
  const int denied = store && !writable ? errno : 0;
  struct stat info {};
  const bool there = ::stat(options.cache_dir.c_str(), &info) == 0;
  if (store && writable)
    out.push_back({"cache", Verdict::Good, "image cache", options.cache_dir.string(), {}, {}});
  else
    out.push_back({"cache", Verdict::Weak, "image cache",
                   options.cache_dir.string() + ": " +
                       (store ? std::string("cannot be written: ") + std::strerror(denied) : store.error().text()),
                   "every start compiles anew",
                   denied == EROFS ? "mount it writable, or give another: burin run --cache-dir DIR"
                   : there         ? "chown root: and chmod 700 it, or give another: burin run --cache-dir DIR"
                                   : "mkdir -m 700 " + options.cache_dir.string()});
}

void diagnose_events(const HostFacts& host, const LayoutTable& layout, std::vector<Finding>& out) {
  for (const auto& field : fields()) {
    if (layout.has_all(field.members))
      out.push_back({std::string("field:") + field.name,
                     Verdict::Good,
                     field.name,
                     "exact, read in the kernel (" + layout.source + ")",
                     {},
                     {}});
    else
      out.push_back({std::string("field:") + field.name,
                     Verdict::Weak,
                     field.name,
                     field.otherwise,
                     "its layout is not known",
                     {}});
  }
  const auto catalog = load_catalog();
  if (!catalog) return;
  for (const auto& probe : catalog->probes) {
    if (probe.attach.empty()) continue;  // only a form for the compact output
    std::string rung, why;
    for (const auto& attach : probe.attach) {
      const Trial t = attach.rung != Rung::Kprobe ? host.sock_ops
                      : host.kprobe.works         ? try_function(attach.target)
                                                  : host.kprobe;
      if (t.works) {
        rung = to_string(attach.rung);
        break;
      }
      why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", to_string(attach.rung), t.reason);
    }
    if (!rung.empty())
      out.push_back(
          {"probe:" + probe.name, Verdict::Good, "probe " + probe.name, rung, why.empty() ? "" : "not by " + why, {}});
    else
      out.push_back({"probe:" + probe.name, Verdict::Weak, "probe " + probe.name, "not available: " + why, {}, {}});
  }
}

}  // namespace burin
