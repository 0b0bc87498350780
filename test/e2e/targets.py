"""`burin check --target`: the programs of every shipped policy for every kernel that burin has a profile of, and what a policy
asks for that such a kernel lacks. No such kernel runs here: what is looked at is what the profile can tell.

`UPDATE_GOLDEN=1` rewrites the table of docs/targets.md and fails the run. Numbers of instructions are another compiler's
matter: the test compares which programs there are, the limits, and what is refused. Nothing here asks the running kernel, so
the guest of test/vm, which compiles 20 times slower, does not run it."""
import glob
import json
import os
import re
import subprocess

import harness
from harness import check, check_equal

TARGETS = ["4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6"]
PAGE = os.path.join(harness.ROOT, "docs", "targets.md")
BEGIN, END = "<!-- table: test/e2e/targets.py -->", "<!-- end of table -->"
HEAD = 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: "aimed"\nspec:\n'


def burin(*words):
    return subprocess.run([harness.BURIN, *words], capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})


def verdicts(path, targets="all"):
    """target -> what it says, and the exit status."""
    ended = burin("check", "--json", "--target", targets, path)
    check(ended.returncode in (0, 3), f"{path}: status {ended.returncode}: {ended.stderr}")
    said = json.loads(ended.stdout)
    return {v["target"]: v for v in said["targets"]}, said["diagnostics"], ended.returncode


def shipped():
    return sorted(glob.glob(os.path.join(harness.ROOT, "policies", "*.yaml")))


def rows_of(all_verdicts):
    """(policy, program) -> one cell a target; the base programs once."""
    rows = {}
    for path, by_target in all_verdicts.items():
        policy = os.path.basename(path)
        for target in TARGETS:
            for p in by_target[target]["programs"]:
                name = ("always", p["program"]) if p["base"] else (policy, p["function"])
                cell = str(p["instructions"]) + (", refused" if p["findings"] else "")
                had = rows.setdefault(name, {}).setdefault(target, cell)
                check_equal(cell, had, f"{name} for {target} is the same in every policy")
    return rows


def table(rows, limits):
    lines = ["| policy | program | " + " | ".join(TARGETS) + " |", "|" + " --- |" * (len(TARGETS) + 2)]
    lines.append("| | *at most* | " + " | ".join(limits[t] for t in TARGETS) + " |")
    for (policy, program), cells in sorted(rows.items(), key=lambda row: (row[0][0] != "always", row[0])):
        lines.append(f"| {policy} | `{program}` | " + " | ".join(cells.get(t, "") for t in TARGETS) + " |")
    return "\n".join(lines)


def shape(text):
    """The table without numbers of instructions; the limits stay. Which base programs there are depends on the kernel's
    types (BTF), which are this host's."""
    out = []
    for line in text.strip().splitlines():
        if line.startswith("| always |"):
            continue
        out.append(line if "*at most*" in line else re.sub(r"(?<=\| )\d+(?= |,)", "N", line))
    return out


def shipped_policies_fit(_folder):
    found = {}
    for path in shipped():
        by_target, diagnostics, status = verdicts(path)
        check_equal(sorted(by_target), sorted(TARGETS + ["host"]), "the targets")
        found[path] = by_target
        check_equal(status, 0 if all(v["fits"] for v in by_target.values()) else 3, f"{path}: the status")
        for target, v in by_target.items():
            check(any(p["base"] for p in v["programs"]) and any(not p["base"] for p in v["programs"]), f"{path}: {v}")
            check_equal(v["limit"], 4096 if target in ("4.14", "4.19") else 32000, f"the limit of {target}")
            for p in v["programs"]:
                check(p["instructions"] > 10, f"{p}")
                # Either it is within the limit, or it is refused and the number said.
                over = p["instructions"] > v["limit"]
                said = any(f["kind"] == "size" and str(p["instructions"]) in f["message"] for f in p["findings"])
                check_equal(said, over, f"{path} for {target}: {p}")
            refused = bool(v["refused"]) or any(p["findings"] for p in v["programs"])
            check_equal(v["fits"], not refused, f"{path} for {target}")
            check_equal(v["fits"] or any(f"target {target}:" in d["message"] for d in diagnostics), True, f"{diagnostics}")
            # All that burin ships runs wherever it runs.
            check(v["fits"], f"{path} for {target}: {v}")
    rows = rows_of(found)
    limits = {t: f'{next(iter(found.values()))[t]["limit"]:,}' for t in TARGETS}
    new = table(rows, limits)
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    if os.environ.get("UPDATE_GOLDEN"):
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(f"{before}{BEGIN}\n{new}\n{END}{after}")
        raise AssertionError("rewrote the table of docs/targets.md")
    check_equal(shape(new), shape(old), "the table of docs/targets.md (UPDATE_GOLDEN=1 rewrites it)")


# What a policy asks for, the first line that the refusal may stand at, the last target without it, and its words.
KPROBE = "  kprobes:\n  - call: \"{call}\"\n    syscall: {syscall}\n"
FEATURES = {
    "signal": (KPROBE.format(call="tcp_connect", syscall="false") +
               "    selectors:\n    - matchActions:\n      - action: Sigkill\n", 11, "4.19",
               "Sigkill: Linux {} has no bpf_send_signal (Linux 5.3 has it)"),
    "stack": (KPROBE.format(call="tcp_connect", syscall="false") +
              "    selectors:\n    - matchActions:\n      - action: Post\n        kernelStackTrace: true\n", 11, "4.14",
              "stack traces: Linux {} has no bpf_get_stack (Linux 4.18 has it)"),
    "override": (KPROBE.format(call="sys_mount", syscall="true") +
                 "    selectors:\n    - matchActions:\n      - action: Override\n        argError: -1\n", 7, "4.14",
                 "Override: Linux {} has no bpf_override_return (Linux 4.16 has it)"),
    "raw tracepoint": ("  tracepoints:\n  - subsystem: sched\n    event: sched_process_exec\n    raw: true\n", 8, "4.14",
                       "has no raw tracepoint programs (Linux 4.17 has it)"),
    "fentry": ("  fentries:\n  - call: \"tcp_connect\"\n    syscall: false\n", 7, "5.4",
               "has no fentry and fexit programs (Linux 5.5 has it)"),
    "lsm": ("  lsmhooks:\n  - hook: \"file_open\"\n", 7, "5.4", "has no LSM programs (Linux 5.7 has it)"),
    "substring": (KPROBE.format(call="sys_unlink", syscall="true") +
                  "    args:\n    - index: 0\n      type: \"string\"\n    selectors:\n    - matchArgs:\n      - index: 0\n"
                  "        operator: \"SubString\"\n        values: [\"x\"]\n", 15, "4.19",
                  "SubString: Linux {} has no loops in BPF programs (Linux 5.3 has it)"),
    "large data": (KPROBE.format(call="sys_write", syscall="true") +
                   "    args:\n    - index: 1\n      type: \"char_buf\"\n      sizeArgIndex: 3\n      maxData: true\n", 10, "4.19",
                   "maxData: Linux {} has no loops in BPF programs (Linux 5.3 has it)"),
    # Four walks are more than 4,096 instructions.
    "size": (KPROBE.format(call="security_path_rename", syscall="false") +
             "    args:\n    - index: 0\n      type: \"path\"\n    - index: 1\n      type: \"dentry\"\n    - index: 2\n"
             "      type: \"path\"\n    - index: 3\n      type: \"dentry\"\n", 7, "4.19",
             "Linux {} takes 4096 instructions, and these are "),
}


def what_a_kernel_lacks(folder):
    for name, (text, line, last, words) in FEATURES.items():
        path = os.path.join(folder, "aimed.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(HEAD + text)
        first = TARGETS[TARGETS.index(last) + 1]
        by_target, diagnostics, status = verdicts(path, f"{last},{first}")
        check_equal(status, 3, f"{name}: the status")
        for target, lacks in ((last, True), (first, False)):
            check_equal(by_target[target]["fits"], not lacks, f"{name} for {target}: {by_target[target]}")
            told = [d for d in diagnostics if d["message"].startswith(f"target {target}: ")]
            check_equal(len(told), 1 if lacks else 0, f"{name} for {target}: {diagnostics}")
            if lacks:
                check(words.format(target) in told[0]["message"], f"{name}: {told[0]['message']}")
                check_equal((told[0]["id"], told[0]["severity"], told[0]["line"]), ("target", "error", line), name)
    size = by_target["4.19"]["programs"][-1]
    check(size["instructions"] > 4096 and str(size["instructions"]) in size["findings"][0]["message"], f"{size}")


def as_text(folder):
    path = os.path.join(folder, "aimed.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD + FEATURES["signal"][0])
    ended = burin("check", "--target", "4.19", "--target", "5.4", path)
    check_equal(ended.returncode, 3, ended.stdout + ended.stderr)
    lines = ended.stdout.splitlines()
    check(f"{path}: 4.19: does not fit" in lines and f"{path}: 5.4: fits" in lines, ended.stdout)
    check(any(re.search(r": 5\.4: tcp_connect \(kprobe\): \d+ instructions of at most 32000$", x) for x in lines), ended.stdout)
    check(any(re.search(r": 4\.19: base_exec: \d+ instructions of at most 4096$", x) for x in lines), ended.stdout)
    check(":11:" in ended.stderr and "bpf_send_signal" in ended.stderr and "action: Sigkill" in ended.stderr, ended.stderr)
    check_equal(burin("check", "--target", "5.4", path).returncode, 0, "the status where it fits")
    check_equal(burin("check", path).returncode, 0, "the status on this host")
    for name in ("4.20", "", "all,x"):
        ended = burin("check", "--target", name, path)
        check_equal(ended.returncode, 2, f"an unknown target {name!r}: {ended.stdout}")
        check(", ".join(TARGETS) + ", host, and all" in ended.stderr, ended.stderr)


def rendered(_folder):
    """The text is one; the macros differ."""
    path = shipped()[0]
    old, new = burin("render", "--target", "4.14", path), burin("render", "--target", "6.6", path)
    check_equal((old.returncode, new.returncode), (0, 0), old.stderr + new.stderr)
    macros = {"BURIN_ONE_READ", "BURIN_NO_LOOPS", "BURIN_NO_CGROUP_ID", "BURIN_NO_SIGNAL"}
    here = lambda ended: {m for m in macros if f"\n#define {m} 1\n" in ended.stdout}
    check_equal((here(old), here(new)), (macros, set()), "the macros")
    text = lambda ended: ended.stdout[ended.stdout.index("/* burin: policy"):]
    check_equal(text(old), text(new), "the text")
    check("--target" in burin("completion", "bash").stdout.split("render)")[1].split(";;")[0], "completion")
    check_equal(burin("render", "--target", "all", path).returncode, 2, "several targets to render")


if __name__ == "__main__":
    if not os.path.exists("/sys/kernel/tracing/events/sched/sched_process_exec/format"):
        harness.skip("no tracefs")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        harness.skip("no kernel BTF: without layouts the programs are others than those of the table")
    harness.run(shipped_policies_fit, what_a_kernel_lacks, as_text, rendered)
