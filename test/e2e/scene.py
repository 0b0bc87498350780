"""The seed document's network in namespaces of its own, so that its addresses are real and nobody else's network is touched:

    xwing 10.32.0.19 ---- service 10.32.0.20:80   ("deathstar", inside the cluster's range 10.32.0.0/16)
                     \\--- outside 104.198.14.52:443 (ebpf.io by TLS, with a certificate that nobody trusts)

Names are unique to this process; leaving the `with` block removes everything, also after ^C.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
XWING, SERVICE, OUTSIDE = "10.32.0.19", "10.32.0.20", "104.198.14.52"
# The scene's name service. curl reads it from $CURL_HOME/.curlrc: that leaves its command line as the document has it, and
# needs no /etc/hosts of its own (a minimal root has none to replace).
CURLRC = f'resolve = "ebpf.io:443:{OUTSIDE}"\nresolve = "deathstar.default.svc.cluster.local:80:{SERVICE}"\n'


def inside(space, *words):
    """The command that runs `words` in a named network namespace, in its own process. Not `ip netns exec`: that also gives it
    another /sys, without the cgroups a daemon needs, and fails where / is no mount point."""
    return ["nsenter", f"--net=/run/netns/{space}", *words]


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


class Scene:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="burin-scene.")
        self._servers = []
        self._spaces = []
        self.xwing = self._namespace("xwing")
        self.service = self._namespace("service")
        self.outside = self._namespace("outside")

    def _namespace(self, name):
        return f"burin-{name}-{os.getpid()}"

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        for space in (self.xwing, self.service, self.outside):
            run("ip", "netns", "add", space)
            self._spaces.append(space)
            run(*inside(space, "ip", "link", "set", "lo", "up"))
        for space, near, address, route in ((self.service, "svc0", SERVICE, "10.32.0.0/16"),
                                            (self.outside, "out0", OUTSIDE, "default")):
            run("ip", "link", "add", near, "netns", self.xwing, "type", "veth", "peer", "name", "eth0", "netns", space)
            for words in (["address", "add", f"{address}/32", "dev", "eth0"], ["link", "set", "eth0", "up"],
                          ["route", "add", f"{XWING}/32", "dev", "eth0"]):
                run(*inside(space, "ip", *words))
            for words in (["address", "add", f"{XWING}/32", "dev", near], ["link", "set", near, "up"],
                          ["route", "add", route, "dev", near, "src", XWING]):
                run(*inside(self.xwing, "ip", *words))
        with open(f"{self.folder}/.curlrc", "w", encoding="ascii") as f:
            f.write(CURLRC)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=ebpf.io", "-days", "2", "-keyout", f"{self.folder}/key", "-out",
                        f"{self.folder}/certificate"], check=True, capture_output=True)
        self._serve(self.service, SERVICE, "80", "Ship landed\n")
        self._serve(self.outside, OUTSIDE, "443", "eBPF\n", f"{self.folder}/certificate", f"{self.folder}/key")

    def _serve(self, space, *words):
        server = subprocess.Popen(inside(space, "/usr/bin/python3", f"{HERE}/scene_server.py", *words),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        self._servers.append(server)
        if server.stdout.readline() != b"ready\n":
            raise AssertionError(f"the scene's server {words} did not start")

    def command(self, *words):
        """What runs `words` in the xwing pod; the process executes them, its pid stays the same."""
        return inside(self.xwing, "env", f"CURL_HOME={self.folder}", *words)

    def close(self):
        for server in self._servers:
            server.kill()
            server.wait()
        for space in self._spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._servers, self._spaces = [], []


if __name__ == "__main__":  # scene.py COMMAND...: run something in the xwing pod, for trying things by hand
    with Scene() as scene:
        sys.exit(subprocess.call(scene.command(*sys.argv[1:])))
