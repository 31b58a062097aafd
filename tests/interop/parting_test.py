"""What is said at a parting, and who is told who calls: GOODBYE with a message from wamp.session.kill and its relatives at both doors, and callers
that are disclosed to services."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import INSIDE_POLICY, OUTSIDE_RULES, REALM, Deployment  # noqa: E402
from support.rawclient import (CALL, ERROR, GOODBYE, INVOCATION, JSON, MSGPACK, PUBLISH, PUBLISHED, REGISTER, REGISTERED, RESULT, YIELD)  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("parting")
KILLS = ["wamp.session.kill", "wamp.session.kill_by_authid", "wamp.session.kill_by_authrole", "wamp.session.kill_all"]
KILLERS = f'''
[[allow]]
id = "ends-sessions"
roles = ["ROLE"]
actions = ["call"]
uri = {json.dumps(KILLS)}
grants = ["meta"]

[[allow]]
id = "named"
roles = ["operator", "service"]
actions = ["call", "register"]
match = "prefix"
uri = "lab.named."
grants = ["disclose_me"]
'''
ROLES = {**rawclient.ROLES, "callee": {"features": {"caller_identification": True}}}
worlds = {}


def with_callers(told):
    """A deployment whose services are told who calls from outside, or only as asked and granted."""
    if told not in worlds:
        world = worlds[told] = Deployment(name="part", outside_rules=OUTSIDE_RULES + KILLERS.replace("ROLE", "operator")).write()
        route = '[[route]]\nid = "meta"\nmatch = "prefix"\nuri = "wamp."\nto = "inside"\n'
        outside = world.dir / "observatory.toml"
        outside.write_text(outside.read_text() + route)
        (world.dir / "inside-observatory.toml").write_text(INSIDE_POLICY + KILLERS.replace("ROLE", "service"))
        for file in ("gateway.toml", "inside.toml"):
            path = world.dir / file
            path.write_text(path.read_text() + f'\n[audit]\nto = "file:{world.dir}/{file}.audit"\ndecisions = "all"\n')
        if not told:
            path = world.dir / "inside.toml"
            path.write_text("disclose_outside_callers = false\n" + path.read_text())
        world.start_gateway()
        world.wait_link()
    return worlds[told]


@suite.teardown
def stop():
    for told, world in worlds.items():
        equal(world.stop()[-1], 0, f"exit code with {told}")


def left(client, reason, message):
    answer = client.receive()
    equal(answer, [GOODBYE, {"message": message} if message else {}, reason])
    client.send(GOODBYE, {}, "wamp.close.goodbye_and_out")
    client.close()


@suite.test
def those_whose_sessions_are_ended_read_why():  # W-SSM-03
    world = with_callers(True)
    doors = ((lambda serializer: world.raw("alice", serializer), lambda serializer: world.raw(None, serializer)),
             (world.raw_inside, world.raw_inside))
    for killer, victim in doors:
        for serializer in (MSGPACK, JSON):
            for kill in KILLS:
                ender, ended = killer(serializer), victim(serializer)
                arg = {"kill": ended.session, "kill_by_authid": ended.details["authid"], "kill_by_authrole": ended.details["authrole"]}
                args = [arg[name]] if (name := kill.removeprefix("wamp.session.")) in arg else []
                for kwargs in ({"message": 1}, {"message": "m" * 1025}, {"message": "m", "reason": "no uri"}):
                    refused = ender.ask(CALL, {}, kill, args, kwargs)
                    equal((refused[0], refused[4]), (ERROR, f"wamp.error.invalid_{'uri' if 'reason' in kwargs else 'argument'}"), kill)
                equal(ender.ask(CALL, {}, kill, args, {"message": "zurück um zwölf", "reason": "lab.enough"})[0], RESULT, kill)
                left(ended, "lab.enough", "zurück um zwölf")
                ended = victim(serializer)
                args = [ended.session] if name == "kill" else [ended.details["authid"]] if name == "kill_by_authid" else args
                equal(ender.ask(CALL, {}, kill, args, {"message": None})[0], RESULT, kill)
                left(ended, "wamp.close.killed", None)
                ender.close()


@suite.test
def the_command_line_prints_the_message():  # W-SSM-03
    world = with_callers(True)
    alice = world.raw("alice")
    process = processes.Process([processes.binary(), "subscribe", "--url", f"rs+unix:{world.local}", "--realm", REALM, "lab.weather"],
                                "subscriber")
    try:
        eventually(lambda: alice.ask(CALL, {}, "wamp.session.kill_by_authrole", ["guest"], {"message": 'say "noon"'})[3] == [1],
                   "the subscriber is there and ended")
        eventually(lambda: not process.running(), "the subscriber ended")
        assert 'the router ended the session: wamp.close.killed "say \\"noon\\""' in process.text(), process.text()
    finally:
        process.stop()
        alice.close()


@suite.test
def the_audit_log_says_what_a_client_said_when_it_left():
    world = with_callers(True)
    for client, file in ((world.raw("alice"), "gateway.toml"), (world.raw_inside(), "inside.toml")):
        client.send(GOODBYE, {"message": "gone home"}, "wamp.close.logout")
        equal(client.receive()[2], "wamp.close.goodbye_and_out")
        eventually(lambda: any(record.get("session") == client.session and record["outcome"] == "leave" and
                               record["reason"] == "left: wamp.close.logout: gone home"
                               for record in map(json.loads, (world.dir / f"{file}.audit").read_text().splitlines())), "the record of the departure")
        client.close()


def records_of(world, file, **wanted):
    lines = (world.dir / f"{file}.audit").read_text().rpartition("\n")[0].splitlines()
    return [record for record in map(json.loads, lines) if wanted.items() <= record.items()]


@suite.test
def a_request_has_one_name_in_the_audit_logs_of_both_doors():
    world = with_callers(True)
    service, alice = world.raw_inside(), world.raw("alice")
    service.send(REGISTER, service.next_request(), {}, "lab.named.one")
    equal(service.receive()[0], REGISTERED)
    requests = [alice.next_request() for _ in range(3)]
    for request in requests[:2]:
        alice.send(CALL, request, {"x_request": 77}, "lab.named.one")
        invocation = service.receive()
        service.send(YIELD, invocation[1], {})
        equal(alice.receive(), [RESULT, request, {}])
    alice.send(PUBLISH, requests[2], {"acknowledge": True}, "lab.events.named")
    equal(alice.receive()[:2], [PUBLISHED, requests[2]])
    for request, action in zip(requests, ("call", "call", "publish")):
        name = f"{alice.session}-{request}"
        for file in ("gateway.toml", "inside.toml"):
            found = eventually(lambda file=file, name=name: records_of(world, file, request=name), f"{name} in {file}")
            equal([(record["action"], record["outcome"], record["authid"]) for record in found], [(action, "allow", "alice")])
    for client in (service, alice):
        client.close()


def told(callee, caller, procedure, options):
    """What the callee is told of the caller."""
    request = caller.next_request()
    caller.send(CALL, request, options, procedure)
    invocation = callee.receive()
    equal(invocation[0], INVOCATION, invocation)
    callee.send(YIELD, invocation[1], {})
    equal(caller.receive(), [RESULT, request, {}])
    details = invocation[3]
    equal(set(details) - {"caller", "caller_authid", "caller_authrole"}, set())
    return details.get("caller"), details.get("caller_authid"), details.get("caller_authrole")


@suite.test
def services_are_told_who_calls_from_within_only_as_asked_and_granted():  # W-CID-01, W-CID-03
    world = with_callers(True)
    service, caller = world.raw_inside(roles=ROLES), world.raw_inside()
    for procedure in ("lab.plain", "lab.named.who"):
        equal(service.ask(REGISTER, {}, procedure)[0], REGISTERED)
    equal(service.ask(REGISTER, {"disclose_caller": True}, "lab.other")[4], "wamp.error.option_not_allowed")
    equal(service.ask(REGISTER, {"disclose_caller": True}, "lab.named.all")[0], REGISTERED)
    identity = (caller.session, caller.details["authid"], "service")
    nobody = (None, None, None)
    equal(told(service, caller, "lab.plain", {}), nobody)
    equal(caller.ask(CALL, {"disclose_me": True}, "lab.plain")[4], "wamp.error.option_disallowed.disclose_me")
    equal(told(service, caller, "lab.named.who", {}), nobody)
    equal(told(service, caller, "lab.named.who", {"disclose_me": True}), identity)
    equal(told(service, caller, "lab.named.all", {}), identity)
    for client in (service, caller):
        client.close()


@suite.test
def services_are_told_who_calls_from_outside_always_or_as_configured_only_as_asked_and_granted():  # W-CID-01, W-CID-03
    nobody = (None, None, None)
    for always in (True, False):
        world = with_callers(always)
        service, alice = world.raw_inside(roles=ROLES), world.raw("alice")
        for procedure in ("lab.plain", "lab.named.who"):
            equal(service.ask(REGISTER, {}, procedure)[0], REGISTERED)
        equal(service.ask(REGISTER, {"disclose_caller": True}, "lab.named.all")[0], REGISTERED)
        identity = (alice.session, "alice", "operator")
        equal(told(service, alice, "lab.plain", {}), identity if always else nobody)
        equal(alice.ask(CALL, {"disclose_me": True}, "lab.plain")[4], "wamp.error.option_disallowed.disclose_me")
        equal(told(service, alice, "lab.named.who", {}), identity if always else nobody)
        equal(told(service, alice, "lab.named.who", {"disclose_me": True}), identity)
        equal(told(service, alice, "lab.named.all", {}), identity)
        for client in (service, alice):
            client.close()


if __name__ == "__main__":
    suite.main()
