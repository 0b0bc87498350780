#!/usr/bin/python3
"""The peer of `./dev bench startup` that a BCC user would write: prints each new TCP connection's pid, command and addresses
from the tracepoint sock:inet_sock_set_state (TCP_SYN_SENT is state 2). It includes no kernel header beyond BCC's own, which is
BCC's fastest way; arguments are passed to its compiler. Ends on SIGINT or SIGTERM."""
import signal
import socket
import sys

from bcc import BPF

TEXT = r"""
struct event { u32 pid; u16 dport; u16 pad; u8 daddr[4]; char comm[16]; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(sock, inet_sock_set_state) {
  if (args->newstate != 2 || args->family != 2) return 0;
  struct event e = {};
  e.pid = bpf_get_current_pid_tgid() >> 32;
  e.dport = args->dport;
  __builtin_memcpy(e.daddr, args->daddr, 4);
  bpf_get_current_comm(e.comm, sizeof e.comm);
  events.perf_submit(args, &e, sizeof e);
  return 0;
}
"""

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
bpf = BPF(text=TEXT, cflags=sys.argv[1:])


def show(_cpu, data, _size):
    e = bpf["events"].event(data)
    print("connect", e.pid, socket.inet_ntoa(bytes(e.daddr)), e.dport, e.comm.decode(errors="replace"), flush=True)


bpf["events"].open_perf_buffer(show)
print("ready", flush=True)
try:
    while True:
        bpf.perf_buffer_poll()
except KeyboardInterrupt:
    pass
