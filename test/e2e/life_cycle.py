"""Start, stop, kill, start again: nothing is lost on SIGTERM, nothing is left after SIGKILL, nothing is compiled twice."""
import json
import os
import signal
import subprocess
import tempfile
import time

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of


def programs():
    """Ids of all BPF programs in the kernel."""
    out = subprocess.run(["bpftool", "prog", "list", "-j"], check=True, capture_output=True, text=True).stdout
    return {p["id"]: p for p in json.loads(out)}


def links():
    out = subprocess.run(["bpftool", "link", "list", "-j"], check=True, capture_output=True, text=True).stdout
    return {link["id"]: link for link in json.loads(out or "[]")}


def tracefs_probes():
    """Probes with our name in tracefs (the only kind of attachment that outlives its process)."""
    found = []
    for root in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing"):
        for name in ("kprobe_events", "uprobe_events"):
            try:
                with open(f"{root}/{name}", encoding="utf-8") as f:
                    found += [line for line in f if "burin" in line]
            except OSError:
                pass
    return found


def compiles(daemon):
    return daemon.metrics()['burin_compiles_total{image="compiled"}']


def wait_gone(ids, list_now, what):
    """The kernel frees programs a moment after their owner's end (after an RCU grace period)."""
    end = harness.deadline(10)
    while True:
        left = ids & set(list_now())
        if not left:
            return
        check(time.monotonic() < end, f"{what} left behind: {[list_now().get(i) for i in left]}")
        time.sleep(0.05)


def started(before):
    return {i for i, p in programs().items() if i not in before and any(
        owner.get("comm", "").startswith("burin") for owner in p.get("pids", [])) or
        i not in before and not p.get("pids")}


def sigterm_delivers_everything(folder):
    """Processes that ended before SIGTERM are in the stream, although nobody waited for their events."""
    with Daemon(harness.write_policy(folder, "sigterm")) as daemon:
        before = programs()
        pids = []
        for _ in range(50):
            child = subprocess.Popen(["/bin/true"])
            child.wait()
            pids.append(child.pid)
        daemon.stop()
        got = {pid_of(e) for e in daemon.stream.snapshot() if kind_of(e) == "process_exit"}
        check_equal([p for p in pids if p not in got], [], "processes whose exit was lost")
        check(before, "no program was loaded at all")
    check_equal(tracefs_probes(), [], "probes in tracefs")


def sigint_is_the_same(folder):
    with Daemon(harness.write_policy(folder, "sigint")) as daemon:
        daemon.process.send_signal(signal.SIGINT)
        check_equal(daemon.process.wait(20 * harness.TIME_SCALE), 0, "exit status after SIGINT")
        daemon.stream.wait_end()


def sigkill_leaves_nothing(folder):
    harness.require_tools("bpftool")
    policy = harness.write_policy(folder, "sigkill")
    before, links_before = set(programs()), set(links())
    with Daemon(policy) as daemon:
        ours, our_links = started(before), set(links()) - links_before
        check(ours, "bpftool shows no program of the daemon")
        daemon.kill()
    wait_gone(ours, programs, "programs")
    wait_gone(our_links, links, "links")
    check_equal(tracefs_probes(), [], "probes in tracefs")
    with Daemon(policy) as daemon:  # and a new one starts as if nothing had happened
        daemon.stream.barrier()
        daemon.stop()


def second_start_compiles_nothing(folder):
    cache = tempfile.mkdtemp(dir=folder)
    policy = harness.write_policy(folder, "twice")
    with Daemon(policy, cache=cache) as daemon:
        check(compiles(daemon) > 0, "the first start compiles nothing")
        check_equal(daemon.policy("twice")["compile"]["cached"], False, "cached, first start")
        check_equal(json.loads(daemon.get("/v1/policies")[1])["self_test"]["earlier"], False, "the first start tests itself")
        if os.path.exists("/sys/kernel/btf/vmlinux") and not os.environ.get("BURIN_E2E_LAYOUT"):
            check_equal(daemon.metrics()['burin_compiles_total{image="precompiled"}'], 1, "the base programs came with burin")
        first = daemon.ready_seconds
        daemon.stop()
    with Daemon(policy, cache=cache) as daemon:
        check_equal(compiles(daemon), 0, "compiles of the second start")
        check_equal(daemon.policy("twice")["compile"]["cached"], True, "cached, second start")
        tested = json.loads(daemon.get("/v1/policies")[1])["self_test"]
        if not tested["skipped"]:
            check_equal((tested["earlier"], "binary" in tested["passed"]), (True, True), "the second start takes the first one's word")
        second = daemon.ready_seconds
        daemon.stream.barrier()
        daemon.stop()
    mode = os.stat(cache).st_mode & 0o777
    check_equal(mode & 0o022, 0, f"the cache folder is writable for others ({mode:o})")
    print(f"      ready after {first:.3f} s, the second time after {second:.3f} s")


def an_unsafe_cache_is_not_used(folder):
    """A cache folder that others may write to could hold their code: said, and neither read nor written."""
    cache = os.path.join(folder, "open-to-all")
    os.mkdir(cache)
    os.chmod(cache, 0o777)
    with Daemon(harness.write_policy(folder, "unsafe"), cache=cache) as daemon:
        check(cache in daemon.log() and "without a cache" in daemon.log(), f"nothing is said of the folder: {daemon.log()}")
        check(compiles(daemon) > 0, "an image came from somewhere")
        daemon.stop()
    check_equal(os.listdir(cache), [], "files in a folder that is not to be used")


def a_damaged_cache_is_made_anew(folder):
    cache = tempfile.mkdtemp(dir=folder)
    policy = harness.write_policy(folder, "damaged")
    with Daemon(policy, cache=cache) as daemon:
        daemon.stop()
    files = [os.path.join(d, f) for d, _, fs in os.walk(cache) for f in fs]
    check(files, "nothing was cached")
    for path in files:
        with open(path, "r+b") as f:
            f.seek(max(0, os.path.getsize(path) // 2))
            f.write(b"\xff" * 16)
    with Daemon(policy, cache=cache) as daemon:
        check(compiles(daemon) > 0, "a damaged image was used")
        daemon.stream.barrier()
        daemon.stop()


def a_taken_port_is_said(folder):
    policy = harness.write_policy(folder, "port")
    with Daemon(policy) as daemon:
        ended = subprocess.run([harness.BURIN, "run", "--policy", policy, "--listen", f"127.0.0.1:{daemon.port}"],
                               capture_output=True, text=True, timeout=60 * harness.TIME_SCALE)
        check(ended.returncode > 0, f"exit status {ended.returncode}")
        check(str(daemon.port) in ended.stderr, f"the message does not name the port: {ended.stderr}")
        daemon.stop()


def http_interface(folder):
    with Daemon(harness.write_policy(folder, "http")) as daemon:
        check_equal(daemon.get("/healthz")[0], 200, "/healthz")
        check_equal(daemon.get("/nothing-here")[0], 404, "an unknown path")
        check_equal(daemon.get("/v1/events?folow")[0], 400, "a misspelt parameter")
        child = subprocess.Popen(["/bin/true", "http-interface"])
        child.wait()
        daemon.stream.barrier()
        mine = [e for e in daemon.events(processes="/true$") if pid_of(e) == child.pid]
        check_equal([kind_of(e) for e in mine], ["process_exec", "process_exit"], "events filtered by process")
        only = daemon.events(processes="/true$", events="PROCESS_EXIT")
        check_equal({kind_of(e) for e in only}, {"process_exit"}, "filters are ANDed")
        check_equal(daemon.events(processes="^/no/such$"), [], "no such process")
        plain = daemon.events(processes="/true$", compat="tetragon")
        check(plain and all("burin" not in e for e in plain), "compat=tetragon leaves our object out")
        last = daemon.events(last=2)
        check_equal(len(last), 2, "last=2")
        seq = int(last[0]["burin"]["seq"])
        after = daemon.events(since=seq)
        check_equal(int(after[0]["burin"]["seq"]), seq + 1, "since")
        numbers = [int(e["burin"]["seq"]) for e in daemon.stream.snapshot()]
        check_equal(numbers, list(range(1, len(numbers) + 1)), "seq has no holes")
        daemon.stop()


def what_may_be_absent_is_no_obstacle(folder):
    policy = os.path.join(folder, "absent.yaml")
    with open(policy, "w", encoding="utf-8") as f:
        f.write("""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "absent"
spec:
  kprobes:
  - call: "no_such_function_anywhere"
    syscall: false
    ignore:
      callNotFound: true
""")
    with Daemon(policy) as daemon:
        entry = daemon.policy("absent")
        check_equal((entry["hooks"], [u["function"] for u in entry["unavailable"]]), ([], ["no_such_function_anywhere"]), "hooks, and what is missing")
        daemon.stream.barrier()
        daemon.stop()


def list_policy(folder, name, calls):
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "{name}"
spec:
  lists:
  - name: "calls"
    type: "syscalls"
    values: [{', '.join('"sys_' + c + '"' for c in calls)}]
  kprobes:
  - call: "list:calls"
    syscall: true
    args:
    - index: 0
      type: "int"
  - call: "sys_setpgid"
    syscall: true
    args:
    - index: 0
      type: "int"
""")
    return path


def another_list_needs_no_compile(folder):
    """The functions of a list stand in no program, neither do their number and what it moves; values in maps do not either."""
    cache = os.path.join(folder, "cache")
    os.mkdir(cache, 0o700)
    calls = ["getpgid", "getsid", "getpriority", "close"]
    call_numbers = {"getpgid": 121, "getsid": 124, "setpgid": 109}
    for count in (2, 3, 4):
        first, second = list_policy(folder, "first", calls[:count]), list_policy(folder, "second", calls[:2])
        with Daemon(first, second, cache=cache) as daemon:
            for name in ("first", "second"):
                check_equal(daemon.policy(name)["compile"]["cached"], count > 2, f"{name} with {count} calls: cached")
            code = "import ctypes\nfor n in (%s):\n ctypes.CDLL(None).syscall(n, 0, 0)" % ", ".join(map(str, call_numbers.values()))
            child = subprocess.Popen(["/usr/bin/python3", "-c", code])
            child.wait()
            daemon.stream.barrier()
            for name in ("first", "second"):
                seen = [e["process_kprobe"]["function_name"].removeprefix("__x64_sys_") for e in daemon.stream.snapshot()
                        if kind_of(e) == "process_kprobe" and pid_of(e) == child.pid and e["process_kprobe"]["policy_name"] == name
                        and "close" not in e["process_kprobe"]["function_name"]]
                check_equal(seen, list(call_numbers), f"calls that {name} saw with {count} in the list")
            entered = {h["function"].removeprefix("__x64_sys_"): h["counters"]["posted"] for h in daemon.policy("first")["hooks"]}
            check_equal(set(entered), set(calls[:count]) | {"setpgid"}, "hooks")
            check(all(entered[c] >= 1 for c in call_numbers), f"counters are those of another hook: {entered}")
            daemon.stop()


def values_in_maps_need_no_compile(folder):
    cache = os.path.join(folder, "cache")
    os.mkdir(cache, 0o700)
    for turn in (0, 1):
        ports = "".join(f'        - "{20000 + turn + 3 * i}"\n' for i in range(2000))
        policy = harness.write_policy(folder, "ports", f"""    selectors:
    - matchArgs:
      - index: 0
        operator: "DPort"
        values:
{ports}""")
        with Daemon(policy, cache=cache) as daemon:
            check_equal(daemon.policy("ports")["compile"]["cached"], turn > 0, f"cached in turn {turn}")
            daemon.stop()


if __name__ == "__main__":
    harness.run(sigterm_delivers_everything, sigint_is_the_same, sigkill_leaves_nothing, second_start_compiles_nothing,
                another_list_needs_no_compile, values_in_maps_need_no_compile, what_may_be_absent_is_no_obstacle,
                an_unsafe_cache_is_not_used, a_damaged_cache_is_made_anew, a_taken_port_is_said, http_interface)
