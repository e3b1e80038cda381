"""What the runs gave, as tables or JSON."""

import math
import os
import statistics

from targets import check_targets

CLOCKS = {"wall": "seconds", "cpu": "cpu_seconds"}


class Results:
    """Every figure of every run: by row, then by allocator."""

    def __init__(self, rows, allocators, scale):
        self.rows = rows
        self.scale = scale
        self.allocators = [allocator.name for allocator in allocators]
        self.paths = {a.name: a.path for a in allocators}
        self.runs = {row.name: {name: [] for name in self.allocators}
                     for row in rows}
        self.failures = {}
        self.skipped = {}

    def add(self, row, allocator, figures):
        self.runs[row.name][allocator.name].append(figures)

    def fail(self, row, allocator, reason):
        self.failures[row.name, allocator.name] = reason

    def failed(self, row, allocator):
        return (row.name, allocator.name) in self.failures

    def value(self, row, allocator, key, pick=statistics.median):
        """The median (or min) of a figure; None if it failed or has none."""
        if (row, allocator) in self.failures or row not in self.runs:
            return None
        runs = self.runs[row].get(allocator, [])
        values = [run[key] for run in runs if key in run]
        return pick(values) if values else None

    def as_json(self, arguments):
        return {
            "schema": "glassheap.bench/1",
            "machine": machine(),
            "rounds": arguments.rounds,
            "scale": arguments.scale,
            "allocators": self.paths,
            "rows": [{"name": row.name, "topic": row.topic,
                      "runs": self.runs[row.name]} for row in self.rows],
            "failed": [{"row": row, "allocator": name, "reason": reason}
                       for (row, name), reason in self.failures.items()],
            "skipped": self.skipped,
        }


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    system = os.uname()
    return (f"{os.cpu_count()} x {model}, {system.sysname} {system.release}, "
            f"load {os.getloadavg()[0]:.1f}")


def ratios(results, row, key, pick):
    """Each allocator's figure over the best of the row; None where failed."""
    values = {name: results.value(row, name, key, pick)
              for name in results.allocators}
    known = [value for value in values.values() if value]
    best = min(known) if known else None
    return {name: value / best if value else None
            for name, value in values.items()}, best


def geometric_mean(values):
    if not values:
        return None
    return math.exp(sum(math.log(value) for value in values) / len(values))


def means(results, rows, key, pick):
    """The mean of each allocator over the rows in which it did not fail."""
    columns = {name: [] for name in results.allocators}
    for row in rows:
        for name, ratio in ratios(results, row.name, key, pick)[0].items():
            if ratio:
                columns[name].append(ratio)
    return {name: geometric_mean(column) for name, column in columns.items()}


def cell(results, row, name, middle, least):
    if (row, name) in results.failures:
        return "failed"
    return f"{middle:.2f} ({least:.2f})" if middle and least else "-"


def print_table(title, unit, results, key, scale):
    width = max(14, max(len(name) for name in results.allocators) + 1)
    print(f"\n{title}: median (min), each over the best of the row")
    print(f"{'':20}{'best':>9} {unit}" + "".join(
        f"{name:>{width}}" for name in results.allocators))
    for row in results.rows:
        middle, best = ratios(results, row.name, key, statistics.median)
        least, _ = ratios(results, row.name, key, min)
        figure = f"{best * scale:9.1f}" if best else f"{'-':>9}"
        print(f"{row.name:20}{figure} {'':{len(unit)}}" + "".join(
            f"{cell(results, row.name, n, middle[n], least[n]):>{width}}"
            for n in results.allocators))
    print_means(results, key, width, len(unit))


def print_means(results, key, width, unit_width):
    topics = list(dict.fromkeys(row.topic for row in results.rows))
    groups = [(topic, [row for row in results.rows if row.topic == topic])
              for topic in topics]
    groups.append(("all rows", results.rows))
    print("geometric mean")
    for label, rows in groups:
        middle = means(results, rows, key, statistics.median)
        least = means(results, rows, key, min)
        count = f"{len(rows)} rows"
        print(f"  {label:18}{count:>9} {'':{unit_width}}" + "".join(
            f"{cell(results, None, n, middle[n], least[n]):>{width}}"
            for n in results.allocators))


# Figures that are not a time: key, what it is, factor, format.
MEMORY_FACTS = [
    ("rss_growth_ratio", "RSS growth over bytes asked for", 1, "{:.3f}"),
    ("rss_growth", "RSS growth when all is live, MB", 1e-6, "{:.1f}"),
    ("rss_after_free", "of it after freeing, MB", 1e-6, "{:.1f}"),
    ("rss_after_activity", "after 300 more objects, MB", 1e-6, "{:.1f}"),
    ("rss_after_2s", "after 2 s and 1500 more, MB", 1e-6, "{:.1f}"),
    ("rss_over_live", "of that, over 1.1 x live, MB", 1e-6, "{:.1f}"),
]


def print_facts(results):
    width = max(11, max(len(name) for name in results.allocators) + 1)
    header = False
    for row in results.rows:
        for key, label, factor, form in MEMORY_FACTS:
            values = [results.value(row.name, name, key)
                      for name in results.allocators]
            if all(value is None for value in values):
                continue
            if not header:
                print("\nMemory facts: medians")
                print(f"{'':52}" + "".join(
                    f"{name:>{width}}" for name in results.allocators))
                header = True
            cells = ["-" if value is None else form.format(value * factor)
                     for value in values]
            print(f"{row.name:18}{label:34}"
                  + "".join(f"{text:>{width}}" for text in cells))


def print_report(results, arguments):
    print(f"{machine()}; {arguments.rounds} interleaved rounds, "
          f"scale {arguments.scale:g}, {arguments.clock} time")
    print_table("Time", "ms", results, CLOCKS[arguments.clock], 1e3)
    print_table("Peak RSS", "MB", results, "peak_rss_kb", 1 / 1024)
    print_facts(results)
    check_targets(results, CLOCKS[arguments.clock])
    for row, reason in results.skipped.items():
        print(f"skipped: {row}: {reason}")
    for (row, name), reason in results.failures.items():
        print(f"FAILED: {row} under {name}: {reason}")
