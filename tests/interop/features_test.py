"""Each feature of WAMP, in each direction, with each kind of backend: it works, or an error says that it does not. What came out is
the table in docs/wamp.md, to which this compares it (W-FEA-01).

SALLYPORT_DOC_UPDATE=1 writes what came out into the page instead of comparing it. Words select backends, such as `crossbar`.
"""
import difflib
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient, socks  # noqa: E402
from support.crossbar import Crossbar  # noqa: E402
from support.deployment import INSIDE_POLICY, REALM, TICKETS, Deployment  # noqa: E402
from support.nexus import Nexus  # noqa: E402
from support.peer import ROLES, Ended, Ignored, Nothing, Peer, Refused  # noqa: E402
from support.processes import SOURCES  # noqa: E402
from support.rawclient import (CALL, CANCEL, CBOR, ERROR, INTERRUPT, INVOCATION, JSON, MSGPACK, PUBLISH, RESULT,  # noqa: E402
                               UNREGISTERED, YIELD, binary)
from support.runner import Suite, equal  # noqa: E402

suite = Suite("features")
PAGE = SOURCES / "docs/wamp.md"
TICKETS.update(carol=("helper", "a ticket for carol"))
META = [f"wamp.{kind}.{name}" for kind, names in {
    "session": ("count", "list", "get"),
    "registration": ("list", "lookup", "match", "get", "list_callees", "count_callees"),
    "subscription": ("list", "lookup", "match", "get", "list_subscribers", "count_subscribers")}.items() for name in names]
RULES = f'''
[[allow]]
id = "all"
roles = ["operator", "helper", "service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["disclose_me", "retain", "force_reregister"]

[[allow]]
id = "sealed"
roles = ["operator", "helper", "service", "gateway"]
actions = ["call", "publish"]
match = "prefix"
uri = "lab.sealed."
payload = "opaque"

[[allow]]
id = "meta"
roles = ["operator", "helper", "service", "gateway"]
actions = ["call"]
uri = {json.dumps(META)}
grants = ["meta"]

[[allow]]
id = "testaments"
roles = ["operator", "helper", "service", "gateway"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]

[[allow]]
id = "history"
roles = ["operator", "helper", "service", "gateway"]
actions = ["call"]
uri = "wamp.subscription.get_events"
grants = ["history"]
'''
INSIDE_RULES = INSIDE_POLICY.partition("[[allow]]")[0] + RULES
HISTORY = '\n[[history]]\nuri = "lab.history"\n'


class World:
    """A gateway with one kind of backend, and clients on either side of it."""

    def __init__(self, backend):
        self.backend, self.router, self.gateway = backend, None, None
        self.ours = backend in ("embedded", "link")

    def start(self):
        link, lines = {"embedded": "embedded", "link": "accept"}.get(self.backend, "dial"), ""
        if self.backend == "crossbar":
            self.router = Crossbar(REALM)
            lines = f'address = "unix:{self.router.path}"\nprofile = "crossbar"\n'
        if self.backend == "nexus":
            self.router = Nexus(REALM)
            lines = f'address = "tcp:127.0.0.1:{self.router.port}"\nprofile = "nexus"\n'
        if self.router:
            self.router.start()
        self.gateway = Deployment(link, backend=lines, outside_rules=RULES, name=f"features-{self.backend}").write()
        outside = self.gateway.dir / "observatory.toml"
        outside.write_text(outside.read_text().replace('match = "prefix"\nuri = "lab."\nto = "inside"', 'match = "prefix"\nuri = ""\nto = "inside"'))
        (self.gateway.dir / "inside-observatory.toml").write_text(INSIDE_RULES)
        if '"history": {' in (SOURCES / "deploy/schema/inside.schema.json").read_text():
            with open(self.gateway.dir / "inside.toml", "a") as config:
                config.write(HISTORY)
        self.gateway.start_gateway()
        if link == "accept":
            self.gateway.start_inside()
        self.gateway.wait_link()
        self.keeper = self.join("in", None)  # nexus forgets the history of a topic to which nobody is subscribed
        self.keeper.subscribe("lab.history")

    def stop(self):
        codes = self.gateway.stop() if self.gateway else []
        if self.router:
            self.router.stop()
        equal(codes, [0] * len(codes), "exit codes of an orderly stop")

    def join(self, side, authid, serializer=MSGPACK):
        if side == "out":
            return Peer(self.gateway.raw(authid, serializer, roles=ROLES))
        if self.ours:
            return Peer(self.gateway.raw_inside(serializer, roles=ROLES))
        address = self.router.path if self.backend == "crossbar" else ("127.0.0.1", self.router.port)
        client = rawclient.Client(rawclient.RawSocket(socks.plain(address), serializer), ROLES)
        equal(client.join(REALM)[0], rawclient.WELCOME)
        return Peer(client)


class Cell:
    """What a probe has: `one`, who calls, publishes or asks, `other`, who is called or hears, and names of its own."""

    def __init__(self, world, direction, number):
        self.world, self.sides, self.peers = world, direction.split(" → "), []
        self.name = f"lab.probe{number}"
        self.one = self.another(0, "alice")
        self.other = self.another(1, "carol")

    def another(self, side, authid="carol", serializer=MSGPACK):
        self.peers.append(self.world.join(self.sides[side], authid, serializer))
        return self.peers[-1]

    def close(self):
        for peer in self.peers:
            peer.close()

    def start_call(self, callee=None, procedure=None, args=(1,), **options):
        """A call that has reached its callee: its number and the INVOCATION."""
        request = self.one.ask(CALL, options, procedure or self.name, list(args))
        return request, self.one.called({"callee": callee or self.other}, request)[1]

    def events(self, *due):
        """The texts of the events up to the last of those that are due, which must be these."""
        texts = []
        while not texts or texts[-1] != due[-1]:
            texts.append(self.other.event(self.name)[4][0])
        if texts != list(due):
            raise Ignored(f"got {texts} instead of {list(due)}")


PROBES = {}  # name in the table: (function, names of the features in WELCOME, arguments)


def probe(name, *features, **arguments):
    def add(function):
        PROBES[name] = (function, features, arguments)
        return function
    return add


@probe("call")
def call(cell):
    cell.other.register(cell.name)
    request, invocation = cell.start_call()
    cell.other.send(YIELD, invocation[1], {}, ["two"])
    equal(cell.one.answer(request)[3], ["two"])


@probe("progressive results", "progressive_call_results")
def progressive_results(cell):
    cell.other.register(cell.name)
    request, invocation = cell.start_call(receive_progress=True)
    if not invocation[3].get("receive_progress"):
        cell.other.send(YIELD, invocation[1], {}, ["all at once"])
        cell.one.answer(request)
        raise Ignored("the callee is not asked for progress")
    for part in (1, 2):
        cell.other.send(YIELD, invocation[1], {"progress": True}, [part])
    cell.other.send(YIELD, invocation[1], {}, [3])
    got = [cell.one.answer(request) for _ in range(3)]
    equal([(message[2].get("progress", False), message[3]) for message in got], [(True, [1]), (True, [2]), (False, [3])])


@probe("cancel: killnowait", "call_canceling", mode="killnowait")
@probe("cancel: kill", "call_canceling", mode="kill")
@probe("cancel: skip", "call_canceling", mode="skip")
def cancel(cell, mode):
    cell.other.register(cell.name)
    request, invocation = cell.start_call()
    cell.one.send(CANCEL, request, {"mode": mode})
    if mode != "skip":
        equal(cell.other.message(INTERRUPT, "INTERRUPT")[1], invocation[1])
    if mode == "kill":  # else the caller does not wait for the callee
        cell.other.send(ERROR, INVOCATION, invocation[1], {}, "wamp.error.canceled")
    _ends_with(cell, request, "wamp.error.canceled")


def _ends_with(cell, request, uri):
    try:
        cell.one.answer(request)
    except Refused as refused:
        equal(str(refused), uri)
        return
    raise Ignored(f"a result instead of {uri}")


@probe("timeout", "call_timeout")
def timeout(cell):
    cell.other.register(cell.name)
    request, _ = cell.start_call(timeout=300)
    _ends_with(cell, request, "wamp.error.timeout")


@probe("caller disclosure", "caller_identification")
def caller_disclosure(cell):
    cell.other.register(cell.name)
    _, invocation = cell.start_call(disclose_me=True)
    if "caller" not in invocation[3]:
        raise Ignored("the callee is not told")


@probe("registration with a wildcard", "pattern_based_registration", match="wildcard", end="..b", called=".a.b")
@probe("registration of a prefix", "pattern_based_registration", match="prefix", end="", called=".a.b")
def pattern_registration(cell, match, end, called):
    cell.other.register(cell.name + end, match=match)
    request, invocation = cell.start_call(procedure=cell.name + called)
    equal(invocation[3].get("procedure"), cell.name + called)
    cell.other.send(YIELD, invocation[1], {}, ["two"])
    equal(cell.one.answer(request)[3], ["two"])


@probe("shared registration: random", "shared_registration", policy="random", due=None)
@probe("shared registration: last", "shared_registration", policy="last", due=("BBBB",))
@probe("shared registration: first", "shared_registration", policy="first", due=("AAAA",))
@probe("shared registration: roundrobin", "shared_registration", policy="roundrobin", due=("ABAB", "BABA"))
def shared_registration(cell, policy, due):
    callees = {"A": cell.other, "B": cell.another(1)}
    for callee in callees.values():
        callee.register(cell.name, invoke=policy)
    chosen = ""
    for _ in range(4):
        request = cell.one.ask(CALL, {}, cell.name)
        name, invocation = cell.one.called(callees, request)
        callees[name].send(YIELD, invocation[1], {}, [name])
        equal(cell.one.answer(request)[3], [name])
        chosen += name
    if due and chosen not in due:
        raise Ignored(f"{policy} chose {chosen}")


@probe("shared registration: single (one callee)")
def single_registration(cell):
    cell.other.register(cell.name)
    try:
        cell.another(1).register(cell.name)
    except Refused as refused:
        equal(str(refused), "wamp.error.procedure_already_exists")
        return
    raise Ignored("two callees")


@probe("progressive call invocations", "progressive_call_invocations")
def progressive_invocations(cell):
    cell.other.register(cell.name)
    request, invocation = cell.start_call(args=(1,), progress=True)
    if not invocation[3].get("progress"):
        raise Ignored("the callee is not told that more will come")
    cell.one.send(CALL, request, {"progress": True}, cell.name, [2])
    cell.one.send(CALL, request, {}, cell.name, [3])
    got = [invocation, cell.other.message(INVOCATION, "second part"), cell.other.message(INVOCATION, "third part")]
    equal([(part[1], part[3].get("progress", False), part[4]) for part in got],
          [(invocation[1], True, [1]), (invocation[1], True, [2]), (invocation[1], False, [3])])
    cell.other.send(YIELD, invocation[1], {}, ["all"])
    equal(cell.one.answer(request)[3], ["all"])


@probe("force_reregister")
def force_reregister(cell):
    cell.other.register(cell.name)
    new = cell.another(1)
    new.register(cell.name, force_reregister=True)
    equal(cell.other.message(UNREGISTERED, "notice to the one who is replaced")[1], 0)
    request, invocation = cell.start_call(new)
    new.send(YIELD, invocation[1], {}, ["new"])
    equal(cell.one.answer(request)[3], ["new"])


@probe("publish and subscribe")
def publish(cell):
    cell.other.subscribe(cell.name)
    cell.one.ask(PUBLISH, {}, cell.name, ["heard"])
    equal(cell.other.event(cell.name)[4], ["heard"])


@probe("acknowledge")
def acknowledge(cell):
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, ["heard"])
    equal(cell.other.event(cell.name)[4], ["heard"])


@probe("subscription with a wildcard", "pattern_based_subscription", match="wildcard", end="..b")
@probe("subscription to a prefix", "pattern_based_subscription", match="prefix", end="")
def pattern_subscription(cell, match, end):
    cell.other.subscribe(cell.name + end, match=match)
    cell.one.publish(cell.name + ".a.b", ["heard"])
    event = cell.other.event(cell.name)
    equal((event[3].get("topic"), event[4]), (cell.name + ".a.b", ["heard"]))


@probe("exclude_me", "publisher_exclusion")
def exclude_me(cell):
    cell.one.subscribe(cell.name)
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, ["others"])
    cell.one.publish(cell.name, ["all"], exclude_me=False)
    equal(cell.one.event(cell.name)[4], ["all"])
    cell.events("others", "all")


def _told(cell):
    """The number of `other` as `one` is told it; its own where nobody is told."""
    cell.one.subscribe(cell.name + ".hello")
    try:
        cell.other.publish(cell.name + ".hello", ["hello"], disclose_me=True)
    except Refused:
        return cell.other.session
    return cell.one.event(cell.name)[3].get("publisher", cell.other.session)


@probe("eligible_authrole", "subscriber_blackwhite_listing", key="authrole")
@probe("eligible_authid", "subscriber_blackwhite_listing", key="authid")
@probe("eligible", "subscriber_blackwhite_listing", key="")
def eligible(cell, key):
    name, named = _list("eligible", key, cell)
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, ["nobody"], **{name: []})
    cell.one.publish(cell.name, ["you"], **{name: [named]})
    cell.one.publish(cell.name, ["all"])
    cell.events("you", "all")


@probe("exclude_authrole", "subscriber_blackwhite_listing", key="authrole")
@probe("exclude_authid", "subscriber_blackwhite_listing", key="authid")
@probe("exclude", "subscriber_blackwhite_listing", key="")
def exclude(cell, key):
    name, named = _list("exclude", key, cell)
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, ["not you"], **{name: [named]})
    cell.one.publish(cell.name, ["all"])
    cell.events("all")


def _list(name, key, cell):
    return (f"{name}_{key}", cell.other.details[key]) if key else (name, _told(cell))


@probe("publisher disclosure", "publisher_identification")
def publisher_disclosure(cell):
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, ["it is me"], disclose_me=True)
    if "publisher" not in cell.other.event(cell.name)[3]:
        raise Ignored("the subscriber is not told")


@probe("retained events", "event_retention")
def retained(cell):
    cell.one.publish(cell.name, ["kept"], retain=True)
    cell.other.subscribe(cell.name, get_retained=True)
    cell.one.publish(cell.name, ["live"])
    first = cell.other.event(cell.name)
    if first[4] == ["live"]:
        raise Ignored("nothing is kept")
    equal((first[3].get("retained"), first[4]), (True, ["kept"]))


@probe("event history", "event_history")
def history(cell):
    """Who asks has a subscription, and reads what the other has published."""
    subscription = cell.one.subscribe("lab.history")
    publication = cell.other.publish("lab.history", [cell.name])
    equal(cell.one.event("lab.history")[4], [cell.name])
    answer = cell.one.call("wamp.subscription.get_events", [subscription])
    events = answer[0] if answer and isinstance(answer[0], list) else answer
    if not any(event.get("args", event.get("Arguments")) == [cell.name] for event in events):  # nexus says Arguments
        raise Ignored(f"the event {publication} is not in {str(answer)[:200]}")


@probe("session meta API", "session_meta_api")
def session_meta(cell):
    """Of the other's session: it is in the list and can be asked for, or it is not shown at all."""
    named = cell.other.session
    shown = cell.one.call("wamp.session.get", [named])[0]
    equal(shown["session"], named)
    if named not in cell.one.call("wamp.session.list")[0]:
        raise Ignored("not in the list")


@probe("registration meta API", "registration_meta_api")
def registration_meta(cell):
    cell.other.register(cell.name)
    number = cell.one.call("wamp.registration.lookup", [cell.name])[0]
    if not number:
        return "not shown"
    equal(cell.one.call("wamp.registration.get", [number])[0]["uri"], cell.name)
    equal(cell.one.call("wamp.registration.count_callees", [number])[0], 1)
    equal(cell.one.call("wamp.registration.match", [cell.name])[0], number)
    return None


@probe("subscription meta API", "subscription_meta_api")
def subscription_meta(cell):
    cell.other.subscribe(cell.name)
    number = cell.one.call("wamp.subscription.lookup", [cell.name])[0]
    if not number:
        return "not shown"
    equal(cell.one.call("wamp.subscription.get", [number])[0]["uri"], cell.name)
    if len(cell.one.call("wamp.subscription.list_subscribers", [number])[0]) != 1:
        raise Ignored("the subscriber is not in the list")
    return None


@probe("testaments", "testament_meta_api")
def testaments(cell):
    cell.other.subscribe(cell.name)
    cell.one.call("wamp.session.add_testament", [cell.name, ["the end"], {}])
    cell.one.close()
    equal(cell.other.event(cell.name)[4], ["the end"])


SEAL = {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}


def _sealed(details):
    return {key: value for key, value in details.items() if key.startswith("ppt_")}


@probe("payload passthru: call", "payload_passthru_mode")
def sealed_call(cell):
    procedure = cell.name.replace("lab.", "lab.sealed.")
    cell.other.register(procedure)
    request, invocation = cell.start_call(procedure=procedure, args=[b"\1\2"], **SEAL)
    if _sealed(invocation[3]) != SEAL:
        raise Ignored("the callee is not told that it is sealed")
    equal(binary(invocation[4][0]), b"\1\2")
    cell.other.send(YIELD, invocation[1], SEAL, [b"\3"])
    result = cell.one.answer(request)
    equal((result[0], _sealed(result[2]), binary(result[3][0])), (RESULT, SEAL, b"\3"))


@probe("payload passthru: event", "payload_passthru_mode")
def sealed_event(cell):
    topic = cell.name.replace("lab.", "lab.sealed.")
    cell.other.subscribe(topic)
    cell.one.publish(topic, [b"\1\2"], **SEAL)
    event = cell.other.event(topic)
    equal(binary(event[4][0]), b"\1\2")
    if _sealed(event[3]) != SEAL:
        raise Ignored("the subscriber is not told that it is sealed")


VALUES = [1, -5, 2**40, "δ", True, None, 0.5, [1, [2]], {"a": {"b": 1}}]


@probe("CBOR", serializer=CBOR)
@probe("MessagePack", serializer=MSGPACK)
@probe("JSON", serializer=JSON)
def serializer_of_one(cell, serializer):
    cell.one = cell.another(0, "alice", serializer)
    cell.other.register(cell.name)
    request, invocation = cell.start_call(args=VALUES)
    equal(invocation[4], VALUES)
    cell.other.send(YIELD, invocation[1], {}, VALUES)
    equal(cell.one.answer(request)[3], VALUES)
    cell.other.subscribe(cell.name)
    cell.one.publish(cell.name, VALUES)
    equal(cell.other.event(cell.name)[4], VALUES)


BACKENDS = {"embedded": "A sallyport inside, embedded", "link": "A sallyport inside, over a link", "crossbar": "Crossbar", "nexus": "nexus"}
OURS = ("out → in", "in → out", "out → out", "in → in")
# Where another router takes a request of its own client and lets nothing come of it, the gateway cannot say more: what the table says.
LISTS = [f"{kind}{key}" for kind in ("eligible", "exclude") for key in ("", "_authid", "_authrole")]
THEIR_OWN = {
    "crossbar": {"cancel: skip": "no answer to the caller (W-CAN-08)", "timeout": "counts seconds (W-TMO-04)",
                 "caller disclosure": "not asked for by clients (W-CID-05)", "publisher disclosure": "not asked for by clients (W-CID-05)",
                 "progressive call invocations": "drops the option (W-PCI-11)",
                 "payload passthru: call": "drops the options (W-PPT-06)", "payload passthru: event": "drops the options (W-PPT-06)",
                 **dict.fromkeys(LISTS, "knows one session, the gateway's (W-BWL-03)")},
    "nexus": {"retained events": "not kept (W-EVR-01)", "caller disclosure": "told to the gateway, not outside (W-CID-03)",
              "publisher disclosure": "told to the gateway, not outside (W-PID-01)",
              **dict.fromkeys(LISTS, "knows one session, the gateway's (W-BWL-03)")}}
# Of what is no more than a draft, nothing is said: resumption (W-SES-17), reflection (W-FEA-06).
DRAFTS = {"resumable", "resumed", "resume_token", "reflection"}
ELSEWHERE = {"registration_revocation", "subscription_revocation"}  # W-RRV-01, W-SRV-01: shown where a reload revokes


def outcome(world, direction, name, number):
    """The text of one cell, and whether it is good."""
    function, _, arguments = PROBES[name]
    cell = Cell(world, direction, number)
    try:
        return function(cell, **arguments) or "works", True
    except Refused as refused:
        return f"`{refused}`", True
    except Ended as ended:
        return f"ABORT `{ended}`", str(ended).startswith("wamp.")
    except (Ignored, Nothing, AssertionError) as trouble:
        theirs = direction == "in → out" and THEIR_OWN.get(world.backend, {}).get(name)
        return (theirs, True) if theirs else (f"WRONG: {type(trouble).__name__}: {trouble}", False)
    finally:
        cell.close()


def promises(world, table):
    """What the doors announce and does not work between two clients of the door."""
    broken = []
    for side, direction in (("out", "out → out"), ("in", "in → in"))[:1 + world.ours]:
        peer = world.join(side, "alice")
        broken += [f"{side}: WELCOME has {key}" for key in sorted(peer.hints() & DRAFTS)]
        announced = peer.announces() - ELSEWHERE
        peer.close()
        known = set()
        for name, (_, features, _) in PROBES.items():
            known |= set(features)
            broken += [f"{side}: {feature} is announced, but {name} gives {table[name][direction]}" for feature in features
                       if feature in announced and table[name][direction] != "works"]
        broken += [f"{side}: {feature} is announced, and no probe tries it" for feature in announced - known]
    return broken


def rendered(backend, table):
    directions = OURS[:4 if backend in ("embedded", "link") else 3]
    lines = [f"| feature | {' | '.join(directions)} |", "|---" * (len(directions) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(row[direction] for direction in directions)} |" for name, row in table.items()]
    return "\n".join(lines) + "\n"


def part_of_page(page, backend):
    """Before the backend's table, the table, and after."""
    match = re.search(rf"(?s)^(.*\n## {re.escape(BACKENDS[backend])}\n\n)((?:\|[^\n]*\n)*)(.*)$", page)
    if not match:
        raise AssertionError(f"docs/wamp.md has no heading {BACKENDS[backend]!r}")
    return match.groups()


def table_of(backend):
    world = World(backend)
    try:
        world.start()
        table, wrong = {}, []
        for number, name in enumerate(PROBES):
            table[name] = {}
            for place, direction in enumerate(OURS[:4 if world.ours else 3]):
                text, good = outcome(world, direction, name, 10 * number + place)
                table[name][direction] = text
                wrong += [] if good else [f"{backend}: {name}, {direction}: {text}"]
        broken = promises(world, table)
        wrong += [f"{backend}: {name}, in → out: {text} is not so" for name, text in THEIR_OWN.get(backend, {}).items()
                  if table[name]["in → out"] != text]
    finally:
        world.stop()
    before, old, after = part_of_page(PAGE.read_text(), backend)
    new = rendered(backend, table)
    if os.environ.get("SALLYPORT_DOC_UPDATE"):
        PAGE.write_text(before + new + "\n" * (after != "" and not after.startswith("\n")) + after)
        old = new
    equal((wrong, broken), ([], []), "silent successes, and promises that are not kept")
    changes = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "docs/wamp.md", "what came out", n=0, lineterm=""))
    assert not changes, "\n".join(["SALLYPORT_DOC_UPDATE=1 writes the page anew:", *changes])


@suite.test(timeout=300)
def the_table_of_the_embedded_inside():
    table_of("embedded")


@suite.test(timeout=300)
def the_table_of_an_inside_over_a_link():
    table_of("link")


@suite.test(timeout=300)
def the_table_of_crossbar():
    table_of("crossbar")


@suite.test(timeout=300)
def the_table_of_nexus():
    table_of("nexus")


class _Fake:
    """A world whose clients get no answer at all, and whose doors announce what they are told to."""

    def __init__(self, *announced):
        self.announced, self.backend, self.ours = set(announced), "crossbar", False

    def join(self, *_):
        return self

    def announces(self):
        return self.announced

    def hints(self):
        return {"authid", *self.announced}

    def register(self, *_, **__):
        raise Nothing("no answer to REGISTER")

    def close(self):
        pass


@suite.test
def silence_and_empty_promises_are_found():
    equal(outcome(_Fake(), "out → in", "call", 1), ("WRONG: Nothing: no answer to REGISTER", False))
    equal(outcome(_Fake(), "in → out", "timeout", 1), (THEIR_OWN["crossbar"]["timeout"], True))
    works = {name: {"out → out": "works"} for name in PROBES}
    equal(promises(_Fake("call_timeout", "registration_revocation"), works), [])
    equal(promises(_Fake("call_timeout"), {**works, "timeout": {"out → out": "`wamp.error.canceled`"}}),
          ["out: call_timeout is announced, but timeout gives `wamp.error.canceled`"])
    equal(promises(_Fake("reflection"), works)[0], "out: WELCOME has reflection")
    equal(promises(_Fake("telepathy"), works), ["out: telepathy is announced, and no probe tries it"])


if __name__ == "__main__":
    suite.main()
