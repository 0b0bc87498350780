"""What argument_types.py looks at from the other side: a process that does one thing for each argument type and says, as one line of JSON,
what it did. Run as a program of its own name, so that the policies can leave everybody else out.

usage: argument_actor.py WHAT FOLDER"""
import array
import ctypes
import json
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
libc = ctypes.CDLL(None, use_errno=True)
done = {"pid": os.getpid()}


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"system call {number}")
    return result


def child(name, act):
    """`act` in a process of its own; what it returns is told under `name`, with its pid."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(w, json.dumps(act()).encode())
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{name}: {error!r}\n".encode())
            os._exit(1)
    os.close(w)
    with os.fdopen(r) as told:
        text = told.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit(f"{name} ended with status {status}")
    done[name] = {"pid": pid, **(json.loads(text) if text else {})}


def credentials():
    """/proc/self/status as numbers."""
    with open("/proc/self/status", encoding="utf-8") as f:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    return {"uid": [int(n) for n in lines["Uid"].split()], "gid": [int(n) for n in lines["Gid"].split()],
            "caps": {k: int(lines[k], 16) for k in ("CapInh", "CapPrm", "CapEff")}}


def user_namespace():
    return os.stat("/proc/self/ns/user").st_ino


# --- files

def files(folder):
    path = os.path.join(folder, "file")
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o640)
    os.write(fd, b"hello iter")
    os.writev(fd, [b"one ", b"", b"three"])
    os.write(fd, b"l" * 5000)
    call(1, fd, b"raw write", 9)
    os.truncate(path, 4711)
    os.umask(0)
    made = os.path.join(folder, "made")
    os.mkdir(made, 0o751)
    os.rmdir(made)
    for offset, length in ((0x123456789ABCDEF0, -2), (-3, 0x7FFFFFFFFFFFFFFF)):
        libc.syscall(221, fd, ctypes.c_long(offset), ctypes.c_long(length), 0)  # fadvise64
    program = os.path.join(folder, "program")
    with open("/bin/true", "rb") as source, open(program, "wb") as copy:
        copy.write(source.read())
    os.chmod(program, 0o750)
    pid = os.fork()
    if pid == 0:
        os.execv(program, [program])
    os.waitpid(pid, 0)
    done["program"] = {"pid": pid}
    os.close(fd)


# --- sockets and packets

def sockets(folder):
    for name, family, host in (("v4", socket.AF_INET, "127.0.0.1"), ("v6", socket.AF_INET6, "::1")):
        with socket.socket(family) as listener, socket.socket(family) as client:
            listener.bind((host, 0))
            listener.listen(7)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 4711)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 5)
            client.connect(listener.getsockname()[:2])
            client.sendall(b"x" * 75)
            done[name] = {"sport": client.getsockname()[1], "dport": listener.getsockname()[1]}
    for name in (os.path.join(folder, "no such socket"), "\0burin-abstract"):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect_ex(name)


def packets(_):
    """Over loopback: UDP, and two frames that are not IP, one of which carries what looks like an IPv4 header."""
    for name, family, host in (("udp4", socket.AF_INET, "127.0.0.1"), ("udp6", socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 4712)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 6)
            s.bind((host, 0))
            s.sendto(b"hello", (host, 9))
            done[name] = {"sport": s.getsockname()[1]}
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, b"\2\0\0\0\0\1", bytes([192, 0, 2, 1]), b"\0" * 6, bytes([192, 0, 2, 9]))
    header = struct.pack("!BBHHHBBH4s4sHH", 0x45, 0, 28, 1, 0, 64, 17, 0, bytes([192, 0, 2, 3]), bytes([192, 0, 2, 4]), 4321, 1234)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("lo", 0))
        for kind, what in ((0x0806, arp), (0x88B5, header + b"\0\0\0\0")):
            s.send(b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + struct.pack("!H", kind) + what)
    done["lengths"] = [14 + len(arp), 14 + len(header) + 4]


# --- who may do what

def credentials_change(_):
    def drop():
        os.setresgid(2001, 2002, 2003)
        os.setresuid(1001, 1002, 1003)
        return {**credentials(), "user_ns": user_namespace()}

    def set_capabilities():
        # _LINUX_CAPABILITY_VERSION_3; words low: effective, permitted, inheritable, then high
        head = struct.pack("=II", 0x20080522, 0)
        call(126, head, struct.pack("=IIIIII", 0x1000, 0x43000, 0x2000, 0, 0, 0))
        return credentials()

    def in_a_namespace():
        call(272, 0x10000000)  # unshare(CLONE_NEWUSER)
        os.chroot("/")
        return {**credentials(), "user_ns": user_namespace()}

    os.chroot("/")
    done["chroot"] = {**credentials(), "user_ns": user_namespace()}
    child("dropped", drop)
    child("capset", set_capabilities)
    child("namespace", in_a_namespace)


# --- what is loaded into the kernel

def kernel_objects(folder):
    import harness
    name = lambda text: struct.unpack("=4I", text.ljust(16, b"\0"))
    fd = harness.bpf(0, 1, 4, 24, 77, 0, 0, 0, *name(b"burin_map"))  # BPF_MAP_CREATE: hash, key 4, value 24, 77 entries
    os.close(fd)
    insns = (ctypes.c_uint64 * 2)(0x00000000000000B7, 0x95)  # r0 = 0; exit
    text = ctypes.create_string_buffer(b"GPL")
    at, license_text = ctypes.addressof(insns), ctypes.addressof(text)
    words = (1, 2, at & 0xFFFFFFFF, at >> 32, license_text & 0xFFFFFFFF, license_text >> 32, 0, 0, 0, 0, 0, 0, *name(b"burin_prog"))
    os.close(harness.bpf(5, *words))  # BPF_PROG_LOAD: socket filter of 2 instructions

    def perf_event(kind, config, first=0, second=0):
        attr = struct.pack("=IIQQQQQIIQQ", kind, 72, config, 0, 0, 0, 1, 0, 0, first, second)  # disabled
        return call(298, attr, -1, 0, -1, 0)

    os.close(perf_event(1, 2))  # PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS
    with open("/sys/bus/event_source/devices/kprobe/type", encoding="utf-8") as f:
        kind = int(f.read())
    function = ctypes.create_string_buffer(b"vfs_read")
    for offset in (5, 9, 4):  # behind the call of ftrace, wherever that is
        try:
            os.close(perf_event(kind, 0, ctypes.addressof(function), offset))
            done["kprobe"] = {"type": kind, "offset": offset}
            break
        except OSError:
            pass
    if os.path.exists("/sys/module/dummy"):
        call(176, b"dummy", 0)  # delete_module
    module = f"/lib/modules/{os.uname().release}/kernel/drivers/net/dummy.ko"
    with open(module, "rb") as f:
        call(313, f.fileno(), b"numdummies=0", 0)  # finit_module
    with open("/sys/module/dummy/taint", encoding="utf-8") as f:
        done["taint"] = f.read().strip()
    call(176, b"dummy", 0)


def both_tables(_):
    """getpriority by the 64-bit and by the 32-bit table of system calls."""
    from int80 import int80
    libc.syscall(140, 0, 71, 72)  # nobody has that number: what it answers does not matter
    int80(96, 0, 71, 72)


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
    print(json.dumps(done))
