"""What has to work on every path: calls, errors, big payloads and events between an outside and an inside peer. Both are
stock autobahn-python sessions; which path lies between them is the caller's business."""
import asyncio

from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallResult, PublishOptions

MIB = 1 << 20


async def offer_services(inside):
    """Registers what the scenarios call."""
    async def echo(*args, **kwargs):
        return CallResult(*args, **kwargs)

    async def jammed(*_, **__):
        raise ApplicationError("lab.error.jammed", 7, "dome", axis="azimuth", degrees=[1, 2.5])

    async def nap(seconds):
        await asyncio.sleep(seconds)
        return seconds

    for name, procedure in (("echo", echo), ("jammed", jammed), ("nap", nap), ("add2", lambda a, b: a + b),
                            ("look", lambda: "sky")):
        await inside.register(procedure, f"lab.{name}")


async def calls(outside):
    result = await outside.call("lab.echo", 1, -2, "héllo", [True, None, {"deep": [1.5]}], big=2 ** 53 - 1, name="Vega")
    assert list(result.results) == [1, -2, "héllo", [True, None, {"deep": [1.5]}]], result
    assert result.kwresults == {"big": 2 ** 53 - 1, "name": "Vega"}, result
    assert await outside.call("lab.add2", 2, 3) == 5
    assert await outside.call("lab.look") == "sky"


async def big_payload(outside, binary=True):
    for value in ("x" * MIB, bytes(range(256)) * 4096) if binary else ("x" * MIB,):
        got = await asyncio.wait_for(outside.call("lab.echo", value), 30)
        assert got == value, f"{len(value)} bytes came back changed"


async def callee_error(outside):
    try:
        await outside.call("lab.jammed", 1)
    except ApplicationError as error:
        assert error.error == "lab.error.jammed", error
        assert list(error.args) == [7, "dome"], error.args
        assert error.kwargs == {"axis": "azimuth", "degrees": [1, 2.5]}, error.kwargs
        return
    raise AssertionError("the call did not fail")


class Events:
    """A handler that keeps what came."""

    def __init__(self):
        self.got, self.arrived = [], asyncio.Event()

    def __call__(self, *args, **kwargs):
        self.got.append((list(args), kwargs))
        self.arrived.set()

    async def count(self, due, timeout=10):
        async def wait():
            while len(self.got) < due:
                self.arrived.clear()
                await self.arrived.wait()
        await asyncio.wait_for(wait(), timeout)
        return self.got


async def events(publisher, subscriber, topic, count=5):
    """Acknowledged publications arrive once each, in order, with args and kwargs."""
    kept = Events()
    subscription = await subscriber.subscribe(kept, topic)
    ids = []
    for number in range(count):
        publication = await asyncio.wait_for(publisher.publish(
            topic, number, "dome", open=True, options=PublishOptions(acknowledge=True)), 10)
        ids.append(publication.id)
    got = await kept.count(count)
    assert got == [([number, "dome"], {"open": True}) for number in range(count)], got
    assert len(set(ids)) == count, ids
    await subscription.unsubscribe()
    await publisher.publish(topic, "late", options=PublishOptions(acknowledge=True))
    await asyncio.sleep(0.2)
    assert len(kept.got) == count, "an event came after UNSUBSCRIBED"


async def everything(outside, inside, binary=True):
    await offer_services(inside)
    await calls(outside)
    await big_payload(outside, binary)
    await callee_error(outside)
    await events(outside, inside, "lab.weather")
    await events(inside, outside, "lab.weather")
