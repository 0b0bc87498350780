"""Actions that need more of the kernel than tracepoints: Override by trampolines, LSM hooks and kprobes, enforcers with errors,
Set, deep stacks. Where the kernel cannot do one, its refusal is what is looked at."""
import os
import shutil
import subprocess

import harness
from harness import Daemon, check, check_equal
from mode_policies import MKDIR, counters, hook_events, on_mode, python, refused, write


def overrides(folder):
    """What a function answers is changed where the kernel allows it: security_* by a trampoline, LSM hooks by their result, and
    by an enforcer that a syscall's hook notified."""
    security = write(folder, "security", """  kprobes:
  - call: "security_inode_mkdir"
    syscall: false
    args:
    - index: 2
      type: "uint16"
    selectors:
    - matchArgs:
      - index: 2
        operator: "Equal"
        values:
        - "449"
      matchActions:
      - action: Override
        argError: -13
""")
    lsm = write(folder, "lsm", """  lsmhooks:
  - hook: "inode_mkdir"
    args:
    - index: 2
      type: "uint16"
    selectors:
    - matchArgs:
      - index: 2
        operator: "Equal"
        values:
        - "448"
      matchActions:
      - action: Override
        argError: -30
""")
    enforcer = write(folder, "enforced", """  enforcers:
  - calls:
    - "security_inode_mkdir"
""" + MKDIR + on_mode(456, "      - action: NotifyEnforcer\n        argError: -28\n"))
    stack = write(folder, "deep", """  kprobes:
  - call: "vfs_mkdir"
    syscall: false
    args: []
    selectors:
    - matchActions:
      - action: Post
        kernelStackTrace: true
        userStackTrace: true
""")
    if harness.EXPECT_RUNG != "kprobe":  # no kprobes, no trampolines: said, and nothing is loaded
        for policy in (security, enforcer):
            check("security_inode_mkdir" in refused(policy), "the refusal does not name the function")
        return print("      (this kernel has neither kprobes nor trampolines: only the refusals were looked at)")
    with Daemon(security, lsm, enforcer, stack) as daemon:
        path = os.path.join(folder, "d")
        code = f"""import os, sys
try:
    os.mkdir({path!r}, %d)
    os.rmdir({path!r})
except OSError as error:
    sys.exit(error.errno)
"""
        pids = {}
        for mode, error in ((449, 13), (448, 30), (456, 28), (454, 0)):
            pids[mode], status = python(code % mode)
            check_equal(status, error, f"errno of mkdir with mode {mode}")
        events = [e["process_kprobe"] for e in hook_events(daemon.stream, pids[449])]
        check_equal([e["action"] for e in events if e["policy_name"] == "security"], ["KPROBE_ACTION_OVERRIDE"], "security")
        events = [e["process_lsm"] for e in hook_events(daemon.stream, pids[448], "process_lsm")]
        check_equal([e["action"] for e in events], ["KPROBE_ACTION_OVERRIDE"], "LSM")
        check_equal(counters(daemon, "security")["overridden"], 1, "overridden by security")
        check_equal(counters(daemon, "lsm")["overridden"], 1, "overridden by lsm")
        check_equal(daemon.policy("enforced")["enforcers"]["counters"]["overridden"], 1, "overridden by the enforcer")
        event = [e["process_kprobe"] for e in hook_events(daemon.stream, pids[454])
                 if e["process_kprobe"]["policy_name"] == "deep"][0]
        symbols = [f.get("symbol") for f in event["kernel_stack_trace"]]
        check(symbols[0] == "vfs_mkdir" and "do_syscall_64" in symbols, f"kernel stack of vfs_mkdir: {symbols}")
        check(event["user_stack_trace"], "no user stack of vfs_mkdir")
        daemon.stop()


def override_of_a_syscall_needs_the_kernels_consent(folder):
    policy = write(folder, "syscall", MKDIR + on_mode(449, "      - action: Override\n        argError: -1\n"))
    try:
        daemon = Daemon(policy)
    except AssertionError as error:
        check("Override" in str(error), f"the refusal does not name the action: {error}")
        if harness.EXPECT_RUNG == "kprobe":
            check("CONFIG_BPF_KPROBE_OVERRIDE" in str(error), f"the refusal does not name the option: {error}")
        return print("      (this kernel does not let syscalls be overridden: only the refusal was looked at)")
    with daemon:
        path = os.path.join(folder, "d")
        pid, status = python(f"import os, sys\ntry:\n  os.mkdir({path!r}, 449)\nexcept OSError as e:\n  sys.exit(e.errno)\n")
        check_equal((status, os.path.exists(path)), (1, False), "errno, and whether the call was done")
        check_equal([e["process_kprobe"]["action"] for e in hook_events(daemon.stream, pid)], ["KPROBE_ACTION_OVERRIDE"], "action")
        daemon.stop()


def the_method_of_an_override(folder):
    """override-method says how calls are overridden: by fmod_ret a security_* function can be, a system call only where the kernel
    lists it for error injection; by bpf_override_return the other way round, so that security_* takes the trampoline all the same."""
    security = """  options:
  - {name: override-method, value: %s}
  kprobes:
  - call: "security_inode_mkdir"
    syscall: false
    args:
    - index: 2
      type: "uint16"
    selectors:
""" + on_mode(449, "      - action: Override\n        argError: -13\n").replace("index: 1", "index: 2")
    path = os.path.join(folder, "d")
    code = f"import os, sys\ntry:\n  os.mkdir({path!r}, 449)\nexcept OSError as e:\n  sys.exit(e.errno)\n"
    if harness.EXPECT_RUNG == "kprobe":
        for method in ("fmod-ret", "override-return"):
            with Daemon(write(folder, method, security % method)) as daemon:
                pid, status = python(code)
                check_equal((status, os.path.exists(path)), (13, False), f"errno by {method}, and whether the call was done")
                check_equal([e["process_kprobe"]["action"] for e in hook_events(daemon.stream, pid)], ["KPROBE_ACTION_OVERRIDE"], "action")
                check_equal(counters(daemon, method)["overridden"], 1, f"overridden by {method}")
                daemon.stop()
    syscall = "  options:\n  - {name: override-method, value: fmod-ret}\n" + MKDIR + on_mode(449, "      - action: Override\n        argError: -13\n")
    try:
        daemon = Daemon(write(folder, "syscall-by-fmod-ret", syscall))
    except AssertionError as error:
        check("__x64_sys_mkdir: fentry" in str(error), f"the refusal does not name the function and how it was tried: {error}")
        check(harness.EXPECT_RUNG != "kprobe" or "the return value of kernel function __x64_sys_mkdir" in str(error),
              f"the refusal does not say that it is the result that cannot be changed: {error}")
        return print(f"      (refused here: {' '.join(str(error).split('on this host')[-1].split())[:250]})")
    with daemon:
        pid, status = python(code)
        check_equal((status, os.path.exists(path)), (13, False), "errno of a system call by fmod-ret, and whether it was done")
        daemon.stop()


USDT_PROGRAM = r"""
#include <stdint.h>
#include <stdio.h>
static volatile uint32_t value = 1;
int main(void) {
  __asm__ volatile(
      "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n"
      "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte 0\n"
      ".asciz \"burin\"\n.asciz \"set\"\n.asciz \"8@%0\"\n994: .balign 4\n.popsection\n"
      ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
      "_.stapsdt.base: .space 1\n.size _.stapsdt.base,1\n.popsection\n" ::"r"(&value) : "memory");
  printf("%u\n", value);
  return 0;
}
"""


def set_writes_through_a_probes_pointer(folder):
    if not shutil.which("cc"):
        return print("      (no C compiler: no program with a probe)")
    source, program = os.path.join(folder, "probe.c"), os.path.join(folder, "probe")
    with open(source, "w", encoding="utf-8") as f:
        f.write(USDT_PROGRAM)
    subprocess.run(["cc", "-O1", "-o", program, source], check=True)
    check_equal(subprocess.run([program], capture_output=True, text=True).stdout, "1\n", "what the program prints by itself")
    policy = write(folder, "set", f"""  usdts:
  - path: "{program}"
    provider: "burin"
    name: "set"
    args:
    - index: 0
      type: "uint64"
    selectors:
    - matchActions:
      - action: Set
        argIndex: 0
        argValue: 4711
""")
    try:
        daemon = Daemon(policy)
    except AssertionError as error:
        check("Set: this kernel does not let BPF programs write user memory" in str(error), f"refusal: {error}")
        check(harness.EXPECT_RUNG != "kprobe", f"Debian's kernel lets BPF programs write user memory: {error}")
        return print("      (this kernel does not let BPF programs write user memory: only the refusal was looked at)")
    with daemon:
        child = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        check_equal(child.communicate()[0], "4711\n", "what the program prints when its value was set")
        check_equal([e["process_usdt"]["action"] for e in hook_events(daemon.stream, child.pid, "process_usdt")],
                    ["KPROBE_ACTION_SET"], "action")
        daemon.stop()


if __name__ == "__main__":
    harness.run(overrides, override_of_a_syscall_needs_the_kernels_consent, the_method_of_an_override, set_writes_through_a_probes_pointer)
