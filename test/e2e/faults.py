"""What a host can lack, seeded really (in a mount namespace of its own, or by taking privileges away), one fault a test: `burin doctor`
and `burin run` name the cause, what it means and what cures it. A run goes on by another way where there is one, and is refused where
there is none."""
import json
import os
import shutil
import subprocess
import time

import harness
from harness import BIN, BURIN, Daemon, check, check_equal

RELEASE = os.uname().release
BUILD = f"/lib/modules/{RELEASE}/build"
USAGE, HOST, LOAD = 2, 4, 5  # exit statuses
INSTALL = f"install the headers of this kernel (Debian: apt install linux-headers-{RELEASE})"

# cover FOLDER: writes below it stay in this namespace. tree FOLDER RELEASE: as much of kernel headers as is looked at first.
SHELL = """
mount -t tmpfs seeds /mnt
cover() { mkdir -p /mnt/$2/u /mnt/$2/w; chmod --reference=$1 /mnt/$2/u; mount -t overlay o -o lowerdir=$1,upperdir=/mnt/$2/u,workdir=/mnt/$2/w $1; }
tree() { mkdir -p $1/include/generated $1/include/linux; : > $1/include/linux/kconfig.h
  echo "#define UTS_RELEASE \\"$2\\"" > $1/include/generated/utsrelease.h; }
no_headers() { cover $(readlink -f /lib) lib; mkdir -p /lib/modules/$R; rm -rf /lib/modules/$R/build /lib/modules/$R/source; mount -t tmpfs src /usr/src; }
over() { echo "$1" > /mnt/file; mount --bind /mnt/file $2; }
"""
# Nothing but headers and discovery is left to take layouts from.
NO_BTF = "mkdir /mnt/btf; mount --bind /mnt/btf /sys/kernel/btf\n"


def seeded(script):
    """A command that seeds a fault and then executes the one that follows."""
    return ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec", f"R={RELEASE}\n{SHELL}{script}\nexec \"$@\"", "sh"]


def ended(command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, cwd="/",
                          timeout=60 * harness.TIME_SCALE)


def doctor(wrap, *args, burin=BURIN, cache=None):
    """({id: finding}, exit status); the text for people must have what the JSON has, and the status must fit the verdict."""
    command = [*wrap, burin, "doctor", "--cache-dir", cache or harness.shared_cache(), *args]
    done = ended([*command, "--json"])
    check(done.returncode in (0, HOST), f"burin doctor --json ended with {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    check_equal(done.returncode, HOST if report["verdict"] == "broken" else 0, f"exit status with verdict {report['verdict']}")
    text = ended(command)
    check_equal(text.returncode, done.returncode, "exit status of the text form")
    return {f["id"]: f for f in report["findings"]}, done.returncode, text.stdout


def named(report, key, verdict, found, meaning, cure):
    """The finding is there, and says these words in both forms."""
    findings, status, text = report
    check(key in findings, f"no finding {key} among {sorted(findings)}")
    f = findings[key]
    check_equal(f["verdict"], verdict, f"verdict of {f}")
    for part, words in (("found", found), ("meaning", meaning), ("cure", cure)):
        check(words in f.get(part, ""), f"{part} of {key} lacks {words!r}: {f}")
        check(words in text, f"the text form lacks {words!r}:\n{text}")
    if verdict == "broken":
        check_equal(status, HOST, "exit status of doctor")


def refused(wrap, policy, status, words, *args, burin=BURIN, cache=""):
    """`burin run` ends with this status and says all of these words."""
    done = ended([*wrap, burin, "run", "--policy", policy, "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", cache, *args])
    check_equal(done.returncode, status, f"exit status; it said:\n{done.stderr}")
    for word in words:
        check(word in done.stderr, f"burin run does not say {word!r}:\n{done.stderr}")


def goes_on(wrap, policy, words, *args, source=None, cache=None):
    """`burin run` says all of these words, and traces."""
    with Daemon(policy, args=args, wrap=wrap, cache=cache) as daemon:
        daemon.stream.barrier()
        if source:
            status = json.loads(daemon.get("/v1/policies")[1])
            check_equal(status["layout"], source, "source of layouts")
        log = daemon.log()
        daemon.stop()
    for word in words:
        check(word in log, f"burin run does not say {word!r}:\n{log}")


def any_policy(folder):
    """A policy that every kernel can have."""
    path = os.path.join(folder, "any.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write('apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "any"\nspec:\n  tracepoints:\n'
                '  - subsystem: "sched"\n    event: "sched_process_exit"\n')
    return path


def headers_fault(folder, seed, problem, cure, place=BUILD):
    policy = any_policy(folder)
    wrap = seeded("no_headers\n" + seed)
    report = doctor(wrap, "--layout-source", "headers")
    named(report, "layout:headers:" + place, "weak", problem, "not a source of structure layouts", cure)
    named(report, "layout", "weak", "none", "bare: tracepoint arguments, helpers and /proc", f"linux-headers-{RELEASE}")
    refused(wrap, policy, HOST, ["layout source headers cannot be used", f"({place}): {problem}", f"(cure: {cure}",
                                 "without --layout-source another one is taken"], "--layout-source", "headers")
    goes_on(seeded("no_headers\n" + NO_BTF + seed), policy, [f"headers ({place}): {problem}", f"(cure: {cure}"], source="discovery")


def no_build_link(folder):
    headers_fault(folder, "", "does not exist", INSTALL)


def a_dangling_link(folder):
    headers_fault(folder, f"ln -s /usr/src/gone {BUILD}", "is a dangling link to /usr/src/gone",
                  INSTALL + "; in a container that has the host's /lib/modules: also mount the host's /usr/src")


def headers_of_another_release(folder):
    headers_fault(folder, f"tree /usr/src/other 1.2.3-other; ln -s /usr/src/other {BUILD}",
                  f"is of kernel 1.2.3-other, not of {RELEASE}", INSTALL)


def kernel_headers_of_a_foreign_owner(folder):
    """The place where BCC looks by itself, made by somebody else: named, and nothing in it is ever compiled."""
    policy, place = any_policy(folder), f"/tmp/kheaders-{RELEASE}"
    # Whoever compiles with this tree fails.
    seed = (f"cover /tmp tmp; rm -rf {place}; tree {place} $R\n"
            f"for f in linux/kconfig.h linux/types.h linux/version.h; do echo '#error planted' > {place}/include/$f; done\n"
            f"chown -R 1234:1234 {place}\n")
    problem, danger = "belongs to user 1234", "compile with what its owner puts there"
    report = doctor(seeded(seed))
    named(report, "layout:kheaders:" + place, "weak", problem, danger, "rm -r " + place)
    check_equal(report[0]["compiler"]["verdict"], "good", f"the compiler beside the planted tree: {report[0]['compiler']}")
    words = [f"kheaders ({place}): {problem}", danger, f"rm -r {place}"]
    goes_on(seeded(seed + NO_BTF + "no_headers\n"), policy, words, "--cache-dir", "", source="discovery")
    if not os.path.exists("/sys/kernel/kheaders.tar.xz"):
        refused(seeded(seed), policy, HOST, [f"({place}): {problem}", f"rm -r {place}"], "--layout-source", "kheaders")
    # A build link to it, with the right release: the owner could write other structures into it.
    linked = f"ln -s {place} {BUILD}"
    report = doctor(seeded(seed + "no_headers\n" + linked), "--layout-source", "headers")
    named(report, "layout:headers:" + BUILD, "weak", f"{place} can be written by others than root", "not a source", f"chown root: {place}")
    refused(seeded(seed + "no_headers\n" + linked), policy, HOST, [f"{place} can be written by others than root", "chown root:"],
            "--layout-source", "headers")


def no_tracefs(folder):
    policy = any_policy(folder)
    hidden = seeded("mkdir /mnt/empty; mount --bind /mnt/empty /sys/kernel")
    why = "this kernel has no tracefs (/sys/kernel/tracing does not exist): CONFIG_TRACING is off, or /sys is hidden"
    named(doctor(hidden), "tracefs", "broken", why, "no tracepoint can be found", "/sys/kernel/tracing:/sys/kernel/tracing")
    refused(hidden, policy, HOST, [why, "/sys/kernel/tracing:/sys/kernel/tracing"])
    # It is not mounted, and we may not: the cure is a command.
    unmounted = "umount -R /sys/kernel/debug 2>&- || :; umount /sys/kernel/tracing 2>&- || :\n"
    weak = seeded(unmounted) + ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    command = "mount -t tracefs tracefs /sys/kernel/tracing"
    named(doctor(weak), "tracefs", "broken", "cannot mount tracefs", "no tracepoint can be found", command)
    refused(weak, policy, HOST, ["cannot mount tracefs", command])
    # It is not mounted, or something hides it: burin mounts it for itself.
    for seed in (unmounted, "mkdir /mnt/empty; mount --bind /mnt/empty /sys/kernel/tracing\n"
                            "! test -d /sys/kernel/debug/tracing || mount --bind /mnt/empty /sys/kernel/debug\n"):
        check_equal(doctor(seeded(seed))[0]["tracefs"]["verdict"], "good", "tracefs that burin can mount")
        goes_on(seeded(seed), policy, [])


def lockdown(folder):
    # The kernel itself says so (securityfs is covered where it is mounted); this one is not locked, so a run goes on.
    seed = "mkdir /mnt/s; echo 'none integrity [confidentiality]' > /mnt/s/lockdown; mount --bind /mnt/s /sys/kernel/security"
    meaning, cure = "BPF programs may not read kernel memory", "boot with lockdown=integrity, or without"
    named(doctor(seeded(seed)), "lockdown", "broken", "confidentiality", meaning, cure)
    goes_on(seeded(seed), any_policy(folder), [f"lockdown is confidentiality: {meaning} (cure: {cure})"])
    check_equal(doctor(seeded(seed.replace("integrity [confidentiality]", "[integrity] confidentiality")))[0]["lockdown"]["verdict"],
                "good", "lockdown=integrity")


def hidden_kernel_addresses(folder):
    seed = "over 2 /proc/sys/kernel/kptr_restrict"
    meaning, cure = "kernel stack traces have no names", "sysctl kernel.kptr_restrict=1"
    named(doctor(seeded(seed)), "kptr_restrict", "weak", "2", meaning, cure)
    goes_on(seeded(seed), any_policy(folder), ["kptr_restrict is 2", meaning, cure])


def not_root(folder):
    os.chmod(folder, 0o755)
    place = os.path.join(folder, "bin")  # the build folder may be closed to others
    os.mkdir(place)
    for name in ("burin", "burin-compile"):
        shutil.copy(os.path.join(BIN, name), place)
    burin, policy = os.path.join(place, "burin"), any_policy(folder)
    user = ["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]
    report = doctor(user, burin=burin, cache="")
    missing = "user 1234 without CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYS_PTRACE"
    named(report, "privileges", "broken", missing, "programs and maps cannot be made", "run burin as root (sudo)")
    named(report, "bpf", "broken", "needs CAP_BPF and CAP_PERFMON", "nothing can be traced", "")
    refused(user, policy, HOST, [missing, "programs and maps cannot be made", "run burin as root (sudo)"], burin=burin)
    # Root, but without: as in a container.
    few = ["setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon", "--inh-caps", "-sys_admin,-bpf,-perfmon"]
    named(doctor(few), "privileges", "broken", "root without CAP_BPF, CAP_PERFMON", "programs and maps cannot be made", "--cap-add")
    refused(few, policy, HOST, ["root without CAP_BPF, CAP_PERFMON", "--cap-add"])


def no_cgroup2(folder):
    policy = harness.write_policy(folder, "connects")
    seed = "for m in $(awk '/ - cgroup2 / {print $5}' /proc/self/mountinfo | sort -r); do umount -l $m; done"
    report = doctor(seeded(seed))
    cure = "mount -t cgroup2"
    named(report, "cgroups", "weak", "v1" if report[0]["cgroups"]["found"] == "v1" else "none", "tcp_connect needs kprobes", cure)
    named(report, "sock_ops", "weak", "no cgroup v2 hierarchy is mounted", "without kprobes there is no tcp_connect", cure)
    if report[0]["kprobes"]["verdict"] == "good":
        return goes_on(seeded(seed), policy, [])
    refused(seeded(seed), policy, HOST, ["none of its hooks can be had on this host", "no cgroup v2 hierarchy is mounted", cure])


def no_compiler(folder):
    place = os.path.join(folder, "bin")
    os.mkdir(place)
    shutil.copy(BURIN, place)
    burin, policy = os.path.join(place, "burin"), any_policy(folder)
    named(doctor([], burin=burin), "compiler", "weak", f"there is no {place}/burin-compile", "only bundles can be started",
          "install burin-compile beside burin")
    refused([], policy, HOST, ["compiling policy ", f"there is no {place}/burin-compile", "install burin-compile"], burin=burin)
    # Whoever wants something compiled is told the same, by the same exit status.
    output = os.path.join(folder, "x.burin")
    for command in (["bundle", policy, "-o", output, "--cache-dir", ""], ["check", "--cost", policy]):
        done = ended([burin, *command])
        check_equal(done.returncode, HOST, f"exit status of burin {command[0]}; it said:\n{done.stderr}")
        check(f"there is no {place}/burin-compile" in done.stderr, f"burin {command[0]} does not name what is missing: {done.stderr}")
    check(not os.path.exists(output), "a bundle without programs was written")
    # It is there, clang is not.
    libraries = ended(["ldd", os.path.join(BIN, "burin-compile")]).stdout.split()
    clang = next(os.path.realpath(word) for word in libraries if word.startswith("/") and "libclang-cpp" in word)
    wrap = seeded(f": > /mnt/empty; mount --bind /mnt/empty {clang}")
    named(doctor(wrap), "compiler", "broken", "error while loading shared libraries: ", "no policy can be compiled", "libbpfcc")
    refused(wrap, policy, HOST, ["compiling policy ", "does not start", "error while loading shared libraries", "apt install libbpfcc"])


def kill_compiler(parent):
    """SIGKILL for the first burin-compile of this process; False when the process ended without one."""
    end = harness.deadline(60)
    while parent.poll() is None and time.monotonic() < end:
        for task in os.listdir(f"/proc/{parent.pid}/task"):
            try:
                with open(f"/proc/{parent.pid}/task/{task}/children", encoding="utf-8") as f:
                    children = f.read().split()
                for child in children:
                    with open(f"/proc/{child}/comm", encoding="utf-8") as f:
                        if f.read().strip() == "burin-compile":
                            os.kill(int(child), 9)
                            return True
            except OSError:
                pass  # gone in the meantime
    return False


def run_and_kill(*command):
    process = subprocess.Popen([BURIN, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    try:
        check(kill_compiler(process), f"no burin-compile was seen below burin {command[0]}")
        out, err = process.communicate(timeout=60 * harness.TIME_SCALE)
    finally:
        process.kill()
        process.wait()
    return process.returncode, out, err


def a_killed_compiler(folder):
    why = "(signal 9, SIGKILL: killed from outside, as the kernel does when memory is short"
    status, out, _ = run_and_kill("doctor", "--json", "--layout-source", "none", "--cache-dir", "")
    findings = {f["id"]: f for f in json.loads(out)["findings"]}
    named((findings, status, out), "compiler", "broken", why, "no policy can be compiled", "more memory")
    status, _, err = run_and_kill("run", "--policy", any_policy(folder), "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", "")
    check_equal(status, LOAD, f"exit status; it said:\n{err}")
    for words in ("while compiling policy ", "the compiler process broke off on ", why, "dmesg"):
        check(words in err, f"burin run does not say {words!r}:\n{err}")
    # Less memory than clang itself needs.
    few = ["prlimit", f"--as={215 << 20}"]
    report = doctor(few, "--layout-source", "none", cache="")
    named(report, "compiler", "broken", "the memory limit of burin or of its container is below", "no policy can be compiled", "more memory")
    refused(few, any_policy(folder), LOAD, ["compiling the base programs", "the memory limit of burin or of its container is below"],
            "--layout-source", "none")


def a_cache_that_cannot_be_written(folder):
    cache = os.path.join(folder, "cache")
    os.mkdir(cache, 0o700)
    wrap = seeded(f"mount -t tmpfs -o ro,mode=700 cache {cache}")
    named(doctor(wrap, cache=cache), "cache", "weak", "cannot be written: Read-only file system", "every start compiles anew",
          "burin run --cache-dir DIR")
    goes_on(wrap, any_policy(folder), ["warning cache: ", "Read-only file system", "the next start compiles anew", "--cache-dir DIR"], cache=cache)


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("unshare", "setpriv", "prlimit", "ldd")
    if ended(seeded("cover /usr/src probe") + ["true"]).returncode != 0:
        harness.skip("no mount namespace with an overlay can be made here")
    harness.run(no_build_link, a_dangling_link, headers_of_another_release, kernel_headers_of_a_foreign_owner, no_tracefs, lockdown,
                hidden_kernel_addresses, not_root, no_cgroup2, no_compiler, a_killed_compiler, a_cache_that_cannot_be_written)
