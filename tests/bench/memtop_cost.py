#!/usr/bin/env python3
"""What a refresh of memtop costs, beside top and htop, on the same processes.

    bazel run -c opt //tests/bench:memtop_cost                    2,000 processes, about 2 minutes
    bazel run -c opt //tests/bench:memtop_cost -- --processes 500 --seconds 5
    bazel run -c opt //tests/bench:memtop_cost -- --flat 10000    resident memory while processes come and go

Each viewer runs at a terminal of 200x60 with its default columns and a second between refreshes. They run at the same
time, so that what else the machine does hits all alike; CPU time is what the scheduler says (schedstat, nanoseconds),
of all threads, after the first refreshes. What is not installed is left out.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

WARM_UP_SECONDS = 4


def find(label):
    """A program that Bazel built: beside this script's runfiles, or in bazel-bin of the folder it is run in."""
    for base in (os.getcwd(), os.path.abspath(sys.argv[0]) + ".runfiles/glassheap", os.getcwd() + "/bazel-bin"):
        path = pathlib.Path(base) / label
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    sys.exit(f"memtop_cost: {label} is not there; bazel run -c opt //tests/bench:memtop_cost builds it")


class Crowd:
    """Many idle processes of one program."""

    def __init__(self, count):
        self.process = subprocess.Popen([find("tests/bench/crowd"), str(count)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()  # it kills its children and ends
        self.process.wait()


class Viewer:
    """A program at a terminal whose output is read and thrown away."""

    def __init__(self, name, command):
        self.name = name
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", HOME="/nonexistent")
            os.execvp(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.written = 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            while data := os.read(self.terminal, 65536):
                self.written += len(data)
        except OSError:
            pass

    def cpu_seconds(self):
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def count_processes():
    return sum(name.isdigit() for name in os.listdir("/proc"))


def compare(processes, seconds):
    crowd = Crowd(processes)
    commands = {"memtop": [find("tools/memtop"), "-d", "1"]}
    if shutil.which("top"):
        commands["top"] = ["top", "-d", "1"]
    if shutil.which("htop"):
        commands["htop"] = ["htop", "-d", "10"]
    viewers = [Viewer(name, command) for name, command in commands.items()]
    time.sleep(WARM_UP_SECONDS)
    before = [viewer.cpu_seconds() for viewer in viewers]
    start = time.monotonic()
    time.sleep(seconds)
    refreshes = time.monotonic() - start  # each of them refreshes once a second
    seen = count_processes()
    print(f"{seen} processes, {refreshes:.0f} refreshes, one a second")
    print(f"{'':8}{'ms a refresh':>14}{'us a process':>14}{'RSS MiB':>10}{'KiB written a refresh':>24}")
    for viewer, then in zip(viewers, before):
        cost = (viewer.cpu_seconds() - then) / refreshes
        print(f"{viewer.name:8}{cost * 1e3:14.1f}{cost * 1e6 / seen:14.1f}{viewer.rss_kib() / 1024:10.1f}"
              f"{viewer.written / 1024 / (refreshes + WARM_UP_SECONDS):24.1f}")
    for viewer in viewers:
        viewer.close()
    crowd.close()


def flat(refreshes, processes):
    """memtop -b refreshes as fast as it may, while a fifth of the processes is replaced every second."""
    crowd = Crowd(processes)
    memtop = subprocess.Popen([find("tools/memtop"), "-b", "-d", "0.05", "-n", str(refreshes)], stdout=subprocess.PIPE)
    done, marks = 0, []
    replaced = [crowd]
    stop = threading.Event()

    def churn():
        while not stop.wait(1):
            replaced.append(Crowd(processes // 5))
            if len(replaced) > 5:
                replaced.pop(1).close()

    churner = threading.Thread(target=churn)
    churner.start()
    for line in memtop.stdout:
        if not line.startswith(b"memtop "):
            continue
        done += 1
        if done in (10, 100) or done % max(refreshes // 10, 1) == 0:
            for text in pathlib.Path(f"/proc/{memtop.pid}/status").read_text().splitlines():
                if text.startswith(("VmRSS:", "VmHWM:")):
                    marks.append((done, text.split()[0], int(text.split()[1]) / 1024))
                    print(f"refresh {done:6}  {text.split()[0]:7}{int(text.split()[1]) / 1024:8.2f} MiB", flush=True)
    stop.set()
    churner.join()
    for one in replaced:
        one.close()
    memtop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--flat", type=int, metavar="REFRESHES", help="measure resident memory instead")
    options = parser.parse_args()
    if options.flat:
        flat(options.flat, min(options.processes, 300))
    else:
        compare(options.processes, options.seconds)


if __name__ == "__main__":
    main()
