"""The policy tools from the command line: every example of docs/policy-tools.md, completion in a real bash, exit codes, files that
are replaced whole, and Crossbar's own code beside what `import` makes of a configuration.

SALLYPORT_DOC_UPDATE=1 writes what came out into the page instead of comparing it.
"""
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("policy tools")
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/policy-tools.md"
POLICY = 'realm = "r"\n[[allow]]\nid = "a"\nroles = ["guest"]\nactions = ["call"]\nuri = "lab.x"\n'


def scratch():
    return pathlib.Path(tempfile.mkdtemp(prefix="policy-tools-"))


def run(*words, cwd=None, **options):
    return subprocess.run([processes.binary(), *map(str, words)], capture_output=True, text=True, timeout=60, cwd=cwd, **options)


@suite.test
def every_example_of_the_page_does_as_it_says():
    folder = scratch()
    (folder / "bin").mkdir()
    (folder / "bin/sallyport").symlink_to(processes.binary())
    env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    work = folder / "work"
    work.mkdir()
    made, commands = [], 0
    for part in re.split(r"(?ms)^(```\w[^\n]*\n.*?^```\n)", PAGE.read_text()):
        block = re.match(r"(?ms)^```(\w+) ?([^\n]*)\n(.*)^```\n", part)
        if not block:
            made.append(part)
            continue
        kind, name, text = block.groups()
        if kind != "console":
            (work / name).write_text(text)
            made.append(part)
            continue
        out = ""
        for line in text.splitlines():
            if not line.startswith("$ "):
                continue
            commands += 1
            result = subprocess.run(["bash", "-c", line[2:]], cwd=work, env=env, capture_output=True, text=True, timeout=60)
            out += line + "\n" + result.stdout + result.stderr
        made.append(f"```console\n{out}```\n")
    shutil.rmtree(folder)
    if os.environ.get("SALLYPORT_DOC_UPDATE"):
        PAGE.write_text("".join(made))
    assert commands >= 20, commands
    equal("".join(made).splitlines(), PAGE.read_text().splitlines(), "the page")


@suite.test
def every_tool_has_help_with_examples_and_json():
    tools = re.findall(r"^  (\w+) +\S", run("policy", "--help").stdout.split("Subcommands:")[1], re.M)
    assert {"check", "test", "explain", "fmt", "diff", "mutate", "replay", "unused", "import"} <= set(tools), tools
    for tool in {"check", "test", "explain", "fmt", "diff", "mutate", "replay", "unused", "import"}:
        result = run("policy", tool, "--help")
        equal(result.returncode, 0)
        for word in ("Examples:", f"sallyport policy {tool}", "--json", "Exit codes:"):
            assert word in result.stdout, (tool, word)


@suite.test
def json_is_one_line_and_the_only_output():
    folder = scratch()
    (folder / "a.toml").write_text(POLICY)
    (folder / "bad.toml").write_text("realm 1\n")
    (folder / "log").write_text("")
    (folder / "config.json").write_text("{")
    for words in (["check", "a.toml"], ["check", "bad.toml"], ["test", "a.toml"], ["test", "bad.toml"],
                  ["explain", "a.toml", "--as", "x:guest", "--call", "lab.x"], ["explain", "bad.toml", "--as", "x:y", "--call", "lab.x"],
                  ["explain", "a.toml", "--as", "x:guest", "--call", "lab..x"], ["fmt", "--check", "a.toml"], ["fmt", "--check", "bad.toml"],
                  ["diff", "a.toml", "a.toml"], ["diff", "a.toml", "bad.toml"], ["mutate", "a.toml"], ["mutate", "bad.toml"],
                  ["replay", "log", "--with", "a.toml"], ["replay", "log", "--with", "bad.toml"], ["unused", "a.toml"],
                  ["unused", "bad.toml"], ["import", "config.json"]):
        result = run("policy", *words, "--json", cwd=folder)
        equal(result.stderr, "", words)
        equal(result.stdout.count("\n"), 1, words)
        answer = json.loads(result.stdout)
        bad = "bad.toml" in words or "lab..x" in words or "config.json" in words
        equal(result.returncode == 2, bad, words)
        assert not bad or "errors" in result.stdout, (words, answer)
        plain = run("policy", *words, cwd=folder)
        equal(plain.returncode, result.returncode, words)
        equal(run("policy", *words, cwd=folder).stdout, plain.stdout, "the same question, the same bytes")
    shutil.rmtree(folder)


@suite.test
def whatever_goes_wrong_is_json_with_json():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-tools-"))
    (folder / "a.toml").write_text(POLICY)
    (folder / "no.log").write_text("one\ntwo\n")
    explain = ["policy", "explain", "a.toml", "--as", "x:guest"]
    for words in (["policy", "check"], ["policy", "check", "a.toml", "--jump"], ["policy", "replay", "none", "--with", "a.toml"],
                  ["policy", "replay", "no.log", "--with", "a.toml"], ["policy", "unused", "a.toml", "--log", "no.log"],
                  ["status", "--config", "none.toml"], ["policy", "apply", "--config", "none.toml"],
                  ["policy", "rollback", "--config", "none.toml"], [*explain, "--call", "lab.x", "--payload-bytes", "-5"],
                  [*explain, "--call", "lab.x", "--payload-bytes", "99999999999999999999"],
                  [*explain, "--call", "lab.x", "--others", "-1"]):
        result = run(*words, "--json", cwd=folder)
        equal(result.returncode, 2, words)
        equal(result.stderr, "", words)
        equal(result.stdout.count("\n"), 1, words)
        assert json.loads(result.stdout)["errors"][0]["text"], words
        plain = run(*words, cwd=folder)
        equal((plain.returncode, plain.stdout), (2, ""), words)
    told = run("policy", "replay", "no.log", "--with", "a.toml", cwd=folder).stderr
    assert told.startswith("no.log:1:1: error: no line is a record"), told
    empty = run(*explain, "--subscribe", "", "--match", "prefix", cwd=folder)
    equal(empty.returncode, 1, empty.stderr)
    shutil.rmtree(folder)


@suite.test
def wrong_command_lines_are_exit_2():
    for words in ([], ["check"], ["explain", "x.toml"], ["jump"], ["diff", "one.toml"], ["fmt", "--check", "--diff", "x"]):
        equal(run("policy", *words).returncode, 2, words)


@suite.test
def fmt_replaces_a_file_whole_and_keeps_its_mode():
    folder = scratch()
    path = folder / "a.toml"
    path.write_text(POLICY.replace(" = ", "="))
    path.chmod(0o640)
    (folder / "link.toml").symlink_to(path)
    equal(run("policy", "fmt", folder / "link.toml").returncode, 0)
    equal(path.read_text(), POLICY.replace("[[allow]]", "\n[[allow]]"))
    equal(path.stat().st_mode & 0o777, 0o640)
    assert (folder / "link.toml").is_symlink()
    equal(sorted(p.name for p in folder.iterdir()), ["a.toml", "link.toml"])
    before = path.stat()
    equal(run("policy", "fmt", path).stdout, "")
    equal(path.stat().st_mtime_ns, before.st_mtime_ns, "a file in its layout is not touched")
    shutil.rmtree(folder)


@suite.test
def principal_commands_at_one_time_lose_nothing():
    file = scratch() / "people.toml"
    names = [f"probe{number}" for number in range(24)]
    adding = [subprocess.Popen([processes.binary(), "principal", "add", str(file), name, "--role", "probe"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for name in names]
    equal([one.wait(30) for one in adding], [0] * len(names))
    changing = [subprocess.Popen([processes.binary(), "principal", verb, str(file), name],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for name in names[:8] for verb in ("disable", "rotate")]
    equal([one.wait(30) for one in changing], [0] * 16)
    told = json.loads(run("principal", "list", "--json", file).stdout)
    equal({one["authid"]: one["disabled"] for one in told["principals"]}, {name: name in names[:8] for name in names})
    equal([path.name for path in file.parent.iterdir()], ["people.toml"], "nothing is left beside it")


@suite.test
def import_writes_secrets_for_their_owner_and_replaces_nothing_unasked():
    folder = scratch()
    (folder / "config.json").write_text(json.dumps({"workers": [{"realms": [{"name": "r", "roles": [{"name": "op", "permissions": [
        {"uri": "com.app.", "match": "prefix", "allow": {"call": True}}]}]}], "transports": [{"type": "websocket", "auth": {
            "ticket": {"type": "static", "principals": {"al": {"ticket": "open sesame", "role": "op"}}}}}]}]}))
    result = run("policy", "import", "config.json", "--out", "made", cwd=folder)
    equal((result.returncode, result.stderr), (0, ""))
    equal((folder / "made/r.principals.toml").stat().st_mode & 0o777, 0o600)
    assert "sesame" not in (folder / "made/r.principals.toml").read_text()
    result = run("policy", "check", "made/r.toml", cwd=folder)
    equal(result.returncode, 0, result.stderr)
    assert "1 principal" in result.stdout
    result = run("policy", "import", "config.json", "--out", "made", cwd=folder)
    equal(result.returncode, 2)
    assert "already exists" in result.stderr
    equal(run("policy", "import", "config.json", "--out", "made", "--force", cwd=folder).returncode, 0)
    shutil.rmtree(folder)


class Shell:
    """An interactive bash with the completion loaded."""

    def __init__(self, folder):
        script = folder / "completion.bash"
        script.write_text(run("completion", "bash").stdout)
        (folder / "rc").write_text(f"PS1='> '\nbind 'set enable-bracketed-paste off' 'set bell-style none' 'set page-completions off'\n"
                                   f"sallyport() {{ printf '<%s>' \"$@\"; echo; }}\n. {script}\n")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["TERM"] = "dumb"
            os.execvp("bash", ["bash", "--noprofile", "--rcfile", str(folder / "rc"), "-i"])
        self.read_until("> ")

    def read_until(self, end, timeout=20):
        text, stop = "", time.monotonic() + timeout
        while not text.endswith(end):
            assert time.monotonic() < stop, text
            if select.select([self.fd], [], [], 0.2)[0]:
                text += os.read(self.fd, 65536).decode(errors="replace")
        return text

    def complete(self, typed):
        """What the words are once <TAB> and <RETURN> have been pressed."""
        os.write(self.fd, (typed + "\t\n").encode())
        text = self.read_until("> ")
        return re.findall(r"<([^>]*)>", text.splitlines()[-2] if len(text.splitlines()) > 1 else "")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@suite.test
def bash_completes_commands_options_values_and_files():
    folder = scratch()
    (folder / "observatory.toml").write_text(POLICY)
    shell = Shell(folder)
    for typed, due in (("sallyport pol", ["policy"]), ("sallyport policy expl", ["policy", "explain"]),
                       ("sallyport policy check --js", ["policy", "check", "--json"]),
                       ("sallyport policy check obs", ["policy", "check", "observatory.toml"]),
                       ("sallyport policy explain --match wild", ["policy", "explain", "--match", "wildcard"]),
                       ("sallyport policy replay log --with obs", ["policy", "replay", "log", "--with", "observatory.toml"]),
                       ("sallyport completion fi", ["completion", "fish"])):
        equal(shell.complete(typed), due, typed)
    shell.close()
    shutil.rmtree(folder)


@suite.test
def completion_knows_every_command_and_option_that_help_tells_of():
    def walk(path):
        text = run(*path, "--help").stdout
        script = run("completion", "bash").stdout
        row = re.search(rf"^ *'{' '.join(path)}'\) (.*) ;;$", script, re.M)
        assert row, path
        known = set(re.findall(r"--?[\w-]+|\w[\w-]*", row.group(1)))
        for option in re.findall(r"(--[\w-]+)", "\n".join(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", text, re.M))):
            assert option in known, (path, option)
        commands = re.findall(r"^  (\w+) +\S", text.split("Subcommands:")[1], re.M) if "Subcommands:" in text else []
        for command in commands:
            assert command in known, (path, command)
            walk([*path, command])
    walk([])
    for shell in ("zsh", "fish"):
        script = run("completion", shell).stdout
        for word in ("policy", "explain", "wildcard", "mutate"):
            assert word in script, (shell, word)


# What Crossbar itself decides (router/role.py), in a process of its own environment.
ORACLE = """
import json, sys
from crossbar.router.role import RouterRoleStaticAuth
for line in sys.stdin:
    permissions, uris = json.loads(line)
    role = RouterRoleStaticAuth(None, "a", permissions)
    print(json.dumps([bool(role.authorize(None, uri, "call", {})["allow"]) for uri in uris]), flush=True)
"""


@suite.test(timeout=120)
def import_tells_of_every_difference_from_crossbar_itself():
    python = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "crossbar/bin/python"
    assert python.exists(), f"{python} is made by deploy/install-dependencies --tests"
    rnd = random.Random(7)

    def uri(last=3):
        return ".".join(rnd.choice(["a", "ab", "b"]) for _ in range(rnd.randint(1, last)))
    worlds = []
    for _ in range(60):
        permissions = []
        for _ in range(rnd.randint(1, 5)):
            match = rnd.choice(["exact", "prefix", "wildcard"])
            text = uri() + ("." if match == "prefix" and rnd.random() < 0.6 else "")
            permissions.append({"uri": f"a..{uri(2)}" if match == "wildcard" else text, "match": match,
                                "allow": {"call": rnd.random() < 0.7}})
        worlds.append((permissions, sorted({uri() for _ in range(40)})))
    asked = "".join(json.dumps(world) + "\n" for world in worlds)
    oracle = subprocess.run([python, "-c", ORACLE], input=asked, capture_output=True, text=True, timeout=100)
    equal(oracle.returncode, 0, oracle.stderr[-1000:])
    folder, same, different = scratch(), 0, 0
    for (permissions, uris), line in zip(worlds, oracle.stdout.splitlines()):
        config = {"workers": [{"realms": [{"name": "r", "roles": [{"name": "a", "permissions": permissions}]}]}]}
        (folder / "c.json").write_text(json.dumps(config))
        answer = run("policy", "import", "c.json", "--force", "--json", cwd=folder)
        told = {note["kind"] for note in json.loads(answer.stdout)["differences"]}
        text = (folder / "r.toml").read_text().split("\n[[test]]")[0] + "\n"
        for name, allowed in zip(uris, json.loads(line)):
            expect = "allow" if allowed else "deny"
            text += f'[[test]]\nas = {{ role = "a" }}\ncall = "{name}"\nexpect = "{expect}"\n'
        (folder / "asked.toml").write_text(text)
        result = json.loads(run("policy", "test", "asked.toml", "--json", cwd=folder).stdout)
        for test, allowed in zip(result["tests"], json.loads(line)):
            same += test["passed"]
            different += not test["passed"]
            kind = "narrower" if allowed else "wider"
            assert test["passed"] or kind in told, (permissions, test, answer.stdout)
    shutil.rmtree(folder)
    assert same > 1000 and different > 20, (same, different)


# A configuration that Crossbar itself accepts, with something of everything. -------------------------------

TCP = {"type": "tcp", "port": 18080}
KEY = "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"
NODE = {"version": 2, "controller": {"options": {"title": "lab"}}, "workers": [
    {"type": "router", "options": {"title": "r"}, "components": [
        {"type": "class", "classname": "a.B", "realm": "lab", "role": "backend"}],
     "realms": [
        {"name": "lab", "options": {"enable_meta_api": True}, "roles": [
            {"name": "frontend", "permissions": [
                {"uri": "lab.", "match": "prefix", "allow": {"call": True, "subscribe": True}},
                {"uri": "lab.device.", "match": "prefix", "allow": {"call": True, "publish": True}, "cache": True},
                {"uri": "lab.device.reset", "match": "exact", "allow": {"call": False}},
                {"uri": "lab..ping", "match": "wildcard", "allow": {"call": True}}]},
            {"name": "backend", "permissions": [
                {"uri": "lab.*", "allow": {"register": True, "publish": True, "call": True, "subscribe": True},
                 "disclose": {"caller": True}, "validate": {"call": "lab.T"}}]},
            {"name": "decided", "authorizer": "lab.authorize"},
            {"name": "anonymous", "permissions": [{"uri": "lab.public", "match": "exact", "allow": {"call": True}}]}]},
        {"name": "other", "roles": [{"name": "backend", "permissions": [{"uri": "o.", "match": "prefix", "allow": {"call": True}}]}]}],
     "transports": [
        {"type": "websocket", "endpoint": TCP, "max_connections": 5, "options": {"allowed_origins": ["*"]},
         "cookie": {"name": "cbtid"}, "auth": {
            "anonymous": {"type": "static", "role": "frontend", "authid": "everybody"},
            "ticket": {"type": "static", "principals": {"al": {"ticket": "open sesame", "role": "backend"},
                                                        "en": {"ticket": "$TICKET", "role": "backend"}}},
            "wampcra": {"type": "dynamic", "authenticator": "lab.authenticate"},
            "cryptosign": {"type": "static", "principals": {"ke": {"authorized_keys": [KEY], "role": "backend", "realm": "other"}}},
            "tls": {"type": "static"}, "cookie": {}}},
        {"type": "rawsocket", "endpoint": {"type": "unix", "path": "s"}, "auth": {"anonymous": {"type": "static", "role": "backend"}}},
        {"type": "universal", "endpoint": {"type": "tcp", "port": 18081, "interface": "127.0.0.1"},
         "rawsocket": {"auth": {"wampcra": {"type": "static", "users": {"lo": {"secret": "local", "role": "backend"}}}}},
         "websocket": {"ws": {"type": "websocket", "auth": {"anonymous": {"type": "static", "role": "backend"}}}},
         "mqtt": {"options": {"realm": "lab", "role": "frontend"}},
         "web": {"paths": {"/": {"type": "static", "directory": "."},
                           "pub": {"type": "publisher", "realm": "lab", "role": "anonymous"}}}},
        {"type": "mqtt", "endpoint": {"type": "tcp", "port": 18083}, "options": {"realm": "lab"}}]},
    {"type": "container", "components": []}]}
W = "workers[0]"
T = W + ".transports"
TOLD = {  # the path of each part that is not carried over as it is, and a word of what is said of it
    "controller": "not imported", W + ".options": "not imported", W + ".components[0]": "as a service",
    W + ".realms[0].options": "not imported", W + ".realms[0].roles[1].permissions[0]": "",
    W + ".realms[0].roles[2]": "by a procedure", T + "[0].max_connections": "not imported", T + "[0].options": "not imported",
    T + "[0].cookie": "not imported", T + "[0].auth.anonymous.authid": "random authids",
    T + "[0].auth.ticket.principals.en.ticket": "environment variable TICKET", T + "[0].auth.wampcra": "[auth.dynamic]",
    T + "[0].auth.tls": "principal add", T + "[0].auth.cookie": "principal add",
    T + "[1]": "everybody who knows the onion address", T + "[2].rawsocket.auth.wampcra.users.lo": "imported disabled",
    T + "[2].websocket.ws": "everybody who knows the onion address", T + "[2].mqtt": "MQTT",
    T + '[2].web.paths["/"]': "web service", T + "[2].web.paths.pub": "role anonymous", T + "[3]": "MQTT",
    "workers[1]": "type \"container\""}


@suite.test(timeout=120)
def import_carries_over_or_names_every_part_of_a_configuration_that_crossbar_accepts():
    folder = scratch()
    (folder / ".crossbar").mkdir()
    (folder / ".crossbar/config.json").write_text(json.dumps(NODE))
    crossbar = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "crossbar/bin/crossbar"
    checked = processes.run([crossbar, "check", "--cbdir", folder / ".crossbar"], timeout=60)
    equal(checked.returncode, 0, checked.stdout + checked.stderr)
    result = run("policy", "import", ".crossbar/config.json", "--json", cwd=folder)
    equal(result.returncode, 1, result.stderr)
    differences = json.loads(result.stdout)["differences"]
    assert all(note["path"] and note["text"] for note in differences), differences
    told = {}
    for note in differences:
        if note["uri"]:   # an example message
            continue
        told[note["path"]] = told.get(note["path"], "") + note["text"] + "\n"
    rules = {path for path in told if ".permissions[" in path}
    equal(set(told) - rules, set(TOLD) - {path for path in TOLD if ".permissions[" in path})
    for path, word in TOLD.items():
        assert word in told[path], (path, told[path])
    # What opens a door is not there: nobody gets more than in Crossbar.
    lab, other = (folder / "lab.toml").read_text(), (folder / "other.toml").read_text()
    assert 'anonymous = { role = "frontend" }' in lab and "\nanonymous = " not in other, lab + other
    assert "[auth]" in other and "sesame" not in (folder / "other.principals.toml").read_text()
    people = {realm: {one["authid"]: one["disabled"] for one in json.loads(
        run("principal", "list", "--json", folder / f"{realm}.principals.toml").stdout)["principals"]} for realm in ("lab", "other")}
    equal(people, {"lab": {"al": False, "lo": True}, "other": {"al": False, "ke": False, "lo": True}})
    text = run("policy", "import", ".crossbar/config.json", "--force", cwd=folder).stderr
    assert f"narrower: .crossbar/config.json: {T}[1]: realm lab: anonymous sessions there (a unix socket)" in text, text
    # In a file with an unknown key, that key is named.
    odd = json.loads(json.dumps(NODE))
    odd["workers"][0]["realms"][0]["roles"][0]["permissions"][0]["surprise"] = 1
    (folder / "odd.json").write_text(json.dumps(odd))
    assert W + ".realms[0].roles[0].permissions[0].surprise" in run("policy", "import", "odd.json", "--print", cwd=folder).stderr
    shutil.rmtree(folder)


ROLES = """
import json, sys
from crossbar.router.role import RouterRoleStaticAuth
from crossbar.common.checkconfig import upgrade_config_file
if len(sys.argv) > 1:
    upgrade_config_file(None, sys.argv[1])
    config = json.load(open(sys.argv[1]))
else:
    config, asked = json.load(sys.stdin)
    roles = {(realm["name"], role["name"]): RouterRoleStaticAuth(None, role["name"], role.get("permissions"))
             for realm in config["workers"][0]["realms"] for role in realm["roles"]}
    print(json.dumps([bool(roles[realm, role].authorize(None, uri, action, {})["allow"]) for realm, role, uri, action in asked]))
"""


def _decides_as_crossbar(folder, config, file, roles, uris):
    """Each decision of Crossbar's code and of the imported policy; returns those that differ, as (role, uri, action, allowed)."""
    python = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "crossbar/bin/python"
    asked = [("lab", role, uri, action) for role in roles for uri in uris for action in ("call", "register", "subscribe", "publish")]
    oracle = subprocess.run([python, "-c", ROLES], input=json.dumps([config, asked]), capture_output=True, text=True, timeout=60)
    equal(oracle.returncode, 0, oracle.stderr[-1000:])
    answers = json.loads(oracle.stdout)
    text = (folder / file).read_text().split("\n[[test]]")[0] + "\n"
    for (_, role, uri, action), allowed in zip(asked, answers):
        text += f'[[test]]\nas = {{ role = "{role}" }}\n{action} = "{uri}"\nexpect = "{"allow" if allowed else "deny"}"\n'
    (folder / "asked.toml").write_text(text)
    result = json.loads(run("policy", "test", "asked.toml", "--json", cwd=folder).stdout)
    equal(len(result["tests"]), len(asked))
    assert 0.1 < sum(answers) / len(answers) < 0.9, "the table decides nothing"
    return [(*one[1:], allowed) for one, allowed, test in zip(asked, answers, result["tests"]) if not test["passed"]]


@suite.test(timeout=120)
def an_imported_policy_decides_as_crossbar_does():
    folder = scratch()
    (folder / "config.json").write_text(json.dumps(NODE))
    equal(run("policy", "import", "config.json", cwd=folder).returncode, 1)
    uris = ["lab.public", "lab.device.move", "lab.device.reset", "lab.x.ping", "lab.device.ping", "lab.x", "lab.x.y.z", "other.x",
            "lab.public.x", "lab.device.reset.x"]
    differ = _decides_as_crossbar(folder, NODE, "lab.toml", ["frontend", "backend", "anonymous"], uris)
    equal([one for one in differ if not one[-1]], [], "nothing is allowed that Crossbar denies")
    told = json.loads(run("policy", "import", "config.json", "--print", "--json", cwd=folder).stdout)["differences"]
    for role, uri, action, _ in differ:
        assert any(note["kind"] == "narrower" and note["role"] == role and action in note["actions"] for note in told), (role, uri, action)
    shutil.rmtree(folder)


@suite.test(timeout=120)
def permissions_of_version_1_are_imported_as_crossbar_upgrades_them():
    folder = scratch()
    old = {"workers": [{"type": "router", "realms": [{"name": "lab", "roles": [{"name": "frontend", "permissions": [
        {"uri": "lab.*", "call": True, "subscribe": True}, {"uri": "lab.device", "publish": True, "call": False},
        {"uri": "lab.*.ping.*", "call": True, "register": True}]}]}], "transports": []}]}
    for name in ("old.json", "upgraded.json"):
        (folder / name).write_text(json.dumps(old))
    python = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "crossbar/bin/python"
    equal(subprocess.run([python, "-c", ROLES, folder / "upgraded.json"], capture_output=True, timeout=60).returncode, 0)
    run("policy", "import", "old.json", cwd=folder)
    assert (folder / "lab.toml").read_text().count("[[allow]]") >= 3, (folder / "lab.toml").read_text()
    uris = ["lab.x", "lab.x.y", "lab.device", "lab.x.ping.y", "lab", "other"]
    differ = _decides_as_crossbar(folder, json.loads((folder / "upgraded.json").read_text()), "lab.toml", ["frontend"], uris)
    equal([one for one in differ if not one[-1]], [], "nothing is allowed that Crossbar denies")
    shutil.rmtree(folder)


if __name__ == "__main__":
    suite.main()
