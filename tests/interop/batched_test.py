"""The batched subprotocols of WebSocket: stock autobahn sessions, and batches byte for byte."""
import json
import pathlib
import struct
import sys

import cbor2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, rawclient, scenarios, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.rawclient import ABORT, CBOR, ERROR, JSON, WELCOME, Closed  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("batched")
world = Deployment(name="batched")


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


@suite.test
async def stock_clients_call_and_publish():  # W-BAT-01, W-BAT-03
    for transport in autobahn_peer.BATCHED:
        inside = await world.connect_inside(transport)
        outside = await world.connect_outside(transport)
        await scenarios.everything(outside, inside)
        await outside.goodbye()
        await inside.goodbye()


def batch(serializer, messages, separator):
    if serializer == JSON:
        return b"".join(json.dumps(message).encode() + separator for message in messages)
    return b"".join(struct.pack(">I", len(data)) + data for data in map(cbor2.dumps, messages))


def received(transport, count):
    """That many messages, and the separators after them."""
    messages, separators = [], set()
    while len(messages) < count:
        data = transport.receive_bytes()
        if transport.serializer == JSON:
            separators.add(data[-1:])
            messages.append(json.loads(data[:-1]))
        else:
            equal(struct.unpack(">I", data[:4])[0], len(data) - 4, "a batch of one")
            messages.append(cbor2.loads(data[4:]))
    return messages, separators


def opened(serializer):
    return rawclient.WebSocket(socks.plain(world.local), serializer, batched=True)


@suite.test
def messages_of_one_batch_are_answered_in_order_and_with_the_clients_separator():  # W-BAT-01, W-BAT-03, W-BAT-05
    authid, ticket = "alice", TICKETS["alice"][1]
    for serializer, separator in ((JSON, b"\x1e"), (JSON, b"\x18"), (CBOR, b"")):
        transport = opened(serializer)
        hello = [1, REALM, {"roles": rawclient.ROLES, "authid": authid, "authmethods": ["ticket"]}]
        transport.send_bytes(batch(serializer, [hello], separator))
        (challenge,), used = received(transport, 1)
        equal(challenge[:2], [4, "ticket"])
        transport.send_bytes(batch(serializer, [[5, ticket, {}]], separator))
        (welcome,), _ = received(transport, 1)
        equal(welcome[0], WELCOME)
        calls = [[48, number, {}, "lab.nothing_here"] for number in range(1, 301)]
        transport.send_bytes(batch(serializer, calls, separator))
        errors, used_then = received(transport, 300)
        equal([error[:3] for error in errors], [[ERROR, 48, number] for number in range(1, 301)])
        equal(used | used_then, {separator} if separator else set())
        transport.sock.close()


@suite.test
def a_violation_discards_the_rest_and_a_malformed_batch_ends_the_transport():  # W-BAT-02, W-BAT-05
    transport = opened(JSON)
    transport.send_bytes(b'[1,"' + REALM.encode() + b'",{"roles":{"caller":{}}}]\x1e')
    (welcome,), _ = received(transport, 1)
    equal(welcome[0], WELCOME)
    transport.send_bytes(b'[48,"x"]\x1e[48,1,{},"lab.look"]\x1e')
    (abort,), _ = received(transport, 1)
    equal((abort[0], abort[2]), (ABORT, "wamp.error.protocol_violation"))
    try:
        raise AssertionError(transport.receive_bytes())
    except Closed:
        pass
    for data in (b"", b"[1]", b"\x1e", b"[1]\x1e[2]"):
        transport = opened(JSON)
        transport.send_bytes(data)
        try:
            raise AssertionError(transport.receive_bytes())
        except Closed as closed:
            equal(str(closed), "close frame 03ea", data)


if __name__ == "__main__":
    suite.main()
