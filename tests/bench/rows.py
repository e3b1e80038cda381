"""The rows of the comparison: our workloads and real programs, and how one of
them is run once under one allocator.

A run gives a dict with at least `seconds`, `cpu_seconds` and `peak_rss_kb`, or
raises Failed with one line that says what went wrong.
"""

import fnmatch
import hashlib
import json
import os
import subprocess

TIMEOUT_S = 120


class Failed(Exception):
    """A run that crashed, gave a wrong answer, or did not take the preload."""


class Tools:
    """The binaries this comparison is made of, and a directory to work in."""

    def __init__(self, workloads, launch, hello, directory):
        self.workloads = workloads
        self.launch = launch
        self.hello = hello
        self.directory = directory


def preloading(allocator, extra=None):
    """The environment of a run; allocator.path None means the C library's."""
    environment = {
        key: value for key, value in os.environ.items()
        if not key.startswith(("LD_", "MALLOC_", "PYTHON"))
    }
    environment.update(LC_ALL="C", **(extra or {}))
    if allocator.path:
        environment["LD_PRELOAD"] = allocator.path
    return environment


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else "no message"


def execute(command, environment, directory):
    """Runs `command`; Failed when it does not end with status 0."""
    try:
        done = subprocess.run(
            command, env=environment, cwd=directory, timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {TIMEOUT_S} s") from None
    errors = done.stderr.decode(errors="replace")
    if done.returncode < 0:
        raise Failed(f"killed by signal {-done.returncode}: "
                     + last_line(errors))
    if done.returncode > 0:
        raise Failed(f"exit status {done.returncode}: {last_line(errors)}")
    if "cannot be preloaded" in errors:
        raise Failed(last_line(errors))
    return done.stdout


def parse_figures(output):
    """The JSON line of a workload."""
    try:
        return json.loads(output)
    except ValueError:
        raise Failed("printed no JSON line") from None


class WorkloadRow:
    """One of the workloads of our own binary, which measures itself."""

    skipped = None

    def __init__(self, tools, topic, name, scale):
        self.tools, self.topic, self.name = tools, topic, name
        self.command = [tools.workloads, name, "--scale", str(scale)]

    def prepare(self):
        pass

    def run(self, allocator):
        output = execute(self.command, preloading(allocator),
                         self.tools.directory)
        figures = parse_figures(output)
        served_by = os.path.realpath(figures["allocator"])
        if allocator.path and served_by != os.path.realpath(allocator.path):
            raise Failed(f"the preload did not take: malloc of {served_by}")
        return figures


class ProgramRow:
    """A real program. What it prints must not depend on the allocator."""

    topic = "programs"

    def __init__(self, tools, program, scale):
        self.tools, self.program, self.scale = tools, program, scale
        self.name = program.name
        self.directory = os.path.join(tools.directory, program.name)
        self.answer = None
        missing = [file for file in program.needs if not find(file)]
        self.skipped = None
        if missing:
            self.skipped = (f"no {missing[0]}; "
                            f"apt-get install {program.package}")

    def prepare(self):
        if not os.path.isdir(self.directory):
            os.mkdir(self.directory)
            self.program.prepare(self.directory, self.scale)

    def run(self, allocator):
        if allocator.path is None and self.program.own_allocator:
            allocator = allocator.forced()
        environment = preloading(allocator, self.program.environment)
        figures, output = self.program.run(self, environment)
        digest = hashlib.sha256(output).hexdigest()
        if self.answer is None:
            self.answer = digest
        if digest != self.answer:
            raise Failed("printed something else than the run before it")
        return figures

    def launch(self, command, environment):
        """Runs `command`, returns what it cost and what it printed."""
        cost = os.path.join(self.directory, "cost")
        output = execute([self.tools.launch, cost, "--", *command],
                         environment, self.directory)
        return self.read_cost(), output

    def read_cost(self):
        """What the last program launched has cost; Failed if it failed."""
        with open(os.path.join(self.directory, "cost"),
                  encoding="ascii") as file:
            figures = json.load(file)
        if figures["term_signal"]:
            raise Failed(f"killed by signal {figures['term_signal']}")
        if figures["exit_status"]:
            raise Failed(f"exit status {figures['exit_status']}")
        return figures


def find(program):
    """The program's path on the system's PATH, or None."""
    for directory in ("/usr/local/bin", "/usr/bin", "/bin"):
        path = os.path.join(directory, program)
        if os.access(path, os.X_OK):
            return path
    return None


def all_rows(tools, programs, scale, pattern):
    """Every row whose name or topic matches one of the patterns."""
    listing = subprocess.run([tools.workloads, "--list"], check=True,
                             capture_output=True, text=True).stdout
    rows = []
    for line in listing.splitlines():
        topic, name = line.split("\t")[:2]
        rows.append(WorkloadRow(tools, topic, name, scale))
    rows += [ProgramRow(tools, program, scale) for program in programs]
    patterns = pattern.split(",")
    return [row for row in rows if any(
        fnmatch.fnmatch(row.name, glob) or fnmatch.fnmatch(row.topic, glob)
        for glob in patterns)]
