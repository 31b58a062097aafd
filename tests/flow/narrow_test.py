"""What is small shares a link of 20 Mbit/s with what others have that is large: calls, results and events."""
import contextlib
import os
import pathlib
import sys
import threading
import time
from collections import namedtuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.narrow import NarrowLink  # noqa: E402
from support.peers import Service, frames, is_closed, send_in_background  # noqa: E402
from support.rawclient import CALL, EVENT, JSON, MSGPACK, PUBLISH, RESULT, SUBSCRIBE, SUBSCRIBED  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("narrow")
SIZE = 1_900_000
IN_KERNEL_MAX = 80 * 1024  # of a path that carries 2.5 MB/s and has a round trip of less than a millisecond
LONG = os.environ.get("SALLYPORT_FLOW_VARIANTS") == "all"
Way = namedtuple("Way", "serializer websocket")


def percentiles(seconds):
    times = sorted(1000 * each for each in seconds)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"


def given_to_the_kernel(process):
    """Bytes that the link's end in this process has given to the kernel and the other end has not acknowledged."""
    rows = [line.split() for line in pathlib.Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]]
    ends = [row for row in rows if row[3] == "01" and "1E14" in (row[1].split(":")[1], row[2].split(":")[1])]  # 7700, in hex
    equal(len(ends), 1, "ends of the link in its namespace")
    return int(ends[0][4].split(":")[0], 16)


class Crowd:
    """Callers who each have 8 large calls in flight, or calls with large results, until told to stop."""

    def __init__(self, clients, arguments):
        self.clients, self.answers, self.ended = clients, [], threading.Event()
        for number, client in enumerate(clients):
            send_in_background(client.transport.sock, frames(
                client, [[CALL, i + 1, {}, f"lab.large.{number}", arguments] for i in range(8)]))
            threading.Thread(target=self._read, args=(client,), daemon=True).start()

    def _read(self, client):
        with contextlib.suppress(rawclient.Closed, OSError):
            for _ in range(8):
                self.answers.append(client.answer())

    def check(self):
        """All that came so far are results; in the long round of tests/nightly all of them come."""
        if LONG:
            eventually(lambda: len(self.answers) == 8 * len(self.clients), "every large call is answered", 60)
        equal({answer[0] for answer in self.answers}, {RESULT})


def share(name, near, far, sender, arguments, answer, passed_so_far, operator_calls):
    """`near` and `far` open clients where the callers and the services are; `sender` fills the link. How long the operator's calls
    took beside 4 greedy callers, each with a service of its own, the most large ones that passed while one of them waited, and how
    much was in the kernel, where nothing can be overtaken."""
    services = [Service(None, f"lab.large.{number}", client=far(), answer=answer) for number in range(4)]
    small = Service(None, "lab.small", client=far())
    operator = near()
    quiet, loud, passed, given = [], [], [], []

    def call(times):
        begin = time.monotonic()
        equal(operator.call("lab.small", "x")[0], RESULT)
        times.append(time.monotonic() - begin)
    for _ in range(100):
        call(quiet)
    crowd = Crowd([near() for _ in range(4)], arguments)
    eventually(lambda: passed_so_far(services, crowd) > 0, "the link is full", 20)
    for _ in range(operator_calls):
        before = passed_so_far(services, crowd)
        given.append(given_to_the_kernel(sender))
        call(loud)
        passed.append(passed_so_far(services, crowd) - before)
        time.sleep(0.05)
    crowd.check()
    typical = sorted(given)[len(given) // 2]
    print(f"  {name}: a small call takes {percentiles(quiet)}; beside 4 greedy callers {percentiles(loud)}, of {len(loud)}; "
          f"{max(passed)} large ones passed at most meanwhile, with {typical} bytes in the kernel (median)", flush=True)
    assert max(passed) <= 4, f"{max(passed)} large ones passed while one small call waited"  # one of each, at most
    assert typical <= IN_KERNEL_MAX, f"{typical} bytes of the link were in the kernel"
    for client in (operator, small.client, *(service.client for service in services), *crowd.clients):
        equal(is_closed(client), False, "a session was cut")


def calls_have_passed(services, _):
    return sum(service.seen.count(SIZE) for service in services)


def results_have_passed(_, crowd):
    return len(crowd.answers)


def _test(name, way, arguments, answer, passed):
    with NarrowLink("narrow") as world:
        def outside():
            return world.raw("alice", way.serializer, way.websocket)

        def inside():
            return world.raw_inside(way.serializer, None, way.websocket)
        sender = world.gateway if passed is calls_have_passed else world.inside
        share(name, outside, inside, sender, arguments, answer, passed, 10)
        equal(world.gateway.text().count("link inside: lost"), 0, "times that the link was lost")


@suite.test(timeout=180)
def a_small_call_does_not_wait_for_the_large_calls_of_guests():
    _test("large calls, inwards, RawSocket, MessagePack", Way(MSGPACK, False), ["x" * SIZE], len, calls_have_passed)


@suite.test(timeout=180)
def a_small_result_does_not_wait_for_the_large_results_of_guests():
    _test("large results, inwards, WebSocket, JSON", Way(JSON, True), ["x"], lambda _: "x" * SIZE, results_have_passed)


class Arrivals:
    """Subscribes, and counts the events of each length."""

    def __init__(self, client, topic):
        self.client, self.lengths = client, []
        equal(client.ask(SUBSCRIBE, {}, topic)[0], SUBSCRIBED)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = self.client.receive()
                if message[0] == EVENT:
                    self.lengths.append(len(message[4][0]))


@suite.test(timeout=180)
def a_small_event_does_not_wait_for_the_large_events_of_others():
    with NarrowLink("narrow") as world:
        large, small = Arrivals(world.raw("alice"), "lab.large"), Arrivals(world.raw("alice"), "lab.small")
        publisher = world.raw_inside()
        crowd = [world.raw_inside() for _ in range(4)]
        for client in crowd:
            send_in_background(client.transport.sock, frames(
                client, [[PUBLISH, i + 1, {}, "lab.large", ["x" * SIZE]] for i in range(8)]))
        eventually(lambda: len(large.lengths) > 0, "the link is full", 20)
        loud, passed = [], []
        for number in range(1, 11):
            before, begin = len(large.lengths), time.monotonic()
            publisher.send(PUBLISH, number, {}, "lab.small", ["x"])
            eventually(lambda number=number: len(small.lengths) == number, "the small event comes", 30)
            loud.append(time.monotonic() - begin)
            passed.append(len(large.lengths) - before)
        print(f"  large events, outwards: a small event beside 4 greedy publishers takes {percentiles(loud)}, of {len(loud)}; "
              f"{max(passed)} large ones passed at most meanwhile", flush=True)
        assert max(passed) <= 4, f"{max(passed)} large events passed while one small event waited"
        for client in (large.client, small.client, publisher, *crowd):
            equal(is_closed(client), False, "a session was cut")


if __name__ == "__main__":
    suite.main()
