"""Network namespaces around a deployment whose packets can be lost, sockets within them, and a router that does as it is told."""
import asyncio
import contextlib
import inspect
import socket
import threading
import time
import traceback

from support import namespaces, processes, rawclient
from support.rawclient import CALL, ERROR, HELLO, MSGPACK, UNSUBSCRIBE, WELCOME

DROP = "add table ip lost; add chain ip lost in { type filter hook input priority 0; policy drop; }; " \
       "add chain ip lost out { type filter hook output priority 0; policy drop; }"
ROUTER_ROLES = {"broker": {}, "dealer": {"features": {"call_canceling": True}}}


class Lossy:
    """Namespaces `dmz` and those in `others`, each joined to dmz by a veth pair: 10.84.N.1 in dmz, 10.84.N.2 in the Nth of them."""

    def __init__(self, prefix, *others):
        self.net = namespaces.Namespaces(prefix)
        self.dmz = self.net.add("dmz", loopback=True)
        self.names, self.ends = {}, {}
        for number, short in enumerate(others, 1):
            name = self.net.add(short, loopback=True)
            self.names[short] = name
            self.ends[short] = self.net.join(self.dmz, f"10.84.{number}.1/24", name, f"10.84.{number}.2/24")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.net.close()

    def lose_all_packets(self, short):
        self.net.firewall(self.names[short], DROP)

    def cut(self, short, down, far=True):
        """Takes the interface of that namespace down or up, or that in dmz which leads to it."""
        near_end, far_end = self.ends[short]
        self.net.cut(self.names[short] if far else self.dmz, far_end if far else near_end, down)


def within(namespace, make):
    """What make() returns, called in a thread that has entered the namespace: its sockets stay there."""
    made, trouble = [], []

    def enter():
        try:
            processes.enter_namespace(namespace)
            made.append(make())
        except OSError as error:
            trouble.append(error)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return made[0]


def connected(namespace, address):
    return within(namespace, lambda: socket.create_connection(address, 5))


def side_by_side(*tests):
    """Runs tests that mostly wait at the same time, each in a thread, and prints how each went."""
    troubles = {}

    def run(test):
        begin = time.monotonic()
        try:
            if inspect.iscoroutinefunction(test):
                asyncio.run(test())
            else:
                test()
            print(f"  ok {time.monotonic() - begin:6.2f} s  {test.__name__}", flush=True)
        except BaseException:  # noqa: BLE001  the text is the result
            troubles[test.__name__] = traceback.format_exc()
    threads = [threading.Thread(target=run, args=(test,)) for test in tests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles, "\n".join(f"{name}:\n{text}" for name, text in troubles.items())


class Router:
    """Accepts links of a gateway on a socket that listens: welcomes them, and answers every CALL and UNSUBSCRIBE with an error.
    As Crossbar does, it ends a connection on which a PING comes. `closes`: right after WELCOME. `accepted`: when."""

    def __init__(self, listener, closes=False):
        self.listener, self.closes, self.accepted = listener, closes, []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock = self.listener.accept()[0]
                self.accepted.append(time.monotonic())
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError, rawclient.Closed, AssertionError), sock:
            stream = rawclient.RawSocket(sock, handshake=False, timeout=60)
            octets = stream.stream.exactly(4)
            sock.sendall(bytes([0x7F, octets[1], 0, 0]))
            while True:
                head = stream.stream.exactly(4)
                if head[0] != 0:
                    return
                message = rawclient.decode(MSGPACK, stream.stream.exactly(int.from_bytes(head[1:], "big")))
                if message[0] == HELLO:
                    self._say(stream, [WELCOME, 7, {"roles": ROUTER_ROLES}])
                    if self.closes:
                        return
                elif message[0] in (CALL, UNSUBSCRIBE):
                    error = "wamp.error.no_such_procedure" if message[0] == CALL else "wamp.error.no_such_subscription"
                    self._say(stream, [ERROR, message[0], message[1], {}, error])

    @staticmethod
    def _say(stream, message):
        stream.send_bytes(rawclient.encode(MSGPACK, message))
