"""What every end-to-end test needs: the real daemon started and stopped, its HTTP interface, and its event stream.

The tests run the program as a user does (a policy file, a process that does something, HTTP) and look only at what comes
out. The machine may be busy with other things, so a test looks only at events of its own processes. Nothing here sleeps
to let something happen: a test waits for the event that shows it.
"""
import atexit
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("BURIN_BIN_DIR") or os.path.join(ROOT, "build/release/bin")
BURIN = os.path.join(BIN, "burin")
# An emulated machine is about 20 times slower; test/vm sets this, so that the same limits hold everywhere else.
TIME_SCALE = float(os.environ.get("BURIN_TIME_SCALE", "1"))
# Arguments that every daemon gets whose test says nothing of layouts: test/vm/layout_runs.sh runs the same tests with each source.
LAYOUT_ARGS = os.environ.get("BURIN_E2E_LAYOUT", "").split()
# Whether that is none: then a test requires that an event says what it cannot know (docs/layouts.md).
BARE = "--layout-source none" in " ".join(LAYOUT_ARGS)
# The rung that has to supply tcp_connect here; unset: any.
EXPECT_RUNG = os.environ.get("BURIN_EXPECT_RUNG", "")
SKIP = 77


def skip(reason):
    print("SKIP:", reason, flush=True)
    sys.exit(SKIP)


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def check_equal(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: got {got!r}, expected {expected!r}")


def bpf(command, *words):
    """The bpf system call (number 321 on x86-64) with an attribute of 32-bit words; its result, or OSError."""
    attr = (ctypes.c_uint32 * 32)(*words)
    result = ctypes.CDLL(None, use_errno=True).syscall(321, command, ctypes.byref(attr), ctypes.sizeof(attr))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def next_map_id():
    """The id of a BPF map made now. Ids only grow, so two calls tell how many maps anybody made in between."""
    fd = bpf(0, 2, 4, 8, 2)  # BPF_MAP_CREATE: BPF_MAP_TYPE_ARRAY, key 4, value 8, 2 entries
    try:
        info = (ctypes.c_uint32 * 32)()
        where = ctypes.addressof(info)
        bpf(15, fd, ctypes.sizeof(info), where & 0xFFFFFFFF, where >> 32)  # BPF_OBJ_GET_INFO_BY_FD
        return info[1]
    finally:
        os.close(fd)


def require_bpf():
    """Skips unless we are root and the kernel lets us make a BPF map."""
    if os.geteuid() != 0:
        skip("needs root")
    try:
        next_map_id()
    except OSError as error:
        skip(f"the kernel refuses bpf(): {error.strerror}")
    check(os.path.exists(BURIN), f"{BURIN} does not exist: ./dev build")


def require_tools(*names):
    for name in names:
        if not shutil.which(name):
            skip(f"needs {name}")


def deadline(seconds):
    return time.monotonic() + seconds * TIME_SCALE


def free_port():
    """A port that is free now. Another process could take it before the daemon does; then the start fails loudly."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


KINDS = ("process_exec", "process_exit", "process_kprobe", "process_tracepoint", "process_uprobe", "process_usdt", "process_lsm",
         "process_loader", "rate_limit_info")


def kind_of(event):
    """Name of the event's one member of KINDS."""
    return next(k for k in event if k in KINDS)


def process_of(event):
    return event[kind_of(event)].get("process", {})


def lint(lines, compat=False):
    """Every line (bytes, with newline) has to follow docs/schema strictly: an unknown key, a wrong order or form is an error."""
    if not lines:
        return
    ended = subprocess.run([os.path.join(BIN, "event_lint")] + ["--compat"] * compat, input=b"".join(lines), capture_output=True)
    out = ended.stdout.decode(errors="replace")
    if ended.returncode != 0:
        bad = re.match(r"line (\d+)", out)
        example = lines[int(bad.group(1)) - 1] if bad else b""
        raise AssertionError(f"event_lint: {out[:1000]}\n      the first bad line: {example[:3000]!r}")


def check_exit(event, status, killed_by, what="exit", bare=None):
    """A process_exit says this status and signal ("" for none); bare, that it does not know of a signal."""
    body = event["process_exit"]
    known = not (killed_by and (BARE if bare is None else bare))
    check_equal((body.get("status", 0), body.get("signal", "")), (status, killed_by) if known else (0, ""), what)
    check_equal(event["burin"].get("exit"), None if known else {"code": "unknown"}, f"{what}: burin's note")


def pid_of(event):
    return process_of(event).get("pid")


class Stream:
    """Follows GET /v1/events in a thread of its own and keeps every event; check_lines() checks them against the schema."""

    def __init__(self, port, query="follow&since=0"):
        self.events = []
        self.lines = []
        self.broken = None
        self.ended = False
        self._changed = threading.Condition()
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._connection.request("GET", "/v1/events?" + query)
        self._response = self._connection.getresponse()
        check_equal(self._response.status, 200, "status of /v1/events")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            for line in self._response:
                event = json.loads(line.decode("utf-8"))
                with self._changed:
                    self.lines.append(line)
                    self.events.append(event)
                    self._changed.notify_all()
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            with self._changed:
                self.broken = f"the stream broke: {error!r}"
        finally:
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def snapshot(self):
        with self._changed:
            return list(self.events)

    def wait_for(self, wanted, what, seconds=20):
        """The first event for which `wanted` is true; waits for it."""
        end, seen = deadline(seconds), 0
        with self._changed:
            while True:
                while seen < len(self.events):
                    event = self.events[seen]
                    seen += 1
                    if wanted(event):
                        return event
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    raise AssertionError(f"never came: {what} ({seen} events seen, stream {'ended' if self.ended else 'open'})")
                self._changed.wait(left)

    def barrier(self, seconds=20):
        """All events of what happened before this call are in self.events when it returns: the exit of a process started
        now has come, and events are delivered in the order of their time."""
        child = subprocess.Popen(["/bin/true"])
        child.wait()
        self.wait_for(lambda e: kind_of(e) == "process_exit" and pid_of(e) == child.pid, "the barrier's exit", seconds)

    def wait_end(self, seconds=20):
        self._thread.join(seconds * TIME_SCALE)
        check(not self._thread.is_alive(), "the event stream did not end with the daemon")

    def check_lines(self):
        check(not self.broken, self.broken)
        lint(self.lines)

    def gaps(self):
        return [e for e in self.snapshot() if kind_of(e) == "rate_limit_info"]


class Daemon:
    """`burin run` as a child process, ready when the constructor returns. Use it in a `with` statement."""

    def __init__(self, *policies, args=(), env=None, cache=None, follow=True, node_name=None, program=BURIN, wrap=()):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = tempfile.TemporaryFile()
        self._cache = shared_cache() if cache is None else cache  # "": none
        # `wrap`: a command that ends by executing the one given to it, such as unshare.
        command = [*wrap, program, "run", "--listen", f"127.0.0.1:{self.port}", "--cache-dir", self._cache]
        for policy in policies:
            command += ["--policy", str(policy)]
        if node_name:
            command += ["--node-name", node_name]
        command += list(args)
        if not any(str(a).startswith(("--layout", "--btf")) for a in args):
            command += LAYOUT_ARGS
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file,
                                        env={**os.environ, **(env or {})}, start_new_session=True)  # ^C is for us alone
        self.pid = self.process.pid
        self.stream = None
        try:
            self._wait_ready()
            if follow:
                self.stream = Stream(self.port)
        except BaseException:
            self._end()
            raise

    def _wait_ready(self):
        end = deadline(60)
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"burin ended with {self.process.returncode} instead of getting ready:\n{self.log()}")
            try:
                if self.get("/readyz")[0] == 200:
                    self.ready_seconds = time.monotonic() - self.started
                    return
            except OSError:
                pass
            check(time.monotonic() < end, f"burin is not ready after {60 * TIME_SCALE:.0f} s:\n{self.log()}")
            time.sleep(0.02)  # there is nothing to wait on before the port is open

    def get(self, path):
        """(status, body as text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * TIME_SCALE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def events(self, **query):
        """GET /v1/events without follow: what is in memory, filtered."""
        status, body = self.get("/v1/events?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote))
        check_equal(status, 200, f"status of /v1/events with {query}: {body[:200]}")
        lines = body.encode().splitlines(keepends=True)
        lint(lines, compat="compat" in query)
        return [json.loads(line) for line in lines]

    def policy(self, name):
        """The entry of /v1/policies for one policy."""
        status, body = self.get("/v1/policies")
        check_equal(status, 200, "status of /v1/policies")
        data = json.loads(body)
        for entry in data["policies"]:
            if entry["name"] == name:
                return entry
        raise AssertionError(f"/v1/policies does not have {name}: {body}")

    def metrics(self):
        """{"name{labels}": value} of /metrics; a line that is not Prometheus text is an error."""
        status, body = self.get("/metrics")
        check_equal(status, 200, "status of /metrics")
        values = {}
        for line in body.splitlines():
            if not line or line.startswith("#"):
                continue
            match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^}]*\})?) ([-+0-9.eE]+|NaN|[+-]Inf)', line)
            check(match, f"not a Prometheus line: {line!r}")
            values[match.group(1)] = float(match.group(2))
        return values

    def log(self):
        self.log_file.flush()
        self.log_file.seek(0)
        return self.log_file.read().decode(errors="replace")

    def check_rung(self, policy_name):
        """The rung that supplies the policy's first hook, as expected by the environment."""
        rung = self.policy(policy_name)["hooks"][0]["rung"]
        if EXPECT_RUNG:
            check_equal(rung, EXPECT_RUNG, "rung of tcp_connect")
        return rung

    def stop(self, seconds=20):
        """SIGTERM; the daemon has to end by itself with status 0, and with it the stream."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(seconds * TIME_SCALE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"burin did not end within {seconds * TIME_SCALE:.0f} s of SIGTERM:\n{self.log()}") from None
        check_equal(status, 0, f"exit status after SIGTERM; the log:\n{self.log()}")
        if self.stream:
            self.stream.wait_end()
            self.stream.check_lines()

    def _end(self):
        """Lets the daemon clean up after itself, if it still can."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            if issubclass(kind, Exception):
                print(f"--- the daemon's log\n{self.log()}---", file=sys.stderr)
        self._end()


_shared_cache = None


def shared_cache():
    """One image cache for all daemons of a test program, so that only the first one compiles the base programs; run_all.py
    shares one among all test programs by BURIN_E2E_CACHE."""
    global _shared_cache
    if os.environ.get("BURIN_E2E_CACHE"):
        return os.environ["BURIN_E2E_CACHE"]
    if _shared_cache is None:
        _shared_cache = tempfile.mkdtemp(prefix="burin-e2e-cache.")
        atexit.register(shutil.rmtree, _shared_cache, ignore_errors=True)
    return _shared_cache


def write_policy(folder, name, selectors="", call="tcp_connect"):
    """A policy with one kprobe and one sock argument; `selectors` is YAML indented by four spaces."""
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"""apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "{name}"
spec:
  kprobes:
  - call: "{call}"
    syscall: false
    args:
    - index: 0
      type: "sock"
{selectors}""")
    return path


def sock_of(event):
    return event["process_kprobe"]["args"][0]["sock_arg"]


def connects_of(events, pids):
    return [e for e in events if kind_of(e) == "process_kprobe" and pid_of(e) in pids
            and e["process_kprobe"]["function_name"] == "tcp_connect"]


def hook_counters(entry):
    """(entered, posted) of a policy, summed over its hooks."""
    counters = [hook["counters"] for hook in entry["hooks"]]
    return sum(c["entered"] for c in counters), sum(c["posted"] for c in counters)


def run(*tests):
    """Runs test functions (each gets a temporary folder); the program's exit status says whether all passed."""
    require_bpf()
    failed = 0
    for test in tests:
        begin = time.monotonic()
        folder = tempfile.mkdtemp(prefix="burin-e2e.")
        try:
            test(folder)
            print(f"ok    {test.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception as error:  # the next test function still runs
            failed += 1
            print(f"FAIL  {test.__name__}: {error}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
