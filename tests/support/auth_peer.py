"""autobahn-python's own authenticators as they are, on a socket that is connected already."""
from autobahn.asyncio.wamp import Session
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.types import ComponentConfig

from support.autobahn_peer import Awaited, join_over


class AuthPeer(Awaited, Session):
    def __init__(self, realm, authenticator):
        super().__init__(ComponentConfig(realm=realm))
        self.add_authenticator(authenticator)
        self.expect_join()

    def on_join(self, details):
        self.joined(details)

    def on_leave(self, details):
        self.left(details)

    def on_disconnect(self):
        self.disconnected()


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
    return await join_over(AuthPeer(realm, authenticator(method, authid, secret)), sock, transport, timeout=timeout)
