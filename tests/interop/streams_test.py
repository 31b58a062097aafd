"""Calls whose arguments come in several CALLs (requirements: Progressive call invocations), between real processes and in all
directions: a client outside and a service inside, either as caller or callee."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import INSIDE_POLICY, Deployment  # noqa: E402
from support.rawclient import (ABORT, CALL, CANCEL, CBOR, ERROR, INTERRUPT, INVOCATION, JSON, MSGPACK, REGISTER, REGISTERED,  # noqa: E402
                               RESULT, YIELD, Closed, binary)
from support.runner import Suite, equal, eventually  # noqa: E402

RULES = '''
[[allow]]
id = "open"
roles = ["operator"]
actions = ["call", "register"]
match = "prefix"
uri = "lab."

[[allow]]
id = "small"
roles = ["operator"]
actions = ["call"]
uri = "lab.small"
limits = { payload = "1KiB" }

[[allow]]
id = "seldom"
roles = ["operator"]
actions = ["call"]
uri = "lab.seldom"
limits = { rate = "2/s" }

[[allow]]
id = "sealed"
roles = ["operator"]
actions = ["call"]
uri = "lab.sealed"
payload = "opaque"
'''
INSIDE_RULES = INSIDE_POLICY + '''
[[allow]]
id = "sealed"
roles = ["operator", "service", "gateway"]
actions = ["call"]
uri = "lab.sealed"
payload = "opaque"
'''

FEATURES = {"progressive_call_results": True, "call_canceling": True, "progressive_call_invocations": True,
            "payload_passthru_mode": True}
ROLES = {"caller": {"features": FEATURES}, "callee": {"features": FEATURES}}
MORE, SEAL, BOX = {"progress": True}, {"ppt_scheme": "wamp", "ppt_serializer": "cbor"}, bytes(range(64))
UNSUPPORTED, UNAVAILABLE = "wamp.error.feature_not_supported", "wamp.error.unavailable"

suite = Suite("streams")
world = Deployment("accept", outside_rules=RULES, name="streams")


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


def outside(serializer=MSGPACK, roles=None):
    return world.raw("alice", serializer, websocket=serializer == JSON, roles=roles or ROLES)


def service(serializer=MSGPACK, roles=None):
    return world.raw_inside(serializer, roles or ROLES)


def directions(serializers=((MSGPACK, MSGPACK),)):
    """Caller and callee, in all four directions."""
    for caller_says, callee_says in serializers:
        for make_caller in (outside, service):
            for make_callee in (outside, service):
                caller, callee = make_caller(caller_says), make_callee(callee_says)
                yield caller, callee
                caller.close()
                callee.close()


def register(callee, procedure, options=None):
    answer = eventually(lambda: _registered(callee, procedure, options), "the procedure is free")
    return answer[2]


def _registered(callee, procedure, options):
    answer = callee.ask(REGISTER, options or {}, procedure)
    return answer if answer[0] == REGISTERED else None


def invoked(callee):
    message = callee.receive()
    equal(message[0], INVOCATION, message)
    return message


def opened(caller, callee, procedure="lab.upload", options=None):
    """A call that is open for more; its two ids."""
    register(callee, procedure)
    caller.send(CALL, caller.next_request(), {**MORE, **(options or {})}, procedure, ["first"])
    message = invoked(callee)
    equal(message[4], ["first"])
    return caller.request, message[1]


@suite.test
def every_role_that_has_it_announces_it():
    for client in (outside(), service(JSON)):
        equal(client.details["roles"]["dealer"]["features"].get("progressive_call_invocations"), True)
        client.close()


@suite.test
def the_arguments_come_in_order_under_one_id_in_all_directions_and_serializers():  # W-PCI-01
    for caller, callee in directions(((MSGPACK, JSON), (JSON, CBOR), (CBOR, MSGPACK))):
        call, invocation = opened(caller, callee)
        for number in range(20):
            caller.send(CALL, call, {**MORE, "timeout": 1, "disclose_me": True}, "lab.upload", [number], {"k": "x" * number})
        caller.send(CALL, call, {}, "lab.upload", ["last"])
        for number in range(20):
            message = invoked(callee)
            equal((message[1], message[3].get("progress"), message[4:]), (invocation, True, [[number], {"k": "x" * number}]))
        message = invoked(callee)
        equal((message[1], message[3].get("progress", False), message[4]), (invocation, False, ["last"]))
        callee.send(YIELD, invocation, {}, ["done"])
        equal(caller.receive(), [RESULT, call, {}, ["done"]])


@suite.test
def progressive_results_come_between_them():
    for caller, callee in directions():
        call, invocation = opened(caller, callee, options={"receive_progress": True})
        for number in range(5):
            callee.send(YIELD, invocation, MORE, [number])
            equal(caller.receive(), [RESULT, call, MORE, [number]])
            caller.send(CALL, call, MORE, "lab.upload", [number])
            equal(invoked(callee)[4], [number])
        callee.send(YIELD, invocation, {}, ["end"])
        equal(caller.receive(), [RESULT, call, {}, ["end"]])


@suite.test
def the_callee_may_answer_first_and_what_follows_is_dropped():  # W-PCI-05, W-PCI-06
    for caller, callee in directions():
        call, invocation = opened(caller, callee)
        callee.send(ERROR, INVOCATION, invocation, {}, "lab.error.full")
        equal(caller.receive(), [ERROR, CALL, call, {}, "lab.error.full"])
        caller.send(CALL, call, MORE, "lab.upload", ["late"])
        caller.send(CALL, call, {}, "lab.upload", ["later"])
        caller.send(CALL, caller.next_request(), {}, "lab.upload", ["new"])
        message = invoked(callee)
        equal((message[1], message[4]), (invocation + 1, ["new"]))
        callee.send(YIELD, message[1], {})
        equal(caller.receive()[:2], [RESULT, caller.request])


@suite.test
def what_crosses_the_answer_on_the_link_is_no_new_call():  # W-PCI-05
    for caller, callee in directions():
        call, invocation = opened(caller, callee)
        for number in range(300):
            caller.send(CALL, call, MORE, "lab.upload", [number])
            if number == 20:
                callee.send(YIELD, invocation, {}, ["enough"])
        caller.send(CALL, call, {}, "lab.upload", ["last"])
        equal(caller.receive(), [RESULT, call, {}, ["enough"]])
        caller.send(CALL, caller.next_request(), {}, "lab.upload", ["new"])
        while (message := invoked(callee))[1] == invocation:
            pass
        equal((message[1], message[4]), (invocation + 1, ["new"]))


@suite.test
def each_mode_of_cancelling_ends_it():
    for mode in ("skip", "killnowait", "kill"):
        for caller, callee in directions():
            call, invocation = opened(caller, callee)
            caller.send(CANCEL, call, {"mode": mode})
            caller.send(CALL, call, MORE, "lab.upload", ["too late"])
            if mode != "skip":
                equal(callee.receive()[:2], [INTERRUPT, invocation])
            if mode == "kill":
                callee.send(ERROR, INVOCATION, invocation, {}, "wamp.error.canceled")
            equal(caller.receive()[:5:2], [ERROR, call, "wamp.error.canceled"])
            caller.send(CALL, caller.next_request(), {}, "lab.upload", ["new"])
            equal(invoked(callee)[4], ["new"])


@suite.test
def a_timeout_runs_from_the_first():
    for caller, callee in directions():
        call, invocation = opened(caller, callee, options={"timeout": 300})
        caller.send(CALL, call, MORE, "lab.upload", ["second"])
        equal(invoked(callee)[4], ["second"])
        equal(caller.receive()[:5:2], [ERROR, call, "wamp.error.timeout"])
        equal(callee.receive()[:2], [INTERRUPT, invocation])


@suite.test
def sealed_arguments_are_sealed_in_each():  # W-PCI-04, W-PPT-01
    for caller, callee in directions(((MSGPACK, CBOR),)):
        register(callee, "lab.sealed")
        caller.send(CALL, caller.next_request(), {**MORE, **SEAL}, "lab.sealed", [BOX])
        caller.send(CALL, caller.request, MORE, "lab.sealed", [BOX + b"2"])
        caller.send(CALL, caller.request, {"ppt_scheme": "x_other"}, "lab.sealed", [BOX + b"3"])
        for more, box in ((MORE, BOX), (MORE, BOX + b"2"), ({}, BOX + b"3")):
            message = invoked(callee)
            details = {key: value for key, value in message[3].items() if not key.startswith("caller")}
            equal((details, binary(message[4][0])), ({**more, **SEAL}, box))
        caller.send(CALL, caller.next_request(), {**MORE, **SEAL}, "lab.sealed", [BOX])
        message = invoked(callee)
        caller.send(CALL, caller.request, MORE, "lab.sealed", ["in the open"])
        equal(caller.receive()[:5:2], [ERROR, caller.request, "wamp.error.invalid_argument"])
        equal(callee.receive()[:2], [INTERRUPT, message[1]])


@suite.test
def a_callee_without_it_is_not_asked_and_a_caller_without_it_is_sent_away():  # W-PCI-03
    plain = {"caller": {}, "callee": {"features": {"call_canceling": True}}}
    for make_callee in (outside, service):
        for make_caller in (outside, service):
            callee, caller = make_callee(roles=plain), make_caller()
            register(callee, "lab.plain")
            caller.send(CALL, caller.next_request(), MORE, "lab.plain", [1])
            caller.send(CALL, caller.request, {}, "lab.plain", [2])
            equal(caller.receive()[:5:2], [ERROR, caller.request, UNSUPPORTED])
            caller.send(CALL, caller.next_request(), {}, "lab.plain", [3])
            equal(invoked(callee)[4], [3])
            caller.close()
            callee.close()
    for client in (outside(roles=plain), service(roles=plain)):
        equal(client.ask(CALL, MORE, "lab.plain")[::2], [ABORT, "wamp.error.protocol_violation"])
        assert client.closed()


@suite.test
def another_procedure_or_a_closed_call_is_a_violation():  # W-PCI-08, W-PCI-09
    for make_caller in (outside, service):
        for options, procedure in ((MORE, "lab.other"), ({}, "lab.upload")):
            callee, caller = service(), make_caller()
            call, invocation = opened(caller, callee)
            caller.send(CALL, call, options, procedure)
            if procedure == "lab.upload":
                invoked(callee)
                caller.send(CALL, call, MORE, "lab.upload")
            equal(caller.receive()[::2], [ABORT, "wamp.error.protocol_violation"])
            equal(callee.receive()[:2], [INTERRUPT, invocation])
            caller.close()
            callee.close()


@suite.test
def size_and_rate_count_for_each_and_end_it():  # W-PCI-10
    callee, caller = service(), outside()
    register(callee, "lab.small")
    caller.send(CALL, caller.next_request(), MORE, "lab.small", ["x"])
    invocation = invoked(callee)[1]
    caller.send(CALL, caller.request, MORE, "lab.small", ["x" * 2000])
    caller.send(CALL, caller.request, MORE, "lab.small", ["x"])
    equal(caller.receive()[:5:2], [ERROR, caller.request, "wamp.error.payload_size_exceeded"])
    equal(callee.receive()[:2], [INTERRUPT, invocation])
    register(callee, "lab.seldom")
    for _ in range(4):
        caller.send(CALL, caller.request + 1, MORE, "lab.seldom", ["x"])
    caller.next_request()
    equal(caller.receive()[:5:2], [ERROR, caller.request, UNAVAILABLE])
    caller.close()
    callee.close()


@suite.test
def a_session_may_have_so_many_open():  # W-PCI-10
    callee, caller = service(), outside()
    register(callee, "lab.upload")
    for _ in range(256):
        caller.send(CALL, caller.next_request(), MORE, "lab.upload")
    for _ in range(256):
        invoked(callee)
    answer = caller.ask(CALL, MORE, "lab.upload")
    equal(answer[:5:2], [ERROR, caller.request, UNAVAILABLE])
    caller.send(CALL, caller.request, MORE, "lab.upload")
    caller.send(CALL, 1, {}, "lab.upload", ["end"])
    equal(invoked(callee)[4], ["end"])
    caller.send(CALL, caller.next_request(), MORE, "lab.upload", ["again"])
    equal(invoked(callee)[4], ["again"])
    caller.close()
    callee.close()


@suite.test
def a_caller_or_a_callee_that_leaves_ends_it():  # W-PCI-07
    for caller, callee in directions():
        call, _ = opened(caller, callee)
        callee.close()
        equal(caller.receive()[:5:2], [ERROR, call, "wamp.error.canceled"])
        caller.send(CALL, call, MORE, "lab.upload", ["late"])
        caller.send(CALL, caller.next_request(), {}, "lab.nobody")
        equal(caller.receive()[2], caller.request)
    for caller, callee in directions():
        _, invocation = opened(caller, callee)
        caller.close()
        equal(callee.receive()[:2], [INTERRUPT, invocation])


def _push(caller, call, text, most):
    """Sends until nobody reads any more; how many."""
    caller.transport.sock.settimeout(2)
    sent = 0
    try:
        while sent < most:
            caller.send(CALL, call, MORE, "lab.upload", [sent, text])
            sent += 1
    except (TimeoutError, socket.timeout):
        pass
    return sent


@suite.test(timeout=120)
def a_fast_caller_is_slowed_down_and_nothing_is_lost():  # W-GWY-10, W-GWY-16
    text, most = "x" * 20_000, 4000  # 80 MB
    for make_caller in (outside, service):
        callee, caller, other, bystander = service(), make_caller(), service(), outside()
        call, invocation = opened(caller, callee)
        sent = _push(caller, call, text, most)
        assert sent < most, "the caller is not read on while its callee does not read"
        register(other, "lab.other")
        bystander.send(CALL, bystander.next_request(), {}, "lab.other")
        other.send(YIELD, invoked(other)[1], {}, ["at once"])
        equal(bystander.receive()[3], ["at once"])
        for number in range(sent):
            message = invoked(callee)
            equal((message[1], message[4][0]), (invocation, number))
        for client in (callee, caller, other, bystander):
            client.close()


@suite.test
def a_client_outside_that_does_not_keep_up_loses_the_call_and_nothing_else():
    text, most = "x" * 20_000, 4000  # 80 MB
    for make_caller in (outside, service):
        callee, caller = outside(), make_caller()
        call, invocation = opened(caller, callee)
        for number in range(most):
            caller.send(CALL, call, MORE, "lab.upload", [number, text])
        equal(caller.receive()[:5:2], [ERROR, call, UNAVAILABLE])
        number = 0
        while (message := callee.receive())[0] == INVOCATION:
            equal(message[4][0], number, "none is missing before the end")
            number += 1
        equal(message[:2], [INTERRUPT, invocation])
        caller.send(CALL, caller.next_request(), {}, "lab.upload", ["next"])
        equal(invoked(callee)[4], ["next"])
        caller.close()
        callee.close()


if __name__ == "__main__":
    suite.main()
