// `burin run`: the daemon.
#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "api/http_server.h"
#include "app/command.h"
#include "app/exit_codes.h"
#include "app/layout_options.h"
#include "app/options.h"
#include "app/policy_mode.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "bundle/bundle.h"
#include "control/supervisor.h"

namespace burin {
namespace {

/// Root-owned, survives reboots, as the FHS has it for caches.
constexpr const char* kCacheDir = "/var/cache/burin";

void declare(OptionSet& options) {
  options.values(
      "policy,p", "FILE|DIR",
      "TracingPolicy to trace with; a directory stands for its *.yaml and *.yml; or one bundle (burin bundle)");
  options.values("listen,l", "ADDRESS", "where to serve HTTP (default 127.0.0.1:7070); [::1]:7070, :7070");
  declare_variables(options);
  options.values("node-name", "NAME",
                 "node_name of the events (default: $HUBBLE_NODE_NAME, $NODE_NAME, the host's name)");
  declare_layout_options(options);
  options.values("cache-dir", "DIR", "where compiled programs are kept (default /var/cache/burin); \"\" for nowhere");
  options.flag("require-image", "compile nothing: every program has to come from the bundle or the cache");
  options.values("buffer-pages", "N",
                 "pages of each CPU's perf buffer, a power of two (default 256, from 16 CPUs on 64; with maxData four "
                 "times that); loader takes a quarter more");
  options.flag("wake-each-event", "wake up for every event instead of every 10 ms: less delay, far more cost");
  declare_policy_mode(options);
  options.flag("allow-network-actions", "perform the actions GetUrl and DnsLookup");
  options.values("dns-server", "ADDRESS:PORT", "whom DnsLookup asks (default 1.1.1.1:53)");
  options.flag("expose-stack-addresses", "stack traces with addresses, not only names and offsets");
  options.values("record-raw", "FILE", "write all that the events are made of into FILE, for burin replay");
  options.values("log-level", "LEVEL", "debug, info, warning or error (default info)");
}

std::optional<int> read_numbers(const OptionSet& options, RunOptions& run) {
  const std::string pages = options.last("buffer-pages", "0");
  std::uint32_t n = 0;
  const auto [end, ec] = std::from_chars(pages.data(), pages.data() + pages.size(), n);
  if (ec != std::errc() || end != pages.data() + pages.size() || (n & (n - 1)) || n > 65536)
    return usage_error("run", "--buffer-pages takes a power of two up to 65536, not \"" + pages + "\"");
  run.perf.pages_per_cpu = n;
  run.perf.wake_each_event = options.has("wake-each-event");
  return std::nullopt;
}

std::optional<int> read_options(const OptionSet& options, RunOptions& run) {
  run.policies = options.all("policy");
  for (auto& p : options.positionals()) run.policies.push_back(p);
  if (run.policies.empty()) return usage_error("run", "no policy; name one with --policy FILE");
  if (std::ranges::any_of(run.policies, looks_like_bundle)) {
    if (run.policies.size() > 1)
      return usage_error("run", "a bundle holds all policies of a run: give it alone, or make one of all of them");
    run.bundle = run.policies[0];
    run.policies.clear();
  }
  run.compiler.require_image = options.has("require-image");
  if (auto code = read_variables(options, "run", run.variables)) return code;
  if (auto code = read_layout_options(options, "run", run.layout)) return *code;
  if (!run.bundle.empty() && !run.layout.file.empty())
    return usage_error("run",
                       "a bundle has the structure layouts it was made for: --layout and --btf do not go with it");
  if (auto code = read_policy_mode(options, "run", run.mode)) return code;
  run.outreach.allowed = options.has("allow-network-actions");
  run.outreach.dns_server = options.last("dns-server", run.outreach.dns_server);
  run.expose_stack_addresses = options.has("expose-stack-addresses");
  run.cache_dir = options.last("cache-dir", kCacheDir);
  run.node_name = options.last("node-name", "");
  run.record_raw = options.last("record-raw", "");
  if (options.has("record-raw") && run.record_raw.empty())
    return usage_error("run", "--record-raw takes the name of a file");
  const std::string level = options.last("log-level", "info");
  if (level == "debug")
    set_log_level(LogLevel::Debug);
  else if (level == "info")
    set_log_level(LogLevel::Info);
  else if (level == "warning")
    set_log_level(LogLevel::Warning);
  else if (level == "error")
    set_log_level(LogLevel::Error);
  else
    return usage_error("run", "--log-level takes debug, info, warning or error, not \"" + level + "\"");
  return read_numbers(options, run);
}

/// SIGINT and SIGTERM as a descriptor; blocked before any thread exists, so that all threads inherit it.
UniqueFd stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

void wait_for_stop(const UniqueFd& signals) {
  signalfd_siginfo info;
  while (::read(signals.get(), &info, sizeof info) < 0 && errno == EINTR) {
  }
}

std::string times_text(const StartTimes& t) {
  return fmt::format(
      "host {:.1f}, layout {:.1f}, policies {:.1f}, compile {:.1f}, load {:.1f}, processes {:.1f}, self-test {:.1f}, "
      "attach {:.1f}",
      t.host, t.layout, t.policies, t.compile, t.load, t.processes, t.self_test, t.attach);
}

}  // namespace

std::vector<std::string> run_daemon_options() {
  OptionSet options(*find_command("run"));
  declare(options);
  return options.names();
}

int run_daemon(const Arguments& arguments) {
  OptionSet options(*find_command("run"));
  declare(options);
  options.positional("FILE|DIR");
  if (auto code = options.parse(arguments)) return *code;
  RunOptions run;
  if (auto code = read_options(options, run)) return *code;
  auto address = parse_listen(options.last("listen", "127.0.0.1:7070"));
  if (!address) return usage_error("run", "--listen: " + address.error().text());
  if (!address->loopback())
    log(LogLevel::Warning, "http",
        address->text() + " is reachable from other machines, and the events are served without authentication");

  const UniqueFd signals = stop_signals();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a recording that reaches the limit of file sizes ends; burin does not
  std::string rendered;
  auto supervisor = Supervisor::start(run, wants_color(STDERR_FILENO), rendered);
  if (!rendered.empty()) fmt::print(stderr, "{}", rendered);
  if (!supervisor) return report(supervisor.error());
  Supervisor& daemon = **supervisor;
  StatusSource status;
  status.ready = [&daemon] { return daemon.ready(); };
  status.policies_json = [&daemon] { return daemon.policies_json(); };
  status.metrics_text = [&daemon] { return daemon.metrics_text(); };
  status.not_ready_reason = [] { return std::string("the daemon is shutting down"); };
  status.node_name = daemon.node_name();
  auto server = HttpServer::start(*address, daemon.hub(), std::move(status));
  if (!server) return report(server.error());
  for (const auto& warning : daemon.warnings()) log(LogLevel::Warning, "start", warning);
  address->port = (*server)->port();
  log(LogLevel::Info, "ready",
      fmt::format("{} in {:.1f} ms ({})", "http://" + address->text() + "/v1/events", daemon.times().total,
                  times_text(daemon.times())));
  if (!run.record_raw.empty())
    log(LogLevel::Info, "record", "everything goes into " + run.record_raw.string() + " (it holds command lines)");
  daemon.after_start();
  wait_for_stop(signals);
  // Detach, drain and close the stream first: followers get everything, then the server ends their answers.
  daemon.stop();
  (*server)->stop();
  return kExitOk;
}

}  // namespace burin
