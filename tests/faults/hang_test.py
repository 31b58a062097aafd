"""A process that hangs (SIGSTOP stands for any loop that no longer turns) is ended and replaced, and the log says so; systemd's
watchdog is fed only while the worker and the insides answer. Who only slept, with all others, is left alone."""
import os
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_hang")
MANAGED = 'mode = "managed"\ntorrc_extra = "extra.torrc"'
HANGS = 10  # seconds without an answer


def child(world, word):
    return next((pid for pid, line in world.gateway.children() if word in line and processes.alive(pid)), None)


def replaced(world, word, old):
    new = child(world, word)
    return new is not None and new != old


def answers(world):
    client = world.raw("alice")
    answer = client.call("lab.nothing.of.the.sort")
    client.close()
    return answer[4] == "wamp.error.no_such_procedure"


@suite.test
def each_process_that_hangs_is_ended_replaced_and_named_in_the_log():
    world = Deployment(tor=MANAGED, name="hang").write()
    (world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
    world.start_gateway()
    world.wait_link()
    eventually(lambda: "info sallyport: ready" in world.gateway.text(), "everything is ready")
    words = {"worker": " worker ", "inside inside": " inside ", "tor": "tor -f "}
    pids = {name: child(world, word) for name, word in words.items()}
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    for name, word in words.items():
        eventually(lambda name=name, word=word: replaced(world, word, pids[name]), f"another {name}", HANGS + 10)
        line = f"error sallyport: {name} has not answered for {HANGS} s; ending it"
        assert line in world.gateway.text(), line
    world.wait_link(15)
    eventually(lambda: answers(world), "the service is back")
    eventually(lambda: world.gateway.text().count("tor: bootstrapped") >= 2, "tor is asked again")
    equal(world.gateway.text().count("has not answered"), 3)
    equal(world.stop(), [0])


class Watchdog:
    """What systemd hears."""

    def __init__(self, directory):
        self.path = directory / "notify.sock"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.last = time.monotonic()

    def environment(self, microseconds):
        return {**os.environ, "NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": str(microseconds)}

    def fed(self):
        """How often since the last call."""
        count = 0
        try:
            while True:
                count += self.socket.recv(4096) == b"WATCHDOG=1"
        except BlockingIOError:
            self.last = time.monotonic() if count else self.last
            return count

    def hungry_for(self):
        """Seconds. To be asked often: the kernel holds ten messages, and then the sender waits."""
        self.fed()
        return time.monotonic() - self.last


@suite.test
def the_watchdog_starves_while_a_worker_hangs_and_is_fed_again_afterwards():
    world = Deployment(name="watchdog").write()
    watchdog = Watchdog(world.dir)
    world.start_gateway(env=watchdog.environment(2_000_000))
    world.wait_link()
    eventually(watchdog.fed, "the watchdog is fed")
    eventually(watchdog.fed, "it is fed again and again")
    worker = child(world, " worker ")
    os.kill(worker, signal.SIGSTOP)
    eventually(lambda: watchdog.hungry_for() > 2, "it is not fed while the worker hangs", HANGS - 1)
    assert child(world, " worker ") == worker, "it was hungry before the worker was ended"
    eventually(lambda: replaced(world, " worker ", worker), "another worker", HANGS + 5)
    eventually(watchdog.fed, "the watchdog is fed again")
    equal(world.stop(), [0])


@suite.test
def who_slept_together_with_all_others_is_left_alone():
    world = Deployment(name="sleep").start()
    pids = [world.gateway.pid] + [pid for pid, _ in world.gateway.children()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(HANGS + 4)
    os.kill(world.gateway.pid, signal.SIGCONT)
    time.sleep(2.5)
    for pid in pids[1:]:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: answers(world), "the service is back")
    equal([world.gateway.pid] + [pid for pid, _ in world.gateway.children()], pids)
    assert "has not answered" not in world.gateway.text(), world.gateway.text()
    equal(world.stop(), [0])


@suite.test
def a_tor_that_hangs_before_it_answers_at_all_is_ended_too():
    world = Deployment(tor=MANAGED, name="deaf").write()
    (world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
    flag, program = world.dir / "deaf", world.dir / "deaf-tor"
    program.write_text(f'#!/bin/sh\nif [ -e {flag} ]; then exec sleep 1000; fi\nexec {processes.tool("tor")} "$@"\n')
    program.chmod(0o755)
    config = world.dir / "gateway.toml"
    config.write_text(config.read_text().replace('mode = "managed"', f'mode = "managed"\nbinary = "{program}"'))
    world.start_gateway()
    eventually(lambda: "tor: bootstrapped" in world.gateway.text(), "the first tor answers")
    flag.touch()
    os.kill(child(world, "tor -f "), signal.SIGKILL)
    said = "error sallyport: tor: it has not answered on its control socket for 30 s; ending it"
    eventually(lambda: said in world.gateway.text(), "the deaf tor is ended", 40)
    flag.unlink()
    eventually(lambda: world.gateway.text().count("tor: bootstrapped") >= 2, "a tor that answers", 15)
    equal(world.stop(), [0])


if __name__ == "__main__":
    suite.main()
