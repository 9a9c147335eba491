#!/usr/bin/env python3
"""What bench/run makes of figures, and what bench/compare says of runs: both of made-up ones."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from harness import statistics  # noqa: E402
from harness.bars import AIM, BESIDE, HOLDS, MISSED, SKIPPED, Bar, Measured  # noqa: E402
from harness.groups import Group, Highest, Ratio  # noqa: E402


def run_of(values, lower_is_better=True, **changes):
    bar = {"bar": "B1", "lower_is_better": lower_is_better, "verdict": "holds"}
    if values:
        bar["values"] = values
    return {"format": 1, "quick": False, "machine": {"cpu": "a"}, "sizes": {}, "bars": [bar]} | changes


class Compare(unittest.TestCase):
    def compare(self, old, new):
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, run in (("old", old), ("new", new)):
                files.append(pathlib.Path(folder) / f"{name}.json")
                files[-1].write_text(json.dumps(run) if isinstance(run, dict) else run)
            done = subprocess.run([sys.executable, BENCH / "compare", *files],
                                  capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_the_same_run_has_not_moved(self):
        run = run_of([1.0, 1.1, 1.2, 1.1, 1.0])
        status, said = self.compare(run, run)
        self.assertEqual(status, 0)
        self.assertIn("within noise", said)

    def test_what_is_higher_in_every_repeat_is_worse_where_lower_is_better(self):
        old, new = [1.0, 1.1, 1.2, 1.1, 1.0], [1.4, 1.5, 1.6, 1.5, 1.4]
        status, said = self.compare(run_of(old), run_of(new))
        self.assertEqual(status, 1)
        self.assertIn("worse beyond noise: B1", said)
        status, said = self.compare(run_of(new), run_of(old))
        self.assertEqual(status, 0)
        self.assertIn("better", said)

    def test_the_same_change_is_better_where_higher_is_better(self):
        old, new = [1.0, 1.1, 1.2, 1.1, 1.0], [1.4, 1.5, 1.6, 1.5, 1.4]
        self.assertEqual(self.compare(run_of(old, False), run_of(new, False))[0], 0)
        self.assertEqual(self.compare(run_of(new, False), run_of(old, False))[0], 1)

    def test_a_median_that_moved_less_than_repeats_scatter_is_noise(self):
        old, new = [1.0, 1.5, 2.0, 1.2, 1.8], [1.1, 1.6, 2.1, 1.3, 1.9]
        status, said = self.compare(run_of(old), run_of(new))
        self.assertEqual(status, 0)
        self.assertIn("within noise", said)

    def test_one_outlier_makes_no_difference(self):
        old, new = [1.0, 1.01, 1.0, 1.02, 1.01], [1.0, 1.01, 1.02, 1.01, 9.0]
        self.assertEqual(self.compare(run_of(old), run_of(new))[0], 0)

    def test_one_repeat_says_nothing(self):
        status, said = self.compare(run_of([1.0]), run_of([5.0]))
        self.assertEqual(status, 0)
        self.assertIn("one repeat says nothing", said)

    def test_what_was_skipped_in_one_run_is_told_and_is_not_worse(self):
        status, said = self.compare(run_of([1.0, 1.1]), run_of([]))
        self.assertEqual(status, 0)
        self.assertIn("only in the old run", said)

    def test_another_machine_is_said_aloud(self):
        other = run_of([1.0, 1.1], machine={"cpu": "b"})
        self.assertIn("! another cpu: a and b", self.compare(run_of([1.0, 1.1]), other)[1])

    def test_what_is_no_run_is_refused(self):
        for broken in ("{}", "no json", "[1]"):
            self.assertEqual(self.compare(run_of([1.0]), broken)[0], 2, broken)
        self.assertEqual(self.compare(run_of([1.0]), run_of([1.0], format=2))[0], 2)


class Chance(unittest.TestCase):
    def test_fully_apart_is_two_splits_of_all(self):
        self.assertAlmostEqual(statistics.chance_of_difference([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]),
                               2 / 252)

    def test_equal_values_are_certain_chance(self):
        self.assertEqual(statistics.chance_of_difference([1, 1, 1], [1, 1, 1]), 1)

    def test_many_repeats_are_sampled_and_come_out_alike(self):
        low, high = list(range(20)), list(range(100, 120))
        self.assertLess(statistics.chance_of_difference(low, high), 0.001)
        mixed = [list(range(0, 40, 2)), list(range(1, 40, 2))]
        self.assertGreater(statistics.chance_of_difference(*mixed), 0.5)

    def test_percentiles_are_values_that_were_seen(self):
        self.assertEqual(statistics.percentile(range(1, 101), 0.5), 50)
        self.assertEqual(statistics.percentile(range(1, 101), 0.99), 99)
        self.assertEqual(statistics.percentile([7], 0.5), 7)


class Verdicts(unittest.TestCase):
    def verdict(self, values, must=1.5, aim=1.15, lower=True):
        return Measured(Bar("B1", "", must, aim, lower), values).verdict

    def test_the_median_decides(self):
        self.assertEqual(self.verdict([1.0, 1.1, 9.0]), AIM)
        self.assertEqual(self.verdict([1.4, 1.5, 9.0]), HOLDS)
        self.assertEqual(self.verdict([1.0, 1.6, 9.0]), MISSED)

    def test_rates_are_held_from_above(self):
        self.assertEqual(self.verdict([0.7, 0.9], must=0.7, aim=1.0, lower=False), HOLDS)
        self.assertEqual(self.verdict([0.6, 0.7], must=0.7, aim=1.0, lower=False), MISSED)

    def test_what_was_not_measured_never_passes(self):
        self.assertEqual(self.verdict([]), SKIPPED)

    def test_what_has_no_must_is_published_beside(self):
        self.assertEqual(self.verdict([9.0], must=None, aim=None), BESIDE)


class Turns(unittest.TestCase):
    """A group of made-up clients whose cost grows from round to round."""

    class Bench:
        repeats = 3
        only = set()

        def say(self, what):
            pass

    def measure(self, **cases):
        turns = []

        def run(name, cost):
            turns.append(name)
            return {"cpu_ns": cost * (1 + turns.count(name))}
        ready = {name: cost if isinstance(cost, str) else lambda name=name, cost=cost: run(name, cost)
                 for name, cost in cases.items()}
        group = Group("made up", [
            Ratio(Bar("B1", "", 1.5), "ours", "theirs", "cpu_ns"),
            Ratio(Bar("B2", "", 1.5), "ours", "others", "cpu_ns"),
            Highest(Bar("sink", "", 150), {"ours", "theirs"}, "cpu_ns")], lambda *_: ready)
        return {each.bar.key: each for each in group.measure(self.Bench())}, turns

    def test_cases_alternate_and_a_ratio_is_of_one_round(self):
        measured, turns = self.measure(ours=2, theirs=4, others=1)
        self.assertEqual(turns, ["ours", "theirs", "others"] * 3)
        self.assertEqual(measured["B1"].values, [0.5, 0.5, 0.5])
        self.assertEqual(measured["B2"].values, [2, 2, 2])
        self.assertEqual(measured["sink"].values, [8, 12, 16])

    def test_a_case_that_cannot_be_run_skips_its_bars_and_no_other(self):
        measured, turns = self.measure(ours=2, theirs=4, others="no Go here")
        self.assertEqual(measured["B2"].verdict, SKIPPED)
        self.assertEqual(measured["B2"].why_not, "no Go here")
        self.assertEqual(measured["B1"].verdict, HOLDS)
        self.assertNotIn("others", turns)

    def test_only_what_a_wanted_bar_needs_is_run(self):
        self.Bench.only = {"B2"}
        self.addCleanup(setattr, self.Bench, "only", set())
        measured, turns = self.measure(ours=2, theirs=4, others=1)
        self.assertEqual(list(measured), ["B2"])
        self.assertNotIn("theirs", turns)


if __name__ == "__main__":
    unittest.main()
