"""Signals: HUP applies the policy, USR1 opens the audit log again, TERM and INT stop, and the others do nothing, in each
process."""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import Deployment  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_signal")
ERRORS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSYS}
USED = {signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT}
NOTHING = sorted(signal.valid_signals() - ERRORS - USED - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT})


def child(world, word):
    return next(pid for pid, line in world.gateway.children() if f" {word} " in line)


def answers(world):
    client = world.raw("alice")
    equal(client.call("lab.nothing.of.the.sort")[4], "wamp.error.no_such_procedure")
    client.close()


@suite.test
def signals_without_a_meaning_do_nothing():
    world = Deployment(name="signals").start()
    processes = {"supervisor": world.gateway.pid, "worker": child(world, "worker"), "inside": child(world, "inside")}
    for pid in processes.values():
        for number in NOTHING:
            os.kill(pid, number)
    answers(world)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        os.kill(processes["worker"], number)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(processes["inside"], number)
    answers(world)
    equal({"supervisor": world.gateway.pid, "worker": child(world, "worker"), "inside": child(world, "inside")}, processes)
    assert "restarting" not in world.gateway.text(), world.gateway.text()
    equal(world.stop(), [0])


@suite.test
def an_inside_of_its_own_ignores_them_too():
    world = Deployment("accept", name="sigapart").start()
    for number in NOTHING:
        os.kill(world.inside.pid, number)
    answers(world)
    equal(world.stop(), [0, 0])


def audited(world, uri):
    path = world.state / "audit.jsonl"
    return path.exists() and uri in path.read_text()


@suite.test
def a_hangup_applies_the_policy_and_usr1_opens_the_audit_log_again():
    world = Deployment(limits='\n[audit]\nto = "file:audit.jsonl"\n', name="sighup").start()
    (world.state / "audit.jsonl").rename(world.state / "audit.1")
    os.kill(world.gateway.pid, signal.SIGHUP)
    eventually(lambda: "policy" in world.gateway.text().split("link inside: up", 1)[1], "the policy is applied")
    assert not (world.state / "audit.jsonl").exists(), "a hangup opens no log"
    os.kill(world.gateway.pid, signal.SIGUSR1)
    eventually(lambda: (world.state / "audit.jsonl").exists(), "the audit log is made again")
    client = world.raw("alice")
    client.call("elsewhere.again")
    client.close()
    eventually(lambda: audited(world, "elsewhere.again"), "the record is in the new file")
    equal(world.stop(), [0])


@suite.test
def term_and_int_stop():
    for number in (signal.SIGTERM, signal.SIGINT):
        world = Deployment(name="sigstop").start()
        os.kill(world.gateway.pid, number)
        equal(world.gateway.wait(10), 0)
        eventually(lambda: not world.left_behind(), "no process is left")


if __name__ == "__main__":
    suite.main()
