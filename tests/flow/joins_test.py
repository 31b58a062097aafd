"""A Tor circuit has its share of joins, and nobody else waits for it: real processes, raw clients."""
import contextlib
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.peers import onion_client  # noqa: E402
from support.rawclient import ABORT, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("flow_joins")
world = Deployment(link="accept", name="joins", limits="circuit_joins_per_second = 20")
hasty = Deployment(name="hasty", limits='circuit_joins_per_second = 5\nhandshake_timeout = "2s"\n')


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")


def joins():
    return json.loads(sallyport("status", "--config", world.dir / "gateway.toml", "--json").stdout)["front"]["joins"]


def joins_at_once(deployment, circuit, count):
    """The answer to each of so many joins, and how long it took."""
    begin, answers = time.monotonic(), [None] * count

    def join(index):
        client = onion_client(deployment.front, circuit)
        with contextlib.suppress(rawclient.Closed, OSError):
            answers[index] = (client.join(REALM)[0], time.monotonic() - begin)
        client.close()
    threads = [threading.Thread(target=join, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


@suite.test(timeout=60)
def joins_beyond_the_share_of_a_circuit_wait_for_their_turn_and_others_do_not():
    answers = []
    crowd = threading.Thread(target=lambda: answers.extend(joins_at_once(world, 5, 60)))
    crowd.start()
    eventually(lambda: joins()["waiting"] > 0, "joins of the circuit wait")
    begin = time.monotonic()
    operator = onion_client(world.front, 6)
    equal(operator.join(REALM, "alice", TICKETS["alice"][1])[0], WELCOME)
    took = time.monotonic() - begin
    operator.close()
    local = world.raw("alice")
    local.close()
    crowd.join()
    equal([answer[0] for answer in answers], [WELCOME] * 60)
    times = sorted(answer[1] for answer in answers)
    assert times[19] < 1 and 1.5 < times[-1] < 5, f"{times[19]:.2f} s, {times[-1]:.2f} s"
    assert took < 0.5, f"another circuit waits for {took:.2f} s"
    told = joins()
    equal(told["waiting"], 0)
    assert 30 <= told["delayed"] <= 40, told
    print(f"  60 joins of one circuit: 20 in {times[19]:.2f} s, all in {times[-1]:.2f} s; one of another circuit beside them "
          f"{took * 1000:.0f} ms", flush=True)


@suite.test(timeout=60)
def whoever_waits_for_his_turn_has_still_one_deadline():
    hasty.start()
    answers = joins_at_once(hasty, 5, 40)
    joined = [answer for answer in answers if answer[0] == WELCOME]
    aborted = [answer for answer in answers if answer[0] == ABORT]
    assert 12 <= len(joined) <= 16 and len(aborted) == 40 - len(joined), f"{len(joined)} joined, {len(aborted)} aborted"
    assert all(1.8 < answer[1] < 4 for answer in aborted), aborted
    hasty.stop()


if __name__ == "__main__":
    suite.main()
