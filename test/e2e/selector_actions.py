"""Selectors and actions on the real kernel: first match wins, matchBinaries looks at the executed file, Sigkill kills and says
so, NoPost is silent, a source port can be asked for, nothing is lost without a gap, and all of it without structure layouts."""
import os
import shutil
import signal
import socket
import subprocess

import harness
from harness import Daemon, check, check_equal, connects_of, kind_of, pid_of, sock_of

def listen(host="127.0.0.1"):
    s = socket.socket()
    s.bind((host, 0))
    s.listen(4096)
    return s, s.getsockname()[1]


def connect(port, host="127.0.0.1", python="/usr/bin/python3", source=None):
    """One connection by a process of its own; (pid, exit status, -signal when killed)."""
    bind = f"s.bind(('{host}', {source})); " if source else ""
    code = f"import socket; s = socket.socket(); s.setsockopt(1, 2, 1); {bind}s.connect(('{host}', {port}))"
    child = subprocess.Popen([python, "-c", code], stderr=subprocess.DEVNULL)
    return child.pid, child.wait(60 * harness.TIME_SCALE)


def binaries(folder):
    ours = os.path.join(folder, "our python")
    shutil.copy(os.path.realpath("/usr/bin/python3"), ours)
    listener, port = listen()
    cases = {"In": (ours, True), "NotIn": (ours, False), "Prefix": (folder + "/", True), "NotPrefix": (folder, False),
             "Postfix": ("/our python", True), "NotPostfix": ("python", False)}
    policies = [harness.write_policy(folder, op.lower(), f"""    selectors:
    - matchBinaries:
      - operator: "{op}"
        values:
        - "/no/such/program"
        - "{value}"
      matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{port}"
""") for op, (value, _) in cases.items()]
    with Daemon(*policies) as daemon:
        pid, status = connect(port, python=ours)
        check_equal(status, 0, "status of our client")
        other, _ = connect(port)
        daemon.stream.barrier()
        seen = {e["process_kprobe"]["policy_name"] for e in connects_of(daemon.stream.snapshot(), {pid})}
        check_equal(seen, {op.lower() for op, (_, matches) in cases.items() if matches}, "policies that matched our python")
        seen = {e["process_kprobe"]["policy_name"] for e in connects_of(daemon.stream.snapshot(), {other})}
        # /usr/bin/python3.11 ends in "11", so NotPostfix "python" holds for it.
        check_equal(seen, {"notin", "notprefix", "notpostfix"}, "policies that matched the system's python")
        daemon.stop()
    listener.close()


def sigkill_kills_and_says_so(folder):
    victim, port = listen("127.0.5.1")
    spared, spared_port = listen("127.0.5.2")
    policy = harness.write_policy(folder, "kill", """    selectors:
    - matchArgs:
      - index: 0
        operator: "DAddr"
        values:
        - "127.0.5.1"
      matchActions:
      - action: Sigkill
    - matchArgs:
      - index: 0
        operator: "DAddr"
        values:
        - "127.0.5.0/24"
""")
    with Daemon(policy) as daemon:
        dead, status = connect(port, "127.0.5.1")
        check_equal(status, -signal.SIGKILL, "status of the client that had to die")
        alive, status = connect(spared_port, "127.0.5.2")
        check_equal(status, 0, "status of the client that had to live")
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        killed = connects_of(events, {dead})
        check_equal([e["process_kprobe"]["action"] for e in killed], ["KPROBE_ACTION_SIGKILL"], "actions")
        check_equal([e["process_kprobe"]["action"] for e in connects_of(events, {alive})], ["KPROBE_ACTION_POST"], "actions")
        end = [e for e in events if kind_of(e) == "process_exit" and pid_of(e) == dead]
        check_equal(len(end), 1, "exit events")
        harness.check_exit(end[0], 0, "SIGKILL")
        check_equal(daemon.policy("kill")["hooks"][0]["counters"]["signaled"], 1, "signals counted")
        daemon.stop()
    victim.close()
    spared.close()


def the_first_selector_that_matches_acts(folder):
    quiet, quiet_port = listen()
    loud, loud_port = listen()
    policy = harness.write_policy(folder, "order", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{quiet_port}"
      matchActions:
      - action: NoPost
    - matchArgs:
      - index: 0
        operator: "DAddr"
        values:
        - "127.0.0.0/8"
""")
    with Daemon(policy) as daemon:
        silent, _ = connect(quiet_port)
        shown, _ = connect(loud_port)
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        check_equal(connects_of(events, {silent}), [], "events of a NoPost selector")
        check_equal([e["burin"]["selector"] for e in connects_of(events, {shown})], [1], "selectors")
        counters = daemon.policy("order")["hooks"][0]["counters"]
        check(counters["matched"] > counters["posted"], f"NoPost must count as matched: {counters}")
        daemon.stop()
    quiet.close()
    loud.close()


def a_source_port_can_be_asked_for(folder):
    listener, port = listen()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        source = s.getsockname()[1]
    policy = harness.write_policy(folder, "sport", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "SPort"
        values:
        - "{source}"
      matchBinaries:
      - operator: "NotIn"
        values:
        - "/no/such/program"
""")
    with Daemon(policy) as daemon:
        hit, status = connect(port, source=source)
        check_equal(status, 0, "status of the bound client")
        miss, _ = connect(port)
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        check_equal([sock_of(e)["sport"] for e in connects_of(events, {hit})], [source], "source ports")
        check_equal(connects_of(events, {miss}), [], "events of another source port")
        daemon.stop()
    listener.close()


def gap_sum(stream, reason):
    return sum(int(e["rate_limit_info"]["number_of_dropped_process_events"]) for e in stream.gaps()
               if e["burin"]["gap"]["reason"] == reason)


def every_loss_is_counted_and_shown(folder):
    """A perf buffer of one page a CPU, and more connections than it can hold between two looks."""
    policy = harness.write_policy(folder, "flood", """    selectors:
    - matchArgs:
      - index: 0
        operator: "DAddr"
        values:
        - "127.0.9.9"
""")
    # Nobody listens there: a refused connection is a tcp_connect too, and the quickest one.
    code = ("import socket\nfor _ in range(3000):\n    s = socket.socket()\n    s.connect_ex(('127.0.9.9', 1))\n    s.close()\n")
    with Daemon(policy, args=["--buffer-pages", "1"]) as daemon:
        # A daemon that is stopped meanwhile reads nothing: the buffer overflows on a slow machine too.
        daemon.process.send_signal(signal.SIGSTOP)
        children = [subprocess.Popen(["/usr/bin/python3", "-c", code]) for _ in range(2)]
        try:
            for child in children:
                check_equal(child.wait(120 * harness.TIME_SCALE), 0, "status of a client")
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        # Losses that no later record tells are found by the daemon's own look at the counters, once a second.
        def told(_=None):
            counters = daemon.policy("flood")["hooks"][0]["counters"]
            base = daemon.metrics()
            lost = counters["no_space"] + counters["failed"] + sum(
                v for k, v in base.items() if k.startswith('burin_hook_records_total{policy="",') and
                ('result="no_space"' in k or 'result="failed"' in k))
            return counters, lost
        counters, lost = told()
        check_equal(counters["matched"], 6000, "matched connections")
        check_equal(counters["posted"] + counters["no_space"] + counters["failed"], 6000, "accounted for")
        check(lost > 0, "nothing was lost: the test did not overload the buffer")
        end = harness.deadline(15)
        while True:
            shown = gap_sum(daemon.stream, "perf_buffer")
            counters, lost = told()
            # We, on a slow machine, may have missed lines, those that tell of losses too: counted as well, but of all kinds of events.
            behind = gap_sum(daemon.stream, "slow_client")
            if lost - behind <= shown <= lost or harness.time.monotonic() > end:
                break
            harness.time.sleep(0.1)
        check(lost - behind <= shown <= lost, f"losses shown by gaps in the stream: {shown}, of {lost}, {behind} events missed by this client")
        delivered = len(connects_of(daemon.stream.snapshot(), {c.pid for c in children}))
        check(counters["posted"] - behind <= delivered <= counters["posted"],
              f"{delivered} connections delivered, {counters['posted']} posted, {behind} events missed by this client")
        daemon.stop()


def skipped_runs_are_counted_and_shown(folder):
    """Timers expire in interrupts, now and then while the program of another hook runs: the kernel does not nest the two."""
    policy = os.path.join(folder, "nesting.yaml")
    with open(policy, "w", encoding="utf-8") as f:
        f.write("""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "nesting"
spec:
  tracepoints:
  - subsystem: "raw_syscalls"
    event: "sys_enter"
    selectors:
    - matchActions:
      - action: NoPost
  - subsystem: "timer"
    event: "hrtimer_expire_entry"
    selectors:
    - matchActions:
      - action: NoPost
""")
    key = 'burin_lost_records_total{reason="skipped_run"}'
    with Daemon(policy) as daemon:
        spin = "import os\nwhile True:\n    os.getppid()\n"
        children = [subprocess.Popen(["/usr/bin/python3", "-c", spin]) for _ in range(2)]
        release = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2])
        end = harness.deadline(15) if release >= (6, 7) else harness.time.monotonic() + 3
        while daemon.metrics()[key] == 0 and harness.time.monotonic() < end:
            harness.time.sleep(0.1)
        for child in children:
            child.kill()
            child.wait()
        if daemon.metrics()[key] == 0 and release < (6, 7):
            daemon.stop()
            return print("      (kernels before 6.7 do not count the runs they skip)")
        check(daemon.metrics()[key] > 0, "no run was skipped: the test did not make hooks nest")
        end = harness.deadline(15)
        while gap_sum(daemon.stream, "skipped_run") != daemon.metrics()[key] and harness.time.monotonic() < end:
            harness.time.sleep(0.3)
        check_equal(gap_sum(daemon.stream, "skipped_run"), daemon.metrics()[key], "skipped runs shown by gaps in the stream")
        daemon.stop()


def without_structure_layouts(folder):
    """The bare rung: tracepoint arguments, helpers and /proc only."""
    if harness.EXPECT_RUNG == "kprobe":
        print("      (the kprobe rung needs layouts; bare mode takes the other one)")
    listener, port = listen()
    policy = harness.write_policy(folder, "bare", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{port}"
""")
    with Daemon(policy, args=["--layout-source", "none"]) as daemon:
        check_equal(daemon.policy("bare")["hooks"][0]["rung"], "tracepoint+sock_ops", "rung without layouts")
        pid, status = connect(port)
        check_equal(status, 0, "status of the client")
        code = subprocess.Popen(["/bin/sh", "-c", "exit 42"])
        code.wait()
        killed = subprocess.Popen(["/bin/sh", "-c", "kill -KILL $$"])
        killed.wait()
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        found = connects_of(events, {pid})
        check_equal([(sock_of(e)["daddr"], sock_of(e)["dport"]) for e in found], [("127.0.0.1", port)], "connections")
        check(sock_of(found[0]).get("sport"), "no source port")
        process = found[0]["process_kprobe"]["process"]
        check_equal(process["binary"], "/usr/bin/python3", "binary")
        check(process["arguments"].startswith('-c "import socket'), f"arguments: {process['arguments']}")
        for child, status, signal_name in ((code, 42, ""), (killed, 0, "SIGKILL")):
            ends = [e for e in events if kind_of(e) == "process_exit" and pid_of(e) == child.pid]
            check_equal(len(ends), 1, "exit events")
            harness.check_exit(ends[0], status, signal_name, bare=True)
        daemon.stop()
    listener.close()


if __name__ == "__main__":
    harness.run(binaries, sigkill_kills_and_says_so, the_first_selector_that_matches_acts, a_source_port_can_be_asked_for,
                every_loss_is_counted_and_shown, skipped_runs_are_counted_and_shown, without_structure_layouts)
