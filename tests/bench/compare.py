#!/usr/bin/env python3
"""Runs the workloads and real programs under every allocator it finds, and
prints time and peak RSS against the best of each row.

    bazel run -c opt //tests/bench:compare -- --only 'pairs,pass_*' --rounds 7

See README.md beside this file.
"""

import argparse
import glob
import json
import os
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the modules lie in the source tree

import report  # noqa: E402
import rows  # noqa: E402
from programs import PROGRAMS  # noqa: E402

OURS = "allocator/libglassheap.so"
# The same without introspection. Only when asked for: it is no peer.
BLIND = "tests/bench/libglassheap_blind.so"
PEERS = {
    "jemalloc": ("libjemalloc.so.2", "libjemalloc2"),
    "mimalloc": ("libmimalloc.so.2*", "libmimalloc2.0"),
    "tcmalloc": ("libtcmalloc_minimal.so.4*", "libtcmalloc-minimal4"),
}
LIBRARY_DIRECTORIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                       "/usr/lib64", "/usr/lib", "/usr/local/lib")


class Allocator:
    """A name and the library to preload; no path is the C library."""

    def __init__(self, name, path=None):
        self.name, self.path = name, path

    def forced(self):
        """The C library, preloaded before a program's own allocator."""
        for directory in ("/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
                          "/lib64", "/lib"):
            path = os.path.join(directory, "libc.so.6")
            if os.path.exists(path):
                return Allocator(self.name, path)
        return self


def note(text):
    print(text, file=sys.stderr)


def runfile(path):
    """A file that Bazel built beside us."""
    roots = [os.getcwd(), os.path.abspath(sys.argv[0]) + ".runfiles/glassheap"]
    for root in roots:
        found = os.path.join(root, path)
        if os.path.exists(found):
            return os.path.realpath(found)
    sys.exit(f"compare: {path}: not built; use "
             "`bazel run -c opt //tests/bench:compare`")


def installed(pattern):
    for directory in LIBRARY_DIRECTORIES:
        for path in sorted(glob.glob(os.path.join(directory, pattern))):
            return os.path.realpath(path)
    return None


def find_allocators(arguments, directory):
    """glassheap (a copy, so that a build meanwhile does no harm), the peers
    on this machine, and those named on the command line; or a choice."""
    given = dict(arguments.allocator)
    for path in given.values():
        if not os.path.exists(path):
            sys.exit(f"compare: {path}: no such file")
    library = given.pop("glassheap", None) or runfile(OURS)
    if "-fastbuild/" in library:
        note("compare: warning: glassheap is not built with -c opt")
    found = {"glassheap": shutil.copy(library, directory), "glibc": None}
    for name, (pattern, package) in PEERS.items():
        path = installed(pattern)
        if path:
            found[name] = path
        elif not arguments.allocators:
            note(f"compare: {name} is not installed: apt-get install {package}")
    found.update(given)
    if arguments.allocators and "blind" in arguments.allocators.split(","):
        found.setdefault("blind", shutil.copy(
            runfile(BLIND), os.path.join(directory, "libglassheap_blind.so")))
    wanted = arguments.allocators.split(",") if arguments.allocators else found
    for name in wanted:
        if name not in found:
            sys.exit(f"compare: {name}: no such allocator here; known: "
                     + ", ".join(found))
    return [Allocator(name, found[name] and os.path.abspath(found[name]))
            for name in wanted]


def find_tools(directory):
    return rows.Tools(shutil.copy(runfile("tests/bench/workloads"), directory),
                      shutil.copy(runfile("tests/bench/launch"), directory),
                      shutil.copy(runfile("tests/bench/hello"),
                                  os.path.join(directory, "hello.program")),
                      directory)


class Progress:
    """One line on stderr, rewritten on a terminal."""

    def __init__(self, total):
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self, text):
        elapsed = time.monotonic() - self.started
        left = elapsed / self.done * (self.total - self.done) if self.done else 0
        line = f"[{self.done}/{self.total}] {text}, {left:.0f} s left"
        if self.terminal:
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
        elif self.done % 50 == 0:
            note(line)
        self.done += 1

    def end(self):
        if self.terminal:
            sys.stderr.write("\r\033[K")


def run_all(chosen, allocators, arguments):
    """Round by round, row by row, allocator after allocator, so that what else
    the machine does hits all of them alike. The order of the allocators turns
    by one each round. A failure ends that row for that allocator."""
    results = report.Results(chosen, allocators, arguments.scale)
    rounds = arguments.rounds
    progress = Progress(rounds * len(chosen) * len(allocators))
    for number in range(rounds):
        turn = number % len(allocators)
        for row in chosen:
            row.prepare()
            for allocator in allocators[turn:] + allocators[:turn]:
                progress.step(f"{row.name} under {allocator.name}")
                if results.failed(row, allocator):
                    continue
                try:
                    results.add(row, allocator, row.run(allocator))
                except rows.Failed as failure:
                    results.fail(row, allocator, str(failure))
    progress.end()
    return results


def name_and_path(text):
    name, _, path = text.partition("=")
    if not name or not path:
        raise argparse.ArgumentTypeError(f"{text}: not NAME=/PATH.so")
    return name, path


def add_selection(parser, only="*"):
    """The options that choose allocators and rows."""
    parser.add_argument("--allocators", metavar="A,B",
                        help="only these (default: every one found)")
    parser.add_argument("--allocator", metavar="NAME=/PATH.so", action="append",
                        type=name_and_path, default=[],
                        help="a further allocator, or another glassheap")
    parser.add_argument("--only", metavar="GLOB,GLOB", default=only,
                        help="rows or topics, such as 'pair_*,programs' "
                        "(default '%(default)s')")


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="compare", description="Compares allocators in time and peak RSS.")
    add_selection(parser)
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="runs of each row (default 5, quick 3)")
    parser.add_argument("--scale", type=float, metavar="X",
                        help="size of each run (default 1, quick 0.2)")
    parser.add_argument("--quick", action="store_true",
                        help="short runs: about a tenth of the time")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall",
                        help="what counts as time (default wall)")
    parser.add_argument("--json", metavar="FILE", nargs="?", const="-",
                        help="every figure of every run: to FILE, beside the "
                        "tables, or instead of them to stdout")
    arguments = parser.parse_args(argv)
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 5)
    arguments.scale = arguments.scale or (0.2 if arguments.quick else 1)
    if arguments.rounds < 1 or arguments.scale <= 0:
        parser.error("--rounds and --scale must be positive")
    return arguments


def compare(arguments, directory):
    allocators = find_allocators(arguments, directory)
    tools = find_tools(directory)
    wanted = rows.all_rows(tools, PROGRAMS, arguments.scale, arguments.only)
    if not wanted:
        sys.exit(f"compare: --only {arguments.only}: matches no row")
    chosen = [row for row in wanted if not row.skipped]
    results = run_all(chosen, allocators, arguments)
    results.skipped = {row.name: row.skipped for row in wanted if row.skipped}
    if arguments.json:
        write_json(results.as_json(arguments), arguments.json)
    if arguments.json != "-":
        report.print_report(results, arguments)
    return 1 if results.failures else 0


def write_json(figures, path):
    text = json.dumps(figures, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    # `bazel run` has changed the directory.
    path = os.path.join(os.environ.get("BUILD_WORKING_DIRECTORY", ""), path)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def main():
    arguments = parse(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="glassheap-bench-") as directory:
        return compare(arguments, directory)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and clean up
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
