"""Access for one person, given and taken away, through real tor: the bundle of `sallyport onion grant` is all that she has."""
import asyncio
import datetime
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tornet  # noqa: E402
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.namespaces import Namespaces  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("grants")
names = Namespaces("gr")


class Place:
    """What the tests share once setup is through."""


place = Place()


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
    place.world = Deployment("embedded", tor=f'mode = "managed"\ntorrc_extra = "{place.torrc}"', name="gr",
                             gateway_namespace=place.ns)
    place.world.start()
    place.bundles = processes.scratch("bundles")
    eventually(lambda: _onion()["reachable"], "the onion's descriptor is published", 60, 0.2)
    _start_service()


@suite.teardown
def stop():
    if hasattr(place, "world"):
        equal(place.world.stop(), [0], "exit code of an orderly stop")


@suite.teardown
def remove_namespaces():
    names.close()


def _onion():
    result = _sallyport("status", "--config", place.world.dir / "gateway.toml", "--json")
    return json.loads(result.stdout)["onion"] if result.returncode == 0 else {"reachable": False}


def _sallyport(*words, timeout=60):
    return processes.run([processes.binary(), *words], timeout=timeout)


def _grant(verb, name, *words):
    """The bundle."""
    file = place.bundles / f"{name}-{time.monotonic_ns()}.sallyport"
    result = _sallyport("onion", verb, name, "--config", place.world.dir / "gateway.toml", "--out", file, *words)
    equal(result.returncode, 0, result.stderr)
    equal(file.stat().st_mode & 0o777, 0o600)
    return file


def _start_call(bundle, *words, state="anna"):
    env = {**os.environ, "XDG_STATE_HOME": str(processes.scratch("st") if state is None else place.bundles / state)}
    return processes.Process([processes.binary(), "call", "--bundle", bundle, "--torrc-extra", place.torrc, "--timeout", "90",
                              "lab.look", *words], "call", namespace=place.ns, env=env)


def _calls(bundle, *words, state="anna"):
    """A command that is answered."""
    call = _start_call(bundle, *words, state=state)
    equal((call.wait(150), call.text()), (0, '"the moon"\n'))


def _start_service():
    place.service = processes.Process(
        [processes.binary(), "register", "--url", f"rs+unix:{place.world.services_path}", "--realm", REALM, "lab.look", "--exec",
         "echo '\"the moon\"'"], "service")
    local = place.world.raw("alice")
    eventually(lambda: local.call("lab.look")[0] == rawclient.RESULT, "the service is there", 10, 0.1)
    local.close()


class Friend:
    """A tor that runs on, with the key of one bundle, and a subscriber that holds its session open."""

    def __init__(self, name, bundle):
        self.name, self.bundle = name, bundle
        self.dir = processes.scratch(name)
        (self.dir / "auth").mkdir(mode=0o700)
        shown = _sallyport("onion", "show", bundle, "--show", "auth_private")
        (self.dir / "auth" / f"{name}.auth_private").write_text(shown.stdout)
        (self.dir / "torrc").write_text(
            place.torrc.read_text() + f"DataDirectory {self.dir}/data\nSocksPort unix:{self.dir}/socks ExtendedErrors\n"
            f"ControlSocket {self.dir}/control\nCookieAuthentication 1\nCookieAuthFile {self.dir}/cookie\n"
            f"ClientOnionAuthDir {self.dir}/auth\nLog notice stdout\n")
        self.tor = processes.Process([processes.tool("tor"), "-f", self.dir / "torrc", "--defaults-torrc", "none",
                                      "--ignore-missing-torrc"], f"tor-{name}", namespace=place.ns)
        eventually(lambda: "Bootstrapped 100%" in self.tor.text(), f"the tor of {name}: {self.tor.text()}", 60, 0.1)
        self.subscriber = None

    def subscribe(self):
        before = self._joins()
        self.subscriber = processes.Process(
            [processes.binary(), "subscribe", "--bundle", self.bundle, "--socks", f"unix:{self.dir}/socks", "--timeout", "60",
             "lab.weather"], f"subscriber-{self.name}")
        eventually(lambda: self._joins() > before or not self.subscriber.running(), f"{self.name} has joined", 90, 0.1)
        assert self.subscriber.running(), self.subscriber.text()

    @staticmethod
    def _joins():
        result = _sallyport("status", "--config", place.world.dir / "gateway.toml", "--json")
        return json.loads(result.stdout)["front"]["sessions"]

    def control(self, line):
        control = tornet.Control(self.dir / "control", self.dir / "cookie")
        try:
            return control.cmd(line)
        finally:
            control.close()

    def open_stream(self):
        """The code of the SOCKS answer, or what came of a connection that was made."""
        try:
            sock = socks.connect_once(self.dir / "socks", _onion()["address"], 80, 60)
        except socks.SocksRefused as refused:
            return refused.code
        try:
            rawclient.RawSocket(sock, timeout=10)
            return "reached"
        except (rawclient.Closed, OSError):
            return "closed"
        finally:
            sock.close()

    def stop(self):
        for process in (self.subscriber, self.tor):
            if process:
                process.stop(5)


@suite.test(timeout=240)
def a_granted_friend_calls_with_her_bundle_and_a_tor_of_the_commands_own():
    place.anna = _grant("grant", "anna", "--role", "operator")
    began = time.monotonic()
    _calls(place.anna)
    first = time.monotonic() - began
    began = time.monotonic()
    _calls(place.anna)
    print(f"first call {first:.1f} s, second {time.monotonic() - began:.1f} s with the state of the first", flush=True)
    left = [line for line in processes.run(["ps", "-eo", "args"]).stdout.splitlines()
            if f"{place.bundles}/anna/sallyport/tor/torrc" in line]
    equal(left, [], "the tor ends with the command")


@suite.test(timeout=240)
def whoever_has_no_key_does_not_even_find_the_address():
    stranger = place.bundles / "stranger.sallyport"
    text = place.anna.read_text()
    key = next(line for line in text.splitlines() if line.startswith("onion_key"))
    stranger.write_text(text.replace(key, f'onion_key = "{"A" * 52}"'))
    stranger.chmod(0o600)
    began = time.monotonic()

    def refused():
        call = _start_call(stranger, state="stranger")
        if call.wait(120) == 0:
            return False
        equal(call.wait(1), 3)
        assert "onion" in call.text(), call.text()
        return True
    eventually(refused, "the descriptor is for those who have a key", 100, 0.5)
    print(f"closed to strangers within {time.monotonic() - began:.1f} s", flush=True)


@suite.test(timeout=240)
async def the_python_program_that_show_prints_joins():
    friend = await asyncio.to_thread(Friend, "py", place.anna)
    try:
        program = friend.dir / "client.py"
        shown = _sallyport("onion", "show", place.anna, "--show", "python").stdout
        assert '("127.0.0.1", 9050)' in shown
        program.write_text(shown.replace('("127.0.0.1", 9050)', f'"{friend.dir}/socks"'))
        process = processes.Process([sys.executable, program], "python")
        await asyncio.to_thread(process.wait, 90)
        equal((process.popen.returncode, process.text().splitlines()[0]), (0, "joined as anna operator"))
    finally:
        await asyncio.to_thread(friend.stop)


@suite.test(timeout=400)
def revoked_she_is_out_within_ten_seconds_and_the_others_notice_nothing():
    place.ben = _grant("grant", "ben", "--role", "operator")
    anna, ben = Friend("anna", place.anna), Friend("ben", place.ben)
    try:
        anna.subscribe()
        ben.subscribe()
        began = time.monotonic()
        revoked = _sallyport("onion", "revoke", "anna", "--config", place.world.dir / "gateway.toml")
        equal(revoked.returncode, 0, revoked.stderr)
        told = time.monotonic() - began
        eventually(lambda: not anna.subscriber.running(), "her session has ended", 10, 0.02)
        out = time.monotonic() - began
        assert out < 10, out
        # Her tor still has the descriptor: the stream may open, but she cannot log in.
        again = processes.Process([processes.binary(), "call", "--bundle", place.anna, "--socks", f"unix:{anna.dir}/socks",
                                   "--timeout", "60", "lab.look"], "again")
        assert again.wait(90) in (3, 4), again.text()
        cached = anna.open_stream()
        # Once it has forgotten that, it cannot read the new one.
        began = time.monotonic()

        def locked_out():
            anna.control("SIGNAL NEWNYM")
            return anna.open_stream() in (0xF4, 0xF5)
        eventually(locked_out, "the descriptor has been made anew without her key", 60, 0.5)
        print(f"revoke returned after {told:.2f} s, her session was over after {out:.2f} s; with the cached descriptor: "
              f"{cached}; a fresh one was refused {time.monotonic() - began:.2f} s later", flush=True)
        assert ben.subscriber.running(), ben.subscriber.text()
        service = place.world.raw_inside()
        equal(service.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.weather", ["rain"])[0], rawclient.PUBLISHED)
        eventually(lambda: "rain" in ben.subscriber.text(), "an event reaches the session that ben had before", 10)
        equal(ben.open_stream(), "reached")
        service.close()
    finally:
        anna.stop()
        ben.stop()


@suite.test(timeout=240)
def access_ends_by_itself_on_its_date():
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=25)
    carol = Friend("carol", _grant("grant", "carol", "--role", "operator", "--expires", end.strftime("%Y-%m-%dT%H:%M:%SZ")))
    try:
        carol.subscribe()
        listed = json.loads(_sallyport("onion", "list", "--json", "--config", place.world.dir / "gateway.toml").stdout)
        equal([grant["name"] for grant in listed["grants"]], ["ben", "carol"])
        eventually(lambda: not carol.subscriber.running(), "her session ends", 60, 0.1)
        late = (datetime.datetime.now(datetime.timezone.utc) - end).total_seconds()
        print(f"ended {late:.1f} s after its date", flush=True)
        assert -1 < late < 15, late
        assert not (place.world.state / "onion/authorized_clients/carol.auth").exists()
    finally:
        carol.stop()


@suite.test(timeout=300)
def rotated_keys_work_and_the_old_ones_do_not():
    place.ben_new = _grant("rotate", "ben")
    _calls(place.ben_new, state="ben")
    call = _start_call(place.ben, state=None)
    assert call.wait(150) in (3, 4, 5), call.text()


@suite.test(timeout=300)
def a_gateway_that_does_not_answer_delays_no_revocation():
    file = _grant("grant", "emil", "--role", "operator")
    state = place.world.state
    gateway = place.world.gateway
    held = [gateway.pid, *(pid for pid, _ in gateway.children())]
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        revoke = processes.Process([processes.binary(), "onion", "revoke", "emil", "--config", place.world.dir / "gateway.toml"], "revoke")
        eventually(lambda: not (state / "onion/authorized_clients/emil.auth").exists(), "her key is gone at once", 5, 0.05)
        principals = (place.world.dir / "observatory.principals.toml").read_text()
        assert "disabled = true" in principals.partition('"emil"')[2].partition("[[principal]]")[0], principals
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)
    revoke.wait(100)
    assert _start_call(file, state="emil").wait(150) != 0


@suite.test(timeout=300)
def a_restart_keeps_a_friend_and_shuts_out_the_descriptor_that_a_revoked_one_has():
    world = place.world
    dora = Friend("dora", _grant("grant", "dora", "--role", "operator"))
    try:
        equal(dora.open_stream(), "reached")
        equal(_sallyport("onion", "revoke", "dora", "--config", world.dir / "gateway.toml").returncode, 0)
        equal(world.gateway.stop(15), 0)
        world.start_gateway(60)
        world.wait_link()
        _start_service()
        eventually(lambda: _onion()["reachable"], "the onion's descriptor is published", 60, 0.2)
        _calls(place.ben_new, state="fresh")
        assert dora.open_stream() != "reached"
    finally:
        dora.stop()


@suite.test(timeout=200)
def a_first_configuration_starts_and_is_called_through_tor():
    home = processes.scratch("first") / "home"
    first = processes.Process([processes.binary(), "init", home, "--person", "alice:operator", "--torrc-extra", place.torrc, "--start"],
                              "init", namespace=place.ns)
    eventually(lambda: "it works" in first.text() or not first.running(), "a call through Tor is answered", 180, 0.5)
    lines = first.text().splitlines()
    assert '"hello"' in lines, first.text()
    address = json.loads(_sallyport("status", "--config", home / "gateway.toml", "--json").stdout)["onion"]["address"]
    assert any(line.startswith(f"That call went through Tor to {address}, past both policies") for line in lines), first.text()
    equal(first.stop(20), 0)


if __name__ == "__main__":
    suite.main()
