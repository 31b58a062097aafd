"""Runs clang-tidy on the sources that changed (tests/changed_sources.py), or with --all on every source. Called by
tests/gates, which configures build/tidy.

    tests/tidy.py --program /usr/bin/clang-tidy-19 [--all]

A source takes 5 to 30 seconds. Without --all, no source is started after SALLYPORT_TIDY_SECONDS (150), and a minute later
those under way are stopped; the last line says how many were checked and how many are left to tests/nightly, and is also in
build/gates/tidy.note. If there was not time for a single one, that is a failure. All that clang-tidy said is in
build/gates/tidy.log.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import changed_sources
from changed_sources import ROOT

BUILD = ROOT / "build" / "tidy"
REPORTS = ROOT / "build" / "gates"
SOURCE_SECONDS_MAX = 900
LAST_SECONDS = 60  # for the sources under way when the time is up
Verdict = tuple[bool, str] | None  # whether the source is clean, and what clang-tidy said; None: stopped


def known_to_cmake() -> set[str]:
    commands = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    return {os.path.relpath(Path(entry["directory"]) / entry["file"], ROOT) for entry in commands}


def check(program: str, source: str, seconds: float) -> Verdict:
    try:
        run = subprocess.run(
            [program, "--quiet", "-p", str(BUILD), source],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=min(seconds, SOURCE_SECONDS_MAX),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        if seconds < SOURCE_SECONDS_MAX:
            return None
        return False, f"{source}: error: clang-tidy took more than {SOURCE_SECONDS_MAX} s\n"
    if run.returncode == 0:
        return True, ""
    return False, run.stdout or f"{source}: error: clang-tidy exited with {run.returncode}: {run.stderr}\n"


def check_all(names: list[str], verdict_of: Callable[[str, float], Verdict], seconds: float) -> tuple[list[str], int]:
    """Checks until the time is up, and returns the sources that failed and the number of those not checked."""
    deadline = time.monotonic() + seconds
    failed: list[str] = []
    left = done = 0

    def one(name: str) -> tuple[str, bool, str] | None:
        left_seconds = deadline - time.monotonic()
        verdict = verdict_of(name, left_seconds + LAST_SECONDS) if left_seconds > 0 else None
        return None if verdict is None else (name, *verdict)

    REPORTS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool, (REPORTS / "tidy.log").open("w", encoding="utf-8") as log:
        for result in pool.map(one, names):
            if result is None:
                left += 1
                continue
            name, clean, said = result
            done += 1
            log.write(said)
            if not clean:
                failed.append(name)
                print(said, end="")
            print(f"{done} of {len(names)}: {name}: {'clean' if clean else 'FAILED'}", flush=True)
    return failed, left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="clang-tidy")
    parser.add_argument("--all", action="store_true", help="every source, however long it takes")
    arguments = parser.parse_args()

    every = changed_sources.sources(ROOT)
    chosen, why = (every, "all of them") if arguments.all else changed_sources.changed_sources(ROOT)
    seconds = float("inf") if arguments.all else float(os.environ.get("SALLYPORT_TIDY_SECONDS", "150"))
    print(f"clang-tidy: {len(chosen)} of {len(every)} sources: {why}", flush=True)
    unknown = sorted(set(chosen) - known_to_cmake())
    for name in unknown:
        print(f"{name}: error: no CMake list names it, so clang-tidy cannot check it")
    known = [name for name in chosen if name not in unknown]
    failed, left = check_all(known, lambda name, time_left: check(arguments.program, name, time_left), seconds)
    failed += unknown

    note = f"clang-tidy: checked {len(chosen) - left} of {len(every)} sources ({why}); {len(failed)} failed"
    if left:
        note += f"; {left} more are left to tests/nightly, as {seconds:.0f} s are over"
    if chosen and left == len(chosen):
        note += "; error: not one was checked"
    for name in failed:
        print(f"failed: {name}")
    print(note)
    (REPORTS / "tidy.note").write_text(note + "\n", encoding="utf-8")
    return 1 if failed or (chosen and left == len(chosen)) else 0


if __name__ == "__main__":
    sys.exit(main())
