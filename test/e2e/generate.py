"""`burin generate`: what it prints is accepted by `burin check`, and names what is really there."""
import os
import subprocess

import harness
import uprobes
from harness import check, check_equal


def generate(*words):
    return subprocess.run([harness.BURIN, "generate", *words], capture_output=True, text=True)


def accepted(folder, *words):
    ended = generate(*words)
    check_equal(ended.returncode, 0, f"exit status of generate {words}: {ended.stderr}")
    path = os.path.join(folder, words[0] + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(ended.stdout)
    checked = subprocess.run([harness.BURIN, "check", path], capture_output=True, text=True)
    check_equal(checked.returncode, 0, f"burin check of {words}: {checked.stderr[:2000]}")
    return ended.stdout


def kernel(folder):
    check("- sys_openat\n" in accepted(folder, "syscalls"), "openat is missing")
    try:
        with open("/sys/kernel/tracing/available_filter_functions", encoding="utf-8") as f:
            f.readline()
    except OSError:
        check("cannot be listed" in generate("functions", "x").stderr, "no reason is given")
    else:
        check('- "tcp_connect"\n' in accepted(folder, "functions", "^tcp_con"), "tcp_connect is missing")


def binaries(folder):
    path = uprobes.build(folder)
    check('- "sell"\n' in accepted(folder, "uprobes", path), "sell is missing")
    text = accepted(folder, "usdts", path)
    check_equal(text.count('name: "gated"'), 1, "hooks of a probe in two places")
    check("index: 4\n      type: uint16" in text, text)


def mistakes(folder):
    for words, wanted in (((), "name what to generate"), (("nothing",), "name what to generate"), (("uprobes",), "name one binary"),
                          (("uprobes", "/etc/passwd"), "is no ELF file"), (("usdts", "/no/such"), "cannot open /no/such"),
                          (("functions", "("), "regular expression")):
        ended = generate(*words)
        check(ended.returncode != 0 and wanted in ended.stderr,
              f"generate {words}: {ended.returncode} {ended.stderr}")


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("cc")
    harness.run(kernel, binaries, mistakes)
