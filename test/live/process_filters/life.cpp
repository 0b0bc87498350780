// What a process of the lab does: this same program, started with BURIN_LIFE in its environment, runs through its
// letters and never reaches main().
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "lab.h"

namespace {

void drop_sys_time() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data)) _exit(21);
  data[0].effective &= ~(1U << CAP_SYS_TIME);
  data[0].permitted &= ~(1U << CAP_SYS_TIME);
  if (syscall(SYS_capset, &header, data)) _exit(22);
}

int namespace_flag(char letter) {
  switch (letter) {
    case 'p': return CLONE_NEWPID;
    case 'u': return CLONE_NEWUTS;
    case 'i': return CLONE_NEWIPC;
    case 'n': return CLONE_NEWNET;
    case 'm': return CLONE_NEWNS;
    case 'g': return CLONE_NEWCGROUP;
    case 'U': return CLONE_NEWUSER;
    case 'T': return 0x80; /* CLONE_NEWTIME */
    default: return 0;
  }
}

[[noreturn]] void exec(int copy, const std::string& rest) {
  setenv("BURIN_LIFE", rest.c_str(), 1);
  const std::string path = burin_test::Lab::path(copy);
  execl(path.c_str(), path.c_str(), nullptr);
  _exit(23);
}

void run(const std::string& life) {
  for (std::size_t at = 0; at < life.size(); ++at) {
    const char letter = life[at];
    if (letter == 'c') {
      syscall(SYS_getpgid, burin_test::kToken);
    } else if (letter == 'f') {
      if (const pid_t child = fork(); child > 0) {
        int status = 0;
        waitpid(child, &status, 0);
        _exit(WEXITSTATUS(status));
      }
    } else if (letter == 'o') {
      const pid_t parent = getpid();
      if (fork() > 0) _exit(0);
      while (getppid() == parent) usleep(1000);
    } else if (letter == 's') {
      // Who goes on has to wait until the sibling has asked to die with him: afterwards there may be nobody to die
      // with.
      int ready[2];
      if (pipe(ready)) _exit(26);
      if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        close(ready[1]);
        pause();
        _exit(25);
      }
      close(ready[1]);
      char byte;
      while (read(ready[0], &byte, 1) > 0) {
      }
      close(ready[0]);
    } else if (letter == 'd') {
      drop_sys_time();
    } else if (letter == 't') {
      const std::string rest = life.substr(at + 1);
      std::thread([&rest] { run(rest); }).join();
      _exit(0);
    } else if (letter == 'x') {
      const std::size_t end = life.find(';', at);
      exec(std::atoi(life.c_str() + at + 1), life.substr(end + 1));
    } else if (unshare(namespace_flag(letter))) {
      _exit(24);
    }
  }
}

[[gnu::constructor]] void live() {
  const char* life = getenv("BURIN_LIFE");
  if (!life) return;
  run(life);
  _exit(0);
}

}  // namespace
