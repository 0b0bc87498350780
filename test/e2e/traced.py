"""fentry, fexit and LSM hooks where the kernel has them, with `resolve` and return values; elsewhere they are refused with the
reason. Kprobes and kretprobes on functions and on wrappers of system calls."""
import os
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
FENTRY = """  fentries:
  - call: security_file_open
    syscall: false
    return: true
    args:
    - {index: 0, type: file}
    - {index: 0, type: int, resolve: f_flags}
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: ["%s"]}
"""
SYSCALL = """  fentries:
  - call: sys_umask
    return: true
    args:
    - {index: 0, type: uint32}
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: ["43"]}
"""
LSM = """  lsmhooks:
  - hook: file_open
    args:
    - {index: 0, type: file}
    - {index: 0, type: uint64, resolve: f_inode.i_ino}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: ["%s"]}
"""
KPROBES = """  kprobes:
  - call: security_file_open
    syscall: false
    return: true
    args:
    - {index: 0, type: file}
    - {index: 0, type: uint64, resolve: f_inode.i_ino}
    data:
    - {index: 0, type: string, source: current_task, resolve: comm}
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: ["%s"]}
"""


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def marker_in(folder):
    path = os.path.join(folder, "marker")
    with open(path, "w", encoding="utf-8"):
        pass
    return path


def traced(folder, name, text, kind, marker):
    """The events of one opening of the file, or None when the kernel refuses such hooks (and burin said so)."""
    path = policy(folder, name, text.replace("%s", marker))
    try:
        daemon = Daemon(path)
    except AssertionError as refused:
        words = str(refused)
        check("none of its hooks can be had on this host" in words, words)
        print(f"      refused here: {words.strip().splitlines()[-1][:160]}")
        return None
    with daemon:
        with open(marker, encoding="utf-8"):
            pass
        os.umask(os.umask(43))
        daemon.stream.barrier()
        seen = [e[kind] for e in daemon.stream.snapshot() if kind_of(e) == kind and pid_of(e) == os.getpid()]
        daemon.stop()
    check_equal(len(seen), 1, f"events of {name}")
    return seen[0]


def fentry_and_fexit(folder):
    marker = marker_in(folder)
    event = traced(folder, "fentry", FENTRY, "process_kprobe", marker)
    if event:
        check_equal(event["args"][0]["file_arg"]["path"], marker, "path")
        check_equal(event["return"], {"int_arg": 0}, "return value")


def fentry_of_a_system_call(folder):
    """The wrapper has one parameter, the caller's registers: the call's own are in them."""
    before = os.umask(0o27)
    event = traced(folder, "syscall", SYSCALL, "process_kprobe", marker_in(folder))
    os.umask(before)
    if event:
        check_equal((event["function_name"], event["args"], event["return"]), ("__x64_sys_umask", [{"uint_arg": 43}], {"int_arg": 0o27}), "umask")


def lsm(folder):
    marker = marker_in(folder)
    event = traced(folder, "lsm", LSM, "process_lsm", marker)
    if event:
        check_equal(event["args"][0]["file_arg"]["path"], marker, "path")
        check_equal(event["args"][1], {"size_arg": str(os.stat(marker).st_ino)}, "inode number")


def kprobe_and_kretprobe(folder):
    marker = marker_in(folder)
    event = traced(folder, "kprobe", KPROBES, "process_kprobe", marker)
    if event:
        with open("/proc/self/comm", encoding="utf-8") as f:
            comm = f.read().strip()
        check_equal(event["args"][1], {"size_arg": str(os.stat(marker).st_ino)}, "inode number")
        check_equal(event["data"], [{"string_arg": comm}], "data")
        check_equal(event["return"], {"int_arg": 0}, "return value")


if __name__ == "__main__":
    harness.require_bpf()
    harness.run(fentry_and_fexit, fentry_of_a_system_call, lsm, kprobe_and_kretprobe)
