"""Cases that take turns (A B A B ...), and the bars that are ratios of two cases of one round."""

import contextlib
from dataclasses import dataclass, field

from harness import clients
from harness.bars import Bar, Measured
from harness.service import Service, Wrong


@dataclass
class Ratio:
    """One case's figure over another's, round by round."""
    bar: Bar
    ours: str
    theirs: str
    figure: str

    @property
    def cases(self):
        return {self.ours, self.theirs}

    def of(self, round_):
        return round_[self.ours][self.figure] / round_[self.theirs][self.figure]


@dataclass
class Highest:
    """The highest that any of the cases has of a figure."""
    bar: Bar
    cases: set
    figure: str

    def of(self, round_):
        return max(round_[case][self.figure] for case in self.cases)


@dataclass
class Group:
    """`cases` gives, by name, what runs a case once, or a text that says why it cannot be run."""
    name: str
    bars: list
    cases: object  # a function of (bench, stack), which holds the services
    rounds: list = field(default_factory=list)

    def wanted(self, bench):
        return [each.bar for each in self.bars if each.bar.named(bench.only)]

    def measure(self, bench):
        """Every wanted bar of the group, each with a value a round."""
        bars = [each for each in self.bars if each.bar.named(bench.only)]
        if not bars:
            return []
        with contextlib.ExitStack() as stack:
            cases = self.cases(bench, stack)
            missing = {name: why for name, why in cases.items() if isinstance(why, str)}
            possible = [each for each in bars if not each.cases & missing.keys()]
            wanted = set().union(*(each.cases for each in possible))
            turns = {name: run for name, run in cases.items() if name in wanted}
            self._take_turns(bench, turns)
        return [self._measured(each, missing) for each in bars]

    def _take_turns(self, bench, cases):
        if not cases:
            return
        for number in range(1, bench.repeats + 1):
            round_ = {}
            for name, run in cases.items():
                bench.say(f"{self.name}, repeat {number} of {bench.repeats}: {name}")
                round_[name] = run()
            self.rounds.append(round_)

    def _measured(self, each, missing):
        why = "; ".join(missing[case] for case in sorted(each.cases & missing.keys()))
        values = [] if why else [each.of(round_) for round_ in self.rounds]
        return Measured(each.bar, values, why)


def sink(bench, stack, *options):
    return stack.enter_context(Service(bench.place, *options))


def program(bench, name, run, why=""):
    """A case of a program of ours, if it was built."""
    path = bench.place.program(name)
    return (lambda: run(path)) if path else why or f"{name} is not built"


def bulk(bench, stack):
    service, sizes = sink(bench, stack), bench.sizes
    return {
        "h2load": lambda: clients.h2load(service, sizes.bulk_requests, clients.BULK, 32),
        "herald": lambda: clients.herald(service, sizes.bulk),
        "herald, process": lambda: clients.herald(service, sizes.bulk, durability="process"),
        "send path": program(bench, "send_path",
                             lambda path: clients.send_path(service, path, sizes.bulk_requests)),
        "Go": bench.peers.case("go", service, sizes.slow_bulk_requests, clients.BULK, sizes.bulk),
        "Go, ready tokens": bench.peers.case("go", service, sizes.slow_bulk_requests, clients.BULK),
        "demo": bench.peers.case("demo", service, sizes.slow_bulk_requests, clients.BULK, sizes.bulk),
    }


def single(bench, stack):
    service, records = sink(bench, stack), bench.sizes.single
    return {
        "h2load": lambda: clients.h2load(service, records, 1, 100),
        "herald": lambda: clients.herald(service, records, 1),
        "herald, process": lambda: clients.herald(service, records, 1, durability="process"),
    }


def paced(bench, stack):
    service, records, rate = sink(bench, stack), bench.sizes.paced, bench.sizes.paced_rate

    def latency(durability):
        return program(bench, "latency",
                       lambda path: clients.latency(service, path, records, rate, durability))
    return {
        "h2load": lambda: clients.h2load_paced(service, records, rate),
        "herald": latency("sync"),
        "herald, process": latency("process"),
    }


def delay(bench, stack):
    at_once, late = sink(bench, stack), sink(bench, stack, "--latency", "30ms")
    return {
        "at once": lambda: clients.herald(at_once, bench.sizes.bulk),
        "after 30 ms": lambda: clients.herald(late, bench.sizes.bulk),
    }


def windows(bench, stack):
    service, sizes = sink(bench, stack, "--window", "65535"), bench.sizes
    return {
        "h2load": lambda: clients.h2load(service, sizes.window_requests, clients.BULK, 32),
        "herald": lambda: clients.herald(service, sizes.window_requests * clients.BULK),
    }


def threads(bench, stack):
    service, records = sink(bench, stack), bench.sizes.bulk
    try:
        clients.herald(service, 1000, campaigns=1, threads=2)
        two = lambda: clients.herald(service, records, both_cores=True, threads=2)
    except Wrong as refused:
        two = f"two threads are refused: {refused}"
    return {
        "one and one": lambda: clients.herald(service, records, both_cores=True),
        "two and two": two,
    }


GROUPS = [
    Group("bulk", [
        Ratio(Bar("B1", "bulk: CPU a token, against h2load", 1.5, 1.15), "herald", "h2load", "cpu_ns"),
        Ratio(Bar("B2", "bulk: CPU a token, against Go from the same file", 0.33, 0.25), "herald", "Go", "cpu_ns"),
        Ratio(Bar("B2 ready", "the same, Go's tokens ready in memory", None),
              "herald", "Go, ready tokens", "cpu_ns"),
        Ratio(Bar("B2 demo", "bulk: CPU a token, against the demo", 0.33, 0.25),
              "herald", "demo", "cpu_ns"),
        Ratio(Bar("B3", "bulk: the send path alone, against h2load", 0.75, 0.62),
              "send path", "h2load", "cpu_ns"),
        Ratio(Bar("B5 bulk", "bulk: CPU a token, sync against process", 1.25, 1.1),
              "herald", "herald, process", "cpu_ns"),
        Highest(Bar("sink", "pushsim --sink: CPU a bulk request", 150, unit="us"),
                {"h2load", "herald"}, "server_us_per_request"),
    ], bulk),
    Group("single", [
        Ratio(Bar("B4", "single: requests/s, against h2load", 0.7, 1.0, lower_is_better=False),
              "herald", "h2load", "requests_per_second"),
        Ratio(Bar("B5 single", "single: CPU a request, sync against process", 1.25, 1.1),
              "herald", "herald, process", "cpu_us"),
    ], single),
    Group("paced", [
        Ratio(Bar("B9 p50", "10,000 single/s: p50, against h2load", 2.5, 1.5),
              "herald", "h2load", "p50_us"),
        Ratio(Bar("B9 p99", "10,000 single/s: p99, against h2load", 2.5, 1.5),
              "herald", "h2load", "p99_us"),
        Ratio(Bar("B10", "10,000 single/s: CPU, against h2load", 5, 3), "herald", "h2load", "cpu_us"),
        Ratio(Bar("B9 p50 process", "the same with durability process", None),
              "herald, process", "h2load", "p50_us"),
        Ratio(Bar("B9 p99 process", "the same with durability process", None),
              "herald, process", "h2load", "p99_us"),
        Ratio(Bar("B10 process", "the same with durability process", None),
              "herald, process", "h2load", "cpu_us"),
    ], paced),
    Group("delay", [
        Ratio(Bar("B11", "bulk: tokens/s, answers after 30 ms against none", 0.9, 0.97,
                  lower_is_better=False), "after 30 ms", "at once", "rate"),
    ], delay),
    Group("windows", [
        Ratio(Bar("B12", "bulk: tokens/s with 64 KiB windows, against h2load", 1.4,
                  lower_is_better=False), "herald", "h2load", "rate"),
    ], windows),
    Group("threads", [
        Ratio(Bar("B13 CPU", "bulk: CPU a token, two and two threads against one", 1.15),
              "two and two", "one and one", "cpu_ns"),
    ], threads),
]
