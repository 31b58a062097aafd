"""The documentation as a site: it builds without a warning, each link leads somewhere, and its reference is what the program says."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from docs import reference  # noqa: E402
from support import processes  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("docs_site")
SOURCES = processes.SOURCES
PAGES = {
    "configuration.md": lambda: reference.configuration([(f"{name}.toml" if name != "policy" else "Policy files", SOURCES / f"deploy/schema/{name}.schema.json")
                                                         for name in ("gateway", "inside", "policy", "principals")
                                                         if (SOURCES / f"deploy/schema/{name}.schema.json").exists()]),
    "commands.md": lambda: reference.commands(processes.binary())}


@suite.test
def the_reference_is_what_the_program_says():
    for name, make in PAGES.items():
        path, made = SOURCES / "docs/reference" / name, make()
        if os.environ.get("SALLYPORT_DOC_UPDATE"):
            path.write_text(made)
        equal(path.read_text() == made, True, f"{path} is out of date: SALLYPORT_DOC_UPDATE=1 tests/docs/site_test.py")


@suite.test(timeout=150)
def the_site_builds_without_a_warning():
    site = processes.scratch("site")
    made = processes.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site, "--config-file", SOURCES / "mkdocs.yml"], timeout=140,
                         env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    equal(made.returncode, 0, made.stdout[-3000:] + made.stderr[-3000:])
    for page in (SOURCES / "docs").rglob("*.md"):
        built = site / page.relative_to(SOURCES / "docs").with_suffix(".html")
        assert built.exists() or page.name == "README.md" and (built.parent / "index.html").exists(), built


if __name__ == "__main__":
    suite.main()
