"""Each requirement that docs/requirements.md marks is named by a test, or stands in docs/requirements-untested.md with the reason."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.processes import SOURCES  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("requirements")
DEFINITION = re.compile(r"\*\*(W-[A-Z0-9]+-[A-Z]?\d+)\*\* \([MSDIG](?:\+[MSDIG])*\)|^\| (W-SEC-\d+) \|", re.MULTILINE)
CITATION = re.compile(r"W-([A-Z][A-Z0-9]+)-([A-Z]?\d+)((?:(?:, (?:and )?| and | to |/|…)(?:[A-Z]\d{1,2}|\d{2})(?![\w]|[,.:-]\d))*)")
ROW = re.compile(r"^\| (W-[A-Z0-9]+-[A-Z]?\d+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
REASONS = {"not built", "sketch", "about others", "permission", "by construction", "documentation"}


def marked(text):
    """The ids that carry a mark, and the table of what must not cross."""
    return {one or other for one, other in DEFINITION.findall(text)}


def cited(text):
    """The ids that a text names, also as in W-URI-03/06, W-RAW-01 to 04, and W-ORD-03, 05."""
    ids = set()
    for family, first, more in CITATION.findall(text):
        ids.add(f"W-{family}-{first}")
        last = first
        for link, number in re.findall(r"(, (?:and )?| and | to |/|…)([A-Z]?\d+)", more):
            ids.add(f"W-{family}-{number}")
            if link in (" to ", "…") and last.isdigit():
                ids |= {f"W-{family}-{between:02}" for between in range(int(last), int(number))}
            last = number
    return ids


def faults(requirements, tests, page, exists):
    """A line for each requirement that is neither tested nor excused, and for each excuse that does not hold."""
    due, rows = marked(requirements), ROW.findall(page)
    excused = [row[0] for row in rows]
    wrong = [f"{one}: no test names it; name it in the test that covers it, or say in docs/requirements-untested.md why there is none"
             for one in sorted(due - tests - set(excused))]
    for one, reason, more in rows:
        if one not in due:
            wrong.append(f"{one}: docs/requirements.md does not mark it; take it off the list")
        if one in tests:
            wrong.append(f"{one}: a test names it; take it off the list")
        if reason not in REASONS or not more.strip() or excused.count(one) > 1:
            wrong.append(f"{one}: needs one row with one of the reasons {sorted(REASONS)} and a sentence")
        if reason == "by construction" and not any(exists(file) for file in re.findall(r"`([\w./-]+)`", more)):
            wrong.append(f"{one}: has to name the file that makes it so")
    return wrong


def tests_of_the_tree():
    ids = set()
    for path in (SOURCES / "tests").rglob("*"):
        if path.suffix in (".py", ".cpp", ".h", ".cjs", ".mjs", ".go") and "layout" not in path.parts and path.name != "requirements_test.py":
            ids |= cited(path.read_text())
    return ids


@suite.test
def each_requirement_has_a_test_or_a_reason():
    requirements = (SOURCES / "docs/requirements.md").read_text()
    page = (SOURCES / "docs/requirements-untested.md").read_text()
    tests, due = tests_of_the_tree(), marked(requirements)
    print(f"{len(due)} requirements, {len(due & tests)} named by tests, {len(ROW.findall(page))} on the list")
    assert len(due) > 300, f"only {len(due)} requirements were found"
    equal(faults(requirements, tests, page, lambda file: (SOURCES / file).is_file()), [])


@suite.test
def a_requirement_without_either_is_found():
    """The ids here are made up: "w-" stands for the beginning that docs/requirements.md would have to know."""
    def real(text):
        return text.replace("w-", "W-")

    requirements = real("- **w-ONE-01** (M) a\n- **w-ONE-02** (M+I) b\n- **w-ONE-03** a note\n- **x**: **w-TWO-A1** (I) c\n| w-SEC-01 | d | e |\n")
    equal(marked(requirements), set(map(real, ("w-ONE-01", "w-ONE-02", "w-TWO-A1", "w-SEC-01"))))
    equal(cited(real("// w-URI-03/06, w-RAW-01 to 04. w-ORD-03, 05, w-AUT-A1 and A2; w-PCI-01…03, 17")),
          {real(f"w-{one}") for one in ("URI-03", "URI-06", "RAW-01", "RAW-02", "RAW-03", "RAW-04", "ORD-03", "ORD-05", "AUT-A1", "AUT-A2",
                                        "PCI-01", "PCI-02", "PCI-03", "PCI-17")})
    good = real("| w-ONE-02 | not built | Nobody asked. |\n| w-TWO-A1 | by construction | See `a.h`. |\n")
    tests = set(map(real, ("w-ONE-01", "w-SEC-01")))

    def count(tests, page, files=("a.h",)):
        return len(faults(requirements, tests, page, files.__contains__))
    equal(count(tests, good), 0)
    equal(count(tests - {real("w-SEC-01")}, good), 1, "one has neither")
    equal(count(tests | {real("w-ONE-02")}, good), 1, "one has both")
    equal(count(tests, good, ()), 1, "a.h is not there")
    equal(count(tests, good + real("| w-ONE-03 | not built | A note. |\n")), 1, "is not marked")
    equal(count(tests, good.replace("not built", "no time")), 1, "is no reason")
    equal(count(tests, good.replace("Nobody asked.", " ")), 1, "says nothing")


if __name__ == "__main__":
    suite.main()
