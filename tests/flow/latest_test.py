"""Telemetry over slow readers (deliver = "latest"): what a reader gets is fresh, nobody is cut, and every event is either received
or told as skipped. Real processes, raw clients. SALLYPORT_LATEST_SECONDS says for how long (20; 600 in tests/nightly)."""
import os
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient, socks  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.peers import leave  # noqa: E402
from support.rawclient import EVENT, JSON, MSGPACK, PUBLISH, PUBLISHED, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE, UNSUBSCRIBED, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

SECONDS = int(os.environ.get("SALLYPORT_LATEST_SECONDS", "20"))
READ_BYTES_PER_S, PUBLISHED_BYTES_PER_S, EVENT_BYTES = 20_000, 100_000, 1000
RULES = '''
[[allow]]
id = "telemetry"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.latest."
deliver = "latest"

[[allow]]
id = "telemetry-by-sensor"
roles = ["*"]
actions = ["subscribe"]
uri = ["lab.sensors"]
deliver = "latest"
key = { kwarg = "sensor" }

[[allow]]
id = "telemetry-now-and-then"
roles = ["*"]
actions = ["subscribe"]
uri = ["lab.seldom"]
deliver = "latest"
rate = "4/s"
'''

suite = Suite("latest")
port = free_port()
world = Deployment(link="accept", name="latest", services=f"tcp:127.0.0.1:{port}")


@suite.setup
def start():
    world.write()
    for policy in ("observatory.toml", "inside-observatory.toml"):
        with open(world.dir / policy, "a", encoding="utf-8") as file:
            file.write(RULES)
    world.start_gateway()
    world.start_inside()
    world.wait_link()


@suite.teardown
def stop():
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")


class PacedStream(rawclient._Stream):
    """Reads as much as a narrow circuit would carry: no more is taken from the kernel than the time allows."""

    PIECE = 500

    def __init__(self, stream):
        super().__init__(stream.sock)
        self.buffer, self.next = stream.buffer, time.monotonic()

    def exactly(self, count):
        while len(self.buffer) < count:
            self.next = max(self.next, time.monotonic() - 0.1) + self.PIECE / READ_BYTES_PER_S
            time.sleep(max(0, self.next - time.monotonic()))  # the pace
            more = self.sock.recv(self.PIECE)
            if not more:
                raise rawclient.Closed("by the gateway")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data


class Reader:
    """Subscribes, and reads slowly in a thread until the last event has come."""

    def __init__(self, name, client, topic, paced=True):
        self.name, self.client = name, client
        self.received, self.skipped, self.ages, self.trouble = [], 0, [], None
        self.last = {}  # the newest number of each key
        answer = client.ask(SUBSCRIBE, {}, topic)
        equal(answer[0], SUBSCRIBED)
        if paced:
            client.transport.stream = PacedStream(client.transport.stream)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.ended = threading.Event()
        self.thread.start()

    def _read(self):
        try:
            while not self.ended.is_set():
                message = self.client.receive()
                equal(message[0], EVENT)
                number, published = message[4][:2]
                self.ages.append(time.monotonic() - published)
                key = message[5].get("sensor") if len(message) > 5 else None
                assert number > self.last.get(key, -1), f"{number} after {self.last[key]}"
                self.last[key] = number
                self.skipped += message[3].get("_skipped", 0)
                self.received.append(number)
        except Exception as problem:  # noqa: BLE001  told by the test
            if not self.ended.is_set():
                self.trouble = problem

    def has(self, number):
        assert self.trouble is None, f"{self.name}: {self.trouble!r}"
        return number in self.last.values()

    def close(self):
        self.ended.set()
        leave(self.client)


def publish(publisher, topic, seconds, sensors=(None,)):
    """The number of events published: one after the other, evenly."""
    text = "x" * EVENT_BYTES
    begin, number = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        rest = {"sensor": sensors[number % len(sensors)]} if sensors[0] else {}
        publisher.send(PUBLISH, publisher.next_request(), {}, topic, [number, time.monotonic(), text], rest)
        number += 1
        time.sleep(max(0, begin + number * EVENT_BYTES / PUBLISHED_BYTES_PER_S - time.monotonic()))
    return number


class RoundTrips:
    """The slowest round trip of somebody else during the test, in seconds: what the machine takes for itself."""

    def __init__(self):
        self.client, self.slowest, self.ended = world.raw("alice"), 0.0, threading.Event()
        self.thread = threading.Thread(target=self._measure, daemon=True)
        self.thread.start()

    def _measure(self):
        while not self.ended.wait(0.05):
            begin = time.monotonic()
            self.client.call("lab.nothing")
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def end(self):
        self.ended.set()
        self.thread.join()
        leave(self.client)
        return self.slowest


def raw_inside_tcp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # What is measured is ours, and not this kernel buffer. Segments as they are on a network: with those of the loopback, which
    # are larger than the buffer, the kernel would hardly send at all.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    sock.connect(("127.0.0.1", port))
    client = rawclient.Client(rawclient.RawSocket(sock))
    equal(client.join(REALM)[0], WELCOME)
    return client


@suite.test(timeout=SECONDS + 120)
def a_reader_of_20_kb_per_s_of_a_topic_of_100_kb_per_s_gets_what_is_at_most_a_second_old():
    readers = [Reader(f"{'WebSocket' if websocket else 'RawSocket'} {'JSON' if serializer == JSON else 'MessagePack'}",
                      world.raw("alice", serializer, websocket), "lab.latest.telemetry")
               for websocket in (False, True) for serializer in (JSON, MSGPACK)]
    readers.append(Reader("inside, unix", world.raw_inside(), "lab.latest.telemetry"))
    readers.append(Reader("inside, TCP", raw_inside_tcp(), "lab.latest.telemetry"))
    publisher, trips = world.raw_inside(), RoundTrips()
    total = publish(publisher, "lab.latest.telemetry", SECONDS)
    for reader in readers:
        eventually(lambda reader=reader: reader.has(total - 1), f"{reader.name} gets the newest event", 10)
    slowest = trips.end()
    for reader in readers:
        ages = sorted(reader.ages)
        print(f"  {reader.name}: {len(ages)} of {total} events, {ages[len(ages) // 2]:.2f} s old (median), {ages[-1]:.2f} s "
              f"(most)", flush=True)
    for reader in readers:
        equal(len(reader.received) + reader.skipped, total, f"{reader.name}: received and told as skipped")
        assert len(reader.received) > 10 * SECONDS, f"{reader.name} got {len(reader.received)} events"
        assert max(reader.ages) <= 1 + slowest, f"{reader.name}: {max(reader.ages):.2f} s old, round trips {slowest:.2f} s"
        reader.close()
    leave(publisher)


@suite.test(timeout=60)
def a_reader_of_all_events_falls_behind():
    """What is measured above is the rule's doing."""
    reader, publisher = Reader("all", world.raw("alice"), "lab.all"), world.raw_inside()
    publish(publisher, "lab.all", 8)
    print(f"  all events: {max(reader.ages):.2f} s old after 8 s", flush=True)
    assert max(reader.ages) > 3, f"{max(reader.ages):.2f} s old"
    equal(reader.skipped, 0)
    equal(reader.received, list(range(len(reader.received))))
    reader.close()
    leave(publisher)


@suite.test(timeout=60)
def each_value_of_the_key_is_kept_apart():
    reader, publisher = Reader("sensors", world.raw("alice"), "lab.sensors"), world.raw_inside()
    sensors = [f"s{i}" for i in range(5)]
    total = publish(publisher, "lab.sensors", 5, sensors)
    eventually(lambda: all(reader.has(total - 1 - i) for i in range(5)), "the newest event of each sensor", 10)
    equal(len(reader.received) + reader.skipped, total)
    assert reader.skipped > total / 2
    equal(sorted(reader.last), sensors)
    reader.close()
    leave(publisher)


@suite.test(timeout=60)
def a_rate_spaces_the_events_of_a_fast_reader():
    reader, publisher = Reader("seldom", world.raw("alice"), "lab.seldom", paced=False), world.raw_inside()
    total = publish(publisher, "lab.seldom", 5)
    eventually(lambda: reader.has(total - 1), "the newest event", 10)
    equal(len(reader.received) + reader.skipped, total)
    assert 19 <= len(reader.received) <= 22, f"{len(reader.received)} events in 5 s at 4 in a second"
    assert max(reader.ages) < 0.2, f"{max(reader.ages):.2f} s old"
    reader.close()
    leave(publisher)


@suite.test(timeout=60)
def no_event_comes_after_unsubscribed():
    client, publisher = world.raw("alice"), world.raw_inside()
    subscription = client.ask(SUBSCRIBE, {}, "lab.latest.ending")[2]
    for number in range(200):  # far more than the buffers hold, and nothing is read
        equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.latest.ending", [number, 0, "x" * EVENT_BYTES])[0], PUBLISHED)
    equal(client.ask(UNSUBSCRIBE, subscription), [UNSUBSCRIBED, client.request])
    client.send(UNSUBSCRIBE, client.next_request(), subscription)
    equal(client.receive()[4], "wamp.error.no_such_subscription")
    leave(client)
    leave(publisher)


if __name__ == "__main__":
    suite.main()
