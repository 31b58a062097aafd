"""Types what docs/tutorial.md says, line by line, on the private Tor network."""
import datetime
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.namespaces import Namespaces  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("docs_tutorial")
names = Namespaces("tu")
TORNET = pathlib.Path(__file__).resolve().parents[1] / "onion/tornet.py"


class Place:
    """What the tests share once setup is through, and the lines of the page that are still to be typed."""


place = Place()


def next_line():
    return place.lines.pop(0)


def typed(line, name="typed"):
    env = {**os.environ, "PATH": f"{place.bin}:{os.environ['PATH']}", "XDG_STATE_HOME": str(place.folder / "xdg")}
    return processes.Process(["sh", "-c", f"exec {line}"], name, namespace=place.ns, cwd=place.folder, env=env)


def says(line, timeout=150):
    """What the next line of the page prints, which is `line`."""
    due = next_line()
    assert due.startswith(line), (due, line)
    process = typed(due)
    code = process.wait(timeout)
    return code, process.text()


@suite.setup
def start_the_tor_network():
    place.ns = names.add("all", loopback=True)
    tor_dir = processes.scratch("tor")
    place.tornet = processes.Process([sys.executable, TORNET, "up", "--dir", tor_dir, "--authorities", "1", "--relays", "4"], "tornet", namespace=place.ns)
    eventually(lambda: "READY" in place.tornet.text() or not place.tornet.running(), "the private Tor network", 90, 0.1)
    assert place.tornet.running(), place.tornet.text()
    place.folder, place.bin = processes.scratch("tutorial"), processes.scratch("bin")
    # Only the private network is added to what the page says.
    torrc = tor_dir / "client.torrc"
    (place.bin / "sallyport").write_text(
        f'#!/bin/sh\ncase "$*" in "init lab"*|*--bundle*) exec {processes.binary()} "$@" --torrc-extra {torrc} ;; *) exec {processes.binary()} "$@" ;; esac\n')
    (place.bin / "sallyport").chmod(0o755)
    page = (processes.SOURCES / "docs/tutorial.md").read_text()
    place.lines = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]


@suite.teardown
def stop():
    processes.stop_all()
    names.close()


@suite.test(timeout=90)
def it_is_tried_without_tor():
    dev = typed(next_line(), "dev")
    eventually(lambda: "sallyport: ready" in dev.text(), "it runs", 30)
    service = typed(next_line(), "service")
    eventually(lambda: "registered home.hook" in service.text(), "the service is there", 15)
    equal(says("sallyport call --url ws://127.0.0.1:8080/"), (0, f"{datetime.date.today().year}\n"))
    equal(says("sallyport call --url ws://127.0.0.1:8080/"), (1, "error: wamp.error.not_authorized\n"))
    for process in (service, dev):
        process.stop()


@suite.test(timeout=300)
def it_runs_behind_tor():
    equal(says("sallyport init lab")[0], 0)
    place.gateway = typed(next_line(), "gateway")
    status = next_line()

    def is_well():
        process = typed(status)
        return process.wait(20) == 0 and ".onion" in process.text()

    eventually(is_well, "the status says that all is well", 120, 1)
    service = typed(next_line(), "service")
    eventually(lambda: "registered lab.work" in service.text(), "the service is there", 15)


@suite.test(timeout=300)
def a_friend_calls_and_is_shut_out_again():
    equal(says("sallyport onion grant ben")[0], 0)
    call = place.lines[0]
    equal(says("sallyport call --bundle ben.sallyport"), (0, f"{datetime.date.today().year}\n"))
    equal(says("sallyport onion revoke ben")[0], 0)
    assert typed(call).wait(200) != 0


@suite.test(timeout=60)
def a_second_machine_is_invited():
    equal(says("sallyport init far")[0], 0)
    invite = typed(next_line(), "invite")
    join = eventually(lambda: re.search(r"sallyport link join '[^']+'", invite.text()), "it prints the line for the other machine", 15).group()
    joined = processes.Process(["sh", "-c", f"exec {place.bin}/{join}"], "join", namespace=place.ns, cwd=place.folder / "far/inside")
    equal((joined.wait(20), invite.wait(20)), (0, 0), joined.text() + invite.text())
    equal(place.lines, [])


if __name__ == "__main__":
    suite.main()
