"""Two machines are paired by one line: `sallyport link invite` at the gateway, `sallyport link join` at the inside. Then the link works."""
import contextlib
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("interop_pairing")
ZEROS = "sha256:" + "0" * 64
LINE = re.compile(r"^sallyport link join '(sallyport-link:1,[^']+)'$", re.MULTILINE)


class Ends:
    """Both ends before they are paired: the gateway's configuration has no pin, and the inside's no link."""

    def __init__(self, name):
        self.port = free_port()
        self.world = Deployment(link="accept", link_address=f"tcp:127.0.0.1:{self.port}", name=name)
        self.world.pins = {"gateway": ZEROS, "inside": ZEROS}
        self.world.write()
        self.gateway, self.inside = self.world.dir / "gateway.toml", self.world.dir / "inside.toml"
        self.gateway.write_text(re.sub(r"(?m)^peer_pin.*\n", "", self.gateway.read_text()) + "# the end\n")
        self.inside.write_text(self.inside.read_text().partition("[[link]]")[0] + "# the end\n")

    def invite(self, *options):
        process = processes.Process([processes.binary(), "link", "invite", "--config", self.gateway, *options], "invite",
                                    log=self.world.dir / "invite.log")
        eventually(lambda: LINE.search(process.text()) or not process.running(), "there is a line to run")
        found = LINE.search(process.text())
        assert found, process.text()
        return process, found.group(1)

    def join(self, line):
        return sallyport("link", "join", line, "--config", self.inside)


@suite.test(timeout=60)
def one_line_pairs_two_ends_and_their_link_works():
    ends = Ends("pairing")
    refused = sallyport("serve", "--config", ends.gateway)
    equal(refused.returncode, 2)
    assert "needs a pin" in refused.stderr, refused
    inviting, line = ends.invite()
    joined = ends.join(line)
    equal(joined.returncode, 0, joined.stdout + joined.stderr)
    equal(inviting.wait(), 0, inviting.text())
    for told in (inviting.text(), joined.stdout):
        assert "Paired." in told and "restart it if it runs" in told, told
    pins = [re.search(r'peer_pin = "(sha256:[0-9a-f]{64})"', path.read_text()).group(1) for path in (ends.gateway, ends.inside)]
    assert len({*pins, ZEROS}) == 3, pins
    for path in (ends.gateway, ends.inside):
        assert "# the end\n" in path.read_text(), path.read_text()
    for state in (ends.world.state, ends.world.inside_state):
        equal((state / "link/link.key").stat().st_mode & 0o777, 0o600)
    ends.world.start_gateway()
    ends.world.start_inside()
    ends.world.wait_link()
    equal(ends.world.stop(), [0, 0])


@suite.test(timeout=60)
def an_end_that_knows_no_secret_and_silent_ones_change_nothing():
    ends = Ends("guess")
    before = ends.gateway.read_text()
    inviting, line = ends.invite()
    with contextlib.ExitStack() as silent:
        for _ in range(50):
            silent.enter_context(socket.create_connection(("127.0.0.1", ends.port)))
        fields = line.split(",")
        fields[4] = "0" * 32
        inside = ends.inside.read_text()
        told = ends.join(",".join(fields))
        equal(told.returncode, 1, told.stdout + told.stderr)
        assert "make a new invitation" in told.stderr, told
        equal((ends.inside.read_text(), ends.gateway.read_text()), (inside, before))
        assert inviting.running()
        equal(ends.join(line).returncode, 0)
    equal(inviting.wait(), 0)
    assert "does not know the secret" in inviting.text(), inviting.text()
    again = ends.join(line)
    equal(again.returncode, 1, "the line is good for one end")
    assert "Connection refused" in again.stderr, again


@suite.test(timeout=60)
def an_end_with_another_key_than_the_invitation_names_learns_no_secret():
    ends, other = Ends("mitm"), Ends("mitm-other")
    inviting, line = ends.invite()
    pin = other.invite()[1].split(",")[3]
    fields = line.split(",")
    fields[3], right = pin, fields[3]
    told = ends.join(",".join(fields))
    equal(told.returncode, 1)
    assert f"has the pin {right}" in told.stderr, told
    equal(ends.join(line).returncode, 0)
    equal(inviting.wait(), 0)


@suite.test(timeout=60)
def beside_a_gateway_that_runs_the_invitation_waits_elsewhere():
    ends = Ends("beside")
    with socket.create_server(("127.0.0.1", ends.port)):  # in the gateway's place
        told = sallyport("link", "invite", "--config", ends.gateway)
        equal(told.returncode, 2)
        assert "in use" in told.stderr and "--listen tcp:ADDRESS:OTHER-PORT" in told.stderr, told
        inviting, line = ends.invite("--listen", f"tcp:127.0.0.1:{free_port()}")
        equal(ends.join(line).returncode, 0)
        equal(inviting.wait(), 0)
    assert f'gateway = "tcp:127.0.0.1:{ends.port}"' in ends.inside.read_text(), ends.inside.read_text()


@suite.test
def what_cannot_be_paired_is_told_with_its_cure():
    ends = Ends("faults")
    line = f"sallyport-link:1,127.0.0.1:{free_port()},127.0.0.1:{free_port()},{ZEROS[:-1]}1,{'0' * 32},1"
    for told, code, part in (
            (ends.join("sallyport-link:1,127.0.0.1:1"), 2, "copy the whole line"),
            (ends.join(line.replace("127.0.0.1", "8.8.8.8")), 2, "is not a local address"),
            (ends.join(line), 1, "the invitation expired at 1970-01-01 00:00:01 UTC"),
            (sallyport("link", "join", line, "--config", ends.world.dir / "none.toml"), 2, "none.toml"),
            (sallyport("link", "invite", "--config", ends.gateway, "--backend", "plant"), 2, 'there is no backend "plant"'),
            (sallyport("link", "invite", "--config", ends.gateway, "--minutes", "0"), 2, "from 1 to 1440"),
            (sallyport("link", "invite", "--config", ends.gateway, "--listen", "tcp:0.0.0.0:1"), 2, "is not a local address"),
            (sallyport("link", "invite", "--config", ends.inside), 2, "no backend accepts a link over TCP")):
        equal(told.returncode, code, told.stderr)
        assert part in told.stderr, told


if __name__ == "__main__":
    suite.main()
