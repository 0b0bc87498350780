"""2,000 connections of every kind, made by several processes at once: each has exactly one event, with the pid, the addresses
and the ports that the client itself saw by getsockname. Nothing is missing, nothing is double, nothing is made up."""
import collections
import ipaddress
import json
import os
import socket
import subprocess
import sys

import harness
import scene
from harness import Daemon, check, check_equal, connects_of, pid_of, sock_of

CLIENT = os.path.join(harness.HERE, "connect_client.py")
# The namespace's IPv6 address (documentation prefix, RFC 3849), so that IPv6 is not only tested by ::1.
OWN_V6 = "2001:db8:b0:1::19"


class Listeners:
    """Sockets that accept by the kernel's backlog: nobody needs to call accept()."""

    def __init__(self, *hosts):
        self.sockets, self.port = [], {}
        for host in hosts:
            s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            s.bind((host, 0))
            s.listen(4096)
            self.sockets.append(s)
            self.port[host] = s.getsockname()[1]

    def close(self):
        for s in self.sockets:
            s.close()


def plan(port, count):
    """Words for one client: `count` connections of each kind."""
    v4, v6, own = port["127.0.0.1"], port["::1"], port[OWN_V6]
    return [f"blocking:127.0.0.1:{v4}:{count}", f"nonblocking:127.0.0.1:{v4}:{count}", f"bound:127.0.0.1:{v4}:{count}",
            f"refused-blocking:127.0.0.1:0:{count}", f"refused-nonblocking:127.0.0.1:0:{count}",
            f"refused-bound:127.0.0.1:0:{count}",
            f"blocking:::1:{v6}:{count}", f"nonblocking:::1:{v6}:{count}", f"refused-blocking:::1:0:{count}",
            f"blocking:{OWN_V6}:{own}:{count}", f"refused-nonblocking:{OWN_V6}:0:{count}",
            f"blocking:::ffff:127.0.0.1:{v4}:{count}", f"nonblocking:::ffff:127.0.0.1:{v4}:{count}",
            f"refused-blocking:::ffff:127.0.0.1:0:{count}"]


def key(pid, family, saddr, sport, daddr, dport):
    return pid, family, str(ipaddress.ip_address(saddr)), sport, str(ipaddress.ip_address(daddr)), dport


def inside(folder):
    """Runs in a network namespace of its own (see __main__), so that it can have an IPv6 address of its own."""
    clients, each = 4, 36  # 4 clients x 14 kinds x 36 = 2,016 connections
    listeners = Listeners("127.0.0.1", "::1", OWN_V6)
    with Daemon(harness.write_policy(folder, "connects")) as daemon:
        rung = daemon.check_rung("connects")
        running = [subprocess.Popen(["/usr/bin/python3", CLIENT, *plan(listeners.port, each)], stdout=subprocess.PIPE, text=True)
                   for _ in range(clients)]
        known = collections.Counter()
        for client in running:
            out, _ = client.communicate(timeout=120 * harness.TIME_SCALE)
            check_equal(client.returncode, 0, "exit status of a client")
            for line in out.splitlines():
                c = json.loads(line)
                known[key(client.pid, c["family"], c["saddr"], c["sport"], c["daddr"], c["dport"])] += 1
        daemon.stream.barrier(60)
        daemon.stop()
        pids = {c.pid for c in running}
        events = connects_of(daemon.stream.snapshot(), pids)
        seen = collections.Counter()
        for event in events:
            s = sock_of(event)
            check_equal((s["type"], s["protocol"]), ("SOCK_STREAM", "IPPROTO_TCP"), "type and protocol")
            seen[key(pid_of(event), s["family"], s["saddr"], s["sport"], s["daddr"], s["dport"])] += 1
        missing, extra = known - seen, seen - known
        check(not missing and not extra,
              f"{sum(missing.values())} of {sum(known.values())} connections have no exact event (first: {list(missing)[:3]}), "
              f"{sum(extra.values())} events are of no connection (first: {list(extra)[:3]}); gaps: {daemon.stream.gaps()}")
        check(sum(known.values()) >= 2000, f"only {sum(known.values())} connections were made")
        for event in events:
            check("python3" in event["process_kprobe"]["process"].get("binary", ""), f"binary: {event}")
        print(f"      {sum(known.values())} connections, {len(pids)} processes, rung {rung}")
    listeners.close()


def two_thousand_connects(folder):
    space = f"burin-connects-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        for words in (["link", "set", "lo", "up"], ["link", "add", "d0", "type", "veth", "peer", "name", "d1"],
                      ["address", "add", OWN_V6 + "/64", "dev", "d0", "nodad"], ["link", "set", "d0", "up"],
                      ["link", "set", "d1", "up"]):
            subprocess.run(scene.inside(space, "ip", *words), check=True)
        status = subprocess.run(scene.inside(space, "/usr/bin/python3", __file__, "--inside")).returncode
        check_equal(status, 0, "exit status of the part in the namespace")
    finally:
        subprocess.run(["ip", "netns", "delete", space])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        harness.run(inside)
    harness.run(two_thousand_connects)
