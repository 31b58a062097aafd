"""A small call shares a link of 20 Mbit/s with the large ones of others: calls and results."""
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
from support.rawclient import CALL, JSON, MSGPACK, RESULT  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("narrow")
SIZE = 1_900_000
LONG = os.environ.get("SALLYPORT_FLOW_VARIANTS") == "all"
Way = namedtuple("Way", "serializer websocket")


def percentiles(seconds):
    times = sorted(1000 * each for each in seconds)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"


class Crowd:
    """Callers who each have 8 large calls in flight, or calls with large results, until told to stop."""

    def __init__(self, clients, arguments):
        self.clients, self.answers, self.ended = clients, [], threading.Event()
        for client in clients:
            send_in_background(client.transport.sock, frames(
                client, [[CALL, i + 1, {}, "lab.large", arguments] for i in range(8)]))
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


def share(name, near, far, arguments, answer, passed_so_far, operator_calls):
    """`near` and `far` open clients where the callers and the services are. How long the operator's calls took beside 4 greedy
    callers, and the most large ones that passed while one of them waited."""
    service = Service(None, "lab.large", client=far(), answer=answer)
    small = Service(None, "lab.small", client=far())
    operator = near()
    quiet, loud, passed = [], [], []

    def call(times):
        begin = time.monotonic()
        equal(operator.call("lab.small", "x")[0], RESULT)
        times.append(time.monotonic() - begin)
    for _ in range(100):
        call(quiet)
    crowd = Crowd([near() for _ in range(4)], arguments)
    eventually(lambda: passed_so_far(service, crowd) > 0, "the link is full", 20)
    for _ in range(operator_calls):
        before = passed_so_far(service, crowd)
        call(loud)
        passed.append(passed_so_far(service, crowd) - before)
        time.sleep(0.05)
    crowd.check()
    print(f"  {name}: a small call takes {percentiles(quiet)}; beside 4 greedy callers {percentiles(loud)}, of {len(loud)}; "
          f"{max(passed)} large ones passed at most meanwhile", flush=True)
    assert max(passed) <= 2, f"{max(passed)} large ones passed while one small call waited"
    for client in (operator, service.client, small.client, *crowd.clients):
        equal(is_closed(client), False, "a session was cut")


def calls_have_passed(service, _):
    return service.seen.count(SIZE)


def results_have_passed(_, crowd):
    return len(crowd.answers)


def _test(name, way, arguments, answer, passed):
    with NarrowLink("narrow") as world:
        def outside():
            return world.raw("alice", way.serializer, way.websocket)

        def inside():
            return world.raw_inside(way.serializer, None, way.websocket)
        share(name, outside, inside, arguments, answer, passed, 10)
        equal(world.gateway.text().count("link inside: lost"), 0, "times that the link was lost")


@suite.test(timeout=180)
def a_small_call_does_not_wait_for_the_large_calls_of_guests():
    _test("large calls, inwards, RawSocket, MessagePack", Way(MSGPACK, False), ["x" * SIZE], len, calls_have_passed)


@suite.test(timeout=180)
def a_small_result_does_not_wait_for_the_large_results_of_guests():
    _test("large results, inwards, WebSocket, JSON", Way(JSON, True), ["x"], lambda _: "x" * SIZE, results_have_passed)


if __name__ == "__main__":
    suite.main()
