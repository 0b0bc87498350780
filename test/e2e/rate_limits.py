"""Many events as few, on the real kernel with real processes: rate limits by the fields that the policy names and the count of what
they held back, and lines that stand for several equal events."""
import os
import signal
import socket
import subprocess

import harness
from harness import Daemon, check_equal, pid_of
from mode_policies import MKDIR, counters, hook_events, mkdir, on_mode, python, write


def a_rate_limit_counts_what_it_holds_back(folder):
    window = 2 * harness.TIME_SCALE
    policy = write(folder, "rate", MKDIR + on_mode(451, f"""      - action: Post
        rateLimit: "{int(window)}"
        rateLimitScope: "process"
"""))
    path = os.path.join(folder, "d")
    code = f"""import os, time
def make(name):
    os.mkdir(name, 451)
    os.rmdir(name)
for _ in range(5): make({path!r})
make({path!r} + '2')
time.sleep({window} * 1.2)
for _ in range(3): make({path!r})
"""
    with Daemon(policy) as daemon:
        pid, status = python(code)
        check_equal(status, 0, "status")
        events = hook_events(daemon.stream, pid)
        # Equal is what has the same arguments: the second name is an event of its own; the second window tells the first's.
        got = [(e["process_kprobe"]["args"][0]["string_arg"][len(path):], e["burin"].get("suppressed", 0)) for e in events]
        check_equal(got, [("", 0), ("2", 0), ("", 4)], "names and suppressed counts")
        other, _ = mkdir(folder, 451)
        check_equal(len(hook_events(daemon.stream, other)), 1, "events of another process: the scope is the process")
        c = counters(daemon, "rate")
        check_equal((c["matched"], c["posted"], c["suppressed"]), (10, 4, 6), "matched, posted, suppressed")
        daemon.stop()


def a_suppressed_event_is_still_enforced(folder):
    policy = write(folder, "still", MKDIR + on_mode(452, """      - action: Post
        rateLimit: "1h"
        rateLimitScope: "global"
        rateLimitKeys:
        - "binary"
      - action: Sigkill
"""))
    with Daemon(policy) as daemon:
        pids = []
        for i in range(3):
            pid, status = mkdir(folder, 452, name=f"s{i}")
            check_equal(status, -signal.SIGKILL, "status")
            pids.append(pid)
        shown = [p for p in pids if hook_events(daemon.stream, p)]
        check_equal(shown, pids[:1], "processes with an event")
        c = counters(daemon, "still")
        check_equal((c["signaled"], c["suppressed"]), (3, 2), "signaled, suppressed")
        daemon.stop()


def a_rate_limit_by_destination(folder):
    """Each connection has a source port of its own: with all of the sock as the key, as Tetragon has it, nothing is ever held
    back; with the destination as the key all but the first are."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    port = listener.getsockname()[1]
    keys = {"whole": "", "destination": """        rateLimitKeys:
        - "binary"
        - "arg0.daddr"
        - "arg0.dport"
"""}
    policies = [harness.write_policy(folder, name, f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{port}"
      matchActions:
      - action: Post
        rateLimit: "1h"
        rateLimitScope: "global"
{text}""") for name, text in keys.items()]
    with Daemon(*policies) as daemon:
        code = f"import socket\nfor _ in range(6):\n  s = socket.socket()\n  s.connect(('127.0.0.1', {port}))\n  s.close()\n"
        pid, status = python(code)
        check_equal(status, 0, "status")
        events = hook_events(daemon.stream, pid)
        seen = [e["process_kprobe"]["policy_name"] for e in events]
        check_equal((seen.count("whole"), seen.count("destination")), (6, 1), "events by key")
        check_equal((counters(daemon, "whole")["suppressed"], counters(daemon, "destination")["suppressed"]), (0, 5),
                    "suppressed by key")
        daemon.stop()
    listener.close()


def equal_events_in_one_line(folder):
    """Connections of one process to one service differ in the source port only: with aggregate= they are one line each and process,
    and the counts add up to the events."""
    listeners = [socket.socket() for _ in range(2)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
    ports = [listener.getsockname()[1] for listener in listeners]
    policy = harness.write_policy(folder, "equal", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{ports[0]}"
        - "{ports[1]}"
""")
    code = f"""import socket
for port, times in (({ports[0]}, 6), ({ports[1]}, 2)):
  for _ in range(times):
    s = socket.socket()
    s.connect(('127.0.0.1', port))
    s.close()
"""
    with Daemon(policy) as daemon:
        pids = [python(code)[0] for _ in range(2)]
        daemon.stream.barrier()
        single = daemon.events(events="PROCESS_KPROBE")
        check_equal(len(single), 16, "events")
        lines = daemon.events(events="PROCESS_KPROBE", aggregate="1h")
        got = sorted((pid_of(e), harness.sock_of(e)["dport"], int(e["aggregation_info"]["count"])) for e in lines)
        check_equal(got, sorted((pid, port, n) for pid in pids for port, n in zip(ports, (6, 2))), "process, port, count")
        last = {(pid_of(e), harness.sock_of(e)["dport"]): e["burin"]["seq"] for e in single}
        check_equal({(pid_of(e), harness.sock_of(e)["dport"]): e["burin"]["aggregate"]["last_seq"] for e in lines}, last,
                    "last of each group")
        plain = daemon.events(events="PROCESS_KPROBE", aggregate="1h", compat="tetragon")
        check_equal(sum(int(e["aggregation_info"]["count"]) for e in plain), 16, "counts in the compatible form")
        shown = subprocess.run([harness.BURIN, "getevents", "--server", daemon.url, "--no-follow", "-o", "compact", "--events",
                                "kprobe", "--aggregate", "1h", "--last", "100"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        check_equal(sorted(line.rsplit(" ", 1)[1] for line in shown.stdout.splitlines()), ["×2", "×2", "×6", "×6"], shown.stderr)
        daemon.stop()
    for listener in listeners:
        listener.close()


if __name__ == "__main__":
    harness.run(a_rate_limit_counts_what_it_holds_back, a_suppressed_event_is_still_enforced, a_rate_limit_by_destination,
                equal_events_in_one_line)
