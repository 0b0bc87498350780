"""Runs every end-to-end test one after the other, for a place without ctest: the guest of test/vm. Exit status 0 when none
failed; what was skipped is said and counts as a failure when BURIN_REQUIRE has "e2e"."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

# Not here: faults, hostile_compile and targets, which do not depend on the kernel and compile much.
HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = [
    "demo",
    "exec_exit",
    "connects",
    "kernel_filter",
    "address_rules",
    "selector_actions",
    "actions",
    "rate_limits",
    "overrides",
    "functions",
    "kernel_functions",
    "argument_types",
    "tracepoints",
    "syscalls",
    "large_data",
    "uprobes",
    "traced",
    "loader",
    "generate",
    "check",
    "replay",
    "test_policy",
    "process_filters",
    "life_cycle",
    "layouts",
    "bundle",
    "hidden",
    "hostile",
]

if __name__ == "__main__":
    failed, skipped = [], []
    # One cache for all: the base programs are compiled once, which takes half a minute where the machine is emulated.
    os.environ["BURIN_E2E_CACHE"] = tempfile.mkdtemp(prefix="burin-e2e-cache.")
    for name in sys.argv[1:] or TESTS:
        begin = time.monotonic()
        print(f"--- {name}", flush=True)
        status = subprocess.run(["/usr/bin/python3", "-B", os.path.join(HERE, name + ".py")]).returncode
        print(f"--- {name}: {'passed' if status == 0 else 'skipped' if status == 77 else f'FAILED ({status})'} "
              f"in {time.monotonic() - begin:.0f} s", flush=True)
        if status == 77:
            skipped.append(name)
        elif status:
            failed.append(name)
    if skipped and "e2e" in os.environ.get("BURIN_REQUIRE", "").split(","):
        failed += skipped
    shutil.rmtree(os.environ["BURIN_E2E_CACHE"], ignore_errors=True)
    print(f"{len(failed)} failed {failed}, {len(skipped)} skipped {skipped}")
    sys.exit(1 if failed else 0)
