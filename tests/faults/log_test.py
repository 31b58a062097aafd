"""Nobody reads the log of a gateway: everything goes on, and what was dropped is told when somebody does."""
import fcntl
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_log")
PIPE_BYTES = 4096


class Unread:
    """A gateway whose stderr is a pipe that nobody reads yet."""

    def __init__(self, name):
        self.reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.world = Deployment(name=name).write()
        self.world.start_gateway(output=writer)
        os.close(writer)
        self.world.wait_link()
        os.set_blocking(self.reader, False)

    def read(self):
        text = b""
        try:
            while chunk := os.read(self.reader, 65536):
                text += chunk
        except BlockingIOError:
            pass
        return text.decode(errors="replace")

    def make_noise(self, clients=50):
        """Each client causes at least four lines of 60 bytes or more: together more than the pipe holds."""
        for _ in range(clients):
            client = self.world.raw()
            for _ in range(3):
                equal(client.call("elsewhere.and.nowhere")[4], "wamp.error.not_authorized")
            client.close()


@suite.test
def a_log_that_nobody_reads_stops_nothing_and_tells_what_was_dropped():
    unread = Unread("unread")
    world = unread.world
    unread.make_noise()
    client = world.raw("alice")
    equal(client.call("lab.nothing.of.the.sort")[4], "wamp.error.no_such_procedure")
    result = sallyport("policy", "apply", "--config", world.dir / "gateway.toml")
    equal(result.returncode, 0, result.stderr)
    said = ""

    def told():
        nonlocal said
        said += unread.read()
        return "warning gateway: dropped " in said
    eventually(told, "the worker tells how many messages it has dropped")
    assert re.search(r"dropped \d+ messages? that the reader of this log did not take in time", said), said
    equal(client.call("lab.nothing.of.the.sort")[4], "wamp.error.no_such_procedure")
    client.close()
    equal(world.stop(), [0])


@suite.test
def a_gateway_stops_and_starts_its_children_while_nobody_reads_its_log():
    unread = Unread("unreadstop")
    world = unread.world
    unread.make_noise()
    worker = next(pid for pid, line in world.gateway.children() if " worker" in line)
    os.kill(worker, 9)
    eventually(lambda: any(" worker" in line and pid != worker for pid, line in world.gateway.children()), "another worker")
    world.wait_link()
    equal(world.stop(), [0])


if __name__ == "__main__":
    suite.main()
