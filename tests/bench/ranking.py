#!/usr/bin/env python3
"""CPU time of ranking 2,000 processes, against ps in the same run.

    bazel run -c opt //tests/bench:ranking [-- --processes 2000 --rounds 9]

Starts that many idle processes, and runs the commands in turn, round after round; prints the median of user and
system time of each, and what share of ps' it is. Every command writes to /dev/null.
"""

import argparse
import os
import pathlib
import signal
import statistics
import sys

PS = ["ps", "-eo", "pid,rss,oom,comm"]


def idle_processes(count):
    """Pids of children that wait to be killed."""
    pids = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os.execvp("sleep", ["sleep", "100000"])
        pids.append(pid)
    return pids


def cpu_seconds(command):
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)  # not into our caller's clean-up
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"ranking: {' '.join(command)}: status {status}")
    return usage.ru_utime + usage.ru_stime


def measure(commands, rounds):
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(cpu_seconds(command))
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    oomscore = str(pathlib.Path("tools/oomscore").resolve())
    commands = {"ps -eo pid,rss,oom,comm": PS,
                "oomscore -n 20": [oomscore, "-n", "20"],
                "oomscore -o (those of ps)": [oomscore, "-o", "pid,rss,oom_score,command"],
                "oomscore": [oomscore],
                "oomscore --json": [oomscore, "--json"]}
    pids = idle_processes(options.processes)
    try:
        medians = measure(commands, options.rounds)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
    ps = medians["ps -eo pid,rss,oom,comm"]
    for name, seconds in medians.items():
        print(f"{name:<28} {seconds * 1e3:7.1f} ms CPU   {seconds / ps:5.2f} of ps")


if __name__ == "__main__":
    main()
