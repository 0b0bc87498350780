#include "discovery/cast.h"

#include <fcntl.h>

#include "discovery/login.h"
#include "discovery/objects.h"
#include "discovery/proc_facts.h"
#include "discovery/process_memory.h"

namespace burin {
namespace {

/// Login uids that nobody has.
constexpr std::uint32_t kLogin = 1'874'000'011;
constexpr char kDevice[] = "burinlookhere0";

void start_person(KernelPeek& peek, Cast& cast, unsigned variant) {
  Person& person = cast.people[variant];
  const auto pose = [&] {
    person.born.before = boottime_now();
    // Two sizes of tables: they grow to powers of two.
    person.has_table =
        !cast.named.empty() && pose_file_table(cast.named[0].fd.get(), variant ? 600 : 200, person.table);
    person.is_placed = person.where.root >= 0 && pose_whereabouts(person.where);
    person.has_credentials = pose_credentials(variant, person.credentials);
    return true;
  };
  person.born.after = boottime_now();
  person.thread = PosedThread::start(peek, pose);
}

/// What a child does, apart from what its parent arranged for it.
std::function<void(ChildReport&)> child_pose(unsigned variant, bool silent) {
  return [variant, silent, stat = proc_stat("/proc/self/stat")](ChildReport& report) {
    pose_arguments(stat, variant == 0, report);
    if (silent) pose_login(kLogin + variant, report);
    report.pid_ns_inode = namespace_inode("/proc/self/ns/pid");
    pose_user_namespace(variant, variant == 0, report);
  };
}

void start_spaced(KernelPeek& peek, Cast& cast, bool silent) {
  const auto child = child_pose(1, silent);
  const auto pose = [&] {
    cast.spaced_born.before = boottime_now();
    const std::uint32_t net = namespace_inode("/proc/thread-self/ns/net");
    pose_namespaces();
    cast.inner = PosedChild::start(peek, child);
    cast.spaced_inodes = namespaces_of_this_thread();
    if (net && namespace_inode("/proc/thread-self/ns/net") != net && rename_loopback(kDevice)) cast.device = kDevice;
    return true;
  };
  cast.spaced_born.after = boottime_now();
  cast.spaced = PosedThread::start(peek, pose);
}

}  // namespace

std::unique_ptr<Cast> gather(KernelPeek& peek) {
  auto cast = std::make_unique<Cast>();
  cast->named = open_named_files();
  cast->mounts = open_mounts();
  cast->sockets = open_sockets();
  cast->mailbox = fill_mailbox();
  cast->program.reset(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  if (cast->named.size() >= 5) {  // directories of /proc: see open_named_files()
    cast->people[0].where = {cast->named[1].fd.get(), cast->named[2].fd.get()};
    cast->people[1].where = {cast->named[3].fd.get(), cast->named[4].fd.get()};
  }
  for (unsigned variant = 0; variant < 2; ++variant) start_person(peek, *cast, variant);
  const bool silent = login_is_silent();
  start_spaced(peek, *cast, silent);
  cast->child_born.after = boottime_now();
  cast->child = PosedChild::start(peek, child_pose(0, silent));
  cast->child_born.before = boottime_now();
  return cast;
}

}  // namespace burin
