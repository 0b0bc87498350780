"""Policies that want to harm or are just wrong: refused before anything is loaded, with exit status 3 and a located message."""
import os
import re
import subprocess

import harness
from harness import check

HEAD = 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "{name}"\nspec:\n  kprobes:\n'
HOOK = '  - call: "{call}"\n    syscall: false\n    args:\n    - index: 0\n      type: "sock"\n'
SELECT = '    selectors:\n    - matchArgs:\n      - index: 0\n        operator: "{operator}"\n        values:\n        - {value}\n'


def policy(name="hostile", call="tcp_connect", operator="NotDAddr", value='"10.0.0.0/8"'):
    return (HEAD + HOOK + SELECT).format(name=name, call=call, operator=operator, value=value)


def other(section):
    """A policy whose spec is these lines, indented by two spaces."""
    return HEAD.format(name="hostile").replace("  kprobes:\n", "") + "".join(f"  {line}\n" for line in section.splitlines())


def tracepoint(subsystem, event, more=""):
    return other(f'tracepoints:\n- subsystem: "{subsystem}"\n  event: "{event}"\n{more}')


# A second line of tracefs' kprobe_events, if a name went there as it is.
SMUGGLED = "\\np:kprobes/smuggled vfs_read"
CASES = {
    "a way out of tracefs in a tracepoint's event": tracepoint("sched", "../../../../../../etc"),
    "a way out of tracefs in a tracepoint's subsystem": tracepoint("../../../../../../etc", "passwd"),
    "nothing but dots as a subsystem": tracepoint("..", "sched"),
    "an absolute path as a subsystem": tracepoint("/etc", "passwd"),
    "a newline in a tracepoint's event": tracepoint("sched", "sched_switch" + SMUGGLED),
    "a NUL in a tracepoint's event": tracepoint("sched", "sched_switch\\0x"),
    "a newline in a raw tracepoint": tracepoint("sched", "sched_switch" + SMUGGLED, "  raw: true\n"),
    "a newline in an LSM hook": other(f'lsmhooks:\n- hook: "file_open{SMUGGLED}"'),
    "a newline in a list's function": other(
        f'lists:\n- name: "l"\n  values:\n  - "vfs_fsync{SMUGGLED}"\nkprobes:\n- call: "list:l"\n  syscall: false'),
    "a newline in an enforcer's call": other(f'enforcers:\n- calls:\n  - "sys_read{SMUGGLED}"'),
    "a symbol that begins a second probe": policy(call="vfs_fsync" + SMUGGLED),
    "BCC's prefix of a probe as a function's name, with a path": policy(call="kprobe__../x"),
    "C comment in the function name": policy(call="tcp_connect*/ int x; /*"),
    "trigraph in the function name": policy(call="tcp_connect??/"),
    "newline in the function name": policy(call="tcp_connect\\n#include <x>"),
    "a path in the function name": policy(call="../../etc/passwd"),
    "quote in the policy name": policy(name='a\\"; system(\\"x'),
    "code instead of an address": policy(value='"0); return 1; //"'),
    "an empty value": policy(value='""'),
    "an address with a prefix of 33": policy(value='"10.0.0.0/33"'),
    "an address with a fifth number": policy(value='"10.0.0.0.0"'),
    "an unset variable": policy(value='"${BURIN_E2E_NOT_SET}"'),
    "an unknown operator": policy(operator="NotDaddr"),
    "a NUL byte": policy(value='"10.0.0.0/8\0"'),
    "an unknown key": policy() + "    selctors: []\n",
    "a tab as indentation": policy() + "\tx: 1\n",
    "not YAML": "{{{{",
    "an empty file": "",
    "another kind": policy().replace("TracingPolicy", "Deployment"),
    "a YAML bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)),
    "deep nesting": "[" * 20000,
    "10 MB": policy() + "#" * (10 << 20),
}


def run_burin(path):
    return subprocess.run([harness.BURIN, "run", "--policy", path, "--listen", f"127.0.0.1:{harness.free_port()}",
                           "--cache-dir", harness.shared_cache()], capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, timeout=60 * harness.TIME_SCALE)


def refused_and_nothing_loaded(folder):
    path = os.path.join(folder, "p.yaml")
    wrong = []
    for what, text in CASES.items():
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        for _ in range(3):  # somebody else on this machine may make a map in the meantime, but not three times
            before = harness.next_map_id()
            ended = run_burin(path)
            made = harness.next_map_id() - before - 1
            if made == 0:
                break
        if ended.returncode != 3:
            wrong.append(f"{what}: exit status {ended.returncode}, expected 3: {ended.stderr[:300]!r}")
        elif not re.search(r"p\.yaml(:\d+:\d+)?: error: ", ended.stderr):
            wrong.append(f"{what}: no located message: {ended.stderr[:300]!r}")
        if made:
            wrong.append(f"{what}: {made} BPF maps were made before it was refused")
        checked = subprocess.run([harness.BURIN, "check", path], capture_output=True, timeout=60 * harness.TIME_SCALE)
        if checked.returncode != 3:
            wrong.append(f"{what}: `burin check` ended with {checked.returncode}")
    check(not wrong, "\n      ".join([f"{len(wrong)} of {len(CASES)} hostile policies:"] + wrong))


def a_missing_file(folder):
    ended = run_burin(os.path.join(folder, "nothing.yaml"))
    check(ended.returncode > 0 and "nothing.yaml" in ended.stderr, f"{ended.returncode}: {ended.stderr}")


def strings_stay_strings(folder):
    """A string value with everything that could break out of a C literal: accepted, and matched as what it is."""
    path = harness.write_policy(folder, "strings", """    selectors:
    - matchBinaries:
      - operator: "In"
        values:
        - "/tmp/x\\"; */ ??/ %s \\\\ \\n{}"
""")
    with harness.Daemon(path) as daemon:
        daemon.stream.barrier()
        daemon.stop()


if __name__ == "__main__":
    harness.run(refused_and_nothing_loaded, a_missing_file, strings_stay_strings)
