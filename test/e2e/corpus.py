"""Real policies from a folder that is not part of this project (BURIN_CORPUS names it): each is accepted, loaded and attached here,
or refused with a reason; where a kernel function can be probed, each is also triggered by a real action of a process of its own and
the event compared. The result is a table: BURIN_CORPUS_TABLE names a file that gets it as Markdown (docs/compatibility.md is made of
one from each kernel by test/e2e/compatibility.py)."""
import json
import os
import re
import shutil
import subprocess
import sys

import corpus_triggers
import harness
from harness import BURIN, Daemon, check, kind_of, pid_of

CORPUS = os.environ.get("BURIN_CORPUS", "")
VARIABLES = {"PODCIDR": "10.32.0.0/24 10.32.1.0/24", "SERVICECIDR": "10.96.0.0/12"}
SET = [word for name, value in VARIABLES.items() for word in ("--set", f"{name}={value}")]
# Reasons that are decisions about valid policies; any other refusal is a defect of ours.
GOOD_REASONS = {"namespaced-policy", "workload-policy", "several-documents"}


class Row:
    def __init__(self, name):
        self.name, self.result, self.detail, self.bad = name, "", "", False

    def set(self, result, detail="", bad=False):
        self.result, self.detail, self.bad = result, detail, self.bad or bad


def diagnostics_of(path):
    """(id, line) of each error that `burin check` finds."""
    out = subprocess.run([BURIN, "check", *SET, path], capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    return out.returncode, [(m.group(2), int(m.group(1))) for m in re.finditer(r":(\d+):\d+: error: .* \[([a-z-]+)\]", out.stdout + out.stderr)]


def hooks_of(entry):
    seen, out = set(), []
    for hook in entry["hooks"]:
        if hook["function"] not in seen:
            seen.add(hook["function"])
            out.append(f"{hook['function']} ({hook['rung']})")
    return out


def run_one(path, row):
    status, errors = diagnostics_of(path)
    if errors:
        ids = sorted({e[0] for e in errors})
        row.set("refused", ", ".join(f"{i} (line {line})" for i, line in errors[:2]), bad=not set(ids) <= GOOD_REASONS)
        return
    if status != 0:
        row.set("FAILED", f"burin check ended with {status} without an error", bad=True)
        return
    trigger = corpus_triggers.TRIGGERS.get(row.name)
    with open(path, encoding="utf-8") as f:
        policy = re.search(r"^  name: \"?([^\"\n]+)\"?", f.read(), re.M).group(1)
    try:
        # What kills or overrides is watched only: the machine has to survive files of other people's making.
        daemon = Daemon(path, follow=not (trigger and trigger.asked), args=[*SET, *(["--policy-mode", "monitor"] if trigger and trigger.monitor else [])])
    except AssertionError as error:
        reason = re.search(r"error (?:start )?(.*)", str(error))
        text = reason.group(1) if reason else str(error)
        unavailable = "none of its hooks can be had" in text
        if unavailable:
            row.set("not on this host", " ".join(text.rpartition("none of its hooks can be had on this host (")[2].split())[:300])
        else:
            row.set("FAILED", text[:300], bad=True)
        return
    with daemon:
        if trigger and trigger.asked:
            daemon.stream = harness.Stream(daemon.port, trigger.asked)
        entry = daemon.policy(policy)
        if entry["state"] != "attached":
            return row.set("FAILED", f"state {entry['state']}: {entry.get('error', '')}", bad=True)
        missing = [f"{u['function']}: {u['reason']}" for u in entry["unavailable"]]
        hooks = hooks_of(entry)
        shown = "; ".join(hooks[:3]) + (f" and {len(hooks) - 3} more" if len(hooks) > 3 else "")
        if trigger is None or not trigger.possible(entry):
            row.set("attached", shown + (f"; not here: {missing[0]}" if missing else ""))
            daemon.stop()
            return
        try:
            result = trigger.run(daemon, policy, {u["function"] for u in entry["unavailable"]})
            row.set("attached, triggered", f"{shown}; {result}" + (f"; not here: {missing[0]}" if missing else ""))
        except AssertionError as error:
            row.set("FAILED", f"{shown}; {error}"[-600:], bad=True)
        daemon.stop()


def corpus(folder):
    names = sorted(n for n in os.listdir(CORPUS) if n.endswith((".yaml", ".yml")))
    wanted = sys.argv[1:]
    rows = []
    for name in names:
        if wanted and not any(w in name for w in wanted):
            continue
        row = Row(re.sub(r"\.ya?ml$", "", name))
        try:
            run_one(os.path.join(CORPUS, name), row)
        except Exception as error:  # the other policies are of interest too
            row.set("FAILED", repr(error)[-400:], bad=True)
        rows.append(row)
        print(f"      {row.name}: {row.result} {row.detail[:240]}", flush=True)
    if os.environ.get("BURIN_CORPUS_TABLE"):
        with open(os.environ["BURIN_CORPUS_TABLE"], "w", encoding="utf-8") as f:
            json.dump({"kernel": os.uname().release, "rows": [vars(r) for r in rows]}, f, indent=1)
    bad = [r.name for r in rows if r.bad]
    check(not bad, f"{len(bad)} of {len(rows)} policies: {', '.join(bad)}")
    print(f"      {len(rows)} policies: {sum(r.result == 'refused' for r in rows)} refused, "
          f"{sum(r.result == 'attached, triggered' for r in rows)} triggered")


if __name__ == "__main__":
    if not os.path.isdir(CORPUS):
        harness.skip("BURIN_CORPUS names no folder of policies")
    harness.require_bpf()
    harness.run(corpus)
