"""Every process is seen from exec to exit: 1,000 short ones, none missing, each with binary, parent, arguments and status."""
import os
import shutil
import signal
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of, process_of

# An emulated machine takes a tenth of a second for each.
TOTAL = 1000 if harness.TIME_SCALE == 1 else 250
# How Tetragon joins argv[1:]: by spaces, an argument that contains a space in double quotes. A run of bytes that are no UTF-8
# becomes one U+FFFD. Ours: an empty argument is quoted too, so that it can be seen.
ARGUMENTS = [
    ([], None),
    (["plain"], "plain"),
    (["two", "words"], "two words"),
    (["with a space", "x"], '"with a space" x'),
    (["uml\u00e4ut", "\U0001F680"], "uml\u00e4ut \U0001F680"),
    ([b"bad\xff\xfebytes"], "bad\ufffdbytes"),
    (["quote\"back\\slash"], "quote\"back\\slash"),
    (["tab\there", "new\nline"], "tab\there new\nline"),
    (["-" * 300], "-" * 300),
    (["a", "", "b"], 'a "" b'),
]
# shell text -> (status, signal) of the exit event
EXITS = [("exit 0", (0, "")), ("exit 1", (1, "")), ("exit 255", (255, "")), ("kill -KILL $$", (0, "SIGKILL")),
         ("kill -TERM $$", (0, "SIGTERM")), ("kill -SEGV $$", (0, "SIGSEGV")), ("kill -HUP $$", (0, "SIGHUP"))]


def own(stream):
    """{pid: [exec events, exit events]} of children of this test."""
    seen = {}
    for event in stream.snapshot():
        kind = kind_of(event)
        if kind in ("process_exec", "process_exit"):
            seen.setdefault(pid_of(event), ([], []))[kind == "process_exit"].append(event)
    return seen


def check_cwd(event, cwd):
    """The working directory; bare, where the process may be gone before anybody looks, whether that is a guess."""
    process, source = process_of(event), event["burin"]["from"]["cwd"]
    flags = process["flags"].split()
    guessed = harness.BARE and source == "inherited"  # ours, when the child began
    check_equal(process.get("cwd"), os.getcwd() if guessed else cwd, "cwd")
    check_equal("errorCWD" in flags, guessed, f"errorCWD in the flags of {process}, from {source}")
    check_equal("rootcwd" in flags, process["cwd"] == "/", f"rootcwd in the flags of {process}")


def check_parent(event):
    body = event[kind_of(event)]
    check("parent" in body, f"no parent: {event}")
    check_equal(body["parent"]["pid"], os.getpid(), "pid of the parent")
    check("python3" in body["parent"].get("binary", ""), f"binary of the parent: {body['parent']}")
    check_equal(body["process"]["parent_exec_id"], body["parent"]["exec_id"], "parent_exec_id")


def thousand_processes(folder):
    with Daemon(harness.write_policy(folder, "exec-exit")) as daemon:
        expected = {}
        running = []
        for n in range(TOTAL):
            child = subprocess.Popen(["/bin/true", f"burin-e2e-{n}"], stdin=subprocess.DEVNULL)
            expected[child.pid] = f"burin-e2e-{n}"
            running.append(child)
            if len(running) == 20:  # twenty at a time: they overlap, as on a busy machine
                for child in running:
                    child.wait()
                running = []
        for child in running:
            child.wait()
        check_equal(len(expected), TOTAL, "different pids (pid_max is too small for this test)")
        daemon.stream.barrier(60)
        daemon.stop()
        seen = own(daemon.stream)
        for pid, argument in expected.items():
            execs, exits = seen.get(pid, ([], []))
            check_equal((len(execs), len(exits)), (1, 1), f"exec and exit events of {pid}; gaps: {daemon.stream.gaps()}")
            for event in (execs[0], exits[0]):
                process = process_of(event)
                check(process.get("binary") in ("/bin/true", "/usr/bin/true"), f"binary: {process}")
                check_equal(process.get("arguments"), argument, "arguments")
                check_equal(process.get("cwd"), os.getcwd(), "cwd")
                check_equal(process.get("uid"), os.geteuid(), "uid")
                check("execve" in process["flags"].split(), f"flags: {process}")
                check_parent(event)
            harness.check_exit(exits[0], 0, "")
            check_equal(process_of(execs[0])["exec_id"], process_of(exits[0])["exec_id"], "exec_id of exec and exit")


def arguments_and_statuses(folder):
    with Daemon(harness.write_policy(folder, "args")) as daemon:
        children = []
        for words, text in ARGUMENTS:
            child = subprocess.Popen(["/bin/true", *words], cwd="/")
            children.append((child, text, (0, "")))
            child.wait()
        for shell, status in EXITS:
            child = subprocess.Popen(["/bin/sh", "-c", shell], cwd="/", stderr=subprocess.DEVNULL)
            child.wait()
            children.append((child, f'-c "{shell}"', status))
        daemon.stream.barrier()
        daemon.stop()
        seen = own(daemon.stream)
        for child, text, status in children:
            execs, exits = seen.get(child.pid, ([], []))
            check_equal((len(execs), len(exits)), (1, 1), f"events of {text!r}")
            got, cut = process_of(execs[0]).get("arguments"), "truncArgs" in process_of(execs[0])["flags"].split()
            if harness.BARE and cut:  # a word that no page of the child held yet: the list ends before it, and says so
                check(got != text and text.startswith(got), f"the beginning of {text!r}: {got!r}")
            else:
                check_equal((got, cut), (text, False), "arguments, and whether they are cut")
            check_equal(execs[0]["burin"]["from"]["arguments"], "entry" if harness.BARE else "kernel", "source of the arguments")
            harness.check_exit(exits[0], *status, f"exit of {text!r}")
            check_cwd(execs[0], "/")


def a_long_argument_list(folder):
    """A list longer than what is captured is marked, never cut silently."""
    with Daemon(harness.write_policy(folder, "long-args")) as daemon:
        lists = [["x" * 1000] * 60, ["y" * 5000, "z"], ["w"] * 127, ["w"] * 128, ["w"] * 600, ["v" * 4000, "u"]]
        children = [subprocess.Popen(["/bin/true", *words]) for words in lists]
        for child in children:
            child.wait()
        daemon.stream.barrier()
        daemon.stop()
        for child, words in zip(children, lists):
            process = process_of(own(daemon.stream)[child.pid][0][0])
            whole, got = " ".join(words), process["arguments"]
            check(whole.startswith(got) and len(got) >= 200, f"the beginning of {whole[:9]}...: {len(got)} bytes, {got[-20:]!r}")
            check_equal("truncArgs" in process["flags"].split(), got != whole, f"truncArgs, {len(got)} of {len(whole)} bytes")


def a_program_that_executes_another(folder):
    """One pid, two programs: two exec events with different exec_ids, the second one's parent is the first one's parent."""
    with Daemon(harness.write_policy(folder, "re-exec")) as daemon:
        child = subprocess.Popen(["/bin/sh", "-c", "exec /bin/true again"])
        child.wait()
        daemon.stream.barrier()
        daemon.stop()
        execs, exits = own(daemon.stream)[child.pid]
        check_equal([process_of(e).get("arguments") for e in execs], ['-c "exec /bin/true again"', "again"], "arguments")
        ids = [process_of(e)["exec_id"] for e in execs]
        check(ids[0] != ids[1], "the two programs have the same exec_id")
        check_equal([process_of(e)["exec_id"] for e in exits], [ids[1]], "exec_id of the exit")


def processes_that_were_there_before(folder):
    sleeper = subprocess.Popen(["/bin/sleep", "600"])
    try:
        with Daemon(harness.write_policy(folder, "before")) as daemon:
            event = daemon.stream.wait_for(lambda e: kind_of(e) == "process_exec" and pid_of(e) == sleeper.pid,
                                           "the procFS event of sleep")
            process = process_of(event)
            check("procFS" in process["flags"].split(), f"flags: {process}")
            check(process["binary"] in ("/bin/sleep", "/usr/bin/sleep"), f"binary: {process}")
            check_equal((process["arguments"], process["cwd"]), ("600", os.getcwd()), "arguments and cwd")
            check_parent(event)
            sleeper.send_signal(signal.SIGKILL)
            sleeper.wait()
            gone = daemon.stream.wait_for(lambda e: kind_of(e) == "process_exit" and pid_of(e) == sleeper.pid, "exit")
            harness.check_exit(gone, 0, "SIGKILL")
            check_equal(process_of(gone)["exec_id"], process["exec_id"], "exec_id")
            daemon.stop()
    finally:
        sleeper.kill()
        sleeper.wait()


def ends_of_threads(policies, **how):
    """A process of many threads is one process: one exit event, however its threads race; neither the end of its first thread
    nor an exec by another one looks like its end."""
    code = ("import os, threading, time\n"
            "for _ in range(8): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
            "os._exit(7)\n")
    thread_exec = ("import os, threading\n"
                   "t = threading.Thread(target=os.execv, args=('/bin/sh', ['sh', '-c', 'exit 9']))\n"
                   "t.start(); t.join()\n")
    first_ends = ("import ctypes, os, threading\n"
                  "def rest():\n"
                  "    while open(f'/proc/self/task/{os.getpid()}/stat').read().rsplit(')')[-1].split()[0] != 'Z': pass\n"
                  "    os._exit(5)\n"
                  "threading.Thread(target=rest).start()\n"
                  "ctypes.CDLL(None).syscall(60, 0)\n")  # exit (60 on x86-64): of this thread only
    with Daemon(*policies, **how) as daemon:
        racing = [subprocess.Popen(["/usr/bin/python3", "-c", code]) for _ in range(20)]
        for child in racing:
            check_equal(child.wait(60 * harness.TIME_SCALE), 7, "status of a process with threads")
        execing = subprocess.Popen(["/usr/bin/python3", "-c", thread_exec])
        check_equal(execing.wait(60 * harness.TIME_SCALE), 9, "status of the thread's program")
        headless = subprocess.Popen(["/usr/bin/python3", "-c", first_ends])
        check_equal(headless.wait(60 * harness.TIME_SCALE), 5, "status of a process whose first thread ended before")
        daemon.stream.barrier()
        seen = own(daemon.stream)
        for child, binary, status in [(c, "/usr/bin/python3", 7) for c in racing] + [
                (execing, "/bin/sh", 9), (headless, "/usr/bin/python3", 5)]:
            execs, exits = seen[child.pid]
            check_equal([(process_of(e)["binary"], e["process_exit"].get("status")) for e in exits], [(binary, status)],
                        f"exits of process {child.pid}")
            check_equal(process_of(exits[0])["exec_id"], process_of(execs[-1])["exec_id"], "exec_id of the last exec and the exit")
            for event in execs:
                check_parent(event)
        check_equal([process_of(e).get("arguments") for e in seen[execing.pid][0]][1:], ['-c "exit 9"'], "arguments of a thread's exec")
        daemon.stop()


def threads_end_once(folder):
    ends_of_threads(policies=[harness.write_policy(folder, "any")])


def threads_are_counted_where_nothing_tells_the_last(folder):
    """Bare on a kernel before 6.16, whose tracepoint does not say whether a thread is its process's last one."""
    formats = [f for f in (f"/sys/kernel/{t}/events/sched/sched_process_exit/format" for t in ("tracing", "debug/tracing"))
               if os.path.exists(f)]
    if not formats or not shutil.which("unshare"):
        return print("      (needs tracefs and unshare)")
    old = os.path.join(folder, "format")
    with open(formats[0], encoding="ascii") as now, open(old, "w", encoding="ascii") as then:
        then.writelines(line for line in now if "group_dead" not in line)
    hide = "".join(f"mount --bind {old} {f} && " for f in formats)
    policy = os.path.join(folder, "needs-no-structure.yaml")  # tcp_connect would, or cgroup v2
    with open(policy, "w", encoding="utf-8") as f:
        f.write("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: needs-no-structure}\nspec:\n"
                "  tracepoints:\n  - {subsystem: syscalls, event: sys_enter_getsid}\n")
    ends_of_threads(policies=[policy], args=["--layout-source", "none"],
                    wrap=["unshare", "-m", "sh", "-c", hide + 'exec "$@"', "sh"])


if __name__ == "__main__":
    harness.run(thousand_processes, arguments_and_statuses, a_long_argument_list,
                a_program_that_executes_another, processes_that_were_there_before, threads_end_once,
                threads_are_counted_where_nothing_tells_the_last)
