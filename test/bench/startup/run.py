#!/usr/bin/python3
"""Time from exec to attached, and resident memory: burin (cold and warm cache) beside bpftrace and a BCC python tool that do
the same job, all in one run and interleaved, so that the machine's state is the same for all.

"Attached" is not what a program says of itself: from the start on, a connection is made every millisecond, each to an address
of its own (127.x.y.z counts them), and the first one that the tracer reports shows when it was attached, however late its
output comes. burin also traces exec, exit and clone of all processes meanwhile; its peers do not.

usage: run.py [--bin DIR] [--rounds N] [--json FILE] [--check]
"""
import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "../../.."))
BPFTRACE = ('tracepoint:sock:inet_sock_set_state /args->newstate == 2 && args->family == 2/ '
            '{ printf("connect %d %s %d %s\\n", pid, ntop(args->daddr), args->dport, comm); }')
POLICY = """apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "startup"
spec:
  kprobes:
  - call: "tcp_connect"
    syscall: false
    args:
    - index: 0
      type: "sock"
"""
ENOUGH = 100      # reported connections before memory is read
LIMIT = 60        # seconds for one start
PORT = 9          # discard: refused at once


class Ticker(threading.Thread):
    """Connects every millisecond; connection n goes to 127.(n bits 16-23).(8-15).(0-7), so that a report names it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.times = [0.0, 0.0]  # no connections 0 and 1: 127.0.0.0 cannot be connected to, 127.0.0.1 is everybody's
        self.stop = False

    def run(self):
        while not self.stop:
            n = len(self.times)
            self.times.append(time.monotonic())
            with socket.socket() as s:
                s.setblocking(False)
                s.connect_ex((f"127.{n >> 16}.{n >> 8 & 255}.{n & 255}", PORT))
            time.sleep(0.001)


class Reports:
    """Numbers of the connections that a tracer has reported."""

    def __init__(self):
        self.first = None
        self.count = 0
        self.enough = threading.Event()
        self.ready_line = ""

    def add(self, address):
        a, b, c, d = (int(x) for x in address.split("."))
        number = b << 16 | c << 8 | d
        if a != 127 or number < 2:
            return
        self.first = number if self.first is None else min(self.first, number)
        self.count += 1
        if self.count >= ENOUGH:
            self.enough.set()


def read_lines(process, reports):
    for line in process.stdout:
        match = re.match(r"connect \d+ (\S+) %d " % PORT, line)
        if match:
            reports.add(match.group(1))


def read_burin(process, port, reports, tail):
    for line in process.stderr:
        tail.append(line.rstrip())
        match = re.search(r"\bready\b.* in [0-9.]+ ms.*", line)
        if match:
            reports.ready_line = match.group(0)
            break
    else:
        return
    threading.Thread(target=lambda: [tail.append(x.rstrip()) for x in process.stderr], daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/v1/events?follow&since=0&events=PROCESS_KPROBE")
    try:
        for line in connection.getresponse():
            sock = json.loads(line).get("process_kprobe", {}).get("args", [{}])[0].get("sock_arg", {})
            if sock.get("dport") == PORT and "." in sock.get("daddr", "") and ":" not in sock["daddr"]:
                reports.add(sock["daddr"])
    except (OSError, http.client.HTTPException, AttributeError, ValueError):
        pass  # the daemon was stopped


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        values = dict(re.findall(r"(\w+):\s+(\d+) kB", f.read()))
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        values.update(re.findall(r"(\w+):\s+(\d+) kB", f.read()))
    return {"rss": int(values["VmRSS"]) / 1024, "anon": int(values["RssAnon"]) / 1024, "pss": int(values["Pss"]) / 1024}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bcc_headers(folder):
    """(environment, compiler flags, what it is) for BCC, which wants a kernel header tree. Where the host has none, Debian's
    are fetched; without a package mirror burin's own shim stands in, which makes BCC faster than any real headers would."""
    if os.path.isdir(f"/lib/modules/{os.uname().release}/build"):
        return {}, [], "the host's kernel headers"
    cache = os.environ.get("BURIN_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "burin")
    fetched = os.path.join(cache, "headers/linux-headers-amd64")
    if subprocess.run([os.path.join(HERE, "fetch_headers.sh"), fetched]).returncode == 0:
        return {"BCC_KERNEL_SOURCE": fetched}, [], "Debian's kernel headers"
    shim = os.path.join(ROOT, "templates/shim/include")
    os.makedirs(f"{folder}/arch/x86")
    os.symlink(shim, f"{folder}/include")
    os.symlink(shim, f"{folder}/arch/x86/include")
    a, b, c = (int(x) for x in re.match(r"(\d+)\.(\d+)\.?(\d*)", os.uname().release).groups(default="0"))
    return ({"BCC_KERNEL_SOURCE": folder}, [f"-DLINUX_VERSION_CODE={a << 16 | b << 8 | min(c, 255)}"],
            "burin's own shim for headers (no kernel headers could be had), which favours BCC")


def start_once(kind, options, folder, bcc):
    """One start of one tracer -> its figures; RuntimeError when it does not get there."""
    reports, tail, port = Reports(), [], free_port()
    env = dict(os.environ)
    if kind.startswith("burin"):
        cache = os.path.join(folder, "cache")
        if kind == "burin cold":
            shutil.rmtree(cache, ignore_errors=True)
        command = [os.path.join(options.bin, "burin"), "run", "--policy", os.path.join(folder, "startup.yaml"), "--listen",
                   f"127.0.0.1:{port}", "--cache-dir", cache]
    elif kind == "bpftrace":
        command = ["bpftrace", "-B", "line", "-e", BPFTRACE]
    else:
        env.update(bcc[0])
        command = ["/usr/bin/python3", os.path.join(HERE, "peer_bcc.py"), *bcc[1]]
    ticker = Ticker()
    ticker.start()
    time.sleep(0.01)
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=env)
    if kind.startswith("burin"):
        threading.Thread(target=read_burin, args=(process, port, reports, tail), daemon=True).start()
    else:
        threading.Thread(target=read_lines, args=(process, reports), daemon=True).start()
        threading.Thread(target=lambda: [tail.append(x.rstrip()) for x in process.stderr], daemon=True).start()
    try:
        end = time.monotonic() + LIMIT
        while not reports.enough.wait(0.05):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{kind} reported {reports.count} connections: {' | '.join(tail[-5:])}")
        figures = memory(process.pid)
        figures["seconds"] = ticker.times[reports.first] - begin
        if reports.ready_line:
            figures["ready_line"] = reports.ready_line
        return figures
    finally:
        ticker.stop = True
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ticker.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--check", action="store_true", help="exit with 1 when an expected ratio is missed")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench startup needs root")
    folder = tempfile.mkdtemp(prefix="burin-bench.")
    try:
        with open(os.path.join(folder, "startup.yaml"), "w", encoding="utf-8") as f:
            f.write(POLICY)
        results = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    met = report(results)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"kernel": os.uname().release, "cpus": os.cpu_count(), "rounds": results}, f, indent=1)
    return 1 if options.check and not met else 0


def measure(options, folder):
    kinds = ["burin cold", "burin warm"]
    kinds += ["bpftrace"] if shutil.which("bpftrace") else []
    has_bcc = subprocess.run(["/usr/bin/python3", "-c", "import bcc"], capture_output=True).returncode == 0
    kinds += ["bcc python"] if has_bcc else []
    bcc = bcc_headers(os.path.join(folder, "headers"))
    if has_bcc:
        print(f"bcc python uses {bcc[2]}")
    results = {kind: [] for kind in kinds}
    for n in range(options.rounds + 1):  # round 0 warms the page cache and is not counted
        for kind in kinds:
            figures = start_once(kind, options, folder, bcc)
            if n:
                results[kind].append(figures)
            print(f"\rround {n}/{options.rounds} {kind:12}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return results


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def report(results):
    print(f"{'':12} {'attached after':>22} {'resident':>9} {'anonymous':>10} {'PSS':>8}")
    print(f"{'':12} {'median':>10} {'(min..max)':>12}")
    for kind, rounds in results.items():
        times = [r["seconds"] * 1000 for r in rounds]
        print(f"{kind:12} {statistics.median(times):7.0f} ms {f'({min(times):.0f}..{max(times):.0f})':>12} "
              f"{median(rounds, 'rss'):6.1f} MB {median(rounds, 'anon'):7.1f} MB {median(rounds, 'pss'):5.1f} MB")
    for kind in ("burin warm", "burin cold"):
        lines = [r["ready_line"] for r in results[kind] if "ready_line" in r]
        if lines:
            print(f"{kind}, its own words in the last round: {lines[-1]}")
    met = True
    for peer, what, kind, key, part in (("bpftrace", "time, cold", "burin cold", "seconds", 2), ("bpftrace", "time, warm", "burin warm", "seconds", 30),
                                        ("bcc python", "time, warm", "burin warm", "seconds", 8), ("bpftrace", "resident memory", "burin warm", "rss", 8)):
        if peer in results:
            ratio = median(results[kind], key) / median(results[peer], key)
            good = ratio <= 1 / part
            met &= good
            print(f"{what} / {peer}'s: 1/{1 / ratio:.1f} (expected: at most 1/{part}) {'met' if good else 'NOT MET'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
