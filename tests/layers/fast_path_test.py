#!/usr/bin/env python3
"""Counts the instructions of malloc and free when all goes well.

Walks from a function's first instruction to its `ret`, taking no conditional
jump, and compares the counts with fast_path.golden. On the way there must be
no call, no lock and no atomic operation. Meaningful with -c opt on x86-64.
"""

import os
import re
import subprocess
import sys

import golden

LIBRARY = "allocator/libglassheap.so"
FUNCTIONS = ("malloc", "free", "_Znwm", "_ZdlPv")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*?)\s*(?:#.*)?$")


def disassemble(function):
    """[(address, mnemonic, operands)] of one function."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", LIBRARY],
        check=True, capture_output=True, text=True).stdout
    found = [INSTRUCTION.match(line) for line in text.splitlines()]
    return [(int(m[1], 16), m[2], m[3]) for m in found if m]


def straight_path(function):
    """The instructions up to `ret`, conditional jumps not taken."""
    code = disassemble(function)
    index = {address: i for i, (address, _, _) in enumerate(code)}
    path = []
    at = 0
    while True:
        address, mnemonic, operands = code[at]
        path.append((mnemonic, operands))
        if mnemonic.startswith("ret"):
            return path
        at += 1
        if mnemonic.startswith("jmp"):
            target = int(operands.split()[0], 16)
            if target not in index or len(path) > 200:
                raise ValueError(f"leaves the function at {address:x}: {mnemonic} {operands}")
            at = index[target]


def problems_on(path):
    for mnemonic, operands in path:
        if mnemonic.startswith(("call", "lock", "syscall", "cmpxchg")):
            yield f"{mnemonic} {operands}"
        elif mnemonic.startswith("xchg") and "(" in operands:
            yield f"{mnemonic} {operands}: atomic"


def main():
    if os.uname().machine != "x86_64":
        print("the golden counts are of x86-64")
        return 0
    lines, failed = [], False
    for function in FUNCTIONS:
        path = straight_path(function)
        lines.append(f"{function} {len(path)}\n")
        for problem in problems_on(path):
            print(f"{function}: {problem}")
            failed = True
    if not golden.compare("fast_path.golden", "".join(lines)):
        for function in FUNCTIONS:
            print(f"\n{function}:")
            print("\n".join(f"    {mnemonic} {operands}" for mnemonic, operands in straight_path(function)))
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
