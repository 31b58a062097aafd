"""The authenticator dies or hangs: open sessions do not notice, whoever joins meanwhile waits or is refused for now, and soon all can join
again. No reload is applied by half."""
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_authenticator")
world = Deployment(name="authenticator")
HANGS = 10  # seconds without an answer
WORD = " authenticator --config "


@suite.setup
def start():
    world.write()
    world.start_gateway()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")
    eventually(lambda: not world.left_behind(), "no process is left behind", 5)


def authenticator():
    return next((pid for pid, line in world.gateway.children() if WORD in line and processes.alive(pid)), None)


def worker():
    return next(pid for pid, line in world.gateway.children() if " worker " in line)


def joins():
    try:
        world.raw("alice").close()
        return True
    except Exception:  # refused for now, or closed
        return False


def still_serves(client):
    return client.call("lab.nothing.of.the.sort")[4] == "wamp.error.no_such_procedure"


@suite.test
def one_that_dies_is_replaced_and_open_sessions_do_not_notice():
    open_session = world.raw("alice")
    gate = worker()
    for _ in range(5):
        old = authenticator()
        os.kill(old, signal.SIGKILL)
        assert still_serves(open_session)
        eventually(lambda old=old: authenticator() not in (None, old), "another authenticator", 12)
        eventually(joins, "clients can join again", 15)
        assert still_serves(open_session)
    equal(worker(), gate, "the worker has gone on")
    open_session.close()


@suite.test
def one_that_hangs_is_ended_named_and_replaced():
    open_session = world.raw("alice")
    old = authenticator()
    os.kill(old, signal.SIGSTOP)
    outcome = []
    began = time.monotonic()
    client = threading.Thread(target=lambda: outcome.append(joins()))
    client.start()
    assert still_serves(open_session)
    eventually(lambda: authenticator() not in (None, old), "another authenticator", HANGS + 10)
    assert f"error sallyport: authenticator of worker has not answered for {HANGS} s; ending it" in world.gateway.text()
    client.join(20)
    equal(outcome, [False], "who waited was refused")
    assert time.monotonic() - began < HANGS + 12, "and not left hanging"
    eventually(joins, "clients can join again", 15)
    assert still_serves(open_session)
    open_session.close()


@suite.test
def a_reload_without_it_is_applied_whole():
    old = authenticator()
    os.kill(old, signal.SIGSTOP)
    try:
        path = world.dir / "observatory.principals.toml"
        equal(sallyport("principal", "add", path, "kim", "--role", "operator", "--method", "ticket").returncode, 0)
        os.kill(old, signal.SIGKILL)
        told = sallyport("policy", "apply", "--config", world.dir / "gateway.toml", timeout=60)
        equal(told.returncode, 0, told.stdout + told.stderr)
    finally:
        if processes.alive(old):
            os.kill(old, signal.SIGKILL)
    eventually(joins, "clients can join again", 15)
    # It may log in whom only the new version has, or nobody was switched.
    equal(sallyport("principal", "disable", path, "alice").returncode, 0)
    session = world.raw("alice")
    equal(sallyport("policy", "apply", "--config", world.dir / "gateway.toml").returncode, 0)
    assert not joins(), "alice is disabled in both"
    session.close()
    equal(sallyport("principal", "enable", path, "alice").returncode, 0)
    equal(sallyport("policy", "apply", "--config", world.dir / "gateway.toml").returncode, 0)
    eventually(joins, "alice is back")


if __name__ == "__main__":
    sys.exit(suite.main())
