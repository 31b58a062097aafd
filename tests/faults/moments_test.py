"""SIGKILL and SIGSTOP of each process at random moments of start, load, reload and stop. SALLYPORT_MOMENTS says how many
(tests/nightly: 500), SALLYPORT_MOMENTS_SEED which; a failure names its seed. After each moment nothing is left that should not
be, nothing listens but what is configured, each call has ended at most once, and the service is back without a person."""
import contextlib
import os
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from tor_test import attached, deployment, tcp_listeners  # noqa: E402

suite = Suite("faults_moments")
MOMENTS = int(os.environ.get("SALLYPORT_MOMENTS", "8"))
SEED = int(os.environ.get("SALLYPORT_MOMENTS_SEED", "1"))
WORDS = {"worker": " worker ", "inside": " inside ", "tor": "tor -f "}
RECOVERS = 50  # seconds: a process that hangs from its start is ended after 30


class Moment:
    """One moment: what is done to whom, in which phase, after how long."""

    def __init__(self, dice):
        self.phase = dice.choice(("start", "load", "reload", "stop"))
        self.victim = dice.choice((*WORDS, "supervisor"))
        # A supervisor that is stopped is the service manager's business; here it goes on after a while.
        self.number = dice.choice((signal.SIGKILL, signal.SIGSTOP))
        self.delay = dice.uniform(0, 0.6 if self.phase == "start" else 0.15)

    def __str__(self):
        return f"{self.number.name} of {self.victim} {self.delay * 1000:.0f} ms into {self.phase}"

    def strike(self, world):
        """False if there is no such process at that moment."""
        time.sleep(self.delay)
        pid = world.gateway.pid if self.victim == "supervisor" else \
            next((pid for pid, line in world.gateway.children() if WORDS[self.victim] in line), None)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, self.number)
            if self.victim == "supervisor" and self.number == signal.SIGSTOP:
                time.sleep(1)
                os.kill(pid, signal.SIGCONT)
        return True

    def ends_supervisor(self):
        return self.victim == "supervisor" and self.number == signal.SIGKILL


class Load(threading.Thread):
    """Calls until its connection ends; counts the answers of each."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.client = world.raw("alice")
        self.answers = {}
        self.going = True

    def run(self):
        request = 1000
        with contextlib.suppress(rawclient.Closed, OSError, TimeoutError):
            while self.going:
                request += 1
                self.answers[request] = 0
                self.client.send(rawclient.CALL, request, {}, "lab.nothing.of.the.sort")
                while not self.answers[request]:
                    message = self.client.receive()
                    if message[0] != rawclient.ERROR:
                        return
                    self.answers[message[2]] += 1


def begin(world):
    world.gateway = processes.Process([processes.binary(), "serve", "--config", world.dir / "gateway.toml"], "gateway",
                                      cwd=world.dir, log=world.dir / "gateway.log")


def answers(world):
    with contextlib.suppress(rawclient.Closed, OSError, AssertionError):
        client = world.raw("alice")
        try:
            return client.call("lab.nothing.of.the.sort")[4] == "wamp.error.no_such_procedure"
        finally:
            client.close()
    return False


def serves(world):
    """Ready, or ended: a start during which a child ends fails, and is repeated as a service manager does."""
    def check():
        if not world.gateway.running():
            eventually(lambda: not world.left_behind(), "nothing is left of the gateway that has ended", 5)
            begin(world)
        return answers(world) and world.gateway.running()
    eventually(check, "the service is back", RECOVERS, 0.1)


def live_through(moment, world):
    if moment.phase == "start":
        world.gateway.stop()
        eventually(lambda: not world.left_behind(), "nothing is left before the start", 5)
        begin(world)
        moment.strike(world)
    elif moment.phase == "load":
        loads = [Load(world) for _ in range(3)]
        for load in loads:
            load.start()
        moment.strike(world)
        serves(world)
        for load in loads:
            load.going = False
            load.join(RECOVERS)
            assert not load.is_alive(), "a call is open"
            assert all(count <= 1 for count in load.answers.values()), load.answers
    elif moment.phase == "reload":
        told = []
        apply = threading.Thread(target=lambda: told.append(
            sallyport("policy", "apply", "--config", world.dir / "gateway.toml", timeout=70).returncode))
        apply.start()
        moment.strike(world)
        apply.join(75)
        assert told and told[0] in (0, 1), told
    else:
        world.gateway.popen.terminate()
        moment.strike(world)
        code = world.gateway.wait(20)
        assert code in ((0, -9) if moment.ends_supervisor() else (0,)), code
        eventually(lambda: not world.left_behind(), "nothing is left after the stop", 5)
        begin(world)


@suite.test(timeout=60 + MOMENTS * 90)
def nothing_that_ends_or_hangs_at_any_moment_needs_a_person():
    dice = random.Random(SEED)
    world = deployment("moments")
    begin(world)
    serves(world)
    for number in range(MOMENTS):
        moment = Moment(dice)
        what = f"moment {number + 1} of seed {SEED}: {moment}"
        print(f"       {what}", flush=True)
        try:
            live_through(moment, world)
            serves(world)
            for pid in [world.gateway.pid] + [pid for pid, _ in world.gateway.children()]:
                equal(tcp_listeners(pid), set(), f"ports of {processes.command_line(pid)}")
            tree = {world.gateway.pid} | {pid for pid, _ in world.gateway.children()}
            orphans = [entry for entry in world.left_behind() if entry[0] not in tree]
            # One that has just been replaced may be on its way out.
            eventually(lambda: not [pid for pid, _ in orphans if processes.alive(pid)], f"orphans end: {orphans}", 5)
        except Exception as failure:
            raise AssertionError(what) from failure
    applied = sallyport("policy", "apply", "--config", world.dir / "gateway.toml", timeout=70)
    equal(applied.returncode, 0, applied.stderr)
    eventually(lambda: attached(world, 1), "tor answers")
    equal(world.gateway.stop(), 0)
    eventually(lambda: not world.left_behind(), "nothing is left", 5)


if __name__ == "__main__":
    suite.main()
