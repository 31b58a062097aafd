"""Payload passthru mode, live: what a client seals for the other end arrives there as it was, where both doors let it and both
ends have announced the mode; where one has not, everybody is told and nobody waits."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import INSIDE_POLICY, Deployment  # noqa: E402
from support.rawclient import (CALL, CBOR, ERROR, EVENT, INVOCATION, JSON, MSGPACK, PASSTHRU_ROLES, PUBLISH, PUBLISHED,  # noqa: E402
                               REGISTER, REGISTERED, RESULT, SUBSCRIBE, SUBSCRIBED, UNREGISTER, YIELD, ABORT, binary)
from support.runner import Suite, equal  # noqa: E402

RULES = '''
[[allow]]
id = "open"
roles = ["operator"]
actions = ["call", "publish", "register", "subscribe"]
match = "prefix"
uri = "lab."

[[allow]]
id = "sealed"
roles = ["operator"]
actions = ["call", "publish"]
match = "prefix"
uri = "lab.sealed."
payload = "opaque"

[[forbid]]
id = "sealed-and-nothing-else"
roles = ["*"]
actions = ["call"]
match = "prefix"
uri = "lab.sealed.only."
payload = "readable"

[[test]]
as = { role = "operator" }
call = "lab.sealed.only.shell"
opaque = true
expect = "allow sealed"

[[test]]
as = { role = "operator" }
call = "lab.sealed.only.shell"
args = ["ls"]
expect = "forbid sealed-and-nothing-else"
'''

INSIDE_RULES = INSIDE_POLICY + '''
[[allow]]
id = "sealed"
roles = ["operator", "service", "gateway"]
actions = ["call", "publish"]
match = "prefix"
uri = "lab.sealed."
payload = "opaque"

[[forbid]]
id = "not-here"
roles = ["*"]
actions = ["call"]
match = "prefix"
uri = "lab.sealed.elsewhere."
payload = "opaque"
'''

SEAL = {"ppt_scheme": "wamp", "ppt_serializer": "cbor", "ppt_cipher": "xsalsa20poly1305", "ppt_keyid": "k1"}
BOX, REPLY = bytes(range(256)), b"\xa2dargs\x80fkwargs\xa0"
UNSUPPORTED, DENIED = "wamp.error.feature_not_supported", "wamp.error.not_authorized"

suite = Suite("sealed")
world = Deployment("accept", outside_rules=RULES, name="sealed")


@suite.setup
def start():
    world.write()
    (world.dir / "inside-observatory.toml").write_text(INSIDE_RULES)
    world.start_gateway()
    world.start_inside()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


def outside(serializer=MSGPACK, roles=PASSTHRU_ROLES):
    return world.raw("alice", serializer, websocket=serializer == JSON, roles=roles)


def service(serializer=MSGPACK, roles=PASSTHRU_ROLES):
    return world.raw_inside(serializer, roles)


def register(client, procedure):
    answer = client.ask(REGISTER, {}, procedure)
    equal(answer[0], REGISTERED)
    return answer[2]


def subscribe(client, topic):
    answer = client.ask(SUBSCRIBE, {}, topic)
    equal(answer[0], SUBSCRIBED)


def give_up(client, registration):
    client.ask(UNREGISTER, registration)
    client.close()


def seal_of(details):
    return {key: value for key, value in details.items() if key.startswith("ppt_")}


def invoked(callee):
    """The id of the invocation and what it carries."""
    message = callee.receive()
    equal(message[0], INVOCATION)
    return message[1], seal_of(message[3]), [binary(argument) for argument in (message[4] if len(message) > 4 else [])]


@suite.test
def both_doors_announce_the_mode():
    for client in (outside(), service(JSON)):
        for role in ("broker", "dealer"):
            equal(client.details["roles"][role]["features"].get("payload_passthru_mode"), True)
        client.close()


@suite.test
def calls_and_results_cross_in_every_pair_of_serializers_and_in_both_directions():
    for caller_says in (JSON, MSGPACK, CBOR):
        for callee_says in (JSON, MSGPACK, CBOR):
            for caller, callee in ((outside(caller_says), service(callee_says)), (service(caller_says), outside(callee_says))):
                registration = register(callee, "lab.sealed.shell")
                caller.send(CALL, caller.next_request(), {**SEAL, "ppt_own": "x"}, "lab.sealed.shell", [BOX])
                invocation, seal, arguments = invoked(callee)
                equal((seal, arguments), (SEAL, [BOX]))
                callee.send(YIELD, invocation, {"ppt_scheme": "x_own"}, [REPLY])
                answer = caller.receive()
                equal(answer[:3], [RESULT, caller.request, {"ppt_scheme": "x_own"}])
                equal([binary(argument) for argument in answer[3]], [REPLY])
                caller.close()
                give_up(callee, registration)


@suite.test
def progressive_results_and_errors_cross():
    # Progressive results need a callee that announces them.
    roles = {**PASSTHRU_ROLES, "callee": {"features": {"call_canceling": True, "progressive_call_results": True,
                                                       "payload_passthru_mode": True}}}
    caller, callee = outside(JSON), service(MSGPACK, roles)
    registration = register(callee, "lab.sealed.steps")
    caller.send(CALL, caller.next_request(), {**SEAL, "receive_progress": True}, "lab.sealed.steps", [BOX])
    invocation, seal, _ = invoked(callee)
    equal(seal, SEAL)
    callee.send(YIELD, invocation, {**SEAL, "progress": True}, [REPLY])
    step = caller.receive()
    equal((step[0], step[2], binary(step[3][0])), (RESULT, {"progress": True, **SEAL}, REPLY))
    callee.send(ERROR, INVOCATION, invocation, SEAL, "lab.error.jam", [REPLY])
    failure = caller.receive()
    equal((failure[:5], binary(failure[5][0])), ([ERROR, CALL, caller.request, SEAL, "lab.error.jam"], REPLY))
    caller.close()
    give_up(callee, registration)


@suite.test
def events_reach_those_who_have_the_mode_and_nobody_else():
    able = [outside(JSON), outside(MSGPACK), service(JSON), service(MSGPACK)]
    plain = [outside(MSGPACK, None), service(MSGPACK, None)]
    for client in able + plain:
        subscribe(client, "lab.sealed.alarm")
    for publisher in (outside(JSON), service(MSGPACK)):
        equal(publisher.ask(PUBLISH, {"acknowledge": True, **SEAL}, "lab.sealed.alarm", [BOX])[0], PUBLISHED)
        equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.sealed.alarm", ["plain"])[0], PUBLISHED)
        for client in able:
            event = client.receive()
            equal((event[0], seal_of(event[3]), binary(event[4][0])), (EVENT, SEAL, BOX))
            equal(client.receive()[4], ["plain"])
        for client in plain:
            equal(client.receive()[4], ["plain"])
        publisher.close()
    for client in able + plain:
        client.close()


@suite.test
def the_rules_of_both_doors_decide_what_may_be_sealed():
    caller = outside()
    for options, procedure, argument, uri in (
            (SEAL, "lab.sealed.only.shell", BOX, "wamp.error.no_such_procedure"),
            ({}, "lab.sealed.only.shell", "ls", DENIED),      # what can be read, where only sealed calls may pass
            (SEAL, "lab.open", BOX, DENIED),                  # sealed, where no rule says so
            (SEAL, "lab.sealed.elsewhere.x", BOX, DENIED),    # the inside's own rules
            ({}, "lab.open", "ls", "wamp.error.no_such_procedure"),
            (SEAL, "lab.sealed.shell", "not sealed", "wamp.error.invalid_argument")):
        answer = caller.ask(CALL, options, procedure, [argument])
        equal((answer[0], answer[4]), (ERROR, uri), procedure)
    caller.close()


@suite.test
def who_has_not_announced_the_mode_is_sent_away_for_using_it():
    for client in (outside(MSGPACK, {"caller": {}, "publisher": {}}), world.raw_inside()):
        for_it = client.ask(CALL, SEAL, "lab.sealed.shell", [BOX])
        equal((for_it[0], for_it[2]), (ABORT, "wamp.error.protocol_violation"))
        assert client.closed()


@suite.test
def a_callee_or_a_caller_without_the_mode_lets_nobody_wait():
    for caller, callee in ((outside(), service(MSGPACK, None)), (service(), outside(MSGPACK, None))):
        registration = register(callee, "lab.sealed.plain")
        answer = caller.ask(CALL, SEAL, "lab.sealed.plain", [BOX])
        equal((answer[0], answer[4]), (ERROR, UNSUPPORTED))
        caller.close()
        give_up(callee, registration)
    for caller, callee in ((outside(MSGPACK, None), service()), (service(MSGPACK, None), outside())):
        registration = register(callee, "lab.sealed.answers")
        caller.send(CALL, caller.next_request(), {}, "lab.sealed.answers")
        callee.send(YIELD, invoked(callee)[0], SEAL, [REPLY])
        answer = caller.receive()
        equal((answer[0], answer[4]), (ERROR, UNSUPPORTED))
        caller.send(CALL, caller.next_request(), {}, "lab.sealed.answers")
        callee.send(YIELD, invoked(callee)[0], {}, ["in the open"])
        equal(caller.receive()[3], ["in the open"])
        caller.close()
        give_up(callee, registration)


if __name__ == "__main__":
    suite.main()
