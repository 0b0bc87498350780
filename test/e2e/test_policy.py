"""`burin test-policy` on one run recorded in both ways: as the stream's JSON lines and as a raw recording."""
import json
import os
import subprocess

import harness
from harness import BURIN, Daemon, check, check_equal, pid_of

HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
HOOK = """  kprobes:
  - call: "sys_openat"
    syscall: true
    args:
"""
PATH = '    - {index: 1, type: "string"}\n'
FLAGS = '    - {index: 2, type: "int"}\n'


def write(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def selector(operator, value, position=0):
    return f"""    selectors:
    - matchArgs:
      - {{args: [{position}], operator: "{operator}", values: ["{value}"]}}
"""


def record(folder, names):
    """One process opens these files (bytes, none of which exists); the run's stream and its raw recording."""
    raw, lines = os.path.join(folder, "run.raw"), os.path.join(folder, "run.ndjson")
    policy = write(folder, "recorded", HOOK + PATH + FLAGS + selector("Prefix", "/none/"))
    code = "import os, sys\nfor name in sys.argv[1:]:\n  try: os.open(os.fsencode(name), os.O_RDONLY)\n  except OSError: pass\n"
    with Daemon(policy, args=["--record-raw", raw]) as daemon:
        child = subprocess.Popen(["/usr/bin/python3", "-c", code, *names])
        check_equal(child.wait(), 0, "status of the child")
        daemon.stream.barrier()
        daemon.stop()
        with open(lines, "wb") as f:
            f.writelines(daemon.stream.lines)
        seen = [e for e in daemon.stream.snapshot() if "process_kprobe" in e and pid_of(e) == child.pid]
        check_equal(len(seen), len(names), "recorded calls")
    return raw, lines, child.pid


def verdicts(policy, source, pid, *words):
    """[(match, selector, first reason)] of the process's events, in order."""
    ended = subprocess.run([BURIN, "test-policy", policy, *source, "--json", *words], capture_output=True, text=True)
    check_equal(ended.returncode, 0, ended.stderr)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    return [(v["match"], v.get("selector"), v["selectors"][0].get("reason", "") if v["selectors"] else "") for v in found
            if v["pid"] == pid]


def both_forms(folder):
    raw, lines, pid = record(folder, [b"/none/a", b"/none/b\xff", b"/none/b"])
    sources = {"--events": lines, "--replay": raw}

    policy = write(folder, "ends-in-a", HOOK + PATH + selector("Postfix", "/a"))
    for option, path in sources.items():
        seen = verdicts(policy, [option, path], pid)
        check_equal([v[0] for v in seen][::2], ["yes", "no"], option)
        check("Postfix does not hold for" in seen[2][2] and "/none/b" in seen[2][2], f"{option}: {seen}")
    # Only the raw recording has the bytes that are no UTF-8.
    check_equal(verdicts(policy, ["--events", lines], pid)[1][0], "unknown", "a name that JSON cannot say")
    check_equal(verdicts(policy, ["--replay", raw], pid)[1][0], "no", "the same from the record")

    everything = write(folder, "everything", HOOK + PATH)
    for option, path in sources.items():
        check_equal([v[:2] for v in verdicts(everything, [option, path], pid)], [("yes", None)] * 3, option)

    # The policy has the flags where the recorded one has the name: the recording knows which is which.
    flags = write(folder, "flags", HOOK + FLAGS + selector("Mask", str(os.O_CLOEXEC)))
    check_equal([v[0] for v in verdicts(flags, ["--replay", raw], pid)], ["yes"] * 3, "the flags by what they are")
    check_equal([v[0] for v in verdicts(flags, ["--events", lines], pid)], ["unknown"] * 3, "the flags by position")
    other = write(folder, "not-captured", HOOK + '    - {index: 3, type: "int"}\n' + selector("Equal", "0"))
    seen = verdicts(other, ["--replay", raw], pid)
    check_equal([v[0] for v in seen], ["unknown"] * 3, "an argument that was not recorded")
    check("did not capture value 3" in seen[0][2], seen)


def counts_and_usage(folder):
    raw, lines, _ = record(folder, [b"/none/only-here", b"/none/x"])
    policy = write(folder, "once", HOOK + PATH + selector("Equal", "/none/only-here"))
    for source in (["--events", lines], ["--replay", raw]):
        for number, status in (("1", 0), ("2", 1)):
            ended = subprocess.run([BURIN, "test-policy", policy, *source, "--expect-match", number], capture_output=True, text=True)
            check_equal(ended.returncode, status, f"{source} {number}: {ended.stderr}")
            check("selector 0 at " + policy in ended.stdout, ended.stdout)
            check("1 match" in ended.stderr, ended.stderr)
    for words in ([], ["--events", lines, "--replay", raw]):
        ended = subprocess.run([BURIN, "test-policy", policy, *words], capture_output=True, text=True)
        check_equal(ended.returncode, 2, ended.stderr)
    ended = subprocess.run([BURIN, "test-policy", policy, "--replay", lines], capture_output=True, text=True)
    check_equal(ended.returncode, 1, ended.stderr)
    check("is no raw recording" in ended.stderr, ended.stderr)


if __name__ == "__main__":
    harness.run(both_forms, counts_and_usage)
