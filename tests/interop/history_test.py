"""Event history with stock autobahn sessions: what an inside keeps, for services and through the gateway for clients outside."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import socks  # noqa: E402
from support.autobahn_peer import connect  # noqa: E402
from support.crossbar import Crossbar, free_port  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions, SubscribeOptions  # noqa: E402

suite = Suite("history")
TICKETS.update(ann=("reader", "the ticket of ann"), ben=("writer", "the ticket of ben"), eve=("stranger", "the ticket of eve"))
WAMP = '''
[[route]]
id = "wamp"
match = "prefix"
uri = "wamp."
to = "inside"
'''
RULES = '''
[[allow]]
id = "use"
roles = ["reader", "writer", "stranger", "service", "gateway", "operator"]
actions = ["call", "subscribe", "publish"]
match = "prefix"
uri = "lab."

[[allow]]
id = "read"
roles = ["reader", "writer", "service"]
actions = ["call"]
uri = "wamp.subscription.get_events"
grants = ["history"]

[[forbid]]
id = "secret"
roles = ["reader"]
actions = ["subscribe"]
uri = "lab.log.secret"
'''
HISTORY = '''
[[history]]
match = "prefix"
uri = "lab.log."
events = 5
'''
places = {"embedded": Deployment(name="history", outside_rules=WAMP + RULES),
          "tls": Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", name="history-tls", outside_rules=WAMP + RULES)}


@suite.setup
def start():
    for place in places.values():
        place.write()
        with open(place.dir / "inside.toml", "a") as config:
            config.write(HISTORY)
        (place.dir / "inside-observatory.toml").write_text(f'realm = "{REALM}"\n\n[auth]\nanonymous = {{ role = "service" }}\n{RULES}')
        place.start_gateway()
        if place.link == "accept":
            place.start_inside()
        place.wait_link()


@suite.teardown
def stop():
    for place in places.values():
        codes = place.stop()
        equal(codes, [0] * len(codes))


async def publish(session, topic, *args, **options):
    return (await session.publish(topic, *args, options=PublishOptions(acknowledge=True, **options))).id


async def read(session, held, *args, **kwargs):
    """The arguments of the events."""
    return [event.get("args", [None])[0] for event in await session.call("wamp.subscription.get_events", held.id, *args, **kwargs)]


async def refused(session, *args, **kwargs):
    try:
        return await session.call("wamp.subscription.get_events", *args, **kwargs)
    except ApplicationError as error:
        return error.error


async def subscribe(session, topic, **options):
    return await session.subscribe(lambda *_, **__: None, topic, SubscribeOptions(**options))


@suite.test
async def who_comes_later_reads_what_was_published_with_all_filters():  # W-EVH-01, W-EVH-02
    for place in places.values():
        service = await place.connect_inside("ws-json")
        ids = [await publish(service, "lab.log.a", number) for number in range(7)]
        for reader in (await place.connect_inside(), await place.connect_outside("rs-msgpack", "ann"),
                       await place.connect_outside("ws-json", "ann")):
            held = await subscribe(reader, "lab.log.a")
            events = await reader.call("wamp.subscription.get_events", held.id)
            equal([event["args"] for event in events], [[number] for number in range(2, 7)])
            equal([event["publication"] for event in events], ids[2:])
            equal({event["subscription"] for event in events}, {held.id})
            times = [event["timestamp"] for event in events]
            equal(times, sorted(times))
            equal(await read(reader, held, limit=2), [2, 3])
            equal(await read(reader, held, limit=2, reverse=True), [6, 5])
            equal(await read(reader, held, from_publication=ids[5]), [5, 6])
            equal(await read(reader, held, after_publication=ids[5]), [6])
            equal(await read(reader, held, before_publication=ids[3]), [2])
            equal(await read(reader, held, until_publication=ids[3]), [2, 3])
            equal(await read(reader, held, from_time=times[3]), [5, 6])
            equal(await read(reader, held, after_time=times[3]), [6])
            equal(await read(reader, held, before_time=times[1]), [2])
            equal(await read(reader, held, until_time=times[1], topic="lab.log.a"), [2, 3])
            equal(await read(reader, held, topic="lab.log.b"), [])
            equal(await refused(reader, held.id, limit=0), "wamp.error.invalid_argument")
            equal(await refused(reader, held.id, after_publication=ids[0]), "wamp.error.invalid_argument")
            equal(await refused(reader, 12345), "wamp.error.no_such_subscription")
            await reader.goodbye()
        await service.goodbye()


@suite.test
async def of_a_pattern_each_event_has_its_topic():
    place = places["embedded"]
    service, ann = await place.connect_inside(), await place.connect_outside("rs-msgpack", "ann")
    await publish(service, "lab.log.p.x", 1)
    await publish(service, "lab.log.p.y", 2)
    held = await subscribe(ann, "lab.log.p.", match="prefix")
    events = await ann.call("wamp.subscription.get_events", held.id)
    equal([(event["details"]["topic"], event["args"]) for event in events], [("lab.log.p.x", [1]), ("lab.log.p.y", [2])])
    equal(await read(ann, held, topic="lab.log.p.y"), [2])
    for session in (service, ann):
        await session.goodbye()


@suite.test
async def readers_get_what_they_could_have_received():  # W-EVH-03
    for place in places.values():
        service = await place.connect_inside()
        ann, ben = [await place.connect_outside("rs-msgpack", who) for who in ("ann", "ben")]
        topic = "lab.log.lists"
        await publish(service, topic, "for ann", eligible_authid=["ann"])
        await publish(service, topic, "no readers", exclude_authrole=["reader"])
        await publish(service, topic, "by session", exclude=[ann.joined_details.session])
        await publish(ben, topic, "of ben")
        await publish(ben, topic, "of ben for readers", eligible_authrole=["reader"])
        equal(await read(ann, await subscribe(ann, topic)), ["for ann", "of ben", "of ben for readers"])
        equal(await read(ben, await subscribe(ben, topic)), ["no readers", "of ben"])
        equal(await read(service, await subscribe(service, topic)), ["no readers", "of ben"])
        for session in (service, ann, ben):
            await session.goodbye()


@suite.test
async def nobody_reads_without_the_grant():
    place = places["embedded"]
    eve, ann = [await place.connect_outside("rs-msgpack", who) for who in ("eve", "ann")]
    held = await subscribe(eve, "lab.log.a")
    equal(await refused(eve, held.id), "wamp.error.not_authorized")
    equal(await refused(eve, 12345), "wamp.error.not_authorized")
    equal(await refused(ann, held.id), "wamp.error.no_such_subscription")  # it is not hers
    plain = await subscribe(ann, "lab.plain")
    equal(await refused(ann, plain.id), "wamp.error.history_unavailable")
    for session in (eve, ann):
        await session.goodbye()


@suite.test
async def history_is_announced_where_it_works():  # W-FEA-01
    place = places["tls"]
    for session in (await place.connect_inside(), await place.connect_outside("ws-json", "ann")):
        assert session._router_roles["broker"].event_history, vars(session._router_roles["broker"])
        await session.goodbye()


@suite.test
async def another_router_is_not_asked():  # W-EVH-04
    router = Crossbar(REALM)
    world = Deployment("dial", backend=f'address = "unix:{router.path}"\nprofile = "crossbar"\n', name="history-cb",
                       outside_rules=WAMP + RULES)
    router.start()
    try:
        world.start()
        ann = await connect(socks.plain(world.local), "rs-msgpack", REALM, "ann", TICKETS["ann"][1])
        assert not ann._router_roles["broker"].event_history
        held = await subscribe(ann, "lab.log.a")
        equal(await refused(ann, held.id), "wamp.error.history_unavailable")
        await ann.goodbye()
    finally:
        world.stop()
        router.stop()


if __name__ == "__main__":
    suite.main()
