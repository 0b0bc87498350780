"""What others may have put in the compiler's way (BCC's folders below /tmp and /var/tmp, its environment, links in the cache): nothing of
it is used, written through or followed, and the daemon lives."""
import json
import os
import subprocess

import faults
import harness
from faults import HOST, LOAD, any_policy, ended, seeded
from harness import BURIN, Daemon, check, check_equal

PRECIOUS = "do not write here\n"


def contents(folder):
    """{path below: text} of all files."""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(at, name), encoding="utf-8", errors="replace") as f:
                found[os.path.relpath(os.path.join(at, name), folder)] = f.read()
    return found


def compiled_anew(daemon):
    """Nothing came from a cache."""
    status = json.loads(daemon.get("/v1/policies")[1])
    for unit in [status["base"], *status["policies"]]:
        check(not unit["compile"]["cached"], f"a cached program: {unit}")


def traces(daemon):
    daemon.stream.barrier()
    daemon.stop()


def links_in_bccs_folder(folder):
    """BCC writes each program's text to /var/tmp/bcc/bpf_prog_TAG/NAME.c and follows links there."""
    victim = os.path.join(folder, "victim")
    os.mkdir(victim)
    os.chmod(victim, 0o777)
    with open(os.path.join(victim, "precious"), "w", encoding="utf-8") as f:
        f.write(PRECIOUS)
    before = os.stat(victim).st_mtime_ns
    wrap = seeded(f"cover /var/tmp vartmp; rm -rf /var/tmp/bcc; ln -s {victim} /var/tmp/bcc; chown -h 1234:1234 /var/tmp/bcc")
    with Daemon(any_policy(folder), wrap=wrap, cache="") as daemon:
        compiled_anew(daemon)
        check_equal(os.readlink(f"/proc/{daemon.pid}/root/var/tmp/bcc"), victim, "the link that was planted")
        traces(daemon)
    check_equal(contents(victim), {"precious": PRECIOUS}, "what the link led to")
    check_equal(os.stat(victim).st_mtime_ns, before, "the folder was written")


def a_hostile_environment(folder):
    """BCC would look where these say; a tree that does not compile would be the end of every start."""
    tree = os.path.join(folder, "tree")
    for name in ("linux/kconfig.h", "linux/types.h", "linux/version.h"):
        path = os.path.join(tree, "include", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#error planted\n")
    os.chmod(folder, 0o755)
    os.symlink(tree, os.path.join(folder, "kheaders-" + os.uname().release))
    env = {"BCC_KERNEL_SOURCE": tree, "BCC_KERNEL_MODULES_SUFFIX": tree, "TMPDIR": folder, "ARCH": "arm64", "CPATH": tree + "/include",
           "C_INCLUDE_PATH": tree + "/include", "BCC_LINUX_VERSION_CODE": "1", "PATH": folder}
    with Daemon(any_policy(folder), env=env, cache="") as daemon:
        compiled_anew(daemon)
        traces(daemon)


def links_in_the_cache(folder):
    """Every image replaced by a link to a file of root's: not read, not written through."""
    cache, victim, policy = os.path.join(folder, "cache"), os.path.join(folder, "victim"), any_policy(folder)
    with open(victim, "w", encoding="utf-8") as f:
        f.write(PRECIOUS)
    with Daemon(policy, cache=cache) as daemon:
        traces(daemon)
    images = os.listdir(cache)
    check(len(images) >= 2, f"the cache holds {images}")
    for name in images:
        os.remove(os.path.join(cache, name))
        os.symlink(victim, os.path.join(cache, name))
    with Daemon(policy, cache=cache) as daemon:
        compiled_anew(daemon)
        traces(daemon)
    with open(victim, encoding="utf-8") as f:
        check_equal(f.read(), PRECIOUS, "the file behind the links")
    check(any(os.path.isfile(os.path.join(cache, n)) and not os.path.islink(os.path.join(cache, n)) for n in os.listdir(cache)),
          "no image took the place of its link")
    # The cache itself is a link, or somebody else's.
    link = os.path.join(folder, "link")
    os.symlink(folder, link)
    with Daemon(policy, cache=link) as daemon:
        check("starting without a cache" in daemon.log(), daemon.log())
        traces(daemon)


def a_symbol_with_a_second_line(folder):
    """ELF symbols may be any bytes, so this is a name like others: it is looked for, and not found."""
    policy = os.path.join(folder, "uprobe.yaml")
    with open(policy, "w", encoding="utf-8") as f:
        f.write('apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "u"\nspec:\n  uprobes:\n  - path: "/bin/true"\n'
                '    symbols: ["main\\np:uprobes/smuggled /bin/true:0"]\n')
    done = ended([BURIN, "run", "--policy", policy, "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", harness.shared_cache()])
    check(done.returncode in (3, HOST, LOAD), f"exit status {done.returncode}: {done.stderr}")
    check("no function main?p:uprobes/smuggled" in done.stderr, f"the symbol is not named, or not on one line: {done.stderr!r}")
    for events in ("/sys/kernel/tracing/uprobe_events", "/sys/kernel/tracing/kprobe_events"):
        if os.path.exists(events):
            with open(events, encoding="utf-8") as f:
                check("smuggled" not in f.read(), f"a probe was smuggled into {events}")


def many_policies_at_once(folder):
    """Thirty units to compile, none in the cache: a few compilers at a time, and all policies run."""
    for n in range(30):
        with open(os.path.join(folder, f"p{n}.yaml"), "w", encoding="utf-8") as f:
            f.write(f'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "p{n}"\nspec:\n  tracepoints:\n'
                    f'  - subsystem: "sched"\n    event: "sched_process_exit"\n    args:\n    - index: 5\n    selectors:\n    - matchArgs:\n'
                    f'      - index: 0\n        operator: "GT"\n        values: ["{100000000 + n}"]\n')
    with Daemon(folder, cache="") as daemon:
        states = [p["state"] for p in json.loads(daemon.get("/v1/policies")[1])["policies"]]
        check_equal(states, ["attached"] * 30, "states")
        traces(daemon)


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("unshare")
    if subprocess.run(faults.seeded("cover /usr/src probe") + ["true"], capture_output=True).returncode != 0:
        harness.skip("no mount namespace with an overlay can be made here")
    harness.run(links_in_bccs_folder, a_hostile_environment, links_in_the_cache, a_symbol_with_a_second_line, many_policies_at_once)
