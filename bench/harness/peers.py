"""Other clients: which can be had here, and how each is started."""

import os
import pathlib
import shutil
import subprocess

from harness import clients
from harness.place import TOP
from harness.service import Service
from harness.statistics import median

FOLDER = TOP / "bench/peers"
# Requests at once, by tokens a request: where each was at its best among 16, 32, 100, 128 and 400.
IN_FLIGHT = {"go": {1: 100, clients.BULK: 16}, "demo": {1: 100, clients.BULK: 16},
             "libcurl": {1: 100, clients.BULK: 128}, "node": {1: 100, clients.BULK: 128}}
READ_FILES = {"go", "demo"}  # the others send from memory
SETUP = "tools/setup bench"


class Peers:
    """Commands by name; a text instead says why there is none."""

    def __init__(self, place, demo):
        self.commands = {"go": self._go(place), "libcurl": self._libcurl(place),
                         "node": self._node(), "demo": self._demo(demo)}

    def case(self, name, service, requests, tokens, audience=None):
        """What runs it; a client that reads files is given the audience."""
        command = self.commands[name]
        if isinstance(command, str):
            return command
        more = ["--audience", service.place.audience(audience)] if audience else []
        return lambda: clients.peer(service, [*command, *more], requests, tokens,
                                    IN_FLIGHT[name][tokens])

    @staticmethod
    def _go(place):
        if shutil.which("go") is None:
            return f"no Go: {SETUP}"
        program = place.file("go-client")
        built = subprocess.run(["go", "build", "-buildvcs=false", "-o", program, "."],
                               cwd=FOLDER / "go", env={**os.environ, "GOPROXY": "off"},
                               capture_output=True, text=True)
        return [program] if built.returncode == 0 else f"the Go client does not build: {built.stderr}"

    @staticmethod
    def _libcurl(place):
        path = place.program("curl_client")
        return [path] if path else f"curl_client is not built: {SETUP}, then configure again"

    @staticmethod
    def _node():
        if shutil.which("node") is None:
            return f"no node: {SETUP}"
        return ["node", FOLDER / "node/main.js"]

    @staticmethod
    def _demo(program):
        return [pathlib.Path(program).resolve()] if program else "no --demo given"


def peers_cases(bench, service):
    """(name, its bulk case, its single case)."""
    sizes = bench.sizes
    yield ("herald", lambda: clients.herald(service, sizes.bulk),
           lambda: clients.herald(service, sizes.single, 1))
    yield ("h2load", lambda: clients.h2load(service, sizes.bulk_requests, clients.BULK, 32),
           lambda: clients.h2load(service, sizes.single, 1, 100))
    for name in ("go", "libcurl", "node", "demo"):
        audience = sizes.bulk if name in READ_FILES else None
        yield (name, bench.peers.case(name, service, sizes.slow_bulk_requests, clients.BULK, audience),
               bench.peers.case(name, service, sizes.slow_single, 1, audience))


def measure_peers(bench):
    """Rounds in which every client has its turn: {client: {"bulk": figures, "single": figures}},
    and why some have none."""
    with Service(bench.place) as service:
        cases = list(peers_cases(bench, service))
        missing = {name: bulk for name, bulk, _ in cases if isinstance(bulk, str)}
        rounds = []
        for number in range(1, bench.repeats + 1):
            rounds.append({})
            for name, bulk, single in cases:
                if name not in missing:
                    bench.say(f"repeat {number} of {bench.repeats}: {name}")
                    rounds[-1][name] = {"bulk": bulk(), "single": single()}
    return rounds, missing


def peers_table(rounds, missing):
    """Medians, in Markdown."""
    lines = ["| client | bulk tokens/s | CPU ns/token | single requests/s | CPU us/request | memory MiB |",
             "| --- | --- | --- | --- | --- | --- |"]

    def of(name, kind, figure):
        return median([round_[name][kind][figure] for round_ in rounds])
    for name in rounds[0]:
        lines.append(f"| {name} | {of(name, 'bulk', 'rate') / 1e6:.2f} M | "
                     f"{of(name, 'bulk', 'cpu_ns'):.0f} | "
                     f"{of(name, 'single', 'requests_per_second'):,.0f} | "
                     f"{of(name, 'single', 'cpu_us'):.1f} | {of(name, 'bulk', 'rss_mib'):.0f} |")
    lines += [f"| {name} | skipped ({why}) | | | | |" for name, why in missing.items()]
    return "\n".join(lines)
