"""`sallyport doctor` on a gateway with real tor: faults planted one by one, each named with its cure, and none on a healthy one."""
import contextlib
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.namespaces import Namespaces  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults")
names = Namespaces("fa")
HEALTHY_RUNS = 100
ADDRESS, TOR_ADDRESS = "10.83.0.1", "10.83.0.2"


class Place:
    """What the tests share once setup is through."""


place = Place()


@suite.setup
def start():
    place.ns = names.add("gw", loopback=True)
    tor_ns = names.add("tor", loopback=True)
    place.link, _ = names.join(place.ns, f"{ADDRESS}/24", tor_ns, f"{TOR_ADDRESS}/24")
    place.tor_dir = processes.scratch("tor")
    tornet = processes.Process(
        [sys.executable, pathlib.Path(__file__).with_name("tornet.py"), "up", "--dir", place.tor_dir, "--authorities", "1",
         "--relays", "4", "--address", TOR_ADDRESS], "tornet", namespace=tor_ns)
    eventually(lambda: "READY" in tornet.text() or not tornet.running(), "the private Tor network", 90, 0.1)
    assert tornet.running(), tornet.text()
    place.world = Deployment("accept", tor=f'mode = "managed"\ntorrc_extra = "{place.tor_dir}/client.torrc"', name="fa",
                             gateway_namespace=place.ns)
    place.world.state.mkdir(mode=0o700)
    mounted = processes.run(["mount", "-t", "tmpfs", "-o", "size=128m,mode=0700", "tmpfs", place.world.state])
    equal(mounted.returncode, 0, mounted.stderr)
    place.world.start()
    eventually(lambda: not _wrong(), "all is well", 90, 0.3)


@suite.teardown
def stop():
    if hasattr(place, "world"):
        place.world.stop()
        processes.run(["umount", place.world.state])


@suite.teardown
def remove_namespaces():
    names.close()


def _doctor(config="gateway.toml", world=None):
    path = (world or place.world).dir / config
    result = names.run(place.ns, processes.binary(), "doctor", "--config", path, "--json", timeout=30)
    assert result.returncode in (0, 1), result.stderr
    told = json.loads(result.stdout)
    equal(result.returncode, 0 if told["sound"] else 1)
    return told["checks"]


def _wrong(config="gateway.toml", world=None):
    return [check for check in _doctor(config, world) if not check["sound"]]


def _names(check, text, cure, config="gateway.toml", timeout=60, world=None):
    """Doctor says this, and nothing else."""
    def one():
        wrong = _wrong(config, world)
        return wrong if [w["check"] for w in wrong] == [check] and text in wrong[0]["text"] else None
    try:
        found = eventually(one, f"doctor names {check}: {text}", timeout, 0.3)
    except AssertionError:
        raise AssertionError(f"due {check}: {text}; said {_wrong(config, world)}") from None
    assert cure in found[0]["cure"], found


@contextlib.contextmanager
def _second(tor):
    """Another gateway in the same namespace, with an inside of its own."""
    world = Deployment("embedded", tor=tor, name="fb", gateway_namespace=place.ns).start()
    try:
        yield world
    finally:
        world.stop()


@contextlib.contextmanager
def _healed():
    try:
        yield
    finally:
        eventually(lambda: not _wrong(), "all is well again", 120, 0.3)


def _tor():
    return next((pid for pid, line in place.world.gateway.children() if line.startswith("tor ")), None)


@suite.test(timeout=180)
def nothing_is_wrong_with_a_healthy_gateway():
    for _ in range(HEALTHY_RUNS):
        equal(_wrong(), [])


@suite.test(timeout=90)
def state_that_others_can_read():
    key = place.world.state / "onion/hs_ed25519_secret_key"
    with _healed():
        key.chmod(0o640)
        _names("permissions", "others have access to", f"chmod -R go= {key}")
        key.chmod(0o600)


@suite.test(timeout=90)
def a_key_of_another_user():
    key = place.world.state / "onion/hs_ed25519_secret_key"
    owner = key.stat()
    with _healed():
        os.chown(key, 65534, 65534)
        _names("permissions", "another user", "chown")
        os.chown(key, owner.st_uid, owner.st_gid)


@suite.test(timeout=90)
def a_hostname_that_does_not_belong_to_the_key():
    path = place.world.state / "onion/hostname"
    text = path.read_text()
    with _healed():
        path.write_text(("b" if text[0] == "a" else "a") + text[1:])
        _names("onion-key", "another key", "backup")
        path.write_text(text)


@suite.test(timeout=90)
def a_key_that_is_cut_short():
    path = place.world.state / "onion/hs_ed25519_secret_key"
    key = path.read_bytes()
    with _healed():
        path.write_bytes(key[:50])
        _names("onion-key", "has 50 bytes", "backup")
        path.write_bytes(key)


def _config_with(binary):
    text = (place.world.dir / "gateway.toml").read_text()
    (place.world.dir / "other.toml").write_text(text.replace('mode = "managed"', f'mode = "managed"\nbinary = "{binary}"'))
    return "other.toml"


@suite.test(timeout=90)
def tor_that_is_missing():
    _names("tor-program", "there is no program no-such-tor", "install tor", _config_with("no-such-tor"))


@suite.test(timeout=90)
def tor_that_is_too_old():
    old = place.world.dir / "old-tor"
    old.write_text("#!/bin/sh\necho 'Tor version 0.4.7.16.'\n")
    old.chmod(0o755)
    _names("tor-program", "is tor 0.4.7.16, which is too old", "0.4.8", _config_with(old))


@suite.test(timeout=180)
def tor_that_is_stopped():
    with _healed():
        os.kill(_tor(), signal.SIGSTOP)
        _names("tor-process", "SIGSTOP", "kill -CONT", timeout=9)


@suite.test(timeout=180)
def a_cookie_that_is_missing():
    cookie = place.world.state / "tor/control_auth_cookie"
    with _healed():
        cookie.unlink()
        _names("tor-process", "cookie is missing", "the gateway starts another one", timeout=9)
        os.kill(_tor(), signal.SIGKILL)


@suite.test(timeout=180)
def a_control_socket_that_refuses():
    control = place.world.state / "tor/control.sock"
    with _healed():
        control.unlink()
        _names("tor-process", "does not run, or its control socket is refused", "log", timeout=9)
        os.kill(_tor(), signal.SIGKILL)


@suite.test(timeout=90)
def a_disk_that_is_full():
    filling = place.world.state / "filling"
    with _healed():
        free = os.statvfs(place.world.state)
        filling.write_bytes(bytes(free.f_bavail * free.f_frsize - (4 << 20)))
        _names("disk", "is full", "free at least 8 MiB")
        filling.unlink()


@suite.test(timeout=120)
def a_bridge_that_is_wrong():
    bridged = place.world.dir / "bridged.torrc"
    bridged.write_text((place.tor_dir / "client.torrc").read_text() + f"UseBridges 1\nBridge {TOR_ADDRESS}:9 {'A' * 40}\n")
    with _second(f'mode = "managed"\ntorrc_extra = "{bridged}"') as second:
        _names("bridges", "no bridge answers", "Bridge lines", world=second)


@suite.test(timeout=90)
def a_target_socket_that_is_gone():
    front, aside = place.world.front, place.world.front.with_name("aside")
    with _healed():
        front.rename(aside)
        _names("target", "is gone", "restart")
        aside.rename(front)


@suite.test(timeout=90)
def a_link_that_is_down():
    with _healed():
        place.world.inside.kill()
        _names("link", "link inside is down", "start the inside")
        place.world.start_inside()


@suite.test(timeout=180)
def no_network():
    with _healed():
        names.cut(place.ns, place.link, True)
        wrong = eventually(_wrong, "doctor says that something is wrong", 30, 0.3)
        equal((wrong[0]["check"], wrong[0]["cure"]), ("network", "connect this machine to a network"))
        names.cut(place.ns, place.link, False)


@suite.test(timeout=120)
def a_gateway_that_hangs_and_one_that_does_not_run():
    world = place.world
    worker = next(pid for pid, line in world.gateway.children() if " worker" in line)
    with _healed():
        os.kill(worker, signal.SIGSTOP)
        _names("gateway", "does not answer", "restart", timeout=9)
    equal(world.gateway.stop(20), 0)
    _names("gateway", "it does not run", "sallyport serve")
    world.start_gateway(60)
    eventually(lambda: not _wrong(), "all is well again", 90, 0.3)


if __name__ == "__main__":
    suite.main()
