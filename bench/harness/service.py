"""pushsim, and its own count of requests and tokens: what a client says is held against it."""

import json
import os
import signal
import subprocess
import time

from harness.place import PROJECT


class Wrong(Exception):
    """A measured run whose answer is not right: it has no figures."""


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Wrong(f"{what}: not within {seconds} s")
        time.sleep(0.002)


def cpu_seconds(pid):
    """User and system time so far, of all threads."""
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Service:
    """pushsim on a core and a port of its own. `sink`: no accounts, so that it is not the limit."""

    def __init__(self, place, *options, sink=True):
        self.place = place
        self.dump = place.file("pushsim.json")
        port_file = place.file("pushsim.port")
        for old in (self.dump, port_file):
            old.unlink(missing_ok=True)
        keys = place.file("keys")
        self.process = subprocess.Popen(
            [*place.server_core, place.program("pushsim"), "--listen", "127.0.0.1:0",
             "--port-file", port_file, "--project", PROJECT, "--cert", keys / "tls.crt",
             "--key", keys / "tls.key", "--jwk", keys / "service-account.pub.pem",
             "--dump", self.dump, *(["--sink"] if sink else []), *options],
            stdout=subprocess.DEVNULL)
        wait_until(lambda: port_file.exists() or self.process.poll() is not None, "pushsim starts")
        if self.process.poll() is not None:
            raise Wrong("pushsim did not start")
        self.port = int(port_file.read_text())
        self.url = f"https://127.0.0.1:{self.port}/v3/{PROJECT}/messages:send"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def bearer(self):
        """A bearer token for clients that cannot make one."""
        config = self.place.config(self.port, name="bearer")
        made = subprocess.run([self.place.program("herald"), "jwt", "bench", "--config", config],
                              capture_output=True, text=True)
        if made.returncode != 0:
            raise Wrong(f"herald jwt: {made.stderr.strip()}")
        return made.stdout.strip()

    def requests(self):
        """How many it accepted so far."""
        def stamp():
            try:
                return os.stat(self.dump).st_ino, os.stat(self.dump).st_mtime_ns
            except FileNotFoundError:
                return None
        before = stamp()
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: stamp() not in (before, None), "pushsim writes its dump")
        return json.loads(self.dump.read_text())["requests"]["accepted"]

    def watch(self):
        return Watch(self)


class Watch:
    """What the service sees from now on, to be held against what a client says."""

    def __init__(self, service):
        self.service = service
        self.before, self.cpu = service.requests(), cpu_seconds(service.process.pid)

    def must_be(self, requests):
        """Exactly so many requests came; gives their cost to the service, as figures."""
        cpu = cpu_seconds(self.service.process.pid) - self.cpu
        came = self.service.requests() - self.before
        if came != requests:
            raise Wrong(f"pushsim accepted {came} requests, {requests} were to come")
        return {"server_us_per_request": cpu * 1e6 / requests}
