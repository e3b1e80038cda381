"""What glassheap is meant to reach, checked against the runs at hand."""

import math

OURS = "glassheap"
BLIND = "blind"  # ours without introspection

# Rows (a name ending in _ or a topic's prefix means all that start so), limit
# as a ratio of our figure to the best peer's, or to glibc's.
TIME_AGAINST_BEST = [
    (("pass_",), 1.0),
    (("pair_300k", "pair_2m"), 1.2),
    (("short_threads",), 1.2),
    (("churn_200k",), 1.0),
]
TIME_AGAINST_GLIBC = [
    (("pair_16",), 0.75),
    (("batch_mixed_",), 0.45),
    (("pass_",), 0.3),
]
# Row, figure, limit, and the --scale it is for (None: any).
FIGURES = [
    ("live_8", "rss_growth_ratio", 1.01, None),
    ("live_16", "rss_growth_ratio", 1.01, None),
    ("free_all_1000", "rss_after_2s", 2e6, 1),
    ("free_all_small", "rss_after_2s", 2e6, 1),
    ("burst", "rss_over_live", 2e6, 1),
    ("free_all_1000", "rss_after_2s", 64e6, 10),
    ("free_most_small", "rss_after_2s", 1825e6, 10),
]
# Row, and the peak RSS it may take over glibc's, in KiB.
RSS_OVER_GLIBC = [("hello", 256)]
# What, figure (None: time), limit of the mean, limit of the worst row.
GEOMETRIC_MEANS = [
    ("time", None, 1.05, 1.30),
    ("peak RSS", "peak_rss_kb", 1.15, 1.50),
]


def matching(results, names):
    return [row.name for row in results.rows
            if any(row.name.startswith(name) for name in names)]


def against(results, row, key, peers):
    """Our figure over the best of `peers`; None if either is missing."""
    ours = results.value(row, OURS, key)
    theirs = [results.value(row, peer, key) for peer in peers]
    theirs = [value for value in theirs if value]
    return ours / min(theirs) if ours and theirs else None


def line(what, value, limit):
    verdict = "met" if value <= limit else "MISSED"
    if limit >= 1e6:
        what, value, limit = f"{what}, MB", value / 1e6, limit / 1e6
    print(f"  {what:58}{value:8.3f}  at most {limit:<6g} {verdict}")


def check_overall(results, clock, peers):
    for label, key, mean_limit, row_limit in GEOMETRIC_MEANS:
        found = {row.name: against(results, row.name, key or clock, peers)
                 for row in results.rows}
        found = {row: ratio for row, ratio in found.items() if ratio}
        if not found:
            continue
        mean = math.exp(sum(map(math.log, found.values())) / len(found))
        line(f"{label}, geometric mean of {len(found)} rows", mean, mean_limit)
        worst = max(found, key=found.get)
        line(f"{label}, worst row ({worst})", found[worst], row_limit)


def check_introspection(results, clock):
    """What it costs to be seen into: each row's best run against the best of
    the build without, since half a percent drowns in a median."""
    for label, key in (("time", clock), ("peak RSS", "peak_rss_kb")):
        found = []
        for row in results.rows:
            ours, blind = (results.value(row.name, name, key, min)
                           for name in (OURS, BLIND))
            if ours and blind:
                found.append(ours / blind)
        if found:
            mean = math.exp(sum(map(math.log, found)) / len(found))
            line(f"introspection, {label} (min), mean of {len(found)} rows",
                 mean, 1.01)


def check_targets(results, clock):
    """Prints each target, of those whose rows and peers were run."""
    if OURS in results.allocators and BLIND in results.allocators:
        print("\nWhat introspection costs: glassheap over the build without")
        check_introspection(results, clock)
    peers = [name for name in results.allocators if name not in (OURS, BLIND)]
    if OURS not in results.allocators or not peers:
        return
    print("\nTargets of glassheap (medians; against the best peer of the row)")
    check_overall(results, clock, peers)
    for rows, limit in TIME_AGAINST_BEST:
        for row in matching(results, rows):
            ratio = against(results, row, clock, peers)
            if ratio:
                line(f"{row}, time", ratio, limit)
    for rows, limit in TIME_AGAINST_GLIBC:
        for row in matching(results, rows):
            ratio = against(results, row, clock, ["glibc"])
            if ratio:
                line(f"{row}, time against glibc", ratio, limit)
    for row, limit in RSS_OVER_GLIBC:
        ours, glibc = (results.value(row, name, "peak_rss_kb")
                       for name in (OURS, "glibc"))
        if ours and glibc:
            line(f"{row}, peak RSS over glibc's, KiB", ours - glibc, limit)
    for row, key, limit, scale in FIGURES:
        value = results.value(row, OURS, key)
        if value is not None and scale in (None, results.scale):
            line(f"{row}, {key}", value, limit)
