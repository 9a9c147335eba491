"""`tools/crashloop --syncs` and `--writes`: herald is killed as it enters its Nth such system call.

strace does it (`-e inject=...:signal=KILL:when=N`; it counts by thread and call). First for a run from nothing, then
for the resume of a campaign that was killed in its middle; each with N rising until it survives. What died is
started again under the same sentence, so that recovery dies of itself, too, and then in peace. After each
death the ledger must cover what pushsim accepted; at the end everything is recounted, and a second campaign must
find the quota of every device used up.
"""

import itertools
import shutil
import signal
import subprocess
import time

import harness
import recount

LIMIT = 1  # message a device and day, so that one further campaign shows what is charged
DEVICES = 1000
TOKENS_PER_REQUEST = 20
STREAMS = 4
CONNECTIONS = 1
DEATHS = 3  # of one campaign at most, before it is left in peace
REQUESTS_BEFORE_RESUME = 15
SYNCS = "fdatasync,fsync,sync_file_range"
WRITES = "write,pwrite64,ftruncate,rename,unlink"


def under(calls, number):
    # The traced set has to name the calls, or strace does not see them to inject.
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", "signal=none",
            "-e", f"inject={calls}:signal=KILL:when={number}"]


def why_not():
    """Why strace cannot kill here; empty if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run([*under("write", 1), "echo"], capture_output=True)
    if tried.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return ""
    return f"strace may not trace: {tried.stderr.decode(errors='replace').strip()[:100]}"


def numbers(arguments, rng):
    """1, 2, 3 and on; with --points only some of them, further apart as they grow."""
    if not arguments.writes and not arguments.points:
        yield from itertools.count(1)
    growth = 1.25 if not arguments.points else 64 ** (1 / arguments.points)
    number = 1
    while True:
        yield number
        number = max(number + 1, round(number * growth * rng.uniform(0.9, 1.1)))


class Points:
    def __init__(self, arguments, rng):
        self.calls = WRITES if arguments.writes else SYNCS
        self.rng = rng
        self.bench = harness.Bench(arguments.dir, arguments.bin)
        self.count = recount.Recount()
        self.points = self.deaths = self.in_recovery = self.process_died = 0
        self.survived = []  # the N at which a run survived, then a resume

    def series(self, pushsim, numbers_to_try, resumed):
        for number in numbers_to_try:
            if self.one(pushsim, number, resumed):
                continue
            if number == 1:
                raise harness.Violation("not even the first call killed it: strace did not inject")
            self.survived.append(number)
            return

    def use_store(self, pushsim, name):
        shutil.rmtree(self.bench.directory / self.bench.data_dir, ignore_errors=True)
        self.bench.data_dir = f"data-{name}"
        self.bench.configure(pushsim.port, rate=50_000, max_connections=CONNECTIONS,
                             marketing_per_day=LIMIT)

    def one(self, pushsim, number, resumed):
        """Everything for one N; false if nothing died of it."""
        self.use_store(pushsim, f"{'resume' if resumed else 'run'}-{number}")
        names = harness.names_of_devices(self.points * DEVICES, DEVICES)
        audience = harness.Audience(self.bench.directory / "audience.txt", names, self.rng)
        name = f"{'r' if resumed else 's'}-{number}"
        job = self.bench.job(name, audience.file, tokensPerRequest=TOKENS_PER_REQUEST)
        self.points += 1
        if resumed:
            self.kill_in_the_middle(pushsim, job)
        died = self.die(pushsim, number, name, job, audience, resumed)
        self.to_the_end(name, job)
        again = f"again-{name}"
        self.bench.run("run", self.bench.job(again, audience.file), "--progress", "none")
        pushsim.settled()
        recount.store(self.count, self.bench, {name: audience, again: audience}, pushsim.log)
        report = self.bench.report(name)
        self.process_died += report["reasons"].get(f"ambiguous.{recount.PROCESS_DIED}", 0)
        return died > 0

    def kill_in_the_middle(self, pushsim, job):
        log = pushsim.log
        before = log.requests
        process = self.bench.start("run", job, "--progress", "none")
        harness.wait_until(lambda: log.read().requests >= before + REQUESTS_BEFORE_RESUME or
                           process.poll() is not None, "requests of a run")
        process.kill()
        process.wait()
        pushsim.settled()

    def die(self, pushsim, number, name, job, audience, resumed):
        """Under strace until it survives, some times at most; how often it died."""
        tokens = self.bench.directory / "tokens.txt"
        tokens.write_text("\n".join(audience.tokens) + "\n")
        command = ("resume", name) if resumed else ("run", job, "--progress", "none")
        for death in range(DEATHS):
            ended = self.bench.run(*command, under=under(self.calls, number))
            if ended.status not in (-signal.SIGKILL, 128 + signal.SIGKILL):
                if ended.status < 0:
                    raise harness.Violation(f"{name}: ended by signal {-ended.status}; see {self.bench.output}")
                return death
            self.deaths += 1
            self.in_recovery += resumed or death > 0
            # Asking for the ledger recovers the store, so every other N goes without until the last death.
            if number % 2 == 1 or death == DEATHS - 1:
                self.after_death(pushsim, number, tokens)
        return DEATHS

    def after_death(self, pushsim, number, tokens):
        pushsim.settled()
        sent = pushsim.log.by_device()
        mine = {token: sent[token] for token in tokens.read_text().split()}
        self.count.ledger_covers(self.bench.ledger(tokens), mine, f"killed at call {number}")

    def to_the_end(self, name, job):
        for _ in range(5):
            report = self.bench.report(name)
            if report is None:
                ended = self.bench.run("run", job, "--progress", "none")
            elif report["state"] != "finished":
                ended = self.bench.run("resume")
            else:
                return
            if ended.status not in (0, 4):
                raise harness.Violation(f"{name}: status {ended.status} without a kill: {ended.err.strip()}")
        raise harness.Violation(f"{name}: not finished after five resumes")


def body(arguments):
    option = "--writes" if arguments.writes else "--syncs"
    reason = why_not()
    if reason:
        print(f"tools/crashloop {option}: skipped ({reason})")
        return harness.SKIPPED
    seed, rng = harness.seeded(arguments.seed)
    print(f"tools/crashloop {option} --seed {seed}")
    began = time.monotonic()
    points = Points(arguments, rng)
    options = ["--limit", str(LIMIT), "--latency", "5ms", "--max-streams", str(STREAMS), "--seed", str(seed),
               *harness.BAD_DAY]
    with harness.Pushsim(points.bench, options) as pushsim:
        for resumed in (False, True):
            points.series(pushsim, numbers(arguments, rng), resumed)
        points.count.account(pushsim.account(), pushsim.log, LIMIT)
        pushsim.stop()
    print_table(points, time.monotonic() - began)
    return points.count.finish(f"crashloop {option}")


def print_table(points, seconds):
    figures = points.count.figures
    rows = [
        ("system calls", points.calls),
        ("campaigns killed at some N", f"{points.points}; a run survived N = {points.survived[0]}, "
                                       f"a resume N = {points.survived[1]}"),
        ("deaths", f"{points.deaths}, of them {points.in_recovery} of what went on after another"),
        ("records", f"{figures['records']:,}"),
        ("accepted", f"{figures['accepted']:,}; pushsim counted {figures['counted']:,}"),
        ("lost", f"{figures['lost']}"),
        ("over quota", f"{figures['over quota']}"),
        ("sent twice, not reported", f"{figures['twice']}"),
        ("devices short in the ledger", f"{figures['ledger short']}"),
        ("ambiguous by kills", f"{points.process_died:,}, {points.process_died / points.deaths:.1f} a death"),
        ("seconds", f"{seconds:.0f}"),
    ]
    for name, value in rows:
        print(f"   {name:<28}{value}")
