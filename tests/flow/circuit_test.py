"""A Tor circuit has its share of what is under way, however many sessions it has: real processes, raw clients."""
import json
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.peers import MIB, Counter, Service, frames, leave, memory_mib, onion_client, send_in_background  # noqa: E402
from support.rawclient import CALL, PUBLISH, RESULT, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("flow_circuit")
LIMIT = 4 * MIB
world = Deployment(link="accept", name="circuit", limits='circuit_joins_per_second = 20\ncircuit_bytes = "4MiB"\n')


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")


def operator_on(circuit):
    client = onion_client(world.front, circuit)
    equal(client.join(REALM, "alice", TICKETS["alice"][1])[0], WELCOME)
    return client


def front():
    return json.loads(sallyport("status", "--config", world.dir / "gateway.toml", "--json").stdout)["front"]


def circuits():
    return front()["circuits"]


def held():
    return front()["links"][0]["held"]


class Most:
    """The most that the circuits had under way, and the memory of the worker, while it runs."""

    def __enter__(self):
        self.bytes, self.idle, self.memory, self.ended = 0, memory_mib(world.gateway, "worker"), 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def _watch(self):
        while not self.ended.wait(0.05):
            self.bytes = max(self.bytes, circuits()["bytes"])
            self.memory = max(self.memory, memory_mib(world.gateway, "worker"))

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


@suite.test(timeout=120)
def many_sessions_of_a_circuit_hold_no_more_than_its_share_and_nothing_is_lost():
    service = Service(world, "lab.sink", "lab.small")
    crowd = [operator_on(7) for _ in range(40)]
    innocent = operator_on(8)
    os.kill(world.router_pid(), signal.SIGSTOP)
    try:
        with Most() as most:
            for client in crowd:
                send_in_background(client.transport.sock, frames(client, [[CALL, i + 1, {}, "lab.sink", ["x" * 700_000]] for i in range(2)]))
            eventually(lambda: circuits()["bytes"] > LIMIT, "the circuit has its share")
            time.sleep(1.5)  # for so long nothing more may come under way
            before = held()
            innocent.send(CALL, innocent.next_request(), {}, "lab.small", ["x"])
            eventually(lambda: held() > before, "the small call waits for the link")
            waiting = circuits()["waiting"]
    finally:
        os.kill(world.router_pid(), signal.SIGCONT)
    equal(innocent.answer()[0], RESULT)
    before = service.seen.index(1)
    for client in crowd:
        equal([client.answer()[0] for _ in range(2)], [RESULT] * 2)
    assert most.bytes < 2 * LIMIT + MIB, f"{most.bytes / MIB:.1f} MiB under way"
    assert waiting > 20, f"{waiting} sessions wait"
    assert before <= 6, f"{before} large calls came before the small one"
    eventually(lambda: circuits() == {"bytes": 0, "waiting": 0}, "nothing is left under way")
    print(f"  40 sessions of a circuit, 80 calls of 700 kB: at most {most.bytes / MIB:.1f} MiB under way, {waiting} sessions waited; the "
          f"worker grew by {most.memory - most.idle:.0f} MiB; {before} of them before another circuit's small call", flush=True)
    for client in [*crowd, innocent]:
        leave(client)
    service.close()


@suite.test(timeout=120)
def unacknowledged_publications_of_a_circuit_are_bounded_and_all_arrive():
    reader = Counter(operator_on(9), "lab.crowd")
    crowd = [operator_on(7) for _ in range(30)]
    os.kill(world.router_pid(), signal.SIGSTOP)
    try:
        with Most() as most:
            for number, client in enumerate(crowd):
                send_in_background(client.transport.sock, frames(
                    client, [[PUBLISH, i + 1, {}, "lab.crowd", [100 * number + i, "x" * 900_000]] for i in range(3)]))
            eventually(lambda: circuits()["bytes"] > LIMIT, "publications are under way")
            time.sleep(1.5)  # for so long nothing more may come under way
    finally:
        os.kill(world.router_pid(), signal.SIGCONT)
    total = 3 * len(crowd)
    eventually(lambda: len(reader.numbers) == total, f"all {total} events arrive", 60)
    equal(sorted(reader.numbers), sorted(100 * number + i for number in range(len(crowd)) for i in range(3)))
    assert most.bytes < 2 * LIMIT + MIB, f"{most.bytes / MIB:.1f} MiB under way"
    eventually(lambda: circuits() == {"bytes": 0, "waiting": 0}, "nothing is left under way")
    print(f"  30 sessions of a circuit, {total} publications of 900 kB: at most {most.bytes / MIB:.1f} MiB under way", flush=True)
    for client in [*crowd, reader.client]:
        leave(client)


if __name__ == "__main__":
    suite.main()
