#!/usr/bin/env python3
"""Checks that the arrows between folders point down only.

    allocator:  abi <- base <- heap <- introspect <- front     tools:  abi <- ...
                       base <- block <- front/door.h

`a <- b` reads "b may include a". Reads the sources in the workspace, so it runs
outside the sandbox and every time (tags local and external).
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)

LAYERS = ("abi", "base", "heap", "introspect", "front")
# The teaching heap stands beside the rooms: it knows what they stand on, and one header leads to it.
BLOCK = "block"
BELOW_BLOCK = ("abi", "base", BLOCK)
DOOR_TO_BLOCK = ("allocator/front/door.h", "allocator/block/door.h")
PUBLIC_HEADERS = ("allocator/introspection.h", "allocator/glassheap.h")
# Who may include the public headers, which lie beside the folders.
PUBLIC_USERS = ("introspect", "front", BLOCK)


def sources(folder):
    files = [path for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in (".h", ".cc", ".def", ".inc")]
    assert files, f"no sources in {ROOT / folder}"
    return files


def includes(path):
    """Yields (line number, '"' or '<', included path)."""
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match[1], match[2]


def problem_in_allocator(path, included):
    """What is wrong with an include of a file in allocator/, or None."""
    if included.startswith(("tools/", "tests/")):
        return "allocator knows neither tools nor tests"
    if not included.startswith("allocator/"):
        return "a path from the workspace is expected"
    if not (ROOT / included).exists():
        return "no such file"
    parts = path.relative_to(ROOT).parts
    folder = parts[1] if len(parts) > 2 else None
    if included in PUBLIC_HEADERS:
        if folder is not None and folder not in PUBLIC_USERS:
            return f"{folder} does not know the public headers"
        return None
    if folder is None:
        return "a public header stands alone"
    target = included.split("/")[1]
    if folder == BLOCK:
        return None if target in BELOW_BLOCK else f"{target} is not below {BLOCK}"
    if (str(path.relative_to(ROOT)), included) == DOOR_TO_BLOCK:
        return None
    if target not in LAYERS or folder not in LAYERS:
        return f"{target} or {folder} is no layer of this list"
    if LAYERS.index(target) > LAYERS.index(folder):
        return f"{folder} is below {target}"
    return None


def problem_in_tools(_, included):
    if included.startswith("allocator/") and not included.startswith("allocator/abi/"):
        return "tools see allocator/abi only"
    if included.startswith("tests/"):
        return "tools do not know tests"
    return None


def main():
    problems = []
    counted = 0
    for folder, judge in (("allocator", problem_in_allocator), ("tools", problem_in_tools)):
        for path in sources(folder):
            for line, kind, included in includes(path):
                counted += 1
                if kind == '"':
                    problem = judge(path, included)
                elif included.split("/")[0] in ("allocator", "tools", "tests"):
                    problem = "our own files go in quotes"
                else:
                    continue
                if problem:
                    problems.append(f"{path.relative_to(ROOT)}:{line}: {included}: {problem}")
    print("\n".join(problems) or f"{counted} includes, all downward")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
