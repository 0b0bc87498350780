#!/usr/bin/env python3
"""Writes syscalls/tables/ from the kernel's headers and tracefs: numbers by ABI, and what the parameters are called.

Run as root on a kernel with CONFIG_FTRACE_SYSCALLS and linux-libc-dev installed; the result is checked in, so that a
client can name the syscalls of another machine. Parameters that this kernel does not know any more are kept.
"""
import pathlib
import re

TABLES = pathlib.Path(__file__).parent / "tables"
HEADERS = pathlib.Path("/usr/include")
EVENTS = pathlib.Path("/sys/kernel/tracing/events/syscalls")
# Where the kernel's function is called otherwise than the number's macro.
FUNCTIONS = {"stat": "newstat", "fstat": "newfstat", "lstat": "newlstat", "uname": "newuname", "umount2": "umount",
             "sendfile": "sendfile64"}
# Calls that kernels have gained since Debian 12's headers (6.1); from 403 on the numbers are the same everywhere.
NEWER = dict(enumerate((
    "cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr "
    "lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr "
    "file_getattr file_setattr").split(), 451))
NEWER_X64 = {335: "uretprobe", 336: "uprobe"}


def numbers(path):
    """{number: name} of a header's __NR_ macros; __NR3264_ ones are what the 64-bit name stands for."""
    found = {}
    for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", path.read_text(), re.M):
        if name not in ("syscalls", "arch_specific_syscall"):
            found.setdefault(int(number), name)
    return found


def parameters(name):
    path = EVENTS / f"sys_enter_{FUNCTIONS.get(name, name)}" / "format"
    if not path.exists():
        return None
    fields = re.findall(r"field:(.*?)(\w+);\s*offset:(\d+);", path.read_text())
    return [f"{kind.strip()} {field}" for kind, field, offset in fields if int(offset) >= 16]


def main():
    names = set()
    for abi, header in (("x64", "x86_64-linux-gnu/asm/unistd_64.h"), ("i386", "x86_64-linux-gnu/asm/unistd_32.h"),
                        ("arm64", "asm-generic/unistd.h")):
        table = NEWER | (NEWER_X64 if abi == "x64" else {}) | numbers(HEADERS / header)
        names.update(table.values())
        (TABLES / f"{abi}.txt").write_text("".join(f"{n} {table[n]}\n" for n in sorted(table)))
    kept = {}
    path = TABLES / "parameters.txt"
    if path.exists():
        kept = {line.split("\t")[0]: line for line in path.read_text().splitlines()}
    for name in names:
        fields = parameters(name)
        if fields is not None:
            kept[name] = "\t".join([name, *fields])
    path.write_text("".join(kept[name] + "\n" for name in sorted(kept)))


main()
