"""One slow or greedy peer never harms another, and nothing is lost without a word: real processes, raw clients."""
import contextlib
import os
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.peers import MIB, Counter, Service, frames, leave, memory_mib, send_in_background  # noqa: E402
from support.rawclient import (CALL, ERROR, INVOCATION, JSON, MSGPACK, PUBLISH, REGISTER, REGISTERED, RESULT,  # noqa: E402
                               WELCOME, YIELD)
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("flow")
world = Deployment(link="accept", name="flow")


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")


@suite.setup
def what_the_log_must_not_say():
    """Every test ends with the same link that it began with."""
    for index, (function, timeout) in enumerate(suite.tests):
        def checked(function=function):
            before = world.gateway.text().count("link inside: lost")
            function()
            equal(world.gateway.text().count("link inside: lost"), before, "times that the link was lost")
        checked.__name__ = function.__name__
        suite.tests[index] = (checked, timeout)


# Whoever is fast is slowed down, and nothing of his is lost
# ---------------------------------------------------------------------------------------------------------------------

BURST = 6000
TRANSPORTS = [(False, MSGPACK), (False, JSON), (True, MSGPACK), (True, JSON)]


@suite.test(timeout=120)
def a_burst_of_unacknowledged_publications_arrives_whole_and_in_order():
    inside = Counter(world.raw_inside(), "lab.burst")
    outside = Counter(world.raw("alice"), "lab.burst")
    total = 0
    for websocket, serializer in TRANSPORTS:
        publisher = world.raw("alice", serializer, websocket)
        publisher.transport.sock.sendall(frames(
            publisher, [[PUBLISH, i + 1, {}, "lab.burst", [total + i]] for i in range(BURST)]))
        total += BURST
        for receiver in (inside, outside):
            eventually(lambda receiver=receiver: len(receiver.numbers) == total, f"all {total} events arrive", 30)
        publisher.close()
    for receiver in (inside, outside):
        equal(receiver.numbers, list(range(total)))
    leave(inside.client)
    leave(outside.client)


@suite.test
def a_burst_of_a_client_that_closes_at_once_arrives_whole():
    inside = Counter(world.raw_inside(), "lab.last.words")
    publisher = world.raw("alice")
    publisher.transport.sock.sendall(frames(
        publisher, [[PUBLISH, i + 1, {}, "lab.last.words", [i]] for i in range(BURST)]))
    publisher.close()
    eventually(lambda: len(inside.numbers) == BURST, "all events arrive", 30)
    equal(inside.numbers, list(range(BURST)))
    leave(inside.client)


# Whoever is slow harms nobody else
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=120)
def a_greedy_client_harms_nobody_while_the_inside_stands_still():
    service = Service(world, "lab.sink", "lab.small")
    clients = [world.raw("alice") for _ in range(5)]
    greedy = world.raw("alice")
    equal(clients[0].call("lab.small")[0], RESULT)
    before = memory_mib(world.gateway, "worker")
    os.kill(world.router_pid(), signal.SIGSTOP)
    try:
        for client in clients:
            client.send(CALL, client.next_request(), {}, "lab.small", ["x"])
        large = [[CALL, i + 1, {}, "lab.sink", ["x" * MIB]] for i in range(70)]
        writer = send_in_background(greedy.transport.sock, frames(greedy, large))
        time.sleep(2)
        most = memory_mib(world.gateway, "worker")
    finally:
        os.kill(world.router_pid(), signal.SIGCONT)
    for client in clients:
        equal(client.answer()[0], RESULT, "an open call of somebody else")
    answers = [greedy.answer() for _ in large]
    equal({answer[0] for answer in answers}, {RESULT})
    equal(sorted(answer[1] for answer in answers), list(range(1, 71)))
    writer.join(10)
    assert most - before < 20, f"the worker grew from {before:.0f} to {most:.0f} MiB"
    print(f"  the worker held {most - before:.1f} MiB of 70 calls of 1 MiB", flush=True)
    for client in [*clients, greedy]:
        leave(client)
    service.close()


@suite.test(timeout=120)
def a_small_call_does_not_wait_for_the_large_ones_of_many():
    service = Service(world, "lab.sink", "lab.small")
    operator = world.raw("alice")
    greedy = [world.raw("alice") for _ in range(7)]
    os.kill(world.router_pid(), signal.SIGSTOP)
    try:
        for client in greedy:
            send_in_background(client.transport.sock, frames(
                client, [[CALL, i + 1, {}, "lab.sink", ["x" * (2 * MIB)]] for i in range(8)]))
        eventually(lambda: world.link_status()["held"] >= len(greedy) - 1, "calls of nearly all of them wait for the link")
        held = world.link_status()["held"]
        operator.send(CALL, operator.next_request(), {}, "lab.small", ["x"])
        eventually(lambda: world.link_status()["held"] > held, "the operator's call waits too")
    finally:
        os.kill(world.router_pid(), signal.SIGCONT)
    equal(operator.answer()[0], RESULT)
    before = service.seen.index(1)
    assert before <= 3, f"{before} large calls came before the small one"
    for client in greedy:
        equal({client.answer()[0] for _ in range(8)}, {RESULT})
        client.close()
    operator.close()
    service.close()


@suite.test(timeout=120)
def a_service_that_does_not_read_for_a_while_keeps_its_session_and_gets_every_call():
    client = world.raw_inside()
    for procedure in ("lab.slow", "lab.slow.small"):
        equal(client.ask(REGISTER, {}, procedure)[0], REGISTERED)
    guest, operator = world.raw("alice"), world.raw("alice")
    size = 1_900_000
    writer = send_in_background(guest.transport.sock, frames(
        guest, [[CALL, i + 1, {}, "lab.slow", ["x" * size]] for i in range(8)]))
    eventually(lambda: world.link_status()["calls"] >= 3, "large calls have crossed the link, until the guest was slowed down")
    crossed = world.link_status()["calls"]
    operator.send(CALL, operator.next_request(), {}, "lab.slow.small", ["x"])
    eventually(lambda: world.link_status()["calls"] > crossed, "the small one too")
    order = []
    for _ in range(9):
        message = client.receive()
        equal(message[0], INVOCATION)
        order.append(len(message[4][0]))
        client.send(YIELD, message[1], {}, [order[-1]])
    assert order.index(1) <= 2, f"an operator's call waited for {order.index(1)} large ones"
    equal(operator.answer()[3], [1])
    equal([guest.answer()[3] for _ in range(8)], [[size]] * 8)
    writer.join(10)
    for each in (client, guest, operator):
        each.close()


@suite.test(timeout=120)
def a_caller_that_outruns_a_service_is_slowed_down_and_gets_every_answer():
    def slowly(argument):
        time.sleep(0.02)
        return len(argument)
    service, other = Service(world, "lab.slowly", answer=slowly), Service(world, "lab.at_once")
    for caller in (world.raw("alice"), world.raw_inside(), world.raw("alice", JSON, True)):
        send_in_background(caller.transport.sock, frames(
            caller, [[CALL, i + 1, {}, "lab.slowly", ["x" * MIB]] for i in range(40)]))
        bystander, times = world.raw("alice"), []
        for _ in range(20):
            begin = time.monotonic()
            equal(bystander.call("lab.at_once", "x")[0], RESULT)
            times.append(time.monotonic() - begin)
        answers = [caller.answer() for _ in range(40)]
        equal({answer[0] for answer in answers}, {RESULT}, "answers to calls that come faster than they are taken")
        print(f"  40 of 40 calls of 1 MiB are answered; a call to another service takes {1000 * max(times):.0f} ms at most", flush=True)
    for each in (service, other):
        each.close()


@suite.test(timeout=120)
def a_call_to_a_service_that_never_reads_is_refused_in_time_and_the_others_go_on():
    dead = world.raw_inside()
    equal(dead.ask(REGISTER, {}, "lab.dead")[0], REGISTERED)
    live = Service(world, "lab.live")
    guest, operator = world.raw("alice"), world.raw("alice")
    begin = time.monotonic()
    send_in_background(guest.transport.sock, frames(
        guest, [[CALL, i + 1, {}, "lab.dead", ["x" * MIB]] for i in range(6)]))
    for _ in range(10):
        equal(operator.call("lab.live", "x")[0], RESULT)
    answers = [guest.answer() for _ in range(3)]
    equal({answer[4] for answer in answers}, {"wamp.error.unavailable"})
    took = time.monotonic() - begin
    assert 5 < took < 20, f"refused after {took:.1f} s"
    equal(dead.receive()[0], INVOCATION, "it keeps its session")
    for each in (dead, guest, operator):
        leave(each)
    live.close()


# What a peer causes to be sent to itself is bounded
# ---------------------------------------------------------------------------------------------------------------------

def _flood(sock, ping, seconds):
    """Sends PINGs and reads nothing; how many bytes the other side took."""
    sock.settimeout(0.2)
    sent, end = 0, time.monotonic() + seconds
    block = ping * 2000
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError):
            sent += sock.send(block[sent % len(block):])
    return sent


@suite.test(timeout=120)
def a_peer_that_pings_and_does_not_read_costs_no_memory():
    rawsocket = b"\x01\0\0\x7d" + b"p" * 125
    websocket = b"\x89\xfd\0\0\0\0" + b"p" * 125
    for what, path, process, word in ((world.local, "local", world.gateway, "worker"),
                                      (world.services_path, "services", world.inside, "inside")):
        for ping, connect in ((rawsocket, rawclient.RawSocket), (websocket, rawclient.WebSocket)):
            innocent = world.raw("alice")
            before = memory_mib(process, word)
            sock = socks.plain(what)
            connect(sock)
            sent = _flood(sock, ping, 2)
            grown = memory_mib(process, word) - before
            assert sent < 4 * MIB, f"{path}: took {sent} bytes of PINGs"
            assert grown < 4, f"{path}: grew by {grown:.1f} MiB"
            equal(innocent.call("lab.nothing")[0], ERROR)
            innocent.close()
            sock.close()


class Backend:
    """A router that a gateway dials, which welcomes it and then does as it likes."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.listener.settimeout(15)

    def accept(self):
        """The connection of a gateway that has joined."""
        while True:
            sock, _ = self.listener.accept()
            stream = rawclient.RawSocket(sock, handshake=False)
            serializer = stream.stream.exactly(4)[1] & 15
            sock.sendall(bytes([0x7F, 0xF0 | serializer, 0, 0]))
            stream.serializer = serializer
            with contextlib.suppress(rawclient.Closed):
                stream.receive_bytes()  # HELLO
                stream.send_bytes(rawclient.encode(serializer, [WELCOME, 1, {"roles": {"broker": {}, "dealer": {}}}]))
                return sock


@suite.test(timeout=60)
def a_dialled_backend_that_pings_and_does_not_read_costs_no_memory():
    path = processes.scratch("backend") / "router.sock"
    backend = Backend(path)
    gateway = Deployment("dial", backend=f'address = "unix:{path}"\n', name="dial")
    gateway.write()
    gateway.start_gateway()
    try:
        sock = backend.accept()
        before = memory_mib(gateway.gateway, "worker")
        sent = _flood(sock, b"\x01\0\0\x7d" + b"p" * 125, 2)
        grown = memory_mib(gateway.gateway, "worker") - before
        print(f"  took {sent / MIB:.1f} MiB of PINGs and grew by {grown:.1f} MiB", flush=True)
        assert sent < 4 * MIB, f"took {sent} bytes of PINGs"
        assert grown < 4, f"grew by {grown:.1f} MiB"
        equal(gateway.raw("alice").call("elsewhere.thing")[4], "wamp.error.not_authorized", "others are answered")
    finally:
        gateway.stop()


if __name__ == "__main__":
    suite.main()
