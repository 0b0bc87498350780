"""Hooks on kernel functions that need kprobes, each with the call that it is about: wrappers of system calls as the functions that they
are, 32-bit system calls, functions found by a pattern, structures of a kernel module, registers, actions at the return, and what is
said of functions where no probe can be put. Without kprobes it is the refusals that are looked at."""
import os
import signal
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

KPROBES = os.path.exists("/sys/bus/event_source/devices/kprobe/type")
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"


def write(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def refused(policy):
    ended = subprocess.run([harness.BURIN, "run", "--policy", policy, "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                           timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0, f"burin started with {policy}")
    return ended.stderr


def without_kprobes(policy):
    """Says and looks at the refusal where there are no kprobes; else false."""
    if KPROBES:
        return False
    check("no kprobes" in refused(policy), "the refusal does not say that kprobes are missing")
    print("      (no kprobes here: only the refusal was looked at)")
    return True


def python(code, status=0):
    child = subprocess.Popen(["/usr/bin/python3", "-B", "-S", "-c", f"import sys\nsys.path.insert(0, {harness.HERE!r})\n" + code])
    check_equal(child.wait(60 * harness.TIME_SCALE), status, "status of the caller")
    return child.pid


def calls(daemon, pid):
    daemon.stream.barrier()
    return [e["process_kprobe"] for e in daemon.stream.snapshot() if kind_of(e) == "process_kprobe" and pid_of(e) == pid]


def a_wrapper_is_a_function(folder):
    """With `syscall: false` the wrapper has one parameter, the registers of the caller; `source: pt_regs` are the kernel's own."""
    policy = write(folder, "wrapper", """  kprobes:
  - call: "__x64_sys_umask"
    syscall: false
    return: true
    returnArg: {index: 0, type: int}
    args:
    - {index: 0, type: uint64, resolve: di}
    - {index: 0, type: uint64}
    data:
    - {index: 0, type: uint64, source: pt_regs, resolve: rdi}
    - {index: 0, type: int, source: current_task, resolve: tgid}
    selectors:
    - matchArgs:
      - {args: [0], operator: Equal, values: ["43"]}
""")
    if without_kprobes(policy):
        return
    with Daemon(policy) as daemon:
        pid = python("import os\nos.umask(0o22)\nos.umask(43)\n")
        seen = calls(daemon, pid)
        check_equal([(e["function_name"], e["args"][0], e["return"]) for e in seen],
                    [("__x64_sys_umask", {"size_arg": "43"}, {"int_arg": 0o22})], "calls of the wrapper")
        check_equal(seen[0]["data"], [seen[0]["args"][1], {"int_arg": pid}], "the first register is the parameter; tgid")
        check(int(seen[0]["data"][0]["size_arg"]) >> 47, "the registers of the caller are not in the kernel's memory")
        daemon.stop()


def calls_of_32_bit_programs(folder):
    """i386/NAME: calls by the other table, whose numbers, registers and wrappers differ (openat has a compat wrapper, and the name in the
    event is the call's); a 64-bit call of that name is none of them."""
    policy = write(folder, "compat", """  kprobes:
  - call: "i386/sys_mkdir"
    syscall: true
    return: true
    returnArg: {index: 0, type: int}
    args:
    - {index: 0, type: string}
    - {index: 1, type: uint32}
  - call: "i386/sys_openat"
    syscall: true
    return: true
    returnArg: {index: 0, type: int}
    args:
    - {index: 0, type: int}
    - {index: 1, type: string}
    - {index: 2, type: int}
""")
    if without_kprobes(policy):
        return
    with Daemon(policy) as daemon:
        made, missing = os.path.join(folder, "made"), os.path.join(folder, "missing")
        pid = python(f"""import os
from int80 import int80, low
assert int80(39, low({made!r}), 0o711, 0) == 0
assert int80(295, 0xFFFFFF9C, low({missing!r}), os.O_NOFOLLOW) == -2
os.mkdir({made!r} + "-too")
""")
        check(os.path.isdir(made), "the 32-bit mkdir made nothing")
        seen = [(e["function_name"], e["args"], e["return"]) for e in calls(daemon, pid)]
        check_equal(seen, [("__ia32_sys_mkdir", [{"string_arg": made}, {"uint_arg": 0o711}], {"int_arg": 0}),
                           ("__ia32_sys_openat", [{"int_arg": -100}, {"string_arg": missing}, {"int_arg": os.O_NOFOLLOW}],
                            {"int_arg": -2})], "32-bit calls")
        daemon.stop()


def functions_by_a_pattern(folder):
    """A list of type generated_ftrace has the functions of this kernel that match."""
    policy = write(folder, "pattern", """  lists:
  - name: made
    type: generated_ftrace
    pattern: "^ksys_(dup3|fadvise64_64)$"
  kprobes:
  - call: "list:made"
    syscall: false
    args:
    - {index: 0, type: int}
""")
    if not KPROBES:
        said = refused(policy)
        check("available_filter_functions" in said or "no kprobes" in said, f"the refusal does not say what is missing: {said}")
        return print("      (no kprobes here: only the refusal was looked at)")
    with Daemon(policy) as daemon:
        check_equal(sorted(h["function"] for h in daemon.policy("pattern")["hooks"]), ["ksys_dup3", "ksys_fadvise64_64"], "hooks")
        path = os.path.join(folder, "file")
        pid = python(f"import os\nfd = os.open({path!r}, os.O_CREAT | os.O_RDWR)\nos.dup2(fd, 77)\nos.dup2(77, 78, inheritable=False)\nos.posix_fadvise(78, 0, 9, 0)\n")
        seen = [(e["function_name"], e["args"][0]["int_arg"]) for e in calls(daemon, pid)]
        check(("ksys_dup3", 77) in seen and ("ksys_fadvise64_64", 78) in seen, f"calls: {seen}")
        daemon.stop()
    check("no function of this kernel matches ^ksys_nothing" in refused(write(folder, "none", """  lists:
  - {name: made, type: generated_ftrace, pattern: "^ksys_nothing"}
  kprobes:
  - {call: "list:made", syscall: false}
""")), "the refusal does not say that nothing matches")


def a_structure_of_a_module(folder):
    """btfTypeModule: members of a structure that only a module's type information has."""
    policy = write(folder, "module", """  kprobes:
  - call: "br_add_if"
    syscall: false
    args:
    - {index: 0, type: string, btfType: net_bridge, btfTypeModule: bridge, resolve: dev.name}
    - {index: 0, type: uint16, btfType: net_bridge, btfTypeModule: bridge, resolve: default_pvid}
    - {index: 1, type: net_device}
""")
    if without_kprobes(policy):
        return
    if subprocess.run(["/sbin/modprobe", "bridge"]).returncode or not os.path.exists("/sys/kernel/btf/bridge"):
        check(False, "this kernel has no module bridge with type information")
    with Daemon(policy) as daemon:
        setup = ("ip link add burin-bridge type bridge vlan_default_pvid 77 && ip link add burin-port type dummy && "
                 "exec ip link set burin-port master burin-bridge")
        child = subprocess.Popen(["unshare", "-n", "/bin/sh", "-c", setup])
        check_equal(child.wait(60 * harness.TIME_SCALE), 0, "status of ip")
        check_equal([e["args"] for e in calls(daemon, child.pid)],
                    [[{"string_arg": "burin-bridge"}, {"uint_arg": 77}, {"string_arg": "burin-port"}]], "calls of br_add_if")
        daemon.stop()
    check("net_brigde" in refused(write(folder, "misspelt", """  kprobes:
  - call: "br_add_if"
    syscall: false
    args:
    - {index: 0, type: string, btfType: net_brigde, btfTypeModule: bridge, resolve: dev.name}
""")), "the refusal does not name the structure")


def actions_at_the_return(folder):
    """matchReturnActions follow when the function has returned what matchReturnArgs asks for."""
    policy = write(folder, "at-return", """  kprobes:
  - call: "do_mkdirat"
    syscall: false
    return: true
    returnArg: {index: 0, type: int}
    args:
    - {index: 1, type: filename}
    - {index: 2, type: uint16}
    selectors:
    - matchArgs:
      - {index: 2, operator: Equal, values: ["449"]}
      matchReturnArgs:
      - {index: 0, operator: Equal, values: ["-17"]}
      matchReturnActions:
      - {action: Signal, argSig: 10}
""")
    if without_kprobes(policy):
        return
    with Daemon(policy) as daemon:
        path = os.path.join(folder, "twice")
        first = python(f"import os\nos.mkdir({path!r}, 449)\n")
        second = python(f"import os\nos.mkdir({path!r}, 449)\n", status=-signal.SIGUSR1)
        check_equal(calls(daemon, first), [], "events of a call that returned 0")
        check_equal([(e["args"], e["return"], e.get("return_action")) for e in calls(daemon, second)],
                    [([{"string_arg": path}, {"uint_arg": 449}], {"int_arg": -17}, "KPROBE_ACTION_SIGNAL")], "events of the other")
        daemon.stop()


def where_no_probe_can_be(folder):
    """A function without a place of its own is refused in words that lead on."""
    if not KPROBES:
        return print("      (no kprobes here)")
    hook = "  kprobes:\n  - {call: %s, syscall: false}\n"
    with open("/proc/kallsyms", encoding="utf-8") as f:
        names = {line.split()[2] for line in f}
    said = refused(write(folder, "absent", hook % "tcp_conect"))
    check("this kernel has no function tcp_conect" in said and "did you mean tcp_connect?" in said, said)
    said = refused(write(folder, "inlined", hook % "dev_queue_xmit"))
    if "dev_queue_xmit" in names:
        check("compiled without tracing" in said and "did you mean __dev_queue_xmit?" in said, said)
    else:
        check("this kernel has no function dev_queue_xmit" in said, said)


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("ip", "unshare")
    harness.run(a_wrapper_is_a_function, calls_of_32_bit_programs, functions_by_a_pattern, a_structure_of_a_module,
                actions_at_the_return, where_no_probe_can_be)
