"""What a bar is, and whether what was measured holds it."""

from dataclasses import dataclass, field

from harness.statistics import median

HOLDS, AIM, MISSED = "holds", "holds, aim too", "MISSED"
SKIPPED, BESIDE = "skipped", "published beside"


@dataclass
class Bar:
    """A figure with what it must be and what it should be. Most are ratios of one run."""
    key: str  # B1, or "B9 p50" where a bar has several figures
    what: str
    must: float | None  # none: published beside a bar, and asked nothing
    aim: float | None = None
    lower_is_better: bool = True
    unit: str = "x"

    def keeps(self, value, bound):
        return value <= bound if self.lower_is_better else value >= bound

    def named(self, wanted):
        """Whether it, or all of its kind, is among the wanted; none wanted: all are."""
        return not wanted or self.key in wanted or self.key.split()[0] in wanted


@dataclass
class Measured:
    bar: Bar
    values: list = field(default_factory=list)  # one a repeat
    why_not: str = ""                           # it could not be measured here
    note: str = ""

    @property
    def median(self):
        return median(self.values)

    @property
    def verdict(self):
        if not self.values:
            return SKIPPED
        if self.bar.must is None:
            return BESIDE
        if not self.bar.keeps(self.median, self.bar.must):
            return MISSED
        if self.bar.aim is not None and self.bar.keeps(self.median, self.bar.aim):
            return AIM
        return HOLDS

    def as_json(self):
        bar = self.bar
        row = {"bar": bar.key, "what": bar.what, "unit": bar.unit, "must": bar.must, "aim": bar.aim,
               "lower_is_better": bar.lower_is_better, "verdict": self.verdict}
        if self.values:
            row |= {"values": self.values, "median": self.median}
        return row | {name: text for name, text in
                      (("why_not", self.why_not), ("note", self.note)) if text}
