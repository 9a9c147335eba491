"""Medians, spread, and whether two sets of repeats differ by more than chance."""

import itertools
import math
import random
from statistics import median, variance

__all__ = ["median", "percentile", "pooled_deviation", "chance_of_difference"]

EXACT_SPLITS_MAX = 20_000
RANDOM_SPLITS = 10_000


def percentile(values, share):
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def pooled_deviation(one, other):
    """Standard deviation within both, as if they were of one kind; at least two values each."""
    squares = (len(one) - 1) * variance(one) + (len(other) - 1) * variance(other)
    return math.sqrt(squares / (len(one) + len(other) - 2))


def ranks(values):
    """1 for the smallest; equal ones share the mean of theirs."""
    ordered = sorted(values)
    first = {}
    last = {}
    for place, value in enumerate(ordered, 1):
        first.setdefault(value, place)
        last[value] = place
    return [(first[value] + last[value]) / 2 for value in values]


def chance_of_difference(one, other):
    """Two-sided Mann-Whitney by permutation: how often chance alone puts them so far apart.

    All ways to split the values are tried where they are few, else so many at random (seeded).
    """
    all_ranks = ranks([*one, *other])
    expected = len(one) * (len(all_ranks) + 1) / 2
    seen = abs(sum(all_ranks[:len(one)]) - expected)
    if math.comb(len(all_ranks), len(one)) <= EXACT_SPLITS_MAX:
        splits = itertools.combinations(all_ranks, len(one))
    else:
        rng = random.Random(5)
        splits = (rng.sample(all_ranks, len(one)) for _ in range(RANDOM_SPLITS))
    farther = [abs(sum(split) - expected) >= seen - 1e-9 for split in splits]
    return sum(farther) / len(farther)
