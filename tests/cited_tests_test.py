"""Each test that a document cites is there: in backticks, the path of its file, a colon and the name of the test."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.processes import SOURCES  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("cited_tests")
CITATION = re.compile(r"`(tests/[\w./-]+\.(?:py|cpp)): ([^`]+)`")
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def tests_in(path, text):
    """The names by which tests of that file are cited: a function of Python, Suite.Name of C++."""
    if path.endswith(".py"):
        return set(re.findall(r"^(?:async )?def (\w+)\(", text, re.MULTILINE))
    return {".".join(names) for names in TEST.findall(text)}


def wrong_citations(page, text, read):
    """A line for each; `read` returns the text of a file of the tree, or None."""
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        for path, name in CITATION.findall(line):
            source = read(path)
            if source is None:
                wrong.append(f"{page}:{number}: {path} does not exist")
            elif name not in tests_in(path, source):
                wrong.append(f"{page}:{number}: {path} has no test {name}")
        if line.count("`") % 2 and "`tests/" in line and not line.strip().startswith("```"):
            wrong.append(f"{page}:{number}: a citation has to stand on one line")
    return wrong


def uncited_rows(text, heading):
    """The rows of the tables below that heading whose last column cites no test."""
    lines = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()
    rows = [line for line, following in zip(lines, [*lines[1:], ""]) if line.startswith("| ") and not following.startswith("|--")]
    return [row for row in rows if not CITATION.search(row.rstrip("| ").rpartition("| ")[2])]


def read(path):
    file = SOURCES / path
    return file.read_text() if file.is_file() else None


@suite.test
def each_cited_test_exists():
    wrong, count = [], 0
    for page in [*SOURCES.glob("*.md"), *SOURCES.glob("docs/**/*.md")]:
        text = page.read_text()
        count += len(CITATION.findall(text))
        wrong += wrong_citations(page.relative_to(SOURCES), text, read)
    equal(wrong, [])
    assert count > 50, f"only {count} citations were found"


@suite.test
def what_holds_is_shown_by_a_test_line_by_line():
    equal(uncited_rows(read("docs/security.md"), "What holds"), [])


@suite.test
def a_citation_of_nothing_is_found():
    files = {"tests/a_test.py": "def it_holds():\n", "tests/b_test.cpp": "TEST_F(Suite, Holds) {"}
    good = "`tests/a_test.py: it_holds`, `tests/b_test.cpp: Suite.Holds`"
    equal(wrong_citations("page", good, files.get), [])
    equal(wrong_citations("page", "`tests/a_test.py: it_hold`", files.get), ["page:1: tests/a_test.py has no test it_hold"])
    equal(wrong_citations("page", "\n`tests/b_test.cpp: Holds`", files.get), ["page:2: tests/b_test.cpp has no test Holds"])
    equal(wrong_citations("page", "`tests/c_test.py: it_holds`", files.get), ["page:1: tests/c_test.py does not exist"])
    equal(wrong_citations("page", "`tests/a_test.py:\nit_holds`", files.get), ["page:1: a citation has to stand on one line"])
    table = "\n## What holds\n\n| what | test |\n|---|---|\n| a | `tests/a_test.py: it_holds` |\n| b | nothing |\n\n## Other\n| c | d |\n"
    equal(uncited_rows(table, "What holds"), ["| b | nothing |"])


if __name__ == "__main__":
    suite.main()
