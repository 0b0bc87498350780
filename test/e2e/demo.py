"""The seed document, step by step: its policy (extended by its own awk lines), its two curls in the xwing pod, and what
`burin getevents` prints of them. As a test it compares every line; with --show it is `./dev demo` and explains itself.
"""
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import harness
from harness import Daemon, check, check_equal, connects_of, kind_of, pid_of, process_of, sock_of
from scene import OUTSIDE, XWING, Scene

SHOW = "--show" in sys.argv
PIPELINE = """awk '{ for (i = 1; i <= NF; i++) print "        - \\"" $i "\\"" }' >> network_egress_cluster.yaml"""
POLICY = "monitor-network-activity-outside-cluster-cidr-range"
OUT_CURL = "curl https://ebpf.io/applications/#tetragon"
IN_CURL = "curl -s -XPOST deathstar.default.svc.cluster.local/v1/request-landing"


def tell(text):
    if SHOW:
        print(f"\033[1m{text}\033[0m", flush=True)


def extended_policy(folder):
    """The shipped policy with the pod range and the service range appended by the seed's own command."""
    shutil.copy(os.path.join(harness.ROOT, "policies/network_egress_cluster.yaml"), folder)
    tell("$ kubectl get nodes -o jsonpath='{.items[*].spec.podCIDR}' | " + PIPELINE)
    # kubectl's answer on a cluster of three nodes, then that for the services.
    for answer in ("10.32.0.0/24 10.32.1.0/24 10.32.2.0/24", "10.96.0.1 10.96.0.10"):
        subprocess.run(["bash", "-c", PIPELINE], input=answer, text=True, cwd=folder, check=True)
    return os.path.join(folder, "network_egress_cluster.yaml")


class Terminal:
    """`burin getevents -o compact` in its own process; its lines are collected (and shown)."""

    def __init__(self, daemon, *args):
        words = ["getevents", "-o", "compact", "--pods", "xwing", "--processes", "curl", *args]
        tell("$ burin " + " ".join(words))
        self.lines = []
        self._changed = threading.Condition()
        open_before = daemon.metrics()["burin_http_streams_open"]
        self.process = subprocess.Popen([harness.BURIN, *words, "--server", daemon.url], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        # It shows new events only: what happens before its request is served is not for it.
        end = harness.deadline(20)
        while daemon.metrics()["burin_http_streams_open"] <= open_before:
            check(time.monotonic() < end, "burin getevents did not ask for events")
            time.sleep(0.02)

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
            if SHOW:
                print(line, end="", flush=True)

    def wait_for(self, part, count, seconds=20):
        """Until `count` lines contain `part`."""
        with self._changed:
            ok = self._changed.wait_for(lambda: sum(part in line for line in self.lines) >= count,
                                        seconds * harness.TIME_SCALE)
        check(ok, f"burin getevents did not print {count} lines with {part!r}: {self.lines}")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20 * harness.TIME_SCALE)
        self._thread.join()


def run_in_pod(scene, text):
    tell(f"$ kubectl exec -ti xwing -- bash -c '{text}'")
    quiet = None if SHOW else subprocess.DEVNULL
    child = subprocess.Popen(scene.command("bash", "-c", text), stdin=subprocess.DEVNULL, stdout=quiet,
                             stderr=subprocess.DEVNULL)
    return child.wait(), child.pid


def kinds_of(daemon, pid):
    """What the stream has of one process, curl's part only (before it the same process was ip and bash)."""
    return [kind_of(e) for e in daemon.stream.snapshot()
            if pid_of(e) == pid and process_of(e).get("binary") == "/usr/bin/curl"]


def scene_as_in_the_seed(folder):
    harness.require_tools("curl", "openssl", "awk")
    policy = extended_policy(folder)
    with Scene() as scene, Daemon(policy, node_name="default/xwing") as daemon:
        rung = daemon.check_rung(POLICY) if not SHOW else ""
        tell(f"burin is ready after {daemon.ready_seconds:.2f} s")
        terminal = Terminal(daemon, "--color", "auto" if SHOW else "never")
        daemon.stream.barrier()

        status, pid = run_in_pod(scene, OUT_CURL)
        check_equal(status, 60, "exit status of the outside curl")
        terminal.wait_for("exit    default/xwing /usr/bin/curl https://ebpf.io", 1)
        daemon.stream.barrier()
        events = [e for e in daemon.stream.snapshot() if pid_of(e) == pid and process_of(e).get("binary") == "/usr/bin/curl"]
        check_equal([kind_of(e) for e in events], ["process_exec", "process_kprobe", "process_exit"], "events of the outside curl")
        exec_, connect, exit_ = events
        check_equal(process_of(exec_)["arguments"], "https://ebpf.io/applications/#tetragon", "arguments")
        check_equal(exit_["process_exit"].get("status"), 60, "status in the exit event")
        sock = sock_of(connect)
        check_equal((sock["family"], sock["saddr"], sock["daddr"], sock["dport"], sock["protocol"]),
                    ("AF_INET", XWING, OUTSIDE, 443, "IPPROTO_TCP"), "the connection")
        check_equal(connect["process_kprobe"]["policy_name"], POLICY, "policy name")
        expected = ["🚀 process default/xwing /usr/bin/curl https://ebpf.io/applications/#tetragon\n",
                    f"🔌 connect default/xwing /usr/bin/curl tcp {XWING}:{sock['sport']} -> {OUTSIDE}:443\n",
                    "💥 exit    default/xwing /usr/bin/curl https://ebpf.io/applications/#tetragon 60\n"]
        shown = [line for line in terminal.lines if "ebpf.io" in line or f":{sock['sport']} ->" in line]
        if not SHOW:
            check_equal(shown, expected, "lines of burin getevents")

        status, pid = run_in_pod(scene, IN_CURL)
        check_equal(status, 0, "exit status of the in-cluster curl")
        terminal.wait_for('exit    default/xwing /usr/bin/curl "-s -XPOST', 1)
        daemon.stream.barrier()
        check_equal(kinds_of(daemon, pid), ["process_exec", "process_exit"], "events of the in-cluster curl")
        tell("(no connect line: the destination is in the policy's list, the kernel dropped it)")

        terminal.stop()
        daemon.stop()
        check_equal(connects_of(daemon.stream.snapshot(), {pid}), [], "connects of the in-cluster curl")
    if rung:
        print(f"      rung: {rung}")


def getevents_reads_a_pipe(folder):
    """`burin getevents` without --server and with a pipe on stdin formats what it reads, as tetra does."""
    policy = harness.write_policy(folder, "piped")
    with Daemon(policy, node_name="piped") as daemon:
        child = subprocess.Popen(["/bin/true", "one", "two words"])
        child.wait()
        daemon.stream.wait_for(lambda e: kind_of(e) == "process_exit" and pid_of(e) == child.pid, "exit of true")
        status, body = daemon.get("/v1/events?compat=tetragon&processes=/true$")
        check_equal(status, 200, "status")
        shown = subprocess.run([harness.BURIN, "getevents", "-o", "compact", "--color", "never"], input=body.encode(),
                               capture_output=True, check=True).stdout.decode()
        for line in ('🚀 process piped /bin/true "one \\"two words\\""\n', '💥 exit    piped /bin/true "one \\"two words\\"" 0\n'):
            check(line.replace("/bin/true", "/usr/bin/true") in shown or line in shown, f"{line!r} is not in {shown!r}")
        daemon.stop()


if __name__ == "__main__":
    # ^C leaves through the `with` blocks, which clean up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if SHOW:
            harness.run(scene_as_in_the_seed)
        harness.run(scene_as_in_the_seed, getevents_reads_a_pipe)
    except KeyboardInterrupt:
        sys.exit(130)
