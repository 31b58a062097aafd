"""The JSON Schemas for editors (deploy/schema): they know exactly the keys and names that the readers know, accept every example
of the project, and refuse what is malformed by its keys or types."""
import collections
import copy
import datetime
import json
import pathlib
import re
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

from jsonschema import Draft7Validator  # noqa: E402

suite = Suite("schema")
SOURCES = processes.SOURCES
SCHEMAS = {name: json.loads((SOURCES / f"deploy/schema/{name}.schema.json").read_text())
           for name in ("policy", "gateway", "inside", "principals")}


def errors(name, text):
    """What the schema says against a text, as `path: message`."""
    found = Draft7Validator(SCHEMAS[name]).iter_errors(tomllib.loads(text))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


# Keys and names ------------------------------------------------------------------------------------------------------

ARRAY = re.compile(r"std::array<std::string_view, \w+>\s+(\w+)\{([^}]*)\}")


def arrays_of(path):
    """Each array of names in a source: (the function it stands in or "", its name, the names)."""
    text = (SOURCES / path).read_text()
    found, function = [], ""
    for match in re.finditer(rf"^[\w:].*?\b(\w+)\([^;{{]*\)[^;{{]*\{{|{ARRAY.pattern}", text, re.MULTILINE):
        if match.group(1):
            function = match.group(1)
        else:
            indented = text[text.rfind("\n", 0, match.start()) + 1] == " "
            scope = function if indented else ""
            found.append((scope, match.group(2), set(re.findall(r'"([^"]+)"', match.group(3)))))
    return found


def keys(name, *path):
    node = SCHEMAS[name]
    for step in path:
        node = node[step]
    return set(node["properties"])


def names(name, *path):
    node = SCHEMAS[name]
    for step in path:
        node = node[step]
    return set(node["enum"])


POLICY = ("policy", "definitions")
RULE = (*POLICY, "allow")
PRINCIPAL = ("principals", "definitions", "principal", "properties")
WRITTEN_BY_THE_PROGRAM = {"gateway/config/grant.cpp"}
# Where each array of a source stands in a schema.
KNOWN = {
    "policy/file/file.cpp": {
        "file_keys": lambda: keys("policy"),
        "included_keys": lambda: keys("policy") - {"realm", "auth"},
        "route_keys": lambda: keys(*POLICY, "route")},
    "policy/file/rule_reading.cpp": {
        "allow_keys": lambda: keys(*RULE), "forbid_keys": lambda: keys(*POLICY, "forbid"),
        "limit_keys": lambda: keys(*POLICY, "limits"), "scope_keys": lambda: keys(*POLICY, "scope"),
        "payload_names": lambda: names(*POLICY, "payload_mode", "anyOf", 0),
        "grant_names": lambda: names(*POLICY, "grant")},
    "policy/file/condition_reading.cpp": {
        "condition_keys": lambda: keys(*POLICY, "condition"), "type_names": lambda: names(*POLICY, "value_type")},
    "policy/file/delivery_reading.cpp": {
        "key_keys": lambda: keys(*POLICY, "event_key"), "delivery_names": lambda: names(*POLICY, "deliver", "anyOf", 0),
        "delivery_keys": lambda: keys(*RULE) - keys(*POLICY, "forbid") - {"limits", "grants"}},
    "policy/file/test_reading.cpp": {
        "test_keys": lambda: keys(*POLICY, "test"),
        "as_keys": lambda: keys(*POLICY, "test", "properties", "as", "anyOf", 0)},
    "policy/file/reading.cpp": {"match_names": lambda: names(*POLICY, "match", "anyOf", 0)},
    "policy/file/reading.h": {"action_names": lambda: names(*POLICY, "action")},
    "policy/auth/auth_section.cpp": {
        "auth_keys": lambda: keys(*POLICY, "auth"),
        "anonymous_keys": lambda: keys(*POLICY, "auth", "properties", "anonymous"),
        "failure_keys": lambda: keys(*POLICY, "auth", "properties", "failures"),
        "dynamic_keys": lambda: keys(*POLICY, "auth", "properties", "dynamic"),
        "secret_names": lambda: names(*POLICY, "auth", "properties", "methods", "anyOf", 0),
        "method_names": lambda: names(*POLICY, "auth", "properties", "dynamic", "properties", "methods", "anyOf", 0)},
    "policy/auth/principals.cpp": {
        "file_keys": lambda: keys("principals"), "principal_keys": lambda: keys(*PRINCIPAL[:-1]),
        "cra_keys": lambda: keys(*PRINCIPAL, "wampcra"), "scram_keys": lambda: keys(*PRINCIPAL, "wamp-scram")},
    "gateway/config/config.cpp": {
        "read_listen keys": lambda: keys("gateway", "properties", "listen"),
        "read_common modes": lambda: names("gateway", "properties", "sandbox"),
        "read_common id_rules": lambda: names("gateway", "properties", "request_ids"),
        "read_tor keys": lambda: keys("gateway", "properties", "tor"),
        "read_tor modes": lambda: names("gateway", "properties", "tor", "properties", "mode"),
        "kinds": lambda: names("gateway", "definitions", "backend", "properties", "kind"),
        "refuse_keys_of_other_kinds embedded": lambda: keys_of_kind("embedded"),
        "refuse_keys_of_other_kinds accept": lambda: keys_of_kind("accept"),
        "refuse_keys_of_other_kinds dial": lambda: keys_of_kind("dial"),
        "refuse_keys_of_other_kinds all": lambda: OF_ALL_KINDS,
        "read_router profiles": lambda: names("gateway", "definitions", "backend", "properties", "profile"),
        "read_login methods": lambda: names("gateway", "definitions", "backend", "properties", "authmethod"),
        "read_router serializers": lambda: names("gateway", "definitions", "backend", "properties", "serializer"),
        "read_backend keys": lambda: keys("gateway", "definitions", "backend"),
        "read_history keys": lambda: keys("inside", "properties", "history", "items"),
        "read_history matches": lambda: names("inside", "properties", "history", "items", "properties", "match"),
        "parse_gateway_config keys": lambda: keys("gateway"),
        "parse_inside keys": lambda: keys("inside"),
        "parse_inside listen_keys": lambda: keys("inside", "properties", "listen", "items"),
        "parse_inside link_keys": lambda: keys("inside", "properties", "link", "items")},
    "gateway/config/config_reader.cpp": {
        "listener keys": lambda: keys("gateway", "definitions", "listener", "anyOf", 1),
        "limits keys": lambda: keys("gateway", "definitions", "limits"),
        "audit keys": lambda: keys("gateway", "definitions", "audit"),
        "metrics keys": lambda: keys("gateway", "properties", "metrics")},
}


OF_ALL_KINDS = {"name", "kind", "convey_identity", "eject", "eject_at", "slow_return"}


def keys_of_kind(kind):
    """The keys that a backend of this kind has and at least one other kind has not."""
    refused = [set(one["then"]["properties"]) for one in SCHEMAS["gateway"]["definitions"]["backend"]["allOf"]
               if one["if"]["properties"]["kind"]["const"] == kind]
    equal(len(refused), 1)
    return keys("gateway", "definitions", "backend") - refused[0] - OF_ALL_KINDS


@suite.test
def the_keys_of_the_schemas_are_those_of_the_readers():
    readers = [path for folder in ("policy/document", "policy/file", "policy/auth", "gateway/config") for path in sorted((SOURCES / folder).glob("*.[ch]*"))]
    compared = 0
    every = [listed() for arrays in KNOWN.values() for listed in arrays.values()]
    for path in readers:
        relative = str(path.relative_to(SOURCES))
        due = dict(KNOWN.get(relative, {}))
        if relative in WRITTEN_BY_THE_PROGRAM:
            continue
        if not due and not re.search(r"\bSection\b", path.read_text()):
            continue  # reads no tables
        for function, array, found in arrays_of(relative):
            name = f"{function} {array}".strip()
            if relative not in KNOWN and any(found < whole for whole in every):
                continue  # looks again at a file that another reader reads whole
            assert name in due, f"{relative}: the schema test does not know the names of {name}: {sorted(found)}"
            equal(due.pop(name)(), found, f"{relative}: {name}")
            compared += 1
        equal(list(due), [], f"{relative}: no such arrays")
    equal(compared, sum(map(len, KNOWN.values())))


@suite.test
def the_two_configurations_share_limits_and_audit():
    for part in ("limits", "audit", "size", "duration", "pin", "local_address"):
        equal(SCHEMAS["inside"]["definitions"][part], SCHEMAS["gateway"]["definitions"][part])
    scram, autobahn = (dict(SCHEMAS["principals"]["definitions"]["principal"]["properties"][name]) for name in ("wamp-scram", "scram"))
    equal(list(scram["properties"]), list(autobahn["properties"]))


def tables(node, path=""):
    """Every part of a schema that describes a table."""
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            yield path, node
        for key, value in node.items():
            yield from tables(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from tables(value, f"{path}/{index}")


def described(schema, entry):
    if isinstance(entry, dict) and "$ref" in entry:
        node = schema
        for step in entry["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        return described(schema, node)
    return bool(entry.get("description"))


@suite.test
def each_schema_is_one_and_describes_every_key():
    for name, schema in SCHEMAS.items():
        Draft7Validator.check_schema(schema)
        for path, table in tables(schema):
            equal(table.get("additionalProperties"), False, f"{name}{path} refuses unknown keys")
            for key, entry in table["properties"].items():
                assert described(schema, entry), f"{name}{path}: {key} has no description"


@suite.test
def the_examples_within_the_schemas_are_valid():
    checked = 0
    for name, schema in SCHEMAS.items():
        def walk(node):
            nonlocal checked
            if isinstance(node, dict):
                for example in node.get("examples", []) if isinstance(node.get("examples"), list) else []:
                    part = {**node, "definitions": schema["definitions"]}
                    found = [error.message for error in Draft7Validator(part).iter_errors(example)]
                    equal(found, [], f"{name}: the example {example!r}")
                    checked += 1
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)
        walk(schema)
    assert checked >= 30, checked


# Files ---------------------------------------------------------------------------------------------------------------

def kind_of(path):
    if path.name.startswith("gateway"):
        return "gateway"
    if re.fullmatch(r"inside(-dials|-systemd|-relay)?\.toml", path.name):
        return "inside"
    return "principals" if "principals" in path.name else "policy"


@suite.test
def every_example_is_valid_and_names_its_schema():
    seen = dict.fromkeys(SCHEMAS, 0)
    for path in sorted((SOURCES / "deploy/examples").rglob("*.toml")):
        kind = kind_of(path)
        seen[kind] += 1
        text = path.read_text()
        equal(errors(kind, text), [], str(path))
        hint = re.match(r"#:schema (\S+)\n", text)
        assert hint, f"{path} has no #:schema line"
        equal((path.parent / hint.group(1)).resolve(), SOURCES / f"deploy/schema/{kind}.schema.json", str(path))
    assert all(count >= 4 for count in seen.values()), seen


def page_examples():
    page = (SOURCES / "docs/policy-language.md").read_text()
    for match in re.finditer(r"```toml([^\n]*)\n(.*?)```", page, re.DOTALL):
        yield page[:match.start()].count("\n") + 1, match.group(1).strip(), match.group(2)


@suite.test
def every_accepted_example_of_the_policy_page_is_valid():
    accepted = 0
    for line, kind, text in page_examples():
        if text.startswith("# refused:"):
            continue
        part = kind == "" and not text.startswith("realm = ")
        equal(errors("principals" if kind == "principals" else "policy", 'realm = "example"\n' * part + text), [],
              f"docs/policy-language.md:{line}")
        accepted += 1
    assert accepted >= 7, accepted


@suite.test
def the_policies_of_the_simulation_are_valid():
    paths = sorted((SOURCES / "tests/sim/policies").glob("*.toml"))
    for path in paths:
        kind = "principals" if path.name.endswith(".principals.toml") else "policy"
        equal(errors(kind, path.read_text()), [], str(path))
    assert paths


def malformed():
    """(title, text, errors) of each case."""
    text = (SOURCES / "tests/unit/policy/file/malformed.txt").read_text(errors="surrogateescape")
    for case in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = case.partition("\n")
        body, _, due = rest.partition("\n---\n")
        yield title, body, due.strip().splitlines()


# What a schema is able to see: keys, types, and the shape of a single value.
VISIBLE = re.compile(r"unknown key|, expected | is an? [a-z ]+, expected|unknown (action|match|method|type|grant|payload|when_down|delivery)|"
                     r" has no \"(id|roles|actions|uri|to|as|expect|role|procedure|methods)\"|cannot be (a role|an id)|is not a valid (rate|duration|size)")


@suite.test
def what_is_malformed_by_its_keys_or_types_is_refused():
    refused = 0
    for title, text, due in malformed():
        try:
            found = errors("policy", text)
        except tomllib.TOMLDecodeError:
            continue
        if any(VISIBLE.search(line) for line in due):
            assert found, f"{title}: the schema takes it, although: {due}"
            refused += 1
    assert refused >= 12, refused


@suite.test
def each_known_key_misspelt_or_of_a_wrong_type_is_refused():
    """Over the tables of all examples: one key renamed, or its value a date, which no key takes. Each key of each kind of table
    three times."""
    changed = 0
    done = collections.Counter()

    def variants(node, path=()):
        if isinstance(node, dict):
            for key in node:
                yield path, key
                if key not in ("variables", "kwargs"):
                    yield from variants(node[key], (*path, key))
        elif isinstance(node, list) and path and path[-1] not in ("args", "one_of"):
            for index, value in enumerate(node):
                yield from variants(value, (*path, index))

    for path in sorted((SOURCES / "deploy/examples").rglob("*.toml")):
        validator = Draft7Validator(SCHEMAS[kind_of(path)])
        whole = tomllib.loads(path.read_text())
        for place, key in variants({name: part for name, part in whole.items() if name != "variables"}):
            kind = (kind_of(path), *(step for step in place if isinstance(step, str)), key)
            done[kind] += 1
            if done[kind] > 3:
                continue
            # The part of the file alone that the key stands in, so that nothing else is looked at again.
            tree = {name: part for name, part in whole.items() if name in {(*place, key)[0], "realm"}}
            tree = copy.deepcopy({name: part[place[1]:place[1] + 1] if len(place) > 1 and name == place[0] and
                                  isinstance(part, list) else part for name, part in tree.items()})
            table = tree
            for depth, step in enumerate(place):
                table = table[0 if depth == 1 and isinstance(table, list) else step]
            value = table.pop(key)
            for wrong, other in ((f"{key}x", value), (key, datetime.date(2001, 1, 1))):
                table[wrong] = other
                assert not validator.is_valid(tree), f"{path}: {'.'.join(map(str, (*place, key)))}: {wrong} = {other}"
                del table[wrong]
                changed += 1
    assert changed >= 200, changed


if __name__ == "__main__":
    suite.main()
