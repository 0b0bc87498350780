"""`burin check`: what it finds beyond reading, and what a policy costs."""
import json
import os
import re
import subprocess

import harness
from harness import check, check_equal

HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"checked\"\nspec:\n"


def burin(*words):
    return subprocess.run([harness.BURIN, "check", *words], capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})


def write(folder, text):
    path = os.path.join(folder, "checked.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD + text)
    return path


def cost(folder):
    ended = burin("--cost", os.path.join(harness.ROOT, "policies", "tcp_connect.yaml"))
    check_equal(ended.returncode, 0, ended.stderr)
    found = re.search(r"tcp_connect \((kprobe|tracepoint\+sock_ops)\): (\d+) instructions of at most 32000", ended.stdout)
    check(found and 50 < int(found.group(2)) < 4000, ended.stdout)


def what_planning_finds(folder):
    path = write(folder, """  tracepoints:
  - subsystem: sched
    event: sched_process_exec
    args:
    - index: 99
""")
    ended = burin(path)
    check_equal(ended.returncode, 3, ended.stdout + ended.stderr)
    check("there is none with index 99" in ended.stderr and ":10:" in ended.stderr, ended.stderr)
    ended = burin("--json", path)
    found = json.loads(ended.stdout)
    check_equal([(d["id"], d["line"]) for d in found], [("unknown-arg", 10)], "diagnostics as JSON")
    check_equal(burin("--no-host", path).returncode, 0, "status without a look at the host")


if __name__ == "__main__":
    harness.require_bpf()
    if not os.path.exists("/sys/kernel/tracing/events/sched/sched_process_exec/format"):
        harness.skip("no tracefs")
    harness.run(cost, what_planning_finds)
