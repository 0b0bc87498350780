"""Makes TCP connections and says, one JSON line each, what the client itself knows of them. A process of its own, because
the tests compare events by pid.

Usage: connect_client.py MODE:HOST:PORT:COUNT...   (PORT 0: one where nobody listens)
Modes: blocking, nonblocking, bound (source port chosen by bind), and the same with "refused-" before (only to an address of
this host, where source and destination address are equal).
"""
import errno
import json
import select
import socket
import sys


def connect(mode, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family)
    if "bound" in mode:
        s.bind((host, 0))
    s.setblocking("nonblocking" not in mode)
    error = s.connect_ex((host, port))
    local = s.getsockname()
    if error == errno.EINPROGRESS:
        select.select([], [s], [], 10)
        error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    wanted = errno.ECONNREFUSED if "refused" in mode else 0
    if error != wanted:
        raise SystemExit(f"{mode} to {host}:{port}: {errno.errorcode.get(error, error)}")
    line = {"mode": mode, "family": "AF_INET6" if family == socket.AF_INET6 else "AF_INET", "saddr": local[0],
            "sport": local[1], "daddr": host, "dport": port}
    if "refused" in mode:
        line["saddr"] = host  # the kernel resets the address of a refused socket, but getsockname still has its port
    s.close()
    return line


def closed_port(host):
    """A port that refuses: bound by us for as long as we run, but not listening."""
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.bind((host, 0))
    kept.append(s)
    return s.getsockname()[1]


kept = []
for word in sys.argv[1:]:
    mode, rest = word.split(":", 1)
    host, port, count = rest.rsplit(":", 2)
    port = int(port) or closed_port(host)
    for _ in range(int(count)):
        print(json.dumps(connect(mode, host, port)))
