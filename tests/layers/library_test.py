#!/usr/bin/env python3
"""Checks what the preload libraries ask of a process, and what they show to it.

Each needs libc.so.6 and nothing else; exports exactly the names in its golden
file; nothing in it must be found by name at run time but what libc or
a C++ program has.
"""

import subprocess
import sys

import golden

# Library: the golden list of its names.
LIBRARIES = {
    "allocator/libglassheap.so": "exports.golden",
    "allocator/libglassheap_block.so": "exports_block.golden",
    "allocator/libglassheap_hardened.so": "exports_hardened.golden",
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library):
    return [line.split("[")[1].rstrip("]") for line in run("readelf", "-dW", library).splitlines()
            if "(NEEDED)" in line]


def flags(library):
    return [line for line in run("readelf", "-dW", library).splitlines() if "FLAGS" in line]


def symbols(library, *options):
    """(type, name) of each dynamic symbol."""
    return [tuple(line.split()[-2:]) for line in run("nm", "-D", *options, library).splitlines()]


def problems_of(library, exports):
    """Yields what is wrong with one library."""
    if needed(library) != ["libc.so.6"]:
        yield f"NEEDED is {needed(library)}, not libc.so.6 alone"
    if not any("NODELETE" in line for line in flags(library)):
        yield "not linked with -z nodelete"
    if not any("NOW" in line for line in flags(library)):
        yield "not linked with -z now: the first call of malloc may resolve symbols"
    undefined = [(kind, name.split("@")[0]) for kind, name in symbols(library, "--undefined-only")]
    for kind, name in undefined:
        if name in ("__tls_get_addr", "malloc", "free", "calloc", "realloc"):
            yield f"calls {name}"
        elif kind == "U" and name.startswith(("_Z", "__cxa_throw", "__gxx")):
            yield f"{name} is of libstdc++ and not weak"
    names = sorted(name.split("@")[0] for kind, name in symbols(library, "--defined-only") if kind.isupper())
    if not golden.compare(exports, "\n".join(names) + "\n"):
        yield f"the exported names differ from {exports}"


def main():
    problems = [f"{library}: {problem}" for library, exports in LIBRARIES.items()
                for problem in problems_of(library, exports)]
    print("\n".join(problems) or f"{len(LIBRARIES)} libraries as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
