#!/usr/bin/env python3
"""Decides the same requests under the same 10,000 rules with sallyport, Open Policy Agent and Cedar, all in one run.

    tests/bench/policy_peers.py [--build build/release] [--rules N] [--requests N] [--keep DIRECTORY] [--without opa,cedar]

Writes one policy in three languages, builds the peers from their packages (Go, Cargo), checks that all of them answer every
request alike, and prints what a decision, loading and keeping the policy cost. Fails only when two answers differ.
docs/benchmarks.md tells what each figure is.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests/bench"
ROLES = 6               # role0 to role4 have rules of their own, role5 only those of "*"
NAMES = ["anna", "bela", "cora", "dirk", "emil", "fritz"]


@dataclasses.dataclass
class Rule:
    """One rule over one URI pattern, in no language yet."""
    number: int
    allow: bool
    role: str           # "*" means all
    action: str
    kind: str           # exact, prefix, wildcard (one component, the last but one, is open), own (the last is the authid)
    base: str
    last: str = ""      # the last component; of an exact or a wildcard rule
    most: int = None    # the first argument is an integer from 0 to this


def rules(count):
    """Of ten rules one forbids something below a prefix that another allows, one has a condition, three are exact, three are
    prefixes, one a wildcard, one names the caller. A third is for all roles, a seventh for publishing."""
    kinds = ("forbid", "condition", "exact", "exact", "exact", "prefix", "prefix", "prefix", "wildcard", "own")
    made = []
    for i in range(count):
        kind = kinds[i % 10]
        about = i + 5 if kind == "forbid" else i
        made.append(Rule(i, kind != "forbid", "*" if i % 3 == 0 else f"role{i // 10 % (ROLES - 1)}",
                         "publish" if i // 10 % 7 == 3 else "call", "exact" if kind in ("forbid", "condition") else kind,
                         f"site.line{about % 100}.device{about}",
                         "stop" if kind == "forbid" else "speed" if kind == "wildcard" else "run",
                         i % 90 if kind == "condition" else None))
    return made


def requests(made, count, seed=1):
    """Two thirds are what a rule is about, by somebody whom it is for; the others miss it by little."""
    rnd = random.Random(seed)
    for _ in range(count):
        rule = rnd.choice(made)
        who, near = rnd.choice(NAMES), rnd.random() < 0.3
        role = f"role{rnd.randrange(ROLES)}" if rule.role == "*" or rnd.random() < 0.1 else rule.role
        action = rnd.choice(["call", "publish"]) if rnd.random() < 0.1 else rule.action
        if near:
            tail = rnd.choice(["", ".run", ".stop", ".stop.now", f".{who}", ".motor.speed", ".motor.speed.set", ".a.b.c.d.e.f.run",
                               "0.run", f".{rnd.choice(NAMES)}", ".speed"])
        else:
            tail = {"exact": f".{rule.last}", "prefix": rnd.choice([".motor", ".motor.speed", ".stop", ".a.b.c"]),
                    "wildcard": f".{rnd.choice(['motor', 'fan'])}.speed", "own": f".{who}"}[rule.kind]
        edges = [-1, 0] if rule.most is None else [-1, 0, rule.most, rule.most + 1]
        argument = "" if rnd.random() < 0.2 else str(rnd.choice([*edges, rnd.randrange(0, 100)]))
        yield who, role, action, rule.base + tail, argument


def toml(made):
    out = ['realm = "bench"\n\n[[route]]\nid = "all"\nmatch = "prefix"\nuri = ""\nto = "inside"\n']
    for rule in made:
        match = {"prefix": 'match = "prefix"\n', "wildcard": 'match = "wildcard"\n'}.get(rule.kind, "")
        where = f'where = [{{ arg = 0, type = "integer", min = 0, max = {rule.most} }}]\n' if rule.most is not None else ""
        out.append(f'\n[[{"allow" if rule.allow else "forbid"}]]\nid = "rule-{rule.number}"\nroles = ["{rule.role}"]\n'
                   f'actions = ["{rule.action}"]\n{match}uri = "{key(rule)}"\n{where}')
    return "".join(out)


def key(rule):
    return {"exact": f"{rule.base}.{rule.last}", "prefix": f"{rule.base}.", "wildcard": f"{rule.base}..{rule.last}",
            "own": f"{rule.base}.${{authid}}"}[rule.kind]


DECIDE = "\ndefault decision := false\n\ndecision if {\n\tnot forbid\n\tallow\n}\n\ndefault forbid := false\n\ndefault allow := false\n"


def rego_rules(made):
    """Each rule is a Rego rule of equalities on the input, which is what OPA makes an index of."""
    out = [f"package bench\n{DECIDE}"]
    for rule in made:
        lines = [f'input.action == "{rule.action}"']
        lines += [] if rule.role == "*" else [f'input.role == "{rule.role}"']
        if rule.kind == "exact":
            lines.append(f'input.uri == "{key(rule)}"')
        else:
            lines += [f'input.parts[{at}] == "{part}"' for at, part in enumerate(rule.base.split("."))]
            size = rule.base.count(".") + 1
            lines += {"prefix": [f"input.count > {size}"],
                      "wildcard": [f"input.count == {size + 2}", f'input.parts[{size + 1}] == "{rule.last}"'],
                      "own": [f"input.count == {size + 1}", f"input.parts[{size}] == input.authid"]}[rule.kind]
        if rule.most is not None:
            lines += ["input.arg >= 0", f"input.arg <= {rule.most}"]
        out.append(f"\n{'allow' if rule.allow else 'forbid'} if {{\n" + "".join(f"\t{line}\n" for line in lines) + "}\n")
    return "".join(out)


def rego_data(made):
    """The rules as a document, for tests/bench/opa/data.rego."""
    document = {side: {action: {} for action in ("call", "publish")} for side in ("allow", "forbid")}
    for rule in made:
        at = document["allow" if rule.allow else "forbid"][rule.action].setdefault(key(rule), {})
        at[rule.role] = {"max": rule.most} if rule.most is not None else True
    return json.dumps({"rules": document})


def cedar(made):
    out = []
    for rule in made:
        who = "principal" if rule.role == "*" else f'principal in Role::"{rule.role}"'
        what = f'resource == Uri::"{key(rule)}"' if rule.kind == "exact" else f'resource in Prefix::"{rule.base}."'
        size = rule.base.count(".") + 1
        when = {"wildcard": f'resource.count == {size + 2} && resource.last == "{rule.last}"',
                "own": f"resource.count == {size + 1} && resource.last == principal.authid"}.get(rule.kind, "")
        if rule.most is not None:
            when = f"context has arg && context.arg >= 0 && context.arg <= {rule.most}"
        out.append(f'@id("rule-{rule.number}")\n{"permit" if rule.allow else "forbid"} ({who}, action == Action::"{rule.action}", '
                   f"{what}){' when { ' + when + ' }' if when else ''};\n")
    return "".join(out)


def grants(made):
    """The rules as entities, for tests/bench/cedar/grants.cedar: pattern, grant, range of the first argument."""
    return "".join(f"{key(rule)}\t{'forbid' if not rule.allow else 'allow' if rule.most is None else 'range'}/{rule.action}/"
                   f"{rule.role}\t{'' if rule.most is None else rule.most}\n" for rule in made)


class Missing(Exception):
    """Why a peer cannot be measured here, and what would cure it."""


def run(words, cure, **more):
    try:
        result = subprocess.run([str(word) for word in words], text=True, capture_output=True, **more)
    except FileNotFoundError:
        raise Missing(f"there is no {words[0]} ({cure})") from None
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Missing(f"`{pathlib.Path(words[0]).name} {words[1] if len(words) > 1 else ''}` failed: {last} ({cure})")
    return result.stdout


def build_opa(into):
    cure = "install Go 1.26 or newer and put it on the PATH; Debian 12's golang-go is 1.19, too old; one from 1.21 on fetches 1.26 itself"
    run(["go", "build", "-trimpath", "-o", into / "policy_opa", "."], cure, cwd=BENCH / "opa")
    return into / "policy_opa"


def build_cedar(into):
    cure = "install Cargo and Rust 1.89 or newer; on Debian 12 by `apt-get install cargo-web`, as its package cargo is too old"
    run(["cargo", "build", "--release", "--locked", "--manifest-path", BENCH / "cedar/Cargo.toml", "--target-dir", into / "cedar"], cure)
    return into / "cedar/release/policy_cedar"


def ours(build):
    program = build / "policy_decide"
    if not program.exists():
        sys.exit(f"there is no {program.name} in {build} (cmake --build {build} --target {program.name})")
    return program


def eager():
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except OSError:
        pass


def measure(name, program, words, here):
    """The figures that the program prints, and what it answered to each request."""
    answers = here / f"{name.replace(' ', '-').replace(',', '')}.answers"
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    figures = json.loads(run([program, *words, here / "requests.tsv", answers], "see above", preexec_fn=eager))
    return {"name": name, "answers": answers.read_text(), **figures}


def agreement(measured, asked):
    """How many requests all answer alike; prints the first that two answer differently."""
    alike = 0
    for number, request in enumerate(asked):
        given = {each["name"]: each["answers"][number] for each in measured}
        if len(set(given.values())) == 1:
            alike += 1
        elif number - alike < 3:
            print(f"differ: {' '.join(request)}: {given}", file=sys.stderr)
    return alike


def table(measured, missing):
    base = measured[0]
    print(f"\n{'one decision':<28} {'p50 µs':>9} {'p99 µs':>9} {'mean µs':>9} {'a second':>11} {'ratio':>9}   {'input µs':>8} {'load s':>7} {'MiB':>7}")
    for each in measured:
        print(f"{each['name']:<28} {each['p50_ns'] / 1e3:>9.2f} {each['p99_ns'] / 1e3:>9.2f} {each['mean_ns'] / 1e3:>9.2f} "
              f"{1e9 / each['mean_ns']:>11,.0f} {each['mean_ns'] / base['mean_ns']:>9,.1f}   "
              f"{each['input_ns'] / 1e3:>8.2f} {each['load_ms'] / 1e3:>7.2f} {each['resident_bytes'] / 2**20:>7.1f}")
    for name, why in missing.items():
        print(f"{name:<28} not measured: {why}")


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}"


def write(here, options):
    made = rules(options.rules)
    asked = list(requests(made, options.requests))
    for name, text in (("policy.toml", toml(made)), ("rules.rego", rego_rules(made)), ("data.json", rego_data(made)),
                       ("policy.cedar", cedar(made)), ("grants.tsv", grants(made)),
                       ("requests.tsv", "".join("\t".join(each) + "\n" for each in asked))):
        (here / name).write_text(text)
    return asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build/release"), help="the build directory")
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--keep", help="where to leave policies, requests and answers")
    parser.add_argument("--without", default="", help="peers to leave out, of opa,cedar")
    parser.add_argument("--json", help="also write all figures here")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    peers = {"sallyport": (lambda: ours(build), {"sallyport": ["policy.toml"]}),
             "opa": (lambda: build_opa(build), {"OPA, indexed rules": ["rules.rego"],
                                                "OPA, rules as data": [BENCH / "opa/data.rego", "data.json"]}),
             "cedar": (lambda: build_cedar(build), {"Cedar, policies": ["policy.cedar"],
                                                    "Cedar, rules as data": [BENCH / "cedar/grants.cedar", "grants.tsv"]})}
    for name in filter(None, options.without.split(",")):
        peers.pop(name)
    with tempfile.TemporaryDirectory() as scratch:
        here = pathlib.Path(options.keep or scratch).resolve()
        here.mkdir(parents=True, exist_ok=True)
        asked = write(here, options)
        measured, missing = [], {}
        for peer, (prepare, forms) in peers.items():
            try:
                program = prepare()
                measured += [measure(name, program, [here / word for word in words], here) for name, words in forms.items()]
            except Missing as why:
                missing[peer] = str(why)
        if not measured:
            sys.exit("\n".join(missing.values()))
        alike = agreement(measured, asked)
    allowed = measured[0]["answers"].count("1")
    print(f"{machine()}; {'; '.join(dict.fromkeys(each['version'] for each in measured))}")
    print(f"{options.rules:,} rules, {len(asked):,} requests, {allowed:,} of them allowed; "
          f"answered alike by all {len(measured)}: {alike:,}")
    table(measured, missing)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"machine": machine(), "engines": [{k: v for k, v in each.items() if k != "answers"} for each in measured],
             "missing": missing}, indent=1))
    return 0 if alike == len(asked) else 1


if __name__ == "__main__":
    sys.exit(main())
