"""The whole path, nothing mocked: a stock WAMP client, a private Tor network, the gateway in a network namespace without
even a loopback interface, a pinned TLS link that the inside dials over a veth pair, and an inside whose firewall
refuses every inbound connection."""
import asyncio
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tornet  # noqa: E402
from support import autobahn_peer, processes, rawclient, scenarios, socks, sockets  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.namespaces import Namespaces, connect_from  # noqa: E402
from support.rawclient import CALL, ERROR, PUBLISH, REGISTER, SUBSCRIBE  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402
from support.story import Story  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402

suite = Suite("onion")
TOR_ADDRESS, GATEWAY_TO_TOR = "10.81.0.1", "10.81.0.2"
LINK_ADDRESS, INSIDE_ADDRESS, LINK_PORT, SERVICES_PORT = "10.82.0.1", "10.82.0.2", 4443, 9000
names = Namespaces()


class Place:
    """What the tests share once setup is through."""


place = Place()


@suite.setup
def start_the_tor_network():
    place.tor_ns = names.add("tor", loopback=True)
    place.gateway_ns = names.add("gw")
    place.inside_ns = names.add("in", loopback=True)
    names.join(place.tor_ns, f"{TOR_ADDRESS}/24", place.gateway_ns, f"{GATEWAY_TO_TOR}/24")
    _, place.link_end = names.join(place.gateway_ns, f"{LINK_ADDRESS}/24", place.inside_ns,
                                   f"{INSIDE_ADDRESS}/24")
    rules = processes.SOURCES / "deploy/nftables"
    names.firewall(place.inside_ns, (rules / "inside.nft").read_text())
    # Which networks it closes is shown by firewall_test.py; here it is the inside that has to refuse the gateway.
    edits = {"10.0.0.2": INSIDE_ADDRESS, "= 4443": f"= {{ {LINK_PORT}, {LINK_PORT + 1} }}", "10.0.0.0/8, ": ""}
    text = (rules / "gateway.nft").read_text()
    for old, new in edits.items():
        assert old in text, old
        text = text.replace(old, new)
    names.firewall(place.gateway_ns, text)
    place.tor_dir = processes.scratch("tor")
    place.tornet = processes.Process(
        [sys.executable, pathlib.Path(__file__).with_name("tornet.py"), "up", "--dir", place.tor_dir, "--authorities", "1",
         "--relays", "4", "--address", TOR_ADDRESS], "tornet", namespace=place.tor_ns)
    eventually(lambda: "READY" in place.tornet.text() or not place.tornet.running(), "the private Tor network", 90, 0.1)
    assert place.tornet.running(), place.tornet.text()
    place.proxy = place.tor_dir / "c/socks"


@suite.setup
def start_sallyport():
    place.world = Deployment(
        "accept", tor=f'mode = "managed"\ntorrc_extra = "{place.tor_dir}/client.torrc"', name="onion",
        link_address=f"tcp:{LINK_ADDRESS}:{LINK_PORT}", gateway_namespace=place.gateway_ns,
        inside_namespace=place.inside_ns, services=f"tcp:{INSIDE_ADDRESS}:{SERVICES_PORT}")
    place.world.start()
    place.address = _address()
    _reachable()


@suite.teardown
def stop():
    if hasattr(place, "world"):
        codes = place.world.stop()
        equal(codes, [0, 0], "exit codes of an orderly stop")
        eventually(lambda: not place.world.left_behind(), "no process is left behind", 8)


@suite.teardown
def remove_namespaces():
    names.close()


def _address(world=None):
    """The onion address, as the state directory keeps it."""
    def hostname():
        for path in (world or place.world).state.rglob("hostname"):
            return path.read_text().strip()
        return None
    address = eventually(hostname, "the onion address", 60)
    assert address.endswith(".onion") and len(address) == 62, address
    return address


def _onion_socket(timeout=90.0):
    return socks.connect(place.proxy, place.address, 80, timeout)


def _published(world):
    """What the gateway itself says of its descriptor."""
    result = sallyport("status", "--config", world.dir / "gateway.toml", "--json")
    return result.returncode == 0 and json.loads(result.stdout)["onion"]["reachable"]


def _forget():
    """Makes the client's tor forget what it knows of onion services: it shuns for 120 s the introduction points of a service
    that it found dead."""
    control = tornet.Control(place.tor_dir / "c/control", place.tor_dir / "c/control_auth_cookie")
    control.cmd("SIGNAL NEWNYM")
    control.close()


def _reachable(world=None, timeout=90.0):
    """Until the onion answers a RawSocket hello."""
    eventually(lambda: _published(world or place.world), "the onion's descriptor is published", 60, 0.2)
    address, forgotten = _address(world), 0.0

    def answers():
        nonlocal forgotten
        if time.monotonic() - forgotten > 12:   # tor takes one such signal in 10 s
            forgotten = time.monotonic()
            _forget()
        try:
            sock = socks.connect_once(place.proxy, address, 80, 20)
        except OSError:
            return False
        try:
            rawclient.RawSocket(sock, timeout=10)
            return True
        except (rawclient.Closed, OSError):
            return False
        finally:
            sock.close()
    eventually(answers, "the onion is reachable", timeout, 0.3)


async def _outside(transport, authid="alice", ticket=None):
    sock = await asyncio.to_thread(_onion_socket)
    return await autobahn_peer.connect(sock, transport, REALM, authid, ticket or (TICKETS[authid][1] if authid else None),
                                       host=place.address)


def _raw(authid="alice", serializer=rawclient.MSGPACK, websocket=False):
    kind = rawclient.WebSocket if websocket else rawclient.RawSocket
    client = rawclient.Client(kind(_onion_socket(), serializer, timeout=30))
    answer = client.join(REALM, authid, TICKETS[authid][1]) if authid else client.join(REALM)
    equal(answer[0], rawclient.WELCOME)
    return client


def _gateway_roles():
    roles = {"serve": place.world.gateway.pid}
    for pid, line in place.world.gateway.children():
        roles["worker" if " worker" in line else "tor"] = pid
    return roles


@suite.test
def the_inside_refuses_every_inbound_connection():
    equal(connect_from(place.inside_ns, (INSIDE_ADDRESS, SERVICES_PORT)), "connected", "from the machine itself")
    for port in (SERVICES_PORT, 22, 80, LINK_PORT):
        equal(connect_from(place.gateway_ns, (INSIDE_ADDRESS, port)), "ConnectionRefusedError", f"from the gateway to {port}")


@suite.test
def the_gateways_namespace_has_no_ip_socket_but_tors_outbound_ones_and_the_link():
    roles = _gateway_roles()
    equal(sorted(roles), ["serve", "tor", "worker"])
    found = sockets.inet(roles["serve"])
    listening = [s for s in found if s.state == sockets.LISTEN or s.kind.startswith(("udp", "raw"))]
    equal([(s.kind, s.local, s.local_port) for s in listening], [("tcp", LINK_ADDRESS, LINK_PORT)], "listening")
    assert not listening[0].owners & {roles["tor"]} and roles["serve"] in listening[0].owners, listening
    for sock in found:
        if sock.state == sockets.ESTABLISHED and sock.local_port == LINK_PORT:
            equal(sock.remote, INSIDE_ADDRESS)
        elif sock.state == sockets.ESTABLISHED:
            equal((sock.remote, sock.owners), (TOR_ADDRESS, frozenset({roles["tor"]})), "an outbound connection")


@suite.test
def the_worker_holds_no_ip_socket_but_what_it_was_handed_for_the_link_and_cannot_make_one():
    worker = _gateway_roles()["worker"]
    held = sockets.held_by(worker)
    equal({(s.kind, s.local, s.local_port) for s in held}, {("tcp", LINK_ADDRESS, LINK_PORT)})
    equal([s.remote for s in held if s.state == sockets.ESTABLISHED], [INSIDE_ADDRESS])
    equal((sockets.status(worker, "Seccomp"), sockets.status(worker, "NoNewPrivs")), ("2", "1"))


@suite.test
def the_onion_key_is_kept_private():
    found = list(place.world.state.rglob("hs_ed25519_secret_key"))
    equal(len(found), 1)
    equal(found[0].stat().st_mode & 0o777, 0o600)
    equal(found[0].parent.stat().st_mode & 0o777, 0o700)


async def _everything(transport):
    inside = await place.world.connect_inside()
    outside = await _outside(transport)
    await scenarios.everything(outside, inside)
    await outside.goodbye()
    await inside.goodbye()


@suite.test(timeout=120)
async def calls_errors_and_events_over_websocket_json():
    await _everything("ws-json")


@suite.test(timeout=120)
async def calls_errors_and_events_over_websocket_msgpack():
    await _everything("ws-msgpack")


@suite.test(timeout=120)
async def calls_errors_and_events_over_rawsocket_msgpack():
    await _everything("rs-msgpack")


@suite.test
async def the_right_ticket_is_let_in_and_a_wrong_one_is_not():
    peer = await _outside("ws-json")
    equal((peer.joined_details.authid, peer.joined_details.authrole), ("alice", "operator"))
    await peer.goodbye()
    for authid in ("alice", "mallory"):
        try:
            await _outside("rs-msgpack", authid, "wrong")
            raise AssertionError(f"{authid} was let in")
        except autobahn_peer.JoinRefused as refused:
            equal(refused.reason, "wamp.error.authentication_denied")


@suite.test
def a_denied_call_gets_the_same_bytes_as_a_call_to_nothing():
    service = place.world.raw_inside()
    for name in ("power_off", "only_within"):
        equal(service.ask(REGISTER, {}, f"lab.{name}")[0], rawclient.REGISTERED)
    for serializer, websocket in ((rawclient.MSGPACK, False), (rawclient.JSON, True)):
        client = _raw("alice", serializer, websocket)
        answers = []
        for procedure in ("lab.power_off", "lab.only_within", "elsewhere.thing"):
            client.send(CALL, 1 + len(answers), {}, procedure, [1])
            data = client.transport.receive_bytes()
            message = rawclient.decode(serializer, data)
            equal(message[:3], [ERROR, CALL, 1 + len(answers)])
            # Request ids below 10 have one byte in either serializer.
            answers.append(data.replace(rawclient.encode(serializer, 1 + len(answers)), b"#", 1)
                           if serializer == rawclient.JSON else data[:3] + b"#" + data[4:])
        equal(answers, [answers[0]] * 3)
        client.close()
    service.close()


@suite.test
def the_command_line_client_reaches_it():
    service = place.world.raw_inside()
    equal(service.ask(REGISTER, {}, "lab.slew")[0], rawclient.REGISTERED)
    process = processes.Process(
        [processes.binary(), "call", "--url", f"ws://{place.address}/", "--socks", f"unix:{place.proxy}", "--realm", REALM,
         "--authid", "alice", "--ticket", TICKETS["alice"][1], "lab.slew", "12.5", "--kw", "axis=\"ra\""], "call")
    invocation = service.receive()
    equal((invocation[0], invocation[4:]), (rawclient.INVOCATION, [[12.5], {"axis": "ra"}]))
    service.send(rawclient.YIELD, invocation[1], {}, ["there"])
    equal(process.wait(30), 0)
    equal(process.text(), '"there"\n')
    denied = sallyport("call", "--url", f"rs://{place.address}:80", "--socks", f"unix:{place.proxy}", "--realm", REALM,
                       "lab.power_off", timeout=60)
    equal((denied.returncode, denied.stderr.splitlines()[0]), (1, "error: wamp.error.not_authorized"))
    service.close()


@suite.test(timeout=240)
async def the_story_of_the_webhook_reaches_the_builder_that_nobody_can_reach():
    """deploy/examples/webhook-builder as it stands, but for the address and the network: paired, with pins, through the onion."""
    edits = [(r"tcp:10\.0\.0\.1:4443", f"tcp:{LINK_ADDRESS}:{LINK_PORT + 1}")]
    people = [("build.principals.toml", "dashboard", "maintainer", "ticket")]
    tor = f'mode = "managed"\ntorrc_extra = "{place.tor_dir}/client.torrc"'
    with Story("webhook-builder", "build", people, edits, tor) as story:
        builder = story.apart()
        story.pair(builder)
        await asyncio.to_thread(story.start, builder, (place.gateway_ns, place.inside_ns))
        await asyncio.to_thread(_reachable, story)
        address, daemon, built = _address(story), await story.service("elsewhere/state/run/services.sock"), []
        await daemon.register(lambda **push: built.append(push["repository"]) or "queued", "build.hook.push")

        # The page's command, by a relay that tries again when it is told that it was too soon.
        push = {"repository": "website", "ref": "refs/heads/main", "commit": "c" * 40, "signature": "5" * 64}
        words = [word for name, value in push.items() for word in ("--kw", f"{name}={value}")]
        said = await asyncio.to_thread(sallyport, "call", "--url", f"ws://{address}/", "--socks", f"unix:{place.proxy}",
                                       "--realm", "build", "build.hook.push", *words, timeout=60)
        equal((said.returncode, said.stdout), (0, '"queued"\n'), said.stderr)
        sock = await asyncio.to_thread(socks.connect, place.proxy, address, 80, 90.0)
        relay = await autobahn_peer.connect(sock, "ws-json", "build", host=address)
        push["repository"] = "firmware"
        for attempt in range(30):
            try:
                equal(await relay.call("build.hook.push", **push), "queued")
                break
            except ApplicationError as error:
                equal(error.error, "wamp.error.unavailable")
                await asyncio.sleep(1)
        equal(built, ["website", "firmware"])
        for refused in (relay.call("build.hook.push", **{**push, "repository": "../../etc"}), relay.call("build.job.7.repeat"),
                        relay.call("build.signing.sign")):
            try:
                raise AssertionError(f"it answered {await refused!r}")
            except ApplicationError as error:
                equal(error.error, "wamp.error.not_authorized")
        await relay.goodbye()
        await daemon.goodbye()


@suite.test(timeout=120)
def kill_9_of_the_inside_mid_call_ends_the_call_once_and_its_return_restores_the_path():
    world = place.world
    service, alice = world.raw_inside(), _raw()
    equal(service.ask(REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
    equal(alice.ask(SUBSCRIBE, {}, "lab.weather")[0], rawclient.SUBSCRIBED)
    equal(alice.ask(REGISTER, {}, "lab.own")[0], rawclient.REGISTERED)
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    equal(service.receive()[0], rawclient.INVOCATION)
    world.inside.kill()
    answer = alice.answer()
    equal((answer[:3], answer[4]), ([ERROR, CALL, alice.request], "wamp.error.network_failure"))
    answer = alice.call("lab.long")
    equal((answer[2], answer[4]), (alice.request, "wamp.error.unavailable"), "a new call, and no second answer to the old one")
    service.close()
    world.start_inside()
    begin = time.monotonic()
    world.wait_link()
    place.link_back_s = time.monotonic() - begin
    service = world.raw_inside()
    equal(service.ask(REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    service.send(rawclient.YIELD, service.receive()[1], {}, ["done"])
    equal(alice.answer()[3], ["done"])
    equal(service.ask(PUBLISH, {"acknowledge": True}, "lab.weather", ["rain"])[0], rawclient.PUBLISHED)
    event = alice.receive()
    equal((event[0], event[4]), (rawclient.EVENT, ["rain"]))
    service.send(CALL, service.next_request(), {}, "lab.own")
    alice.send(rawclient.YIELD, alice.receive()[1], {}, ["mine"])
    equal(service.answer()[3], ["mine"])
    alice.close()
    service.close()


@suite.test(timeout=120)
def a_link_that_falls_silent_is_noticed_within_ten_seconds_and_comes_back():
    service, alice = place.world.raw_inside(), _raw()
    equal(service.ask(REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    equal(service.receive()[0], rawclient.INVOCATION)
    names.cut(place.inside_ns, place.link_end, True)
    begin = time.monotonic()
    try:
        answer = alice.answer()
        took = time.monotonic() - begin
        equal((answer[:3], answer[4]), ([ERROR, CALL, alice.request], "wamp.error.network_failure"))
        assert took < 11, f"noticed after {took:.1f} s"
        equal(alice.call("lab.long")[4], "wamp.error.unavailable")
    finally:
        names.cut(place.inside_ns, place.link_end, False)
    place.world.wait_link(20)
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    while (message := service.receive())[0] != rawclient.INVOCATION:
        equal(message[0], rawclient.INTERRUPT, "what became of the first call")
    service.send(rawclient.YIELD, message[1], {}, ["again"])
    equal(alice.answer()[3], ["again"])
    alice.close()
    service.close()


@suite.test(timeout=120)
def a_link_peer_without_the_pinned_key_is_refused():
    stranger = Deployment("accept", link_address=f"tcp:{LINK_ADDRESS}:{LINK_PORT}", inside_namespace=place.inside_ns,
                          name="stranger")
    stranger.pair()
    stranger.pins["gateway"] = place.world.pins["gateway"]
    stranger.write().start_inside()
    try:
        eventually(lambda: "failed: TLS" in place.world.gateway.text(), "the gateway's log says so", 10)
        place.world.wait_link()
        service = place.world.raw_inside()
        equal(service.ask(REGISTER, {}, "lab.look")[0], rawclient.REGISTERED)
        alice = place.world.raw("alice")
        alice.send(CALL, alice.next_request(), {}, "lab.look")
        equal(service.receive()[0], rawclient.INVOCATION, "the call goes to the inside that is paired")
        alice.close()
        service.close()
    finally:
        stranger.stop()


@suite.test(timeout=240)
def kill_9_of_each_process_of_the_gateway_is_healed():
    for role in ("worker", "tor"):
        pid = _gateway_roles()[role]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not processes.alive(pid), "it is dead", 5)
        eventually(lambda: _gateway_roles().get(role, pid) != pid, f"a new {role}", 20)
        place.world.wait_link(20)
        _reachable()
        equal(_address(), place.address)


@suite.test(timeout=240)
def kill_9_of_the_supervisor_leaves_nothing_and_a_new_start_has_the_same_address():
    world = place.world
    old = [pid for pid, _ in world.gateway.children()]
    world.gateway.kill()
    eventually(lambda: not any(processes.alive(pid) for pid in old), f"no orphans: {old}", 8)
    world.start_gateway(60)
    world.wait_link()
    equal(_address(), place.address)
    _reachable()


@suite.test(timeout=240)
async def an_orderly_restart_keeps_the_address():
    world = place.world
    client = await _outside("ws-json")
    equal(await asyncio.to_thread(world.gateway.stop, 15), 0)
    left = await asyncio.wait_for(asyncio.shield(client.left_future), 10)
    equal(left.reason, "wamp.close.system_shutdown")
    inside = [world.inside.pid, *(pid for pid, _ in world.inside.children())]
    assert not [p for p in world.left_behind() if p[0] not in inside], world.left_behind()
    world.start_gateway(60)
    await asyncio.to_thread(world.wait_link)
    equal(_address(), place.address)
    await asyncio.to_thread(_reachable)
    outside, inside = await _outside("ws-json"), await world.connect_inside()
    await scenarios.offer_services(inside)
    await scenarios.calls(outside)
    await outside.goodbye()
    await inside.goodbye()


if __name__ == "__main__":
    suite.main()
