"""autobahn-python's own authenticators as they are, on a socket that is connected already."""
import asyncio

from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
from autobahn.asyncio.wamp import Session
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.serializer import JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import ComponentConfig

from support.autobahn_peer import JoinRefused


class AuthPeer(Session):
    def __init__(self, realm, authenticator):
        super().__init__(ComponentConfig(realm=realm))
        self.add_authenticator(authenticator)
        self.joined_future = asyncio.get_running_loop().create_future()
        self.left_future = asyncio.get_running_loop().create_future()

    def on_join(self, details):
        if not self.joined_future.done():
            self.joined_future.set_result(details)

    def on_leave(self, details):
        if not self.joined_future.done():
            self.joined_future.set_exception(JoinRefused(details))
        if not self.left_future.done():
            self.left_future.set_result(details)
        self.disconnect()

    def on_disconnect(self):
        if not self.joined_future.done():
            self.joined_future.set_exception(ConnectionError("disconnected before the join"))
        if not self.left_future.done():
            self.left_future.set_result(None)

    async def goodbye(self):
        self.leave()
        await asyncio.wait_for(asyncio.shield(self.left_future), 10)


def authenticator(method, authid, secret):
    """`secret`: the password, ticket or secret; for cryptosign the private key in hex."""
    named = {"authid": authid} if authid else {}
    if method == "ticket":
        return create_authenticator("ticket", ticket=secret, **named)
    if method == "wampcra":
        return create_authenticator("wampcra", secret=secret, **named)
    if method == "scram":
        return create_authenticator("scram", password=secret, authid=authid)
    if method == "cryptosign":
        return create_authenticator("cryptosign", privkey=secret, **named)
    return create_authenticator(method)


async def login(sock, transport, realm, method, authid, secret, timeout=30):
    """A joined session, or JoinRefused."""
    loop = asyncio.get_running_loop()
    peer = AuthPeer(realm, authenticator(method, authid, secret))
    serializer = JsonSerializer() if transport.endswith("json") else MsgPackSerializer()
    if transport.startswith("ws"):
        factory = WampWebSocketClientFactory(lambda: peer, url="ws://localhost/", serializers=[serializer])
    else:
        factory = WampRawSocketClientFactory(lambda: peer, serializer=serializer)
    sock.setblocking(False)
    await loop.create_connection(factory, sock=sock)
    await asyncio.wait_for(asyncio.shield(peer.joined_future), timeout)
    return peer
