// `burin doctor`: what this host offers, what each rung lacks, and the cure.
#include <fmt/format.h>
#include <unistd.h>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "app/terminal.h"
#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "control/catalog.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "layout/btf_layout.h"

namespace burin {
namespace {

/// Lines of the report: a mark, what, and the details.
class Report {
 public:
  explicit Report(bool color) : color_(color) {}
  void good(std::string_view what, std::string_view detail) { line("ok", "\x1b[32m", what, detail); }
  void weak(std::string_view what, std::string_view detail) { line("--", "\x1b[33m", what, detail); }
  void bad(std::string_view what, std::string_view detail) {
    line("no", "\x1b[31m", what, detail);
    broken_ = true;
  }
  void trial(std::string_view what, const Trial& trial, bool essential) {
    if (trial.works)
      good(what, "works");
    else if (essential)
      bad(what, trial.reason);
    else
      weak(what, trial.reason);
  }
  bool broken() const { return broken_; }

 private:
  void line(std::string_view mark, std::string_view sgr, std::string_view what, std::string_view detail) {
    fmt::print("{}{}{} {:<26} {}\n", color_ ? sgr : "", mark, color_ ? "\x1b[0m" : "", what, detail);
  }
  bool color_;
  bool broken_ = false;
};

void report_layout(Report& r, const HostFacts& host) {
  if (!host.has_btf) {
    r.weak("structure layouts",
           "no /sys/kernel/btf/vmlinux: bare rung (tracepoint arguments and /proc only); kprobe "
           "arguments of type sock are not available");
    return;
  }
  auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  if (!layout) {
    r.weak("structure layouts", layout.error().text());
    return;
  }
  std::string missing;
  for (const auto& m : layout_members())
    if (!layout->find(m)) missing += " " + m;
  r.good("structure layouts",
         fmt::format("kernel BTF, {} of {} members{}", layout->members.size(), layout_members().size(),
                     missing.empty() ? "" : "; not in this kernel:" + missing));
}

void report_probes(Report& r, const HostFacts& host) {
  auto catalog = load_catalog();
  if (!catalog) return;
  for (const auto& probe : catalog->probes) {
    std::string rung, why;
    for (const auto& attach : probe.attach) {
      const bool function = attach.rung == Rung::Kprobe && host.kprobe.works;
      const Trial trial = function                      ? try_function(attach.target)
                          : attach.rung == Rung::Kprobe ? host.kprobe
                                                        : host.sock_ops;
      if (trial.works) {
        rung = to_string(attach.rung);
        break;
      }
      why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", to_string(attach.rung), trial.reason);
    }
    if (!rung.empty())
      r.good("probe " + probe.name, rung + (why.empty() ? "" : " (" + why + ")"));
    else
      r.weak("probe " + probe.name, "not available: " + why);
  }
}

}  // namespace

int run_doctor(const Arguments& arguments) {
  OptionSet options(*find_command("doctor"));
  if (auto code = options.parse(arguments)) return *code;
  Report r(wants_color(STDOUT_FILENO));
  auto tracefs = ensure_tracefs();
  HostFacts host = read_host("/", tracepoints_used());
  r.good("kernel", fmt::format("{} {} ({}.{}.{} to BPF), {} CPU(s)", host.release, host.arch, host.version_code >> 16,
                               (host.version_code >> 8) & 255, host.version_code & 255, host.possible_cpus));
  if (::geteuid() == 0)
    r.good("privileges", "root");
  else
    r.bad("privileges", "not root: tracing needs root or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (try sudo)");
  if (tracefs)
    r.good("tracefs", *tracefs);
  else
    r.bad("tracefs", tracefs.error().text() + "; cure: mount -t tracefs tracefs /sys/kernel/tracing");
  for (const auto& t : tracepoints_used()) {
    if (host.tracepoints.contains(t)) continue;
    if (t.starts_with("syscalls:"))
      r.weak("tracepoint " + t, "not in this kernel; used without structure layouts only");
    else
      r.bad("tracepoint " + t, "not in this kernel");
  }
  if (host.lockdown == "confidentiality")
    r.bad("lockdown", "confidentiality: BPF programs may not read kernel memory");
  else
    r.good("lockdown", host.lockdown.empty() ? "not reported" : host.lockdown);
  if (host.cgroup2.empty())
    r.weak("cgroup2", "not mounted; cure: mount -t cgroup2 none DIR (the connect rung without kprobes needs it)");
  else
    r.good("cgroup2", host.cgroup2);
  try_kernel(host);
  r.trial("BPF programs", host.bpf_load, true);
  r.trial("kprobes", host.kprobe, false);
  r.trial("sock_ops", host.sock_ops, false);
  report_layout(r, host);
  const Compiler compiler({}, nullptr);
  if (auto id = compiler.id())
    r.good("compiler", "burin-compile found");
  else
    r.weak("compiler", id.error().text() + "; only policies that are in the cache can be started");
  report_probes(r, host);
  return r.broken() ? kExitHost : kExitOk;
}

}  // namespace burin
