"""Policies on kernel functions other than tcp_connect. With kprobes: tcp_close and tcp_sendmsg with their compact lines, and the
argument types on functions that a process can be made to call. Without: each is named as unavailable and the rest runs."""
import os
import socket
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

KPROBES = harness.EXPECT_RUNG == "kprobe" or os.path.exists("/sys/bus/event_source/devices/kprobe/type")
CLIENT = """
import socket, sys
s = socket.socket()
s.connect(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'x' * 75)
print(s.getsockname()[1])
s.close()
"""


def client(port):
    child = subprocess.Popen(["/usr/bin/python3", "-c", CLIENT, str(port)], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=60 * harness.TIME_SCALE)
    check_equal(child.returncode, 0, "status of the client")
    return child.pid, int(out)


def life_of_a_connection(folder):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    policy = os.path.join(harness.ROOT, "policies", "connect_lifecycle.yaml")
    with Daemon(policy) as daemon:
        entry = daemon.policy("connect-lifecycle")
        pid, sport = client(port)
        daemon.stream.barrier()
        events = [e for e in daemon.stream.snapshot() if kind_of(e) == "process_kprobe" and pid_of(e) == pid]
        names = [e["process_kprobe"]["function_name"] for e in events]
        if not KPROBES:
            check_equal({u["function"] for u in entry["unavailable"]}, {"tcp_close", "tcp_sendmsg"}, "unavailable hooks")
            check_equal(names, ["tcp_connect"], "functions")
            check("tcp_close is not available here" in daemon.log(), "the log does not name the missing hook")
        else:
            check_equal(names, ["tcp_connect", "tcp_sendmsg", "tcp_close"], "functions")
            check_equal(events[1]["process_kprobe"]["args"][1]["int_arg"], 75, "bytes sent")
            line = "".join(l.decode() for l, e in zip(daemon.stream.lines, daemon.stream.snapshot()) if e in events)
            out = subprocess.run([harness.BURIN, "getevents", "-o", "compact"], input=line, capture_output=True, text=True)
            flow = f"/usr/bin/python3 tcp 127.0.0.1:{sport} -> 127.0.0.1:{port}"
            node = events[0]["node_name"]
            check_equal(out.stdout, f"🔌 connect {node} {flow}\n📤 sendmsg {node} {flow} bytes 75\n🧹 close   {node} {flow}\n",
                        "compact lines")
        daemon.stop()
    listener.close()


def argument_types(folder):
    if not KPROBES:
        print("      (no kprobes here)")
        return
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    path = os.path.join(folder, "types.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write("""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "types"
spec:
  kprobes:
  - call: "security_socket_connect"
    syscall: false
    message: "about to connect"
    tags: ["net", "types"]
    args:
    - index: 0
      type: "socket"
    - index: 1
      type: "sockaddr"
      label: "peer"
    - index: 2
      type: "int"
    selectors:
    - matchArgs:
      - index: 1
        operator: "SPort"
        values: ["%d"]
  - call: "ip_output"
    syscall: false
    args:
    - index: 0
      type: "nop"
    - index: 2
      type: "skb"
    selectors:
    - matchArgs:
      - index: 2
        operator: "DPort"
        values: ["%d"]
      - index: 2
        operator: "Protocol"
        values: ["IPPROTO_TCP"]
  - call: "do_sys_openat2"
    syscall: false
    args:
    - index: 0
      type: "int"
    - index: 1
      type: "string"
  - call: "no_such_function_anywhere"
    syscall: false
    ignore:
      callNotFound: true
""" % (port, port))
    with Daemon(path) as daemon:
        pid, sport = client(port)
        marker = os.path.join(folder, "a file with spaces")
        with open(marker, "w", encoding="utf-8"):
            pass
        daemon.stream.barrier()
        mine = [e["process_kprobe"] for e in daemon.stream.snapshot() if kind_of(e) == "process_kprobe" and pid_of(e) == pid]
        connect = [k for k in mine if k["function_name"] == "security_socket_connect"]
        check_equal(len(connect), 1, "security_socket_connect events")
        check_equal(connect[0]["args"][1], {"sockaddr_arg": {"family": "AF_INET", "addr": "127.0.0.1", "port": port},
                                            "label": "peer"}, "sockaddr argument")
        check_equal(connect[0]["args"][0]["sock_arg"]["type"], "SOCK_STREAM", "socket argument")
        check_equal((connect[0]["message"], connect[0]["tags"]), ("about to connect", ["net", "types"]), "message and tags")
        packets = [k["args"] for k in mine if k["function_name"] == "ip_output"]
        check(packets, "no ip_output event")
        check_equal(len(packets[0]), 1, "arguments without the nop")
        skb = packets[0][0]["skb_arg"]
        check_equal((skb["saddr"], skb["sport"], skb["daddr"], skb["dport"], skb["protocol"], skb["family"]),
                    ("127.0.0.1", sport, "127.0.0.1", port, "IPPROTO_TCP", "AF_INET"), "skb argument")
        opened = {k["process_kprobe"]["args"][1].get("string_arg") for k in daemon.stream.snapshot()
                  if kind_of(k) == "process_kprobe" and k["process_kprobe"]["function_name"] == "do_sys_openat2"
                  and pid_of(k) == os.getpid()}
        check(marker in opened, f"{marker!r} is not among {opened}")
        check_equal([u["function"] for u in daemon.policy("types")["unavailable"]], ["no_such_function_anywhere"],
                    "unavailable hooks")
        daemon.stop()
    listener.close()


def a_dying_process_keeps_its_name(folder):
    """Sockets that are still open are closed after the exit was reported; matchBinaries has to know the process then too."""
    if not KPROBES:
        print("      (no kprobes here)")
        return
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    path = os.path.join(folder, "dying.yaml")
    hook = """  - call: "tcp_close"
    syscall: false
    args:
    - index: 0
      type: "sock"
    selectors:
    - matchBinaries:
      - operator: "%s"
        values: ["%s"]
      matchArgs:
      - index: 0
        operator: "DPort"
        values: ["%d"]
"""
    python = os.path.realpath("/usr/bin/python3")
    with open(path, "w", encoding="utf-8") as f:
        f.write("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: dying\nspec:\n  kprobes:\n"
                + hook % ("In", python, port))
    other = os.path.join(folder, "others.yaml")
    with open(other, "w", encoding="utf-8") as f:
        f.write("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: others\nspec:\n  kprobes:\n"
                + hook % ("NotIn", python, port))
    with Daemon(path, other) as daemon:
        code = f"import os, socket; s = socket.create_connection(('127.0.0.1', {port})); os._exit(0)"
        child = subprocess.Popen(["/usr/bin/python3", "-c", code])
        check_equal(child.wait(60 * harness.TIME_SCALE), 0, "status of the client")
        daemon.stream.barrier()
        found = [(e["process_kprobe"]["policy_name"], e["process_kprobe"]["process"]["binary"])
                 for e in daemon.stream.snapshot() if kind_of(e) == "process_kprobe" and pid_of(e) == child.pid]
        check_equal(found, [("dying", "/usr/bin/python3")], "closes at exit")
        daemon.stop()
    listener.close()


if __name__ == "__main__":
    harness.run(life_of_a_connection, argument_types, a_dying_process_keeps_its_name)
