"""Uprobes and USDT probes in a program made here by the compiler: symbols, offsets, addresses, return values, every form of a
probe's argument, semaphores, several places, digests and build ids."""
import hashlib
import os
import subprocess

import harness
from harness import Daemon, check, check_equal, kind_of, pid_of

# What sys/sdt.h makes of a probe: a nop and a note that names it, so that nobody needs that header here.
PROGRAM = r'''
#include <stdio.h>
#include <stdlib.h>
unsigned short gate __attribute__((section(".probes")));
__asm__(".section .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.previous\n");
#define NOTE(name, semaphore, args)                                                                 \
  "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n" \
  "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte " semaphore \
  "\n.asciz \"shop\"\n.asciz \"" name "\"\n.asciz \"" args "\"\n994: .balign 4\n.popsection\n"
__attribute__((noinline)) long sell(long count, const char* what) {
  __asm__ volatile(NOTE("sold", "0", "8@%%rdi 8@%%rsi -4@$-7 -4@4(%%rdx,%%rcx,8) 2@(%%rdx)") ::"D"(count), "S"(what),
                   "d"((int[]){0x12345, 2, 3, -44}), "c"(1L) : "memory");
  if (gate) __asm__ volatile(NOTE("gated", "gate", "8@%%rdi") ::"D"(count + 1));
  if (count > 10) __asm__ volatile(NOTE("gated", "gate", "8@%%rsi") ::"S"(count + 2));
  return count * 2;
}
int main(int argc, char** argv) {
  long n = atol(argv[1]);
  printf("%ld\n", sell(n, argv[2]));
  return 0;
}
'''
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"


def build(folder):
    source, path = os.path.join(folder, "shop.c"), os.path.join(folder, "shop")
    with open(source, "w", encoding="utf-8") as f:
        f.write(PROGRAM)
    subprocess.run(["cc", "-O1", "-g0", "-Wl,--build-id=0x00112233445566778899", "-o", path, source], check=True)
    return path


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def run_shop(path, count, what):
    child = subprocess.Popen([path, str(count), what], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=60 * harness.TIME_SCALE)
    check_equal((child.returncode, out), (0, f"{count * 2}\n"), "the program's output")
    return child.pid


def events_of(daemon, pid, kind):
    return [e[kind] for e in daemon.stream.snapshot() if kind_of(e) == kind and pid_of(e) == pid]


def symbol(path, name):
    for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.endswith(" " + name):
            return int(line.split()[0], 16)
    raise AssertionError(f"{path} has no symbol {name}")


def functions(folder):
    path = build(folder)
    address = symbol(path, "sell")  # code of a small program lies in the file where it lies in memory
    text = f"""  uprobes:
  - path: "{path}"
    symbols: ["sell"]
    return: true
    returnArg: {{index: 0, type: int64}}
    args:
    - {{index: 0, type: int64}}
    - {{index: 1, type: string}}
    selectors:
    - matchReturnArgs:
      - {{index: 0, operator: Equal, values: ["42"]}}
  - path: "{path}"
    offsets: [{address}]
    args:
    - {{index: 0, type: uint32}}
  - path: "{path}"
    addrs: [{address}]
"""
    with Daemon(policy(folder, "functions", text)) as daemon:
        other = run_shop(path, 22, "a lamp")
        pid = run_shop(path, 21, "a lamp")
        daemon.stream.barrier()
        seen = events_of(daemon, pid, "process_uprobe")
        check_equal(len(seen), 3, "uprobe events")
        whole = [e for e in seen if e.get("symbol") == "sell"]
        check_equal(len(whole), 1, "events with a symbol")
        check_equal([list(a.values())[0] for a in whole[0]["args"]], ["21", "a lamp"], "parameters")
        check("sell" not in [e.get("symbol") for e in events_of(daemon, other, "process_uprobe")],
              "a call that did not return 42 was reported")
        check_equal({e["path"] for e in seen}, {path}, "path")
        daemon.stop()


def digests(folder):
    path = build(folder)
    with open(path, "rb") as f:
        content = f.read()
    text = "  uprobes:\n" + "".join(f"  - path: \"{path}\"\n    symbols: [\"sell\"]\n    binaryDigests: [\"{d}\"]\n" for d in (
        "sha1:" + hashlib.sha1(content).hexdigest(), "sha256:" + hashlib.sha256(content).hexdigest(),
        "sha384:" + hashlib.sha384(content).hexdigest(), "sha512:" + hashlib.sha512(content).hexdigest()))
    wrong = f"""  - path: "{path}"
    symbols: ["sell"]
    binaryDigests: ["sha256:{'0' * 64}"]
"""
    ignored = wrong + "    ignore: {digestVerificationFailure: true}\n"
    with Daemon(policy(folder, "digests", text + ignored)) as daemon:
        pid = run_shop(path, 1, "x")
        daemon.stream.barrier()
        check_equal(len(events_of(daemon, pid, "process_uprobe")), 4, "events of hooks with the right digest")
        daemon.stop()
    ended = subprocess.run([harness.BURIN, "run", "--policy", policy(folder, "wrong", text + wrong), "--listen", "127.0.0.1:0"],
                           capture_output=True, text=True, timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0, "burin started with a binary that is not the policy's")
    check("is not the binary that binaryDigests name" in ended.stderr, ended.stderr)


def probes(folder):
    path = build(folder)
    text = f"""  usdts:
  - path: "{path}"
    provider: shop
    name: sold
    args:
    - {{index: 0, type: int64}}
    - {{index: 1, type: string}}
    - {{index: 2, type: int32}}
    - {{index: 3, type: int32}}
    - {{index: 4, type: uint16}}
  - path: "{path}"
    provider: shop
    name: gated
    args:
    - {{index: 0, type: int64}}
"""
    with Daemon(policy(folder, "probes", text)) as daemon:
        pid = run_shop(path, 11, "bread")
        daemon.stream.barrier()
        seen = events_of(daemon, pid, "process_usdt")
        sold = [e for e in seen if e["name"] == "sold"]
        check_equal(len(sold), 1, "events of sold")
        check_equal([list(a.values())[0] for a in sold[0]["args"]], ["11", "bread", -7, -44, 0x2345], "arguments")
        gated = [list(e["args"][0].values())[0] for e in seen if e["name"] == "gated"]
        check_equal(sorted(gated), ["12", "13"], "both places of the probe with a semaphore")
        daemon.stop()
    missing = policy(folder, "missing", f"  usdts:\n  - {{path: \"{path}\", provider: shop, name: solt}}\n")
    ended = subprocess.run([harness.BURIN, "run", "--policy", missing, "--listen", "127.0.0.1:0"], capture_output=True,
                           text=True, timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0 and "did you mean shop:sold?" in ended.stderr, ended.stderr)


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("cc", "nm")
    if not os.path.exists("/sys/bus/event_source/devices/uprobe/type"):
        harness.skip("this kernel has no uprobes")
    harness.run(functions, digests, probes)
