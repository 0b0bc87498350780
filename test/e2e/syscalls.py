"""System calls through their tracepoints: parameters, return values, held records, lists with one program, and many hooks."""
import base64
import os
import subprocess
import time

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

# The kernel waits for every tracepoint that is taken away, a tenth of a second each.
DETACHING = 120
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def calls_of(daemon, pid):
    return [e["process_kprobe"] for e in daemon.stream.snapshot() if kind_of(e) == "process_kprobe" and pid_of(e) == pid]


def parameters_and_return(folder):
    marker = os.path.join(folder, "no such file")
    text = """  kprobes:
  - call: "sys_openat"
    syscall: true
    return: true
    args:
    - {index: 0, type: int}
    - {index: 1, type: string}
    - {index: 2, type: int}
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs:
      - {index: 1, operator: Equal, values: ["%s"]}
""" % marker
    with Daemon(policy(folder, "openat", text)) as daemon:
        for _ in range(3):
            try:
                os.open(marker, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                pass
        daemon.stream.barrier()
        seen = calls_of(daemon, os.getpid())
        check_equal(len(seen), 3, "openat events")
        check_equal(seen[0]["function_name"], "__x64_sys_openat", "function_name")
        check_equal([list(a.values())[0] for a in seen[0]["args"]],
                    [-100, marker, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC], "parameters")
        check_equal(seen[0]["return"], {"int_arg": -2}, "return value")
        daemon.stop()


def a_buffer_that_the_call_fills(folder):
    """returnCopy: what read() has put into the buffer, as long as it says; a filter on it is refused."""
    text = """  kprobes:
  - call: "sys_pread64"
    return: true
    args:
    - {index: 0, type: int}
    - {index: 1, type: char_buf, returnCopy: true}
    - {index: 2, type: size_t}
    - {index: 3, type: int64}
    returnArg: {index: 0, type: long}
    selectors:
    - matchArgs:
      - {index: 3, operator: Equal, values: ["%d"]}
%s"""
    path = os.path.join(folder, "filled")
    with open(path, "wb") as f:
        f.write(b"x" * 4711 + b"hello\0world")
    with Daemon(policy(folder, "filled", text % (4711, ""))) as daemon:
        with open(path, "rb") as f:
            check_equal(os.pread(f.fileno(), 100, 4711), b"hello\0world", "what pread gives")
        daemon.stream.barrier()
        seen = calls_of(daemon, os.getpid())
        check_equal([base64.b64decode(e["args"][1]["bytes_arg"]) for e in seen], [b"hello\0world"], "the buffer")
        check_equal(seen[0]["return"], {"long_arg": "11"}, "return value")
        daemon.stop()
    wrong = policy(folder, "wrong", text % (1, '      - {index: 1, operator: Equal, values: ["x"]}\n'))
    ended = subprocess.run([harness.BURIN, "run", "--policy", wrong], capture_output=True, text=True)
    check_equal(ended.returncode, 3, "exit status of a filter on a buffer that is not filled yet")
    check("wrong.yaml:18:9" in ended.stderr and "returnCopy" in ended.stderr, ended.stderr)


def hooks_of_one_policy_share_no_values(folder):
    """Two hooks with filters of the same kind, each with values of its own: neither sees the other's."""
    hook = """  - call: "%s"
    args:
    - {index: 0, type: uint32}
    selectors:
    - matchArgs:
      - {index: 0, operator: InMap, values: ["%d", "%d:%d"]}
"""
    text = "  kprobes:\n" + hook % ("sys_umask", 0o11, 0o20, 0o27) + hook % ("sys_alarm", 4711, 4800, 4900)
    with Daemon(policy(folder, "apart", text)) as daemon:
        code = ("import ctypes,signal\nsignal.signal(signal.SIGALRM,signal.SIG_IGN)\nc=ctypes.CDLL(None)\n"
                "for n in (0o11,0o23,4711,4850,1): c.umask(n); c.alarm(n)\nc.alarm(0)\n")
        child = subprocess.Popen(["/usr/bin/python3", "-S", "-c", code])
        check_equal(child.wait(60 * harness.TIME_SCALE), 0, "status of the caller")
        daemon.stream.barrier()
        seen = [(e["function_name"], e["args"][0]["uint_arg"]) for e in calls_of(daemon, child.pid)]
        check_equal(seen, [("__x64_sys_umask", 0o11), ("__x64_sys_umask", 0o23), ("__x64_sys_alarm", 4711), ("__x64_sys_alarm", 4850)],
                    "calls that match")
        daemon.stop()


def a_list_has_one_program(folder):
    text = """  lists:
  - name: calls
    type: syscalls
    values: [sys_getcwd, sys_umask, sys_sched_yield]
  kprobes:
  - call: "list:calls"
    syscall: true
"""
    with Daemon(policy(folder, "list", text)) as daemon:
        child = subprocess.Popen(["/usr/bin/python3", "-c", "import os; os.umask(18); os.sched_yield(); os.getcwd()"])
        child.wait()
        daemon.stream.barrier()
        names = [c["function_name"] for c in calls_of(daemon, child.pid)]
        for name in ("__x64_sys_getcwd", "__x64_sys_umask", "__x64_sys_sched_yield"):
            check(name in names, f"{name} is not in {names}")
        hooks = {h["function"]: h for h in daemon.policy("list")["hooks"]}
        check_equal(len(hooks), 3, "hooks")
        daemon.stop()


def all_system_calls(folder):
    text = """  lists:
  - name: everything
    type: generated_syscalls
  kprobes:
  - call: "list:everything"
    syscall: true
    selectors:
    - matchPIDs:
      - {operator: In, followForks: false, isNamespacePID: false, values: [%d]}
""" % os.getpid()
    with Daemon(policy(folder, "everything", text)) as daemon:
        os.getpriority(os.PRIO_PROCESS, 0)
        daemon.stream.barrier()
        names = {c["function_name"] for c in calls_of(daemon, os.getpid())}
        check("__x64_sys_getpriority" in names, f"getpriority is not in {names}")
        check(len(daemon.policy("everything")["hooks"]) > 250, "too few hooks")
        daemon.stop(DETACHING)


def many_distinct_hooks(folder):
    names = sorted(n[len("sys_enter_"):] for n in os.listdir("/sys/kernel/tracing/events/syscalls")
                   if n.startswith("sys_enter_"))[:220]
    text = "  kprobes:\n" + "".join(f"  - {{call: sys_{n}, syscall: true}}\n" for n in names if n not in ("read", "write"))
    begin = time.monotonic()
    with Daemon(policy(folder, "many", text)) as daemon:
        print(f"      {len(daemon.policy('many')['hooks'])} hooks in {time.monotonic() - begin:.1f} s")
        check(len(daemon.policy("many")["hooks"]) >= 200, "too few hooks")
        daemon.stop(DETACHING)


if __name__ == "__main__":
    harness.require_bpf()
    if not os.path.exists("/sys/kernel/tracing/events/syscalls"):
        harness.skip("this kernel has no syscall tracepoints")
    harness.run(parameters_and_return, a_buffer_that_the_call_fills, hooks_of_one_policy_share_no_values,
                a_list_has_one_program, all_system_calls, many_distinct_hooks)
