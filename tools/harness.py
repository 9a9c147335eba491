"""What the scripts that prove things stand on: the real programs in a directory of their own.

A `Bench` has keys, configuration, jobs and audiences, and runs herald there; a `Pushsim` is the service,
with its account and its log of every token it accepted. Standard library only; nothing of herald's is
used to count. See faults, crashloop, powercuts.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
PROJECT = "1234567890"
SKIPPED = 77  # exit status; CTest knows it by SKIP_RETURN_CODE
HERALD_MAX_SECONDS = 120

# The faults of a service on a bad day, a few of each in a thousand requests.
BAD_DAY = ("--fault rst-after:0.004 --fault drop-after:0.002 --fault refused:0.01 --fault goaway:0.005 "
           "--fault badjson:0.004 --error 503:0.004 --illegal 0.02").split()

CONFIG = """data_dir = "{data_dir}"
[endpoint]
url = "https://127.0.0.1:{port}"
ca_file = "keys/tls.crt"
max_connections = {max_connections}
request_timeout = "{request_timeout}"
[engine]
sender_threads = {sender_threads}
[ledger]
utc_offset = "{utc_offset}"
min_free = "{min_free}"
durability = "{durability}"
[[app]]
name = "demo"
package = "com.example.demo"
project_id = "{project}"
key_file = "keys/service-account.json"
marketing_per_day = {marketing_per_day}
rate = {rate}
"""


_started = []  # whatever happens, none of these outlives the script


class Violation(Exception):
    """What was promised does not hold; the text says what."""


def utc_offset_at_noon():
    """An offset at which it is about noon now, so that no run sees a midnight."""
    hours = 12 - datetime.datetime.now(datetime.timezone.utc).hour
    return f"{'-' if hours < 0 else '+'}{abs(hours):02}:00"


def arguments_for(description, directory):
    """A parser with what all scripts have: --bin, --dir, --seed."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=TOP / "build/release/bin",
                        help="where herald and pushsim are (build/release/bin)")
    parser.add_argument("--dir", type=pathlib.Path, default=TOP / "var" / directory,
                        help=f"emptied, and kept for a look afterwards (var/{directory})")
    parser.add_argument("--seed", type=int, default=None, help="of every choice made here; printed")
    return parser


def seeded(seed):
    seed = random.SystemRandom().randrange(1 << 31) if seed is None else seed
    return seed, random.Random(seed)


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Violation(f"{what}: not within {seconds} s")
        time.sleep(0.002)


def empty(directory):
    """Makes a directory, or empties one that was made here; never one of somebody else's."""
    mark = directory / "made-by-herald-tools"
    if directory.exists() and any(directory.iterdir()) and not mark.exists():
        sys.exit(f"{directory} has files that are not of these scripts: give an empty --dir")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    mark.touch()


class Ended:
    """How a program ended: `status` is negative if a signal ended it."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class AcceptedLog:
    """pushsim's log with --log-tokens, read as it grows: who was sent what, counted here."""

    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.tail = b""
        self.requests = 0
        self.by_campaign = collections.defaultdict(collections.Counter)  # campaign: {token: times}

    def read(self):
        if not self.path.exists():
            return self
        with self.path.open("rb") as file:
            file.seek(self.offset)
            data = file.read()
        self.offset += len(data)
        *lines, self.tail = (self.tail + data).split(b"\n")
        for line in lines:
            _, _, _, count, campaign, *tokens = line.decode().split("\t")
            if len(tokens) != int(count):
                raise Violation(f"{self.path}: a line of {count} tokens has {len(tokens)}")
            self.requests += 1
            self.by_campaign[campaign].update(tokens)
        return self

    def by_device(self):
        """token: messages, over all campaigns."""
        total = collections.Counter()
        for tokens in self.by_campaign.values():
            total.update(tokens)
        return total


class Pushsim:
    """The service. It outlives every herald of a run; ends with the `with` block at the latest."""

    def __init__(self, bench, options, name="pushsim", log_tokens=True):
        self.directory = bench.directory
        self.dump_file = self.directory / f"{name}.json"
        self.log = AcceptedLog(self.directory / f"{name}.accepted")
        port_file = self.directory / f"{name}.port"
        for old in (self.dump_file, self.log.path, port_file):
            old.unlink(missing_ok=True)
        keys = bench.directory / "keys"
        self.output = self.directory / f"{name}.log"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [bench.bin / "pushsim", "--listen", "127.0.0.1:0", "--port-file", port_file,
                 "--project", PROJECT, "--cert", keys / "tls.crt", "--key", keys / "tls.key",
                 "--jwk", keys / "service-account.pub.pem", "--utc-offset", bench.utc_offset,
                 "--dump", self.dump_file,
                 *(["--log", self.log.path, "--log-tokens"] if log_tokens else []), *options],
                stdout=output, stderr=subprocess.STDOUT)
        _started.append(self.process)
        wait_until(lambda: port_file.exists() or self.process.poll() is not None, "pushsim starts")
        if self.process.poll() is not None:
            sys.exit(f"pushsim did not start; see {self.output}")
        self.port = int(port_file.read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def account(self):
        """Its dump as of now, and its log read as far."""
        def stamp():
            try:
                found = self.dump_file.stat()
                return found.st_ino, found.st_mtime_ns
            except FileNotFoundError:
                return None
        before = stamp()
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: stamp() not in (before, None), "pushsim writes its dump")
        self.log.read()
        return json.loads(self.dump_file.read_text())

    def settled(self):
        """Its dump once every connection of dead clients is closed: nothing more will be counted."""
        account = self.account()
        deadline = time.monotonic() + 20
        while account["connections"]["accepted"] != account["connections"]["closed"]:
            if time.monotonic() > deadline:
                raise Violation("pushsim still has connections of a client that is gone")
            time.sleep(0.01)
            account = self.account()
        return account

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) != 0:
            raise Violation(f"pushsim ended with {self.process.returncode}; see {self.output}")
        self.log.read()
        return json.loads(self.dump_file.read_text())


class Bench:
    """A directory with keys, configuration, jobs and audiences, and herald run in it."""

    def __init__(self, directory, programs, data_dir="data"):
        self.directory = directory = directory.resolve()  # a job's paths are relative to the job
        self.bin = programs = programs.resolve()
        self.data_dir = data_dir
        self.config = directory / "herald.toml"
        self.output = directory / "herald.log"  # standard error of every herald, in order
        self.utc_offset = utc_offset_at_noon()
        empty(directory)
        for program in ("herald", "pushsim"):
            if not (programs / program).exists():
                sys.exit(f"{programs}/{program} is missing: cmake --preset release && "
                         "cmake --build --preset release --target herald pushsim")
        subprocess.run([programs / "pushsim", "keygen", "--bits", "2048", directory / "keys",
                        "--project", PROJECT], check=True, stdout=subprocess.DEVNULL)

    def configure(self, port, *, rate=1_000_000, max_connections=16, request_timeout="30s",
                  min_free="1MiB", durability="sync", marketing_per_day=2, sender_threads=1):
        self.config.write_text(CONFIG.format(
            data_dir=self.data_dir, port=port, rate=rate, max_connections=max_connections,
            request_timeout=request_timeout, min_free=min_free, utc_offset=self.utc_offset,
            durability=durability, marketing_per_day=marketing_per_day, project=PROJECT,
            sender_threads=sender_threads))

    def job(self, name, audience, **policy):
        """A marketing alert; the file's name is the campaign's."""
        file = self.directory / f"{name}.json"
        file.write_text(json.dumps({
            "id": name, "app": "demo", "pushType": 0,
            "payload": {"notification": {"category": "MARKETING", "title": "Weekend sale",
                                         "body": "Everything for the garden",
                                         "clickAction": {"actionType": 0}}},
            "audience": {"file": str(audience)}, "policy": policy}))
        return file

    def start(self, verb, *arguments, under=()):
        """A herald in the background; `under` is what it is run by, such as strace."""
        with self.output.open("a") as output:
            print("--", verb, *arguments, file=output, flush=True)
            process = subprocess.Popen(
                [*under, self.bin / "herald", verb, *arguments, "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=output)
        _started[:] = [one for one in _started if one.poll() is None] + [process]
        return process

    def run(self, verb, *arguments, under=(), seconds=HERALD_MAX_SECONDS):
        """The same to its end; what it says is in the answer. A hang is a violation."""
        try:
            done = subprocess.run(
                [*under, self.bin / "herald", verb, *arguments, "--config", self.config],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Violation(f"herald {verb}: no end after {seconds} s") from None
        ended = Ended(done.returncode, done.stdout.decode(errors="replace"),
                      done.stderr.decode(errors="replace"))
        with self.output.open("a") as output:
            print("--", verb, *arguments, "->", ended.status, file=output)
            output.write(ended.err)
        return ended

    def must(self, verb, *arguments):
        """Its standard output; any status but 0 is a violation."""
        ended = self.run(verb, *arguments)
        if ended.status != 0:
            raise Violation(f"herald {verb} {' '.join(map(str, arguments))}: "
                            f"status {ended.status}: {ended.err.strip()}")
        return ended.out

    def report(self, campaign):
        """The JSON report, or nothing if the store does not know such a campaign."""
        ended = self.run("report", campaign, "--json")
        if ended.status == 2:
            return None
        if ended.status != 0:
            raise Violation(f"herald report {campaign}: status {ended.status}: {ended.err.strip()}")
        return json.loads(ended.out)

    def outcomes(self, campaign):
        """(number, token, outcome, reason) of every record."""
        text = self.must("outcomes", campaign, "--all", "--format", "tsv")
        for line in text.splitlines():
            number, token, outcome, reason = line.split("\t")
            yield int(number), token, outcome, reason

    def ledger(self, tokens, klass="marketing"):
        """token: messages charged, over all days; `tokens` is a file that names them.

        Nothing is charged where herald died before it had made its directory. Like `report` and `outcomes`
        this opens the store, and so recovers it: in some rounds leave them out before a resume.
        """
        charged = collections.Counter()
        ended = self.run("ledger", "dump", "--tokens", tokens)
        if ended.status == 2 and "no data directory yet" in ended.err:
            return charged
        if ended.status != 0:
            raise Violation(f"herald ledger dump: status {ended.status}: {ended.err.strip()}")
        for line in ended.out.splitlines():
            _, token, which, _, count = line.split("\t")
            if which == klass:
                charged[token] += int(count)
        return charged


class Audience:
    """A file of records, and what is in it by construction: the source that nobody else made."""

    MALFORMED = ("two words", "", "tab\there", "x" * 600)

    def __init__(self, file, tokens, rng):
        self.file = file
        self.tokens = list(tokens)  # well-formed and distinct
        self.records = self.duplicates = self.malformed = 0
        lines = []
        for i, token in enumerate(self.tokens):
            lines.append(token)
            if rng.random() < 0.02:
                lines.append(self.tokens[rng.randrange(i + 1)])
                self.duplicates += 1
            if rng.random() < 0.01:
                lines.append(self.MALFORMED[self.malformed % len(self.MALFORMED)])
                self.malformed += 1
        self.records = len(lines)
        file.write_text("\n".join(lines) + "\n")


def names_of_devices(first, count):
    """Tokens as long as the service's; one in two hundred is one that the service refuses."""
    for i in range(first, first + count):
        token = f"{i * 0x9E3779B97F4A7C15 % (1 << 64):016x}" * 4 + f"{i:08}"
        yield f"invalid-{token}" if i % 200 == 7 else token


def main(body):
    """Runs a script's main; a violation is told on standard error and ends with 1."""
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    name = os.path.basename(sys.argv[0])
    try:
        sys.exit(body())
    except Violation as violation:
        sys.exit(f"tools/{name}: {violation}")
    finally:
        for process in _started:
            if process.poll() is None:
                process.kill()
                process.wait()
