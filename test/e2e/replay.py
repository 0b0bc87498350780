"""`burin run --record-raw` and `burin replay`: the stream again, byte for byte, and what happens when the recording is cut short."""
import os
import resource
import signal
import socket
import subprocess
import time

import harness
from harness import BURIN, Daemon, check, check_equal, kind_of, pid_of

HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
# Everything that is not in the records: names of stacks, and an action that is not performed.
STACKS = HEAD % "stacks" + """  loader: true
  kprobes:
  - call: "sys_mkdir"
    syscall: true
    args:
    - {index: 0, type: "string"}
    - {index: 1, type: "int"}
    selectors:
    - matchArgs:
      - {index: 1, operator: "Equal", values: ["453"]}
      matchActions:
      - action: Post
        kernelStackTrace: true
        userStackTrace: true
      - action: GetUrl
        argUrl: "http://127.0.0.1:1/"
"""


def replay(path, *words):
    return subprocess.run([BURIN, "replay", path, *words], capture_output=True)


def stacks(folder):
    path = os.path.join(folder, "stacks.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(STACKS)
    return path


def differ(got, expected):
    """Says where, not what: the streams are long."""
    if got == expected:
        return
    ours, theirs = got.splitlines(), expected.splitlines()
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        check(a == b, f"line {number}: replay {a!r}, live {b!r}")
    raise AssertionError(f"{len(ours)} lines replayed, {len(theirs)} served")


def processes():
    subprocess.run(["/bin/sh", "-c", "/bin/true 'two words' ''; (exit 3); kill -TERM $$"])
    subprocess.run(["/usr/bin/python3", "-c", "import os\ntry: os.mkdir('/proc/none', 453)\nexcept OSError: pass"])


def connects(count):
    for _ in range(count):
        with socket.socket() as s:
            s.connect_ex(("127.0.9.9", 1))  # nobody listens there


def the_same_bytes(folder):
    raw = os.path.join(folder, "run.raw")
    policies = [harness.write_policy(folder, "connects"), stacks(folder)]
    with Daemon(*policies, args=["--record-raw", raw, "--expose-stack-addresses"], node_name="n") as daemon:
        processes()
        connects(3)
        daemon.stream.barrier()
        time.sleep(1.1)  # the clock is sampled once a second: records on both sides of a sample
        processes()
        daemon.stream.barrier()
        daemon.stop()
        live = b"".join(daemon.stream.lines)
        events = daemon.stream.snapshot()
        ours = [e for e in harness.connects_of(events, [os.getpid()]) if harness.sock_of(e)["daddr"] == "127.0.9.9"]
        check_equal(len(ours), 3, "connects of ours")
        check(any(kind_of(e) == "process_loader" for e in events), "no mapping was seen")
        stacked = [e for e in events if kind_of(e) == "process_kprobe" and "user_stack_trace" in e["process_kprobe"]]
        check(stacked and all(e["burin"].get("action_off") for e in stacked), f"stacks: {stacked}")
    check_equal(os.stat(raw).st_mode & 0o777, 0o600, "mode of the recording")
    again = replay(raw)
    check_equal((again.returncode, again.stderr), (0, b""), "exit status and messages of replay")
    differ(again.stdout, live)
    # Without privileges, and in the compact form, through a pipe.
    nobody = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BURIN, "replay", "-"],
                            stdin=open(raw, "rb"), capture_output=True)
    check_equal(nobody.returncode, 0, nobody.stderr)
    differ(nobody.stdout, live)
    compact = replay(raw, "-o", "compact")
    lines = compact.stdout.decode().splitlines()
    check(any("process n /bin/true" in line and "two words" in line for line in lines), lines[-20:])


def gaps_too(folder):
    raw = os.path.join(folder, "run.raw")
    with Daemon(harness.write_policy(folder, "flood"), args=["--record-raw", raw, "--buffer-pages", "1"]) as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            connects(300)  # some twenty fit; far fewer than what would make the stream itself late
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        daemon.stream.wait_for(lambda e: kind_of(e) == "rate_limit_info", "a gap")
        daemon.stream.barrier()
        daemon.stop()
        live = b"".join(daemon.stream.lines)
        check(daemon.stream.gaps(), "no gap")
    again = replay(raw)
    check_equal((again.returncode, again.stderr), (0, b""), "exit status and messages of replay")
    differ(again.stdout, live)


def a_run_that_was_killed(folder):
    raw = os.path.join(folder, "run.raw")
    with Daemon(harness.write_policy(folder, "killed"), args=["--record-raw", raw]) as daemon:
        connects(1)
        daemon.stream.barrier()
        seen = b"".join(daemon.stream.lines)
        daemon.kill()
    again = replay(raw)
    check_equal(again.returncode, 0, again.stderr)
    check(b"it has no end" in again.stderr and b"last events are missing" in again.stderr, again.stderr)
    differ(again.stdout[:len(seen)], seen)
    whole = open(raw, "rb").read()
    for size in (len(whole) - 1, len(whole) // 2):
        with open(raw, "wb") as f:
            f.write(whole[:size])
        cut = replay(raw)
        check_equal(cut.returncode, 0, cut.stderr)
        check(again.stdout.startswith(cut.stdout), "not a beginning of the stream")
        check(b"not complete" in cut.stderr, cut.stderr)
    with open(raw, "wb") as f:
        f.write(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    damaged = replay(raw)
    check_equal(damaged.returncode, 1, damaged.stderr)
    check(raw.encode() + b", byte " in damaged.stderr and b"damaged" in damaged.stderr, damaged.stderr)


def a_full_disk(folder):
    """A limit on file sizes stands for it: the write fails in the same way. Tracing goes on."""
    raw = os.path.join(folder, "run.raw")
    with Daemon(harness.write_policy(folder, "full"), args=["--record-raw", raw]) as daemon:
        daemon.stream.barrier()
        limit = os.stat(raw).st_size + 5000
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (limit, limit))
        for _ in range(30):
            processes()
        daemon.stream.barrier()
        metrics = daemon.metrics()
        check(metrics['burin_recording_records_total{result="missing"}'] > 0, "nothing is counted as missing")
        check_equal(metrics["burin_recording_bytes"], limit, "burin_recording_bytes")
        daemon.stop()
        live = b"".join(daemon.stream.lines)
        log = daemon.log()
        check_equal(log.count("the recording " + raw + " ends after"), 1, "times that the log says it; " + log)
        check("tracing goes on" in log, log)
    again = replay(raw)
    check_equal(again.returncode, 0, again.stderr)
    check(b"not complete" in again.stderr, again.stderr)
    differ(again.stdout, live[:len(again.stdout)])


def what_is_no_file_of_ours(folder):
    target = os.path.join(folder, "target")
    with open(target, "w", encoding="utf-8") as f:
        f.write("precious")
    link = os.path.join(folder, "link")
    os.symlink(target, link)
    policy = harness.write_policy(folder, "refused")
    for path, why in ((link, "symbolic link"), ("/dev/null", "no regular file"), (folder, "Is a directory")):
        ended = subprocess.run([BURIN, "run", "--policy", policy, "--record-raw", path], capture_output=True, text=True)
        check_equal(ended.returncode, 1, ended.stderr)
        check("cannot record to " + path in ended.stderr and why in ended.stderr, ended.stderr)
    with open(target, encoding="utf-8") as f:
        check_equal(f.read(), "precious", "the link's target")
    ended = replay(policy)
    check_equal(ended.returncode, 1, ended.stderr)
    check(b"is no raw recording" in ended.stderr, ended.stderr)


if __name__ == "__main__":
    harness.run(the_same_bytes, gaps_too, a_run_that_was_killed, a_full_disk, what_is_no_file_of_ours)
