"""Shared registrations: callees at two gateways and services of the one inside that both are linked to share a procedure, with
each policy. Also what callees and callers tell each other beside the arguments: timeouts and transaction hashes."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.rawclient import (CALL, ERROR, EVENT, INVOCATION, PUBLISH, PUBLISHED, REGISTER, REGISTERED, RESULT, SUBSCRIBE,  # noqa: E402
                               SUBSCRIBED, UNREGISTER, UNREGISTERED, YIELD)
from support.runner import Suite, equal, eventually  # noqa: E402

RULES = '''
[[allow]]
id = "open"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
'''
ROLES = {"caller": {"features": {"call_canceling": True}}, "callee": {"features": {"call_canceling": True}}, "publisher": {},
         "subscriber": {}}
EXISTS, NOBODY = "wamp.error.procedure_already_exists", "wamp.error.no_such_procedure"

suite = Suite("shared")
a = Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", outside_rules=RULES, name="shared-a")
b = Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", outside_rules=RULES, name="shared-b")


@suite.setup
def start():
    for end in (a, b):
        end.state.mkdir(mode=0o700)
        end.pair()
    b.pins["inside"] = a.pins["inside"]
    a.write()
    b.write()
    with open(a.dir / "inside.toml", "a") as config:
        config.write(f'\n[[link]]\ngateway = "{b.link_address}"\npeer_pin = "{b.pins["gateway"]}"\n')
    b.start_gateway()
    a.start_gateway()
    a.start_inside()
    a.wait_link()
    b.wait_link()


@suite.teardown
def stop():
    equal(set(a.stop() + b.stop()), {0}, "exit codes of an orderly stop")


def at_a():
    return a.raw("alice", roles=ROLES)


def at_b():
    return b.raw("alice", roles=ROLES)


def inside():
    return a.raw_inside(roles=ROLES)


class Callee:
    def __init__(self, client, procedure, **options):
        self.client, self.procedure = client, procedure
        self.answer = client.ask(REGISTER, options, procedure)
        equal(self.answer[0], REGISTERED, self.answer)
        self.id = self.answer[2]

    def serve(self):
        """One call, which is answered with its argument."""
        message = self.client.receive()
        equal((message[0], message[2]), (INVOCATION, self.id))
        self.client.send(YIELD, message[1], {}, message[4])
        return message

    def unregister(self):
        equal(self.client.ask(UNREGISTER, self.id)[0], UNREGISTERED)


def chosen(caller, callees, procedure, count):
    """Which of the callees got each of so many calls, by their place in the list."""
    places = []
    for number in range(count):
        caller.send(CALL, caller.next_request(), {}, procedure, [number])
        places.append(next_served(callees))
        equal(caller.receive()[:2], [RESULT, caller.request])
    return places


def next_served(callees):
    import select
    sockets = [callee.client.transport.sock for callee in callees]
    ready, _, _ = select.select(sockets, [], [], 10)
    equal(len(ready), 1, "callees that are called")
    place = sockets.index(ready[0])
    callees[place].serve()
    return place


def members(procedure, invoke):
    """Two at gateway A, one inside, one at B, in an order that mixes them."""
    return [Callee(make(), procedure, invoke=invoke) for make in (at_a, at_b, inside, at_a)]


def close(*clients):
    for client in clients:
        getattr(client, "client", client).close()


def gone(procedure):
    """Nobody offers it any more."""
    caller = inside()
    eventually(lambda: caller.ask(CALL, {}, procedure)[4:5] == [NOBODY], f"{procedure} has no callee")
    caller.close()


@suite.test
def both_doors_announce_it():
    for client in (at_a(), inside()):
        equal(client.details["roles"]["dealer"]["features"].get("shared_registration"), True)
        client.close()


@suite.test
def those_of_one_place_have_one_id():  # W-SHR-02
    callees = members("lab.ids", "roundrobin")
    equal(callees[0].id, callees[3].id)
    close(*callees)
    gone("lab.ids")


@suite.test
def each_policy_chooses_in_the_order_of_registration_across_places():  # W-SHR-01, W-SHR-02
    for make_caller in (at_a, at_b, inside):
        caller = make_caller()
        for invoke, due in (("roundrobin", [0, 1, 2, 3, 0, 1, 2, 3]), ("first", [0] * 8), ("last", [3] * 8)):
            callees = members("lab.order", invoke)
            equal(chosen(caller, callees, "lab.order", 8), due, invoke)
            close(*callees)
            gone("lab.order")
        callees = members("lab.order", "random")
        equal(set(chosen(caller, callees, "lab.order", 100)), {0, 1, 2, 3})
        close(caller, *callees)
        gone("lab.order")


@suite.test
def single_and_another_policy_are_refused_wherever_the_first_is():  # W-SHR-01
    for make_first in (at_a, at_b, inside):
        for invoke in ("single", "roundrobin"):
            first = Callee(make_first(), "lab.strict", invoke=invoke)
            for make_second in (at_a, at_b, inside):
                second = make_second()
                for other in ("single", "first", "last"):
                    equal(second.ask(REGISTER, {"invoke": other}, "lab.strict")[4], EXISTS)
                second.close()
            equal(first.client.ask(REGISTER, {"invoke": invoke}, "lab.strict")[4], EXISTS, "a second time")
            close(first)
            gone("lab.strict")


@suite.test
def who_leaves_or_unregisters_leaves_the_others():  # W-SHR-03
    caller, callees = at_b(), members("lab.leave", "roundrobin")
    equal(chosen(caller, callees, "lab.leave", 2), [0, 1])
    callees[0].unregister()
    left = callees[1:]
    equal(chosen(caller, left, "lab.leave", 4), [1, 2, 0, 1], "no one is skipped or chosen twice")
    callees[3].client.close()
    status = inside()
    eventually(lambda: _answers(status, callees[1:3], "lab.leave", 2), "the one that left is not called")
    again = Callee(at_a(), "lab.leave", invoke="roundrobin")
    equal(sorted(chosen(caller, [*callees[1:3], again], "lab.leave", 3)), [0, 1, 2])
    close(caller, status, callees[0], *callees[1:3], again)
    gone("lab.leave")
    for invoke in ("single", "last"):  # the policy is forgotten with the last callee
        close(Callee(at_a(), "lab.leave", invoke=invoke))
        gone("lab.leave")


def _answers(caller, callees, procedure, count):
    places = []
    for number in range(count):
        caller.send(CALL, caller.next_request(), {}, procedure, [number])
        try:
            places.append(next_served(callees))
        except AssertionError:
            caller.receive()  # canceled, with the callee that has left
            return False
        caller.receive()
    return sorted(places) == list(range(count))


@suite.test
def a_link_that_goes_down_takes_only_its_members_and_brings_them_back():
    caller, callees = inside(), members("lab.down", "roundrobin")
    b.gateway.stop(10)
    rest = [callees[0], callees[2], callees[3]]
    eventually(lambda: len(set(chosen_or_none(caller, rest, "lab.down", 3))) == 3, "those at A and inside go on")
    b.start_gateway()
    b.wait_link()
    callees[1].client.close()
    callees[1] = Callee(at_b(), "lab.down", invoke="roundrobin")
    equal(sorted(chosen(caller, callees, "lab.down", 4)), [0, 1, 2, 3])
    # The inside ends: both gateways register again what they have, each in its order.
    a.inside.stop(10)
    caller.close()
    callees[2].client.close()
    a.start_inside()
    a.wait_link()
    b.wait_link()
    caller = inside()
    rest = [callees[0], callees[1], callees[3]]
    order = chosen(caller, rest, "lab.down", 6)
    equal(sorted(order[:3]), [0, 1, 2])
    equal(order[3:], order[:3])
    equal(order.index(0) < order.index(2) or order[0] == 2, True, order)
    close(caller, *rest)
    gone("lab.down")


def chosen_or_none(caller, callees, procedure, count):
    try:
        return chosen(caller, callees, procedure, count)
    except AssertionError:
        return []


@suite.test
def callees_that_watch_the_time_themselves_are_told_it():  # W-TMO-03
    for make_callee in (at_a, inside):
        for make_caller in (at_a, at_b, inside):
            callee, plain, caller = make_callee(), make_callee(), make_caller()
            equal(callee.ask(REGISTER, {"forward_timeout": True}, "lab.timed")[0], REGISTERED)
            equal(plain.ask(REGISTER, {}, "lab.untold")[0], REGISTERED)
            caller.send(CALL, caller.next_request(), {"timeout": 30_000}, "lab.timed")
            invocation = callee.receive()
            equal(invocation[3].get("timeout"), 30_000)
            callee.send(ERROR, INVOCATION, invocation[1], {}, "wamp.error.timeout")
            equal(caller.receive()[:5:2], [ERROR, caller.request, "wamp.error.timeout"])
            for options, procedure, called in (({}, "lab.timed", callee), ({"timeout": 30_000}, "lab.untold", plain)):
                caller.send(CALL, caller.next_request(), options, procedure)
                invocation = called.receive()
                equal(invocation[3].get("timeout"), None)
                called.send(YIELD, invocation[1], {})
                equal(caller.receive()[0], RESULT)
            close(callee, plain, caller)
            gone("lab.timed")
            gone("lab.untold")


@suite.test
def transaction_hashes_pass_unless_they_are_too_long():  # W-R2R-06
    for make_receiver in (at_a, inside):
        for make_sender in (at_a, at_b, inside):
            receiver, sender = make_receiver(), make_sender()
            equal(receiver.ask(REGISTER, {}, "lab.hashed")[0], REGISTERED)
            equal(receiver.ask(SUBSCRIBE, {}, "lab.news")[0], SUBSCRIBED)
            for text, due in (("0xabc", "0xabc"), ("x" * 128, "x" * 128), ("x" * 129, None)):
                sender.send(CALL, sender.next_request(), {"transaction_hash": text}, "lab.hashed")
                invocation = receiver.receive()
                equal((invocation[0], invocation[3].get("transaction_hash")), (INVOCATION, due))
                receiver.send(YIELD, invocation[1], {})
                equal(sender.receive()[0], RESULT)
                equal(sender.ask(PUBLISH, {"acknowledge": True, "transaction_hash": text}, "lab.news")[0], PUBLISHED)
                event = receiver.receive()
                equal((event[0], event[3].get("transaction_hash")), (EVENT, due))
            close(receiver, sender)
            gone("lab.hashed")


@suite.test
def what_crossed_an_unregister_is_told_as_what_it_is():  # W-SUB-02
    callee, caller = at_a(), inside()
    registration = callee.ask(REGISTER, {}, "lab.crossing")[2]
    caller.send(CALL, caller.next_request(), {}, "lab.crossing")
    invocation = callee.receive()
    equal(callee.ask(UNREGISTER, registration)[0], UNREGISTERED)
    callee.send(ERROR, INVOCATION, invocation[1], {}, NOBODY)
    equal(caller.receive()[:5:2], [ERROR, caller.request, NOBODY])
    # A callee that still has the procedure cannot deny it in the router's name.
    equal(callee.ask(REGISTER, {}, "lab.crossing")[0], REGISTERED)
    caller.send(CALL, caller.next_request(), {}, "lab.crossing")
    callee.send(ERROR, INVOCATION, callee.receive()[1], {}, NOBODY)
    equal(caller.receive()[:5:2], [ERROR, caller.request, "sallyport.error.callee"])
    close(callee, caller)


if __name__ == "__main__":
    suite.main()
