"""`loader: true`: every file that a process maps executable, once, with the path and the build id that readelf shows, as an event
of the program that maps it; nothing of the kind without such a policy; and every mapping that found no room is counted."""
import base64
import os
import re
import shutil
import signal
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

PYTHON = os.path.realpath("/usr/bin/python3")
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"
TRACEPOINT = "  tracepoints:\n  - subsystem: sched\n    event: sched_process_exec\n"
# Stands for an older kernel (no build_id) or a sandbox (nothing at all): what perf_event_open answers there.
REFUSING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/syscall.h>
long syscall(long number, ...) {
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_perf_event_open) {
    const struct perf_event_attr* attr = (const struct perf_event_attr*)a[0];
    if (attr->WHEN) { errno = ERROR; return -1; }
  }
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"""


def policy(folder, name, text="  loader: true\n"):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def daemon_for(*policies, **more):
    """The daemon, or None where the kernel gives no perf events of mappings (and burin said so)."""
    try:
        return Daemon(*policies, **more)
    except AssertionError as refused:
        words = str(refused)
        check("none of its hooks can be had on this host (loader: " in words, words)
        harness.skip(words.strip().splitlines()[-1][:200])


def library(folder, name="libmine.so"):
    """A library that nobody else has mapped."""
    path = os.path.join(folder, name)
    shutil.copy2(os.path.realpath("/lib/x86_64-linux-gnu/libm.so.6"), path)
    return path


def build_id(path):
    out = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Build ID: ([0-9a-f]+)", out)
    return base64.b64encode(bytes.fromhex(found.group(1))).decode() if found else None


def run_python(text, *words):
    """Runs Python code in a process of its own; its pid."""
    child = subprocess.Popen([PYTHON, "-I", "-S", "-c", text, *words])
    check_equal(child.wait(), 0, "status of the child")
    return child.pid


def dlopen(path):
    return run_python("import ctypes, sys\nctypes.CDLL(sys.argv[1])\n", path)


def loads_of(events, pid):
    return [e["process_loader"] for e in events if kind_of(e) == "process_loader" and pid_of(e) == pid]


def paths_and_build_ids(folder):
    lib = library(folder)
    with daemon_for(policy(folder, "loader")) as daemon:
        pid = dlopen(lib)
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        counters = daemon.policy("loader")["hooks"]
        daemon.stop()
    loads = loads_of(events, pid)
    by_path = {load["path"]: load for load in loads}
    check_equal(len(by_path), len(loads), "each file once; got " + ", ".join(load["path"] for load in loads))
    check(lib in by_path and PYTHON in by_path, f"{lib} and {PYTHON} among {sorted(by_path)}")
    check(any(re.search(r"/ld-[^/]*\.so", path) for path in by_path), f"no interpreter among {sorted(by_path)}")
    for path, load in by_path.items():
        check_equal(load.get("buildid"), build_id(path), f"build id of {path}")
    # All are of the program that runs now, even what the kernel mapped before it told of the exec.
    image = next(e for e in events if kind_of(e) == "process_exec" and pid_of(e) == pid)["process_exec"]
    for load in loads:
        check_equal(load["process"]["exec_id"], image["process"]["exec_id"], f"exec_id of {load['path']}")
        check_equal(load["process"]["binary"], PYTHON, "binary")
        check_equal(load["parent"]["pid"], os.getpid(), "parent")
    mine = [e for e in events if pid_of(e) == pid]
    kinds = [kind_of(e) for e in mine]
    check(kinds.index("process_exec") < kinds.index("process_loader"), f"the exec comes first: {kinds}")
    check_equal(kinds[-1], "process_exit", "the last event")
    after = [int(e["burin"]["mono_ns"]) for e in mine if kind_of(e) == "process_loader"]
    check_equal(after, sorted(after), "times of the loads")
    check_equal([h["function"] for h in counters], ["loader"], "hooks")
    check_equal(counters[0]["rung"], "perf event", "rung")
    c = counters[0]["counters"]
    check(c["entered"] > c["matched"] >= len(loads) and c["posted"] == c["matched"] and c["no_space"] == 0, f"counters: {c}")


def files_of_other_kinds(folder):
    """Without a build id there is none; deleted files and memfds have the path that /proc/PID/maps shows; memory is no file."""
    bare = library(folder, "libbare.so")
    with open(bare, "r+b") as f:
        data = f.read()
        note = data.index(b"GNU\0" + base64.b64decode(build_id(bare))) - 4
        f.seek(note)
        f.write(b"\x63\0\0\0")  # another type than NT_GNU_BUILD_ID
    check_equal(build_id(bare), None, "what readelf says of the library without a build id")
    lib, gone = library(folder), library(folder, "libgone.so")
    with daemon_for(policy(folder, "loader")) as daemon:
        without = dlopen(bare)
        other = run_python("""import mmap, os, sys
def map_it(fd): return mmap.mmap(fd, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
anonymous = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ | mmap.PROT_EXEC)
readable = mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
fd = os.open(sys.argv[2], os.O_RDONLY)
os.unlink(sys.argv[2])
gone = map_it(fd)
memory = os.memfd_create("payload")
os.write(memory, open(sys.argv[1], "rb").read())
payload = map_it(memory)
""", lib, gone)
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        daemon.stop()
    check_equal([load.get("buildid") for load in loads_of(events, without) if load["path"] == bare], [None], "build id of none")
    loads = {load["path"]: load.get("buildid") for load in loads_of(events, other)}
    check(lib not in loads, "a mapping that is not executable was reported")
    check(all(path.startswith("/") for path in loads), f"something that is no file: {sorted(loads)}")
    for path in (gone + " (deleted)", "/memfd:payload (deleted)"):
        check_equal(loads.get(path), build_id(lib), f"build id of {path} among {sorted(loads)}")


def one_event_for_all_policies(folder):
    lib = library(folder)
    with daemon_for(policy(folder, "first"), policy(folder, "second", TRACEPOINT + "  loader: true\n")) as daemon:
        pid = dlopen(lib)
        daemon.stream.barrier()
        events = daemon.stream.snapshot()
        hooks = {name: [h["function"] for h in daemon.policy(name)["hooks"]] for name in ("first", "second")}
        daemon.stop()
    check_equal(len([load for load in loads_of(events, pid) if load["path"] == lib]), 1, "events of one mapping")
    check(any(kind_of(e) == "process_tracepoint" and pid_of(e) == pid for e in events), "the other hook of the policy is silent")
    check_equal(hooks, {"first": ["loader"], "second": ["sched_process_exec", "loader"]}, "hooks")


def none_without_loader(folder):
    with Daemon(policy(folder, "other", TRACEPOINT)) as daemon:
        dlopen(library(folder))
        daemon.stream.barrier()
        kinds = {kind_of(e) for e in daemon.stream.snapshot()}
        hooks = daemon.policy("other")["hooks"]
        daemon.stop()
    check("process_tracepoint" in kinds and "process_loader" not in kinds, f"kinds: {kinds}")
    check_equal(len(hooks), 1, "hooks")


def losses_are_counted(folder):
    """The daemon stands still while a process maps far more than fits into its rings."""
    lib, times = library(folder), 3000
    with daemon_for(policy(folder, "loader"), args=["--buffer-pages", "1"]) as daemon:
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            pid = run_python(f"""import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
for i in range({times}): mmap.mmap(fd, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()
""", lib)
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        # Losses that no later record tells are asked for within a second, and then they are in the counters too.
        daemon.stream.wait_for(lambda e: kind_of(e) == "rate_limit_info", "a gap")
        counters = daemon.policy("loader")["hooks"][0]["counters"]
        daemon.stop()
        events = daemon.stream.snapshot()
    came = len([load for load in loads_of(events, pid) if load["path"] == lib])
    gaps = {e["burin"]["gap"]["reason"] for e in daemon.stream.gaps()}
    lost = sum(int(e["rate_limit_info"]["number_of_dropped_process_events"]) for e in daemon.stream.gaps())
    check(came < times / 2, f"{came} of {times} came: not a flood")
    check(came + lost >= times, f"{came} came and {lost} were told to be lost, of {times}")
    check_equal(gaps, {"perf_buffer"}, "reasons of the gaps")
    check(0 < counters["no_space"] <= lost, f"counters {counters}, told {lost}")


def refusing(folder, when, error):
    """A library that lets perf_event_open fail when this field of its attributes is set."""
    source, out = os.path.join(folder, "refuse.c"), os.path.join(folder, "refuse.so")
    with open(source, "w", encoding="utf-8") as f:
        f.write(REFUSING)
    subprocess.run(["cc", "-shared", "-fPIC", f"-DWHEN={when}", f"-DERROR={error}", "-o", out, source, "-ldl"], check=True)
    return {"LD_PRELOAD": out}


def build_ids_of_our_own(folder):
    """As before Linux 5.12: the kernel knows no build ids, so burin reads them from the files while they are mapped."""
    lib = library(folder)
    with daemon_for(policy(folder, "loader"), env=refusing(folder, "build_id", "EINVAL")) as daemon:
        child = subprocess.Popen([PYTHON, "-I", "-S", "-c", "import ctypes, sys\nctypes.CDLL(sys.argv[1])\nsys.stdin.read()\n", lib],
                                 stdin=subprocess.PIPE)
        daemon.stream.wait_for(lambda e: lib in [load["path"] for load in loads_of([e], child.pid)], "the library")
        child.communicate()
        daemon.stream.barrier()
        loads = {load["path"]: load.get("buildid") for load in loads_of(daemon.stream.snapshot(), child.pid)}
        daemon.stop()
    check(lib in loads and PYTHON in loads, f"{sorted(loads)}")
    for path, found in loads.items():
        check_equal(found, build_id(path), f"build id of {path}")


def refused_with_the_reason(folder):
    env = refusing(folder, "mmap2", "EACCES")
    try:
        with Daemon(policy(folder, "loader"), env=env):
            raise RuntimeError("burin started")
    except AssertionError as refused:
        check("loader: cannot open the perf buffer" in str(refused) and "Permission denied" in str(refused), str(refused))
    with Daemon(policy(folder, "both", TRACEPOINT + "  loader: true\n"), env=env) as daemon:
        entry = daemon.policy("both")
        check_equal([h["function"] for h in entry["hooks"]], ["sched_process_exec"], "hooks")
        check_equal([(u["function"], u["line"]) for u in entry["unavailable"]], [("loader", 9)], "unavailable")
        daemon.stop()


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("readelf", "cc")
    harness.run(paths_and_build_ids, files_of_other_kinds, one_event_for_all_policies, none_without_loader, losses_are_counted,
                build_ids_of_our_own, refused_with_the_reason)
