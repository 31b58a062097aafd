"""Seconds that each tool of `sallyport policy` takes on a policy of 10,000 rules with 10,000 tests. Prints a table, judges nothing.

    tests/bench/policy_tools.py [PROGRAM] [--rules N] [--keep DIRECTORY]
"""
import argparse
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def policy(rules, changed=0, seed=1):
    """A site of 100 lines with devices; a tenth are forbids, some have conditions or placeholders."""
    rnd = random.Random(seed)
    victims = set(rnd.sample(range(rules), changed))
    out = ['realm = "site"\n\n[[route]]\nid = "all"\nmatch = "prefix"\nuri = ""\nto = "inside"\n',
           '\n[[route]]\nid = "line-7"\nmatch = "prefix"\nuri = "site.line7."\nto = "plc"\n']
    for i in range(rules):
        prefix, forbid = i % 2 == 1, i % 10 == 0
        role = "*" if i % 3 == 0 else f"role{i % 50}"
        base = f"site.line{i % 100}.device{i}"
        uri = base + ("." if prefix else ".run")
        extra = ""
        if i % 8 == 5:
            uri, prefix = base + ".${authid}.status", False
        elif i % 4 == 2 and not forbid:
            extra = f'where = [{{ arg = 0, type = "integer", min = 0, max = {i % 90 + (1 if i in victims else 0)} }}]\n'
        elif i in victims:
            role = "role51"
        out.append(f'\n[[{"forbid" if forbid else "allow"}]]\nid = "rule-{i}"\nroles = ["{role}"]\nactions = ["call"]\n'
                   + ('match = "prefix"\n' if prefix else "") + f'uri = "{uri}"\n' + extra)
    return "".join(out)


def with_tests(text, rules):
    out = [text]
    for i in range(rules):
        role = "role1" if i % 3 == 0 else f"role{i % 50}"
        base = f"site.line{i % 100}.device{i}"
        uri = base + (".anna.status" if i % 8 == 5 else ".motor" if i % 2 == 1 else ".run")
        args = "args = [0]\n" if i % 4 == 2 and i % 10 else ""
        expect = f"forbid rule-{i}" if i % 10 == 0 else f"allow rule-{i}"
        out.append(f'\n[[test]]\nas = {{ authid = "anna", role = "{role}" }}\ncall = "{uri}"\n{args}expect = "{expect}"\n')
    return "".join(out)


def log(path, rules, lines):
    with open(path, "w") as f:
        for n in range(lines):
            i = n % rules
            role = "role1" if i % 3 == 0 else f"role{i % 50}"
            f.write(json.dumps({"time": "2026-01-01T00:00:00.000Z", "door": "front", "number": n + 1,
                                "outcome": "deny" if i % 10 == 0 else "allow", "realm": "site", "authid": "anna", "role": role,
                                "method": "ticket", "action": "call", "uri": f"site.line{i % 100}.device{i}.run",
                                "payload_bytes": 17, "rule": f"rule-{i}", "file": "site.toml", "line": 3, "policy": "0" * 64,
                                "session": 12345, "circuit": 7}, separators=(",", ":")) + "\n")


def crossbar(path, rules):
    permissions = [{"uri": f"site.line{i % 100}.device{i}.", "match": "prefix" if i % 2 else "exact",
                    "allow": {"call": True, "publish": i % 3 == 0}} for i in range(rules)]
    for i in range(0, rules, 2):
        permissions[i]["uri"] += "run"
    path.write_text(json.dumps({"version": 2, "workers": [{"type": "router", "realms": [
        {"name": "site", "roles": [{"name": f"role{r}", "permissions": permissions[r::50]} for r in range(50)]}]}]}))


def measure(command):
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            result.returncode, (result.stdout + result.stderr).strip().splitlines() or [""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default=str(ROOT / "build/release/sallyport"))
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the decision log")
    parser.add_argument("--keep", help="where to leave the files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        here = pathlib.Path(options.keep or scratch)
        here.mkdir(exist_ok=True)
        old, new, tested = here / "old.toml", here / "new.toml", here / "tested.toml"
        old.write_text(policy(options.rules))
        new.write_text(policy(options.rules, changed=20))
        tested.write_text(with_tests(policy(options.rules), options.rules))
        log(here / "log.json", options.rules, options.lines)
        log(here / "short.json", options.rules, 10_000)
        crossbar(here / "crossbar.json", options.rules)
        tools = {
            "check": ["check", old],
            "check, with tests": ["check", tested],
            "explain": ["explain", old, "--as", "anna:role1", "--call", "site.line9.device9.motor"],
            "test": ["test", tested],
            "fmt --check": ["fmt", "--check", old],
            "diff, 20 changes": ["diff", old, new],
            "diff, none": ["diff", old, old],
            "mutate, with tests": ["mutate", tested],
            "mutate, no tests": ["mutate", old],
            "unused": ["unused", old],
            "unused --log": ["unused", old, "--log", here / "short.json"],
            "replay 10,000": ["replay", here / "short.json", "--with", new],
            f"replay {options.lines:,}": ["replay", here / "log.json", "--with", new],
            "import": ["import", here / "crossbar.json", "--out", here / "imported"],
        }
        print(f"{options.rules:,} rules, {old.stat().st_size // 1024} KiB; with tests {tested.stat().st_size // 1024} KiB")
        print(f"{'tool':<20} {'seconds':>8} {'of CPU':>8}  exit  last line")
        for name, words in tools.items():
            seconds, cpu, code, lines = measure([options.program, "policy", *map(str, words)])
            print(f"{name:<20} {seconds:8.2f} {cpu:8.2f}  {code:4}  {lines[-1][:90]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
