"""Who is granted `diagnose` is told of links, and why a request is unavailable; others get the bare error."""
import asyncio
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.deployment import OUTSIDE_RULES, Deployment  # noqa: E402
from support.peers import MIB, frames, leave, send_in_background  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402

suite = Suite("interop_diagnose")

RULES = '''
[[route]]
id = "links"
match = "prefix"
uri = "sallyport.link."
to = "inside"

[[allow]]
id = "operators-see-links"
roles = ["operator"]
actions = ["subscribe"]
match = "prefix"
uri = "sallyport.link."
grants = ["diagnose"]

[[allow]]
id = "operators-diagnose"
roles = ["operator"]
actions = ["call", "publish", "subscribe", "register"]
match = "prefix"
uri = "lab."
grants = ["diagnose"]

[[allow]]
id = "operators-seldom"
roles = ["operator"]
actions = ["call"]
uri = "lab.seldom"
limits = { rate = "1/m" }
grants = ["diagnose"]

[[allow]]
id = "operators-one-by-one"
roles = ["operator"]
actions = ["call"]
uri = "lab.one"
limits = { in_flight = 1 }
grants = ["diagnose"]

[[allow]]
id = "operators-are-not-told"
roles = ["operator"]
actions = ["call"]
uri = "lab.mute"

[[allow]]
id = "guests"
roles = ["guest"]
actions = ["call"]
uri = "lab.look"

[[allow]]
id = "guests-seldom"
roles = ["guest"]
actions = ["call"]
uri = "lab.rare"
limits = { rate = "1/m" }
'''
assert "operators" in OUTSIDE_RULES


def error_of(client, procedure):
    answer = client.call(procedure)
    return answer[4:] if answer[0] == rawclient.ERROR else answer


def told(cause):
    return ["wamp.error.unavailable", [], {"cause": cause}]


BARE = ["wamp.error.unavailable"]
world = Deployment(link="accept", outside_rules=RULES, name="diagnose")


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    world.stop()


@suite.test
def over_rate_and_over_in_flight_are_told_apart_in_each_serializer():
    service = world.raw_inside()
    equal(service.ask(rawclient.REGISTER, {}, "lab.one")[0], rawclient.REGISTERED)
    for serializer in (rawclient.MSGPACK, rawclient.JSON, rawclient.CBOR):
        client = world.raw("alice", serializer)
        client.call("lab.seldom")
        equal(error_of(client, "lab.seldom"), told("over_rate"))
        client.send(rawclient.CALL, client.next_request(), {}, "lab.one")
        open_call = service.receive()
        equal(error_of(client, "lab.one"), told("over_in_flight"))
        service.send(rawclient.YIELD, open_call[1], {})
        equal(client.receive()[0], rawclient.RESULT)
        client.close()
    guest = world.raw("bob")
    guest.call("lab.rare")
    equal(error_of(guest, "lab.rare"), BARE)
    guest.close()
    service.close()


@suite.test(timeout=120)
def a_service_that_does_not_take_its_calls_is_told_apart():
    for procedure, expected in (("lab.dead", told("too_slow")), ("lab.mute", BARE)):
        dead = world.raw_inside()
        equal(dead.ask(rawclient.REGISTER, {}, procedure)[0], rawclient.REGISTERED)
        caller = world.raw("alice")
        send_in_background(caller.transport.sock, frames(
            caller, [[rawclient.CALL, i + 1, {}, procedure, ["x" * MIB]] for i in range(6)]))
        for _ in range(3):
            equal(caller.receive()[4:], expected)
        leave(caller)
        leave(dead)


@suite.test
async def a_link_that_goes_down_and_returns_is_told_to_those_who_may_know():
    client = await world.connect_outside("ws-json")
    seen = []
    for topic in ("on_down", "on_up"):
        await client.subscribe(lambda link, topic=topic: seen.append((topic, link)), f"sallyport.link.{topic}")
    guest = world.raw("bob")
    equal(guest.ask(rawclient.SUBSCRIBE, {}, "sallyport.link.on_down")[4], "wamp.error.not_authorized")
    world.inside.stop(10)
    await asyncio.to_thread(eventually, lambda: seen == [("on_down", "inside")], "the link is told to be down")
    try:
        await client.call("lab.look")
        raise AssertionError("there is no link")
    except ApplicationError as error:
        equal((error.error, error.kwargs), ("wamp.error.unavailable", {"cause": "link_down"}))
    equal(error_of(guest, "lab.look"), BARE)
    raw = world.raw("alice")
    for request in ((rawclient.SUBSCRIBE, {}, "lab.topic"), (rawclient.REGISTER, {}, "lab.mine"),
                    (rawclient.PUBLISH, {"acknowledge": True}, "lab.topic")):
        equal(raw.ask(*request)[4:], told("link_down"))
    raw.close()
    guest.close()
    world.start_inside()
    await asyncio.to_thread(eventually, lambda: seen == [("on_down", "inside"), ("on_up", "inside")], "and to be up")
    await client.goodbye()


@suite.test
def services_inside_see_their_gateways_come_and_go():
    policy = world.dir / "inside-observatory.toml"
    text = policy.read_text()
    policy.write_text(text + '\n[[allow]]\nid = "links"\nroles = ["service"]\nactions = ["subscribe"]\nmatch = "prefix"\n'
                             'uri = "sallyport.link."\ngrants = ["diagnose"]\n')
    service = world.raw_inside()
    equal(service.ask(rawclient.SUBSCRIBE, {"match": "prefix"}, "sallyport.link.")[4], "wamp.error.not_authorized")
    world.inside.popen.send_signal(signal.SIGHUP)
    eventually(lambda: service.ask(rawclient.SUBSCRIBE, {"match": "prefix"}, "sallyport.link.")[0] == rawclient.SUBSCRIBED,
               "the new policy holds")
    world.gateway.stop(10)
    for topic in ("on_down", "on_up"):
        event = service.receive()
        equal((event[0], event[3], event[4]), (rawclient.EVENT, {"topic": f"sallyport.link.{topic}"}, [world.link_address]))
        if topic == "on_down":
            world.start_gateway()
    service.close()
    world.wait_link()


if __name__ == "__main__":
    suite.main()
