"""Which C++ sources a change touches: the changed ones, and those that include a changed header, directly or not.

    tests/changed_sources.py          prints them, nearest to the change first; says on stderr what they were compared with

What counts as changed is uncommitted work, and the commits since the first of these that leaves something to compare:
SALLYPORT_CHANGED_SINCE (a revision), where the branch forked from its upstream, from origin/HEAD, origin/main or main. On a
fresh clone of one branch that is nothing, so it is the last commit that changed C++. Without a usable history, and when
.clang-tidy changed, a sample is added: the first source of each folder.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
CXX = (".cpp", ".h")
SETTINGS = ".clang-tidy"


class HistoryUnusable(Exception):
    """Git is missing, or it does not know what changed; the message says which."""


def git(root: Path, *arguments: str) -> str:
    try:
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise HistoryUnusable(f"git cannot be run: {error.strerror}") from error
    if run.returncode != 0:
        raise HistoryUnusable((run.stderr.strip().splitlines() or [f"git {arguments[0]} failed"])[0])
    return run.stdout


def tree(root: Path) -> list[str]:
    """All C++ files, as paths relative to the root."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in ("build", "node_modules") and name[0] != ".")
        found += [str((Path(folder) / name).relative_to(root)) for name in sorted(files) if name.endswith(CXX)]
    return found


def sources(root: Path) -> list[str]:
    return [path for path in tree(root) if path.endswith(".cpp")]


def sample(root: Path) -> list[str]:
    """The first source of each folder."""
    first: dict[str, str] = {}
    for path in sources(root):
        first.setdefault(str(Path(path).parent), path)
    return list(first.values())


def _base(root: Path) -> tuple[str, str]:
    """The commit to compare with, and its description."""
    head = git(root, "rev-parse", "--verify", "HEAD").strip()
    asked = os.environ.get("SALLYPORT_CHANGED_SINCE")
    for name in [asked] if asked else ["@{upstream}", "origin/HEAD", "origin/main", "main"]:
        try:
            base = git(root, "merge-base", name, "HEAD").strip()
        except HistoryUnusable as error:
            if asked:
                raise HistoryUnusable(f"SALLYPORT_CHANGED_SINCE={asked}: {error}") from error
            continue
        if asked or base != head:
            return base, f"changed since {name} ({base[:10]})"
    last = git(root, "log", "-1", "--first-parent", "-m", "--format=%H", "--", "*.cpp", "*.h", SETTINGS).strip()
    if not last:
        raise HistoryUnusable("no commit changed a C++ file")
    try:
        base = git(root, "rev-parse", "--verify", f"{last}^").strip()
    except HistoryUnusable as error:
        raise HistoryUnusable(f"the history starts at {last[:10]} (a shallow clone?)") from error
    return base, f"changed by the last commit with C++ ({last[:10]}) or not yet committed"


def changed_files(root: Path) -> tuple[list[str], str]:
    """Files that differ from the base, committed or not, and the description of the base."""
    base, why = _base(root)
    # With --relative, the paths are right as well where the project is a folder of a larger repository.
    differing = git(root, "diff", "--name-only", "--no-renames", "--diff-filter=d", "--relative", "-z", base)
    untracked = git(root, "ls-files", "--others", "--exclude-standard", "-z")
    paths = {path for path in (differing + untracked).split("\0") if path}
    return sorted(path for path in paths if path.endswith(CXX) or path == SETTINGS), why


def with_includers(root: Path, changed: Iterable[str]) -> list[str]:
    """The changed sources, then those one include away from a changed file, then two, and so on."""
    included_by: dict[str, list[str]] = {}
    for path in tree(root):
        for included in INCLUDE.findall((root / path).read_text(encoding="utf-8", errors="replace")):
            # All includes are relative to the root (docs/style.md); a neighbour's is read too, so that nothing is missed.
            beside = os.path.normpath(Path(path).parent / included)
            for name in {included, beside}:
                included_by.setdefault(name, []).append(path)
    ring = [path for path in changed if path.endswith(CXX)]
    ordered, seen = [], set(ring)
    while ring:
        # Product code before tests: of a header that many include, a few sources show what is wrong with it.
        ordered += sorted((path for path in ring if path.endswith(".cpp")), key=lambda path: (path.startswith("tests/"), path))
        following = []
        for path in ring:
            for includer in included_by.get(path, []):
                if includer not in seen:
                    seen.add(includer)
                    following.append(includer)
        ring = following
    return ordered


def changed_sources(root: Path) -> tuple[list[str], str]:
    """The sources to check, most urgent first, and one line that says why these."""
    try:
        changed, why = changed_files(root)
    except HistoryUnusable as error:
        return sample(root), f"the first source of each folder, as the changes are unknown: {error}"
    chosen = with_includers(root, changed)
    if SETTINGS in changed:
        chosen += [path for path in sample(root) if path not in set(chosen)]
        why += f", and the first of each folder, as {SETTINGS} changed"
    return chosen, why


def main() -> int:
    chosen, why = changed_sources(ROOT)
    print(f"{len(chosen)} sources: {why}", file=sys.stderr)
    print("\n".join(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
