"""Bad starts: one clear line, exit code 2, nothing half-started left behind; and kill -9 of each process in turn."""
import os
import pathlib
import re
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("bad input")
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (info|warning) ")


def _tree(directory):
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*"))


def refused(world, *says, program="serve", config="gateway.toml", env=None, user=None, lines=1):
    """The program ends by itself with code 2, says one line with these words, and leaves nothing behind."""
    options = {"user": user, "group": user} if user else {}
    result = sallyport(program, "--config", world.dir / config, timeout=15, env=env, cwd=world.dir, **options)
    said = [line for line in result.stderr.splitlines() if line.strip() and not LOG_LINE.match(line)]
    text = "\n".join(said)
    equal(result.returncode, 2, f"exit code; it said: {text} {result.stdout[-500:]}")
    equal(len(said), lines, f"lines on stderr: {text}")
    for word in says:
        assert word in text, f"{word!r} is not in: {text}"
    assert not world.left_behind(), world.left_behind()
    sockets = [path for path in _tree(world.dir) if path.endswith(".sock") and path not in getattr(world, "expected", ())]
    assert not sockets, f"left behind: {sockets}"
    return text


def edit(world, file, old, new):
    path = world.dir / file
    text = path.read_text()
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new))
    return world


def fresh(**options):
    return Deployment(name="bad", **options).write()


@suite.test
def a_configuration_that_is_not_there():
    world = fresh()
    refused(world, "nowhere.toml", config="nowhere.toml")
    refused(world, "nowhere.toml", program="inside", config="nowhere.toml")


@suite.test
def an_unknown_key_is_refused_with_the_nearest_name_and_its_place():
    world = edit(fresh(), "gateway.toml", "[limits]\n", "[limits]\nsesions = 5\n")
    line = 1 + (world.dir / "gateway.toml").read_text().splitlines().index("sesions = 5")
    text = refused(world, "sesions", "sessions")
    assert f"gateway.toml:{line}:1" in text, text
    world = edit(fresh(), "inside.toml", "[[listen]]\n", "[[listen]]\nadress = \"unix:x\"\n")
    refused(world, "inside.toml:", "adress", "address", program="inside", config="inside.toml")


@suite.test
def broken_toml_is_refused_with_its_place():
    refused(edit(fresh(), "gateway.toml", "[listen]", "[listen"), "gateway.toml:")
    refused(edit(fresh(), "observatory.toml", "[auth]", "[auth"), "observatory.toml:")


@suite.test
def a_policy_that_names_an_unknown_backend_is_refused():
    text = refused(edit(fresh(), "observatory.toml", 'to = "inside"', 'to = "insde"'), "insde", "observatory.toml:")
    assert "inside" in text.replace("insde", ""), f"no correction is suggested: {text}"


@suite.test
def a_policy_whose_own_test_fails_is_refused():
    refused(edit(fresh(), "observatory.toml", 'expect = "allow operators"', 'expect = "deny"'), "observatory.toml:")


@suite.test
def a_principals_file_that_others_can_read_is_refused():
    for mode in (0o640, 0o604):
        world = fresh()
        (world.dir / "observatory.principals.toml").chmod(mode)
        refused(world, "observatory.principals.toml", "chmod")


@suite.test
def a_ticket_file_that_others_can_read_or_that_is_not_there_is_refused():
    backend = 'address = "tcp:127.0.0.1:9"\nauthid = "gateway"\nticket_file = "plc.ticket"\n'
    world = fresh(link="dial", backend=backend)
    refused(world, "plc.ticket")
    (world.dir / "plc.ticket").write_text("open sesame\n")
    (world.dir / "plc.ticket").chmod(0o644)
    text = refused(world, "plc.ticket")
    assert "sesame" not in text


@suite.test
def link_keys_that_are_broken_missing_or_readable_by_others_are_refused():
    def accepting():
        return fresh(link="accept", link_address=f"tcp:127.0.0.1:{free_port()}")
    world = accepting()
    key = world.state / "link/link.key"
    equal(key.stat().st_mode & 0o777, 0o600)
    key.chmod(0o640)
    refused(world, "link.key")
    world = accepting()
    (world.state / "link/link.key").write_text("-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----\n")
    refused(world, "link.key")
    world = accepting()
    (world.state / "link/link.key").unlink()
    refused(world, "link.key", "sallyport link pair")
    world = accepting()
    (world.inside_state / "link/link.key").chmod(0o644)
    refused(world, "link.key", program="inside", config="inside.toml")
    refused(edit(accepting(), "gateway.toml", "sha256:", "sha999:"), "gateway.toml:", "sallyport link pair")


@suite.test
def an_occupied_socket_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        world = fresh(link="accept", link_address=f"tcp:127.0.0.1:{port}")
        refused(world, str(port))
    world = fresh()
    path = world.state / "run/local.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        world.expected = [str(path.relative_to(world.dir))]
        refused(world, "local.sock")
        assert path.exists(), "the socket of another program was removed"


@suite.test
def a_file_in_the_place_of_a_socket_is_not_removed():
    world = fresh()
    path = world.state / "run/local.sock"
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    world.expected = [str(path.relative_to(world.dir))]
    refused(world, "local.sock")
    equal(path.read_text(), "precious")


@suite.test
def a_second_gateway_on_the_same_state_directory_is_refused():
    world = Deployment(name="twice").start()
    try:
        result = sallyport("serve", "--config", world.dir / "gateway.toml", timeout=15, cwd=world.dir)
        equal((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)
        world.raw("alice").close()
    finally:
        equal(world.stop()[-1], 0)


@suite.test
def an_unwritable_state_directory_is_refused():
    world = fresh()
    os.chmod(world.dir, 0o755)
    os.chmod(world.dir / "observatory.principals.toml", 0o600)
    edit(world, "gateway.toml", 'state_dir = "state"', 'state_dir = "/proc/nowhere/state"')
    refused(world, "/proc/nowhere/state")
    world = fresh()
    edit(world, "gateway.toml", 'state_dir = "state"', 'state_dir = "observatory.toml"')
    refused(world, "observatory.toml")


@suite.test
def a_missing_tor_is_refused():
    refused(fresh(tor='mode = "managed"\nbinary = "no-such-tor"'), "no-such-tor")
    refused(fresh(tor='mode = "managed"\nbinary = "/nowhere/tor"'), "/nowhere/tor")


@suite.test
def a_tor_that_cannot_start_is_refused():
    world = fresh(tor='mode = "managed"\ntorrc_extra = "extra.torrc"')
    (world.dir / "extra.torrc").write_text("NoSuchOption 1\n")
    text = refused(world)
    assert "NoSuchOption" in text, text
    (world.dir / "extra.torrc").write_text("UseBridges 2\n")
    text = refused(world)
    assert "tor refuses its configuration" in text and "UseBridges" in text, text


@suite.test
def onion_keys_that_are_broken_or_readable_by_others_are_refused():
    world = fresh(tor='mode = "managed"\ntorrc_extra = "extra.torrc"')
    (world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
    onion = world.state / "onion"
    onion.mkdir(mode=0o700)
    key = onion / "hs_ed25519_secret_key"
    key.write_bytes(b"rubbish")
    key.chmod(0o600)
    refused(world, "hs_ed25519_secret_key")
    key.write_bytes(b"== ed25519v1-secret: type0 ==\0\0\0" + bytes(64))
    key.chmod(0o644)
    refused(world, "hs_ed25519_secret_key")


@suite.test
def an_embedded_inside_that_cannot_start_is_refused():
    world = edit(fresh(), "inside-observatory.toml", 'realm = "observatory"', 'relm = "observatory"')
    text = refused(world, "inside-observatory.toml")
    assert "relm" in text, text


@suite.test
def addresses_that_are_not_local_are_refused():
    refused(fresh(link="dial", backend='address = "tcp:8.8.8.8:80"\n'), "8.8.8.8")
    refused(fresh(link="dial", backend='address = "tcp:10.1.2.3:80"\n'), "plaintext")
    world = fresh()
    edit(world, "inside.toml", "unix:run/services.sock", "tcp:0.0.0.0:9000")
    refused(world, "0.0.0.0", program="inside", config="inside.toml")


@suite.test
def a_socket_path_that_is_too_long_is_refused():
    refused(edit(fresh(), "gateway.toml", "run/local.sock", "run/" + "l" * 120 + ".sock"), "107")


@suite.test
def usage_errors_exit_with_2():
    for words in (["frobnicate"], ["serve", "--no-such"], ["call"], ["policy", "check"], ["policy", "check", "/nowhere.toml"]):
        result = sallyport(*words)
        equal(result.returncode, 2, words)
        assert result.stderr.strip(), words
    equal(sallyport("--help").returncode, 0)
    equal(sallyport("--version").returncode, 0)


def _role(line):
    for word in (" authenticator --inside", " authenticator", " worker", " inside", " serve"):
        if word in line:
            return word.strip()
    return "tor" if "tor" in line.split()[0] else line


@suite.test(timeout=120)
def kill_9_of_each_child_is_healed_by_the_supervisor():
    world = Deployment(name="kill").start()
    try:
        roles = {_role(line): pid for pid, line in world.gateway.children()}
        equal(sorted(roles), ["authenticator", "authenticator --inside", "inside", "worker"])
        for role in roles:
            pid = {_role(line): p for p, line in world.gateway.children()}[role]
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: not processes.alive(pid), "it is dead", 5)
            eventually(lambda: len(world.gateway.children()) == len(roles), f"a new {role}", 15)
            eventually(lambda: world._answers(world.gateway, world.local), "the local socket answers", 15)
            world.wait_link(15)
    finally:
        equal(world.stop()[-1], 0, "exit code")
    eventually(lambda: not world.left_behind(), "nothing is left behind", 5)


@suite.test(timeout=120)
def kill_9_of_the_supervisor_leaves_no_orphan_and_the_next_start_works():
    world = Deployment(name="kill").start()
    for _ in range(2):
        world.gateway.kill()
        eventually(lambda: not world.left_behind(), f"no orphans: {world.left_behind()}", 5)
        world.start_gateway()
        world.wait_link()
    equal(world.stop()[-1], 0)
    eventually(lambda: not world.left_behind(), "nothing is left behind", 5)


@suite.test(timeout=120)
def kill_9_of_an_inside_of_its_own_ends_calls_once_and_its_return_restores_all():
    world = Deployment("accept", name="kill").start()
    try:
        service, alice = world.raw_inside(), world.raw("alice")
        equal(service.ask(rawclient.REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
        equal(alice.ask(rawclient.SUBSCRIBE, {}, "lab.weather")[0], rawclient.SUBSCRIBED)
        alice.send(rawclient.CALL, alice.next_request(), {}, "lab.long")
        equal(service.receive()[0], rawclient.INVOCATION)
        world.inside.kill()
        begin = time.monotonic()
        answer = alice.answer()
        equal((answer[:3], answer[4]), ([rawclient.ERROR, rawclient.CALL, alice.request], "wamp.error.network_failure"))
        assert time.monotonic() - begin < 2
        answer = alice.call("lab.long")
        equal((answer[2], answer[4]), (alice.request, "wamp.error.unavailable"))
        service.close()
        world.start_inside()
        world.wait_link()
        service = world.raw_inside()
        equal(service.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.weather", ["rain"])[0], rawclient.PUBLISHED)
        event = alice.receive()
        equal((event[0], event[4]), (rawclient.EVENT, ["rain"]))
    finally:
        world.stop()
    eventually(lambda: not world.left_behind(), "nothing is left behind", 5)


@suite.test
def no_core_is_dumped_and_no_socket_left_by_an_orderly_stop():
    world = Deployment("accept", name="stop").start()
    client = world.raw("alice")
    client.send(rawclient.CALL, client.next_request(), {}, "lab.nothing")
    client.answer()
    equal(world.gateway.stop(10), 0)
    said = []
    try:
        while True:
            said.append(client.receive())
    except rawclient.Closed:
        pass
    equal([(m[0], m[2]) for m in said], [(rawclient.GOODBYE, "wamp.close.system_shutdown")])
    equal(world.inside.stop(10), 0)
    left = [p for p in _tree(world.dir) if p.endswith(".sock")]
    equal(left, [])


if __name__ == "__main__":
    suite.main()
