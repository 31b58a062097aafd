"""Routes that act, with stock clients on both sides: a prefix called otherwise inside, requests that wait for a link, calls made
once more; and what a rule grants: names, and who is there."""
import asyncio
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient, scenarios  # noqa: E402
from support.deployment import INSIDE_POLICY, Deployment  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions, RegisterOptions, SubscribeOptions  # noqa: E402

RULES = '''
[[route]]
id = "public"
match = "prefix"
uri = "public."
to = "inside"
rewrite = "lab."

[[route]]
id = "patient"
match = "prefix"
uri = "patient."
to = "inside"
rewrite = "lab."
when_down = "wait"
wait = "20s"

[[route]]
id = "again"
match = "prefix"
uri = "again."
to = "inside"
rewrite = "lab."
idempotent = true

[[route]]
id = "short"
match = "prefix"
uri = "s."
to = "inside"
rewrite = "lab.a.long.way."

[[route]]
id = "meta"
match = "prefix"
uri = "wamp."
to = "inside"

[[allow]]
id = "operators"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ["lab.", "public.", "patient.", "again.", "s."]

[[allow]]
id = "signed"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "public.signed."
grants = ["disclose_me"]

[[allow]]
id = "who-is-there"
roles = ["operator"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp.session."
grants = ["meta"]

[[allow]]
id = "last-words"
roles = ["operator"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]

[[allow]]
id = "kept"
roles = ["operator"]
actions = ["subscribe", "publish"]
match = "prefix"
uri = ["public.kept.", "lab.kept."]
grants = ["retain"]
'''

INSIDE_RULES = INSIDE_POLICY + '''
[[allow]]
id = "signed"
roles = ["operator", "service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab.signed."
grants = ["disclose_me"]

[[allow]]
id = "kept"
roles = ["operator", "service", "gateway"]
actions = ["subscribe", "publish"]
match = "prefix"
uri = "lab.kept."
grants = ["retain"]

[[allow]]
id = "last-words"
roles = ["service"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.flush_testaments"]
grants = ["testaments"]
'''


class Wire:
    """A unix socket that leads to another one, and can be cut."""

    def __init__(self, path, to):
        self.path, self.to, self.open, self.up = str(path), str(to), [], True
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            try:
                if not self.up:
                    raise OSError("cut")
                far.connect(self.to)
            except OSError:
                near.close()
                far.close()
                continue
            self.open += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.up = False
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def mend(self):
        self.up = True


suite = Suite("routes")
world = Deployment("accept", outside_rules=RULES, name="routes")
wires = []


@suite.setup
def start():
    world.write()
    wires.append(Wire(world.dir / "wire.sock", world.dir / "link.sock"))
    config = world.dir / "inside.toml"
    config.write_text(config.read_text().replace(f"{world.dir}/link.sock", wires[0].path))
    (world.dir / "inside-observatory.toml").write_text(INSIDE_RULES)
    world.start_gateway()
    world.start_inside()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


async def _until_down(outside):
    """The gateway knows that the link is down."""
    for _ in range(200):
        try:
            await outside.call("lab.add2", 1, 1)
        except ApplicationError as error:
            if error.error == "wamp.error.unavailable":
                return
        await asyncio.sleep(0.02)
    raise AssertionError("the link is still up")


async def _both(transport="ws-json"):
    inside = await world.connect_inside()
    await scenarios.offer_services(inside)
    return inside, await world.connect_outside(transport)


async def _leave(*peers):
    for peer in peers:
        await peer.goodbye()


@suite.test
async def what_is_called_otherwise_inside_works_in_all_four_ways():
    inside, outside = await _both()
    equal(await outside.call("public.add2", 2, 3), 5)
    equal(await outside.call("lab.add2", 2, 3), 5)

    await outside.register(lambda x: x + 1, "public.dome.step")
    equal(await inside.call("lab.dome.step", 1), 2)

    heard = []
    await outside.subscribe(lambda number, details: heard.append((details.topic, number)), "public.sky.",
                            options=SubscribeOptions(match="prefix", details_arg="details"))
    plain = scenarios.Events()
    await outside.subscribe(plain, "patient.sky.rain")
    within = scenarios.Events()
    await inside.subscribe(within, "lab.sky.rain")
    await inside.publish("lab.sky.rain", 1, options=PublishOptions(acknowledge=True))
    await outside.publish("public.sky.rain", 2, options=PublishOptions(acknowledge=True, exclude_me=False))
    await plain.count(2)
    equal([args for args, _ in await within.count(1)], [[2]])
    equal(heard, [("public.sky.rain", 1), ("public.sky.rain", 2)])
    await _leave(outside, inside)


@suite.test
async def a_name_that_is_too_long_inside_is_refused_and_the_session_goes_on():
    inside, outside = await _both()
    equal(await outside.call("public.add2", 1, 2), 3)
    try:
        await outside.call("s." + "x" * 1015)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.invalid_uri")
    equal(await outside.call("public.add2", 1, 2), 3)
    await _leave(outside, inside)


@suite.test
async def patient_requests_wait_for_the_link_in_their_order():
    inside, outside = await _both()
    kept = scenarios.Events()
    await inside.subscribe(kept, "lab.log")
    wires[0].cut()
    await _until_down(outside)
    publications = [outside.publish("patient.log", n, options=PublishOptions(acknowledge=True)) for n in range(20)]
    answer = asyncio.ensure_future(outside.call("patient.add2", 20, 3))
    registered = asyncio.ensure_future(outside.register(lambda: "mine", "patient.own"))
    await asyncio.sleep(0.3)
    assert not answer.done() and not registered.done()
    wires[0].mend()
    equal(await asyncio.wait_for(answer, 15), 23)
    await asyncio.wait_for(asyncio.gather(*publications), 15)
    equal([args[0] for args, _ in await kept.count(20)], list(range(20)))
    await registered
    equal(await inside.call("lab.own"), "mine")
    await _leave(outside, inside)


@suite.test
async def a_call_in_flight_is_made_again_only_where_the_route_says_so():
    inside, outside = await _both()
    made = []

    async def slow(who):
        made.append(who)
        await asyncio.sleep(1)
        return who
    await inside.register(slow, "lab.slow")
    again = asyncio.ensure_future(outside.call("again.slow", "again"))
    once = asyncio.ensure_future(outside.call("lab.slow", "once"))
    while len(made) < 2:
        await asyncio.sleep(0.02)
    wires[0].cut()
    try:
        await asyncio.wait_for(once, 15)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.network_failure")
    assert not again.done()
    wires[0].mend()
    equal(await asyncio.wait_for(again, 15), "again")
    equal(sorted(made), ["again", "again", "once"])
    await _leave(outside, inside)


@suite.test
async def a_caller_and_a_publisher_are_named_where_it_is_granted():
    inside, outside = await _both("rs-msgpack")
    raw = world.raw("alice")
    told = []
    await inside.subscribe(lambda details: told.append((details.publisher, details.publisher_authid,
                                                        details.publisher_authrole)), "lab.signed.order",
                           options=SubscribeOptions(details_arg="details"))
    from support.rawclient import CALL, ERROR, PUBLISH, PUBLISHED, RESULT
    equal(raw.ask(PUBLISH, {"acknowledge": True, "disclose_me": True}, "public.signed.order")[0], PUBLISHED)
    refused = raw.ask(PUBLISH, {"acknowledge": True, "disclose_me": True}, "public.order")
    equal((refused[0], refused[4]), (ERROR, "wamp.error.option_disallowed.disclose_me"))
    for _ in range(200):
        if told:
            break
        await asyncio.sleep(0.02)
    equal(told, [(raw.session, "alice", "operator")])

    callers = []
    await outside.register(lambda details: callers.append((details.caller, details.caller_authid)), "public.signed.who",
                           options=RegisterOptions(details_arg="details"))
    raw.send(CALL, raw.next_request(), {"disclose_me": True}, "public.signed.who")
    first = await asyncio.to_thread(raw.answer)
    equal(first[0], RESULT)
    raw.send(CALL, raw.next_request(), {}, "public.signed.who")
    equal((await asyncio.to_thread(raw.answer))[0], RESULT)
    equal(callers, [(raw.session, "alice"), (None, None)])
    raw.close()
    await _leave(outside, inside)


@suite.test
async def an_operator_sees_who_is_there_and_guests_do_not():
    outside = await world.connect_outside("ws-msgpack")
    joins, leaves = scenarios.Events(), scenarios.Events()
    await outside.subscribe(joins, "wamp.session.on_join")
    await outside.subscribe(leaves, "wamp.session.on_leave")
    before = await outside.call("wamp.session.count")
    guest = await world.connect_outside("ws-json", None)
    joined = (await joins.count(1))[0][0][0]
    equal((joined["session"], joined["authrole"]), (guest.joined_details.session, "guest"))
    equal(await outside.call("wamp.session.count"), before + 1)
    assert joined["session"] in await outside.call("wamp.session.list")
    equal((await outside.call("wamp.session.get", joined["session"]))["authid"], joined["authid"])
    for peer, procedure, uri in ((guest, "wamp.session.count", "wamp.error.not_authorized"),
                                 (outside, "wamp.session.kill", "wamp.error.not_authorized"),
                                 (outside, "wamp.session.nothing", "wamp.error.no_such_procedure")):
        try:
            await peer.call(procedure, joined["session"])
            raise AssertionError(f"{procedure}: no error")
        except ApplicationError as error:
            equal(error.error, uri, procedure)
    await guest.goodbye()
    equal((await leaves.count(1))[0][0], [joined["session"], joined["authid"], "guest"])
    await outside.goodbye()


@suite.test
async def what_a_session_leaves_is_published_when_it_ends_on_either_side():
    inside, outside = await _both("ws-json")
    within, without = scenarios.Events(), scenarios.Events()
    await inside.subscribe(within, "lab.gone")
    await outside.subscribe(without, "public.gone")

    leaving = await world.connect_outside("rs-msgpack")
    await leaving.call("wamp.session.add_testament", "public.gone", ["last"], {"by": "goodbye"})
    await leaving.call("wamp.session.add_testament", "public.gone", ["first"], {}, scope="detached")
    await leaving.call("wamp.session.add_testament", "public.gone", ["never"], {}, scope="detached")
    equal(await leaving.call("wamp.session.flush_testaments", scope="detached"), 2)
    await leaving.call("wamp.session.add_testament", "public.gone", ["first"], {}, scope="detached",
                       publish_options={"acknowledge": True})
    await leaving.goodbye()
    due = [(["first"], {}), (["last"], {"by": "goodbye"})]
    equal(await within.count(2), due)
    equal(await without.count(2), due)

    from support.rawclient import CALL, RESULT
    lost = world.raw("alice")
    equal(lost.ask(CALL, {}, "wamp.session.add_testament", ["lab.gone", ["lost"], {}])[0], RESULT)
    lost.close()
    equal((await within.count(3))[2], (["lost"], {}))

    service = await world.connect_inside()
    await service.call("wamp.session.add_testament", "lab.gone", ["service"], {})
    await service.goodbye()
    equal((await without.count(4))[3], (["service"], {}))

    for peer, topic, uri in ((outside, "nobody.may", "wamp.error.not_authorized"), (outside, "a..b", "wamp.error.invalid_uri"),
                             (inside, "other.topic", "wamp.error.not_authorized")):
        try:
            await peer.call("wamp.session.add_testament", topic, [], {})
            raise AssertionError(f"{topic}: no error")
        except ApplicationError as error:
            equal(error.error, uri, topic)
    await _leave(outside, inside)


@suite.test
async def a_retained_event_comes_to_who_asks_for_it_on_either_side():
    inside, outside = await _both("rs-msgpack")
    kept = PublishOptions(acknowledge=True, retain=True)

    async def asked(peer, topic, due):
        events = []
        heard = asyncio.Event()

        def on_event(number, details):
            events.append((number, bool(details.retained)))
            if len(events) == due:
                heard.set()
        subscription = await peer.subscribe(on_event, topic, options=SubscribeOptions(get_retained=True,
                                                                                      details_arg="details"))
        return events, heard, subscription

    await inside.publish("lab.kept.weather", 1, options=kept)
    await inside.publish("lab.kept.weather", 2, options=kept)
    await inside.publish("lab.kept.weather", 3, options=PublishOptions(acknowledge=True))
    events, heard, _ = await asked(outside, "public.kept.weather", 2)
    await inside.publish("lab.kept.weather", 4, options=PublishOptions(acknowledge=True))
    await asyncio.wait_for(heard.wait(), 10)
    equal(events, [(2, True), (4, False)])

    await outside.publish("public.kept.dome", 5, options=kept)
    other = await world.connect_outside("ws-json")
    for peer, topic in ((inside, "lab.kept.dome"), (other, "public.kept.dome")):
        events, heard, _ = await asked(peer, topic, 1)
        await asyncio.wait_for(heard.wait(), 10)
        equal(events, [(5, True)], topic)
    try:
        await outside.publish("public.dome", 6, options=kept)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.option_not_allowed")
    await _leave(other, outside, inside)


@suite.test
def an_unsubscribe_waits_for_the_subscribe_before_it():
    """W-ORD-05, W-ORD-07: the SUBSCRIBE has to go to the inside and back, the UNSUBSCRIBE has not."""
    inside, outside, other = world.raw_inside(), world.raw("alice"), world.raw("alice")
    ids = []
    for client in (outside, other):  # two, so that the subscription does not end with that of one
        client.send(rawclient.SUBSCRIBE, 1, {}, "public.kept.order")
        ids.append(client.receive()[2])
    equal(ids[0], ids[1])
    outside.transport.sock.sendall(b"".join(outside.transport.frame(rawclient.encode(rawclient.MSGPACK, message)) for message in (
        [rawclient.SUBSCRIBE, 2, {"get_retained": True}, "public.kept.order"], [rawclient.UNSUBSCRIBE, 3, ids[0]])))
    equal([outside.receive(), outside.receive()], [[rawclient.SUBSCRIBED, 2, ids[0]], [rawclient.UNSUBSCRIBED, 3]])
    inside.send(rawclient.PUBLISH, 1, {}, "lab.kept.order", ["too late"])
    equal(other.receive()[0], rawclient.EVENT)
    outside.send(rawclient.CALL, 4, {}, "lab.nothing")
    equal(outside.receive()[:3], [rawclient.ERROR, rawclient.CALL, 4], "no event comes before the answer")
    for client in (inside, outside, other):
        client.close()


if __name__ == "__main__":
    suite.main()
