"""Where structure layouts come from: each source alone gives the same events, and one that is wrong is dropped by the self-test."""
import itertools
import json
import os
import re
import socket
import subprocess

import harness
from harness import BURIN, Daemon, check, check_equal, connects_of, kind_of, pid_of, sock_of

MAGIC = "burin layout pack 2\n"


def fnv1a(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return f"{value:016x}"


def sealed(lines):
    text = "".join(line + "\n" for line in lines)
    return text + f"end {fnv1a(text.encode())}\n"


def pack(folder, name="this.layout", *args):
    path = os.path.join(folder, name)
    done = subprocess.run([BURIN, "layout", "pack", "-o", path, "--cache-dir", harness.shared_cache(), *args], capture_output=True, text=True)
    check_equal(done.returncode, 0, f"layout pack: {done.stderr}")
    return path


def changed(path, to, change):
    """The pack with its member lines changed, and an end mark that fits again: only the self-test can tell."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()[:-1]
    with open(to, "w", encoding="utf-8") as f:
        f.write(sealed([change(line) for line in lines]))
    return to


def scene(daemon, port):
    """What the daemon tells of one process with one connection, without what differs from run to run."""
    code = f"import socket\ns = socket.socket()\ns.connect(('127.0.0.1', {port}))\nprint(s.getsockname()[1])\n"
    child = subprocess.Popen(["/usr/bin/python3", "-c", code], stdout=subprocess.PIPE, text=True, cwd="/usr/lib")
    sport = int(child.communicate()[0])
    daemon.stream.barrier()
    events = [e for e in daemon.stream.snapshot() if pid_of(e) == child.pid]
    out = []
    for event in events:
        kind = kind_of(event)
        process = event[kind]["process"]
        line = {"kind": kind, "binary": process["binary"], "arguments": process["arguments"], "cwd": process["cwd"], "uid": process["uid"],
                "parent": event[kind]["parent"]["pid"] == os.getpid()}
        if kind == "process_kprobe":
            sock = sock_of(event)
            line["sock"] = {k: sock[k] for k in ("family", "daddr", "dport", "saddr")}
            check_equal(sock["sport"], sport, "source port")
        if kind == "process_exit":
            line["status"] = event[kind].get("status", 0)
        out.append(line)
    return out


def listening(folder):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    port = listener.getsockname()[1]
    policy = harness.write_policy(folder, "layouts", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
        - "{port}"
""")
    return listener, port, policy


def source_of(daemon):
    return json.loads(daemon.get("/v1/policies")[1])["layout"]


def sources():
    """(arguments, name in /v1/policies, why it cannot be had here or None)"""
    out = []
    for source in ("btf", "file", "headers", "kheaders", "discovery", "none"):
        done = subprocess.run([BURIN, "layout", "dump", "--layout-source", source, "--cache-dir", harness.shared_cache()], capture_output=True, text=True)
        reason = None if done.returncode == 0 or source in ("file", "none") else done.stderr.strip().splitlines()[0]
        out.append((source, reason))
    return out


def every_source_gives_the_same_events(folder):
    listener, port, policy = listening(folder)
    expected, first = None, None
    table = []
    for source, reason in sources():
        if reason:
            table.append((source, "not here: " + reason))
            continue
        args = ["--layout-source", source]
        if source == "file":
            args += ["--layout", pack(folder)]  # of whatever this kernel's best source is
        with Daemon(policy, args=args) as daemon:
            got = scene(daemon, port)
            used = source_of(daemon)
            check_equal(daemon.policy("layouts")["state"], "attached", "state")
            daemon.stop()
        check_equal([line["kind"] for line in got], ["process_exec", "process_kprobe", "process_exit"], f"events with {source}")
        if expected is None:
            expected, first = got, source
        check_equal(got, expected, f"events with {source} against those with {first}")
        table.append((source, f"same events (layouts from {used})"))
    for source, outcome in table:
        print(f"      {source:<10} {outcome[:150]}")
    listener.close()


def the_sources_agree(folder):
    """Where two sources both know a member, they say the same: also discovery against headers, where there is no BTF to ask."""
    tables = {}
    for source, reason in sources():
        if reason or source in ("file", "none"):
            continue
        done = subprocess.run([BURIN, "layout", "dump", "--json", "--layout-source", source, "--cache-dir", harness.shared_cache()],
                              capture_output=True, text=True)
        check_equal(done.returncode, 0, f"layout dump from {source}: {done.stderr}")
        tables[source] = {name: m for name, m in json.loads(done.stdout)["members"].items() if m}
    check("discovery" in tables, f"discovery gave nothing; {list(tables)}")
    names = list(tables)
    for a, b in itertools.combinations(names, 2):
        both = tables[a].keys() & tables[b].keys()
        check(len(both) > 50, f"{a} and {b} both know only {len(both)} members")

        def bits(member):
            """Place and bits of the value: the unit that a bit-field is read from may be chosen freely."""
            if not member["mask"]:
                return member["offset"], None
            return member["offset"] * 8 + member["shift"], member["mask"]

        wrong = {n: (tables[a][n], tables[b][n]) for n in both if bits(tables[a][n]) != bits(tables[b][n])}
        check(not wrong, f"{a} and {b} contradict each other: {wrong}")
        print(f"      {a} and {b}: {len(both)} members, all the same ({len(tables[a])} and {len(tables[b])} known)")


def refusal(*args):
    done = subprocess.run([BURIN, "run", "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", "", *args], capture_output=True,
                          text=True, timeout=120 * harness.TIME_SCALE)
    check(done.returncode != 0, f"burin run {args} started")
    return done.stderr


def a_wrong_pack_is_dropped(folder):
    good = pack(folder)

    def shift(line):
        parts = line.split()
        if len(parts) == 5 and parts[0].split(".")[0] in ("task_struct", "sock"):
            parts[1] = str(int(parts[1]) + 8)
        return " ".join(parts)

    wrong = changed(good, os.path.join(folder, "wrong.layout"), shift)
    listener, port, policy = listening(folder)
    said = refusal("--policy", policy, "--layout-source", "file", "--layout", wrong)
    check("self-test" in said, f"refusal of a wrong pack: {said}")
    with Daemon(policy, args=["--layout", wrong]) as daemon:  # the next source takes its place
        check(source_of(daemon) not in ("pack", ""), f"layouts from {source_of(daemon)}")
        check("the self-test failed" in daemon.log() and "trying the next source" in daemon.log(), daemon.log())
        check_equal([line["kind"] for line in scene(daemon, port)], ["process_exec", "process_kprobe", "process_exit"], "events")
        daemon.stop()
    listener.close()


def packs_of_others_are_refused(folder):
    good = pack(folder)
    listener, port, policy = listening(folder)
    listener.close()

    def text_of(path):
        with open(path, encoding="utf-8") as f:
            return f.read()

    other = changed(good, os.path.join(folder, "other.layout"),
                    lambda line: re.sub(r"^build-id .*", "build-id " + "ab" * 20, re.sub(r"^release .*", "release 1.2.3", line)))
    cut = os.path.join(folder, "cut.layout")
    with open(cut, "w", encoding="utf-8") as f:
        f.write(text_of(good)[:-40])
    new = os.path.join(folder, "new.layout")
    with open(new, "w", encoding="utf-8") as f:
        f.write(text_of(good).replace(MAGIC, "burin layout pack 9\n"))
    for path, words in ((other, "not for this kernel"), (cut, "truncated"), (new, "another version"),
                        (os.path.join(folder, "gone.layout"), "cannot read")):
        said = refusal("--policy", policy, "--layout-source", "file", "--layout", path)
        check(words in said, f"{os.path.basename(path)}: {said}")
    said = refusal("--policy", policy, "--layout-source", "nonsense")
    check("--layout-source takes" in said, said)


def the_doctor_says_what_it_tried(folder):
    done = subprocess.run([BURIN, "doctor", "--json", "--cache-dir", harness.shared_cache()], capture_output=True, text=True)
    report = json.loads(done.stdout)
    check_equal(done.returncode, 4 if report["verdict"] == "broken" else 0, "exit status and verdict")
    ids = [f["id"] for f in report["findings"]]
    check_equal(len(set(ids)), len(ids), "each finding has an id of its own")
    for wanted in ("privileges", "seccomp", "memlock", "container", "cgroups", "kernel", "tracefs", "lockdown", "kptr_restrict", "bpf",
                   "kprobes", "fentry", "bpf-lsm", "sock_ops", "layout", "compiler", "cache", "field:process binary", "probe:tcp_connect"):
        check(wanted in ids, f"{wanted} is not in {ids}")
    for finding in report["findings"]:
        if finding["verdict"] == "broken":
            check(finding.get("cure") or finding.get("meaning"), f"neither meaning nor cure: {finding}")


if __name__ == "__main__":
    harness.require_bpf()
    harness.run(every_source_gives_the_same_events, the_sources_agree, a_wrong_pack_is_dropped, packs_of_others_are_refused, the_doctor_says_what_it_tried)
