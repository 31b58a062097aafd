"""The ways between outside and inside that a test of flow takes, and the variants of one case: over which link, in which
direction, over which transport and with which serializer."""
import itertools
import os
from collections import namedtuple

from support import rawclient, socks
from support.crossbar import Crossbar, free_port
from support.deployment import REALM, Deployment
from support.peers import memory_mib
from support.rawclient import JSON, MSGPACK
from support.runner import equal

LINKS = ("embedded", "tls", "crossbar")
DIRECTIONS = ("inwards", "outwards")  # from the gateway's clients to the inside's, or the other way
BUDGET = 64  # MiB
PROGRAM = 32  # MiB that the program needs for itself


class Variant(namedtuple("Variant", "link direction websocket serializer")):
    """`websocket` and `serializer` hold for all clients on both sides."""

    def __str__(self):
        transport = "WebSocket" if self.websocket else "RawSocket"
        return f"{self.link}, {self.direction}, {transport}, {'JSON' if self.serializer == JSON else 'MessagePack'}"

    def word(self):
        return str(self).replace(", ", "_").lower()


def _some():
    """Every pair of values of two of the four, in six variants."""
    choices = [(False, MSGPACK), (True, JSON), (True, JSON), (False, MSGPACK), (False, JSON), (True, MSGPACK)]
    return [Variant(*ways, *choice) for ways, choice in zip(itertools.product(LINKS, DIRECTIONS), choices)]


def variants():
    """All of them if SALLYPORT_FLOW_VARIANTS says "all", as tests/nightly does."""
    if os.environ.get("SALLYPORT_FLOW_VARIANTS") == "all":
        return [Variant(*each) for each in itertools.product(LINKS, DIRECTIONS, (False, True), (MSGPACK, JSON))]
    return _some()


class World:
    """A deployment with one kind of link. Counts the clients that were opened, so that the end of a test can tell whether one
    of them was disconnected."""

    def __init__(self, link, limits=""):
        self.link, self.router, self.clients = link, None, []
        limits = f'memory = "{BUDGET}MiB"\n{limits}'
        if link == "crossbar":
            self.router = Crossbar(REALM)
            self.deployment = Deployment("dial", backend=f'address = "unix:{self.router.path}"\nprofile = "crossbar"\n',
                                         name="flow-cb", limits=limits)
        elif link == "tls":
            self.deployment = Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", name="flow-tls", limits=limits,
                                         inside_limits=limits)
        else:
            self.deployment = Deployment(name="flow", limits=limits, inside_limits=limits)

    def start(self):
        if self.router:
            self.router.start()
        self.deployment.start()

    def stop(self):
        codes = self.deployment.stop()
        if self.router:
            self.router.stop()
        return codes

    def outside(self, variant, authid="alice", roles=None):
        return self._opened(self.deployment.raw(authid, variant.serializer, variant.websocket, roles))

    def inside(self, variant, roles=None):
        if not self.router:
            return self._opened(self.deployment.raw_inside(variant.serializer, roles, variant.websocket))
        sock = socks.plain(("127.0.0.1", self.router.port))
        transport = (rawclient.WebSocket(sock, variant.serializer, path="/ws") if variant.websocket else
                     rawclient.RawSocket(sock, variant.serializer))
        client = rawclient.Client(transport, roles)
        equal(client.join(REALM)[0], rawclient.WELCOME)
        return self._opened(client)

    def near(self, variant, roles=None):
        """A client where the sender is."""
        return self.outside(variant, roles=roles) if variant.direction == "inwards" else self.inside(variant, roles)

    def far(self, variant, roles=None):
        """A client where the receiver is."""
        return self.inside(variant, roles) if variant.direction == "inwards" else self.outside(variant, roles=roles)

    def _opened(self, client):
        self.clients.append(client)
        return client

    def receiving_process(self, variant):
        """The process that takes what comes over the link."""
        if variant.direction == "outwards":
            return self._child(self.deployment.gateway, " worker")
        if self.router:
            return self.router.worker()[0]
        return self.deployment.router_pid()

    @staticmethod
    def _child(process, word):
        return next(pid for pid, line in process.children() if word in line)

    def programs(self):
        """Those of our own that carry messages, by name: arguments for memory_mib()."""
        gateway = self.deployment.gateway
        found = {"worker": (gateway, "worker")}
        if self.deployment.inside:
            found["inside"] = (self.deployment.inside, "inside")
        elif not self.router:
            found["inside"] = (gateway, "inside")
        return found

    def memory(self):
        return {name: memory_mib(*where) for name, where in self.programs().items()}

    def times_the_link_was_lost(self):
        return self.deployment.gateway.text().count("link inside: lost")
