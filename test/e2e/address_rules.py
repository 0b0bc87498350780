"""Which addresses a policy means, seen from outside: mapped IPv4 is IPv4, an IPv4 list alone says nothing about native IPv6
except what docs/policy.md states (loopback ::1 is never reported by the shipped policy), ports and several addresses in one
value work."""
import os
import socket
import subprocess

import harness
from harness import Daemon, check_equal, connects_of, sock_of

CLIENT = os.path.join(harness.HERE, "connect_client.py")
SHIPPED = os.path.join(harness.ROOT, "policies/network_egress_cluster.yaml")


def args(operator, *values):
    text = f'    selectors:\n    - matchArgs:\n      - index: 0\n        operator: "{operator}"\n        values:\n'
    return text + "".join(f'        - "{v}"\n' for v in values)


class Peers:
    """Listeners on loopback addresses; `connect` returns which of the given ones were reported, by address."""

    def __init__(self):
        self.sockets = []
        self.port = {}
        for host in ("127.0.0.1", "127.0.1.1", "127.0.2.1", "::1"):
            s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            s.bind((host, 0))
            s.listen(64)
            self.sockets.append(s)
            self.port[host] = s.getsockname()[1]

    def connect(self, daemon, *hosts):
        words = [f"blocking:{host}:{self.port[host.removeprefix('::ffff:')]}:1" for host in hosts]
        child = subprocess.Popen(["/usr/bin/python3", CLIENT, *words], stdout=subprocess.DEVNULL)
        check_equal(child.wait(60 * harness.TIME_SCALE), 0, "exit status of the client")
        daemon.stream.barrier()
        return [sock_of(e)["daddr"] for e in connects_of(daemon.stream.snapshot(), {child.pid})]

    def close(self):
        for s in self.sockets:
            s.close()


ALL = ("127.0.0.1", "127.0.1.1", "127.0.2.1", "::ffff:127.0.0.1", "::ffff:127.0.1.1", "::1")


def expect(folder, name, selectors, reported, extra=(), env=None):
    peers = Peers()
    policy = harness.write_policy(folder, name, selectors.replace("PORT_A", str(peers.port["127.0.0.1"]))
                                  .replace("PORT_B", str(peers.port["127.0.1.1"])))
    with Daemon(policy, args=extra, env=env) as daemon:
        check_equal(peers.connect(daemon, *ALL), list(reported), f"reported of {ALL}")
        daemon.stop()
    peers.close()


def mapped_is_ipv4(folder):
    expect(folder, "in", args("DAddr", "127.0.1.0/24"), ("127.0.1.1", "::ffff:127.0.1.1"))


def not_in_ipv4_ranges(folder):
    # ::1 is of the other family: an IPv4-only NotDAddr lets native IPv6 pass, but never loopback... see docs/policy.md.
    got = {}
    peers = Peers()
    with Daemon(harness.write_policy(folder, "not-in", args("NotDAddr", "127.0.1.0/24"))) as daemon:
        got = peers.connect(daemon, *ALL[:5])
        daemon.stop()
    peers.close()
    check_equal(got, ["127.0.0.1", "127.0.2.1", "::ffff:127.0.0.1"], "reported IPv4 peers")


def several_in_one_value(folder):
    expect(folder, "several", args("DAddr", "127.0.1.0/24 127.0.2.1", "::1, 10.0.0.0/8"),
           ("127.0.1.1", "127.0.2.1", "::ffff:127.0.1.1", "::1"))


def variables(folder):
    expect(folder, "set", args("DAddr", "${RANGE}"), ("127.0.2.1",), extra=["--set", "RANGE=127.0.2.0/24"])
    expect(folder, "environment", args("DAddr", "${BURIN_E2E_RANGE}"), ("::1",), env={"BURIN_E2E_RANGE": "::1"})


def ports(folder):
    expect(folder, "port", args("DPort", "PORT_A"), ("127.0.0.1", "::ffff:127.0.0.1"))
    expect(folder, "not-port", args("NotDPort", "PORT_A", "PORT_B"), ("127.0.2.1", "::1"))


def ipv6_list(folder):
    expect(folder, "six", args("DAddr", "::/0"), ("::1",))


def a_large_set(folder):
    """More ranges than are inlined: the slot table. Odd /24s of 127.0.0.0/16 and two thousand ranges elsewhere."""
    values = [f"127.0.{n}.0/24" for n in range(1, 256, 2)] + [f"10.{a}.{b}.0/25" for a in range(16) for b in range(128)]
    expect(folder, "large", args("NotDAddr", *values, "::1/128"), ("127.0.0.1", "127.0.2.1", "::ffff:127.0.0.1"))


def shipped_policy_never_reports_loopback(folder):
    peers = Peers()
    with Daemon(SHIPPED) as daemon:
        check_equal(peers.connect(daemon, *ALL), [], "reported loopback peers")
        daemon.stop()
    peers.close()


if __name__ == "__main__":
    harness.run(mapped_is_ipv4, not_in_ipv4_ranges, several_in_one_value, variables, ports, ipv6_list, a_large_set,
                shipped_policy_never_reports_loopback)
