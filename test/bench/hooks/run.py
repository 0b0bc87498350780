#!/usr/bin/python3
"""Time from exec to the last of 200 hooks attached, and from SIGTERM to the end: burin (cold and warm cache; 200 hooks of their
own, and one list of 200 with one program) beside bpftrace with 200 probes, all in one run.

"Attached" is not what a program says of itself: two of the hooked system calls, the first and the last that are named, are made
every millisecond, and a tracer is attached when it has reported both.

usage: run.py [--bin DIR] [--hooks N] [--json FILE]
"""
import argparse
import ctypes
import http.client
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "../../.."))
EVENTS = "/sys/kernel/tracing/events/syscalls"
FIRST, LAST = "getpgrp", "getppid"  # do nothing, take nothing, and nobody else makes them all the time
NUMBERS = {"x86_64": {"getpgrp": 111, "getppid": 110}}
LIMIT = 120  # seconds for one start, one end
POLICY = 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "hooks"\nspec:\n'
PID_FILTER = "    selectors:\n    - matchPIDs:\n      - {{operator: In, followForks: false, isNamespacePID: false, values: [{}]}}\n"


class Caller(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.stop = False

    def run(self):
        libc = ctypes.CDLL(None)
        numbers = NUMBERS[platform.machine()]
        while not self.stop:
            libc.syscall(numbers[FIRST])
            libc.syscall(numbers[LAST])
            time.sleep(0.001)


def names(count):
    """FIRST, count - 2 others that are rare, LAST."""
    busy = {FIRST, LAST, "read", "write", "poll", "ppoll", "futex", "epoll_wait", "epoll_pwait", "clock_nanosleep", "select", "pselect6", "bpf"}
    others = sorted(n[len("sys_enter_"):] for n in os.listdir(EVENTS) if n.startswith("sys_enter_"))
    others = [n for n in others if n not in busy and os.path.exists(f"{EVENTS}/sys_exit_{n}")]
    if len(others) < count - 2:
        sys.exit(f"this kernel has {len(others)} such system calls, not {count - 2}")
    return [FIRST, *others[:count - 2], LAST]


def separate_hooks(calls):
    return POLICY + "  kprobes:\n" + "".join(f"  - call: sys_{n}\n    syscall: true\n" + PID_FILTER.format(os.getpid())
                                             for n in calls)


def one_list(calls):
    return (POLICY + "  lists:\n  - name: calls\n    type: syscalls\n    values:\n" + "".join(f"    - sys_{n}\n" for n in calls) +
            "  kprobes:\n  - call: list:calls\n    syscall: true\n" + PID_FILTER.format(os.getpid()))


def finish(process):
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(LIMIT)
    return time.monotonic() - begin


def lines_of(answer):
    while True:
        line = answer.readline()
        if not line:
            return
        yield line


def burin(bin_dir, policy, cache, port):
    begin = time.monotonic()
    process = subprocess.Popen([os.path.join(bin_dir, "burin"), "run", "--listen", f"127.0.0.1:{port}", "--policy", policy,
                                "--cache-dir", cache], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        missing, seconds = {FIRST, LAST}, None
        while seconds is None:
            if process.poll() is not None:
                sys.exit("burin ended: " + process.stderr.read())
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
                connection.request("GET", "/v1/events?follow&events=PROCESS_KPROBE")
                for line in lines_of(connection.getresponse()):
                    missing -= {n for n in missing if f'"__x64_sys_{n}"'.encode() in line}
                    if not missing:
                        seconds = time.monotonic() - begin
                        break
                connection.close()
            except OSError:
                time.sleep(0.005)
        return seconds, finish(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def bpftrace(calls):
    program = "".join(f'tracepoint:syscalls:sys_enter_{n} /pid == {os.getpid()}/ {{ printf("{n}\\n"); }} ' for n in calls)
    begin = time.monotonic()
    process = subprocess.Popen(["bpftrace", "-B", "line", "-e", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env={**os.environ, "BPFTRACE_MAX_PROBES": "2000"})
    try:
        missing = {FIRST, LAST}
        for line in process.stdout:
            missing.discard(line.strip())
            if not missing:
                break
        if missing:
            sys.exit("bpftrace ended: " + process.stderr.read())
        seconds = time.monotonic() - begin
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        return seconds, finish(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    parser.add_argument("--hooks", type=int, default=200)
    parser.add_argument("--port", type=int, default=17071)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    if platform.machine() not in NUMBERS:
        sys.exit("the numbers of the two system calls are known for x86_64 only")
    calls = names(args.hooks)
    Caller().start()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("hooks", separate_hooks(calls)), ("list", one_list(calls))):
            policy = os.path.join(folder, name + ".yaml")
            with open(policy, "w", encoding="utf-8") as f:
                f.write(text)
            cache = os.path.join(folder, "cache-" + name)
            os.mkdir(cache, 0o700)
            for state in ("cold", "warm"):
                results[f"burin, {name}, {state}"] = burin(args.bin, policy, cache, args.port)
                print(".", end="", file=sys.stderr, flush=True)
        if shutil.which("bpftrace"):
            results["bpftrace"] = bpftrace(calls)
    print(file=sys.stderr)
    peer = results.get("bpftrace")
    print(f"{args.hooks} hooks{'':15} attached after   ended after   attached: part of bpftrace's time")
    for name, (start, end) in results.items():
        share = f"1/{peer[0] / start:.1f}" if peer else "(bpftrace is not installed)"
        print(f"{name:24} {start:11.2f} s {end:11.2f} s   {share}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({name: {"attached_s": s, "ended_s": e} for name, (s, e) in results.items()}, f, indent=1)


if __name__ == "__main__":
    main()
