"""File descriptors: a limit that cannot hold the configured sessions is refused, one that can be raised is raised, and a link
that finds no descriptor comes back. That clients leave some for links is in tests/unit/gateway/host/acceptor_test.cpp."""
import os
import pathlib
import resource
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_descriptors")


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


if __name__ == "__main__":
    suite.main()
