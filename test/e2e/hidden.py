"""Places that a container often lacks, hidden in turn from the daemon: the kernel's BTF, its modules' folder (with the headers' links),
the sources' folder. The same events must come, from whatever source of layouts is left; and the cgroup hierarchy of this host is
what it is (the guest of test/vm has version 2, or version 1 with BURIN_VM_CGROUP=v1)."""
import json
import os
import socket

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of, sock_of
from layouts import listening, scene, source_of

PLACES = ["/sys/kernel/btf", "/lib/modules", "/usr/src"]


def hiding(folder, *places):
    """A program that runs burin in a mount namespace where these folders are empty."""
    name = os.path.join(folder, "burin-without" + "".join(p.replace("/", "-") for p in places))
    empty = os.path.join(folder, "empty")
    os.makedirs(empty, exist_ok=True)
    with open(name, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\nset -e\nif [ "$1" != inside ]; then exec unshare -m "$0" inside "$@"; fi\nshift\n')
        for place in places:
            f.write(f"mount --bind {empty} {os.path.realpath(place)}\n")
        f.write(f'exec {harness.BURIN} "$@"\n')
    os.chmod(name, 0o755)
    return name


def hidden_in_turn(folder):
    here = [p for p in PLACES if os.path.isdir(p)]
    check(here, "this host has none of the places")
    listener, port, policy = listening(folder)
    cache = os.path.join(folder, "cache")
    expected = None
    for places in [[], *[[p] for p in here], here]:
        os.makedirs(cache, mode=0o700, exist_ok=True)
        # A cache of its own: what was found out before a place was hidden would be remembered.
        with Daemon(policy, program=hiding(folder, *places) if places else harness.BURIN,
                    cache=os.path.join(cache, str(len(os.listdir(cache))))) as daemon:
            source = source_of(daemon)
            got = scene(daemon, port)
            rung = daemon.policy("layouts")["hooks"][0]["rung"]
            test = json.loads(daemon.get("/v1/policies")[1])["self_test"]
            check_equal(test["mismatches"], [], f"self-test without {places}")
            daemon.stop()
        if "/sys/kernel/btf" in places:
            check(source not in ("btf", ""), f"BTF was hidden, and layouts come from {source}")
        expected = expected or got
        check_equal(got, expected, f"events without {places} against those with all")
        print(f"      without {', '.join(places) or 'nothing'}: layouts from {source}, tcp_connect by {rung}, same events")
    listener.close()
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        groups = f.read().splitlines()
    print(f"      cgroups here: {'version 2' if all(g.startswith('0::') for g in groups) else 'version 1, or both'}; not there to hide: "
          f"{[p for p in PLACES if p not in here]}")


def without_kprobes(folder):
    """A kernel function that a policy names: by kprobe, else by fentry, else not at all, with the reason of each."""
    policy = harness.write_policy(folder, "closing", call="tcp_close")
    folder_of_kprobes = "/sys/bus/event_source/devices/kprobe"
    program = hiding(folder, folder_of_kprobes) if os.path.isdir(folder_of_kprobes) else harness.BURIN
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            daemon = Daemon(policy, program=program)
        except AssertionError as refused:
            check("kprobe: this kernel has no kprobes" in str(refused) and "fentry: " in str(refused), f"the refusal: {refused}")
            print("      neither kprobes nor fentry here: refused with both reasons")
            return
        with daemon:
            check_equal(daemon.policy("closing")["hooks"][0]["rung"], "fentry", "rung of tcp_close")
            with socket.socket() as s:
                s.connect(server.getsockname())
                port = s.getsockname()[1]
            event = daemon.stream.wait_for(lambda e: kind_of(e) == "process_kprobe" and pid_of(e) == os.getpid()
                                           and sock_of(e).get("sport") == port, "tcp_close")
            check_equal((event["process_kprobe"]["function_name"], sock_of(event)["dport"]), ("tcp_close", server.getsockname()[1]), "the event")
            daemon.stop()
            print("      kprobes hidden: tcp_close by fentry")


if __name__ == "__main__":
    harness.require_bpf()
    harness.run(hidden_in_turn, without_kprobes)
