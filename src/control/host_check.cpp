#include "control/host_check.h"

#include <algorithm>
#include <optional>
#include <set>

#include "diag/display.h"
#include "host/kernel_names.h"

namespace burin {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored))
    if (it->is_directory(ignored)) out.push_back(it->path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

class HostCheck {
 public:
  HostCheck(const Policy& policy, const fs::path& root, Diagnostics& diagnostics)
      : policy_(policy), root_(root), diagnostics_(diagnostics) {}

  std::vector<std::string> run() {
    if (policy_.loader) check_loader();
    for (const Hook& hook : policy_.hooks) {
      switch (hook.kind) {
        case HookKind::Kprobe:
        case HookKind::Fentry: check_call(hook); break;
        case HookKind::Lsm: check_function("bpf_lsm_" + hook.call, hook.call, "LSM hook", hook.call_span); break;
        case HookKind::Tracepoint:
        case HookKind::RawTracepoint: check_tracepoint(hook); break;
        case HookKind::Uprobe:
        case HookKind::Usdt: check_binary(hook); break;
      }
    }
    return std::move(notes_);
  }

 private:
  void missing(const SourceSpan& span, const std::string& what, const std::string& near) {
    diagnostics_.warning("not-on-this-host", span, "this host has no " + what,
                         near.empty() ? "" : "did you mean " + burin::quoted(near) + "?");
  }
  void note(const std::string& text) {
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
  }

  void check_call(const Hook& hook) {
    constexpr std::string_view kList = "list:";
    if (hook.ignore_call_not_found || hook.call.empty()) return;
    if (!hook.call.starts_with(kList)) return check_one(hook.call, hook.syscall, hook.call_span);
    const SymbolList* list = policy_.find_list(std::string_view(hook.call).substr(kList.size()));
    if (!list || !seen_lists_.insert(list->name).second) return;
    for (const Located<std::string>& value : list->values) check_one(value.value, hook.syscall, value.span);
  }

  void check_one(std::string_view name, bool syscall, const SourceSpan& span) {
    if (!syscall) return check_function(std::string(name), std::string(name), "kernel function", span);
    std::string_view prefix = kSyscallPrefix;
    if (name.starts_with("i386/")) {
      prefix = "__ia32_";
      name.remove_prefix(5);
    }
    std::string function(name);
    if (!name.starts_with("__"))
      function = std::string(prefix) + (name.starts_with("sys_") ? "" : "sys_") + std::string(name);
    check_function(function, std::string(name), "system call", span);
  }

  /// `symbol` is what the kernel calls it, `name` what the policy does.
  void check_function(const std::string& symbol, const std::string& name, const std::string& what,
                      const SourceSpan& span) {
    if (name.empty()) return;
    if (!functions_) functions_ = function_names(root_);
    if (functions_->empty()) return note("/proc/kallsyms cannot be read: functions were not looked up");
    if (std::binary_search(functions_->begin(), functions_->end(), symbol)) return;
    const std::string stem = symbol.substr(0, symbol.size() - name.size());
    std::vector<std::string> near;
    for (const std::string& f : *functions_) {
      if (!f.starts_with(stem)) continue;
      const std::size_t size = f.size() - stem.size();
      if (size + 3 >= name.size() && size <= name.size() + 3) near.push_back(f.substr(stem.size()));
    }
    missing(span, what + " " + burin::quoted(name), nearest(name, near));
  }

  /// As perf_event_open(2) says to find out whether the kernel has it; the call itself takes privileges.
  void check_loader() {
    std::error_code problem;
    const auto type = fs::status(root_ / "proc/sys/kernel/perf_event_paranoid", problem).type();
    if (type == fs::file_type::not_found)
      missing(policy_.loader_span, "perf events, which tell of the files that are mapped executable", {});
  }

  /// The events folder, or empty when it cannot be read.
  fs::path events() {
    for (const char* place : {"sys/kernel/tracing/events", "sys/kernel/debug/tracing/events"}) {
      const fs::path folder = root_ / place;
      if (!names_in(folder).empty()) return folder;
    }
    return {};
  }

  void check_tracepoint(const Hook& hook) {
    if (hook.subsystem.empty() || hook.call.empty()) return;
    const fs::path folder = events();
    if (folder.empty()) return note("tracefs cannot be read: tracepoints were not looked up");
    std::error_code ignored;
    if (fs::is_directory(folder / hook.subsystem / hook.call, ignored)) return;
    const std::string name = hook.subsystem + ":" + hook.call;
    const std::vector<std::string> here = names_in(folder / hook.subsystem);
    if (!here.empty()) {
      const std::string near = nearest(hook.call, here);
      return missing(hook.call_span, "tracepoint " + burin::quoted(name), near);
    }
    const std::string group = nearest(hook.subsystem, names_in(folder));
    missing(hook.call_span, "tracepoint " + burin::quoted(name) + ", nor a subsystem " + burin::quoted(hook.subsystem),
            group);
  }

  void check_binary(const Hook& hook) {
    if (hook.path.empty()) return;
    std::error_code problem;
    const fs::file_status status = fs::status(root_ / fs::path(hook.path).relative_path(), problem);
    if (status.type() == fs::file_type::not_found)
      missing(hook.call_span, "file " + burin::quoted(hook.path), {});
    else if (status.type() == fs::file_type::none)
      note(hook.path + " cannot be looked at: " + problem.message());
  }

#ifdef __aarch64__
  static constexpr std::string_view kSyscallPrefix = "__arm64_";
#else
  static constexpr std::string_view kSyscallPrefix = "__x64_";
#endif
  const Policy& policy_;
  const fs::path& root_;
  Diagnostics& diagnostics_;
  std::optional<std::vector<std::string>> functions_;
  std::set<std::string> seen_lists_;
  std::vector<std::string> notes_;
};

}  // namespace

std::vector<std::string> check_on_host(const Policy& policy, const fs::path& root, Diagnostics& diagnostics) {
  auto notes = HostCheck(policy, root, diagnostics).run();
  diagnostics.sort();
  return notes;
}

}  // namespace burin
