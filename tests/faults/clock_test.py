"""The wall clock jumps a year ahead and back under running processes, and they start with a clock that is a year wrong: sessions, links,
deadlines, rates and waits go on as if nothing had happened, and the audit log says what the clock said."""
import datetime
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.crossbar import free_port  # noqa: E402
from support.deployment import REALM, TICKETS, sallyport  # noqa: E402
from support.ordeal import Ordeal  # noqa: E402
from support.peers import onion_client  # noqa: E402
from support.preload import Preload  # noqa: E402
from support.rawclient import CALL, REGISTER, REGISTERED, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_clock")
YEAR = 365 * 24 * 3600
WAIT_S = 2  # after three wrong guesses
TOR = 'mode = "managed"\ntorrc_extra = "extra.torrc"'


@suite.setup
def build():
    global preload
    preload = Preload()


def world(name):
    return Ordeal(name, link="accept", link_address=f"tcp:127.0.0.1:{free_port()}", tor=TOR, environment=preload.environment,
                  limits='circuit_joins_per_second = 1000\n\n[audit]\nto = "file:audit.jsonl"',
                  auth=f'failures = {{ per_circuit = 3, window = "{WAIT_S}s" }}')


def audited(ordeal, uri):
    """The time of the record about that URI, if there is one."""
    path = ordeal.world.state / "audit.jsonl"
    lines = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return next((one["time"] for one in map(json.loads, lines) if one.get("uri") == uri), None)


def year_of_record(ordeal, uri):
    client = ordeal.world.raw("alice")
    client.call(uri)
    client.close()
    return int(eventually(lambda: audited(ordeal, uri), f"a record of {uri}")[:4])


def year_after(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).year


class Sleeper:
    """A call whose rule has a timeout of one second, to a service that never answers; started before a jump."""

    def __init__(self, ordeal):
        self.service, self.client = ordeal.world.raw_inside(), ordeal.world.raw("alice")
        equal(self.service.ask(REGISTER, {}, "lab.gently.nap")[0], REGISTERED)
        self.begin = time.monotonic()
        self.client.send(CALL, self.client.next_request(), {}, "lab.gently.nap")

    def must_end_in_time(self):
        answer = self.client.receive()
        took = time.monotonic() - self.begin
        assert answer[4] == "wamp.error.timeout" and 0.9 < took < 3, (answer, took)
        self.service.close()
        self.client.close()


class Spender:
    """Has used up a rate of two calls a second."""

    def __init__(self, ordeal):
        self.client = ordeal.world.raw("alice")
        for _ in range(4):
            self.last = self.client.call("lab.seldom.look")[4]
        equal(self.last, "wamp.error.unavailable")

    def gets_no_more_and_no_less(self):
        equal(self.client.call("lab.seldom.look")[4], "wamp.error.unavailable", "a jump gives nothing")
        eventually(lambda: self.client.call("lab.seldom.look")[4] == "wamp.error.no_such_procedure", "the rate goes on", 3, 0.2)
        self.client.close()


def guess(ordeal, circuit, ticket):
    client = onion_client(ordeal.world.front, circuit)
    answer = client.join(REALM, "alice", ticket)
    client.close()
    return answer[0] == WELCOME


def jump(ordeal, seconds, number):
    """One jump under load."""
    joined, told = [peer.joined for peer in ordeal.peers], ordeal.log_lines()
    circuit, sleeper, spender = 100 + number, Sleeper(ordeal), Spender(ordeal)
    for _ in range(3):
        assert not guess(ordeal, circuit, "wrong")
    preload.move_clock(seconds)
    spender.gets_no_more_and_no_less()
    sleeper.must_end_in_time()
    eventually(lambda: guess(ordeal, circuit, TICKETS["alice"][1]), "who has guessed has waited", WAIT_S + 3, 0.2)
    equal(year_of_record(ordeal, f"elsewhere.jump_{number}"), year_after(seconds))
    before = ordeal.results
    eventually(lambda: ordeal.results > before + 50, "calls go on")
    equal([peer.joined for peer in ordeal.peers], joined, "nobody has lost a session")
    assert ordeal.log_lines() - told < 120, "the log is flooded:\n" + ordeal.world.gateway.text()[-3000:]
    ordeal.check(10)


@suite.test(timeout=150)
def a_clock_that_jumps_a_year_disturbs_nobody():
    ordeal = world("clock").start(callers=3)
    for number, seconds in enumerate((YEAR, -YEAR, 0)):
        jump(ordeal, seconds, number)
        for name in ordeal.programs:
            told = ordeal.apply(name)
            equal(told.returncode, 0, told.stderr)
            ordeal.check_version(told)
    preload.move_clock(-YEAR)
    (ordeal.world.state / "audit.jsonl").rename(ordeal.world.state / "audit.1")
    os.kill(ordeal.world.gateway.pid, signal.SIGUSR1)
    eventually((ordeal.world.state / "audit.jsonl").exists, "the audit log is made again")
    equal(year_of_record(ordeal, "elsewhere.rotated"), year_after(-YEAR))
    told = sallyport("policy", "rollback", "--config", ordeal.world.dir / "gateway.toml", timeout=60)
    equal(told.returncode, 0, told.stderr)
    due = {**ordeal.version, "gateway": 1 - ordeal.version["gateway"]}
    eventually(lambda: ordeal.versions() == due, "the version before")
    ordeal.stop()


@suite.test(timeout=150)
def processes_that_start_with_a_clock_that_is_a_year_wrong_find_each_other():
    ordeal = world("clockstart")
    preload.move_clock(-YEAR)
    ordeal.start(callers=2)
    for seconds in (YEAR, -YEAR, 0):
        preload.move_clock(seconds)
        for name, pid in ordeal.victims():  # the certificates of the link were made in another year
            if not name.startswith("supervisor"):
                os.kill(pid, signal.SIGKILL)
        ordeal.check(15)
    ordeal.stop()


if __name__ == "__main__":
    suite.main()
