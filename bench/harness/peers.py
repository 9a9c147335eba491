"""Other clients: which can be had here, and how each is started."""

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
        built = subprocess.run(["go", "build", "-o", program, "."], cwd=FOLDER / "go",
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


def peers_table(bench):
    """Markdown; medians of rounds in which every client has its turn."""
    with Service(bench.place) as service:
        cases = list(peers_cases(bench, service))
        rounds = []
        for number in range(1, bench.repeats + 1):
            rounds.append({})
            for name, *runs in cases:
                if not isinstance(runs[0], str):
                    bench.say(f"repeat {number} of {bench.repeats}: {name}")
                    rounds[-1][name] = [run() for run in runs]
    lines = ["| client | bulk tokens/s | CPU ns/token | single requests/s | CPU us/request | memory MiB |",
             "| --- | --- | --- | --- | --- | --- |"]
    for name, bulk, _ in cases:
        if isinstance(bulk, str):
            lines.append(f"| {name} | {bulk} | | | | |")
            continue

        def of(kind, figure):
            return median([round_[name][kind][figure] for round_ in rounds])
        lines.append(f"| {name} | {of(0, 'rate') / 1e6:.2f} M | {of(0, 'cpu_ns'):.0f} | "
                     f"{of(1, 'requests_per_second'):,.0f} | {of(1, 'cpu_us'):.1f} | "
                     f"{of(0, 'rss_mib'):.0f} |")
    return "\n".join(lines)
