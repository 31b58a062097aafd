"""`sallyport inside --relay`: the dialled-out link is handed to a real Crossbar or nexus on the closed machine, byte for byte."""
import hashlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.crossbar import Crossbar, free_port  # noqa: E402
from support.deployment import REALM, Deployment, sallyport  # noqa: E402
from support.nexus import Nexus  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("interop_relay")
TICKETS = {"gateway": "between-two-doors", "service": "of-the-house"}
crossbar, locked, nexus = Crossbar(REALM), Crossbar(REALM, TICKETS, name="crossbar-locked"), Nexus(REALM)


class Relayed:
    """A gateway that listens for the link over TLS, and a relay in front of the router at that address."""

    def __init__(self, name, router, lines):
        self.world = world = Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", name=name)
        world.write()
        (world.dir / "ticket").touch(mode=0o600)
        (world.dir / "ticket").write_text(TICKETS["gateway"] + "\n")
        gateway = world.dir / "gateway.toml"
        gateway.write_text(gateway.read_text() + lines)
        inside = (world.dir / "inside.toml").read_text()
        (world.dir / "relay.toml").write_text('state_dir = "inside-state"\n' + inside[inside.index("[[link]]"):])
        world.start_gateway()
        self.relay = processes.Process([processes.binary(), "inside", "--config", world.dir / "relay.toml", "--relay", router], f"{name} relay",
                                       cwd=world.dir, log=world.dir / "relay.log")

    def up(self):
        return self.world.link_status()["up"]

    def text(self):
        return self.relay.text()

    def stop(self):
        equal(self.relay.stop(5), 0, "exit code of the relay at SIGTERM")
        equal(self.world.stop()[-1], 0)


def at(address, serializer=rawclient.MSGPACK, login=()):
    client = rawclient.Client(rawclient.RawSocket(socks.plain(address), serializer))
    equal(client.join(REALM, *login)[0], rawclient.WELCOME)
    return client


def everything(relayed, service):
    """Calls and events in both directions."""
    eventually(relayed.up, "the link is up", 20)
    outside = relayed.world.raw("alice")
    for callee, caller, procedure in ((service, outside, "lab.echo"), (outside, service, "lab.step")):
        equal(callee.ask(rawclient.REGISTER, {}, procedure)[0], rawclient.REGISTERED)
        caller.send(rawclient.CALL, caller.next_request(), {}, procedure, ["grüße", 7])
        invocation = callee.receive()
        equal(invocation[4], ["grüße", 7])
        callee.send(rawclient.YIELD, invocation[1], {}, invocation[4])
        equal(caller.receive()[3], ["grüße", 7])
    for publisher, subscriber, topic in ((service, outside, "lab.events.in"), (outside, service, "lab.events.out")):
        equal(subscriber.ask(rawclient.SUBSCRIBE, {}, topic)[0], rawclient.SUBSCRIBED)
        equal(publisher.ask(rawclient.PUBLISH, {"acknowledge": True}, topic, ["open"])[0], rawclient.PUBLISHED)
        equal(subscriber.receive()[4], ["open"])
    outside.close()


@suite.setup
def start():
    for router in (crossbar, locked, nexus):
        router.start()


@suite.teardown
def stop():
    for router in (crossbar, locked, nexus):
        router.stop()


@suite.test(timeout=90)
def crossbar_behind_a_relay_over_a_unix_socket():
    relayed = Relayed("relay-unix", f"unix:{crossbar.path}", 'profile = "crossbar"\n')
    service = at(crossbar.path)
    everything(relayed, service)
    service.close()
    relayed.stop()


@suite.test(timeout=90)
def crossbar_with_a_login_over_websocket_in_json():
    relayed = Relayed("relay-ws", f"tcp:127.0.0.1:{locked.port}",
                      'profile = "crossbar"\nwebsocket = "/ws"\nserializer = "json"\nauthid = "gateway"\nticket_file = "ticket"\n')
    service = at(("127.0.0.1", locked.port), login=("service", TICKETS["service"]))
    everything(relayed, service)
    service.close()
    relayed.stop()


@suite.test(timeout=90)
def nexus_behind_a_relay():
    relayed = Relayed("relay-nexus", f"tcp:127.0.0.1:{nexus.port}", 'profile = "nexus"\n')
    service = at(("127.0.0.1", nexus.port))
    everything(relayed, service)
    service.close()
    relayed.stop()


@suite.test(timeout=120)
def a_hundred_megabytes_arrive_as_they_were_sent():
    relayed = Relayed("relay-bytes", f"unix:{crossbar.path}", 'profile = "crossbar"\n')
    eventually(relayed.up, "the link is up", 20)
    service, outside = at(crossbar.path), relayed.world.raw("alice")
    equal(service.ask(rawclient.REGISTER, {}, "lab.echo")[0], rawclient.REGISTERED)
    sent, received, back = (hashlib.sha256() for _ in range(3))
    for _ in range(32):
        data = os.urandom(3 << 20)
        sent.update(data)
        outside.send(rawclient.CALL, outside.next_request(), {}, "lab.echo", [data])
        invocation = service.receive()
        received.update(invocation[4][0])
        service.send(rawclient.YIELD, invocation[1], {}, invocation[4])
        back.update(outside.receive()[3][0])
    equal(received.hexdigest(), sent.hexdigest())
    equal(back.hexdigest(), sent.hexdigest())
    for each in (service, outside):
        each.close()
    relayed.stop()


@suite.test(timeout=180)
def without_its_router_a_link_is_down_and_it_returns_with_it():
    router = Crossbar(REALM, name="crossbar-late")
    relayed = Relayed("relay-late", f"unix:{router.path}", 'profile = "crossbar"\n')
    eventually(lambda: "cannot be reached" in relayed.text(), "the relay says so", 20)
    assert not relayed.up()
    caller = relayed.world.raw("alice")
    equal(caller.call("lab.echo", 1)[4], "wamp.error.unavailable")
    router.start()
    service = at(router.path)
    everything(relayed, service)
    service.close()
    router.stop()
    eventually(lambda: not relayed.up(), "the link is down with its router", 20)
    equal(caller.call("lab.echo", 1)[4], "wamp.error.unavailable")
    router.start()
    service = at(router.path)
    everything(relayed, service)
    for each in (service, caller):
        each.close()
    relayed.stop()
    router.stop()


@suite.test
def what_cannot_be_relayed_is_said():
    folder = processes.scratch("relay-wrong")
    (folder / "relay.toml").write_text('state_dir = "state"\n')
    for router, want in (("nonsense", "unix:/path"), ("tcp:192.0.2.1:8080", "not on this machine"), ("unix:/x", "sallyport link invite")):
        result = sallyport("inside", "--config", folder / "relay.toml", "--relay", router)
        equal(result.returncode, 2)
        assert want in result.stderr, result.stderr


if __name__ == "__main__":
    suite.main()
