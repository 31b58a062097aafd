"""Peers of the flow tests: services, subscribers that count, and floods that do not block the test."""
import contextlib
import socket
import threading

from support import processes, rawclient, socks
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


def is_closed(client):
    """Whether the peer has closed the connection; reads whatever else is there."""
    sock = client.transport.sock
    with contextlib.suppress(BlockingIOError):
        sock.setblocking(False)
        while True:
            try:
                if not sock.recv(1 << 20):
                    return True
            except ConnectionResetError:
                return True
    return False


class Watch:
    """The most memory that programs had meanwhile, in MiB; each is a pair of arguments for memory_mib()."""

    def __init__(self, *programs):
        self.programs, self.most, self.ended = programs, [0.0] * len(programs), threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self.ended.wait(0.02):
            self.most = [max(most, memory_mib(*program)) for most, program in zip(self.most, self.programs)]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def onion_socket(front, circuit):
    """A connection to the front socket as tor makes it for a client on that circuit, before the handshake of the transport."""
    sock = socks.plain(front)
    sock.sendall(f"PROXY TCP6 fc00:dead:beef:4dad::0:{circuit:x} ::1 65535 42\r\n".encode())
    return sock


def onion_client(front, circuit):
    return rawclient.Client(rawclient.RawSocket(onion_socket(front, circuit)))


class Service:
    """Registers procedures, inside unless `client` is said, and answers each invocation with what `answer` says to its argument,
    in a thread. `seen`: the lengths of the arguments."""

    def __init__(self, deployment, *procedures, client=None, answer=len):
        self.client, self.answer = client or deployment.raw_inside(), answer
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
                    argument = message[4][0] if len(message) > 4 else ""
                    self.seen.append(len(argument))
                    self.client.send(YIELD, message[1], {}, [self.answer(argument)])

    def close(self):
        leave(self.client)


class Counter:
    """Subscribes and counts the events that come, in a thread."""

    def __init__(self, client, topic):
        self.client, self.numbers = client, []
        equal(client.ask(SUBSCRIBE, {}, topic)[0], SUBSCRIBED)
        self.thread = threading.Thread(target=self._count, daemon=True)
        self.thread.start()

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
