"""Bars that no other client is measured beside: the ledger, memory, the start, the build."""

import json
import re
import shutil
import subprocess
import time

from harness import clients
from harness.bars import Bar, Measured
from harness.clients import Ended
from harness.place import TOP, token
from harness.service import Service, Wrong, wait_until
from harness.statistics import median


class Alone:
    """Measures some bars together; `measure` gives what was asked for of them."""
    bars = ()

    def wanted(self, bench):
        return [bar for bar in self.bars if bar.named(bench.only)]

    def measure(self, bench):
        wanted = self.wanted(bench)
        if not wanted:
            return []
        why = self.why_not(bench)
        measured = [Measured(bar, why_not=why) for bar in wanted] if why else self.run(bench)
        return [each for each in measured if each.bar in wanted]

    def why_not(self, bench):
        """Why it cannot be measured here; empty: it can."""
        return ""

    def run(self, bench):
        raise NotImplementedError


class LedgerTables(Alone):
    """ledger_bench interleaves its own cases, and checks their verdicts against each other."""
    bars = (Bar("B6", "ledger: check and increment, against boost's flat map", 0.3, 0.2),
            Bar("B7", "ledger: memory a device", 27, 20, unit="B"))

    def why_not(self, bench):
        return "" if bench.place.program("ledger_bench") else "ledger_bench is not built"

    def run(self, bench):
        bench.say(f"ledger: {bench.sizes.ledger:,} devices")
        ended = Ended([*bench.place.client_core, bench.place.program("ledger_bench"),
                       f"--size={bench.sizes.ledger}", f"--repetitions={max(2, bench.repeats)}",
                       "--benchmark_format=json"])
        runs = [run for run in json.loads(ended.out)["benchmarks"] if run["run_type"] == "iteration"]

        def of(name, figure):
            return [run[figure] for run in sorted(runs, key=lambda run: run["repetition_index"])
                    if run["name"].split("/")[0] == name]
        ledger, flat_map = of("ledger_charge", "cpu_time"), of("flat_map_charge", "cpu_time")
        note = (f"ledger {median(ledger) / 1000:.1f} ns, flat map {median(flat_map) / 1000:.1f} ns")
        return [Measured(self.bars[0], [a / b for a, b in zip(ledger, flat_map)], note=note),
                Measured(self.bars[1], of("ledger_charge", "bytes_per_device"))]


class Memory(Alone):
    """Peak of one campaign's process, without what the ledger and the de-duplication hold."""
    bars = (Bar("B8", "memory: peak RSS but for the ledger, 64MiB", 128, 96, unit="MB"),
            Bar("B8 flat", "the same: the longest campaign against the shortest", 1.15))

    def run(self, bench):
        peaks, ratios, notes = [], [], []
        with Service(bench.place) as service:
            for _ in range(bench.repeats if bench.quick else min(bench.repeats, 3)):
                rests = []
                for records in bench.sizes.memory:
                    bench.say(f"memory: {records:,} records")
                    cost = clients.herald(service, records, campaigns=1, memory="64MiB")
                    rests.append((cost["rss_mib"] - cost["ledger_mib"]) * (1 << 20) / 1e6)
                    notes.append((records, cost))
                peaks.append(max(rests))
                ratios.append(rests[-1] / rests[0])
        if bench.sizes.memory[-1] > 50_000_000:
            bench.place.audience(bench.sizes.memory[-1]).unlink()  # 12 GB
        said = "; ".join(f"{records / 1e6:g} M records: peak {cost['rss_mib']:.0f} MiB, of it ledger "
                         f"{cost['ledger_mib']:.0f} MiB, {cost['rate'] / 1e6:.1f} M tokens/s"
                         for records, cost in notes[-len(bench.sizes.memory):])
        if bench.sizes.memory[-1] < 100_000_000 and not bench.quick:
            said += "; 100 M only with --long"
        return [Measured(self.bars[0], peaks, note=said), Measured(self.bars[1], ratios)]


class Start(Alone):
    """From the start of `herald run` in a directory full of reservations to its first request."""
    bars = (Bar("B14", "start to first request, 10 M reservations", 5, 2, unit="s"),)

    def run(self, bench):
        place, seconds = bench.place, []
        full = place.file("full")
        shutil.rmtree(full, ignore_errors=True)
        bench.say(f"start: {bench.sizes.start:,} reservations")
        with Service(place) as service:
            clients.herald(service, bench.sizes.start, campaigns=1)
        place.file("data").rename(full)
        log = place.file("start.log")
        log.write_text("")
        try:
            with Service(place, "--limit", "15", "--log", log, sink=False) as service:
                for _ in range(bench.repeats):
                    seconds.append(self._start(bench, service, full, log))
                self._check(bench, service)
        finally:
            shutil.rmtree(full)
        return [Measured(self.bars[0], seconds, note="the store in the page cache, as after a crash")]

    def _start(self, bench, service, full, log):
        """Every time from a copy of the same directory: the first opening makes tables of the log."""
        place = bench.place
        shutil.rmtree(place.file("data"), ignore_errors=True)
        shutil.copytree(full, place.file("data"))
        lines_before = len(log.read_text().splitlines())
        job = place.job(place.audience(1000), "first")
        started = time.time()
        done = subprocess.run(
            [*place.client_core, place.program("herald"), "run", job, "--json", "--config",
             place.config(service.port)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"herald run: status {done.returncode}: {done.stderr.strip()}")
        wait_until(lambda: len(log.read_text().splitlines()) > lines_before, "pushsim logs it")
        milliseconds = int(log.read_text().splitlines()[lines_before].split("\t")[0])
        return milliseconds / 1000 - started


    @staticmethod
    def _check(bench, service):
        """The ledger has what was filled in, and what was sent after the start."""
        for number, expected in ((0, 2), (bench.sizes.start - 1, 1)):
            explained = json.loads(Ended(
                [bench.place.program("herald"), "explain", token(number), "--json", "--config",
                 bench.place.config(service.port)]).out)
            charged = [charge["count"] for charge in explained[0]["charges"]
                       if charge["class"] == "marketing"]
            if charged != [expected]:
                raise Wrong(f"device {number} was charged {charged} after the start, not {expected}")


class NullSink(Alone):
    """The pipeline into a sink within the process: what the ingest threads are worth."""
    bars = (Bar("B13 rate", "pipeline into a null sink: tokens/s, two threads against one", 1.6,
                lower_is_better=False),)

    def why_not(self, bench):
        return "" if bench.place.program("pipeline_bench") else "pipeline_bench is not built"

    def run(self, bench):
        values = []
        for number in range(1, bench.repeats + 1):
            bench.say(f"pipeline into a null sink, repeat {number} of {bench.repeats}")
            ended = Ended([bench.place.program("pipeline_bench"), "--runs", "1",
                           "--tokens", str(bench.sizes.bulk)])
            found = re.search(r"threads against one: ([\d.]+) times", ended.out)
            if found is None:
                raise Wrong(f"pipeline_bench says no ratio: {ended.out}")
            values.append(float(found.group(1)))
        return [Measured(self.bars[0], values)]


class ColdBuild(Alone):
    """Everything, tests in, without the compiler's cache, in a folder that is removed after."""
    bars = (Bar("B15", "cold build of everything", 6, 4, unit="min"),)

    def why_not(self, bench):
        return "" if bench.build_time else "only with --build-time"

    def run(self, bench):
        folder = bench.place.file("cold")
        shutil.rmtree(folder, ignore_errors=True)
        bench.say("cold build")
        start = time.monotonic()
        subprocess.run(["cmake", "--preset", "release", "-B", folder,
                        "-DCMAKE_CXX_COMPILER_LAUNCHER="], cwd=TOP, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", folder], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        minutes = (time.monotonic() - start) / 60
        shutil.rmtree(folder)
        return [Measured(self.bars[0], [minutes])]


ALONE = [LedgerTables(), Memory(), NullSink(), Start(), ColdBuild()]
