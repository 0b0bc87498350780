#!/usr/bin/python3
"""Makes the recordings of test/replay/data: live runs, cut down to the processes of their scenes. Needs root; look at the new
.ndjson files before they are committed."""
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness  # noqa: E402
from harness import BIN, BURIN, Daemon, check_equal  # noqa: E402

DATA = os.path.join(HERE, "data")
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
# What processes of a scene see: nothing of the one who runs this.
QUIET = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin"}, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
         "stderr": subprocess.DEVNULL}


def start(*words):
    child = subprocess.Popen(words, **QUIET)
    child.wait()
    return child.pid


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def keep(name, folder, scene, *policies, args=()):
    """Runs `scene`, which gives the pids to keep, under these policies."""
    raw = os.path.join(folder, name)
    with Daemon(*policies, args=["--record-raw", raw, *args], node_name="node-a") as daemon:
        pids = scene(daemon)
        daemon.stream.barrier(60)
        daemon.stop()
    out = os.path.join(DATA, name + ".raw")
    subprocess.run([os.path.join(BIN, "recording_cut"), raw, out, *map(str, [os.getpid(), *pids])], check=True)
    os.chmod(out, 0o644)
    ended = subprocess.run([BURIN, "replay", out], capture_output=True)
    check_equal(ended.returncode, 0, ended.stderr)
    with open(os.path.join(DATA, name + ".ndjson"), "wb") as f:
        f.write(ended.stdout)
    print(name, os.path.getsize(out), "bytes,", ended.stdout.count(b"\n"), "events")


def exec_exit(folder):
    keep("exec_exit", folder, lambda _: [
        start("/bin/sh", "-c", "/bin/true 'two words' ''; (exit 3); cd /usr && ./bin/env true; kill -TERM $$"),
        start("/usr/bin/python3", "-c", "import os; os.execv(b'/bin/echo', [b'echo', b'not utf-8 \\xff'])"),
        start("/bin/false"),
    ], policy(folder, "nothing", """  tracepoints:
  - {subsystem: "sched", event: "sched_process_wait"}
"""))


def arguments(folder):
    text = """  loader: true
  kprobes:
  - call: "sys_openat"
    syscall: true
    return: true
    message: "opened"
    tags: ["files"]
    args:
    - {index: 0, type: "int"}
    - {index: 1, type: "string"}
    - {index: 2, type: "int", label: "flags"}
    returnArg: {index: 0, type: "int"}
    selectors:
    - label: "none"
      matchArgs:
      - {args: [1], operator: "Prefix", values: ["/none/", "/etc/hostname"]}
  - call: "sys_mkdir"
    syscall: true
    args:
    - {index: 0, type: "string"}
    - {index: 1, type: "int"}
    selectors:
    - matchArgs:
      - {args: [1], operator: "Equal", values: ["453"]}
      matchActions:
      - action: "Post"
        kernelStackTrace: true
        userStackTrace: true
"""
    code = ("import os\nfor name in (b'/none/a', b'/none/\\xff', b'/etc/hostname', b'/none/' + b'x' * 3000):\n"
            "  try: os.open(name, os.O_RDONLY)\n  except OSError: pass\n"
            "try: os.mkdir('/proc/none', 453)\nexcept OSError: pass\n")
    keep("arguments", folder, lambda _: [start("/usr/bin/python3", "-c", code)], policy(folder, "arguments", text))


def gaps(folder):
    code = "import socket\nfor _ in range(40):\n  s = socket.socket()\n  s.connect_ex(('127.0.9.9', 1))\n  s.close()\n"

    def scene(daemon):
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            pids = [start("/usr/bin/python3", "-c", code) for _ in range(12)]
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        daemon.stream.wait_for(lambda e: "rate_limit_info" in e, "a gap")
        return pids

    keep("gaps", folder, scene, harness.write_policy(folder, "connects"), args=["--buffer-pages", "1"])


def demo(folder):
    from scene import Scene
    with Scene() as scene:
        def curls(_):
            return [start(*scene.command("curl", "https://ebpf.io/applications/#tetragon")),
                    start(*scene.command("curl", "-s", "-XPOST", "deathstar.default.svc.cluster.local/v1/request-landing"))]
        keep("demo", folder, curls, os.path.join(harness.ROOT, "policies/network_egress_cluster.yaml"))


if __name__ == "__main__":
    harness.run(exec_exit, arguments, gaps, demo)
