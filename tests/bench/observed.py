#!/usr/bin/env python3
"""What being looked at costs a program: the CPU time of a piece of work under glassheap while memtop reads the region
ten times a second, against none.

    bazel run -c opt //tests/bench:observed [-- --seconds 300]

One program does the same piece of work again and again, and memtop is stopped and let go beside it, second by second, in
the order A B B A. A second's figure is the mean of its pieces' CPU time; a pair of seconds gives a ratio. Printed: the
median of the ratios, and the interval that holds the true one in 95 of 100 runs (order statistics: no distribution is
assumed). Both are pinned, each to a CPU of its own. With --control memtop reads a captured machine instead, where there
is no region: what is left then is what a busy neighbour costs.
"""

import argparse
import json
import math
import os
import pathlib
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

TARGET = 1.005
SETTLE = 0.02  # seconds after a switch that count for neither
RECORD = struct.Struct("=QQ")
MAX_PIECES = 4_000_000


def runfile(path):
    return str(pathlib.Path(path).resolve())


class Steady:
    """The program that is looked at."""

    def __init__(self, path):
        self.path = path
        environment = dict(os.environ, LD_PRELOAD=runfile("allocator/libglassheap.so"))
        self.process = subprocess.Popen([runfile("tests/bench/steady"), path, str(MAX_PIECES)], env=environment)

    def wait_until_it_works(self):
        while not os.path.exists(self.path) or os.path.getsize(self.path) == 0 or not self.pieces(10):
            if self.process.poll() is not None:
                sys.exit("observed: the program ended early")
            time.sleep(0.05)

    def pieces(self, most=MAX_PIECES):
        """(end, CPU time) of each piece so far, in seconds."""
        found = []
        with open(self.path, "rb") as records:
            while len(found) < most:
                ended, cpu = RECORD.unpack(records.read(RECORD.size))
                if ended == 0:
                    break
                found.append((ended * 1e-9, cpu * 1e-9))
        return found


def start_memtop(period, control):
    where = ["--root", runfile("testdata/hosts/servers")] if control else []
    return subprocess.Popen([runfile("tools/memtop"), *where, "-b", "-d", str(period), "-n", "100000000", "-o", "heap_live"],
                            stdout=subprocess.DEVNULL)


def pin(pid, cpu):
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cpus[cpu % len(cpus)]})


def cpu_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * 1e-9


def switch(memtop, seconds):
    """Slices (begin, end, observed), memtop's CPU time in the observed ones."""
    slices = []
    used = 0.0
    for i in range(int(seconds)):
        observed = i % 4 in (0, 3)
        memtop.send_signal(signal.SIGCONT if observed else signal.SIGSTOP)
        before = cpu_of(memtop.pid)
        begin = time.monotonic() + SETTLE
        time.sleep(1)
        slices.append((begin, time.monotonic(), observed))
        used += cpu_of(memtop.pid) - before if observed else 0
    return slices, used


def means(slices, pieces):
    """Mean CPU time of the pieces that lie in each slice whole."""
    result = []
    at = 1
    for begin, end, _ in slices:
        inside = []
        while at < len(pieces) and pieces[at][0] <= end:
            if pieces[at - 1][0] >= begin:
                inside.append(pieces[at][1])
            at += 1
        result.append(statistics.fmean(inside) if inside else None)
    return result


def pair_ratios(slices, slice_means):
    ratios = []
    for i in range(0, len(slices) - 1, 2):
        one, two = slice_means[i], slice_means[i + 1]
        if one is None or two is None:
            continue
        ratios.append(one / two if slices[i][2] else two / one)
    return sorted(ratios)


def interval(ratios):
    """Of the median, 95 %: binomial, by its normal approximation."""
    half = 0.98 * math.sqrt(len(ratios))
    low = max(0, math.floor(len(ratios) / 2 - half))
    high = min(len(ratios) - 1, math.ceil(len(ratios) / 2 + half))
    return ratios[low], ratios[high]


def run(arguments):
    with tempfile.TemporaryDirectory() as folder:
        steady = Steady(os.path.join(folder, "pieces"))
        memtop = start_memtop(arguments.period, arguments.control)
        try:
            pin(steady.process.pid, 0)
            pin(memtop.pid, 1)
            steady.wait_until_it_works()
            slices, used = switch(memtop, arguments.seconds)
            if memtop.poll() is not None:
                sys.exit("observed: memtop ended early")
            return slices, used, steady.pieces()
        finally:
            for process in (memtop, steady.process):
                process.kill()
                process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--period", type=float, default=0.1, help="memtop's, in seconds")
    parser.add_argument("--control", action="store_true", help="memtop reads a captured machine")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    slices, used, pieces = run(arguments)
    ratios = pair_ratios(slices, means(slices, pieces))
    median = statistics.median(ratios)
    low, high = interval(ratios)
    refreshes = sum(1 for one in slices if one[2]) / arguments.period
    if arguments.json:
        print(json.dumps({"ratios": ratios, "median": median, "interval": [low, high], "pieces": len(pieces),
                          "memtop_cpu_seconds_per_refresh": used / refreshes}))
        return
    print(f"{len(ratios)} pairs of seconds, {len(pieces)} pieces of {statistics.median(cpu for _, cpu in pieces) * 1e3:.2f} ms,"
          f" memtop every {arguments.period} s ({used / refreshes * 1e3:.2f} ms of CPU a refresh)")
    print(f"observed {median:.4f} of alone (95 %: {low:.4f} to {high:.4f}; half of the pairs in"
          f" {ratios[len(ratios) // 4]:.4f} to {ratios[-1 - len(ratios) // 4]:.4f}); target {TARGET}")


if __name__ == "__main__":
    main()
