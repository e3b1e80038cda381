"""Golden files of the layers tests: GLASSHEAP_UPDATE_GOLDEN=$PWD rewrites them.

    GLASSHEAP_UPDATE_GOLDEN=$PWD bazel test --test_env=GLASSHEAP_UPDATE_GOLDEN \\
        --strategy=TestRunner=local -c opt //tests/layers:all
"""

import difflib
import os
import pathlib


def compare(name, text):
    """True if tests/layers/NAME holds `text`; prints the difference otherwise."""
    workspace = os.environ.get("GLASSHEAP_UPDATE_GOLDEN")
    if workspace:
        pathlib.Path(workspace, "tests/layers", name).write_text(text, encoding="utf-8")
        return True
    expected = (pathlib.Path(__file__).parent / name).read_text(encoding="utf-8")
    if expected == text:
        return True
    print("".join(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), name, "now")))
    print(f"If this is meant, update {name}: see tests/layers/golden.py")
    return False
