"""Clients and services that vanish without a word give back what they had; those that are only quiet, or not read, stay."""
import asyncio
import contextlib
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import lossy, rawclient  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.peers import is_closed, onion_socket  # noqa: E402
from support.rawclient import CALL, REGISTER, REGISTERED, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("peers")
LIMITS = 'ping_interval = "1s"\nping_timeout = "2s"\nstall_timeout = "3s"\n'


def joined(transport, authid=None):
    client = rawclient.Client(transport)
    answer = client.join(REALM, authid, TICKETS[authid][1]) if authid else client.join(REALM)
    equal(answer[0], WELCOME, answer)
    return client


def seconds_until_free(successor, procedure, begin):
    """How long the registration of the one who vanished is kept from its successor."""
    eventually(lambda: successor.ask(REGISTER, {}, procedure)[0] == REGISTERED, f"{procedure} is free", 15)
    return time.monotonic() - begin


def the_registrations_of_a_service_that_vanishes_are_free():
    with lossy.Lossy("sv", "lan") as world:
        deployment = Deployment("accept", services="tcp:10.84.1.1:7800", inside_limits=LIMITS, name="vanish",
                                inside_namespace=world.dmz).start()
        address = ("10.84.1.1", 7800)
        transports = {"lab.websocket": rawclient.WebSocket(lossy.connected(world.names["lan"], address)),
                      "lab.rawsocket": rawclient.RawSocket(lossy.connected(world.names["lan"], address))}
        for procedure, transport in transports.items():
            equal(joined(transport).ask(REGISTER, {}, procedure)[0], REGISTERED)
        successor = deployment.raw_inside()
        for procedure in transports:
            equal(successor.ask(REGISTER, {}, procedure)[4], "wamp.error.procedure_already_exists")
        world.lose_all_packets("lan")
        begin = time.monotonic()
        for procedure in transports:
            took = seconds_until_free(successor, procedure, begin)
            print(f"  {procedure} is free {took:.2f} s after the last packet", flush=True)
            assert took < 7, f"{took:.2f} s"
        deployment.stop()


def the_registrations_of_a_client_that_vanishes_are_free():
    """As over Tor: the connection of tor to the gateway stays, and nothing comes any more."""
    deployment = Deployment(limits=LIMITS + "rawsocket_pings = true\n", name="client").start()
    transports = {"lab.websocket": rawclient.WebSocket(onion_socket(deployment.front, 7)),
                  "lab.rawsocket": rawclient.RawSocket(onion_socket(deployment.front, 8))}
    for procedure, transport in transports.items():
        equal(joined(transport, "alice").ask(REGISTER, {}, procedure)[0], REGISTERED)
    begin = time.monotonic()
    successor = deployment.raw("alice")
    for procedure in transports:
        took = seconds_until_free(successor, procedure, begin)
        print(f"  {procedure} is free {took:.2f} s after the last byte", flush=True)
        assert 2.9 < took < 5, f"{took:.2f} s"
    deployment.stop()


def who_sends_anything_and_who_is_not_read_stays():
    """One never answers a PING but calls, one answers and is not read, as its requests are denied too often."""
    deployment = Deployment(limits=LIMITS + "denials_per_second = 1\n", name="stays").start()
    caller = joined(rawclient.WebSocket(onion_socket(deployment.front, 7)), "alice")
    denied = joined(rawclient.WebSocket(onion_socket(deployment.front, 8)))
    for _ in range(40):
        denied.send(CALL, denied.next_request(), {}, "lab.secret")

    def answer_pings():
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                denied.receive()
    threading.Thread(target=answer_pings, daemon=True).start()
    begin = time.monotonic()

    def call_again():
        caller.send(CALL, caller.next_request(), {}, "lab.nothing")
        return time.monotonic() - begin > 7
    eventually(call_again, "seven seconds have passed", 20, 0.5)
    equal(is_closed(caller), False, "the caller was closed")
    equal(deployment.gateway.text().count("does not answer a PING"), 0, deployment.gateway.text()[-1500:])
    deployment.stop()


async def autobahn_stays_over_each_transport():
    deployment = Deployment(limits=LIMITS, inside_limits=LIMITS, name="autobahn").start()
    sessions = [await deployment.connect_outside(transport) for transport in ("ws-json", "ws-msgpack", "rs-msgpack")]
    sessions.append(await deployment.connect_inside("rs-msgpack"))
    begin = time.monotonic()
    while time.monotonic() - begin < 5:
        await asyncio.sleep(0.1)  # autobahn answers PINGs meanwhile
    equal([session.is_attached() for session in sessions], [True] * 4)
    deployment.stop()


def a_rawsocket_client_that_has_sent_a_ping_is_sent_pings():
    deployment = Deployment(limits=LIMITS, name="knows").start()
    knows, plain = (joined(rawclient.RawSocket(onion_socket(deployment.front, circuit)), "alice") for circuit in (7, 8))
    knows.transport.send_bytes(b"x", 1)
    begin = time.monotonic()
    eventually(lambda: is_closed(knows), "the one that knows PING and does not answer is closed", 10)
    took = time.monotonic() - begin
    print(f"  closed after {took:.2f} s", flush=True)
    assert 2.9 < took < 5, f"{took:.2f} s"
    equal(is_closed(plain), False, "the other one was closed")
    deployment.stop()


@suite.test(timeout=90)
def who_has_vanished_is_told_from_who_is_quiet():
    lossy.side_by_side(the_registrations_of_a_service_that_vanishes_are_free,
                       the_registrations_of_a_client_that_vanishes_are_free,
                       who_sends_anything_and_who_is_not_read_stays,
                       autobahn_stays_over_each_transport,
                       a_rawsocket_client_that_has_sent_a_ping_is_sent_pings)


if __name__ == "__main__":
    suite.main()
