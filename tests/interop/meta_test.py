"""The meta API of subscriptions and registrations with stock autobahn sessions, at both doors: the numbers that a client was told work,
and what a client may not use does not exist for it."""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import socks  # noqa: E402
from support.autobahn_peer import connect  # noqa: E402
from support.crossbar import Crossbar  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions, RegisterOptions, SubscribeOptions  # noqa: E402

suite = Suite("meta")
TICKETS.update(ann=("reader", "the ticket of ann"), ben=("reader", "the ticket of ben"), mona=("monitor", "the ticket of mona"))
META = '''
[[route]]
id = "meta"
match = "prefix"
uri = "wamp."
to = "inside"
'''
RULES = '''
[[allow]]
id = "use"
roles = ["reader", "monitor", "service", "gateway", "operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."

[[allow]]
id = "watch"
roles = ["monitor", "service"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "wamp."
grants = ["meta"]

[[forbid]]
id = "secret"
roles = ["monitor"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab.secret."
'''
KINDS = {"subscription": ("subscribe", "unsubscribe", "subscribers"), "registration": ("register", "unregister", "callees")}
embedded = Deployment(name="meta", outside_rules=META + RULES)
INSIDE_POLICY = f'realm = "{REALM}"\n\n[auth]\nanonymous = {{ role = "service" }}\n{RULES}'


@suite.setup
def start():
    embedded.write()
    (embedded.dir / "inside-observatory.toml").write_text(INSIDE_POLICY)
    embedded.start_gateway()
    embedded.wait_link()


@suite.teardown
def stop():
    codes = embedded.stop()
    equal(codes, [0] * len(codes))


class Watch:
    """What a session is told of one kind."""

    def __init__(self, session, kind):
        self.session, self.kind, self.events = session, kind, asyncio.Queue()

    async def start(self):
        def heard(*args, details):
            self.events.put_nowait((details.topic.removeprefix(f"wamp.{self.kind}.on_"), *args))
        await self.session.subscribe(heard, f"wamp.{self.kind}.", SubscribeOptions(match="prefix", details_arg="details"))
        return self

    async def next(self):
        return await asyncio.wait_for(self.events.get(), 10)


async def ask(session, procedure, *args):
    return await session.call(f"wamp.{procedure}", *args)


async def refused(session, procedure, *args):
    try:
        return await ask(session, procedure, *args)
    except ApplicationError as error:
        return error.error


async def hold(session, kind, uri, **options):
    """The subscription or registration of autobahn."""
    if kind == "subscription":
        return await session.subscribe(lambda *_: None, uri, SubscribeOptions(**options))
    return await session.register(lambda: None, uri, RegisterOptions(**options))


async def drop(held):
    await (held.unsubscribe() if hasattr(held, "unsubscribe") else held.unregister())


async def follow(watcher, holder, kind):
    """One session holds something and lets go of it, holds it again and drops off: what the watcher is told and answered."""
    begin, end, members = KINDS[kind]
    me = holder.joined_details.session
    watch = await Watch(watcher, kind).start()
    for leaves in (drop, None):
        held = await hold(holder, kind, "lab.thing")
        name, session, details = await watch.next()
        equal((name, session, details["id"], details["uri"], details["match"]), ("create", me, held.id, "lab.thing", "exact"))
        assert details["created"].endswith("Z"), details
        equal(await watch.next(), (begin, me, held.id))
        equal(await ask(watcher, f"{kind}.lookup", "lab.thing"), held.id)
        equal(await ask(watcher, f"{kind}.match", "lab.thing"), held.id if kind == "registration" else [held.id])
        equal((await ask(watcher, f"{kind}.get", held.id))["uri"], "lab.thing")
        equal(await ask(watcher, f"{kind}.list_{members}", held.id), [me])
        equal(await ask(watcher, f"{kind}.count_{members}", held.id), 1)
        equal(await ask(watcher, f"{kind}.list"), {"exact": [held.id], "prefix": [], "wildcard": []})
        equal((await ask(watcher, "session.get", me))["session"], me)
        if leaves:
            await leaves(held)
        else:
            holder._transport.abort()
        equal(await watch.next(), (end, me, held.id))
        equal(await watch.next(), ("delete", me, held.id))
        equal(await refused(watcher, f"{kind}.get", held.id), f"wamp.error.no_such_{kind}")
        equal(await ask(watcher, f"{kind}.lookup", "lab.thing"), None)


@suite.test
async def outside_clients_are_told_of_each_other():  # W-RMA-01, W-RMA-02, W-RMA-03, W-SMA-01, W-SMA-02
    for kind in KINDS:
        mona = await embedded.connect_outside("ws-json", "mona")
        ann = await embedded.connect_outside("rs-msgpack", "ann")
        await follow(mona, ann, kind)
        await mona.goodbye()


@suite.test
async def services_are_told_of_each_other():
    for kind in KINDS:
        watcher, service = await embedded.connect_inside("rs-msgpack"), await embedded.connect_inside("ws-json")
        await follow(watcher, service, kind)
        await watcher.goodbye()


@suite.test
async def both_doors_announce_what_they_answer():  # W-FEA-01
    for session in (await embedded.connect_outside("ws-json", "mona"), await embedded.connect_inside()):
        roles = session._router_roles
        assert roles["broker"].subscription_meta_api, vars(roles["broker"])
        assert roles["dealer"].registration_meta_api, vars(roles["dealer"])
        await session.goodbye()


@suite.test
async def the_numbers_that_are_told_work_in_lists():
    mona = await embedded.connect_outside("rs-msgpack", "mona")
    ann, ben = [await embedded.connect_outside("rs-msgpack", who) for who in ("ann", "ben")]
    heard = asyncio.Queue()
    for name, session in (("ann", ann), ("ben", ben)):
        held = await session.subscribe(lambda value, name=name: heard.put_nowait((name, value)), "lab.news")
    members = await ask(mona, "subscription.list_subscribers", held.id)
    equal(members, [ann.joined_details.session, ben.joined_details.session])
    await mona.publish("lab.news", 1, options=PublishOptions(exclude=members[:1], acknowledge=True))
    await mona.publish("lab.news", 2, options=PublishOptions(eligible=members[:1], acknowledge=True))
    equal(sorted([await asyncio.wait_for(heard.get(), 10) for _ in range(2)]), [("ann", 2), ("ben", 1)])
    for session in (mona, ann, ben):
        await session.goodbye()


@suite.test
async def the_inside_counts_a_gateway_as_one_subscriber():  # W-GWY-04
    service = await embedded.connect_inside()
    ann, ben = [await embedded.connect_outside("rs-msgpack", who) for who in ("ann", "ben")]
    heard = asyncio.Queue()
    for session in (ann, ben):
        await session.subscribe(lambda value: heard.put_nowait(value), "lab.shared")
    held = await ask(service, "subscription.lookup", "lab.shared")
    gateway = await ask(service, "subscription.list_subscribers", held)
    equal(len(gateway), 1)
    equal((await ask(service, "session.get", gateway[0]))["authrole"], "gateway")
    await service.publish("lab.shared", 1, options=PublishOptions(exclude=gateway, acknowledge=True))
    await service.publish("lab.shared", 2, options=PublishOptions(acknowledge=True))
    equal([await asyncio.wait_for(heard.get(), 10) for _ in range(2)], [2, 2])
    watch = await Watch(service, "subscription").start()
    for session in (ann, ben):
        await session.goodbye()
    equal(await watch.next(), ("unsubscribe", gateway[0], held))
    equal(await watch.next(), ("delete", gateway[0], held))
    await service.goodbye()


@suite.test
async def who_may_not_use_it_does_not_see_it():  # W-RMA-05
    mona, ann = [await embedded.connect_outside("rs-msgpack", who) for who in ("mona", "ann")]
    for kind in KINDS:
        watch = await Watch(mona, kind).start()
        secret, known = await hold(ann, kind, "lab.secret.thing"), await hold(ann, kind, "lab.thing")
        equal((await watch.next())[2]["id"], known.id)
        equal(await ask(mona, f"{kind}.lookup", "lab.secret.thing"), None)
        equal(await ask(mona, f"{kind}.match", "lab.secret.thing"), None)
        equal((await ask(mona, f"{kind}.list"))["exact"], [known.id])
        equal(await refused(mona, f"{kind}.get", secret.id), await refused(mona, f"{kind}.get", 1))
        equal(await refused(ann, f"{kind}.list"), "wamp.error.not_authorized")
    for session in (mona, ann):
        await session.goodbye()


@suite.test
async def behind_another_router_the_answers_are_the_same():
    router = Crossbar(REALM)
    world = Deployment("dial", backend=f'address = "unix:{router.path}"\nprofile = "crossbar"\n', name="meta-cb",
                       outside_rules=META + RULES)
    router.start()
    try:
        world.start()
        for kind in KINDS:
            mona, ann = [await connect(socks.plain(world.local), "rs-msgpack", REALM, who, TICKETS[who][1]) for who in ("mona", "ann")]
            await follow(mona, ann, kind)
            await mona.goodbye()
    finally:
        world.stop()
        router.stop()


if __name__ == "__main__":
    suite.main()
