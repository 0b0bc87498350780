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
HOSTS = f"{OUTSIDE} ebpf.io\n{SERVICE} deathstar.default.svc.cluster.local\n127.0.0.1 localhost\n"


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


class Scene:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="burin-scene.")
        self._servers = []
        self._spaces = []
        self._etc = None
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
            ip("netns", "add", space)
            self._spaces.append(space)
            ip("-n", space, "link", "set", "lo", "up")
        for space, near, address, route in ((self.service, "svc0", SERVICE, "10.32.0.0/16"),
                                            (self.outside, "out0", OUTSIDE, "default")):
            ip("link", "add", near, "netns", self.xwing, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", space, "address", "add", f"{address}/32", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
            ip("-n", space, "route", "add", f"{XWING}/32", "dev", "eth0")
            ip("-n", self.xwing, "address", "add", f"{XWING}/32", "dev", near)
            ip("-n", self.xwing, "link", "set", near, "up")
            ip("-n", self.xwing, "route", "add", route, "dev", near, "src", XWING)
        # `ip netns exec` shows /etc/netns/NAME/hosts as /etc/hosts: the scene's own name service.
        etc = f"/etc/netns/{self.xwing}"
        os.makedirs(etc)
        self._etc = etc
        with open(f"{etc}/hosts", "w", encoding="ascii") as f:
            f.write(HOSTS)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=ebpf.io", "-days", "2", "-keyout", f"{self.folder}/key", "-out",
                        f"{self.folder}/certificate"], check=True, capture_output=True)
        self._serve(self.service, SERVICE, "80", "Ship landed\n")
        self._serve(self.outside, OUTSIDE, "443", "eBPF\n", f"{self.folder}/certificate", f"{self.folder}/key")

    def _serve(self, space, *words):
        server = subprocess.Popen(["ip", "netns", "exec", space, "/usr/bin/python3", f"{HERE}/scene_server.py", *words],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        self._servers.append(server)
        if server.stdout.readline() != b"ready\n":
            raise AssertionError(f"the scene's server {words} did not start")

    def command(self, *words):
        """What runs `words` in the xwing pod. `ip netns exec` executes them in its own process: the pid stays the same."""
        return ["ip", "netns", "exec", self.xwing, *words]

    def close(self):
        for server in self._servers:
            server.kill()
            server.wait()
        for space in self._spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False)
        if self._etc:
            shutil.rmtree(self._etc, ignore_errors=True)
            try:
                os.rmdir("/etc/netns")
            except OSError:
                pass  # somebody else's namespaces have files there
        shutil.rmtree(self.folder, ignore_errors=True)
        self._servers, self._spaces, self._etc = [], [], None


if __name__ == "__main__":  # scene.py COMMAND...: run something in the xwing pod, for trying things by hand
    with Scene() as scene:
        sys.exit(subprocess.call(scene.command(*sys.argv[1:])))
