"""What clients of other libraries do otherwise than WAMP has it: it is accepted where that costs nothing, or where the
configuration says so."""
import itertools
import pathlib
import random
import sys

import msgpack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import Deployment, sallyport  # noqa: E402
from support.rawclient import (ABORT, CALL, CANCEL, ERROR, EVENT, INVOCATION, JSON, MSGPACK, PUBLISH, PUBLISHED, REGISTER,  # noqa: E402
                               REGISTERED, RESULT, SUBSCRIBE, SUBSCRIBED, UNREGISTER, UNREGISTERED, UNSUBSCRIBE,
                               UNSUBSCRIBED, YIELD)
from support.runner import Suite, equal  # noqa: E402

suite = Suite("deviations")
worlds, numbers = {}, itertools.count()
PV = [ABORT, {}, "wamp.error.protocol_violation"]


def with_ids(rule):
    """A running deployment in which request ids are checked that way outside and inside; "" for the default."""
    if rule not in worlds:
        world = worlds[rule] = Deployment(name="dev").write()
        for file in ("gateway.toml", "inside.toml") if rule else ():
            path = world.dir / file
            path.write_text(f'request_ids = "{rule}"\n' + path.read_text())
        world.start_gateway()
        world.wait_link()
    return worlds[rule]


@suite.teardown
def stop():
    for rule, world in worlds.items():
        equal(world.stop()[-1], 0, f"exit code with {rule!r}")


def exchange(service, client, ids):
    """Each kind of request once in both directions, with these ids. Names are new each time, as the inside may hear of an UNREGISTER later."""
    ids = iter(ids)

    def ask(peer, code, *rest):
        request = next(ids)
        peer.send(code, request, *rest)
        answer = peer.answer()
        equal(answer[1], request, answer)
        return answer
    for owner, other in ((service, client), (client, service)):
        procedure, topic = f"lab.add{next(numbers)}", f"lab.topic{next(numbers)}"
        registered = ask(owner, REGISTER, {}, procedure)
        equal(registered[0], REGISTERED, registered)
        subscribed = ask(owner, SUBSCRIBE, {}, topic)
        equal(subscribed[0], SUBSCRIBED, subscribed)
        request = next(ids)
        other.send(CALL, request, {}, procedure, [1, 2])
        invocation = owner.receive()
        equal((invocation[0], invocation[4]), (INVOCATION, [1, 2]))
        owner.send(YIELD, invocation[1], {}, [3])
        equal(other.receive(), [RESULT, request, {}, [3]])
        published = ask(other, PUBLISH, {"acknowledge": True}, topic, ["now"])
        equal(published[0], PUBLISHED, published)
        event = owner.receive()
        equal((event[0], event[1], event[4]), (EVENT, subscribed[2], ["now"]))
        equal(ask(owner, UNSUBSCRIBE, subscribed[2])[0], UNSUBSCRIBED)
        equal(ask(owner, UNREGISTER, registered[2])[0], UNREGISTERED)


@suite.test
def random_request_ids_are_accepted_where_they_are_not_checked():  # W-ID-06
    world = with_ids("off")
    for serializer in (MSGPACK, JSON):
        service, client = world.raw_inside(serializer), world.raw("alice", serializer)
        exchange(service, client, (random.randint(1, 1 << 53) for _ in range(100)))
        exchange(service, client, range(100, 1, -1))
        service.close()
        client.close()


@suite.test
def gaps_are_accepted_where_ids_only_have_to_grow():  # W-ID-06
    world = with_ids("monotonic")
    service, client = world.raw_inside(), world.raw("alice")
    exchange(service, client, range(5, 1000, 7))
    for peer in (service, client):
        peer.send(CALL, 4, {}, "lab.any.add")
        equal(peer.receive(), PV)
        assert peer.closed()


@suite.test
def ids_are_checked_by_default():  # W-ID-06
    world = with_ids("")
    for peer in (world.raw_inside(), world.raw("alice")):
        peer.send(CALL, 2, {}, "lab.any.add")
        equal(peer.receive(), PV)
        assert peer.closed()


@suite.test
def the_id_of_an_open_request_is_refused_and_can_be_used_again_once_it_is_answered():  # W-ID-10
    world = with_ids("off")
    for service, caller, procedure in ((world.raw_inside(), world.raw("alice"), "lab.slow.inside"),
                                       (world.raw("alice"), world.raw_inside(), "lab.slow.outside")):
        equal(service.ask(REGISTER, {}, procedure)[0], REGISTERED)
        for _ in range(2):
            caller.send(CALL, 77, {}, procedure)
            invocation = service.receive()
            service.send(YIELD, invocation[1], {}, ["done"])
            equal(caller.receive(), [RESULT, 77, {}, ["done"]])
        caller.send(CALL, 77, {}, procedure)
        service.receive()
        caller.send(CANCEL, 77, {"mode": "skip"})
        equal(caller.receive()[:3], [ERROR, CALL, 77])
        caller.send(CALL, 77, {}, procedure)
        service.receive()
        caller.send(PUBLISH, 77, {}, "lab.any.topic")
        equal(caller.receive(), PV)
        assert caller.closed()
        service.close()


UNDEFINED = msgpack.ExtType(0, b"\0")


@suite.test
def null_for_absent_arguments_is_accepted_and_passed_on_as_absent():  # W-MSG-09, W-MSG-14
    world = with_ids("")
    for serializer in (MSGPACK, JSON):
        for callee, caller, procedure in ((world.raw_inside(serializer), world.raw("alice", serializer), f"lab.null.inside{serializer}"),
                                          (world.raw("alice", serializer), world.raw_inside(serializer), f"lab.null.outside{serializer}")):
            equal(callee.ask(REGISTER, {}, procedure)[0], REGISTERED)
            equal(callee.ask(SUBSCRIBE, {}, "lab.null.topic")[0], SUBSCRIBED)
            for sent, received in (([None], []), ([None, None], []), ([[], None], []), ([[None], None], [[None]]),
                                   ([None, {"a": 1}], [[], {"a": 1}])):
                request = caller.next_request()
                caller.send(CALL, request, {}, procedure, *sent)
                invocation = callee.receive()
                equal((invocation[0], invocation[4:]), (INVOCATION, received), sent)
                callee.send(YIELD, invocation[1], {}, *sent)
                equal(caller.receive(), [RESULT, request, {}, *received], sent)
                request = caller.next_request()
                caller.send(CALL, request, {}, procedure, *sent)
                callee.send(ERROR, INVOCATION, callee.receive()[1], {}, "lab.failed", *sent)
                equal(caller.receive(), [ERROR, CALL, request, {}, "lab.failed", *received], sent)
                caller.send(PUBLISH, caller.next_request(), {}, "lab.null.topic", *sent)
                event = callee.receive()
                equal((event[0], event[4:]), (EVENT, received), sent)
            for client in (callee, caller):
                client.close()


@suite.test
def undefined_options_are_absent_and_undefined_arguments_pass_to_msgpack():  # W-SER-07, W-SER-09
    world = with_ids("")
    callee, caller, other = world.raw_inside(), world.raw("alice"), world.raw_inside(JSON)
    equal(callee.ask(REGISTER, {"match": UNDEFINED, "invoke": UNDEFINED}, "lab.undefined.call")[0], REGISTERED)
    equal(other.ask(REGISTER, {}, "lab.undefined.json")[0], REGISTERED)
    options = {"timeout": UNDEFINED, "disclose_me": UNDEFINED, "receive_progress": UNDEFINED, "x_own": {"a": UNDEFINED}}
    for sent, received in (([], []), ([UNDEFINED], []), ([[1, UNDEFINED], {"a": UNDEFINED}], [[1, UNDEFINED], {"a": UNDEFINED}])):
        request = caller.next_request()
        caller.send(CALL, request, options, "lab.undefined.call", *sent)
        invocation = callee.receive()
        equal((invocation[0], invocation[4:]), (INVOCATION, received), sent)
        callee.send(YIELD, invocation[1], {"progress": UNDEFINED}, *sent)
        equal(caller.receive(), [RESULT, request, {}, *received], sent)
    equal(caller.ask(CALL, {}, "lab.undefined.json", [UNDEFINED])[4], "wamp.error.invalid_argument")
    caller.send(CALL, caller.next_request(), {"timeout": msgpack.ExtType(1, b"\0")}, "lab.undefined.call")
    equal(caller.receive(), PV)
    for client in (callee, caller, other):
        client.close()


@suite.test
def an_unknown_rule_for_ids_is_an_error_with_its_place_and_the_known_ones():
    for program, file in (("serve", "gateway.toml"), ("inside", "inside.toml")):
        world = Deployment(name="dev").write()
        path = world.dir / file
        path.write_text('request_ids = "random"\n' + path.read_text())
        result = sallyport(program, "--config", path, cwd=world.dir)
        equal(result.returncode, 2, result.stderr)
        assert f"{file}:1:15: error: \"random\" is not a valid request_ids (known values: strict, monotonic, off)" in result.stderr, \
            result.stderr


@suite.test
def roles_and_features_that_a_client_has_not_announced_may_be_used():  # W-FEA-04
    world = with_ids("")
    service, client = world.raw_inside(), world.raw("alice", roles={"caller": {}})
    topic = f"lab.topic{next(numbers)}"
    equal(service.ask(SUBSCRIBE, {}, topic)[0], SUBSCRIBED)
    equal(client.ask(SUBSCRIBE, {}, topic)[0], SUBSCRIBED)
    equal(client.ask(REGISTER, {}, f"lab.add{next(numbers)}")[0], REGISTERED)
    equal(client.ask(PUBLISH, {"acknowledge": True, "exclude_authid": ["nobody"], "exclude_me": False}, topic, ["heard"])[0], PUBLISHED)
    for peer in (client, service):
        event = peer.receive()
        equal((event[0], event[4]), (EVENT, ["heard"]))
        peer.close()


if __name__ == "__main__":
    suite.main()
