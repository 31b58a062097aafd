"""Adds up what ctest ran in the build directories named as arguments; the last line is "N passed, N failed".

A GoogleTest program counts with its single tests (reports/<name>.xml), a script that ends with such a line of its own
with what that says, anything else as one. A program that failed without a failed test (crash, leak, timeout) is one
failure more.
"""

import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

OWN_LINE = re.compile(r"^(\d+) passed, (\d+) failed\s*$", re.MULTILINE)


def gtest_counts(report: Path) -> tuple[int, int, list[str]] | None:
    try:
        suites = xml.parse(report).getroot()
    except (OSError, xml.ParseError):
        return None
    passed, failures = 0, []
    for case in suites.iter("testcase"):
        if case.get("status") != "run":
            continue
        if case.find("failure") is None:
            passed += 1
        else:
            failures.append(f"{case.get('classname')}.{case.get('name')}")
    return passed, len(failures), failures


def entry_counts(build: Path, entry: xml.Element) -> tuple[int, int, list[str]]:
    name = entry.get("name", "?")
    ok = entry.get("status") == "run"
    counts = gtest_counts(build / "reports" / f"{name}.xml")
    if counts is None:
        own = OWN_LINE.findall(entry.findtext("system-out") or "")
        counts = (int(own[-1][0]), int(own[-1][1]), []) if own else (int(ok), 0, [])
    passed, failed, failures = counts
    if not ok and failed == 0:
        failed = 1
    return passed, failed, [f"{build.name}: {name}: {what}" for what in failures or ([""] if failed else [])]


def main(builds: list[Path]) -> int:
    passed, failed, failures = 0, 0, []
    for build in builds:
        try:
            entries = xml.parse(build / "junit.xml").getroot().findall("testcase")
        except (OSError, xml.ParseError) as error:
            failed += 1
            failures.append(f"{build.name}: no results: {error}")
            continue
        for entry in entries:
            counts = entry_counts(build, entry)
            passed += counts[0]
            failed += counts[1]
            failures += counts[2]
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
