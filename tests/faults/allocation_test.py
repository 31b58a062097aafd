"""Allocations fail at random moments of start, load, reload and stop, one at a time or many in a row, in each process: it ends and is
replaced, or refuses what it was asked, and nothing is done by half. SALLYPORT_ALLOCATIONS says how often (tests/nightly: 300),
SALLYPORT_ALLOCATIONS_SEED which; a failure names its seed."""
import contextlib
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.crossbar import free_port  # noqa: E402
from support.ordeal import Ordeal  # noqa: E402
from support.preload import Preload  # noqa: E402
from support.runner import Suite, eventually  # noqa: E402

suite = Suite("faults_allocation")
ROUNDS = int(os.environ.get("SALLYPORT_ALLOCATIONS", "8"))
SEED = int(os.environ.get("SALLYPORT_ALLOCATIONS_SEED", "1"))
PER_WORLD = 12  # a process that keeps ending is restarted less and less often
RECOVERS = 20   # seconds


class Round:
    def __init__(self, dice):
        self.phase = dice.choice(("start", "load", "load", "reload", "reload", "stop"))
        self.dice, self.burst = dice, dice.choice((1, 1, 2, 10, 1000))
        # A start allocates some thousand times before it is ready, the first hundred before main.
        self.after = int(10 ** (dice.uniform(2, 3.8) if self.phase == "start" else dice.uniform(0, 3.3)))
        self.name = "nobody"

    def __str__(self):
        return f"{self.burst} allocations of {self.name} fail after {self.after}, {self.phase}"

    def choose(self, ordeal):
        """Any of the processes; its pid."""
        self.name, pid = self.dice.choice(ordeal.victims())
        return pid


def live_through(one, ordeal):
    if one.phase == "start":
        one.choose(ordeal)
        one.name = ordeal.word(one.name)
        for name in reversed(ordeal.programs):
            ordeal.process(name).stop()
        preload.fail_at_start(one.name, one.after, one.burst)
        for name in ordeal.programs:
            ordeal.begin(name)
        ordeal.await_service(RECOVERS)
        preload.started()
        return
    pid = one.choose(ordeal)
    if not preload.fail(pid, one.after, one.burst):
        return
    if one.phase == "load":
        with contextlib.suppress(AssertionError):  # who has little to do allocates little
            eventually(lambda: preload.failed(pid), "an allocation has failed", 1.5)
    elif one.phase == "reload":
        ordeal.check_version(ordeal.apply(one.dice.choice(ordeal.programs)))
    else:
        for name in reversed(ordeal.programs):
            process = ordeal.process(name)
            if process.running():
                process.popen.terminate()
                process.wait(20)
            assert process.popen.returncode != 2, process.popen.returncode
        eventually(lambda: not ordeal.orphans(), "nothing is left after the stop", 5)
    preload.calm(pid)


@suite.setup
def build():
    global preload
    preload = Preload()


def rounds(name, count, seed, **options):
    dice = random.Random(seed)
    for begin in range(0, count, PER_WORLD):
        ordeal = Ordeal(name, environment=preload.environment, **options).start(callers=3)
        for number in range(begin, min(count, begin + PER_WORLD)):
            one = Round(dice)
            with ordeal.surviving(f"{name}: round {number + 1} of seed {seed}", one, RECOVERS):
                live_through(one, ordeal)
        ordeal.stop()


@suite.test(timeout=60 + ROUNDS * 30)
def an_embedded_gateway_outlives_allocations_that_fail():
    rounds("alloc", ROUNDS, SEED)


@suite.test(timeout=60 + ROUNDS * 30)
def a_gateway_and_an_inside_outlive_allocations_that_fail():
    rounds("allocapart", ROUNDS, SEED + 1, link="accept", link_address=f"tcp:127.0.0.1:{free_port()}")


if __name__ == "__main__":
    suite.main()
