"""What people read: the bars, and beneath them what each case cost."""

from harness.bars import BESIDE, SKIPPED
from harness.statistics import median


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def bound(bar, value):
    if value is None:
        return ""
    return f"{'<=' if bar.lower_is_better else '>='} {value:g}"


def bars_table(measured, quick):
    lines = [f"{'':<15}{'':<63}{'must':<9}{'aim':<9}{'measured (spread)':<32}verdict"]
    for each in measured:
        bar = each.bar
        found = ""
        if each.values:
            found = (f"{number(each.median)} {bar.unit} ({number(min(each.values))} to "
                     f"{number(max(each.values))})")
        verdict = f"skipped ({each.why_not})" if each.verdict == SKIPPED else each.verdict
        if quick and each.verdict not in (SKIPPED, BESIDE):
            verdict = "means nothing (--quick)"
        lines.append(f"{bar.key:<15}{bar.what:<63}{bound(bar, bar.must):<9}{bound(bar, bar.aim):<9}"
                     f"{found:<32}{verdict}")
        if each.note:
            lines.append(f"{'':<15}{each.note}")
    return "\n".join(line.rstrip() for line in lines)


COLUMNS = [("cpu_ns", "CPU ns/token"), ("cpu_us", "CPU us/request"), ("rate", "tokens/s"),
           ("requests_per_second", "requests/s"), ("p50_us", "p50 us"), ("p99_us", "p99 us"),
           ("rss_mib", "RSS MiB"), ("server_us_per_request", "server us")]


def cases_table(groups):
    """Medians of what was measured: to see where a ratio comes from, not to be compared by the day."""
    lines = [f"{'':<10}{'':<20}" + "".join(f"{title:>16}" for _, title in COLUMNS)]
    for group in groups:
        for case in group.rounds[0] if group.rounds else ():
            cells = []
            for figure, _ in COLUMNS:
                values = [round_[case][figure] for round_ in group.rounds if figure in round_[case]]
                cells.append(f"{number(median(values)) if values else '':>16}")
            lines.append(f"{group.name:<10}{case:<20}" + "".join(cells))
    return "\n".join(line.rstrip() for line in lines)
