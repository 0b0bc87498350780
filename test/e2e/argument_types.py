"""Every argument type of the language on a real kernel: a process does something (argument_actor.py) and the event has to say what it
did. Types that need kprobes are looked at where the kernel has them; the table at the end says what covers each."""
import base64
import json
import os
import shutil
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of
from tracepoints import fields

KPROBES = os.path.exists("/sys/bus/event_source/devices/kprobe/type")
# Type -> the hook that shows it. What begins with e2e. or live. is another test.
COVERED = {
    "sock": "tcp_sendmsg", "socket": "security_socket_listen", "skb": "dev_hard_start_xmit, net:net_dev_queue",
    "sockaddr": "security_socket_connect", "sockaddr_un": "security_socket_connect", "string": "e2e.functions, e2e.syscalls",
    "filename": "do_mkdirat", "data_loc": "net:net_dev_queue", "net_device": "dev_hard_start_xmit",
    "char_buf": "ksys_write, e2e.syscalls (returnCopy)", "char_iovec": "vfs_writev", "iov_iter": "generic_file_write_iter",
    "const_buf": "raw_syscalls:sys_enter", "file": "e2e.traced (kprobe, fentry, lsm)", "path": "vfs_truncate", "dentry": "vfs_rmdir",
    "fd": "ksys_write", "kiocb": "generic_file_write_iter", "linux_binprm": "security_bprm_check", "cred": "commit_creds, cap_capable",
    "user_namespace": "cap_capable", "capability": "cap_capable", "module": "mod_sysfs_setup", "load_info": "mod_sysfs_setup",
    "bpf_attr": "security_bpf", "bpf_prog": "security_bpf_prog", "bpf_map": "security_bpf_map_alloc", "bpf_cmd": "security_bpf",
    "perf_event": "security_perf_event_alloc", "syscall64": "raw_syscalls:sys_enter", "nop": "e2e.functions",
    "kernel_cap_t": "security_capset", "cap_inheritable": "security_capset", "cap_permitted": "security_capset",
    "cap_effective": "security_capset",
    **{t: "ksys_fadvise64_64, sys_fadvise64" for t in (
        "int", "int32", "sint32", "int16", "sint16", "int8", "sint8", "uint32", "uint16", "uint8", "int64", "sint64", "long",
        "uint64", "ulong", "size_t")},
}
INTEGERS = {  # type -> key in events, bits, signed
    "int": ("int_arg", 32, True), "int32": ("int_arg", 32, True), "sint32": ("int_arg", 32, True), "int16": ("int_arg", 16, True),
    "sint16": ("int_arg", 16, True), "int8": ("int_arg", 8, True), "sint8": ("int_arg", 8, True), "uint32": ("uint_arg", 32, False),
    "uint16": ("uint_arg", 16, False), "uint8": ("uint_arg", 8, False), "int64": ("long_arg", 64, True),
    "sint64": ("long_arg", 64, True), "long": ("long_arg", 64, True), "uint64": ("size_arg", 64, False),
    "ulong": ("size_arg", 64, False), "size_t": ("size_arg", 64, False)}


def kprobe(call, args, filters="", syscall=False):
    """A hook of a policy; args: (index, type) or (index, type, more). Only the actor's calls are reported."""
    text = f"  - call: \"{call}\"\n    syscall: {str(syscall).lower()}\n" + arguments(args)
    return text + selector(filters)


def arguments(args):
    return "    args:\n" + "".join(f"    - {{index: {a[0]}, type: {a[1]}{', ' + a[2] if len(a) > 2 else ''}}}\n" for a in args)


def selector(filters):
    text = "    selectors:\n    - matchBinaries:\n      - {operator: In, values: [\"ACTOR\"]}\n"
    return text + ("      matchArgs:\n" + "".join(f"      - {{{f}}}\n" for f in filters) if filters else "")


class Acted:
    """What the actor did and what was reported of it."""

    def __init__(self, folder, what, section, hooks, kind="process_kprobe", name="function_name"):
        actor = os.path.join(folder, "actor")
        if not os.path.exists(actor):
            shutil.copy2(os.path.realpath("/usr/bin/python3"), actor)
        path = os.path.join(folder, what + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"{what.replace('_', '-')}\"\nspec:\n  {section}:\n")
            f.write("".join(hooks).replace("ACTOR", actor))
        self.kind, self.name = kind, name
        with Daemon(path) as daemon:
            check_equal(daemon.policy(what.replace("_", "-")).get("unavailable", []), [], "hooks that cannot be had")
            script = os.path.join(harness.HERE, "argument_actor.py")
            ended = subprocess.run([actor, "-B", "-S", script, what, folder], stdout=subprocess.PIPE, text=True,
                                   timeout=120 * harness.TIME_SCALE)
            check_equal(ended.returncode, 0, f"status of the actor ({what})")
            self.done = json.loads(ended.stdout)
            daemon.stream.barrier()
            self.events = [e for e in daemon.stream.snapshot() if kind_of(e) == kind and e[kind]["policy_name"] == what.replace("_", "-")]
            daemon.stop()
        if os.environ.get("BURIN_E2E_SHOW"):
            print(json.dumps(self.done))
            for e in self.events:
                print("      ", pid_of(e), e[kind].get(name), json.dumps(e[kind]["args"]))

    def of(self, name, who=None):
        """Arguments of the events of one function and of the actor, or of its child `who`."""
        pid = self.done[who]["pid"] if who else self.done["pid"]
        return [e[self.kind]["args"] for e in self.events if e[self.kind][self.name] == name and pid_of(e) == pid]


def includes(args, wanted, what):
    check(wanted in args, f"{what}: {json.dumps(wanted)} is not among {json.dumps(args)}")


def traced_function(*names):
    """The first of these that the compiler of this kernel left as a function."""
    with open("/sys/kernel/tracing/available_filter_functions", encoding="utf-8") as f:
        here = {line.split()[0] for line in f}
    found = next((name for name in names if name in here), None)
    check(found, f"this kernel has none of {names}")
    return found


def as_bytes(data, whole=0):
    encoded = base64.b64encode(data).decode()
    return {"truncated_bytes_arg": {"bytes_arg": encoded, "orig_size": str(whole)}} if whole else {"bytes_arg": encoded}


def on_its_file_system(path):
    """The path from the root of the file system on which it lies, which is all that a dentry says."""
    mount = path
    while not os.path.ismount(mount):
        mount = os.path.dirname(mount)
    return "/" + os.path.relpath(path, mount)


def as_type(name, number):
    """The argument that a 64-bit register is as this type."""
    key, bits, signed = INTEGERS[name]
    number &= (1 << bits) - 1
    if signed and number >> (bits - 1):
        number -= 1 << bits
    return {key: str(number) if bits == 64 else number}


def integers_of(call):
    """Hooks on fadvise64(fd, offset, length, advice), two types a hook."""
    names = list(INTEGERS)
    return [kprobe(call, [(i, name) for name in names[at:at + 2] for i in (1, 2)], syscall=call.startswith("sys_"))
            for at in range(0, len(names), 2)]


def check_integers(acted, function):
    got = acted.of(function)
    for offset, length in ((0x123456789ABCDEF0, -2), (-3, 0x7FFFFFFFFFFFFFFF)):
        names = list(INTEGERS)
        for at in range(0, len(names), 2):
            includes(got, [as_type(name, number) for name in names[at:at + 2] for number in (offset, length)], f"{names[at:at + 2]}")


def packets_on_a_tracepoint(folder):
    """The skb of net:net_dev_queue: IP packets by their headers; of a packet that is not IP nothing that its bytes could be taken for."""
    f = fields("net", "net_dev_queue")
    acted = Acted(folder, "packets", "tracepoints", [
        f"  - subsystem: net\n    event: net_dev_queue\n" + arguments([(f["skbaddr"], "skb"), (f["name"], "data_loc")]) + selector("")],
        "process_tracepoint", "event")
    check_packets(acted, "net_dev_queue")


def syscall_numbers(folder):
    """One call by each of the two tables of system calls: the number, which table, and the words of its parameters."""
    f = fields("raw_syscalls", "sys_enter")
    hook = "  - subsystem: raw_syscalls\n    event: sys_enter\n" + arguments([(f["id"], "syscall64"), (f["args"], "const_buf")])
    acted = Acted(folder, "both_tables", "tracepoints", [hook + selector(["index: 0, operator: Equal, values: ['getpriority', 'i386/getpriority']"])],
                  "process_tracepoint", "event")
    args = acted.of("sys_enter")
    check_equal([a[0] for a in args], [{"syscall_id": {"id": 140, "abi": "x64"}}, {"syscall_id": {"id": 96, "abi": "i386"}}], "calls")
    for words in args:
        check_equal(words[1:4], [{"size_arg": "0"}, {"size_arg": "71"}, {"size_arg": "72"}], "words")


def integers_of_a_system_call(folder):
    if KPROBES:
        return print("      (the function behind the call is looked at here: files)")
    check_integers(Acted(folder, "files", "kprobes", integers_of("sys_fadvise64")), "__x64_sys_fadvise64")


def files(folder):
    if not KPROBES:
        return print("      (no kprobes here)")
    writev = traced_function("vfs_writev", "do_writev")
    acted = Acted(folder, "files", "kprobes", [
        kprobe("vfs_truncate", [(0, "path"), (1, "int64")]),
        kprobe("vfs_mkdir", [(2, "dentry"), (3, "uint16")]),
        kprobe("vfs_rmdir", [(2, "dentry")]),
        kprobe("do_mkdirat", [(0, "int"), (1, "filename"), (2, "uint16")]),
        kprobe("generic_file_write_iter", [(0, "kiocb"), (1, "iov_iter")]),
        kprobe(writev, [(1, "char_iovec", "sizeArgIndex: 3"), (2, "ulong")]),
        kprobe("ksys_write", [(0, "fd"), (1, "char_buf", "sizeArgIndex: 3"), (2, "size_t")]),
        kprobe("security_bprm_check", [(0, "linux_binprm")])] + integers_of("ksys_fadvise64_64"))
    file = {"file_arg": {"path": os.path.join(folder, "file"), "permission": "-rw-r-----"}}
    made = os.path.join(folder, "made")
    check_equal(acted.of("vfs_truncate"), [[{"path_arg": file["file_arg"]}, {"long_arg": "4711"}]], "path")
    check_equal(acted.of("vfs_rmdir"), [[{"path_arg": {"path": on_its_file_system(made), "permission": "drwxr-x--x"}}]], "dentry")
    check_equal(acted.of("vfs_mkdir"), [[{"path_arg": {"path": on_its_file_system(made)}}, {"uint_arg": 0o751}]],
                "dentry of what is not there yet")
    check_equal(acted.of("do_mkdirat"), [[{"int_arg": -100}, {"string_arg": made}, {"uint_arg": 0o751}]], "filename")
    written = [b"hello iter", b"one three", b"raw write"]
    # The actor writes a copy of a program too.
    check_equal([a for a in acted.of("generic_file_write_iter") if a[0] == file], [[file, as_bytes(w)] for w in written[:2]] + [[file, as_bytes(b"l" * 4095, 5000)]]
                + [[file, as_bytes(written[2])]], "kiocb and iov_iter")
    check_equal(acted.of(writev), [[as_bytes(b"one three"), {"size_arg": "3"}]], "char_iovec")
    for data in (written[0], written[2]):
        includes(acted.of("ksys_write"), [file, as_bytes(data), {"size_arg": str(len(data))}], "fd and char_buf")
    includes(acted.of("ksys_write"), [file, as_bytes(b"l" * 4095, 5000), {"size_arg": "5000"}], "fd and a long char_buf")
    check_equal(acted.of("security_bprm_check", "program"),
                [[{"linux_binprm_arg": {"path": os.path.join(folder, "program"), "permission": "-rwxr-x---"}}]], "linux_binprm")
    check_integers(acted, "ksys_fadvise64_64")


def sock(acted, who, state, **more):
    """The sock of the actor's connection `who` but for its cookie, an address of the kernel."""
    family, host = ("AF_INET", "127.0.0.1") if who == "v4" else ("AF_INET6", "::1")
    return {"family": family, "type": "SOCK_STREAM", "protocol": "IPPROTO_TCP", "saddr": host, "state": state, **more}


def without_cookie(args):
    for arg in args:
        if "sock_arg" in arg:
            check(int(arg["sock_arg"].pop("cookie")) >> 47, "the cookie is no address of the kernel")
    return args


def sockets(folder):
    if not KPROBES:
        return print("      (no kprobes here)")
    acted = Acted(folder, "sockets", "kprobes", [
        kprobe("tcp_sendmsg", [(0, "sock"), (2, "size_t")]),
        kprobe("security_socket_listen", [(0, "socket"), (1, "int")]),
        kprobe("security_socket_connect", [(1, "sockaddr_un"), (2, "int")], ["index: 1, operator: Family, values: [AF_UNIX]"]),
        kprobe("security_socket_connect", [(1, "sockaddr"), (2, "int")], ["index: 1, operator: Family, values: [AF_INET, AF_INET6]"])])
    sent = [without_cookie(a) for a in acted.of("tcp_sendmsg")]
    listened = [without_cookie(a) for a in acted.of("security_socket_listen")]
    connected = acted.of("security_socket_connect")
    for who, nowhere in (("v4", "0.0.0.0"), ("v6", "::")):
        ports = acted.done[who]
        host = "127.0.0.1" if who == "v4" else "::1"
        includes(sent, [{"sock_arg": sock(acted, who, "TCP_ESTABLISHED", mark=4711, priority=5, daddr=host, **ports)}, {"size_arg": "75"}],
                 f"sock of {who}")
        includes(listened, [{"sock_arg": sock(acted, who, "TCP_CLOSE", daddr=nowhere, sport=ports["dport"])}, {"int_arg": 7}], f"socket of {who}")
        includes(connected, [{"sockaddr_arg": {"family": "AF_INET" if who == "v4" else "AF_INET6", "addr": host, "port": ports["dport"]}},
                             {"int_arg": 16 if who == "v4" else 28}], f"sockaddr of {who}")
    for path, length in ((os.path.join(folder, "no such socket"), 1), ("@burin-abstract", 0)):
        includes(connected, [{"sockaddrun_arg": {"family": "AF_UNIX", "path": path}}, {"int_arg": 2 + len(path) + length}], "sockaddr_un")
    check_equal((len(sent), len(listened), len(connected)), (2, 2, 4), "calls")


def check_packets(acted, name):
    got = acted.of(name)
    for packet, *_ in got:
        packet["skb_arg"].pop("hash", None)  # the kernel's own affair
    for who, host, length in (("udp4", "127.0.0.1", 20), ("udp6", "::1", 40)):
        includes(got, [{"skb_arg": {"len": 14 + length + 8 + 5, "priority": 6, "mark": 4712, "saddr": host, "daddr": host,
                                    "sport": acted.done[who]["sport"], "dport": 9, "proto": 17, "protocol": "IPPROTO_UDP",
                                    "family": "AF_INET" if who == "udp4" else "AF_INET6"}}, {"string_arg": "lo"}], who)
    others = [a[0]["skb_arg"] for a in got if a[0]["skb_arg"]["family"] == "AF_UNSPEC"]
    check_equal(others, [{"len": n, "saddr": "invalid IP", "daddr": "invalid IP", "protocol": "IPPROTO_IP", "family": "AF_UNSPEC"}
                         for n in acted.done["lengths"]], "packets that are not IP")


def packets(folder):
    if not KPROBES:
        return print("      (no kprobes here)")
    check_packets(Acted(folder, "packets", "kprobes", [kprobe("dev_hard_start_xmit", [(0, "skb"), (1, "net_device")])]), "dev_hard_start_xmit")


def user_ns(level, number):
    host = {"is_host": True} if number == 0xEFFFFFFD else {}
    return {"level": level, "uid": 0, "gid": 0, "ns": {"inum": number, **host}}


def check_cred(cred, uids, gids, caps, namespace, what):
    """uids, gids: real, effective, saved, of the file system; caps: as /proc says."""
    names = {"CapPrm": "permitted", "CapEff": "effective", "CapInh": "inheritable"}
    cred = cred["process_credentials_arg"]
    check_equal([cred[k] for k in ("uid", "euid", "suid", "fsuid")], uids, f"users of {what}")
    check_equal([cred[k] for k in ("gid", "egid", "sgid", "fsgid")], gids, f"groups of {what}")
    check_equal({k: len(cred["caps"].get(n, [])) for k, n in names.items()}, {k: bin(v).count("1") for k, v in caps.items()},
                f"numbers of capabilities of {what}")
    check_equal(cred["user_ns"], namespace, f"user namespace of {what}")


def who_may_do_what(folder):
    if not KPROBES:
        return print("      (no kprobes here)")
    acted = Acted(folder, "credentials_change", "kprobes", [
        kprobe("commit_creds", [(0, "cred")]),
        kprobe("cap_capable", [(0, "cred"), (1, "user_namespace"), (2, "capability"), (3, "uint32")],
               ["index: 2, operator: Equal, values: ['18']"]),
        kprobe("security_capset", [(2, "cap_effective"), (3, "cap_inheritable"), (4, "cap_permitted")]),
        kprobe("security_capset", [(2, "kernel_cap_t"), (4, "kernel_cap_t")], ["args: [0, 1], operator: CapabilitiesGained"])])
    done = acted.done
    changes = acted.of("commit_creds", "dropped")
    check_equal(len(changes), 2, "changes of credentials")
    check_cred(changes[1][0], [1001, 1002, 1003, 1002], [2001, 2002, 2003, 2002], done["dropped"]["caps"],
               user_ns(0, done["dropped"]["user_ns"]), "who became another user")
    check_equal((done["dropped"]["uid"], done["dropped"]["gid"]), ([1001, 1002, 1003, 1002], [2001, 2002, 2003, 2002]), "what /proc says")
    for who, level in ((None, 0), ("namespace", 1)):
        told = done["chroot"] if who is None else done[who]
        asked = acted.of("cap_capable", who)
        check_equal(len(asked), 1, f"questions for CAP_SYS_CHROOT of {who}")
        check_cred(asked[0][0], [0] * 4, [0] * 4, told["caps"], user_ns(level, told["user_ns"]), f"who called chroot ({who})")
        check_equal(asked[0][1:], [{"user_ns_arg": user_ns(level, told["user_ns"])}, {"capability_arg": {"value": 18, "name": "CAP_SYS_CHROOT"}},
                                   {"uint_arg": 0}], "the question")
    check("CAP_SYS_CHROOT" in acted.of("cap_capable")[0][0]["process_credentials_arg"]["caps"]["effective"], "root lacks CAP_SYS_CHROOT")
    check_equal(done["capset"]["caps"], {"CapEff": 0x1000, "CapInh": 0x2000, "CapPrm": 0x43000}, "what /proc says")
    includes(acted.of("security_capset", "capset"), [{"cap_effective_arg": "0000000000001000"}, {"cap_inheritable_arg": "0000000000002000"},
                                                     {"cap_permitted_arg": "0000000000043000"}], "cap_*")
    includes(acted.of("security_capset", "capset"), [{"kernel_cap_t_arg": "0000000000001000"}, {"kernel_cap_t_arg": "0000000000043000"}],
             "kernel_cap_t")


def kernel_objects(folder):
    if not KPROBES:
        return print("      (no kprobes here)")
    acted = Acted(folder, "kernel_objects", "kprobes", [
        kprobe("security_bpf", [(0, "bpf_cmd"), (2, "uint32")]),
        kprobe("security_bpf", [(0, "bpf_cmd"), (1, "bpf_attr")], ["index: 0, operator: Equal, values: ['5']"]),
        kprobe("security_bpf_map_alloc", [(0, "bpf_map")]),
        kprobe("security_bpf_prog", [(0, "bpf_prog")]),
        kprobe("security_perf_event_alloc", [(0, "perf_event")]),
        kprobe("mod_sysfs_setup", [(0, "module"), (1, "load_info"), (3, "uint32")])])
    program = {"ProgType": "BPF_PROG_TYPE_SOCKET_FILTER", "InsnCnt": 2, "ProgName": "burin_prog"}
    includes(acted.of("security_bpf"), [{"bpf_cmd_arg": "BPF_MAP_CREATE"}, {"uint_arg": 128}], "bpf_cmd")
    includes(acted.of("security_bpf"), [{"bpf_cmd_arg": "BPF_PROG_LOAD"}, {"bpf_attr_arg": program}], "bpf_attr")
    includes(acted.of("security_bpf_prog"), [{"bpf_prog_arg": program}], "bpf_prog")
    check_equal(acted.of("security_bpf_map_alloc"), [[{"bpf_map_arg": {"MapType": "BPF_MAP_TYPE_HASH", "KeySize": 4, "ValueSize": 24,
                                                                     "MaxEntries": 77, "MapName": "burin_map"}}]], "bpf_map")
    probe = acted.done.get("kprobe")
    check(probe, "the actor could not open a perf event for a kprobe")
    # 6 is the first number that the kernel gives away; Tetragon has the header's last name for it.
    kind = "PERF_TYPE_MAX" if probe["type"] == 6 else str(probe["type"])
    includes(acted.of("security_perf_event_alloc"), [{"perf_event_arg": {"Type": "PERF_TYPE_SOFTWARE", "Config": "2"}}], "perf_event that counts")
    includes(acted.of("security_perf_event_alloc"), [{"perf_event_arg": {"KprobeFunc": "vfs_read", "Type": kind,
                                                                       "ProbeOffset": str(probe["offset"])}}], "perf_event that probes")
    loaded = acted.of("mod_sysfs_setup")
    check_equal(len(loaded), 1, "modules that were loaded")
    check_equal(acted.done["taint"], "", "taints of the module")
    check_equal(loaded[0][0], {"module_arg": {"name": "dummy"}}, "module")
    check_equal(loaded[0][1], {"module_arg": {"name": "dummy", "signature_ok": True}}, "load_info")
    check_equal(loaded[0][2], {"uint_arg": 1}, "number of the module's parameters")


def all_types_are_covered(folder):
    """What shows each type; a type that nothing shows is an error."""
    listed = subprocess.run([harness.BURIN, "list", "types"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    for name in names:
        print(f"      {name:16} {COVERED.get(name, '-')}")
    check_equal(sorted(COVERED), sorted(names), "types that a test shows")


if __name__ == "__main__":
    harness.require_bpf()
    harness.run(packets_on_a_tracepoint, syscall_numbers, integers_of_a_system_call, files, sockets, packets, who_may_do_what, kernel_objects,
                all_types_are_covered)
