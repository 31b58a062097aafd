"""SIGKILL and SIGSTOP of each process at random moments of start, load, reload and stop. SALLYPORT_MOMENTS says how many
(tests/nightly: 500), SALLYPORT_MOMENTS_SEED which; a failure names its seed. After each moment nothing is left that should not
be, nothing listens but what is configured, both doors run one version of the policy, each call has ended once, and the service
is back without a person."""
import contextlib
import os
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.ordeal import Ordeal  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_moments")
MOMENTS = int(os.environ.get("SALLYPORT_MOMENTS", "8"))
SEED = int(os.environ.get("SALLYPORT_MOMENTS_SEED", "1"))
TOR = 'mode = "managed"\ntorrc_extra = "extra.torrc"'
RECOVERS = 50  # seconds: a process that hangs from its start is ended after 30


class Moment:
    """One moment: what is done to whom, in which phase, after how long."""

    def __init__(self, dice):
        self.phase = dice.choice(("start", "load", "reload", "stop"))
        self.choice, self.victim = dice.random(), "nobody"
        # A supervisor that is stopped is the service manager's business; here it goes on after a while.
        self.number = dice.choice((signal.SIGKILL, signal.SIGSTOP))
        self.delay = dice.uniform(0, {"start": 0.6, "stop": 0.08}.get(self.phase, 0.15))

    def __str__(self):
        return f"{self.number.name} of {self.victim} {self.delay * 1000:.0f} ms into {self.phase}"

    def strike(self, ordeal):
        """Any of the processes that there are at that moment."""
        time.sleep(self.delay)
        victims = ordeal.victims()
        if not victims:
            return
        self.victim, pid = victims[int(self.choice * len(victims))]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, self.number)
            if self.is_supervisor() and self.number == signal.SIGSTOP:
                time.sleep(1)
                os.kill(pid, signal.SIGCONT)

    def is_supervisor(self):
        return self.victim.startswith("supervisor")

    def ends_supervisor(self):
        return self.is_supervisor() and self.number == signal.SIGKILL


def live_through(moment, ordeal):
    if moment.phase == "start":
        ordeal.world.gateway.stop()
        eventually(lambda: not ordeal.orphans(), "nothing is left before the start", 5)
        ordeal.begin("gateway")
        moment.strike(ordeal)
    elif moment.phase == "load":
        moment.strike(ordeal)
    elif moment.phase == "reload":
        told = []
        apply = threading.Thread(target=lambda: told.append(ordeal.apply()))
        apply.start()
        moment.strike(ordeal)
        apply.join(95)
        assert told and (told[0].returncode in (0, 1) or moment.ends_supervisor()), told
        ordeal.await_service(RECOVERS)
        ordeal.check_version(told[0])
    else:
        ordeal.world.gateway.popen.terminate()
        moment.strike(ordeal)
        code = ordeal.world.gateway.wait(20)
        assert code in ((0, -9) if moment.ends_supervisor() else (0,)), code
        eventually(lambda: not ordeal.orphans(), "nothing is left after the stop", 5)


@suite.test(timeout=60 + MOMENTS * 90)
def nothing_that_ends_or_hangs_at_any_moment_needs_a_person():
    dice = random.Random(SEED)
    ordeal = Ordeal("moments", tor=TOR).start(callers=3)
    for number in range(MOMENTS):
        moment = Moment(dice)
        with ordeal.surviving(f"moment {number + 1} of seed {SEED}", moment, RECOVERS):
            live_through(moment, ordeal)
    told = ordeal.apply()
    equal(told.returncode, 0, told.stderr)
    ordeal.check_version(told)
    print(f"       {ordeal.results} calls had their result, {ordeal.errors} an error", flush=True)
    ordeal.stop()


if __name__ == "__main__":
    suite.main()
