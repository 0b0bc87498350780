"""Filtering happens in the kernel: a connection that the policy excludes is counted by the program, but no record of it is
ever put into the perf buffer. Shown by the program's own counters and by what the reader copied out."""
import os
import shutil
import socket
import subprocess

import harness
from harness import Daemon, check, check_equal, connects_of, hook_counters, sock_of

CLIENT = os.path.join(harness.HERE, "connect_client.py")


def listen(host):
    s = socket.socket()
    s.bind((host, 0))
    s.listen(4096)
    return s, s.getsockname()[1]


def client(python, *words):
    child = subprocess.Popen([python, CLIENT, *words], stdout=subprocess.DEVNULL)
    check_equal(child.wait(120 * harness.TIME_SCALE), 0, "exit status of the client")
    return child.pid


def excluded_connects_leave_no_record(folder):
    # A python of our own path: matchBinaries keeps everybody else's connections out of the counters of what was posted.
    python = os.path.join(folder, "python3")
    shutil.copy(os.path.realpath("/usr/bin/python3"), python)
    policy = harness.write_policy(folder, "egress", f"""    selectors:
    - matchBinaries:
      - operator: "In"
        values:
        - "{python}"
      matchArgs:
      - index: 0
        operator: "NotDAddr"
        values:
        - "127.0.0.0/24"
""")
    excluded, excluded_port = listen("127.0.0.1")
    reported, reported_port = listen("127.0.1.1")
    with Daemon(policy) as daemon:
        daemon.check_rung("egress")
        entered, posted = hook_counters(daemon.policy("egress"))
        check_equal(posted, 0, "posted before anything was done")
        quiet = client(python, f"blocking:127.0.0.1:{excluded_port}:500", "refused-blocking:127.0.0.1:0:100")
        daemon.stream.barrier()
        entered_then, posted_then = hook_counters(daemon.policy("egress"))
        check(entered_then - entered >= 600, f"the program ran {entered_then - entered} times for 600 connections")
        check_equal(posted_then, 0, "records posted for excluded connections")
        check_equal(connects_of(daemon.stream.snapshot(), {quiet}), [], "events of excluded connections")

        loud = client(python, f"blocking:127.0.1.1:{reported_port}:200", f"blocking:127.0.0.1:{excluded_port}:200")
        daemon.stream.barrier()
        _, posted_end = hook_counters(daemon.policy("egress"))
        check_equal(posted_end, 200, "records posted for reported connections")
        daemon.stop()
        events = connects_of(daemon.stream.snapshot(), {loud})
        check_equal((len(events), {sock_of(e)["daddr"] for e in events}), (200, {"127.0.1.1"}), "reported connections")
    excluded.close()
    reported.close()


def the_perf_buffer_stays_empty(folder):
    """The reader's own count: while only excluded connections happen, it copies out only the base events of processes."""
    policy = harness.write_policy(folder, "all-excluded", """    selectors:
    - matchArgs:
      - index: 0
        operator: "NotDAddr"
        values:
        - "0.0.0.0/0"
        - "::/0"
""")
    listener, port = listen("127.0.0.1")
    with Daemon(policy) as daemon:
        entered, _ = hook_counters(daemon.policy("all-excluded"))
        before = daemon.metrics()["burin_records_total"]
        client("/usr/bin/python3", f"blocking:127.0.0.1:{port}:2000")
        daemon.stream.barrier()
        entered_then, posted = hook_counters(daemon.policy("all-excluded"))
        records = daemon.metrics()["burin_records_total"] - before
        check(entered_then - entered >= 2000, f"the program ran {entered_then - entered} times for 2,000 connections")
        check_equal(posted, 0, "records posted")
        # Other programs of this machine start processes meanwhile, but not one for each of our connections.
        check(records < 1000, f"{records:.0f} records came out of the perf buffer during 2,000 excluded connections")
        daemon.stop()
    listener.close()


if __name__ == "__main__":
    harness.run(excluded_connects_leave_no_record, the_perf_buffer_stays_empty)
