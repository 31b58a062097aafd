"""Crossbar as the internal router that the gateway dials: tcp with a ticket, and a unix socket without."""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, rawclient, scenarios, socks  # noqa: E402
from support.crossbar import Crossbar  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.rawclient import CALL, ERROR, REGISTER  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402

suite = Suite("crossbar")
TICKETS = {"gateway": "between-two-doors", "service": "of-the-house"}
router = Crossbar(REALM, TICKETS)
world = Deployment("dial", backend=f'address = "tcp:127.0.0.1:{router.port}"\nprofile = "crossbar"\n'
                   'authid = "gateway"\nticket_file = "crossbar.ticket"\n')


@suite.setup
def start():
    router.start()
    (world.dir / "crossbar.ticket").touch(mode=0o600)
    (world.dir / "crossbar.ticket").write_text(TICKETS["gateway"] + "\n")
    world.start()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")
    router.stop()


async def _inside():
    return await autobahn_peer.connect(socks.plain(("127.0.0.1", router.port)), "ws-msgpack", REALM, "service",
                                       TICKETS["service"], path="/ws")


def _raw_inside():
    client = rawclient.Client(rawclient.RawSocket(socks.plain(("127.0.0.1", router.port))))
    equal(client.join(REALM, "service", TICKETS["service"])[0], rawclient.WELCOME)
    return client


async def _everything(transport):
    inside = await _inside()
    outside = await world.connect_outside(transport)
    await scenarios.everything(outside, inside)
    await outside.goodbye()
    await inside.goodbye()


@suite.test
def a_publication_for_some_receivers_is_refused():
    """W-BWL-03: Crossbar cannot keep the lists, so nobody gets it, and the publisher is told if it asks."""
    inside, outside = _raw_inside(), world.raw("alice")
    equal("subscriber_blackwhite_listing" in outside.details["roles"]["broker"]["features"], False)
    inside.send(rawclient.SUBSCRIBE, 1, {}, "lab.some")
    equal(inside.receive()[0], rawclient.SUBSCRIBED)
    for number, key in enumerate(("eligible", "exclude", "eligible_authid", "exclude_authid", "eligible_authrole", "exclude_authrole")):
        outside.send(rawclient.PUBLISH, 2 * number + 1, {key: []}, "lab.some", ["leaked"])
        outside.send(rawclient.PUBLISH, 2 * number + 2, {key: [], "acknowledge": True}, "lab.some", ["leaked"])
        equal(outside.receive()[:5], [rawclient.ERROR, rawclient.PUBLISH, 2 * number + 2, {}, "wamp.error.option_not_allowed"])
    outside.send(rawclient.PUBLISH, 13, {"acknowledge": True}, "lab.some", ["for all"])
    equal(outside.receive()[0], rawclient.PUBLISHED)
    equal(inside.receive()[4], ["for all"])
    outside.close()
    inside.close()


@suite.test
async def calls_errors_and_events_over_websocket_json():
    await _everything("ws-json")


@suite.test
async def calls_errors_and_events_over_websocket_msgpack():
    await _everything("ws-msgpack")


@suite.test
async def calls_errors_and_events_over_rawsocket_msgpack():
    await _everything("rs-msgpack")


@suite.test
async def a_procedure_registered_outside_is_called_from_within():
    inside = await _inside()
    outside = await world.connect_outside("ws-json")
    registration = await outside.register(lambda degrees: degrees * 2, "lab.dome.rotate")
    equal(await inside.call("lab.dome.rotate", 21), 42)
    await registration.unregister()
    try:
        await inside.call("lab.dome.rotate", 5)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.no_such_procedure")
    await outside.goodbye()
    await inside.goodbye()


@suite.test
async def outside_peers_hear_each_other_once():
    publisher = await world.connect_outside("ws-json")
    subscriber = await world.connect_outside("rs-msgpack")
    await scenarios.events(publisher, subscriber, "lab.chat")
    await publisher.goodbye()
    await subscriber.goodbye()


@suite.test
def a_denied_call_gets_the_same_bytes_as_a_call_to_nothing():  # W-AUZ-05, W-ERR-01
    service = _raw_inside()
    equal(service.ask(REGISTER, {}, "lab.power_off")[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    answers = []
    for procedure in ("lab.power_off", "elsewhere.thing", "lab.nothing_here"):
        alice.send(CALL, alice.next_request(), {}, procedure, [1])
        message = rawclient.decode(rawclient.MSGPACK, alice.transport.receive_bytes())
        equal(message[:3], [ERROR, CALL, alice.request])
        answers.append(message[3:])
    equal(answers[:2], [[{}, "wamp.error.not_authorized"]] * 2)
    equal(answers[2], [{}, "wamp.error.no_such_procedure"], "allowed and not there")
    alice.close()
    service.close()


@suite.test
async def an_event_of_each_outside_peer_reaches_within_in_order():
    inside = await _inside()
    kept = scenarios.Events()
    await inside.subscribe(kept, "lab.mixed")
    outsides = [await world.connect_outside(transport) for transport in autobahn_peer.TRANSPORTS]
    for number in range(20):
        for who, outside in enumerate(outsides):
            outside.publish("lab.mixed", who, number)
    got = [args for args, _ in await kept.count(60)]
    for who in range(3):
        equal([number for whose, number in got if whose == who], list(range(20)), f"order of peer {who}")
    for peer in (*outsides, inside):
        await peer.goodbye()


@suite.test(timeout=90)
def losing_crossbar_ends_calls_once_and_its_return_restores_the_path():  # W-SES-15
    service = _raw_inside()
    equal(service.ask(REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    equal(alice.ask(rawclient.SUBSCRIBE, {}, "lab.weather")[0], rawclient.SUBSCRIBED)
    equal(alice.ask(REGISTER, {}, "lab.own")[0], rawclient.REGISTERED)
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    equal(service.receive()[0], rawclient.INVOCATION)
    router.stop()
    service.close()
    answer = alice.answer()
    equal((answer[:3], answer[4]), ([ERROR, CALL, alice.request], "wamp.error.network_failure"))
    answer = alice.call("lab.long")
    equal((answer[2], answer[4]), (alice.request, "wamp.error.unavailable"))
    router.start()
    world.wait_link()
    service = _raw_inside()
    eventually(lambda: _ask_own(service, alice), "the registration is restored", 10)
    service.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.weather", ["rain"])
    event = alice.receive()
    equal((event[0], event[4]), (rawclient.EVENT, ["rain"]))
    alice.close()
    service.close()


def _ask_own(service, alice):
    """Calls alice's procedure from within; False while it is not there."""
    service.send(CALL, service.next_request(), {}, "lab.own", [1])
    alice.sock = alice.transport.sock
    alice.sock.settimeout(0.5)
    try:
        invocation = alice.receive()
    except TimeoutError:
        equal(service.receive()[0], ERROR)
        return False
    finally:
        alice.sock.settimeout(15)
    alice.send(rawclient.YIELD, invocation[1], {}, ["mine"])
    equal(service.answer()[3], ["mine"])
    return True


@suite.test
async def over_its_unix_socket_and_json_it_is_the_same():
    await _dial_over_unix("json")


@suite.test
async def over_its_unix_socket_and_cbor_it_is_the_same():  # W-SER-08
    await _dial_over_unix("cbor")


async def _dial_over_unix(serializer):
    other = Crossbar(REALM, name=f"crossbar-{serializer}")
    dialling = Deployment("dial", backend=f'address = "unix:{other.path}"\nprofile = "crossbar"\nserializer = "{serializer}"\n')
    await asyncio.to_thread(other.start)
    try:
        await asyncio.to_thread(dialling.write)
        dialling.start_gateway()
        await asyncio.to_thread(dialling.wait_link)
        inside = await autobahn_peer.connect(socks.plain(other.path), "rs-msgpack", REALM)
        outside = await dialling.connect_outside("ws-json")
        await scenarios.everything(outside, inside, binary=True)
        await outside.goodbye()
        await inside.goodbye()
    finally:
        dialling.stop()
        other.stop()


if __name__ == "__main__":
    suite.main()
