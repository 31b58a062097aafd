"""Two insides behind one gateway, with stock clients on both sides: calls go to the first that is up, subscriptions and registrations
are at both, and when one of them dies its calls end once and the other takes over within a second."""
import asyncio
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, processes, rawclient, scenarios, socks  # noqa: E402
from support.deployment import REALM, Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions  # noqa: E402

suite = Suite("insides")
world = Deployment("accept", name="insides")
second = {}


def list_of(*names):
    return "to = [" + ", ".join(f'"{name}"' for name in names) + "]"


def route_to(text):
    policy = world.dir / "observatory.toml"
    policy.write_text(world.policy.replace('to = "inside"', text))


@suite.setup
def start():
    world.write()
    gateway = world.dir / "gateway.toml"
    first = gateway.read_text().replace('name = "inside"\n', 'name = "inside"\neject = "2s"\nslow_return = "1s"\n')
    gateway.write_text(first + f'\n[[backend]]\nname = "lab-b"\nkind = "accept"\nlisten = "unix:{world.dir}/b.sock"\n')
    world.policy = (world.dir / "observatory.toml").read_text()
    route_to(list_of("inside", "lab-b"))
    inside = (world.dir / "inside.toml").read_text()
    (world.dir / "b.toml").write_text(inside.replace("inside-state", "b-state").replace(world.link_address, f"unix:{world.dir}/b.sock"))
    (world.dir / "b-state").mkdir(mode=0o700)
    world.start_gateway()
    world.start_inside()
    start_second()
    eventually(lambda: up() == [True, True], "both links are up")


def start_second():
    second["process"] = processes.Process([processes.binary(), "inside", "--config", world.dir / "b.toml"], "lab-b",
                                          cwd=world.dir, log=world.dir / "b.log")
    eventually(lambda: world._answers(second["process"], world.dir / "b-state/run/services.sock"), "lab-b answers")


def links():
    result = sallyport("status", "--config", world.dir / "gateway.toml", "--json")
    assert result.returncode in (0, 1), result.stderr  # 1: one of them is down
    return {link["name"]: link for link in json.loads(result.stdout)["front"]["links"]}


def up():
    found = links()
    return [found["inside"]["up"], found["lab-b"]["up"]]


@suite.teardown
def stop():
    second["process"].stop(10)
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


async def services():
    a = await world.connect_inside()
    b = await autobahn_peer.connect(socks.plain(world.dir / "b-state/run/services.sock"), "rs-msgpack", REALM)
    for name, service in (("a", a), ("b", b)):
        await service.register(lambda *_, name=name: name, "lab.who")
    return a, b


async def leave(*peers):
    for peer in peers:
        await peer.goodbye()


def kill_first():
    """Kills the program with its router, as a power failure would."""
    router = world.router_pid()
    os.kill(world.inside.pid, signal.SIGKILL)
    os.kill(router, signal.SIGKILL)
    world.inside.popen.wait(10)


@suite.test
async def an_event_comes_once_and_a_publication_reaches_both():
    a, b = await services()
    outside, other = await world.connect_outside("ws-json"), await world.connect_outside("rs-msgpack")
    equal(await outside.call("lab.who"), "a")
    heard, also, within_a, within_b = (scenarios.Events() for _ in range(4))
    await outside.subscribe(heard, "lab.news")
    await other.subscribe(also, "lab.news")
    await a.subscribe(within_a, "lab.news")
    await b.subscribe(within_b, "lab.news")
    acknowledged = PublishOptions(acknowledge=True)
    await asyncio.to_thread(eventually, lambda: [link["subscriptions"] for link in links().values()] == [1, 1], "both have it")
    await a.publish("lab.news", "from a", options=acknowledged)
    await heard.count(1)
    await b.publish("lab.news", "from b", options=acknowledged)
    await heard.count(2)
    await outside.publish("lab.news", "from outside", options=acknowledged)
    equal([args for args, _ in await also.count(3)], [["from a"], ["from b"], ["from outside"]])
    equal([args for args, _ in await heard.count(2)], [["from a"], ["from b"]])
    equal([args for args, _ in await within_a.count(1)], [["from outside"]])
    equal([args for args, _ in await within_b.count(1)], [["from outside"]])

    registration = await outside.register(lambda x: x + 1, "lab.step")
    await asyncio.to_thread(eventually, lambda: [link["registrations"] for link in links().values()] == [1, 1], "both have it")
    equal([await a.call("lab.step", 1), await b.call("lab.step", 2)], [2, 3])
    await registration.unregister()
    await asyncio.to_thread(eventually, lambda: [link["registrations"] for link in links().values()] == [0, 0], "neither has it")
    for service in (a, b):
        try:
            await service.call("lab.step", 1)
            raise AssertionError("no error")
        except ApplicationError as error:
            equal(error.error, "wamp.error.no_such_procedure")
    await leave(other, outside, a, b)


@suite.test
async def when_one_dies_its_calls_end_once_and_the_other_takes_over_within_a_second():
    a, b = await services()
    outside = await world.connect_outside("ws-msgpack")
    silent = world.raw_inside()
    equal(silent.ask(rawclient.REGISTER, {}, "lab.hang")[0], rawclient.REGISTERED)
    heard = scenarios.Events()
    await outside.subscribe(heard, "lab.news")
    await outside.register(lambda: "outside", "lab.mine")
    await asyncio.to_thread(eventually, lambda: [link["registrations"] for link in links().values()] == [1, 1], "both have it")
    hanging = asyncio.ensure_future(outside.call("lab.hang"))
    equal((await asyncio.to_thread(silent.receive))[0], rawclient.INVOCATION)
    began = time.monotonic()
    kill_first()
    try:
        await asyncio.wait_for(hanging, 10)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.network_failure")
    equal(await outside.call("lab.who"), "b")
    took = time.monotonic() - began
    assert took < 1, f"{took:.2f} s"
    await b.publish("lab.news", 1, options=PublishOptions(acknowledge=True))
    equal([args for args, _ in await heard.count(1)], [[1]])
    equal(await b.call("lab.mine"), "outside")

    world.start_inside()
    await asyncio.to_thread(eventually, lambda: up() == [True, True], "both links are up")
    again = await world.connect_inside()
    await again.register(lambda: "a again", "lab.who")
    equal(await outside.call("lab.who"), "a again")
    equal(await again.call("lab.mine"), "outside")
    await again.publish("lab.news", 2, options=PublishOptions(acknowledge=True))
    equal([args for args, _ in await heard.count(2)], [[1], [2]])
    silent.close()
    await leave(outside, again, b)


def drain(*words):
    return sallyport("drain", *words, "--config", world.dir / "gateway.toml")


@suite.test
async def a_drained_inside_finishes_its_calls_and_gets_no_new_ones():
    a, b = await services()
    outside = await world.connect_outside("rs-msgpack")
    release, begun = asyncio.Event(), asyncio.Event()

    async def slow():
        begun.set()
        await release.wait()
        return "slow"
    await a.register(slow, "lab.slow")
    in_flight = asyncio.ensure_future(outside.call("lab.slow"))
    await begun.wait()
    done = await asyncio.to_thread(drain, "inside")
    equal((done.returncode, done.stdout), (0, 'backend "inside" is drained: new requests go to the other backends of its routes\n'))
    equal(await outside.call("lab.who"), "b")
    status = await asyncio.to_thread(sallyport, "status", "--config", world.dir / "gateway.toml")
    assert "link inside   up, drained, 1 calls in flight" in status.stdout, status.stdout
    release.set()
    equal(await in_flight, "slow")
    equal((await asyncio.to_thread(links))["inside"]["calls"], 0)
    equal((await asyncio.to_thread(drain, "inside", "--undo")).returncode, 0)
    equal(await outside.call("lab.who"), "a")
    unknown = await asyncio.to_thread(drain, "lab-c")
    equal((unknown.returncode, unknown.stderr), (1, 'there is no backend "lab-c"; known backends: inside, lab-b\n'))
    await leave(outside, a, b)


@suite.test
async def calls_are_spread_by_an_argument_or_by_caller():
    a, b = await services()
    outside, other = await world.connect_outside("rs-msgpack"), await world.connect_outside("ws-json")

    async def served(peer):
        return [await peer.call("lab.who", f"telescope-{number}", number) for number in range(40)]
    try:
        route_to(list_of("inside", "lab-b") + "\nspread = { arg = 0 }")
        equal((await asyncio.to_thread(sallyport, "policy", "apply", "--config", world.dir / "gateway.toml")).returncode, 0)
        await asyncio.to_thread(eventually, lambda: links()["inside"]["share"] == 100, "it has its whole share again")
        first = await served(outside)
        equal(set(first), {"a", "b"})
        equal(await served(other), first, "the same in another session and serializer")
        await asyncio.to_thread(drain, "inside")
        equal(set(await served(outside)), {"b"})
        await asyncio.to_thread(drain, "inside", "--undo")
        equal(await served(outside), first)

        route_to(list_of("inside", "lab-b") + '\nspread = "caller"')
        equal((await asyncio.to_thread(sallyport, "policy", "apply", "--config", world.dir / "gateway.toml")).returncode, 0)
        equal(len(set(await served(outside) + await served(other))), 1, "both are alice")
    finally:
        route_to(list_of("inside", "lab-b"))
        equal((await asyncio.to_thread(sallyport, "policy", "apply", "--config", world.dir / "gateway.toml")).returncode, 0)
    await leave(other, outside, a, b)


@suite.test
async def an_inside_whose_calls_fail_is_ejected_for_a_while():
    a, b = await services()
    outside = await world.connect_outside("rs-msgpack")
    silent = world.raw_inside()
    equal(silent.ask(rawclient.REGISTER, {}, "lab.hang")[0], rawclient.REGISTERED)
    hanging = [asyncio.ensure_future(outside.call("lab.hang")) for _ in range(300)]
    for _ in hanging:
        equal((await asyncio.to_thread(silent.receive))[0], rawclient.INVOCATION)
    kill_first()
    failed = await asyncio.wait_for(asyncio.gather(*hanging, return_exceptions=True), 10)
    equal({error.error for error in failed}, {"wamp.error.network_failure"})
    equal(await outside.call("lab.who"), "b")
    link = (await asyncio.to_thread(links))["inside"]
    assert link["last_failed"] >= 300 and link["ejected_ms"] > 0 and link["share"] == 0, link
    status = await asyncio.to_thread(sallyport, "status", "--config", world.dir / "gateway.toml")
    assert "link inside   down, ejected for " in status.stdout, status.stdout

    world.start_inside()
    await asyncio.to_thread(eventually, lambda: up() == [True, True], "both links are up")
    again = await world.connect_inside()
    await again.register(lambda: "a again", "lab.who")
    await asyncio.to_thread(eventually, lambda: links()["inside"]["ejected_ms"] == 0, "it returns")
    equal(await outside.call("lab.who"), "a again")
    log = (world.dir / "gateway.log").read_text()
    equal([log.count("link inside: " + words) for words in ("ejected for 2 s, as ", "not ejected any more")], [1, 1])
    silent.close()
    await leave(outside, again, b)


@suite.test
async def a_reload_takes_one_out_of_the_list_and_puts_it_back():
    a, b = await services()
    outside = await world.connect_outside("rs-json")
    heard = scenarios.Events()
    await outside.subscribe(heard, "lab.news")
    for names, who, subscriptions in ((["lab-b"], "b", [0, 1]), (["lab-b", "inside"], "b", [1, 1]), (["inside", "lab-b"], "a", [1, 1])):
        route_to(list_of(*names))
        result = sallyport("policy", "apply", "--config", world.dir / "gateway.toml")
        equal(result.returncode, 0, result.stderr)
        await asyncio.to_thread(eventually, lambda: [link["subscriptions"] for link in links().values()] == subscriptions, "moved")
        equal(await outside.call("lab.who"), who)
    await a.publish("lab.news", 1, options=PublishOptions(acknowledge=True))
    equal([args for args, _ in await heard.count(1)], [[1]])
    await leave(outside, a, b)


@suite.test
def a_list_with_a_duplicate_or_an_unknown_name_is_refused():
    place = next(number for number, line in enumerate(world.policy.splitlines(), 1) if line == 'to = "inside"')
    for names, problem, cure in ((["inside", "inside"], 'backend "inside" is named twice in "to"', "name each backend once"),
                                 (["inside", "lab-c"], 'route "lab" names an unknown backend "lab-c"', 'did you mean "lab-b"?')):
        route_to(list_of(*names))
        result = sallyport("policy", "apply", "--config", world.dir / "gateway.toml")
        assert result.returncode != 0
        for part in (f"observatory.toml:{place}:", problem, cure):
            assert part in result.stderr + result.stdout, (part, result.stderr, result.stdout)
    route_to(list_of("inside", "lab-b"))


if __name__ == "__main__":
    suite.main()
