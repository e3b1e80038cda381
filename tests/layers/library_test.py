#!/usr/bin/env python3
"""Checks what libglassheap.so asks of a process, and what it shows to it.

It needs libc.so.6 and nothing else; it exports exactly the names in
exports.golden; nothing in it must be found by name at run time but what libc or
a C++ program has.
"""

import subprocess
import sys

import golden

LIBRARY = "allocator/libglassheap.so"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed():
    return [line.split("[")[1].rstrip("]") for line in run("readelf", "-dW", LIBRARY).splitlines()
            if "(NEEDED)" in line]


def flags():
    return [line for line in run("readelf", "-dW", LIBRARY).splitlines() if "FLAGS" in line]


def symbols(*options):
    """(type, name) of each dynamic symbol."""
    return [tuple(line.split()[-2:]) for line in run("nm", "-D", *options, LIBRARY).splitlines()]


def main():
    problems = []
    if needed() != ["libc.so.6"]:
        problems.append(f"NEEDED is {needed()}, not libc.so.6 alone")
    if not any("NODELETE" in line for line in flags()):
        problems.append("not linked with -z nodelete")
    if not any("NOW" in line for line in flags()):
        problems.append("not linked with -z now: the first call of malloc may resolve symbols")
    undefined = [(kind, name.split("@")[0]) for kind, name in symbols("--undefined-only")]
    for kind, name in undefined:
        if name in ("__tls_get_addr", "malloc", "free", "calloc", "realloc"):
            problems.append(f"calls {name}")
        elif kind == "U" and name.startswith(("_Z", "__cxa_throw", "__gxx")):
            problems.append(f"{name} is of libstdc++ and not weak")
    names = sorted(name.split("@")[0] for kind, name in symbols("--defined-only") if kind.isupper())
    if not golden.compare("exports.golden", "\n".join(names) + "\n"):
        problems.append("the exported names differ from exports.golden")
    print("\n".join(problems) or f"{len(names)} names exported")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
