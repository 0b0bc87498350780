"""Policies whose selectors are chosen by the mode that mkdir is called with, processes that call it, and what the daemon says of
them: for the tests of actions."""
import os
import subprocess

import harness
from harness import check, pid_of

HEAD = """apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "%s"
spec:
"""
# mkdir's mode says which selector is meant: it is an int that every process may choose.
MKDIR = """  kprobes:
  - call: "sys_mkdir"
    syscall: true
    args:
    - index: 0
      type: "string"
    - index: 1
      type: "int"
    selectors:
"""


def write(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def on_mode(mode, actions):
    return f"""    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "{mode}"
      matchActions:
{actions}"""


def python(code):
    """A process of its own; (pid, exit status)."""
    child = subprocess.Popen(["/usr/bin/python3", "-c", code], stderr=subprocess.DEVNULL)
    return child.pid, child.wait(60 * harness.TIME_SCALE)


def mkdir(folder, mode, times=1, name="d"):
    path = os.path.join(folder, name)
    return python(f"import os\nfor _ in range({times}):\n  os.mkdir({path!r}, {mode})\n  os.rmdir({path!r})\n")


def hook_events(stream, pid, kind="process_kprobe"):
    stream.barrier()
    return [e for e in stream.snapshot() if kind in e and pid_of(e) == pid]


def counters(daemon, policy, hook=0):
    return daemon.policy(policy)["hooks"][hook]["counters"]


def refused(policy):
    """What `burin run` says of a policy that it does not load."""
    ended = subprocess.run([harness.BURIN, "run", "--policy", policy, "--listen", "127.0.0.1:0", "--cache-dir",
                            harness.shared_cache()], capture_output=True, text=True, timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0, f"{policy} was loaded")
    return ended.stderr
