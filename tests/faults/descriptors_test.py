"""File descriptors: a limit that cannot hold the configured sessions is refused, one that can be raised is raised, and who finds none
goes on when there are some again: each process, in whatever is asked of it. SALLYPORT_EXHAUSTIONS says how often
(tests/nightly: 150), SALLYPORT_EXHAUSTIONS_SEED which. That clients leave some for links is in
tests/unit/gateway/host/acceptor_test.cpp."""
import contextlib
import os
import pathlib
import random
import resource
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, socks  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.ordeal import DOORS, Ordeal, gone  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_descriptors")
EXHAUSTIONS = int(os.environ.get("SALLYPORT_EXHAUSTIONS", "5"))
SEED = int(os.environ.get("SALLYPORT_EXHAUSTIONS_SEED", "1"))
RECOVERS = 25  # seconds: what keeps failing is tried again every ten


def limited(count, program, config):
    """What a program says that may have so many descriptors."""
    command = f'ulimit -n {count}; exec "$0" "$@"'
    return processes.run(["/bin/sh", "-c", command, processes.binary(), program, "--config", config])


def child(world, word):
    return next((pid for pid, line in world.gateway.children() if word in line and processes.alive(pid)), None)


@suite.test
def a_limit_that_does_not_suffice_for_the_sessions_is_refused_with_numbers_and_cure():
    world = Deployment(name="few").write()
    result = limited(128, "serve", world.dir / "gateway.toml")
    equal(result.returncode, 2, result.stderr)
    said = "limits.sessions = 10000 needs 11400 file descriptors, but this process may have only 128"
    assert "gateway.toml" in result.stderr and said in result.stderr, result.stderr
    assert "`ulimit -n 11400` or LimitNOFILE=11400" in result.stderr, result.stderr
    world = Deployment(name="fewer", limits="sessions = 700", inside_limits="sessions = 700").write()
    for program, file in (("serve", "gateway.toml"), ("inside", "inside.toml")):
        result = limited(2000, program, world.dir / file)
        equal(result.returncode, 2, result.stderr)
        text = (world.dir / file).read_text()
        line = text[:text.index("sessions = 700")].count("\n") + 1
        assert f"{file}:{line}:" in result.stderr and "or set limits.sessions to at most 600" in result.stderr, result.stderr
        equal(world.left_behind(), [])


@suite.test
def a_soft_limit_is_raised_for_all_processes():
    world = Deployment(name="soft").write()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    world.start_gateway(limits={resource.RLIMIT_NOFILE: (256, hard)})
    for pid in (world.gateway.pid, child(world, " worker "), child(world, " inside ")):
        equal(resource.prlimit(pid, resource.RLIMIT_NOFILE), (hard, hard))
    equal(world.stop(), [0])


@suite.test
def a_link_that_finds_no_descriptor_is_tried_again_until_there_is_one():
    world = Deployment(name="used").start()
    worker = child(world, " worker ")
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    # Without the connection of the lost link there is still none to get.
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (5, before[1]))
    os.kill(child(world, " inside "), signal.SIGKILL)
    eventually(lambda: "link inside: no link: there is no free file descriptor" in world.gateway.text(), "the link finds none")
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    world.wait_link()
    equal(world.stop(), [0])


class Exhausted:
    """While this lasts, a process gets no descriptor but those that it closes."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            self.before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
            used = {int(fd) for fd in os.listdir(f"/proc/{self.pid}/fd")}
            lowest = next(fd for fd in range(len(used) + 1) if fd not in used)
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (lowest, self.before[1]))

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self.before)


class Want:
    """What needs descriptors."""

    def __init__(self, dice, ordeal):
        self.what = dice.choice(("reload", "audit", "end", "end", "clients"))
        victims = ordeal.victims()
        self.name, self.pid = dice.choice(victims)
        self.program = dice.choice(ordeal.programs)
        self.ended, self.ended_pid = dice.choice([victim for victim in victims if not victim[0].startswith("supervisor")])
        self.lasts, self.reload, self.told, self.crowd, self.logs = dice.uniform(0.2, 1.5), None, [], [], []

    def __str__(self):
        whom = {"end": f" {self.ended}", "reload": f" of {self.program}", "audit": f" of {self.program}"}.get(self.what, "")
        return f"{self.name} has no descriptor for {self.lasts:.1f} s: {self.what}{whom}"

    def do(self, ordeal):
        if self.what == "reload":
            self.reload = threading.Thread(target=lambda: self.told.append(ordeal.apply(self.program)))
            self.reload.start()
        elif self.what == "audit":
            self.rotate(ordeal)
        elif self.what == "end":
            os.kill(self.ended_pid, signal.SIGKILL)
        else:
            for address in (ordeal.world.local, ordeal.world.services_path) * 5:
                with contextlib.suppress(OSError):
                    self.crowd.append(socks.plain(address))
        time.sleep(self.lasts)

    def rotate(self, ordeal):
        """The logs of the gateway, with that of its embedded inside, or of an inside of its own."""
        folders = {"gateway": ordeal.world.state, "inside": ordeal.world.inside_state}
        self.logs = [folders[name] / "audit.jsonl" for name in (DOORS if len(ordeal.programs) == 1 else [self.program])]
        for log in self.logs:
            if log.exists():
                log.rename(log.with_suffix(f".{time.monotonic()}"))
        os.kill(ordeal.process(self.program).pid, signal.SIGUSR1)

    def end(self, ordeal):
        for one in self.crowd:
            one.close()
        if self.reload:
            self.reload.join(95)
            ordeal.await_service(RECOVERS)
            ordeal.check_version(self.told[0])
        eventually(lambda: all(self.is_written(ordeal, log) for log in self.logs), "records are in the new audit logs", RECOVERS, 0.3)

    @staticmethod
    def is_written(ordeal, log):
        def ask():
            client = ordeal.world.raw("alice")
            for uri in ("elsewhere.denied", "lab.only_within"):  # by the gateway, and by the inside
                client.call(uri)
            client.close()
        gone(ask)
        return log.exists() and log.stat().st_size > 0


def exhaust(name, seed, **options):
    dice = random.Random(seed)
    ordeal = Ordeal(name, tor='mode = "managed"\ntorrc_extra = "extra.torrc"', limits='\n[audit]\nto = "file:audit.jsonl"',
                    inside_limits='\n[audit]\nto = "file:audit.jsonl"', **options).start(callers=2)
    for number in range(EXHAUSTIONS):
        want = Want(dice, ordeal)
        with ordeal.surviving(f"{name}: {number + 1} of seed {seed}", want, RECOVERS):
            with Exhausted(want.pid):
                want.do(ordeal)
            want.end(ordeal)
    for program in ordeal.programs:
        told = ordeal.apply(program)
        equal(told.returncode, 0, told.stderr)
        ordeal.check_version(told)
    ordeal.stop()


@suite.test(timeout=60 + EXHAUSTIONS * 40)
def without_descriptors_an_embedded_gateway_refuses_or_waits():
    exhaust("dry", SEED)


@suite.test(timeout=60 + EXHAUSTIONS * 40)
def without_descriptors_a_gateway_and_an_inside_refuse_or_wait():
    exhaust("dryapart", SEED + 1, link="accept", link_address=f"tcp:127.0.0.1:{free_port()}")


if __name__ == "__main__":
    suite.main()
