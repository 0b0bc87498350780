"""Bundles: compiled on one side, run where there is no compiler, no BCC, no LLVM and no headers: in a root of its own that holds the
daemon, the libraries it is linked with, and nothing else."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess

import harness
import mode_policies
from harness import BIN, BURIN, Daemon, check, check_equal, connects_of, kind_of, pid_of, sock_of

POLICIES = os.path.join(harness.ROOT, "policies")
VARIABLES = ["--set", "PODCIDR=10.32.0.0/24", "--set", "SERVICECIDR=10.96.0.0/12"]
HEAD = 36  # signature, format, size, checksum: src/bundle/bundle.cpp


def burin(*arguments, status=0, **options):
    done = subprocess.run([BURIN, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200 * harness.TIME_SCALE,
                          env={**os.environ, "NO_COLOR": "1"}, **options)
    check_equal(done.returncode, status, f"exit status of burin {' '.join(arguments)}: {done.stderr}")
    return done.stderr


def pack(folder, *policies, name="host.layout"):
    path = os.path.join(folder, name)
    burin("layout", "pack", "-o", path, "--cache-dir", harness.shared_cache(), *[w for p in policies for w in ("--policy", p)])
    return path


def bundle(folder, *policies, host=None, name="x.burin", extra=()):
    path = os.path.join(folder, name)
    burin("bundle", *policies, "-o", path, "--cache-dir", harness.shared_cache(), *(["--for", host] if host else []), *extra)
    return path


def libraries(program):
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def small_root(folder):
    """A root directory with the daemon and its libraries: what the package of the daemon alone would depend on."""
    root = os.path.join(folder, "root")
    for path in libraries(BURIN):
        copy = root + os.path.realpath(os.path.dirname(path)) + "/" + os.path.basename(path)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(path, copy)  # through links: what the name leads to
    for name in ("lib", "lib64", "bin"):
        if os.path.islink("/" + name) and not os.path.lexists(f"{root}/{name}"):
            os.symlink(os.readlink("/" + name), f"{root}/{name}")
    os.makedirs(root + "/usr/sbin", exist_ok=True)
    shutil.copy(BURIN, root + "/usr/sbin/burin")
    for name in ("proc", "sys", "dev", "tmp", "var", "etc"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    return root


def the_daemon_needs_no_compiler(folder):
    for program in (BURIN,):
        found = [l for l in libraries(program) if re.search(r"llvm|clang|bcc", l, re.IGNORECASE)]
        check(not found, f"{program} is linked with {found}")
    check(any("bcc" in l for l in libraries(os.path.join(BIN, "burin-compile"))), "burin-compile is not linked with libbcc: a poor test")


def a_bundle_runs_in_a_root_without_compiler(folder):
    policy = os.path.join(POLICIES, "network_egress_cluster.yaml")
    path = bundle(folder, policy, harness.write_policy(folder, "everywhere"), host=pack(folder), extra=VARIABLES)
    root = small_root(folder)
    shutil.copy(path, root + "/tmp/x.burin")
    inside = [name for name in subprocess.run(["find", root], capture_output=True, text=True, check=True).stdout.splitlines()
              if re.search(r"llvm|clang|bcc|burin-compile|/usr/src|/lib/modules", name, re.IGNORECASE)]
    check(not inside, f"the root has {inside[:3]}")
    # A mount namespace of its own: what is mounted into the root goes with it.
    script = os.path.join(folder, "burin")
    with open(script, "w", encoding="utf-8") as f:
        f.write(f"""#!/bin/sh
set -e
if [ "$1" != inside ]; then exec unshare -m "$0" inside "$@"; fi
shift
for name in proc sys dev; do mount --rbind /$name {root}/$name; done
exec chroot {root} /usr/sbin/burin "$@"
""")
    os.chmod(script, 0o755)
    with Daemon(args=["/tmp/x.burin", "--require-image"], program=script, cache="") as daemon:
        entry = daemon.policy("monitor-network-activity-outside-cluster-cidr-range")
        check_equal((entry["state"], entry["compile"]["bundled"]), ("attached", True), "the policy in the small root")
        check_equal(daemon.metrics()['burin_compiles_total{image="compiled"}'], 0, "compiled")
        check_equal(daemon.metrics()['burin_compiles_total{image="bundled"}'], 3, "units from the bundle")
        check_equal(json.loads(daemon.get("/v1/policies")[1])["layout"], "pack", "source of layouts")
        test = json.loads(daemon.get("/v1/policies")[1])["self_test"]
        check_equal((test["mismatches"], test["skipped"]), ([], []), "self-test in a root without /bin/cat")
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as s:
            s.connect(server.getsockname())
            port = s.getsockname()[1]
        daemon.stream.barrier()
        # The one policy excludes 127.0.0.1 by constants in its program, the other has no filter.
        check_equal([e["process_kprobe"]["policy_name"] for e in connects_of(daemon.stream.snapshot(), {os.getpid()})
                     if sock_of(e)["sport"] == port], ["everywhere"], "the policies that saw the connection")
        daemon.stop()


def equal_events(folder):
    """A bundle for this host gives what the policy itself gives."""
    policy = harness.write_policy(folder, "bundled")
    path = bundle(folder, policy, host=pack(folder))
    seen = []
    for arguments in ([policy], [path, "--require-image"]):
        with Daemon(args=arguments) as daemon, socket.create_server(("127.0.0.1", 0)) as server:
            daemon.check_rung("bundled")
            with socket.socket() as s:
                s.connect(server.getsockname())
                port = s.getsockname()[1]
            event = daemon.stream.wait_for(
                lambda e: kind_of(e) == "process_kprobe" and pid_of(e) == os.getpid() and sock_of(e)["sport"] == port, "the connect")
            sock = sock_of(event)
            seen.append({k: v for k, v in sock.items() if k not in ("sport", "dport", "cookie")} | {"binary": harness.process_of(event)["binary"]})
            daemon.stop()
    check_equal(seen[1], seen[0], "the event of the bundle and that of the policy")


def a_bundle_has_its_mode(folder):
    """Whether enforcing actions act is compiled in: a bundle is of the mode that it was made for, and --policy-mode of a run takes a
    compiler where it asks for the other one."""
    kills = mode_policies.write(folder, "kills", mode_policies.MKDIR + mode_policies.on_mode(461, "      - action: Sigkill\n"))
    asking = ["--policy-mode", "monitor"]
    host = os.path.join(folder, "monitor.layout")
    burin("layout", "pack", "-o", host, "--cache-dir", harness.shared_cache(), "--policy", kills, *asking)
    path = bundle(folder, kills, host=host, name="monitor.burin", extra=asking)
    for extra, mode in ((["--require-image"], "monitor"), (["--policy-mode", "enforce"], "enforce")):
        with Daemon(args=[path, *extra]) as daemon:
            pid, status = mode_policies.mkdir(folder, 461, name="d" + mode)
            check_equal(status, 0 if mode == "monitor" else -signal.SIGKILL, f"status of the process in {mode} mode")
            events = mode_policies.hook_events(daemon.stream, pid)
            check_equal([e["burin"].get("monitored", False) for e in events], [mode == "monitor"], f"events in {mode} mode")
            check_equal(daemon.policy("kills")["mode"], mode, "mode in /v1/policies")
            daemon.stop()
    refuses(path, 2, "require-image", "kills", extra=("--require-image", "--policy-mode", "enforce"))
    # The programs of a policy that enforces nothing are the same in both modes.
    path = bundle(folder, harness.write_policy(folder, "looks"), host=pack(folder), name="looks.burin")
    with Daemon(args=[path, "--require-image", *asking]) as daemon:
        check_equal(daemon.policy("looks")["mode"], "monitor", "mode in /v1/policies")
        daemon.stop()
    burin("bundle", kills, "-o", path, "--policy-mode", "observe", status=2)


def what_a_pack_does_not_know(folder):
    """A pack made without the policy knows nothing of its tracepoints; one made with it knows all."""
    policy = os.path.join(folder, "asked.yaml")
    with open(policy, "w", encoding="utf-8") as f:
        f.write("""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "asked"
spec:
  tracepoints:
  - subsystem: "syscalls"
    event: "sys_enter_getpgid"
    args:
    - index: 5
      type: "int64"
""")
    plain = pack(folder)
    said = burin("bundle", policy, "--for", plain, "-o", os.path.join(folder, "no.burin"), status=4)
    check("sys_enter_getpgid" in said and "burin layout pack --policy" in said, f"the refusal does not name cause and cure: {said}")
    check(not os.path.exists(os.path.join(folder, "no.burin")), "a refused bundle left a file")
    path = bundle(folder, policy, host=pack(folder, policy))
    with Daemon(args=[path, "--require-image"]) as daemon:
        child = subprocess.Popen(["/usr/bin/python3", "-c", "import os; os.getpgid(os.getppid())"])
        child.wait()
        event = daemon.stream.wait_for(lambda e: kind_of(e) == "process_tracepoint" and pid_of(e) == child.pid, "getpgid")
        check_equal(list(event["process_tracepoint"]["args"][0].values()), [str(os.getpid())], "getpgid's argument")
        daemon.stop()


def refuses(path, status, *words, extra=("--require-image",)):
    said = burin("run", path, "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", "", *extra, status=status)
    for word in words:
        check(re.search(word, said), f"burin run {os.path.basename(path)} does not say {word!r}: {said}")


def damaged_bundles_are_refused(folder):
    with open(bundle(folder, harness.write_policy(folder, "damaged"), host=pack(folder)), "rb") as f:
        good = f.read()

    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    for size in (8, 12, HEAD - 1, HEAD, len(good) // 2, len(good) - 1):
        refuses(write("short.burin", good[:size]), 1, "truncated")
    for at in (HEAD, HEAD + 100, len(good) // 2, len(good) - 1):
        refuses(write("flipped.burin", good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]), 1, "altered")
    refuses(write("longer.burin", good + b"\0"), 1, "altered")
    check_equal(struct.unpack_from("<I", good, 8)[0], 2, "the format's number")
    said = burin("check", write("whole.burin", good), status=1)
    check("is a bundle" in said, f"burin check of a bundle: {said}")
    for other in (1, 3):
        refuses(write("other.burin", good[:8] + struct.pack("<I", other) + good[12:]), 1, f"format {other}", "make it anew")


def edited_pack(path, to, change):
    """The pack with `change` done to its lines, and an end mark that fits: as a pack of another machine would be."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()[:-1]
    text = "\n".join(change(lines)) + "\n"
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    with open(to, "w", encoding="utf-8") as f:
        f.write(f"{text}end {h:016x}\n")
    return to


def bundles_of_other_hosts_are_refused(folder):
    policy = harness.write_policy(folder, "foreign")
    here = pack(folder)

    def with_line(prefix, line):
        return lambda lines: [line if l.startswith(prefix) else l for l in lines]

    other = os.path.join(folder, "other.layout")
    path = bundle(folder, policy, host=edited_pack(here, other, with_line("arch ", "arch riscv64")), name="arch.burin")
    refuses(path, 4, "riscv64", "this machine is", extra=())
    path = bundle(folder, policy, host=edited_pack(here, other, with_line("build-id ", "build-id " + "ab" * 20)), name="kernel.burin")
    refuses(path, 4, "abababab", "burin layout pack", extra=())
    # The same kernel by its name, other layouts: found by the self-test, and no image serves the layouts that are right.
    def moved(lines):
        return [re.sub(r"^(task_struct\.tgid|task_struct\.real_parent|cred\.euid) (\d+)", lambda m: f"{m.group(1)} {int(m.group(2)) + 8}", l)
                for l in lines]
    path = bundle(folder, policy, host=edited_pack(here, other, moved), name="layout.burin")
    refuses(path, 2, "require-image", "L_cred_euid")


def without_image_nothing_is_compiled(folder):
    policy = harness.write_policy(folder, "uncached")
    refuses(policy, 2, "no image of uncached", "require-image")
    cache = os.path.join(folder, "cache")
    os.mkdir(cache, 0o700)
    with Daemon(policy, cache=cache) as daemon:
        daemon.stop()
    with Daemon(policy, cache=cache, args=["--require-image"]) as daemon:
        check_equal(daemon.policy("uncached")["compile"]["cached"], True, "from the cache")
        daemon.stop()
    # Damaged files of the cache are never loaded.
    for name in glob.glob(cache + "/*"):
        if os.path.isfile(name) and os.path.getsize(name) > 5000:
            with open(name, "r+b") as f:
                f.seek(3000)
                f.write(b"\xff\xff\xff\xff")
    said = burin("run", policy, "--listen", f"127.0.0.1:{harness.free_port()}", "--cache-dir", cache, "--require-image", status=2)
    check("no image" in said, said)


if __name__ == "__main__":
    harness.run(the_daemon_needs_no_compiler, a_bundle_runs_in_a_root_without_compiler, equal_events, a_bundle_has_its_mode, what_a_pack_does_not_know,
                damaged_bundles_are_refused, bundles_of_other_hosts_are_refused, without_image_nothing_is_compiled)
