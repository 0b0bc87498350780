#include "discovery/discover.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

#include "discovery/cast.h"
#include "discovery/login.h"
#include "discovery/objects.h"
#include "discovery/proc_facts.h"
#include "discovery/process_memory.h"

namespace burin {
namespace {

/// The child's exit code and the other one's signal, as wait statuses.
constexpr std::uint8_t kExitCode = 0x5d;
constexpr std::uint32_t kExited = kExitCode << 8, kKilled = SIGKILL;
/// When the allocator does not tell how large a task_struct is: all that are known are smaller than this.
constexpr std::size_t kTaskWindow = 10240;

/// One search after the other. Everything happens in one thread, which exists for the purpose: it is one of the tasks
/// that are looked at.
class Discovery {
 public:
  Discovery(const HostFacts& host, KernelPeek& peek, const Introduced& self)
      : host_(host),
        peek_(peek),
        memory_(peek, self),
        self_{self, {}},
        size_(memory_.object_size("task_struct", kTaskWindow)) {}

  Findings run() {
    cast_ = gather(peek_);
    self_ = take(self_.who);
    if (!cast_->people[0].thread || !cast_->people[1].thread || !cast_->spaced || !cast_->child || !cast_->inner)
      return std::move(findings_);  // no threads or no children for us: nothing to compare with
    first_ = take(cast_->people[0].thread->who());
    second_ = take(cast_->people[1].thread->who());
    spaced_ = take(cast_->spaced->who());
    child_ = take(cast_->child->report().who);
    inner_ = take(cast_->inner->report().who);
    look_at_tasks();
    look_at_files();
    look_at_spaces();
    look_at_objects();
    look_at_endings();
    return std::move(findings_);
  }

 private:
  Subject take(const Introduced& who) { return {who, memory_.at(who.task, size_)}; }
  Subject take_again(const Introduced& who) {
    memory_.forget();
    return take(who);
  }
  std::vector<std::pair<const Subject*, const ChildReport*>> children() {
    return {{&child_, &cast_->child->report()}, {&inner_, &cast_->inner->report()}};
  }

  void look_at_tasks() {
    find_ids({&self_, &first_, &second_, &spaced_, &child_, &inner_}, findings_);
    find_leader(memory_, self_, first_, child_, findings_);
    tracer_ = Tracer::start(peek_, cast_->child->pid());
    std::optional<Subject> traced;
    if (tracer_) traced = take_again(child_.who);
    find_real_parent({{child_, self_}, {inner_, spaced_}}, {&self_, &first_, &second_, &spaced_},
                     traced ? &*traced : nullptr, findings_);
    find_start(memory_,
               {{first_, cast_->people[0].born},
                {second_, cast_->people[1].born},
                {spaced_, cast_->spaced_born},
                {child_, cast_->child_born}},
               self_, findings_);
    const auto& [a, b] = cast_->people;
    if (a.has_credentials && b.has_credentials)
      find_credentials(peek_, memory_, {{first_, a.credentials}, {second_, b.credentials}}, findings_);
    find_user_namespace(memory_, self_, children(), findings_);
    find_login(memory_, self_, children(), findings_);
    find_arguments(memory_, self_, children(), findings_);
  }

  void look_at_files() {
    const auto& [a, b] = cast_->people;
    if (a.has_table && b.has_table) find_file_table(memory_, {{first_, a.table}, {second_, b.table}}, findings_);
    const auto dentry = find_dentries(memory_, self_, cast_->named, findings_);
    if (!dentry) return;
    find_mounts(memory_, self_, cast_->mounts, *dentry, findings_);
    if (a.is_placed && b.is_placed)
      find_whereabouts(memory_, self_, {{first_, a.where}, {second_, b.where}}, findings_);
    find_program(memory_, self_, child_, cast_->program.get(), findings_);
  }

  void look_at_spaces() {
    find_namespaces(memory_, self_, namespaces_of_this_thread(), spaced_, cast_->spaced_inodes, findings_);
    find_pids(memory_, {&self_, &first_, &second_}, inner_, cast_->inner->report(), findings_);
    if (!cast_->device.empty()) find_net_device(memory_, self_, spaced_, cast_->device, findings_);
  }

  void look_at_objects() {
    find_sockets(memory_, self_, cast_->sockets, findings_);
    find_packets(memory_, self_, cast_->mailbox, findings_);
    find_bpf_objects(memory_, self_, host_, findings_);
    find_perf_event(memory_, self_, findings_);
  }

  /// The number of threads, with one more and without. A thread that has ended is still listed for a moment, on a busy
  /// machine for some milliseconds, and then live is not what is listed, while what counts those that are listed is. So
  /// the try with the most candidates is taken: newer kernels have three (live, nr_threads, quick_threads), and
  /// where there are fewer it takes some tries to be sure of that.
  LiveSearch count_threads() {
    constexpr int kAttempts = 8, kSure = 5;
    constexpr std::size_t kMost = 3, kFewest = 2;
    std::optional<LiveSearch> best;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      LiveSearch live(memory_, self_, first_, child_);
      const auto observe = [&] {
        memory_.forget();
        if (const auto threads = proc_status("/proc/self/status", "Threads:"))
          live.observe(memory_, self_.task, static_cast<std::uint32_t>(*threads));
      };
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min(1 << (attempt - 1), 16)));
      observe();
      live.observe(memory_, child_.task, 1);
      {
        const auto one_more = PosedThread::start(peek_, [] { return true; });
        observe();
      }
      if (!best || live.candidates() > best->candidates()) best = std::move(live);
      if (best->candidates() >= kMost || (attempt + 1 >= kSure && best->candidates() >= kFewest)) break;
    }
    return std::move(*best);
  }

  /// Children that end.
  void look_at_endings() {
    LiveSearch live = count_threads();
    if (!cast_->child->exit_with(kExitCode)) return;
    const bool stopped = tracer_ && tracer_->wait_stopped();
    memory_.forget();
    if (stopped) live.observe(memory_, child_.task, 1);
    tracer_.reset();
    if (!cast_->child->ended() || !cast_->inner->kill() || !cast_->inner->ended()) return;
    const Subject exited = take_again(child_.who), killed = take(inner_.who);
    live.observe(memory_, exited.task, 0);
    live.observe(memory_, killed.task, 0);
    live.conclude(stopped, findings_);
    find_exit_code({{exited.task, kExited}, {killed.task, kKilled}}, self_.task, findings_);
  }

  const HostFacts& host_;
  KernelPeek& peek_;
  KernelMemory memory_;
  Findings findings_;
  Subject self_, first_, second_, spaced_, child_, inner_;
  std::size_t size_;
  std::unique_ptr<Cast> cast_;
  std::unique_ptr<Tracer> tracer_;
};

Result<Findings> discover_here(const HostFacts& host, KernelPeek& peek) {
  // Signals are for the threads that were here before.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const auto self = peek.introduce();
  if (!self) return fail(ErrorCode::Unsupported, "the program that reads kernel memory was loaded but does not answer");
  return Discovery(host, peek, *self).run();
}

}  // namespace

Result<LayoutTable> discover_layout(const HostFacts& host, const std::vector<std::string>& members) {
  TRY(KernelPeek peek, KernelPeek::open(host));
  Result<Findings> found;
  try {
    std::thread([&] { found = discover_here(host, peek); }).join();
  } catch (const std::system_error& error) {
    return fail(ErrorCode::Unsupported, std::string("cannot start a thread: ") + error.what());
  }
  if (!found) return tl::unexpected(std::move(found).error());
  return found->table(members);
}

}  // namespace burin
