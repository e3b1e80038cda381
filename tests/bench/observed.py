#!/usr/bin/env python3
"""What being looked at costs a program: the CPU time of a workload under
glassheap while memtop reads it ten times a second, against none.

    bazel run -c opt //tests/bench:observed -- [--rounds 15] [--workload NAME]

Rounds are pairs, observed and not, in alternating order; the figure is the
median of the pairs' ratios, beside the spread of a pair. CPU time is user and
system of the workload alone: memtop's own time is another process's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True

TARGET = 1.005


def runfile(path):
    return os.path.join(os.getcwd(), path)


def observer(period):
    return subprocess.Popen(
        [runfile("tools/memtop"), "-b", "-d", str(period), "-n", "1000000",
         "-o", "heap_live"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_seconds(workload, scale):
    """User and system time of one run."""
    environment = dict(os.environ,
                       LD_PRELOAD=runfile("allocator/libglassheap.so"))
    child = subprocess.Popen(
        [runfile("tests/bench/workloads"), workload, "--scale", str(scale)],
        env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"observed: {workload}: exited {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def observed_seconds(arguments):
    watching = observer(arguments.period)
    time.sleep(0.3)  # it has looked once at everything
    try:
        return cpu_seconds(arguments.workload, arguments.scale)
    finally:
        if watching.poll() is not None:
            raise SystemExit("observed: memtop ended early")
        watching.kill()
        watching.wait()


def pair(arguments, observed_first):
    def alone():
        return cpu_seconds(arguments.workload, arguments.scale)
    if observed_first:
        seen = observed_seconds(arguments)
        return seen, alone()
    without = alone()
    return observed_seconds(arguments), without


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--workload", default="churn_200k")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--period", type=float, default=0.1, help="seconds")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    pairs = [pair(arguments, i % 2 == 0) for i in range(arguments.rounds)]
    ratios = sorted(seen / alone for seen, alone in pairs)
    median = statistics.median(ratios)
    quarters = (ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4])
    if arguments.json:
        print(json.dumps({"workload": arguments.workload, "pairs": pairs,
                          "median_ratio": median, "quartiles": quarters}))
        return
    alone = statistics.median(without for _, without in pairs)
    print(f"{arguments.workload}, {alone:.2f} s of CPU, memtop every "
          f"{arguments.period} s: {median:.4f} of the time alone "
          f"(half of the pairs in {quarters[0]:.4f} .. {quarters[1]:.4f}; "
          f"target {TARGET})")


if __name__ == "__main__":
    main()
