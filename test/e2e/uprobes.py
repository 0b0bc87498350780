"""Uprobes and USDT probes in a program made here by the compiler: symbols, offsets, addresses, return values, every form of a
probe's argument, semaphores, several places, digests and build ids."""
import hashlib
import os
import signal
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
  if (argc > 3) printf(gate ? "open\n" : "shut\n");
  return 0;
}
'''
HEAD = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"%s\"\nspec:\n"


BUILD_ID = "00112233445566778899aabb"


def build(folder, *options):
    source, path = os.path.join(folder, "shop.c"), os.path.join(folder, "shop")
    with open(source, "w", encoding="utf-8") as f:
        f.write(PROGRAM)
    subprocess.run(["cc", "-O1", "-g0", "-Wl,--build-id=0x" + BUILD_ID, *options, "-o", path, source], check=True)
    return path


def policy(folder, name, text):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HEAD % name + text)
    return path


def run_shop(path, count, what, status=0):
    child = subprocess.Popen([path, str(count), what], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=60 * harness.TIME_SCALE)
    check_equal((child.returncode, out), (status, f"{count * 2}\n" if status == 0 else ""), "the program's status and output")
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
        "sha384:" + hashlib.sha384(content).hexdigest(), "sha512:" + hashlib.sha512(content).hexdigest(),
        BUILD_ID, "build-id:" + BUILD_ID, "buildid:" + BUILD_ID.upper()))
    wrong = f"""  - path: "{path}"
    symbols: ["sell"]
    binaryDigests: ["sha256:{'0' * 64}", "{BUILD_ID[:-2]}bc"]
"""
    ignored = wrong + "    ignore: {digestVerificationFailure: true}\n"
    with Daemon(policy(folder, "digests", text + ignored)) as daemon:
        pid = run_shop(path, 1, "x")
        daemon.stream.barrier()
        check_equal(len(events_of(daemon, pid, "process_uprobe")), 7, "events of hooks with the right digest")
        daemon.stop()
    ended = subprocess.run([harness.BURIN, "run", "--policy", policy(folder, "wrong", text + wrong), "--listen", "127.0.0.1:0"],
                           capture_output=True, text=True, timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0, "burin started with a binary that is not the policy's")
    check("is not the binary that binaryDigests name" in ended.stderr and "build id " + BUILD_ID in ended.stderr, ended.stderr)


def segments(path):
    """(address, offset, size in the file) of what a program loads."""
    out = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True).stdout
    return [tuple(int(line.split()[i], 16) for i in (2, 1, 4)) for line in out.splitlines() if line.split()[:1] == ["LOAD"]]


def offset_of(path, address):
    for start, offset, size in segments(path):
        if start <= address < start + size:
            return address - start + offset
    raise AssertionError(f"no segment of {path} has {address:#x}")


def addresses_are_not_offsets(folder):
    """In a program that is not position independent they differ by where it is loaded."""
    path = build(folder, "-no-pie")
    address = symbol(path, "sell")
    offset = offset_of(path, address)
    check(address != offset, f"the linker put offset {offset:#x} at that very address: nothing can be told apart")
    text = "  uprobes:\n" + "".join(f"  - {{path: \"{path}\", {place}, args: [{{index: 0, type: int64}}]}}\n" for place in (
        f"addrs: [{address}]", f"offsets: [{offset}]", "symbols: [sell]"))
    with Daemon(policy(folder, "addresses", text)) as daemon:
        pid = run_shop(path, 23, "x")
        daemon.stream.barrier()
        seen = [(e.get("symbol"), e.get("offset"), e["args"]) for e in events_of(daemon, pid, "process_uprobe")]
        check_equal(len(seen), 3, f"uprobe events ({seen})")
        check_equal([s[2] for s in seen], [[{"long_arg": "23"}]] * 3, "parameters")
        check_equal({s[1] for s in seen if not s[0]}, {str(offset)}, "offsets in the file")
        daemon.stop()
    nowhere = policy(folder, "nowhere", f"  uprobes:\n  - {{path: \"{path}\", addrs: [{offset}]}}\n")
    ended = subprocess.run([harness.BURIN, "run", "--policy", nowhere, "--listen", "127.0.0.1:0"], capture_output=True,
                           text=True, timeout=120 * harness.TIME_SCALE)
    check(ended.returncode != 0, "burin took an offset for an address")


def a_reference_counter_is_counted_up(folder):
    """The program asks `gate` before it does what only a tracer wants: a probe with refCtrOffsets opens it while it is there."""
    path = build(folder)
    gate = offset_of(path, symbol(path, "gate"))
    for name, counter, said in (("counted", f"    refCtrOffsets: [{gate}]\n", "open"), ("uncounted", "", "shut")):
        text = f"  uprobes:\n  - path: \"{path}\"\n    symbols: [sell]\n{counter}    args: [{{index: 0, type: int64}}]\n"
        with Daemon(policy(folder, name, text)) as daemon:
            child = subprocess.Popen([path, "5", "x", "gate"], stdout=subprocess.PIPE, text=True)
            out, _ = child.communicate(timeout=60 * harness.TIME_SCALE)
            check_equal(out.split(), ["10", said], f"what the program says ({name})")
            daemon.stream.barrier()
            seen = events_of(daemon, child.pid, "process_uprobe")
            check_equal([e["args"] for e in seen], [[{"long_arg": "5"}]], "parameters")
            check_equal(seen[0].get("ref_ctr_offset"), str(gate) if counter else None, "counter in the event")
            daemon.stop()
    out = subprocess.run([path, "5", "x", "gate"], capture_output=True, text=True).stdout
    check_equal(out.split(), ["10", "shut"], "what the program says when nothing is attached")


def registers(folder):
    """`source: pt_regs`: what the processor's registers held, in the policy's names."""
    path = build(folder)
    text = f"""  uprobes:
  - path: "{path}"
    symbols: [sell]
    args:
    - {{index: 1, type: string}}
    data:
    - {{index: 0, type: int64, source: pt_regs, resolve: rdi}}
    - {{index: 0, type: string, source: pt_regs, resolve: rsi}}
    - {{index: 0, type: uint64, source: pt_regs, resolve: rip, label: where}}
    - {{index: 0, type: uint8, source: pt_regs, resolve: di}}
    selectors:
    - matchData:
      - {{index: 0, operator: Equal, values: ["4711"]}}
"""
    with Daemon(policy(folder, "registers", text)) as daemon:
        other = run_shop(path, 4712, "cake")
        pid = run_shop(path, 4711, "cake")
        daemon.stream.barrier()
        seen = events_of(daemon, pid, "process_uprobe")
        check_equal(len(seen), 1, "uprobe events")
        data = seen[0]["data"]
        check_equal(data[:2] + data[3:], [{"long_arg": "4711"}, {"string_arg": "cake"}, {"uint_arg": 4711 & 0xFF}], "registers")
        check_equal(data[2]["label"], "where", "label")
        check_equal(int(data[2]["size_arg"]) & 0xFFF, symbol(path, "sell") & 0xFFF, "place in its page")
        check_equal(events_of(daemon, other, "process_uprobe"), [], "events of a call with another value")
        daemon.stop()


def actions_at_the_return(folder):
    """matchReturnActions: what happens when the function returned what matchReturnArgs asks for."""
    path = build(folder)
    text = f"""  uprobes:
  - path: "{path}"
    symbols: [sell]
    return: true
    returnArg: {{index: 0, type: int64}}
    args:
    - {{index: 0, type: int64}}
    selectors:
    - matchReturnArgs:
      - {{index: 0, operator: Equal, values: ["62"]}}
      matchReturnActions:
      - action: Signal
        argSig: 10
"""
    with Daemon(policy(folder, "at-return", text)) as daemon:
        other = run_shop(path, 30, "x")
        pid = run_shop(path, 31, "x", status=-signal.SIGUSR1)
        daemon.stream.barrier()
        seen = events_of(daemon, pid, "process_uprobe")
        check_equal([e["args"] for e in seen], [[{"long_arg": "31"}]], "events")
        # The kind's own message has no field for these (docs/events.md).
        more = next(e["burin"] for e in daemon.stream.snapshot() if kind_of(e) == "process_uprobe" and pid_of(e) == pid)
        check_equal((more["return"], more["return_action"]), ({"long_arg": "62"}, "KPROBE_ACTION_SIGNAL"), "at the return")
        check_equal(events_of(daemon, other, "process_uprobe"), [], "events of a call that returned something else")
        daemon.stop()


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


NESTED = r"""
#include <setjmp.h>
#include <stdlib.h>
static jmp_buf back;
__attribute__((noinline)) long inner(long n) { __asm__ volatile("" : "+r"(n)); return n + 100; }
__attribute__((noinline)) long outer(long n) { long got = inner(n + 1); __asm__ volatile("" : "+r"(got)); return got + 1000; }
__attribute__((noinline)) long again(long n) { long got = n > 0 ? again(n - 1) : 0; __asm__ volatile("" : "+r"(got)); return got + n; }
__attribute__((noinline)) long leaves(long n) { if (n == 1) longjmp(back, 1); __asm__ volatile("" : "+r"(n)); return n * 3; }
int main(void) {
  long sum = outer(1) + again(3);
  if (!setjmp(back)) sum += leaves(1);
  sum += leaves(2);
  return sum == 0;
}
"""


def calls_within_calls(folder):
    """A function that calls another of the same list, one that calls itself, one that never returns: each return value stands with
    the arguments of its own call, also where a filter leaves out the calls in between."""
    source, path = os.path.join(folder, "nested.c"), os.path.join(folder, "nested")
    with open(source, "w", encoding="utf-8") as f:
        f.write(NESTED)
    subprocess.run(["cc", "-O1", "-fno-optimize-sibling-calls", "-o", path, source], check=True)

    def hook(symbols, filter=""):
        return f"""  - path: "{path}"
    symbols: [{symbols}]
    return: true
    args:
    - index: 0
      type: "int64"
    returnArg:
      index: 0
      type: "int64"
{filter}"""

    first = """    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values: ["3"]
"""
    text = "  uprobes:\n" + hook('"outer", "inner"') + hook('"again"', first) + hook('"again"') + hook('"leaves"')
    with Daemon(policy(folder, "nested", text)) as daemon:
        child = subprocess.Popen([path])
        check_equal(child.wait(), 0, "the program's status")
        daemon.stream.barrier()
        events = [e for e in daemon.stream.snapshot() if kind_of(e) == "process_uprobe" and pid_of(e) == child.pid]
        seen = [(e["process_uprobe"]["symbol"], int(list(e["process_uprobe"]["args"][0].values())[0]),
                 int(list(e["burin"]["return"].values())[0])) for e in events]
        check_equal([x for x in seen if x[0] != "again"], [("inner", 2, 102), ("outer", 1, 1102), ("leaves", 2, 6)], "calls and what they returned")
        check_equal(sorted(x for x in seen if x[0] == "again"), [("again", 0, 0), ("again", 1, 1), ("again", 2, 3), ("again", 3, 6), ("again", 3, 6)],
                    "calls of a function within itself, and the one of them that a filter wants")
        daemon.stop()


if __name__ == "__main__":
    harness.require_bpf()
    harness.require_tools("cc", "nm", "readelf")
    if not os.path.exists("/sys/bus/event_source/devices/uprobe/type"):
        harness.skip("this kernel has no uprobes")
    harness.run(functions, calls_within_calls, digests, addresses_are_not_offsets, a_reference_counter_is_counted_up, registers,
                actions_at_the_return, probes)
