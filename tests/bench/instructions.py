#!/usr/bin/env python3
"""Instructions per operation of the single-threaded workloads, by callgrind:
repeatable to a few parts in a thousand on any machine, however busy.

    bazel run -c opt //tests/bench:instructions -- --only 'pair_*,live_24'

Each workload runs at two scales; the difference is what operations cost,
without start and end. The application's own loop and the call are included.
"""

import argparse
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True  # the modules lie in the source tree

import compare  # noqa: E402
import report  # noqa: E402
import rows  # noqa: E402

# Small: callgrind is some fifty times slower than the machine.
SCALES = {"pairs": 0.0005, "live": 0.01, "large": 0.02,
          # By name: their fewest rounds are many instructions.
          "realloc_doubling": 0.34, "realloc_1.3": 0.34}
OTHER_SCALE = 0.02


def measure(tools, row, allocator, scale):
    """Instructions and operations of one run."""
    counts = os.path.join(tools.directory, "callgrind.out")
    output = rows.execute(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}",
         tools.workloads, row.name, "--scale", str(scale)],
        rows.preloading(allocator), tools.directory)
    with open(counts, encoding="ascii", errors="replace") as file:
        total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)
    return int(total.group(1)), rows.parse_figures(output)["operations"]


def per_operation(tools, row, allocator):
    scale = SCALES.get(row.name, SCALES.get(row.topic, OTHER_SCALE))
    less, few = measure(tools, row, allocator, scale)
    more, many = measure(tools, row, allocator, 3 * scale)
    return (more - less) / (many - few)


def print_row(tools, row, allocators):
    """Prints and returns the row's counts; None where a run failed."""
    counts = []
    for allocator in allocators:
        try:
            counts.append(per_operation(tools, row, allocator))
        except rows.Failed as failure:
            counts.append(None)
            compare.note(f"{row.name} under {allocator.name}: {failure}")
    print(f"{row.name:20}" + "".join(
        f"{'failed':>12}" if count is None else f"{count:12.1f}"
        for count in counts), flush=True)
    return counts


def print_means(table):
    """The geometric mean of each column over the rows where none failed."""
    whole = [counts for counts in table if None not in counts]
    if len(whole) > 1:
        print(f"{'geometric mean':20}" + "".join(
            f"{report.geometric_mean(column):12.1f}"
            for column in zip(*whole)))


def main():
    parser = argparse.ArgumentParser(
        prog="instructions", description="Instructions per operation.")
    compare.add_selection(parser, only="pairs,batches,churn,live,large")
    arguments = parser.parse_args()
    if not rows.find("valgrind"):
        sys.exit("instructions: no valgrind; apt-get install valgrind")
    with tempfile.TemporaryDirectory(prefix="glassheap-bench-") as directory:
        allocators = compare.find_allocators(arguments, directory)
        tools = compare.find_tools(directory)
        chosen = rows.all_rows(tools, [], 1, arguments.only)
        print(f"{'':20}" + "".join(f"{a.name:>12}" for a in allocators))
        table = [print_row(tools, row, allocators) for row in chosen]
        print_means(table)
    return 0 if table and all(None not in counts for counts in table) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
