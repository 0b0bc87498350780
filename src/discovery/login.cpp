#include "discovery/login.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "discovery/proc_facts.h"
#include "discovery/tasks.h"

namespace burin {
namespace {

/// Longest wait for the kernel's answer, in milliseconds; it comes within the call.
constexpr int kAnswerWait = 100;

std::optional<std::uint32_t> login_of(const std::string& process) {
  const std::string text = proc_text("/proc/" + process + "/loginuid");
  std::uint32_t uid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  return error == std::errc{} ? std::optional(uid) : std::nullopt;
}

}  // namespace

bool login_is_silent() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT));
  if (!socket) return false;
  nlmsghdr question{};
  question.nlmsg_len = sizeof question;
  question.nlmsg_type = AUDIT_GET;
  question.nlmsg_flags = NLM_F_REQUEST;
  if (::send(socket.get(), &question, sizeof question, 0) != sizeof question) return false;
  pollfd ready{socket.get(), POLLIN, 0};
  struct {
    nlmsghdr header;
    audit_status status;
    char rest[256];
  } answer{};
  if (::poll(&ready, 1, kAnswerWait) != 1 || ::recv(socket.get(), &answer, sizeof answer, 0) < 0) return false;
  return answer.header.nlmsg_type == AUDIT_GET && answer.status.enabled == 0;
}

void pose_login(std::uint32_t uid, ChildReport& out) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, "%u", uid);
  const int fd = ::open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (::write(fd, text, static_cast<std::size_t>(length)) == length) out.login_uid = uid;
  ::close(fd);
}

void find_login(KernelMemory& memory, const Subject& thread,
                const std::vector<std::pair<const Subject*, const ChildReport*>>& children, Findings& findings) {
  const auto own = login_of("self");
  const auto tgid = findings.offset("task_struct.tgid");
  if (!own || !tgid) return;
  std::vector<Bytes> copies;
  std::vector<std::uint32_t> uids{*own};
  for (const std::uint64_t task : ancestors(memory, thread, findings)) {
    Bytes copy = memory.at(task, thread.task.size());
    const auto uid = login_of(std::to_string(copy.get<std::uint32_t>(*tgid).value_or(0)));
    if (!uid || copy.size() != thread.task.size()) continue;
    copies.push_back(std::move(copy));
    uids.push_back(*uid);
  }
  std::vector<Sight<std::uint32_t>> sights{{thread.task, *own}};
  for (std::size_t i = 0; i < copies.size(); ++i) sights.push_back({copies[i], uids[i + 1]});
  for (const auto& [subject, report] : children) {
    if (!report->login_uid) continue;
    sights.push_back({subject->task, report->login_uid});
    uids.push_back(report->login_uid);
  }
  std::ranges::sort(uids);
  if (uids.front() == uids.back()) return;  // all the same: that could be anything
  findings.accept_one("task_struct.loginuid", agreeing(sights), 4,
                      "/proc/PID/loginuid of this process and its ancestors, and what children set");
}

}  // namespace burin
