"""maxData: buffers of up to 327,360 bytes, byte for byte: single ones, arrays of segments, several writers at once, what cannot
be read, what finds no room."""
import base64
import ctypes
import fcntl
import json
import mmap
import os
import random
import subprocess
import sys

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

MOST = 327_360  # bytes of an argument with maxData
FD = 789  # of /dev/null: the events that we look at
KPROBES = harness.EXPECT_RUNG == "kprobe" or os.path.exists("/sys/bus/event_source/devices/kprobe/type")
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
HOOK = """  - call: "%s"
    args:
    - {index: 0, type: int}
    - {index: 1, type: %s, maxData: true, sizeArgIndex: 3}
    selectors:
    - matchArgs:
      - {index: 0, operator: Equal, values: ["789"]}
"""
WRITES = "  kprobes:\n" + HOOK % ("sys_write", "char_buf") + HOOK % ("sys_writev", "char_iovec")

# put() is handed bytes and changes them before it returns.
PROGRAM = r'''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) int put(char *bytes, long size) {
  memset(bytes, 'x', size);
  __asm__ volatile("" ::"r"(bytes) : "memory");
  return 7;
}
int main(int argc, char** argv) {
  long size = atol(argv[1]), times = atol(argv[2]);
  char *bytes = malloc(size);
  for (long n = 0; n < times; n++) {
    for (long i = 0; i < size; i++) bytes[i] = i * 7 + i / 251 + n;
    put(bytes, size);
  }
  return 0;
}
'''


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def noise(size, seed=0):
    return random.Random(f"{size} {seed}").randbytes(size)


def buffer_of(arg):
    """(bytes, how many there were) of a bytes argument, which says "truncated" exactly when that is more."""
    if "truncated_bytes_arg" in arg:
        cut = arg["truncated_bytes_arg"]
        got, there_were = base64.b64decode(cut.get("bytes_arg", "")), int(cut["orig_size"])
        check(there_were > len(got), f"{len(got)} of {there_were} bytes and truncated")
        return got, there_were
    got = base64.b64decode(arg["bytes_arg"])
    return got, len(got)


def buffers_of(daemon, pid, position=1):
    out = []
    for e in daemon.stream.snapshot():
        kind = kind_of(e)
        if kind in ("process_kprobe", "process_uprobe") and pid_of(e) == pid:
            out.append(buffer_of(e[kind]["args"][position]))
    return out


def check_buffer(got, expected, what):
    """Compares without printing half a megabyte."""
    if got[0] != expected[0]:
        at = next((i for i, (a, b) in enumerate(zip(*(got[0], expected[0]))) if a != b), min(len(got[0]), len(expected[0])))
        raise AssertionError(f"{what}: {len(got[0])} bytes, expected {len(expected[0])}; they differ from byte {at} on")
    check_equal(got[1], expected[1], f"{what}: bytes there were")


def null_at_fd():
    null = os.open("/dev/null", os.O_WRONLY)
    os.dup2(null, FD)
    os.close(null)


def single_buffers(folder):
    null_at_fd()
    # Beyond the 4095 bytes that the event's own record holds, records of 32736 follow.
    sizes = [100, 4095, 4096, 32_736, 32_737, 4095 + 32_736, 4095 + 32_737, 300_000, MOST, MOST + 1, 400_000, 0]
    with Daemon(policy(folder, "single", WRITES)) as daemon:
        for size in sizes:
            check_equal(os.write(FD, noise(size)), size, "written")
        daemon.stream.barrier()
        got = buffers_of(daemon, os.getpid())
        check_equal(len(got), len(sizes), "events")
        for size, buffer in zip(sizes, got):
            check_buffer(buffer, (noise(size)[:MOST], size), f"{size} bytes")
        check_equal(daemon.stream.gaps(), [], "gaps")
        check_equal(daemon.metrics()["burin_data_dropped_total"], 0, "values that were given up")
        # One event in the counters, however many records it took.
        check_equal(daemon.policy("single")["hooks"][0]["counters"]["posted"], len(sizes), "posted")
        daemon.stop()


def segments(folder):
    null_at_fd()
    calls = [[10], [0, 10, 0, 5000, 32_736, 0, 1, 70_000, 0], [MOST], [200_000, 100_000, 100_000], [4095, 4096, 1],
             [3000] * 100, [40] * 100, [1] * 110, [0] * 40 + [7], [0] * 40]
    with Daemon(policy(folder, "segments", WRITES)) as daemon:
        for sizes in calls:
            check_equal(os.writev(FD, [noise(size, i) for i, size in enumerate(sizes)]), sum(sizes), "written")
        os.writev(FD, [b"y" * 100] * 1000)  # more than are looked at
        daemon.stream.barrier()
        got = buffers_of(daemon, os.getpid())
        check_equal(len(got), len(calls) + 1, "events")
        for sizes, buffer in zip(calls, got):
            whole = b"".join(noise(size, i) for i, size in enumerate(sizes))
            check_buffer(buffer, (whole[:MOST], len(whole)), f"{len(sizes)} segments, {len(whole)} bytes")
        many, there_were = got[-1]
        check(len(many) >= 12_000 and set(many) == {ord("y")} and there_were > len(many), f"{len(many)} of {there_were} bytes")
        check_equal(daemon.stream.gaps(), [], "gaps")
        daemon.stop()


def memory_that_cannot_be_read(folder):
    """Bytes up to the first page that is not there, and as many as there should have been."""
    null_at_fd()
    libc = ctypes.CDLL(None, use_errno=True)
    readable, size = 30 * 4096, 50 * 4096
    area = mmap.mmap(-1, size)
    area[:] = noise(size)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    check_equal(libc.mprotect(ctypes.c_void_p(address + readable), size - readable, 0), 0, "mprotect")
    start = 1000
    with Daemon(policy(folder, "unreadable", WRITES)) as daemon:
        # /dev/null does not look at what it is given.
        check_equal(libc.write(FD, ctypes.c_void_p(address + start), size - start), size - start, "written")
        vector = (ctypes.c_uint64 * 6)(address, 20_000, 8, 5000, address, 100)
        check_equal(libc.writev(FD, vector, 3), 25_100, "written")
        daemon.stream.barrier()
        single, several = buffers_of(daemon, os.getpid())
        check_buffer(single, (noise(size)[start:readable], size - start), "a buffer that cannot be read to its end")
        check(several[0] == noise(size)[:20_000] and several[1] >= 25_000, "segments, one of which cannot be read")
        daemon.stop()
    libc.mprotect(ctypes.c_void_p(address), size, 3)


def writer(cpu, first, count):
    """A process that writes buffers number `first` and following."""
    os.sched_setaffinity(0, {cpu})
    null_at_fd()
    for n in range(first, first + count):
        os.write(FD, noise(number_size(n), n))


def number_size(n):
    return random.Random(n).choice([10, 4095, 5000, 40_000, 150_000, MOST])


def several_writers(folder):
    cpus = sorted(os.sched_getaffinity(0))
    with Daemon(policy(folder, "several", WRITES)) as daemon:
        for turn in range(4):
            each = [(cpu, 1000 * turn + 100 * i) for i, cpu in enumerate(cpus[:4] * 2)]
            children = [subprocess.Popen([sys.executable, os.path.abspath(__file__), "--write", str(cpu), str(first), "4"])
                        for cpu, first in each]
            check_equal([c.wait(60 * harness.TIME_SCALE) for c in children], [0] * len(children), "status of the writers")
            daemon.stream.barrier()
            for child, (_, first) in zip(children, each):
                got = buffers_of(daemon, child.pid)
                check_equal(len(got), 4, "events of a writer")
                for n, buffer in enumerate(got, first):
                    check_buffer(buffer, (noise(number_size(n), n), number_size(n)), f"buffer {n}")
        check_equal(daemon.stream.gaps(), [], "gaps")
        daemon.stop()


def a_ring_that_is_too_small(folder):
    """64 pages hold less than one such event: what is there is right, what is not is said."""
    null_at_fd()
    whole = noise(MOST)
    with Daemon(policy(folder, "small", WRITES), args=["--buffer-pages", "64"]) as daemon:
        for _ in range(100):
            os.write(FD, whole)
        daemon.stream.barrier()
        got = buffers_of(daemon, os.getpid())
        counters = daemon.policy("small")["hooks"][0]["counters"]
        check_equal(counters["entered"] >= 100 and counters["posted"] >= len(got), True, f"counters {counters}")
        check(got, "no event came")
        for bytes_, there_were in got:
            check(whole.startswith(bytes_) and there_were == MOST, f"{len(bytes_)} of {there_were} bytes: not a beginning")
        check(any(len(b) < MOST for b, _ in got), "all of it found room")
        check(counters["no_space"] > 0, f"counters {counters}")
        daemon.stream.wait_for(lambda e: kind_of(e) == "rate_limit_info", "a gap")
        daemon.stop()


def pattern(size, n):
    return bytes((i * 7 + i // 251 + n) & 255 for i in range(size))


def uprobes(folder):
    """Programs that may be preempted by others of the same policy, and one that reports at the return what was there at the
    entry."""
    harness.require_tools("cc")
    source, path = os.path.join(folder, "put.c"), os.path.join(folder, "put")
    with open(source, "w", encoding="utf-8") as f:
        f.write(PROGRAM)
    subprocess.run(["cc", "-O1", "-o", path, source], check=True)
    hook = """  - path: "%s"
    symbols: ["put"]
    args:
    - {index: 0, type: char_buf, maxData: true, sizeArgIndex: 2}
    - {index: 1, type: size_t}
%s"""
    at_return = "    return: true\n    returnArg: {index: 0, type: int}\n"
    size = 150_000
    for name, more in (("entry", ""), ("return", at_return)):
        with Daemon(policy(folder, "put-" + name, "  uprobes:\n" + hook % (path, more))) as daemon:
            children = [subprocess.Popen([path, str(size), "5"], preexec_fn=lambda: os.sched_setaffinity(0, {0}))
                        for _ in range(4)]
            check_equal([c.wait(60 * harness.TIME_SCALE) for c in children], [0] * 4, "status of the program")
            daemon.stream.barrier()
            for child in children:
                got = buffers_of(daemon, child.pid, 0)
                check_equal(len(got), 5, "events")
                for n, buffer in enumerate(got):
                    check_buffer(buffer, (pattern(size, n), size), f"call {n}, at the {name}")
            check_equal(daemon.stream.gaps(), [], "gaps")
            daemon.stop()
    # No iov_iter comes to a uprobe: this only shows that such a program is taken by this kernel.
    text = f'  uprobes:\n  - path: "{path}"\n    symbols: ["put"]\n    args:\n    - {{index: 0, type: iov_iter, maxData: true}}\n'
    with Daemon(policy(folder, "iter", text)) as daemon:
        child = subprocess.Popen([path, "10", "1"])
        child.wait(60 * harness.TIME_SCALE)
        daemon.stream.barrier()
        args = [e["process_uprobe"]["args"] for e in daemon.stream.snapshot() if kind_of(e) == "process_uprobe"]
        check(len(args) == 1 and "error_arg" in args[0][0], f"an iov_iter that is none: {json.dumps(args)[:300]}")
        daemon.stop()


def kernel_iterators(folder):
    """iov_iter: pipe_write is given one, for write() a single buffer (since Linux 6.0), for writev() an array of segments."""
    if not KPROBES:
        print("SKIP: iov_iter needs kprobes; in the guest: ./dev vm -- python3 test/e2e/large_data.py", flush=True)
        return
    text = """  kprobes:
  - call: "pipe_write"
    syscall: false
    args:
    - {index: 1, type: iov_iter, maxData: true}
"""
    calls = [[100], [4095], [4096], [300_000], [MOST], [400_000], [0, 10, 0, 5000, 32_736, 0, 1, 70_000], [3000] * 100]
    reading, writing = os.pipe()
    fcntl.fcntl(writing, 1031, 1 << 20)  # F_SETPIPE_SZ
    with Daemon(policy(folder, "pipe", text)) as daemon:
        for sizes in calls:
            pieces = [noise(size, i) for i, size in enumerate(sizes)]
            done = os.write(writing, pieces[0]) if len(pieces) == 1 else os.writev(writing, pieces)
            check_equal(done, sum(sizes), "written")
            while done:
                done -= len(os.read(reading, done))
        daemon.stream.barrier()
        got = buffers_of(daemon, os.getpid(), 0)
        check_equal(len(got), len(calls), "events")
        for sizes, buffer in zip(calls, got):
            whole = b"".join(noise(size, i) for i, size in enumerate(sizes))
            check_buffer(buffer, (whole[:MOST], len(whole)), f"{len(sizes)} segments, {len(whole)} bytes")
        daemon.stop()
    os.close(reading)
    os.close(writing)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        writer(*map(int, sys.argv[2:5]))
    else:
        harness.run(single_buffers, segments, memory_that_cannot_be_read, several_writers, a_ring_that_is_too_small, uprobes,
                    kernel_iterators)
