"""Tracepoints of this kernel with real triggers and exact values: numbers, text, arrays, __data_loc, common fields, raw
tracepoints, members that `resolve` leads to, and the refusals with what is wrong."""
import os
import re
import socket
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n  tracepoints:\n"


def fields(subsystem, event):
    """Field name -> ordinal, as a user counts them in the format file."""
    with open(f"/sys/kernel/tracing/events/{subsystem}/{event}/format", encoding="utf-8") as f:
        lines = [line for line in f if line.strip().startswith("field:")]
    return {re.search(r"(\w+)(\[[^;]*\])?;", line).group(1): i for i, line in enumerate(lines)}


def policy(folder, name, hooks):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + hooks)
    return path


def hook(subsystem, event, args, raw=False, more=""):
    text = f"  - subsystem: {subsystem}\n    event: {event}\n" + ("    raw: true\n" if raw else "") + "    args:\n"
    return text + "".join(f"    - {{index: {i}, {rest}}}\n" for i, rest in args) + more


def events_of(daemon, pid, name):
    return [e["process_tracepoint"] for e in daemon.stream.snapshot() if kind_of(e) == "process_tracepoint"
            and pid_of(e) == pid and e["process_tracepoint"]["event"] == name]


def value(arg):
    return next(v for k, v in arg.items() if k != "label")


def exec_and_task(folder):
    ex, task = fields("sched", "sched_process_exec"), fields("task", "task_newtask")
    text = hook("sched", "sched_process_exec",
                [(ex["filename"], "type: auto"), (ex["pid"], "type: auto"), (ex["common_pid"], "type: auto"),
                 (ex["common_type"], "type: uint16")])
    text += hook("task", "task_newtask", [(task["comm"], "type: auto"), (task["clone_flags"], "type: auto")])
    with Daemon(policy(folder, "exec-task", text)) as daemon:
        child = subprocess.Popen(["/bin/true"])
        child.wait()
        daemon.stream.barrier()
        seen = events_of(daemon, child.pid, "sched_process_exec")
        check_equal(len(seen), 1, "exec events")
        with open("/sys/kernel/tracing/events/sched/sched_process_exec/id", encoding="utf-8") as f:
            number = int(f.read())
        check_equal([value(a) for a in seen[0]["args"]], ["/bin/true", child.pid, child.pid, number], "exec's fields")
        born = events_of(daemon, os.getpid(), "task_newtask")
        with open("/proc/self/comm", encoding="utf-8") as f:
            comm = f.read().strip()
        check(any(value(e["args"][0]) == comm for e in born), f"no child with comm {comm!r} in {born}")
        daemon.stop()


def small_numbers_and_arrays(folder):
    """u16 fields and byte arrays, which Tetragon cannot show."""
    f = fields("sock", "inet_sock_set_state")
    bytes_too = "char_buf" in subprocess.run([harness.BURIN, "list", "types"], capture_output=True, text=True).stdout.split()
    text = hook("sock", "inet_sock_set_state",
                [(f["dport"], "type: auto"), (f["family"], "type: auto"), (f["newstate"], "type: auto")]
                + [(f["daddr"], "type: auto")] * bytes_too,
                more="    selectors:\n    - matchArgs:\n      - {index: 0, operator: Equal, values: [\"%d\"]}\n")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with Daemon(policy(folder, "state", text % port)) as daemon:
        child = subprocess.Popen(["/usr/bin/python3", "-c",
                                  f"import socket; socket.create_connection(('127.0.0.1', {port}))"])
        check_equal(child.wait(60 * harness.TIME_SCALE), 0, "status of the client")
        daemon.stream.barrier()
        seen = events_of(daemon, child.pid, "inet_sock_set_state")
        check(seen, "no state event")
        check_equal([value(a) for a in seen[0]["args"]], [port, 2, 2] + ["fwAAAQ=="] * bytes_too, "port, AF_INET, TCP_SYN_SENT, 127.0.0.1")
        daemon.stop()
    listener.close()


def raw_and_resolve(folder):
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        print("      (no BTF here)")
        return
    text = hook("sched", "sched_process_exec",
                [(0, "type: auto, resolve: tgid"), (2, "type: string, resolve: filename"),
                 (0, "type: string, resolve: real_parent.comm"), (0, "type: int, resolve: 'comm[0]'"),
                 (0, "type: uint64, resolve: mm.exe_file.f_inode.i_ino")], raw=True)
    with Daemon(policy(folder, "raw", text)) as daemon:
        child = subprocess.Popen(["/bin/true"])
        child.wait()
        daemon.stream.barrier()
        seen = events_of(daemon, child.pid, "sched_process_exec")
        check_equal(len(seen), 1, "raw exec events")
        with open("/proc/self/comm", encoding="utf-8") as f:
            comm = f.read().strip()
        got = [value(a) for a in seen[0]["args"]]
        check_equal(got, [child.pid, "/bin/true", comm, ord("t"), str(os.stat("/bin/true").st_ino)], "resolved members")
        daemon.stop()


def refusals(folder):
    cases = [
        (hook("sched", "sched_process_exec", [(99, "type: int")]), "there is none with index 99"),
        (hook("sched", "sched_process_exec", [(1, "type: auto")]), "does not let BPF programs read field"),
        (hook("sched", "no_such_event", [(4, "type: int")]), "no tracepoint sched:no_such_event"),
    ]
    if os.path.exists("/sys/kernel/btf/vmlinux"):
        cases += [
            (hook("sched", "sched_process_exec", [(0, "type: int, resolve: tgidd")], raw=True), "did you mean tgid?"),
            (hook("sched", "sched_process_exec", [(4, "type: int")], raw=True), "has 3 parameters"),
        ]
    for i, (text, wanted) in enumerate(cases):
        path = policy(folder, f"refused{i}", text)
        ended = subprocess.run([harness.BURIN, "run", "--policy", path, "--listen", "127.0.0.1:0"], capture_output=True,
                               text=True, timeout=120 * harness.TIME_SCALE)
        check(ended.returncode != 0, f"{wanted}: burin started")
        check(wanted in ended.stderr, f"{wanted!r} is not in {ended.stderr!r}")


if __name__ == "__main__":
    harness.require_bpf()
    harness.run(exec_and_task, small_numbers_and_arrays, raw_and_resolve, refusals)
