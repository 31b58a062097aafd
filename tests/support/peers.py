"""Peers of the flow tests: services, subscribers that count, and floods that do not block the test."""
import contextlib
import socket
import threading

from support import processes, rawclient
from support.rawclient import EVENT, INVOCATION, REGISTER, REGISTERED, SUBSCRIBE, SUBSCRIBED, YIELD
from support.runner import equal, eventually

MIB = 1 << 20


def memory_mib(process, word):
    """The resident memory of the process, or of its child with that word on its command line."""
    pids = [process.pid] + [pid for pid, line in process.children() if f" {word}" in line]
    return processes.rss_kb(pids[-1])[0] / 1024


def leave(client):
    """Ends the connection also where a thread reads from it."""
    with contextlib.suppress(OSError):
        client.transport.sock.shutdown(socket.SHUT_RDWR)
    client.close()


class Service:
    """Registers procedures inside and answers each invocation with the length of its argument, in a thread."""

    def __init__(self, deployment, *procedures):
        self.client = deployment.raw_inside()
        for procedure in procedures:  # an earlier service may still be leaving
            eventually(lambda procedure=procedure: self.client.ask(REGISTER, {}, procedure)[0] == REGISTERED,
                       f"{procedure} is free")
        self.seen = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = self.client.receive()
                if message[0] == INVOCATION:
                    args = message[4] if len(message) > 4 else []
                    self.seen.append(len(args[0]) if args else 0)
                    self.client.send(YIELD, message[1], {}, [len(args[0]) if args else 0])

    def close(self):
        leave(self.client)


class Counter:
    """Subscribes and counts the events that come, in a thread."""

    def __init__(self, client, topic):
        self.client, self.numbers = client, []
        equal(client.ask(SUBSCRIBE, {}, topic)[0], SUBSCRIBED)
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = self.client.receive()
                if message[0] == EVENT:
                    self.numbers.append(message[4][0])


def frames(client, messages):
    """The bytes of these messages, as one write."""
    transport = client.transport
    return b"".join(transport.frame(rawclient.encode(transport.serializer, message)) for message in messages)


def send_in_background(sock, data):
    """A peer whom the gateway slows down must not stop the test."""
    sock.settimeout(120)

    def write():
        with contextlib.suppress(OSError):
            sock.sendall(data)
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread
