"""What makes each policy of the corpus report something: a program that is run as a process of its own, and what its event has to
say. Named by the policy's file without its ending."""
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess

import harness
from harness import check, check_equal, kind_of, pid_of

KPROBES = os.path.exists("/sys/bus/event_source/devices/kprobe/type")
PYTHON = "/usr/bin/python3"


def body(event):
    return event[kind_of(event)]


def arg(event, position):
    return body(event)["args"][position]


def run(command, **options):
    """Runs a command to its end; (pid, output, status)."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    out, _ = child.communicate(timeout=60 * harness.TIME_SCALE)
    return child.pid, out, child.returncode


def python(code, *args, binary=PYTHON):
    return run([binary, "-S", "-c", code, *map(str, args)])


class Trigger:
    """`act()` runs the program and returns its pid and what it says; `expect` is a list of (function name or None, test of the
    event): each must be met by an event of that pid. `never`: no event of that pid may come."""

    def __init__(self, act, *expect, kprobes=True, monitor=False, never=False, any_pid=False, asked=None):
        self.act, self.expect, self.kprobes, self.monitor, self.never, self.any_pid = act, expect, kprobes, monitor, never, any_pid
        self.asked = asked  # follow only this part of the stream: its reader is traced too

    def possible(self, entry):
        return KPROBES or not self.kprobes

    def run(self, daemon, policy, absent=()):
        """`absent`: functions that this kernel does not have, of which no event is wanted."""
        pid, said, _ = self.act()
        daemon.stream.barrier()
        mine = [e for e in daemon.stream.snapshot()
                if (body(e).get("policy_name") == policy or kind_of(e) == "process_loader") and (self.any_pid or pid_of(e) == pid)]
        if self.never:
            check(not mine, f"{len(mine)} events of a process that the policy leaves out: {json.dumps(mine[:1])[:500]}")
            return "no event, as it should be"
        for function, test in self.expect:
            if function in absent:
                continue
            found = [e for e in mine if function is None or body(e).get("function_name") == function]
            check(found, f"no event of {function or 'the hook'} (pid {pid}, it said {said[:200]!r}; other events: "
                         f"{sorted({str(body(e).get('function_name')) for e in mine})})")
            check(any(test(e) for e in found), f"{function}: no event is as expected, the first is {json.dumps(body(found[0]).get('args'))[:400]} "
                                               f"return {body(found[0]).get('return')}")
        return f"{len(mine)} events"


def under_name(path, source=PYTHON):
    """A copy of a program at a path that a policy names."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy2(source, path)
    return path


def int_arg(position, value):
    return lambda e: arg(e, position).get("int_arg") == value


def path_arg(position, path, key="file_arg"):
    return lambda e: arg(e, position).get(key, {}).get("path") == path


CONNECT = "import socket,sys\ns=socket.socket()\ns.connect(('127.0.0.1',int(sys.argv[1])))\ns.sendall(b'x'*75)\nprint(s.getsockname()[1])\ns.close()\n"


def connect(binary=PYTHON):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        return python(CONNECT, port, binary=binary)


def cgroup_filter():
    """__cgroup_bpf_run_filter_skb is called only while some cgroup has a filter: one that lets everything pass, by a link that goes
    with its file descriptor."""
    insns = (ctypes.c_uint64 * 2)(0x00000001000000B7, 0x95)  # r0 = 1; exit
    license_text = ctypes.create_string_buffer(b"GPL")
    where, text = ctypes.addressof(insns), ctypes.addressof(license_text)
    program = harness.bpf(5, 8, 2, where & 0xFFFFFFFF, where >> 32, text & 0xFFFFFFFF, text >> 32)  # BPF_PROG_LOAD, CGROUP_SKB
    cgroup = os.open("/sys/fs/cgroup", os.O_RDONLY | os.O_DIRECTORY)
    links = [harness.bpf(28, program, cgroup, side, 0) for side in (0, 1)]  # BPF_LINK_CREATE: ingress, egress
    os.close(cgroup)
    os.close(program)
    return links


def filtered_udp():
    links = cgroup_filter()
    try:
        return udp()
    finally:
        for link in links:
            os.close(link)


def udp():
    return python("import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.sendto(b'x',('127.0.0.1',9))\n")


def accept_as_sshd():
    """A server with sshd's name that accepts one connection."""
    binary = under_name("/usr/sbin/tcpserver")
    child = subprocess.Popen([binary, "-S", "-c", "import socket\ns=socket.create_server(('127.0.0.1',0))\nprint(s.getsockname()[1],flush=True)\n"
                              "c,_=s.accept()\nc.recv(1)\nc.close()\ns.close()\n"], stdout=subprocess.PIPE, text=True)
    port = int(child.stdout.readline())
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"x")
        s.recv(1)
    child.wait(60 * harness.TIME_SCALE)
    return child.pid, str(port), child.returncode


def outside(port, kind):
    """Sends to an address that leads nowhere: a network namespace of its own with a cable to nowhere."""
    code = ("import os,socket,subprocess,sys\n"
            "os.unshare(os.CLONE_NEWNET) if hasattr(os,'unshare') else __import__('ctypes').CDLL(None).unshare(0x40000000)\n"
            "for c in ('link set lo up','link add d0 type veth peer name d1','link set d0 up','link set d1 up','addr add 192.0.2.1/24 dev d0'):\n"
            "  subprocess.run(['ip',*c.split()],check=True)\n"
            "print(flush=True)\n"
            "s=socket.socket(socket.AF_INET,socket.SOCK_%s)\n"
            "s.settimeout(0.2)\n"
            "try:\n  s.connect(('192.0.2.9',%d)); s.send(b'x')\n"
            "except OSError: pass\n" % (kind, port))
    return run([PYTHON, "-c", code])


CURL_OUTSIDE = ["unshare", "-n", "/bin/sh", "-c",
                "ip link set lo up; ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up; ip addr add 192.0.2.1/24 dev d0; "
                "exec /usr/bin/curl -s -m 1 http://192.0.2.9/"]


def load_module():
    """Loads a module that is not loaded yet, if this kernel has one at hand."""
    run(["/sbin/modprobe", "-r", "dummy"])
    return run(["/sbin/modprobe", "dummy"])


TRIGGERS = {
    "policylibrary__egress": Trigger(lambda: outside(80, "STREAM"), ("tcp_connect", lambda e: arg(e, 0)["sock_arg"]["daddr"] == "192.0.2.9"),
                                     kprobes=False),
    "policylibrary__modules": Trigger(load_module, ("security_kernel_read_file", lambda e: "dummy" in arg(e, 0)["file_arg"]["path"]
                                                    and arg(e, 1)["int_arg"] == 2 and body(e)["return"]["int_arg"] == 0)),
    "policylibrary__privileges__privileges-setuid-root": Trigger(
        lambda: python("import os\nos.setuid(0)\nos.setgid(0)\nos.setreuid(0,0)\nos.setregid(0,0)\nos.setresuid(0,0,0)\nos.setresgid(0,0,0)\n"),
        *[(f, lambda e: arg(e, 0)["int_arg"] == 0 and body(e)["return"]["int_arg"] == 0)
          for f in ("__sys_setuid", "__sys_setgid", "__sys_setreuid", "__sys_setregid", "__sys_setresuid", "__sys_setresgid")]),
    "policylibrary__sshd": Trigger(accept_as_sshd, ("sk_alloc", int_arg(0, 2)), ("tcp_close", lambda e: arg(e, 0)["sock_arg"]["family"] == "AF_INET")),
    "tracingpolicy__cves__cve-2024-3094-xz-ssh": Trigger(
        lambda: (shutil.copy2("/lib/x86_64-linux-gnu/liblzma.so.5", "/tmp/liblzma.so.5.6.1"),
                 python("import ctypes\nctypes.CDLL('/tmp/liblzma.so.5.6.1')\n", binary=under_name("/usr/sbin/sshd")))[1],
        ("security_mmap_file", path_arg(0, "/tmp/liblzma.so.5.6.1"))),
    "tracingpolicy__datagram-with-selectors": Trigger(filtered_udp, ("__cgroup_bpf_run_filter_skb", lambda e: arg(e, 1)["skb_arg"]["daddr"] == "127.0.0.1"
                                                            and arg(e, 1)["skb_arg"]["dport"] == 9)),
    "tracingpolicy__datagram-with-sock-tracking": Trigger(filtered_udp, ("sk_alloc", int_arg(0, 2)),
                                                          ("__cgroup_bpf_run_filter_skb", lambda e: arg(e, 1)["skb_arg"]["dport"] == 9)),
    "tracingpolicy__dev_queue_xmit": Trigger(udp, (None, lambda e: True)),
    "tracingpolicy__dns-only-specified-servers": Trigger(lambda: outside(53, "DGRAM"),
                                                         ("ip_output", lambda e: arg(e, 0)["skb_arg"]["dport"] == 53), monitor=True),
    "tracingpolicy__hardlink-override": Trigger(
        lambda: python("import os\ntry:\n  os.link('/etc/passwd','/tmp/hardlink')\nexcept OSError as e: print(e.errno)\n"),
        ("__x64_sys_linkat", lambda e: arg(e, 1)["string_arg"] == "/etc/passwd"), monitor=True),
    "tracingpolicy__host-changes__monitor-signed-kernel-modules": Trigger(
        load_module, ("security_kernel_read_file", lambda e: "dummy" in arg(e, 0)["file_arg"]["path"]),
        ("find_module_sections", lambda e: arg(e, 0)["module_arg"]["name"] == "dummy")),
    "tracingpolicy__kprobe_commit_creds": Trigger(lambda: python("import os\nos.setuid(4242)\n"),
                                                  ("commit_creds", lambda e: arg(e, 0)["process_credentials_arg"]["euid"] == 4242)),
    "tracingpolicy__list-generated-ftrace": Trigger(lambda: run(["/usr/bin/kill", "-0", str(os.getpid())]), (None, lambda e: True)),
    "tracingpolicy__list-syscalls": Trigger(lambda: python("import ctypes\nc=ctypes.CDLL(None)\nc.dup(0)\nc.dup2(0,9)\n"), ("__x64_sys_dup", lambda e: True),
                                            ("__x64_sys_dup2", lambda e: True), kprobes=False),
    "tracingpolicy__loader": Trigger(lambda: python("import ctypes\nctypes.CDLL('libm.so.6')\n"),
                                     (None, lambda e: re.search(r"/libm\.so\.6$", body(e)["path"]) and body(e)["buildid"]), kprobes=False),
    "tracingpolicy__lsm_file_open": Trigger(lambda: run(["/usr/bin/cat", "/etc/passwd"]), ("file_open", path_arg(0, "/etc/passwd"))),
    "tracingpolicy__lsm_track_grandparent": Trigger(lambda: run(["/bin/true"]), ("bprm_check_security", lambda e: arg(e, 0)["string_arg"] != "")),
    "tracingpolicy__openat_write": Trigger(
        lambda: python("import os\nos.open('/etc/passwd',os.O_RDWR)\nos.open('/etc/passwd',os.O_RDONLY)\n"),
        ("__x64_sys_openat", lambda e: arg(e, 1)["string_arg"] == "/etc/passwd" and arg(e, 2)["int_arg"] & 2 and body(e)["return"]["int_arg"] > 0),
        kprobes=False),
    "tracingpolicy__process-credentials__creds-capability-usage": Trigger(
        lambda: run(["unshare", "-p", "-f", "--kill-child", PYTHON, "-S", "-c", "import socket\nsocket.socket(socket.AF_INET,socket.SOCK_RAW,1)\n"]),
        ("cap_capable", lambda e: arg(e, 1)["capability_arg"]["name"].startswith("CAP_")), any_pid=True),
    "tracingpolicy__process-exec__process-exec-elf-begin": Trigger(lambda: run(["/bin/true"]),
                                                                   ("security_bprm_creds_from_file", path_arg(0, "/usr/bin/true"))),
    "tracingpolicy__raw_syscalls": Trigger(lambda: run(["/bin/true"]), (None, lambda e: arg(e, 0)["syscall_id"]["abi"] == "x64"
                                                                      and arg(e, 0)["syscall_id"].get("id") == 231), kprobes=False,
                                           asked="follow&processes=/true$"),
    "tracingpolicy__rawtp": Trigger(lambda: run(["/bin/true"]), (None, path_arg(0, "/usr/bin/true", "linux_binprm_arg")), kprobes=False),
    "tracingpolicy__security-socket-connect": Trigger(connect, ("security_socket_connect", lambda e: arg(e, 0)["sockaddr_arg"]["addr"] == "127.0.0.1"
                                                                and arg(e, 1)["int_arg"] == 16)),
    "tracingpolicy__security_bprm_check": Trigger(lambda: run([under_name("/usr/bin/sample-exec", "/bin/true")]),
                                                  ("security_bprm_check", path_arg(0, "/usr/bin/sample-exec", "linux_binprm_arg"))),
    "tracingpolicy__security_inode_follow_link": Trigger(
        lambda: python("import os\nos.path.lexists('/tmp/burin-link') or os.symlink('/etc','/tmp/burin-link')\nos.stat('/tmp/burin-link/passwd')\n"),
        ("security_inode_follow_link", lambda e: arg(e, 0)["path_arg"]["path"].endswith("/burin-link"))),
    "tracingpolicy__stack_traces": Trigger(
        lambda: python("import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.connect(('127.0.0.1',9))\ns.send(b'x')\n"
                       "try: s.recv(1)\nexcept OSError: pass\n"),
        (None, lambda e: any("skb" in f.get("symbol", "") for f in body(e).get("kernel_stack_trace", []))), any_pid=True),
    "tracingpolicy__symlink-override": Trigger(
        lambda: python("import os\ntry:\n  os.symlink('/etc/passwd','/tmp/symlink')\nexcept OSError as e: print(e.errno)\n"),
        ("__x64_sys_symlinkat", lambda e: arg(e, 0)["string_arg"] == "/etc/passwd"), monitor=True),
    # Every process of a host descends from its pid 1, which these leave out.
    "tracingpolicy__sys_clock_settime": Trigger(lambda: python("import time\ntime.clock_settime(time.CLOCK_REALTIME,time.time())\n"),
                                                never=True, kprobes=False),
    "tracingpolicy__sys_pivot_root": Trigger(lambda: run(["/sbin/pivot_root", "/", "/"]), never=True, kprobes=False),
    "tracingpolicy__write": Trigger(lambda: run(["/bin/echo", "x"]), never=True, kprobes=False),
    "tracingpolicy__sys_setuid": Trigger(lambda: python("import os\nos.setuid(4243)\n"), ("__x64_sys_setuid", int_arg(0, 4243)), kprobes=False),
    "tracingpolicy__tcp-connect-only-local-addrs": Trigger(lambda: run(CURL_OUTSIDE), ("tcp_connect", lambda e: arg(e, 0)["sock_arg"]["daddr"] == "192.0.2.9"),
                                                           kprobes=False),
    "tracingpolicy__tcp-connect-only-private-addrs": Trigger(lambda: run(CURL_OUTSIDE), ("tcp_connect", lambda e: arg(e, 0)["sock_arg"]["daddr"] == "192.0.2.9"),
                                                             kprobes=False),
    "tracingpolicy__tcp-connect": Trigger(connect, ("tcp_connect", lambda e: arg(e, 0)["sock_arg"]["daddr"] == "127.0.0.1"),
                                          ("tcp_sendmsg", int_arg(1, 75)), ("tcp_close", lambda e: True)),
    "tracingpolicy__tcp-listen": Trigger(lambda: python("import socket\ns=socket.create_server(('127.0.0.1',31337))\ns.close()\n"),
                                         ("inet_csk_listen_start", lambda e: arg(e, 0)["sock_arg"]["sport"] == 31337)),
    "tracingpolicy__tty": Trigger(
        lambda: python("import os,pty\na,b=os.openpty()\nos.write(b,b'burin was here')\nprint(os.ttyname(b))\n"),
        ("tty_write", lambda e: __import__("base64").b64decode(arg(e, 1)["bytes_arg"]) == b"burin was here"
         and arg(e, 0)["file_arg"]["path"].startswith("/"))),
    "tracingpolicy__uprobe-binaries": Trigger(lambda: run(["/usr/bin/bash", "-c", "x=$(seq 3); echo $x"]), (None, lambda e: body(e)["symbol"] == "malloc"),
                                              kprobes=False),
    "tracingpolicy__uprobe-pid": Trigger(lambda: run(["/bin/bash", "-c", "true"]), never=True, kprobes=False),
}
