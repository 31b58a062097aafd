"""What an operator sees and does on the command line, against running programs with an embedded inside."""
import json
import os
import pathlib
import pty
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("views")
world = Deployment(name="views")
GATEWAY, INSIDE = world.dir / "gateway.toml", world.dir / "inside.toml"
AUDIT = world.state / "audit.jsonl"


def run(*words, code=0, config=GATEWAY):
    result = sallyport(*words, "--config", config)
    equal(result.returncode, code, f"exit code of {words}: {result.stdout}{result.stderr}")
    return result


@suite.setup
def start():
    world.write()
    GATEWAY.write_text(GATEWAY.read_text() + '\n[audit]\nto = "file:audit.jsonl"\n')
    world.start_gateway()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


# tail ---------------------------------------------------------------------------------------------------------------------------------

class Follower:
    """`sallyport tail -f` of a log of our own."""

    def __init__(self, name):
        self.folder = processes.scratch(name)
        (self.folder / "state").mkdir()
        self.log = self.folder / "state/audit.jsonl"
        self.config = self.folder / "gateway.toml"
        self.config.write_text('state_dir = "state"\nrealms = ["lab.toml"]\n[audit]\nto = "file:audit.jsonl"\n')
        (self.folder / "lab.toml").write_text('realm = "lab"\n')

    def start(self, *words):
        self.output = self.folder / "shown"
        self.popen = subprocess.Popen([processes.binary(), "tail", "-f", "--config", self.config, *words],
                                      stdout=self.output.open("wb"), stderr=subprocess.STDOUT)

    def append(self, text, path=None):
        with (path or self.log).open("a") as file:
            file.write(text)

    def shows(self, *times):
        due = [f"{time} leave" for time in times]
        try:
            eventually(lambda: self.output.read_text().splitlines() == due, f"shown are {due}")
        finally:
            if self.output.read_text().splitlines() != due:
                print("shown:", self.output.read_text())

    def stop(self):
        self.popen.kill()
        self.popen.wait(5)


def record(time):
    return json.dumps({"time": time, "outcome": "leave"})


@suite.test
def a_follower_misses_nothing_over_a_rotation():
    follower = Follower("tail-rotation")
    follower.append(record("1") + "\n")
    follower.start()
    try:
        follower.shows("1")
        # All at once for somebody who looks five times a second: the late record, and the new file.
        old = follower.folder / "state/audit.jsonl.1"
        os.rename(follower.log, old)
        follower.append(record("2") + "\n", old)
        follower.append(record("3") + "\n")
        follower.shows("1", "2", "3")
    finally:
        follower.stop()


@suite.test
def a_follower_shows_a_half_written_line_once_it_is_whole():
    follower = Follower("tail-half")
    half = record("2")
    follower.append(record("1") + "\n" + half[:12])
    follower.start()
    try:
        follower.shows("1")
        follower.append(half[12:] + "\n")
        follower.shows("1", "2")
    finally:
        follower.stop()


# kick ---------------------------------------------------------------------------------------------------------------------------------

def sessions(config=GATEWAY):
    return json.loads(run("sessions", "--json", config=config).stdout)["sessions"]


def goodbye_of(client):
    message = client.receive()
    equal(message[0], rawclient.GOODBYE, "the type of the last message")
    return message[2]


def works(client):
    return client.call("lab.nothing.of.the.sort")[4] == "wamp.error.no_such_procedure"


@suite.test
def kick_ends_the_sessions_of_a_person_and_no_others():
    alice, again, bob = world.raw("alice"), world.raw("alice"), world.raw("bob")
    done = run("kick", "alice")
    equal(done.stdout, '2 sessions of "alice" have been ended\n')
    equal([goodbye_of(alice), goodbye_of(again)], ["wamp.close.killed"] * 2)
    equal([each["authid"] for each in sessions()], ["bob"])
    assert bob.call("lab.look")[0] in (rawclient.ERROR, rawclient.RESULT)
    bob.close()
    back = world.raw("alice")
    assert works(back), "she may join again"
    back.close()


@suite.test
def kick_ends_one_session_by_its_id_which_the_audit_log_tells():
    alice, other = world.raw("alice"), world.raw("alice")
    first = min(each["session"] for each in sessions() if each["authid"] == "alice")
    done = json.loads(run("kick", str(first), "--realm", REALM, "--json").stdout)
    equal(done, {"done": True, "lines": [f'1 session of "{first}" has been ended']})
    left = [each["session"] for each in sessions() if each["authid"] == "alice"]
    assert len(left) == 1 and left[0] != first, left

    def recorded():
        lines = [json.loads(line) for line in AUDIT.read_text().splitlines()]
        return [line for line in lines if line.get("session") == first and line["outcome"] == "leave"
                and line["reason"] == "wamp.close.killed"]
    eventually(recorded, "the audit log has the end of that session")
    alice.close()
    other.close()


@suite.test
def kick_of_somebody_who_is_not_there_is_an_error():
    for words in (["nobody"], ["4711"], ["alice", "--realm", "elsewhere"]):
        failed = run("kick", *words, code=1)
        assert "no session of a client is called" in failed.stderr, failed
    errors = json.loads(run("kick", "nobody", "--json", code=1).stdout)["errors"]
    assert "`sallyport sessions`" in json.dumps(errors), errors


@suite.test
def kick_ends_a_service_inside_and_never_the_link():
    service = world.raw_inside()
    name = next(each["authid"] for each in sessions(INSIDE) if each["role"] == "service")
    link = next(each["authid"] for each in sessions(INSIDE) if each["role"] == "gateway")
    run("kick", link, code=1, config=INSIDE)
    run("kick", name, config=INSIDE)
    equal(goodbye_of(service), "wamp.close.killed")
    service.close()
    assert world.link_status()["up"]


# services -----------------------------------------------------------------------------------------------------------------------------

def services(config=INSIDE):
    return json.loads(run("services", "--json", config=config).stdout)["services"]


@suite.test
def services_tells_what_an_embedded_inside_offers_and_by_whom():
    equal(run("services", config=INSIDE).stdout, "nothing is registered or subscribed to\n")
    a, b, alice = world.raw_inside(), world.raw_inside(), world.raw("alice")
    try:
        for service in (a, b):
            answer = service.ask(rawclient.REGISTER, {"invoke": "roundrobin"}, "lab.look")
            equal(answer[0], rawclient.REGISTERED)
        equal(a.ask(rawclient.SUBSCRIBE, {"match": "prefix"}, "lab.weather")[0], rawclient.SUBSCRIBED)
        equal(alice.ask(rawclient.SUBSCRIBE, {}, "lab.weather")[0], rawclient.SUBSCRIBED)
        look, weather, all_weather = services()
        equal((look["realm"], look["kind"], look["uri"], look["match"], look["invoke"]),
              (REALM, "procedure", "lab.look", "exact", "roundrobin"))
        equal(([each["role"] for each in look["by"]], look["sessions"]), (["service"] * 2, 2))
        ids = {each["session"] for each in sessions(INSIDE) if each["role"] == "service"}
        equal({each["session"] for each in look["by"]}, ids)
        assert look["since"].startswith("20"), look
        equal([(each["uri"], each["match"], each["by"][0]["role"]) for each in (weather, all_weather)],
              [("lab.weather", "exact", "gateway"), ("lab.weather", "prefix", "service")])
        outside, = services(GATEWAY)
        equal((outside["uri"], outside["by"][0]["authid"]), ("lab.weather", "alice"))
        table = run("services", config=INSIDE).stdout.splitlines()
        equal(table[0].split(), ["REALM", "KIND", "URI", "MATCH", "INVOKE", "SINCE", "BY"])
        equal(table[1].split()[:5], [REALM, "procedure", "lab.look", "exact", "roundrobin"])
    finally:
        for client in (a, b, alice):
            client.close()
    eventually(lambda: services() == [], "nothing is left of those that have gone")


# ping ---------------------------------------------------------------------------------------------------------------------------------

def ping(*words, code=0, who=("--authid", "alice", "--ticket", TICKETS["alice"][1])):
    result = sallyport("ping", "--url", f"rs+unix:{world.local}", "--realm", REALM, *who, *words)
    equal(result.returncode, code, f"exit code of ping {words}: {result.stdout}{result.stderr}")
    return result


def with_callee(use, pause=0.02):
    """A service at the inside that takes its time to answer, with the command's own process beside it."""
    service = world.raw_inside()
    ended = threading.Event()
    equal(service.ask(rawclient.REGISTER, {}, "lab.look")[0], rawclient.REGISTERED)

    def serve():
        try:
            while not ended.is_set():
                message = service.receive()
                if message[0] != rawclient.INVOCATION:
                    return
                ended.wait(pause)
                service.send(rawclient.YIELD, message[1], {}, ["blue"])
        except (rawclient.Closed, OSError):
            pass
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        return use()
    finally:
        ended.set()
        sallyport("kick", next(str(each["session"]) for each in sessions(INSIDE) if each["role"] == "service"), "--config", INSIDE)
        thread.join(10)
        service.close()


@suite.test
def ping_tells_the_share_of_each_part():
    told = with_callee(lambda: json.loads(ping("lab.look", "--count", "3", "--config", GATEWAY, "--json").stdout))
    equal(told["calls"], 3)
    assert told["call_min_ms"] <= told["call_ms"] <= told["call_max_ms"], told
    assert told["behind_ms"] >= 20, f"the callee takes so long: {told}"
    assert abs(told["way_ms"] + told["gateway_ms"] + told["behind_ms"] - told["call_ms"]) < 0.01, told
    assert told["connect_ms"] > 0 and told["handshake_ms"] > 0 and told["join_ms"] > 0, told


@suite.test
def ping_says_what_it_cannot_tell():
    shown = with_callee(lambda: ping("lab.look", "--count", "2")).stdout
    assert "shares of the call unknown: ask the gateway, too: --config gateway.toml" in shown, shown
    without = ping().stdout
    equal([line.split()[0] for line in without.splitlines()], ["connect", "handshake", "join"])


@suite.test
def ping_of_what_nobody_offers_is_an_error():
    failed = ping("lab.look", "--config", GATEWAY, code=1)
    equal(failed.stderr, "error: wamp.error.no_such_procedure\n")
    assert failed.stdout.startswith("connect "), failed.stdout
    equal(ping("lab.look", "--count", "0", code=2).stdout, "")
    equal(ping(code=4, who=("--authid", "alice", "--ticket", "wrong")).stdout, "")


# top ----------------------------------------------------------------------------------------------------------------------------------

@suite.test
def top_shows_plain_rows_once_and_the_same_as_json():
    clients = [world.raw("bob"), world.raw("bob"), world.raw("alice")]
    shown = run("top", "--once").stdout
    assert shown.startswith("all is well\n") and "\x1b" not in shown, shown
    rows = [line.split() for line in shown.splitlines()]
    for row in (["2", REALM, "bob", "guest"], ["1", REALM, "alice", "operator"]):
        assert row in rows, shown
    told = json.loads(run("top", "--once", "--json").stdout)
    equal((told["well"], told["sessions"], told["people"][0]["authid"]), (True, 3, "bob"))
    assert "allowed_per_s" not in told, told
    equal(json.loads(run("top", "--once", "--json", config=INSIDE).stdout)["links"][0]["up"], True)
    for client in clients:
        client.close()


@suite.test
def top_goes_on_with_rates_and_has_colour_on_a_terminal_only():
    for colour in ({}, {"NO_COLOR": "1"}):
        leader, follower = pty.openpty()
        popen = subprocess.Popen([processes.binary(), "top", "--config", GATEWAY, "--interval", "0.1"], stdout=follower,
                                 env={"PATH": os.environ["PATH"], "TERM": "xterm", **colour})
        os.close(follower)
        text = b""
        try:
            while b"/s" not in text:
                text += os.read(leader, 4096)
        finally:
            popen.kill()
            popen.wait(5)
            os.close(leader)
        equal((b"\x1b[H\x1b[2J" in text, b"\x1b[32m" in text), (True, not colour), str(colour))
    piped = subprocess.Popen([processes.binary(), "top", "--config", GATEWAY, "--interval", "0.1", "--json"],
                             stdout=subprocess.PIPE, text=True)
    lines = [json.loads(piped.stdout.readline()) for _ in range(2)]
    piped.stdout.close()
    equal(piped.wait(10), 0, "the exit code when nobody reads on")
    equal(["allowed_per_s" in line for line in lines], [False, True])
    equal(sallyport("top", "--interval", "0").returncode, 2)


if __name__ == "__main__":
    suite.main()
