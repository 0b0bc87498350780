// The parts of the diagnosis that concern this process and its kernel.
#include "control/diagnosis.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include "codegen/renderer.h"
#include "control/host_questions.h"
#include "event/encode.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"

namespace burin {
namespace {

// linux/capability.h of older systems does not have these.
constexpr const char* kMountCgroup2 =
    "mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified (in a container: on the host)";
constexpr unsigned kCapPerfmon = 38, kCapBpf = 39;

void trial(std::vector<Finding>& out, std::string id, std::string what, const Trial& t, Verdict without,
           std::string meaning, std::string cure = {}) {
  if (t.works)
    out.push_back({std::move(id), Verdict::Good, std::move(what), "works", {}, {}});
  else
    out.push_back({std::move(id), without, std::move(what), t.reason, std::move(meaning), std::move(cure)});
}

/// Whether tracefs can be mounted where it belongs.
bool has_place_for_tracefs() {
  return ::access("/sys/kernel/tracing", F_OK) == 0;
}

void tracing_files(const HostFacts& host, const std::string& no_tracefs, std::vector<Finding>& out) {
  if (host.tracefs.empty()) {
    out.push_back({"tracefs", Verdict::Broken, "tracefs", no_tracefs.empty() ? "not mounted" : no_tracefs,
                   "no tracepoint can be found: no events of processes or connections, burin does not start",
                   has_place_for_tracefs() ? "mount -t tracefs tracefs /sys/kernel/tracing (as root)"
                                           : "a kernel with CONFIG_TRACING; in a container: -v "
                                             "/sys/kernel/tracing:/sys/kernel/tracing"});
    return;  // that no tracepoint is there says nothing more
  }
  out.push_back({"tracefs", Verdict::Good, "tracefs", host.tracefs, {}, {}});
  const bool closed = ::access((host.tracefs + "/events").c_str(), R_OK | X_OK) != 0;
  for (const auto& t : tracepoints_used()) {
    if (host.tracepoints.contains(t)) continue;
    const bool syscall = t.starts_with("syscalls:");
    out.push_back({"tracepoint:" + t, syscall ? Verdict::Weak : Verdict::Broken, "tracepoint " + t,
                   closed ? host.tracefs + " cannot be read by this user" : "not in this kernel",
                   syscall ? "used without structure layouts only: arguments and exit codes are had from /proc then"
                           : "events of processes or connections are missing",
                   closed    ? "run burin as root"
                   : syscall ? "a kernel with CONFIG_FTRACE_SYSCALLS"
                             : ""});
  }
}

}  // namespace

Finding diagnose_rights(const Rights& rights) {
  struct Need {
    unsigned number;
    const char* name;
    const char* meaning;
  };
  constexpr Need kNeeds[] = {
      {kCapBpf, "CAP_BPF", "programs and maps cannot be made"},
      {kCapPerfmon, "CAP_PERFMON", "programs cannot read kernel memory, probes cannot be set"},
      {CAP_NET_ADMIN, "CAP_NET_ADMIN", "sock_ops programs cannot be attached: no tcp_connect without kprobes"},
      {CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
       "other users' /proc cannot be read: processes that run already are known in part"},
  };
  std::string missing, meaning;
  const bool all = rights.has(CAP_SYS_ADMIN);  // stands for CAP_BPF and CAP_PERFMON
  for (const auto& need : kNeeds) {
    if (rights.has(need.number) || (all && need.number >= kCapPerfmon)) continue;
    missing += std::string(missing.empty() ? "" : ", ") + need.name;
    meaning += std::string(meaning.empty() ? "" : "; ") + need.meaning;
  }
  if (missing.empty())
    return {"privileges", Verdict::Good, "privileges", rights.euid == 0 ? "root" : "capabilities", {}, {}};
  return {"privileges",
          Verdict::Broken,
          "privileges",
          (rights.euid == 0 ? "root without " : fmt::format("user {} without ", rights.euid)) + missing,
          meaning,
          rights.euid == 0 ? "docker run --privileged, or --cap-add for each"
                           : "run burin as root (sudo), or give it these (AmbientCapabilities= in its unit)"};
}

std::vector<Finding> diagnose_settings(const HostFacts& host) {
  std::vector<Finding> out;
  if (host.lockdown == "confidentiality")
    out.push_back({"lockdown", Verdict::Broken, "lockdown", "confidentiality",
                   "BPF programs may not read kernel memory", "boot with lockdown=integrity, or without"});
  else
    out.push_back(
        {"lockdown", Verdict::Good, "lockdown", host.lockdown.empty() ? "not reported" : host.lockdown, {}, {}});
  if (host.kptr_restrict >= 2)
    out.push_back({"kptr_restrict", Verdict::Weak, "kptr_restrict", std::to_string(host.kptr_restrict),
                   "kernel addresses are hidden from everybody: kernel stack traces have no names",
                   "sysctl kernel.kptr_restrict=1"});
  else
    out.push_back({"kptr_restrict", Verdict::Good, "kptr_restrict", std::to_string(host.kptr_restrict), {}, {}});
  return out;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Good: return "good";
    case Verdict::Weak: return "weak";
    case Verdict::Broken: return "broken";
  }
  return "?";
}

void diagnose_process(const HostFacts&, const DiagnosisOptions& options, std::vector<Finding>& out) {
  const auto& root = options.layout.root;
  const Rights rights = read_rights(root);
  out.push_back(diagnose_rights(rights));
  if (rights.seccomp != 0)
    out.push_back({"seccomp", Verdict::Weak, "seccomp", "a system call filter is on this process",
                   "where it forbids bpf or perf_event_open, nothing can be traced",
                   "docker run --security-opt seccomp=unconfined"});
  else
    out.push_back({"seccomp", Verdict::Good, "seccomp", "no filter", {}, {}});
  // 8 MiB hold the maps of a large policy set; kernels since 5.11 do not count them here.
  constexpr std::uint64_t kEnough = 8U << 20;
  const std::string memlock =
      rights.memlock_bytes == ~std::uint64_t{0} ? "unlimited" : fmt::format("{} KiB", rights.memlock_bytes >> 10);
  if (rights.memlock_bytes >= kEnough)
    out.push_back({"memlock", Verdict::Good, "locked memory", memlock, {}, {}});
  else
    out.push_back({"memlock", Verdict::Weak, "locked memory", memlock, "before Linux 5.11 large sets cannot be loaded",
                   "ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit"});
  const Surroundings around = read_surroundings(root);
  if (around.own_pid_namespace)
    out.push_back({"pid-namespace", Verdict::Broken, "pid namespace", "not the host's",
                   "the kernel's process ids mean nothing in here", "docker run --pid=host, hostPID: true"});
  out.push_back(
      {"container", Verdict::Good, "runs in", around.container.empty() ? "the host" : around.container, {}, {}});
  if (around.cgroups == CgroupMode::V2 || around.cgroups == CgroupMode::Hybrid)
    out.push_back({"cgroups", Verdict::Good, "control groups", std::string(to_string(around.cgroups)), {}, {}});
  else
    out.push_back({"cgroups", Verdict::Weak, "control groups", std::string(to_string(around.cgroups)),
                   "no cgroup2: tcp_connect needs kprobes then", kMountCgroup2});
}

void diagnose_kernel(const HostFacts& host, const std::string& no_tracefs, std::vector<Finding>& out) {
  out.push_back({"kernel",
                 Verdict::Good,
                 "kernel",
                 fmt::format("{} {} ({}.{}.{} to BPF), {} CPU(s){}", host.release, host.arch, host.version_code >> 16,
                             (host.version_code >> 8) & 255, host.version_code & 255, host.possible_cpus,
                             host.build_id.empty() ? "" : ", build id " + host.build_id),
                 {},
                 {}});
  tracing_files(host, no_tracefs, out);
  for (auto& setting : diagnose_settings(host)) out.push_back(std::move(setting));
  out.push_back({"lsm", Verdict::Good, "security modules", host.lsms.empty() ? "not reported" : host.lsms, {}, {}});
  constexpr int kNoUsers = 2;  // kernel.perf_event_paranoid: from here on unprivileged users may not trace
  out.push_back({"perf_event_paranoid",
                 Verdict::Good,
                 "perf_event_paranoid",
                 std::to_string(host.perf_event_paranoid),
                 host.perf_event_paranoid > kNoUsers ? "only CAP_PERFMON or CAP_SYS_ADMIN may trace" : "",
                 {}});
  trial(out, "bpf", "BPF programs", host.bpf_load, Verdict::Broken, "nothing can be traced");
  trial(out, "kprobes", "kprobes", host.kprobe, Verdict::Weak,
        "kernel functions can be hooked by fentry only, or not at all; tcp_connect comes from a tracepoint");
  const HostQuestions questions = ask_host(host, {});
  trial(out, "fentry", "fentry",
        questions.trampoline ? questions.trampoline(AttachSpec::Kind::Fentry, "tcp_connect") : Trial{}, Verdict::Weak,
        "fentries of a policy are not available; kernel functions are hooked by kprobes");
  trial(out, "bpf-lsm", "BPF LSM",
        questions.trampoline ? questions.trampoline(AttachSpec::Kind::Lsm, "file_open") : Trial{}, Verdict::Weak,
        "lsmhooks of a policy are not available",
        ("," + host.lsms + ",").find(",bpf,") == std::string::npos
            ? "boot with bpf in lsm= (lsm=" + (host.lsms.empty() ? "lockdown,yama,apparmor" : host.lsms) + ",bpf)"
            : "");
  trial(out, "sock_ops", "sock_ops", host.sock_ops, Verdict::Weak,
        "without kprobes there is no tcp_connect with its source port",
        host.cgroup2.empty() ? std::string(kMountCgroup2) : std::string());
  trial(out, "attach_cookie", "attach cookies", host.attach_cookie, Verdict::Weak,
        "a list of functions is loaded once for each of them");
  trial(out, "override_return", "bpf_override_return", host.override_return, Verdict::Weak,
        "Override of system calls is not available (of security_* functions it needs fentry)",
        "a kernel with CONFIG_BPF_KPROBE_OVERRIDE");
  for (const auto& [feature, why] : host.lacks)
    out.push_back({"feature", Verdict::Weak, std::string(about(feature).what), why,
                   "hooks that need it are left out, or their programs are others (docs/targets.md)",
                   "Linux " + kernel_version_text(about(feature).since)});
  trial(out, "write_user", "bpf_probe_write_user", host.write_user, Verdict::Weak, "the action Set is not available");
}

std::vector<Finding> diagnose(const DiagnosisOptions& options) {
  const auto tracefs = ensure_tracefs();
  HostFacts host = read_host(options.layout.root, tracepoints_used());
  try_kernel(host);
  std::vector<Finding> out;
  diagnose_process(host, options, out);
  diagnose_kernel(host, tracefs ? std::string() : tracefs.error().text(), out);
  LayoutTable layout;
  diagnose_layouts(host, options, layout, out);
  diagnose_compiler(host, options, out);
  diagnose_events(host, layout, out);
  return out;
}

Verdict verdict_of(const std::vector<Finding>& findings) {
  Verdict worst = Verdict::Good;
  for (const auto& f : findings) worst = std::max(worst, f.verdict);
  return worst;
}

std::string diagnosis_json(const HostFacts& host, const std::vector<Finding>& findings) {
  const auto text = [](std::string_view s) {
    std::string out;
    append_json_string(out, s);
    return out;
  };
  std::string lines;
  for (const auto& f : findings) {
    lines += fmt::format("{}{{\"id\":{},\"verdict\":\"{}\",\"what\":{},\"found\":{}", lines.empty() ? "" : ",",
                         text(f.id), to_string(f.verdict), text(f.what), text(f.found));
    if (!f.meaning.empty()) lines += ",\"meaning\":" + text(f.meaning);
    if (!f.cure.empty()) lines += ",\"cure\":" + text(f.cure);
    lines += "}";
  }
  return fmt::format("{{\"release\":{},\"arch\":{},\"verdict\":\"{}\",\"findings\":[{}]}}\n", text(host.release),
                     text(host.arch), to_string(verdict_of(findings)), lines);
}

}  // namespace burin
