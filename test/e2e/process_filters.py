"""Filters on what a process is, as a user writes them: each hook's policy has one filter, all hooks are at getpgid(2) with an
argument that nobody else passes, and the messages of the events say which filters held."""
import ctypes
import os
import shutil
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of

PYTHON = os.path.realpath("/usr/bin/python3")
FIRST_TOKEN = 0x5CA10000
NO_PROCESS = 0x3FFFFFFF
# What the processes of a test run with; `call` is getpgid(token).
PRELUDE = """
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(token):
    libc.getpgid(int(token))
def must(rc):
    if rc: raise OSError(ctypes.get_errno(), 'call failed')
def unshare(flags):
    must(libc.unshare(flags))
def child():
    pid = os.fork()
    if pid:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
def orphan():
    parent = os.getpid()
    if os.fork(): os._exit(0)
    while os.getppid() == parent: time.sleep(0.001)
NEWUTS, NEWUSER, NEWPID, NEWNET = 0x04000000, 0x10000000, 0x20000000, 0x40000000
"""


def policy_of(folder, filters, name="filters"):
    """One hook a filter; `filters`: name -> YAML of the selector's process sections."""
    hooks = ""
    for title, text in filters.items():
        indented = "".join("      " + line + "\n" for line in text.strip().splitlines())
        hooks += f"""  - call: "sys_getpgid"
    syscall: true
    message: "{title}"
    args:
    - index: 0
      type: "int"
    selectors:
    - matchArgs:
      - index: 0
        operator: "InRange"
        values:
        - "{FIRST_TOKEN}:{FIRST_TOKEN + 999}"
{indented}"""
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "{name}"
spec:
  kprobes:
{hooks}""")
    return path


class Calls:
    """Runs programs that call with a token of their own, and finds the messages of the events of each."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.tokens = {}

    def token(self, title):
        return self.tokens.setdefault(title, FIRST_TOKEN + len(self.tokens))

    def python(self, title, code, argv=(), python=PYTHON):
        done = subprocess.run([*argv, python, "-c", PRELUDE + f"token = {self.token(title)}\n" + code], timeout=120 * harness.TIME_SCALE)
        check_equal(done.returncode, 0, f"status of the process: {title}")
        # An orphan may call after its parent's parent has gone on; it holds nothing that could be waited for but the stream.

    def check(self, expected):
        self.daemon.stream.barrier()
        seen = {}
        for event in self.daemon.stream.snapshot():
            if kind_of(event) == "process_kprobe":
                call = event["process_kprobe"]
                seen.setdefault(call["args"][0]["int_arg"], set()).add(call["message"])
        wrong = [f"{title}: held {sorted(seen.get(self.tokens[title], set()))}, expected {sorted(names)}"
                 for title, names in expected.items() if seen.get(self.tokens[title], set()) != set(names)]
        check(not wrong, "\n".join(wrong))


def binary(op, *values, parent=False, follow=False):
    lines = "".join(f'\n  - "{v}"' for v in values)
    return (f"{'matchParentBinaries' if parent else 'matchBinaries'}:\n- operator: {op}\n  values:{lines}"
            + ("\n  followChildren: true" if follow else ""))


def programs_parents_and_descendants(folder):
    ours = os.path.join(folder, "ours")
    shutil.copy(PYTHON, ours)
    many = [f"/usr/bin/program-{i}" for i in range(200)]
    policy = policy_of(folder, {
        "in": binary("In", ours), "notin": binary("NotIn", ours), "prefix": binary("Prefix", folder + "/"),
        "notprefix": binary("NotPrefix", folder + "/"), "postfix": binary("Postfix", "/ours", "/theirs"),
        "notpostfix": binary("NotPostfix", "/ours"), "in many": binary("In", ours, *many),
        "notin many": binary("NotIn", *many), "follow": binary("In", "/no/such", ours, follow=True),
        "notfollow": binary("NotIn", "/no/such", ours, follow=True), "parent": binary("In", ours, parent=True),
        "notparent": binary("NotIn", ours, parent=True), "parent postfix": binary("Postfix", "/ours", parent=True),
        "parent follow": binary("In", ours, parent=True, follow=True),
    })
    # A tree that stands before burin does: ours, its child with another program, and that one's child.
    read_end, write_end = os.pipe()
    deep = PRELUDE + f"child(); os.read({read_end}, 1); call({FIRST_TOKEN})"
    before = subprocess.Popen([ours, "-c", f"import subprocess; subprocess.run([{PYTHON!r}, '-c', {deep!r}], pass_fds=[{read_end}], check=True)"],
                              pass_fds=[read_end])
    with Daemon(policy) as daemon:
        calls = Calls(daemon)
        calls.token("before burin")
        os.write(write_end, b"x")
        check_equal(before.wait(60 * harness.TIME_SCALE), 0, "status of the tree from before")
        calls.python("other", "call(token)")
        calls.python("itself", "call(token)", python=ours)
        calls.python("fork", "child(); call(token)", python=ours)
        run_other = f"import subprocess; subprocess.run([{PYTHON!r}, '-c', PRELUDE + 'call(%d)' % token], check=True)"
        calls.python("child", f"PRELUDE = {PRELUDE!r}\n" + run_other, python=ours)
        replaced = f"os.execv({PYTHON!r}, ['python', '-c', {PRELUDE!r} + 'call(%d)' % token])"
        calls.python("replaced", replaced, python=ours)
        calls.python("grandchild", f"child(); os.execv({PYTHON!r}, ['python', '-c', {PRELUDE!r} + 'child(); child(); call(%d)' % token])", python=ours)
        # Its parent, and the parent of that, are gone when it runs another program and calls; the shell waits for the end.
        gone = f"r, w = os.pipe(); pid = os.fork()\nif pid: os.close(w); os.read(r, 1); os._exit(0)\n" \
               f"os.set_inheritable(w, True); orphan(); orphan(); os.execv({PYTHON!r}, ['python', '-c', {PRELUDE!r} + 'call(%d)' % token])"
        calls.python("orphan", gone, python=ours)
        other = {"notin", "notprefix", "notpostfix", "notin many"}
        itself = {"in", "prefix", "postfix", "in many", "notin many", "follow"}
        calls.check({
            "before burin": other | {"follow", "notparent", "parent follow"},
            "other": other | {"notfollow", "notparent"},
            "itself": itself | {"notparent"},
            "fork": itself | {"parent", "parent postfix", "parent follow"},
            "child": other | {"follow", "parent", "parent postfix", "parent follow"},
            "replaced": other | {"follow", "notparent"},
            "grandchild": other | {"follow", "notparent", "parent follow"},
            "orphan": other | {"follow", "notparent"},
        })
        daemon.stop()
    os.close(read_end)
    os.close(write_end)


def pids(op, *values, inside=False, forks=False):
    return (f"- operator: {op}\n  isNamespacePID: {str(inside).lower()}\n  followForks: {str(forks).lower()}\n  values: "
            f"[{', '.join(map(str, values))}]\n")


def pids_and_forks(folder):
    me = os.getpid()
    policy = policy_of(folder, {
        "in": "matchPIDs:\n" + pids("In", me), "notin": "matchPIDs:\n" + pids("NotIn", 0, me),
        "in forks": "matchPIDs:\n" + pids("In", NO_PROCESS, me, forks=True),
        "notin forks": "matchPIDs:\n" + pids("NotIn", me, forks=True),
        "in inside": "matchPIDs:\n" + pids("In", 1, inside=True),
        "inside forks": "matchPIDs:\n" + pids("In", 1, inside=True, forks=True),
        "notin inside forks": "matchPIDs:\n" + pids("NotIn", 1, inside=True, forks=True),
        # Several entries: all must hold.
        "two": "matchPIDs:\n" + pids("In", me, forks=True) + pids("NotIn", me),
        "two of which one fails": "matchPIDs:\n" + pids("In", me, forks=True) + pids("In", NO_PROCESS),
        "two inside": "matchPIDs:\n" + pids("NotIn", 1, inside=True, forks=True) + pids("NotIn", 0, inside=True, forks=True),
    })
    with Daemon(policy) as daemon:
        calls = Calls(daemon)
        ctypes.CDLL(None).getpgid(calls.token("this process"))
        calls.python("child", "call(token)")
        calls.python("grandchild", "child(); call(token)")
        gone = "r, w = os.pipe(); pid = os.fork()\nif pid: os.close(w); os.read(r, 1); os._exit(0)\norphan(); orphan(); call(token)"
        calls.python("orphan", gone)
        calls.python("1 inside", "unshare(NEWPID); child(); call(token)")
        calls.python("below 1 inside", "unshare(NEWPID); child(); child(); child(); call(token)")
        stays = "unshare(NEWPID); init = os.fork()\nif init == 0: time.sleep(1000)\n" \
                "pid = os.fork()\nif pid: os.waitpid(pid, 0); os.kill(init, 9); os._exit(0)\ncall(token)"
        calls.python("entered from outside", stays)
        child = {"notin", "in forks", "inside forks", "two"}
        calls.check({
            "this process": {"in", "in forks", "inside forks"},
            "child": child, "grandchild": child, "orphan": child,
            "1 inside": child | {"in inside"},
            "below 1 inside": child,
            "entered from outside": {"notin", "in forks", "notin inside forks", "two", "two inside"},
        })
        daemon.stop()


def namespaces(folder):
    """In namespaces of their own; host_ns is what this process is in (the tests run in the host's)."""
    def match(kind, op, value="host_ns"):
        return f'matchNamespaces:\n- namespace: {kind}\n  operator: {op}\n  values: ["{value}"]'

    net = os.stat("/proc/self/ns/net").st_ino
    policy = policy_of(folder, {
        "host uts": match("Uts", "In"), "other uts": match("Uts", "NotIn"), "this net": match("Net", "In", net),
        "other net": match("Net", "NotIn", net), "other pid": match("Pid", "NotIn"), "other user": match("User", "NotIn"),
        "other uts and net": match("Uts", "NotIn") + f'\n- namespace: Net\n  operator: NotIn\n  values: ["{net}"]',
        "uts or net changed": "matchNamespaceChanges:\n- operator: In\n  values: [Uts, Net]",
        "nothing changed": "matchNamespaceChanges:\n- operator: NotIn\n  values: [Uts, Ipc, Mnt, Pid, PidForChildren, Net, Cgroup, User]",
    })
    with Daemon(policy) as daemon:
        calls = Calls(daemon)
        ctypes.CDLL(None).getpgid(calls.token("from before burin"))
        calls.python("plain", "call(token)")
        calls.python("unshare(1) and exec", "call(token)", argv=["unshare", "--uts"])
        calls.python("unshare(1) twice", "call(token)", argv=["unshare", "--uts", "--net"])
        calls.python("unshare(1) with a user namespace", "call(token)", argv=["unshare", "--user", "--map-root-user", "--net"])
        calls.python("unshare(1) with fork", "call(token)", argv=["unshare", "--pid", "--fork"])
        calls.python("unshare(2)", "unshare(NEWUTS); call(token)")
        calls.python("unshare(2) and fork", "unshare(NEWNET); child(); call(token)")
        here = {"host uts", "this net", "nothing changed"}
        calls.check({
            "from before burin": here, "plain": here,
            "unshare(1) and exec": {"other uts", "this net", "nothing changed"},
            "unshare(1) twice": {"other uts", "other net", "other uts and net", "nothing changed"},
            "unshare(1) with a user namespace": {"host uts", "other net", "other user", "nothing changed"},
            "unshare(1) with fork": {"host uts", "this net", "other pid", "nothing changed"},
            "unshare(2)": {"other uts", "this net", "uts or net changed"},
            "unshare(2) and fork": {"host uts", "other net", "uts or net changed"},
        })
        daemon.stop()


def capabilities(folder):
    def match(op, *values, section="matchCapabilities", of="Effective", inside=False):
        return (f"{section}:\n- type: {of}\n  operator: {op}\n  isNamespaceCapability: {str(inside).lower()}\n"
                f"  values: [{', '.join(values)}]")

    changes = "matchCapabilityChanges"
    policy = policy_of(folder, {
        "time": match("In", "CAP_SYS_TIME"), "no time": match("NotIn", "CAP_SYS_TIME"),
        "time permitted": match("In", "CAP_SYS_TIME", of="Permitted"),
        "time or kill": match("In", "CAP_SYS_TIME", "CAP_KILL"), "inheritable": match("In", "CAP_KILL", of="Inheritable"),
        "dac override": match("In", "DAC_OVERRIDE"),
        "admin inside": match("In", "CAP_SYS_ADMIN", inside=True), "no time inside": match("NotIn", "CAP_SYS_TIME", inside=True),
        "two": match("In", "CAP_KILL") + "\n- type: Effective\n  operator: NotIn\n  values: [CAP_SYS_TIME]",
        "kill changed": match("In", "CAP_KILL", section=changes), "kill as before": match("NotIn", "CAP_KILL", section=changes),
        "permitted kill changed": match("In", "CAP_KILL", section=changes, of="Permitted"),
    })
    with Daemon(policy) as daemon:
        calls = Calls(daemon)
        calls.python("root", "call(token)")
        calls.python("without CAP_SYS_TIME", "call(token)", argv=["setpriv", "--bounding-set", "-sys_time"])
        calls.python("inheritable", "call(token)", argv=["setpriv", "--inh-caps", "+kill"])
        calls.python("nobody", "os.setuid(65534); call(token)")
        calls.python("nobody for a while", "os.seteuid(65534); call(token)")
        calls.python("nobody by exec", "call(token)", argv=["setpriv", "--reuid", "65534", "--clear-groups"])
        calls.python("root of a user namespace", "call(token)", argv=["unshare", "--user", "--map-root-user"])
        calls.check({
            "root": {"time", "time permitted", "time or kill", "dac override", "kill as before"},
            "without CAP_SYS_TIME": {"no time", "time or kill", "dac override", "two", "kill as before"},
            "inheritable": {"time", "time permitted", "time or kill", "inheritable", "dac override", "kill as before"},
            "nobody": {"no time", "kill changed", "permitted kill changed"},
            "nobody for a while": {"no time", "time permitted", "kill changed"},
            "nobody by exec": {"no time", "kill as before"},
            "root of a user namespace": {"time", "time permitted", "time or kill", "dac override", "admin inside", "kill as before"},
        })
        daemon.stop()


def tracepoints_too(folder):
    """The same filters at a tracepoint of the scheduler: which processes fork."""
    ours = os.path.join(folder, "forker")
    shutil.copy(PYTHON, ours)
    path = os.path.join(folder, "sched.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "sched"
spec:
  tracepoints:
  - subsystem: "sched"
    event: "sched_process_fork"
    message: "ours forks"
    selectors:
    - matchBinaries:
      - operator: In
        values: ["{ours}"]
  - subsystem: "sched"
    event: "sched_process_fork"
    message: "forks elsewhere"
    selectors:
    - matchBinaries:
      - operator: In
        values: ["{ours}"]
      matchNamespaces:
      - namespace: Uts
        operator: NotIn
        values: ["host_ns"]
""")
    with Daemon(path) as daemon:
        def fork(code, python):
            child = subprocess.Popen([python, "-c", PRELUDE + code])
            check_equal(child.wait(60 * harness.TIME_SCALE), 0, "status of the process that forks")
            return child.pid

        plain, moved, other = fork("child()", ours), fork("unshare(NEWUTS); child()", ours), fork("child()", PYTHON)
        daemon.stream.barrier()
        seen = {}
        for event in daemon.stream.snapshot():
            if kind_of(event) == "process_tracepoint":
                seen.setdefault(harness.pid_of(event), []).append(event["process_tracepoint"]["message"])
        check_equal(sorted(seen.get(plain, [])), ["ours forks"], "filters that held for a fork")
        check_equal(sorted(seen.get(moved, [])), ["forks elsewhere", "ours forks"], "filters that held for a fork elsewhere")
        check_equal(seen.get(other, []), [], "filters that held for another program")
        daemon.stop()


def what_cannot_be_answered_is_refused(folder):
    """Without structure layouts nothing but programs and pids can be asked for: refused, with the place."""
    policy = policy_of(folder, {"net": 'matchNamespaces:\n- namespace: Net\n  operator: In\n  values: ["host_ns"]'})
    out = subprocess.run([harness.BURIN, "run", "--layout-source", "none", "--policy", policy, "--listen", f"127.0.0.1:{harness.free_port()}"],
                         capture_output=True, text=True, timeout=60 * harness.TIME_SCALE)
    check(out.returncode not in (0, None), "the policy was accepted")
    check("`matchNamespaces: Net` reads kernel structures" in out.stderr and "filters.yaml:" in out.stderr, f"no such refusal: {out.stderr}")
    followers = policy_of(folder, {f"f{i}": binary("In", f"/bin/program{i}", follow=True) for i in range(65)}, "followers")
    out = subprocess.run([harness.BURIN, "run", "--policy", followers, "--listen", f"127.0.0.1:{harness.free_port()}"],
                         capture_output=True, text=True, timeout=60 * harness.TIME_SCALE)
    check(out.returncode not in (0, None), "65 filters that follow were accepted")
    check("65 filters of all policies follow descendants" in out.stderr and "the limit is 64" in out.stderr, f"no such refusal: {out.stderr}")


if __name__ == "__main__":
    harness.require_tools("unshare", "setpriv")
    harness.run(programs_parents_and_descendants, pids_and_forks, namespaces, capabilities, tracepoints_too,
                what_cannot_be_answered_is_refused)
