"""A hook of mkdocs. What a page links to outside of the documentation, such as an example, is named by its path in the sources."""
import pathlib
import posixpath
import re

FENCE = re.compile(r"^(```\w+) .*$", re.MULTILINE)  # a second word is for the tests of the page
LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#]*)(#[^)]*)?\)")


def on_page_markdown(markdown, page, config, files):
    folder = posixpath.dirname(page.file.src_uri)

    def named(match):
        text, target = match.group(1), match.group(2)
        inside = posixpath.normpath(posixpath.join(folder, target))
        if not inside.startswith("../"):
            return match.group(0)
        path = posixpath.normpath(posixpath.join("docs", folder, target))
        if not (pathlib.Path(config.docs_dir).parent / path).exists():
            raise SystemExit(f"{page.file.src_uri}: there is no {path}")
        return text if path in text else f"{text} (`{path}`)"

    return LINK.sub(named, FENCE.sub(r"\1", markdown))
