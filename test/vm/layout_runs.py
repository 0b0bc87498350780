"""The end-to-end tests of the main job, once with each source of structure layouts, and one table of the outcomes: with headers, with
the kernel's own headers, with a pack, by discovery, and bare. Meant for the guest whose kernel has no BTF (test/vm/run_e2e.sh).

usage: layout_runs.py [SOURCE...]      sources: headers kheaders file discovery none (default: all)
BURIN_LAYOUT_TESTS names other tests; BURIN_LAYOUT_TABLE a file that gets the table as Markdown."""
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(os.path.dirname(HERE), "e2e")
BURIN = os.path.join(os.environ["BURIN_BIN_DIR"], "burin")
SOURCES = ["headers", "kheaders", "file", "discovery", "none"]
TESTS = os.environ.get("BURIN_LAYOUT_TESTS", "demo exec_exit connects kernel_filter address_rules selector_actions").split()


def main(sources):
    folder = tempfile.mkdtemp(prefix="burin-layouts.")
    cache = os.path.join(folder, "cache")
    os.mkdir(cache, 0o700)
    pack = os.path.join(folder, "this.layout")
    subprocess.run([BURIN, "layout", "pack", "-o", pack, "--cache-dir", cache], check=True)
    rows, failed = {}, []
    for source in sources:
        env = {**os.environ, "BURIN_E2E_CACHE": cache, "BURIN_E2E_LAYOUT": f"--layout-source {source}"}
        if source == "file":
            env["BURIN_E2E_LAYOUT"] += f" --layout {pack}"
        if source == "none":  # no layouts, no sock argument of a kprobe
            env["BURIN_EXPECT_RUNG"] = "tracepoint+sock_ops"
        for test in TESTS:
            begin = time.monotonic()
            print(f"--- {source}: {test}", flush=True)
            done = subprocess.run(["/usr/bin/python3", "-B", os.path.join(E2E, test + ".py")], env=env, stdout=subprocess.PIPE, text=True)
            print(done.stdout, end="", flush=True)
            passed, skipped = len(re.findall(r"^ok ", done.stdout, re.M)), len(re.findall(r"^SKIP", done.stdout, re.M))
            rows[test, source] = f"{passed} passed" if done.returncode == 0 else "skipped" if done.returncode == 77 else f"FAILED ({done.returncode})"
            if skipped and done.returncode == 0:
                rows[test, source] += f", {skipped} skipped"
            if done.returncode:
                failed.append(f"{source}: {test}")
            print(f"--- {source}: {test}: {rows[test, source]} in {time.monotonic() - begin:.0f} s", flush=True)
    lines = ["| tests | " + " | ".join(sources) + " |", "| --- |" + " --- |" * len(sources)]
    lines += [f"| {t} | " + " | ".join(rows[t, s] for s in sources) + " |" for t in TESTS]
    table = "\n".join(lines)
    print(f"Linux {os.uname().release}:\n{table}")
    if os.environ.get("BURIN_LAYOUT_TABLE"):
        with open(os.environ["BURIN_LAYOUT_TABLE"], "w", encoding="utf-8") as f:
            f.write(table + "\n")
    print(f"{len(failed)} failed {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or SOURCES))
