"""autobahn-python as it is, on a socket that is connected already (through SOCKS, unix or TCP)."""
import asyncio

from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import ComponentConfig

TRANSPORTS = ("ws-json", "ws-msgpack", "rs-msgpack", "ws-cbor", "rs-cbor")
BATCHED = ("ws-json-batched", "ws-msgpack-batched", "ws-cbor-batched")
SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}


class JoinRefused(Exception):
    def __init__(self, details):
        super().__init__(f"{details.reason}: {details.message}")
        self.reason = details.reason


class Awaited:
    """Of either kind of autobahn session: its join and its end as futures."""

    def expect_join(self):
        loop = asyncio.get_running_loop()
        self.joined_future, self.left_future = loop.create_future(), loop.create_future()

    def joined(self, details):
        if not self.joined_future.done():
            self.joined_future.set_result(details)

    def left(self, details):
        if not self.joined_future.done():
            self.joined_future.set_exception(JoinRefused(details))
        if not self.left_future.done():
            self.left_future.set_result(details)
        self.disconnect()

    def disconnected(self):
        if not self.joined_future.done():
            self.joined_future.set_exception(ConnectionError("disconnected before the join"))
        if not self.left_future.done():
            self.left_future.set_result(None)

    async def goodbye(self):
        self.leave()
        await asyncio.wait_for(asyncio.shield(self.left_future), 10)


class Peer(Awaited, ApplicationSession):
    """A session whose joined() can be awaited; JoinRefused when the router said ABORT."""

    def __init__(self, realm, authid, ticket):
        super().__init__(ComponentConfig(realm=realm))
        self._authid, self._ticket = authid, ticket
        self.expect_join()

    def onConnect(self):
        if self._ticket is None:
            self.join(self.config.realm)
        else:
            self.join(self.config.realm, ["ticket"], self._authid)

    def onChallenge(self, challenge):
        assert challenge.method == "ticket"
        return self._ticket

    def onJoin(self, details):
        self.joined_details = details
        self.joined(details)

    def onLeave(self, details):
        self.left(details)

    def onDisconnect(self):
        self.disconnected()


async def join_over(peer, sock, transport, host="localhost", timeout=30, path="/"):
    """The session, joined over one of TRANSPORTS, or JoinRefused."""
    _, name, *batched = transport.split("-")
    serializer = SERIALIZERS[name](batched=bool(batched))
    if transport.startswith("ws"):
        factory = WampWebSocketClientFactory(lambda: peer, url=f"ws://{host}{path}", serializers=[serializer])
        factory.setProtocolOptions(openHandshakeTimeout=timeout, closeHandshakeTimeout=2)
    else:
        factory = WampRawSocketClientFactory(lambda: peer, serializer=serializer)
    sock.setblocking(False)
    await asyncio.get_running_loop().create_connection(factory, sock=sock)
    await asyncio.wait_for(asyncio.shield(peer.joined_future), timeout)
    return peer


async def connect(sock, transport, realm, authid=None, ticket=None, host="localhost", timeout=30,
                  path="/"):
    """A joined session that logs in with a ticket, or not at all."""
    return await join_over(Peer(realm, authid, ticket), sock, transport, host, timeout, path)
