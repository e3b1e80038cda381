#!/usr/bin/env python3
"""Whether `memstat compare` says of a program what hyperfine and GNU time say of it.

    bazel run -c opt //tests/bench:agreement [-- --rounds 10 --only sqlite3]

Each program is compared by memstat, and then run under the same libraries by hyperfine (wall time) and by
/usr/bin/time (peak RSS, minor faults). What is checked is the ratio to glibc of each: two ratios agree when they differ
by less than two standard errors of their difference (wall time; at least 2 %), or by less than memstat's rounds differ
among themselves (RSS, faults; at least 5 %). The machine should be quiet, as the two tools run
one after the other.
"""

import argparse
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

LIBRARIES = {
    "glibc": "",
    "jemalloc": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
    "tcmalloc": "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4",
    "mimalloc": "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2",
    "glassheap": str(pathlib.Path("allocator/libglassheap.so").resolve()),
    "block": str(pathlib.Path("allocator/libglassheap_block.so").resolve()),
}
SQL = ("CREATE TABLE t(a, b); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
       "INSERT INTO t SELECT i, hex(i) FROM n; CREATE INDEX x ON t(b); SELECT count(DISTINCT b), sum(a) FROM t;")
SOURCE = "#include <map>\n#include <string>\nstd::map<std::string, int> table;\n"
LEAST_TOLERANCE = {"wall_seconds": 0.02, "max_rss": 0.05, "minor_faults": 0.05}
TIME_ROUNDS = 5
RANGE_OF_SIGMA = {3: 1.69, 5: 2.33, 7: 2.70, 10: 3.08, 15: 3.47, 20: 3.73, 30: 4.09}  # of a normal sample, on average


def programs(folder):
    source = folder / "input.cc"
    source.write_text(SOURCE)
    return {
        "python3": ["python3", "-c", "d = {str(i): [i] * 3 for i in range(300000)}; print(len(d))"],
        "sqlite3": ["sqlite3", ":memory:", SQL],
        "g++": ["g++", "-std=c++17", "-c", str(source), "-o", str(folder / "out.o")],
        "threads": [str(pathlib.Path("tests/tools/compare_threads").resolve())],
    }


def by_memstat(command, names, rounds):
    memstat = str(pathlib.Path("tools/memstat").resolve())
    run = subprocess.run([memstat, "compare", "--json", "-n", str(rounds), "--allocators", ",".join(names), "--", *command],
                         stdout=subprocess.PIPE, check=True)
    return {row["name"]: row for row in json.loads(run.stdout)["allocators"]}


def preloaded(command, name):
    return ["env", f"LD_PRELOAD={LIBRARIES[name]}", *command]


def by_hyperfine(command, names, rounds, folder):
    out = folder / "hyperfine.json"
    lines = [shlex.join(preloaded(command, name)) for name in names]
    times = {name: [] for name in names}
    # One run of each at a time, as memstat has them: hyperfine by itself runs all of one before the next, and a machine that
    # is slower for a second makes one allocator slow.
    for _ in range(rounds):
        subprocess.run(["hyperfine", "-N", "-r", "1", "--style", "none", "--export-json", str(out), *lines],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        for name, result in zip(names, json.loads(out.read_text())["results"]):
            times[name] += result["times"]
    return times


def by_time(command, names, folder):
    figures = {}
    out = folder / "time.txt"
    for name in names:
        runs = []
        for _ in range(TIME_ROUNDS):
            # Not by env, whose own faults would be counted as the command's.
            subprocess.run(["/usr/bin/time", "-o", str(out), "-f", "%M %R", *command], stdout=subprocess.DEVNULL,
                           env={**os.environ, "LD_PRELOAD": LIBRARIES[name]}, check=True)
            runs.append([int(figure) for figure in out.read_text().split()])
        figures[name] = dict(zip(("max_rss", "minor_faults"), map(statistics.median, zip(*runs))))
    return figures


def error_of(times):
    """Standard error of the median, as a part of it."""
    return 1.25 * statistics.stdev(times) / math.sqrt(len(times)) / statistics.median(times)


def error_of_range(row, rounds):
    wall = row["wall_seconds"]
    sigma = (wall["max"] - wall["min"]) / RANGE_OF_SIGMA[min(RANGE_OF_SIGMA, key=lambda n: abs(n - rounds))]
    return 1.25 * sigma / math.sqrt(rounds) / wall["median"]


def spread_of(row, figure):
    values = row["ranges"][figure]
    return (values["max"] - values["min"]) / values["median"]


def compare(program, command, names, rounds, folder):
    """Prints a line for each allocator; returns how many do not agree."""
    ours, theirs, once = (by_memstat(command, names, rounds), by_hyperfine(command, names, rounds, folder),
                          by_time(command, names, folder))
    misses = 0
    for name in names[1:]:
        pair = ("glibc", name)
        errors = [error_of(theirs[n]) for n in pair] + [error_of_range(ours[n], rounds) for n in pair]
        ratios = {"wall_seconds": (ours[name]["wall_seconds"]["median"] / ours["glibc"]["wall_seconds"]["median"],
                                   statistics.median(theirs[name]) / statistics.median(theirs["glibc"]),
                                   2 * math.sqrt(sum(error * error for error in errors)))}
        for figure in ("max_rss", "minor_faults"):
            ratios[figure] = (ours[name][figure] / ours["glibc"][figure], once[name][figure] / once["glibc"][figure],
                              sum(spread_of(ours[n], figure) for n in pair))
        line, good = f"{program:<8} {name:<10}", True
        for figure, (mine, other, tolerance) in ratios.items():
            tolerance = max(tolerance, LEAST_TOLERANCE[figure])
            good = good and abs(math.log(mine / other)) <= tolerance
            line += f"  {figure} {mine:5.2f} {other:5.2f} ({tolerance:5.1%})"
        misses += not good
        print(line, "agrees" if good else "DIFFERS", flush=True)
    return misses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", choices=("python3", "sqlite3", "g++", "threads"), help="this program alone")
    options = parser.parse_args()
    names = [name for name, library in LIBRARIES.items() if not library or os.path.exists(library)]
    misses = 0
    print("ratios to glibc: memstat compare's, then hyperfine's or GNU time's (what may lie between them)")
    with tempfile.TemporaryDirectory() as folder:
        for program, command in programs(pathlib.Path(folder)).items():
            if options.only in (None, program):
                misses += compare(program, command, names, options.rounds, pathlib.Path(folder))
    print("all agree" if misses == 0 else f"{misses} differ")
    sys.exit(misses != 0)


if __name__ == "__main__":
    main()
