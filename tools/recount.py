"""Holds three sources against each other: the input, what pushsim accepted, and what herald says.

The numbers in brackets are those of the invariants that a violation breaks: 1 quota, 4 and 5 the ledger,
10 to 13 the outcomes, 14 the report.
"""

import collections
import json

OUTCOMES = ("accepted", "invalid", "suppressed", "over_quota", "duplicate", "malformed", "rejected",
            "expired", "cancelled", "ambiguous")
UNSENT = set(OUTCOMES) - {"accepted", "ambiguous"}
# What the faults of a run leave in doubt, next to the deaths of herald's own process.
PROCESS_DIED = "process_died"


class Recount:
    """Collects what does not hold, as texts in `violations`, and the figures of the tables."""

    def __init__(self):
        self.violations = []
        self.figures = collections.Counter()

    def hold(self, holds, what):
        if not holds:
            self.violations.append(what)
        return holds

    def campaign(self, bench, name, audience, accepted):
        """A finished campaign; `accepted` is pushsim's {token: times}."""
        report = bench.report(name)
        if not self.hold(report is not None, f"{name}: herald does not know it"):
            return
        again = bench.report(name)
        self.hold(json.dumps(report) == json.dumps(again), f"{name}: two reports differ [14]")
        records = self.check_records(name, audience, list(bench.outcomes(name)), accepted)
        self.check_report(name, audience, report, records, sum(accepted.values()))

    def check_records(self, name, audience, records, accepted):
        """Every record once, and each outcome against what the device was sent. Gives the totals."""
        self.hold([number for number, *_ in records] == list(range(1, audience.records + 1)),
                  f"{name}: outcomes list {len(records):,} of {audience.records:,} records [10]")
        totals, reasons = collections.Counter(), collections.Counter()
        ends = collections.defaultdict(list)  # token: its outcomes, duplicates left out
        for _, token, outcome, reason in records:
            totals[outcome] += 1
            reasons[f"{outcome}.{reason}"] += 1
            if outcome not in ("duplicate", "malformed"):
                ends[token].append(outcome)
        self.figures["lost"] += audience.records - len(records)
        self.hold(totals["malformed"] == audience.malformed,
                  f"{name}: malformed {totals['malformed']}, in the input {audience.malformed}")
        self.hold(totals["duplicate"] == audience.duplicates,
                  f"{name}: duplicate {totals['duplicate']}, in the input {audience.duplicates}")
        for token in audience.tokens:
            self.check_device(name, token, ends.pop(token, []), accepted[token])
        self.hold(not ends, f"{name}: outcomes of tokens that are not in the input, {len(ends)}")
        strangers = set(accepted) - set(audience.tokens)
        self.hold(not strangers, f"{name}: sent to {len(strangers)} who are not in the input")
        self.figures["ambiguous"] += totals["ambiguous"]
        self.figures["ambiguous by kills"] += reasons[f"ambiguous.{PROCESS_DIED}"]
        self.figures["records"] += audience.records
        return totals

    def check_device(self, name, token, ends, times):
        if not self.hold(len(ends) == 1, f"{name}: {token} has the outcomes {ends} [10]"):
            self.figures["lost"] += not ends
            return
        outcome = ends[0]
        if times > 1:
            self.figures["twice"] += 1
        self.hold(times <= 1, f"{name}: {token} was sent {times} times, {outcome} [13]")
        if outcome == "accepted":
            self.hold(times == 1, f"{name}: {token} is accepted, and was sent {times} times [11]")
        if outcome in UNSENT:
            self.hold(times == 0, f"{name}: {token} is {outcome}, and was sent {times} times [11]")
        self.hold(outcome != "invalid" or times == 0, f"{name}: {token} is invalid and was sent")

    def check_report(self, name, audience, report, totals, counted):
        outcomes = report["outcomes"]
        self.hold(report["state"] == "finished", f"{name}: its state is {report['state']}")
        self.hold(report["records"] == audience.records,
                  f"{name}: {report['records']:,} records in the report, {audience.records:,} in the input")
        self.hold(report["pending"] == 0, f"{name}: {report['pending']:,} pending")
        self.hold(sum(outcomes.values()) + report["pending"] == report["records"],
                  f"{name}: the report does not add up [10]")
        self.hold(all(outcomes[one] == totals[one] for one in OUTCOMES),
                  f"{name}: the report says {outcomes}, the outcomes {dict(totals)} [14]")
        self.hold(outcomes["accepted"] <= counted <= outcomes["accepted"] + outcomes["ambiguous"],
                  f"{name}: pushsim counted {counted:,}, accepted {outcomes['accepted']:,}, "
                  f"ambiguous {outcomes['ambiguous']:,} [11]")
        self.figures["accepted"] += outcomes["accepted"]
        self.figures["over_quota"] += outcomes["over_quota"]
        self.figures["counted"] += counted

    def ledger_covers(self, charged, sent, when):
        """No device has less in the ledger than it was sent: at any time after a recovery."""
        short = [token for token, times in sent.items() if charged[token] < times]
        self.figures["ledger short"] += len(short)
        return self.hold(not short, f"{when}: the ledger has too little for {len(short):,} devices, such as "
                                    f"{short[0] if short else ''} [4]")

    def ledger_is_not_more(self, charged, sent, ambiguous):
        """... and no more than that and its ambiguous attempts, away from midnight."""
        over = [token for token, times in charged.items() if times > sent[token] + ambiguous[token]]
        self.hold(not over, f"at the end: the ledger has too much for {len(over):,} devices [5]")

    def account(self, account, log, limit):
        """pushsim's own dump: its limits, and that its log says the same."""
        tokens = account["tokens"]
        sent = log.by_device()
        most = max(sent.values(), default=0)
        self.figures["over quota"] += sum(times > limit for times in sent.values())
        self.hold(most <= limit, f"a device was sent {most} messages, its quota is {limit} [1]")
        self.hold(tokens["over_limit"] == 0, f"pushsim counted {tokens['over_limit']} over a quota [1]")
        self.hold(tokens["twice_in_campaign"] == 0,
                  f"pushsim counted {tokens['twice_in_campaign']} sent twice [13]")
        self.hold(tokens["duplicate_in_request"] == 0, "a request had a token twice")
        self.hold(tokens["accepted"] == sum(sent.values()), "pushsim's log and dump differ")

    def finish(self, name, shown=10):
        """Prints what does not hold; gives the exit status."""
        for violation in self.violations[:shown]:
            print(f"   ✗ {violation}")
        if len(self.violations) > shown:
            print(f"   ✗ ... and {len(self.violations) - shown} more")
        print(f"tools/{name}: {'everything holds' if not self.violations else 'VIOLATED'}")
        return 1 if self.violations else 0


def store(recount, bench, audiences, log):
    """What a data directory holds after the end of {campaign: Audience}, all it knows."""
    names = bench.directory / "tokens.txt"
    tokens = dict.fromkeys(token for audience in audiences.values() for token in audience.tokens)
    names.write_text("\n".join(tokens) + "\n")
    ambiguous = collections.Counter()
    for name, audience in audiences.items():
        recount.campaign(bench, name, audience, log.by_campaign[name])
        for _, token, outcome, _ in bench.outcomes(name):
            ambiguous[token] += outcome == "ambiguous"
    charged, everybody = bench.ledger(names), log.by_device()
    sent = collections.Counter({token: everybody[token] for token in tokens})
    recount.ledger_covers(charged, sent, "at the end")
    recount.ledger_is_not_more(charged, sent, ambiguous)
