"""Makes the pages of docs/reference from what the program itself says: the schemas of its configuration, and the help of its commands."""
import json
import re
import subprocess

HEAD = "<!-- Made by tests/docs/reference.py; SALLYPORT_DOC_UPDATE=1 tests/docs/site_test.py writes it anew. -->\n\n"


def kind_of(schema):
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(one) for one in schema.get("anyOf") or schema["oneOf"]))
    return {"object": "table", "array": "list"}.get(schema.get("type"), schema.get("type", "value"))


def resolved(schema, root):
    """The schema with what it refers to."""
    whole = {}
    for part in [*schema.get("allOf", []), schema]:
        if "$ref" in part:
            whole.update(resolved(root["definitions"][part["$ref"].rsplit("/", 1)[1]], root))
        whole.update({key: value for key, value in part.items() if key not in ("$ref", "allOf")})
    return whole


def text(value):
    return value.replace("|", "\\|").replace("\n", " ")


def rows(schema, root, section, found):
    """The keys of a table, and below them those of the tables within, as (section, row)."""
    for key, raw in schema.get("properties", {}).items():
        value = resolved(raw, root)
        inner = resolved(value["items"], root) if value.get("type") == "array" and "items" in value else value
        name = f"{section}.{key}" if section else key
        if inner.get("properties") and "anyOf" not in value and "oneOf" not in value:
            found.setdefault(f"[[{name}]]" if inner is not value else f"[{name}]", [value.get("description", "")])
            rows(inner, root, name, found)
            continue
        default = f"`{json.dumps(value['default'])}`" if "default" in value else ""
        place = next((title for title in found if title.strip("[]") == section), "")
        needed = "yes" if key in schema.get("required", ()) else ""
        found.setdefault(place, [""]).append(f"| `{key}` | {kind_of(value)} | {needed} | {default} | {text(value.get('description', ''))} |")


def configuration(schemas):
    """The page on the keys of all files. `schemas`: (title, path of the schema)."""
    page = HEAD + "# Configuration\n\nEvery key of the files that sallyport reads. A key that is not here is refused, and the error names the nearest one.\n"
    for title, path in schemas:
        root = json.loads(path.read_text())
        found = {"": [root.get("description", "")]}
        rows(resolved(root, root), root, "", found)
        page += f"\n## {title}\n"
        for section, (description, *lines) in found.items():
            if section:
                page += f"\n### {title}: `{section}`\n"
            if description:
                page += f"\n{description}\n"
            if lines:
                page += "\n| key | value | needed | default | |\n|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    return page


def help_of(program, words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout.replace(str(program), "sallyport")


def subcommands(said):
    return re.findall(r"^  (\S+) ", said.partition("Subcommands:")[2], re.MULTILINE)


def commands(program):
    page = HEAD + "# Commands\n\nWhat `--help` says of each; `man sallyport-COMMAND` has the same.\n"

    def add(words):
        nonlocal page
        said = help_of(program, words)
        page += f"\n## sallyport {' '.join(words)}".rstrip() + f"\n\n```text\n{said.strip()}\n```\n"
        for name in subcommands(said):
            add([*words, name])

    add([])
    return page
