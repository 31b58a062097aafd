#!/usr/bin/env python3
"""Measures what an operator's small call takes beside greedy guests on a narrow link, and prints a table.

    tests/bench/fairness.py --build build/release [--guests 0 1 8 64] [--seconds 20] [--json FILE]

Gateway and inside stand in two network namespaces with a TLS link of 20 Mbit/s each way between them, so this needs root. Each
guest is anonymous, has a Tor circuit of its own and keeps 8 calls in flight, either of 1.9 MB each or with results of 1.9 MB
each. The operator logs in on another circuit and makes one call of a few bytes after the other; its service is another session
than the guests'. docs/benchmarks.md tells what each figure is.
"""
import argparse
import contextlib
import json
import os
import pathlib
import queue
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import REALM, TICKETS  # noqa: E402
from support.greedy import Greedy  # noqa: E402
from support.narrow import NarrowLink  # noqa: E402
from support.peers import Service, leave, onion_client  # noqa: E402
from support.rawclient import INVOCATION, REGISTER, REGISTERED, RESULT, WELCOME, YIELD  # noqa: E402
from support.runner import equal  # noqa: E402

SIZE, IN_FLIGHT = 1_900_000, 8
DIRECTIONS = {"calls": "the guests' calls have 1.9 MB each", "results": "the guests' results have 1.9 MB each"}
LARGE = "lab.look"  # what guests may call in tests/support/deployment.py


class Store:
    """A service that reads all calls at once and answers each with `size` bytes, as fast as they are taken from it."""

    def __init__(self, deployment, size):
        self.client, self.size, self.open = deployment.raw_inside(), size, queue.Queue()
        self.client.transport.sock.settimeout(None)
        equal(self.client.ask(REGISTER, {}, LARGE)[0], REGISTERED)
        for work in (self._read, self._answer):
            threading.Thread(target=work, daemon=True).start()

    def _read(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = self.client.receive()
                if message[0] == INVOCATION:
                    self.open.put(message[1])

    def _answer(self):
        text = "x" * self.size
        with contextlib.suppress(OSError):
            while True:
                self.client.send(YIELD, self.open.get(), {}, [text])


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def small_calls(operator, seconds):
    """The milliseconds that each took."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        equal(operator.call("lab.small", "x")[0], RESULT)
        times.append(1000 * (time.monotonic() - begin))
        time.sleep(0.005)  # the next one does not find the link as the last one left it
    return times


def measure(direction, guests, seconds):
    print(f"measuring {DIRECTIONS[direction]}, {guests} guests …", file=sys.stderr, flush=True)
    with NarrowLink("fairness") as deployment:
        service, store = Service(deployment, "lab.small"), Store(deployment, 1 if direction == "calls" else SIZE)
        operator = onion_client(deployment.front, 1)
        operator.transport.sock.settimeout(120)
        equal(operator.join(REALM, "alice", TICKETS["alice"][1])[0], WELCOME)
        small_calls(operator, 0.5)
        greedy = Greedy(deployment, REALM, guests, IN_FLIGHT, LARGE, SIZE if direction == "calls" else 1) if guests else None
        small_calls(operator, 2 if guests else 0)  # until the link is full
        times = small_calls(operator, seconds)
        figures = {"calls": len(times), "p50_ms": percentile(times, 0.5), "p99_ms": percentile(times, 0.99),
                   "most_ms": max(times)}
        figures["guests"] = greedy.stop() if greedy else {"answered": 0, "refused": 0, "cut": 0}
        lost = deployment.gateway.text().count("link inside: lost")
        equal(lost, 0, "times that the link was lost")
        leave(operator)
        leave(store.client)
        service.close()
    return figures


def report(found, window_ms):
    for direction, by_guests in found.items():
        quiet = by_guests[0]["p99_ms"]
        goal = 5 * quiet + window_ms
        print(f"\n{DIRECTIONS[direction]}:\nquiet p99 {quiet:.1f} ms, one window {window_ms:.1f} ms, "
              f"goal p99 ≤ 5 × quiet + window = {goal:.1f} ms\n{'guests':>6} {'calls':>7} {'p50 ms':>8} {'p99 ms':>8} {'most ms':>8} {'p99 / goal':>11}   "
              "calls of the guests")
        for guests, f in by_guests.items():
            each = f["guests"]
            print(f"{guests:>6} {f['calls']:>7} {f['p50_ms']:>8.1f} {f['p99_ms']:>8.1f} {f['most_ms']:>8.1f} "
                  f"{f['p99_ms'] / goal:>11.2f}   {each['answered']} answered, {each['refused']} refused, "
                  f"{each['cut']} guests cut")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default="build/release", help="the build directory with sallyport")
    parser.add_argument("--guests", type=int, nargs="+", default=[0, 1, 8, 64], help="0 is always measured")
    parser.add_argument("--seconds", type=float, default=20, help="measured time of each line")
    parser.add_argument("--json", help="also write all figures here")
    options = parser.parse_args()
    os.environ.setdefault("SALLYPORT_BIN", str(pathlib.Path(options.build).resolve() / "sallyport"))
    numbers = sorted({0, *options.guests})
    try:
        found = {direction: {guests: measure(direction, guests, options.seconds) for guests in numbers}
                 for direction in DIRECTIONS}
        report(found, 1000 * NarrowLink("fairness").window_seconds())
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(found, indent=1))
    except BaseException:
        print(processes.logs(), file=sys.stderr)
        raise
    finally:
        processes.stop_all()


if __name__ == "__main__":
    main()
