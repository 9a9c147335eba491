"""Each client run once: its answer checked, then what it cost.

A run returns figures: cpu_ns (user and system, of the whole process, a token), rate (tokens a
second), requests_per_second, cpu_us (a request), server_us_per_request, rss_mib.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile

from harness.service import Wrong
from harness.statistics import percentile

BULK = 1000  # tokens a request


class Ended:
    """A finished process: what it printed, its CPU time and its peak memory."""

    def __init__(self, command, environment=None):
        with tempfile.TemporaryFile("w+") as errors:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                  env={**os.environ, **(environment or {})}) as process:
                self.out = process.stdout.read()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                raise Wrong(f"{self._name(command)} ended with status {process.returncode}: "
                            f"{errors.read().strip()}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss_mib = usage.ru_maxrss / 1024

    @staticmethod
    def _name(command):
        words = list(map(str, command))
        return words[3] if words[0] == "taskset" else words[0]


def figures_of(requests, tokens, cpu, seconds, rss_mib):
    """Of `requests` requests of `tokens` tokens each."""
    return {"cpu_ns": cpu * 1e9 / (requests * tokens), "cpu_us": cpu * 1e6 / requests,
            "rate": requests * tokens / seconds, "requests_per_second": requests / seconds,
            "rss_mib": rss_mib}


def h2load(service, requests, tokens, streams, *options):
    """One ready body. It takes a bearer token by its arguments only: one of a key made for this run."""
    place, watch = service.place, service.watch()
    ended = Ended([*place.client_core, "h2load", "-n", str(requests), "-c4", f"-m{streams}",
                   "-d", place.body(tokens), "-H", f"authorization: Bearer {service.bearer()}",
                   "-H", "push-type: 0", "-H", "content-type: application/json",
                   *options, service.url])
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", ended.out)
    if counts is None or list(map(int, counts.groups())) != [requests, 0, 0, 0]:
        raise Wrong(f"h2load had failures:\n{ended.out}")
    rate = float(re.search(r"([\d.]+) req/s", ended.out).group(1))
    return watch.must_be(requests) | figures_of(requests, tokens, ended.cpu, requests / rate,
                                                ended.rss_mib)


def h2load_paced(service, requests, rate):
    """One token a request, so many a second. Its latencies start at the send, not when due."""
    log = service.place.file("h2load.log")
    log.unlink(missing_ok=True)
    figures = h2load(service, requests, 1, 100, f"--rps={rate / 4:g}", f"--log-file={log}")
    taken = []
    for line in log.read_text().splitlines():
        _, status, microseconds = line.split("\t")[:3]
        if status != "200":
            raise Wrong(f"h2load's log has an answer of status {status}")
        taken.append(int(microseconds))
    if len(taken) != requests:
        raise Wrong(f"h2load's log has {len(taken)} answers, not {requests}")
    return figures | {f"p{q}_us": percentile(taken, q / 100) for q in (50, 99)}


def herald(service, records, batch_tokens=BULK, campaigns=2, both_cores=False, **config):
    """The last of several campaigns of one engine over the same file: the first faults tables in."""
    place = service.place
    shutil.rmtree(place.file("data"), ignore_errors=True)
    watch = service.watch()
    ended = Ended([*([] if both_cores else place.client_core), place.program("end_to_end"),
                   "--config", place.config(service.port, **config),
                   place.job(place.audience(records)), "--campaigns", str(campaigns),
                   "--batch-tokens", str(batch_tokens)])
    reports = json.loads(ended.out)
    figures = watch.must_be(sum(report["requests"] for report in reports))
    last = reports[-1]
    # Each slice of an audience, 64 at most, may end in a batch that is not full.
    fewest = -(-records // batch_tokens)
    most = fewest + 64
    if not last["records"] == last["accepted"] == records or not fewest <= last["requests"] <= most:
        raise Wrong(f"herald's report does not add up: {last}")
    if last["durability"] != config.get("durability", "sync"):
        raise Wrong(f"herald's report says durability {last['durability']}")
    return figures | {
        "cpu_ns": last["cpu_ns_per_token"], "cpu_us": last["cpu_us_per_request"],
        "rate": last["tokens_per_second"], "requests_per_second": last["requests_per_second"],
        "rss_mib": last["peak_rss_kib"] / 1024, "ledger_mib": last["ledger_kib"] / 1024}


def reporting(service, command, requests, tokens, *, warm_up=0, environment=None):
    """A program of ours or a peer that prints {"requests", "accepted", "seconds"} and may add
    "cpu_seconds", where its start is not to count, and other "figures"."""
    watch = service.watch()
    ended = Ended([*service.place.client_core, *command], environment)
    said = json.loads(ended.out)
    if said["requests"] != requests or said["accepted"] != requests * tokens:
        raise Wrong(f"{command[0]}: {said}")
    cost = figures_of(requests, tokens, said.get("cpu_seconds", ended.cpu), said["seconds"],
                      ended.rss_mib)
    return watch.must_be(warm_up + requests) | cost | said.get("figures", {})


def send_path(service, program, requests):
    """Formed batches over four connections: no ledger, no store, no dispatcher."""
    warm_up = 128
    return reporting(
        service, [program, "--config", service.place.config(service.port),
                  "--body", service.place.body(BULK), "--requests", str(requests),
                  "--warm-up", str(warm_up)], requests, BULK, warm_up=warm_up)


def latency(service, program, records, rate, durability):
    """Records pushed at a rate, a request each; latencies from when each was due."""
    place = service.place
    shutil.rmtree(place.file("data"), ignore_errors=True)
    return reporting(
        service, [program, "--config", place.config(service.port, durability=durability),
                  place.job(place.audience(1000), "paced"), "--records", str(records),
                  "--rate", str(rate), "--warm-up", str(rate)], records, 1, warm_up=rate)


def peer(service, command, requests, tokens, in_flight):
    """A client of bench/peers, or one with the same options. The token goes by the environment."""
    return reporting(
        service, [*command, "--url", service.url, "--ca", service.place.file("keys/tls.crt"),
                  "--body", service.place.body(tokens), "--requests", str(requests),
                  "--tokens", str(tokens), "--in-flight", str(in_flight)],
        requests, tokens, environment={"HERALD_BENCH_BEARER": service.bearer()})


