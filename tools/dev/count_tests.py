#!/usr/bin/env python3
"""Counts test cases over one or more runs of `bazel test`.

Each argument is STATUS:FILE, Bazel's exit status and what it wrote under
--build_event_json_file. A case counts as passed or failed by the test.xml of
its target; a case that was skipped or is disabled counts as neither. A target
that did not build, crashed, timed out or wrote no test.xml is one failure.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

# Bazel's exit statuses that say nothing beyond the results themselves: success,
# a test failed, no test matched.
ORDINARY_STATUSES = (0, 3, 4)


def count_cases(path):
    """Returns (passed, [names that failed], skipped) of one test.xml."""
    passed = skipped = 0
    failed = []
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(".".join(
                filter(None, (case.get("classname"), case.get("name")))))
        elif (case.find("skipped") is not None or case.get("status") == "notrun"
              or case.get("result") in ("skipped", "suppressed")):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def xml_path(result):
    for output in result.get("testActionOutput", []):
        if output.get("name") == "test.xml":
            return urllib.parse.unquote(
                urllib.parse.urlparse(output.get("uri", "")).path)
    return None


def read_events(path):
    """Returns ({(label, run, shard): last result}, [labels that did not build])."""
    results, unbuilt = {}, []
    try:
        with open(path, encoding="utf-8") as lines:
            events = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        events = []
    for event in events:
        event_id = event["id"]
        if "testResult" in event_id and "testResult" in event:
            key = event_id["testResult"]
            # Attempts of a flaky test come in order: the last one is the verdict.
            results[key["label"], key.get("run"), key.get("shard")] = (
                event["testResult"])
        elif "targetCompleted" in event_id and not event.get(
                "completed", {}).get("success"):
            unbuilt.append(event_id["targetCompleted"]["label"])
    return results, unbuilt


def count_run(path):
    """Returns (passed, failed, skipped) of one run of Bazel."""
    results, unbuilt = read_events(path)
    passed = failed = skipped = 0
    for (label, _, _), result in sorted(results.items(), key=lambda r: r[0][0]):
        try:
            passes, fails, skips = count_cases(xml_path(result))
        except (OSError, TypeError, ElementTree.ParseError):
            passes, fails, skips = 0, ["(no readable test.xml)"], 0
        if result.get("status") not in ("PASSED", "FLAKY") and not fails:
            # All cases fine, the process was not: a crash at exit, a leak.
            fails = ["(the process failed, no case did)"]
        for name in fails:
            print(f"{label}: failed: {name}")
        passed, failed, skipped = (
            passed + passes, failed + len(fails), skipped + skips)
    tested = {label for label, _, _ in results}
    for label in sorted(set(unbuilt) - tested):
        print(f"{label}: did not build")
        failed += 1
    return passed, failed, skipped


def main():
    passed = failed = skipped = 0
    broken = set()
    for argument in sys.argv[1:]:
        status, _, path = argument.partition(":")
        if int(status) not in ORDINARY_STATUSES:
            broken.add(status)
        counts = count_run(path)
        passed, failed, skipped = (
            total + n for total, n in zip((passed, failed, skipped), counts))
    if broken and not failed:
        # No target is to blame: a BUILD file, a flag, a name that is not there.
        print(f"bazel failed with status {', '.join(sorted(broken))}")
        failed += 1
    if skipped:
        print(f"{skipped} skipped")
    if not passed + failed:
        print("no test ran")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
