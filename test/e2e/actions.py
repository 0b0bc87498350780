"""Actions on the real kernel, with real processes: signals that kill and a monitor mode that only counts, stacks with names,
actions in the network against servers of our own, enforcers, socks and their owners; and refusals that say where and why."""
import http.server
import os
import signal
import socket
import subprocess
import threading
import time

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of
from mode_policies import MKDIR, counters, hook_events, mkdir, on_mode, python, refused, write

SYN_SENT, ESTABLISHED, FIN_WAIT1 = 2, 1, 4  # states of a TCP connection, enum in net/tcp_states.h


def signals_and_monitor_mode(folder):
    policy = write(folder, "signals", MKDIR + on_mode(449, "      - action: Sigkill\n")
                   + on_mode(450, "      - action: Signal\n        argSig: 10\n"))
    for mode in ("enforce", "monitor"):
        args = ["--policy-mode", mode] if mode == "monitor" else []
        with Daemon(policy, args=args) as daemon:
            for number, sig, name in ((449, signal.SIGKILL, "SIGKILL"), (450, signal.SIGUSR1, "SIGNAL")):
                pid, status = mkdir(folder, number)
                if mode == "enforce":
                    os.rmdir(os.path.join(folder, "d"))  # the call itself is completed
                check_equal(status, -sig if mode == "enforce" else 0, f"{name} in {mode} mode: status")
                events = hook_events(daemon.stream, pid)
                check_equal([(e["process_kprobe"]["action"], e["burin"].get("monitored", False)) for e in events],
                            [("KPROBE_ACTION_" + name, mode == "monitor")], f"{name} in {mode} mode: events")
            c = counters(daemon, "signals")
            check_equal((c["signaled"], c["monitored"]), (2, 0) if mode == "enforce" else (0, 2), f"counters in {mode} mode")
            check_equal(daemon.policy("signals")["mode"], mode, "mode in /v1/policies")
            daemon.stop()


def the_policy_itself_may_ask_for_monitor_mode(folder):
    policy = write(folder, "asks", """  options:
  - name: "policy-mode"
    value: "monitor"
""" + MKDIR + on_mode(449, "      - action: Sigkill\n"))
    with Daemon(policy) as daemon:
        pid, status = mkdir(folder, 449)
        check_equal(status, 0, "status under policy-mode: monitor")
        check_equal([e["burin"].get("monitored") for e in hook_events(daemon.stream, pid)], [True], "events")
        daemon.stop()


def stacks_have_names(folder):
    policy = write(folder, "stacks", MKDIR + on_mode(453, """      - action: Post
        kernelStackTrace: true
        userStackTrace: true
"""))
    for expose in (False, True):
        with Daemon(policy, args=["--expose-stack-addresses"] * expose) as daemon:
            # It lives until its event is there: files are named by the memory map of a process that still has one.
            path = os.path.join(folder, "d")
            child = subprocess.Popen(["/usr/bin/python3", "-c", f"import os, sys; os.mkdir({path!r}, 453); sys.stdin.read()"],
                                     stdin=subprocess.PIPE)
            event = daemon.stream.wait_for(lambda e: "process_kprobe" in e and pid_of(e) == child.pid,
                                           "the event of mkdir")["process_kprobe"]
            child.communicate()
            os.rmdir(path)
            kernel, user = event["kernel_stack_trace"], event["user_stack_trace"]
            check(any(f.get("symbol", "").startswith(("do_syscall", "el0_svc", "entry_SYSCALL")) for f in kernel),
                  f"kernel stack: {kernel}")
            check_equal((user[0].get("symbol"), os.path.basename(user[0]["module"])[:4]), ("mkdir", "libc"), "innermost frame")
            check(int(user[0]["offset"]) > 0, f"offset in the module: {user[0]}")
            check_equal(all("address" in f for f in kernel + user), expose, "frames with addresses")
            check_equal(any("address" in f for f in kernel + user), expose, "frames with addresses")
            daemon.stop()


class Web:
    """A web server and a name server of our own, which remember what they were asked."""

    def __init__(self):
        self.asked = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append(("url", self.path))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.bind(("127.0.0.1", 0))
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        while True:
            question, who = self.dns.recvfrom(512)
            name, at = [], 12
            while question[at]:
                name.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            self.asked.append(("dns", ".".join(name)))
            self.dns.sendto(question[:2] + b"\x81\x83" + question[4:], who)  # no such name: an answer like any other


def until(wanted, what, seconds=20):
    end = harness.deadline(seconds)
    while not wanted():
        check(time.monotonic() < end, f"never came: {what}")
        time.sleep(0.02)


def actions_in_the_network(folder):
    web = Web()
    url = f"http://127.0.0.1:{web.http.server_port}/canary?id=7"
    policy = write(folder, "network", MKDIR + on_mode(454, f"""      - action: GetUrl
        argUrl: "{url}"
      - action: DnsLookup
        argFqdn: "canary.example.org"
""") + on_mode(455, f"""      - action: GetUrl
        argUrl: "{url}&silent"
      - action: NoPost
"""))
    with Daemon(policy) as daemon:  # not allowed
        pid, _ = mkdir(folder, 454)
        event = hook_events(daemon.stream, pid)[0]
        check_equal((event["process_kprobe"]["action"], event["burin"].get("action_off")), ("KPROBE_ACTION_DNSLOOKUP", True),
                    "action and its mark")
        check("--allow-network-actions" in daemon.log(), f"no warning in the log: {daemon.log()}")
        check_equal(daemon.metrics()['burin_network_actions_total{result="not_allowed"}'], 2, "actions not allowed")
        daemon.stop()
    check_equal(web.asked, [], "what was asked without --allow-network-actions")
    dns = f"127.0.0.1:{web.dns.getsockname()[1]}"
    with Daemon(policy, args=["--allow-network-actions", "--dns-server", dns]) as daemon:
        pid, _ = mkdir(folder, 454)
        silent, _ = mkdir(folder, 455)
        check_equal([e["burin"].get("action_off") for e in hook_events(daemon.stream, pid)], [None], "events")
        check_equal(hook_events(daemon.stream, silent), [], "events of NoPost")
        until(lambda: len(web.asked) == 3, "three questions")
        check_equal(sorted(web.asked), [("dns", "canary.example.org"), ("url", "/canary?id=7"), ("url", "/canary?id=7&silent")],
                    "what was asked")
        until(lambda: daemon.metrics()['burin_network_actions_total{result="done"}'] == 3, "three answers")
        daemon.stop()
    # A server that never answers keeps nobody waiting but the worker.
    mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mute.bind(("127.0.0.1", 0))
    with Daemon(policy, args=["--allow-network-actions", "--dns-server", f"127.0.0.1:{mute.getsockname()[1]}"]) as daemon:
        pid, _ = mkdir(folder, 454, times=400)
        check_equal(len(hook_events(daemon.stream, pid)), 400, "events beside a mute server")
        check(daemon.metrics()['burin_network_actions_total{result="dropped"}'] > 0, "nothing was dropped by a full queue")
        daemon.stop()


def an_enforcer_signals(folder):
    """The hook notifies, the listed call acts. At the listed syscall only a signal can be sent without kprobes."""
    policy = write(folder, "enforcer", """  lists:
  - name: "calls"
    type: "syscalls"
    values:
    - "sys_rmdir"
  enforcers:
  - calls:
    - "list:calls"
""" + MKDIR + on_mode(456, "      - action: NotifyEnforcer\n        argSig: 10\n")
                   + on_mode(457, "      - action: CleanupEnforcerNotification\n"))
    with Daemon(policy) as daemon:
        pid, status = mkdir(folder, 456)
        check_equal(status, -signal.SIGUSR1, "status of the notified process")
        events = hook_events(daemon.stream, pid)
        check_equal([e["process_kprobe"]["action"] for e in events], ["KPROBE_ACTION_NOTIFYENFORCER"], "actions")
        # Its mkdir is done, its rmdir too: a signal is seen on the way back to the program.
        path = os.path.join(folder, "e")
        code = f"import os; os.mkdir({path!r}, 456); os.mkdir({path!r} + '2', %d); os.rmdir({path!r}); os.rmdir({path!r} + '2')"
        pid, status = python(code % 457)
        check_equal(status, 0, "status of the process whose notification was taken back")
        pid, status = python(code % 456)
        check_equal(status, -signal.SIGUSR1, "status of the process that was notified twice")
        entry = daemon.policy("enforcer")
        check_equal(counters(daemon, "enforcer")["missed"], 1, "notifications that no call took")
        c = entry["enforcers"]["counters"]
        check_equal((c["matched"], c["signaled"]), (2, 2), "enforcements")
        daemon.stop()


def states_of_a_connection(folder, name, untrack):
    """A process opens a connection, which its child closes. TrackSock when it is opened and, if wanted, UntrackSock when it stands.
    [(state, event)] in order, and the pid of the opener."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    port = listener.getsockname()[1]
    with open("/sys/kernel/tracing/events/sock/inet_sock_set_state/format", encoding="utf-8") as f:
        fields = [line.split(";")[0].split()[-1].split("[")[0] for line in f if line.strip().startswith("field:")]
    index = {name: fields.index(name) for name in ("skaddr", "newstate", "dport")}
    on_state = """    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "%d"
      - index: 2
        operator: "Equal"
        values:
        - "%d"
      matchActions:
      - action: %s
        argSock: 0
"""
    policy = write(folder, name, f"""  tracepoints:
  - subsystem: "sock"
    event: "inet_sock_set_state"
    args:
    - index: {index["skaddr"]}
      type: "sock"
    - index: {index["newstate"]}
      type: "int32"
    - index: {index["dport"]}
      type: "uint16"
    selectors:
""" + on_state % (SYN_SENT, port, "TrackSock") + (on_state % (ESTABLISHED, port, "UntrackSock") if untrack else "") + f"""    - matchArgs:
      - index: 2
        operator: "Equal"
        values:
        - "{port}"
""")
    with Daemon(policy) as daemon:
        code = f"""import os, socket
s = socket.socket()
s.connect(('127.0.0.1', {port}))
r, w = os.pipe()
child = os.fork()
if child:
    s.close()
    os.write(w, b"x")
    os.waitpid(child, 0)
else:
    os.read(r, 1)  # the parent's descriptor is gone
    s.close()  # the last one: it is the child that closes the connection
    os._exit(0)
"""
        pid, status = python(code)
        check_equal(status, 0, "status")
        daemon.stream.barrier()
        events = [e for e in daemon.stream.snapshot() if kind_of(e) == "process_tracepoint"]
        daemon.stop()
    listener.close()
    return [(e["process_tracepoint"]["args"][1]["int_arg"], e) for e in events], pid


def a_sock_belongs_to_who_opened_it(folder):
    """A connection's later states are reached in whatever context its packets arrive: with TrackSock they belong to the
    process that opened it."""
    states, pid = states_of_a_connection(folder, "owner", untrack=False)
    mine = [(state, e) for state, e in states if pid_of(e) == pid]
    check_equal(mine[0][1]["process_tracepoint"]["action"], "KPROBE_ACTION_TRACKSOCK", "first action")
    check({SYN_SENT, ESTABLISHED, FIN_WAIT1} <= {s for s, _ in mine}, f"states that belong to the owner: {[s for s, _ in mine]}")
    closing = [e for state, e in mine if state == FIN_WAIT1]
    check_equal([e["burin"].get("from", {}).get("process") for e in closing], ["sock"], "FIN_WAIT1 is the child's doing")


def a_sock_that_is_untracked_belongs_to_nobody(folder):
    """After UntrackSock an event is that of the process in which it happens: the child that closes the connection."""
    states, pid = states_of_a_connection(folder, "untracked", untrack=True)
    actions = {state: e["process_tracepoint"]["action"] for state, e in states if pid_of(e) == pid}
    check_equal((actions.get(SYN_SENT), actions.get(ESTABLISHED)), ("KPROBE_ACTION_TRACKSOCK", "KPROBE_ACTION_UNTRACKSOCK"), "actions")
    # Later states may be reached while the opener happens to run, but not because it is the owner.
    owned = [state for state, e in states if state not in (SYN_SENT, ESTABLISHED) and e["burin"].get("from", {}).get("process") == "sock"]
    check_equal(owned, [], "states that belong to an owner afterwards")
    closing = [e for state, e in states if state == FIN_WAIT1]
    check_equal([e["burin"].get("from", {}).get("process") for e in closing], [None], "FIN_WAIT1 has no owner")
    parent = closing[0]["process_tracepoint"]["parent"]["pid"]
    check_equal(parent, pid, "FIN_WAIT1 is the child's")


def refusals_say_where_and_why(folder):
    cases = {
        "override-elsewhere": ("""  kprobes:
  - call: "tcp_connect"
    syscall: false
    args:
    - index: 0
      type: "sock"
    selectors:
    - matchActions:
      - action: Override
        argError: -1
""", "syscalls and security_* functions"),
        "no-such-key": (MKDIR + on_mode(1, """      - action: Post
        rateLimit: "5"
        rateLimitKeys:
        - "arg0.daddr"
"""), "string has no daddr"),
        "no-tls": (MKDIR + on_mode(1, "      - action: GetUrl\n        argUrl: \"https://example.org/\"\n"), "TLS"),
        "no-enforcer": (MKDIR + on_mode(1, "      - action: NotifyEnforcer\n        argSig: 9\n"), "enforcers"),
    }
    for name, (text, why) in cases.items():
        policy = write(folder, name, text)
        said = refused(policy)
        check(why in said and f"{policy}:" in said, f"{name}: {said}")


if __name__ == "__main__":
    harness.run(signals_and_monitor_mode, the_policy_itself_may_ask_for_monitor_mode, stacks_have_names, actions_in_the_network,
                an_enforcer_signals, a_sock_belongs_to_who_opened_it, a_sock_that_is_untracked_belongs_to_nobody,
                refusals_say_where_and_why)
