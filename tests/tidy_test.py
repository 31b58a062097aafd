"""Which sources the gate "tidy" checks (changed_sources.py), in small repositories made for each test, and that tidy.py counts
what it leaves out and fails for what is not clean."""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import changed_sources  # noqa: E402
import tidy  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("tidy")
SCRATCH = tempfile.TemporaryDirectory(prefix="tidy-test-")
FILES = {
    "core/low.h": "#pragma once\n",
    "core/middle.h": '#pragma once\n#include "core/low.h"\n',
    "core/low.cpp": '#include "core/low.h"\n',
    "core/other.cpp": "int other;\n",
    "shell/program.cpp": '#include "core/middle.h"\n',
    "tests/low_test.cpp": '#include "core/low.h"\n',
    "build/generated.cpp": "int ignored;\n",
    "README.md": "text\n",
}
FIRST_OF_EACH_FOLDER = ["core/low.cpp", "shell/program.cpp", "tests/low_test.cpp"]


def git(root, *arguments):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *names, *arguments], cwd=root, env=environment, check=True, capture_output=True)


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def commit(root, files=None):
    write(root, files or {})
    git(root, "add", "--all")
    git(root, "commit", "--message", "change")


def tree():
    """A folder with FILES and no repository."""
    root = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH.name))
    write(root, FILES)
    return root


def repository():
    root = tree()
    git(root, "init")
    write(root, {".gitignore": "/build/\n"})
    commit(root)
    return root


@suite.test
def a_changed_header_selects_what_includes_it_directly_or_not_nearest_first():
    root = repository()
    commit(root, files={"core/low.h": "#pragma once\nint low();\n"})
    chosen, why = changed_sources.changed_sources(root)
    equal(chosen, ["core/low.cpp", "tests/low_test.cpp", "shell/program.cpp"])
    assert "last commit with C++" in why, why


@suite.test
def commits_without_cxx_do_not_hide_the_last_one_with_it():
    root = repository()
    commit(root, files={"core/other.cpp": "int changed;\n"})
    commit(root, files={"README.md": "other text\n"})
    equal(changed_sources.changed_sources(root)[0], ["core/other.cpp"])


@suite.test
def uncommitted_and_untracked_sources_are_checked_and_deleted_ones_are_not():
    root = repository()
    commit(root, files={"core/gone.cpp": "int gone;\n"})
    (root / "core/gone.cpp").unlink()
    write(root, {"core/other.cpp": "int changed;\n", "core/new.cpp": "int fresh;\n"})
    equal(changed_sources.changed_sources(root)[0], ["core/new.cpp", "core/other.cpp"])


@suite.test
def all_commits_of_a_branch_are_compared_with_main():
    root = repository()
    git(root, "checkout", "-b", "topic")
    commit(root, files={"core/other.cpp": "int changed;\n"})
    commit(root, files={"shell/program.cpp": "int main() {}\n"})
    chosen, why = changed_sources.changed_sources(root)
    equal(chosen, ["core/other.cpp", "shell/program.cpp"])
    assert "since main" in why, why


@suite.test
def a_revision_can_be_named():
    root = repository()
    commit(root, files={"core/other.cpp": "int changed;\n"})
    commit(root, files={"shell/program.cpp": "int main() {}\n"})
    os.environ["SALLYPORT_CHANGED_SINCE"] = "HEAD~2"
    try:
        equal(changed_sources.changed_sources(root)[0], ["core/other.cpp", "shell/program.cpp"])
        os.environ["SALLYPORT_CHANGED_SINCE"] = "no-such-revision"
        chosen, why = changed_sources.changed_sources(root)
    finally:
        del os.environ["SALLYPORT_CHANGED_SINCE"]
    equal(chosen, FIRST_OF_EACH_FOLDER)
    assert "SALLYPORT_CHANGED_SINCE=no-such-revision" in why, why


@suite.test
def other_settings_add_a_sample():
    root = repository()
    commit(root, files={".clang-tidy": "Checks: '*'\n"})
    equal(changed_sources.changed_sources(root)[0], FIRST_OF_EACH_FOLDER)


@suite.test
def without_a_usable_history_a_sample_is_checked_and_the_reason_named():
    chosen, why = changed_sources.changed_sources(tree())
    equal(chosen, FIRST_OF_EACH_FOLDER)
    assert "not a git repository" in why, why

    root = repository()
    commit(root, files={"core/other.cpp": "int changed;\n"})
    shallow = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH.name)) / "clone"
    git(root, "clone", "--depth", "1", f"file://{root}", str(shallow))
    chosen, why = changed_sources.changed_sources(shallow)
    equal(chosen, FIRST_OF_EACH_FOLDER)
    assert "shallow" in why, why

    path, os.environ["PATH"] = os.environ["PATH"], str(root)
    try:
        chosen, why = changed_sources.changed_sources(root)
    finally:
        os.environ["PATH"] = path
    equal(chosen, FIRST_OF_EACH_FOLDER)
    assert "git cannot be run" in why, why


@suite.test
def failures_and_what_the_time_did_not_suffice_for_are_counted():
    tidy.REPORTS = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH.name))
    names = [f"{number}.cpp" for number in range(10)]
    equal(tidy.check_all(names, lambda name, _: (name != "3.cpp", ""), seconds=60), (["3.cpp"], 0))
    equal(tidy.check_all(names, lambda name, _: (True, ""), seconds=-1), ([], 10))
    equal(tidy.check_all(names, lambda name, _: None if name == "3.cpp" else (True, ""), seconds=60), ([], 1))


@suite.test
def a_clang_tidy_that_cannot_run_its_checks_is_a_failure():
    clean, said = tidy.check("false", "core/low.cpp", 60)
    assert not clean and "exited with 1" in said, said


@suite.test
def a_source_is_stopped_when_the_time_is_over():
    program = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH.name)) / "slow"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    equal(tidy.check(str(program), "core/low.cpp", 0.2), None)


if __name__ == "__main__":
    suite.main()
