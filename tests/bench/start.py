#!/usr/bin/env python3
"""What it costs to run free, memstat called as free, and memstat: from start to exit, in the same run.

  bazel build -c opt //tools:memstat && tests/bench/start.py [bazel-bin/tools/memstat]

Runs alternate, so that a machine busy with other things treats all alike. CPU time is the children's own (user and
system, by wait4); system calls are counted by strace, in a run of their own. Exits 1 when memstat as free costs more
than free does.
"""

import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 300


def cpu_ms(argv, sink):
  """Milliseconds of one run."""
  pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, sink, 1)])
  _, status, usage = os.wait4(pid, 0)
  if status != 0:
    sys.exit(f"start.py: {' '.join(argv)}: it ended with {status}")
  return (usage.ru_utime + usage.ru_stime) * 1e3


def system_calls(argv):
  """How many one run makes; None without strace."""
  try:
    result = subprocess.run(["strace", "-f", "-c", *argv], capture_output=True, text=True, check=True)
  except (OSError, subprocess.CalledProcessError):
    return None
  total = [line.split() for line in result.stderr.splitlines() if line.endswith(" total")]
  return int(total[-1][3]) if total else None


def main():
  memstat = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "bazel-bin/tools/memstat")
  if not os.access(memstat, os.X_OK):
    sys.exit(f"start.py: {memstat}: not there; bazel build -c opt //tools:memstat")
  with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as sink:
    link = os.path.join(folder, "free")
    os.symlink(memstat, link)
    commands = {"free": ["/usr/bin/free"], "memstat as free": [link], "memstat": [memstat]}
    times = {name: [] for name in commands}
    for _ in range(ROUNDS):
      for name, argv in commands.items():
        times[name].append(cpu_ms(argv, sink.fileno()))
    calls = {name: system_calls(argv) for name, argv in commands.items()}
  processes = sum(name.isdigit() for name in os.listdir("/proc"))
  print(f"{ROUNDS} runs each, LANG={os.environ.get('LC_ALL') or os.environ.get('LANG') or 'C'}, "
        f"{processes} processes on the machine")
  print(f"{'':18}{'CPU ms: min':>12}{'median':>9}{'system calls':>14}")
  for name, values in times.items():
    print(f"{name:18}{min(values):12.2f}{statistics.median(values):9.2f}{calls[name] if calls[name] else '-':>14}")
  ours, theirs = "memstat as free", "free"
  slower = statistics.median(times[ours]) > statistics.median(times[theirs])
  more = None not in (calls[ours], calls[theirs]) and calls[ours] > calls[theirs]
  sys.exit(1 if slower or more else 0)


if __name__ == "__main__":
  main()
