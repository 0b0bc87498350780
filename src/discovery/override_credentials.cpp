#include "discovery/override_credentials.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>

#include "discovery/credentials.h"

namespace burin {
namespace {

/// Longest wait for the fault, in milliseconds: the thread is a few instructions away from it.
constexpr int kFaultWait = 1000;

/// A page whose first touch waits until it is filled.
class AbsentPage {
 public:
  static std::optional<AbsentPage> make() {
    AbsentPage page;
    page.size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    page.fault_.reset(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)));
    uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
    if (!page.fault_ || ::ioctl(page.fault_.get(), UFFDIO_API, &api) != 0) return std::nullopt;
    void* memory = ::mmap(nullptr, page.size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return std::nullopt;
    page.memory_ = memory;
    uffdio_register range{};
    range.range = {reinterpret_cast<std::uintptr_t>(memory), page.size_};
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    if (::ioctl(page.fault_.get(), UFFDIO_REGISTER, &range) != 0) return std::nullopt;
    return page;
  }
  AbsentPage(AbsentPage&& other) noexcept
      : fault_(std::move(other.fault_)), memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}
  ~AbsentPage() {
    if (memory_) ::munmap(memory_, size_);
  }

  const char* text() const { return static_cast<const char*>(memory_); }
  /// Returns when somebody waits for the page.
  bool touched() {
    pollfd ready{fault_.get(), POLLIN, 0};
    uffd_msg message{};
    return ::poll(&ready, 1, kFaultWait) == 1 && ::read(fault_.get(), &message, sizeof message) == sizeof message &&
           message.event == UFFD_EVENT_PAGEFAULT;
  }
  /// With zeros: an empty text. Without the userfaultfd nobody waits any more, whatever went wrong.
  void fill() {
    uffdio_zeropage zero{};
    zero.range = {reinterpret_cast<std::uintptr_t>(memory_), size_};
    ::ioctl(fault_.get(), UFFDIO_ZEROPAGE, &zero);
    fault_.reset();
  }

 private:
  AbsentPage() = default;
  UniqueFd fault_;
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// True when the first of the two offsets is real_cred, false when the second is; nothing when neither shows.
std::optional<bool> first_is_real(KernelPeek& peek, KernelMemory& memory, const Offsets& both) {
  auto page = AbsentPage::make();
  if (!page) return std::nullopt;
  Credentials truth{};
  const auto thread = PosedThread::start(
      peek, [&] { return pose_credentials(2, truth); }, [&] { (void)::access(page->text(), R_OK); });
  if (!thread) return std::nullopt;
  std::optional<bool> out;
  if (page->touched()) {
    memory.forget();
    const Bytes task = memory.at(thread->who().task, both[1] + 8);
    // Borrowed credentials have the real ids in place of those for files: fsuid is in none of their words.
    const auto own = [&](std::uint32_t offset) {
      const Bytes cred = memory.at(task.pointer(offset), cred_size(memory));
      return !agreeing<std::uint32_t>({{cred, truth.suid}}).empty() &&
             !agreeing<std::uint32_t>({{cred, truth.fsuid}}).empty();
    };
    if (task.pointer(both[0]) != task.pointer(both[1]) && own(both[0]) != own(both[1])) out = own(both[0]);
  }
  page->fill();
  return out;
}

}  // namespace

void tell_cred_from_real_cred(KernelPeek& peek, KernelMemory& memory, const Offsets& both, Findings& findings) {
  if (both.size() != 2) return;
  std::string how = "two threads with ids of their own";
  std::optional<bool> first = first_is_real(peek, memory, both);
  if (first) {
    how += "; which one access() borrows for";
  } else if (both[1] == both[0] + 8 && findings.offset("cred.egid") == findings.offset("cred.uid").value_or(0) + 20) {
    // Structures are in order of declaration here: "real_cred; cred;".
    first = true;
    how += "; before and after each other";
  }
  if (!first) return;
  findings.accept("task_struct.real_cred", both[*first ? 0 : 1], 8, how);
  findings.accept("task_struct.cred", both[*first ? 1 : 0], 8, how);
}

}  // namespace burin
