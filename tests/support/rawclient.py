"""A WAMP client that sends what it is told, byte for byte: RawSocket and WebSocket, blocking, on a connected socket."""
import base64
import hashlib
import json
import os
import struct

import cbor2
import msgpack

JSON, MSGPACK, CBOR = 1, 2, 3
NAMES = {JSON: "json", MSGPACK: "msgpack", CBOR: "cbor"}
HELLO, WELCOME, ABORT, CHALLENGE, AUTHENTICATE, GOODBYE, ERROR = 1, 2, 3, 4, 5, 6, 8
PUBLISH, PUBLISHED, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE, UNSUBSCRIBED, EVENT = 16, 17, 32, 33, 34, 35, 36
CALL, CANCEL, RESULT, REGISTER, REGISTERED, UNREGISTER, UNREGISTERED = 48, 49, 50, 64, 65, 66, 67
INVOCATION, INTERRUPT, YIELD = 68, 69, 70

ROLES = {"caller": {"features": {"progressive_call_results": True, "call_canceling": True}},
         "callee": {"features": {"call_canceling": True}}, "publisher": {}, "subscriber": {}}
PASSTHRU_ROLES = {role: {"features": {**details.get("features", {}), "payload_passthru_mode": True}}
                  for role, details in ROLES.items()}


class Closed(Exception):
    """The peer closed the connection."""


def _binary_as_text(data):
    return "\0" + base64.b64encode(data).decode()


def binary(value):
    """The bytes that the value stands for, whichever serializer said it; nothing if it stands for none."""
    if isinstance(value, str) and value.startswith("\0"):
        return base64.b64decode(value[1:], validate=True)
    return value if isinstance(value, bytes) else None


def encode(serializer, message):
    if serializer == JSON:
        return json.dumps(message, separators=(",", ":"), ensure_ascii=False, default=_binary_as_text).encode()
    return cbor2.dumps(message) if serializer == CBOR else msgpack.packb(message)


def decode(serializer, data):
    if serializer == JSON:
        return json.loads(data)
    return cbor2.loads(data) if serializer == CBOR else msgpack.unpackb(data, strict_map_key=False)


class _Stream:
    def __init__(self, sock, timeout=15.0):
        self.sock, self.buffer = sock, b""
        sock.settimeout(timeout)

    def exactly(self, count):
        while len(self.buffer) < count:
            try:
                more = self.sock.recv(max(65536, count - len(self.buffer)))
            except ConnectionResetError:
                more = b""
            if not more:
                raise Closed(f"closed with {len(self.buffer)} of {count} bytes")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def line(self):
        data = b""
        while not data.endswith(b"\r\n"):
            data += self.exactly(1)
        return data

    def at_end(self, timeout=5.0):
        """True once the peer has closed; False if it sends or keeps the connection open."""
        self.sock.settimeout(timeout)
        try:
            self.exactly(1)
            return False
        except Closed:
            return True
        except TimeoutError:
            return False


class RawSocket:
    """Frames over RawSocket."""

    def __init__(self, sock, serializer=MSGPACK, length=15, timeout=15.0, handshake=True):
        self.stream, self.serializer, self.sock = _Stream(sock, timeout), serializer, sock
        if handshake:
            sock.sendall(bytes([0x7F, length << 4 | serializer, 0, 0]))
            reply = self.stream.exactly(4)
            assert reply[0] == 0x7F and reply[1] & 15 == serializer and reply[2:] == b"\0\0", reply.hex()
            self.peer_max = 1 << (9 + (reply[1] >> 4))

    def frame(self, data, kind=0):
        return struct.pack(">I", kind << 24 | len(data)) + data

    def send_bytes(self, data, kind=0):
        self.sock.sendall(self.frame(data, kind))

    def receive_bytes(self):
        while True:
            head = struct.unpack(">I", self.stream.exactly(4))[0]
            data = self.stream.exactly(head & 0xFFFFFF)
            kind = head >> 24
            if kind == 0:
                return data
            if kind == 1:
                self.send_bytes(data, 2)
            elif kind != 2:
                raise AssertionError(f"frame of type {kind}")


class WebSocket:
    """Messages over WebSocket, client side, without extensions."""

    def __init__(self, sock, serializer=JSON, timeout=15.0, host="localhost", path="/", batched=False):
        self.stream, self.serializer, self.sock = _Stream(sock, timeout), serializer, sock
        key = base64.b64encode(os.urandom(16)).decode()
        protocol = "wamp.2." + NAMES[serializer] + ".batched" * batched
        sock.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                      f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        self.status = self.stream.line().decode()
        self.headers = {}
        while (line := self.stream.line()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            self.headers[name.strip().lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert " 101 " in self.status, self.status
        assert self.headers["sec-websocket-accept"] == accept.decode()
        assert self.headers["sec-websocket-protocol"] == protocol

    def frame_of(self, opcode, data, final=True):
        mask = os.urandom(4)
        length = len(data)
        if length < 126:
            head = bytes([0x80 * final | opcode, 0x80 | length])
        elif length < 65536:
            head = bytes([0x80 * final | opcode, 0xFE]) + struct.pack(">H", length)
        else:
            head = bytes([0x80 * final | opcode, 0xFF]) + struct.pack(">Q", length)
        repeated = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(length, "big")
        return head + mask + masked

    def send_frame(self, opcode, data, final=True):
        self.sock.sendall(self.frame_of(opcode, data, final))

    def frame(self, data):
        return self.frame_of(1 if self.serializer == JSON else 2, data)

    def send_bytes(self, data):
        self.sock.sendall(self.frame(data))

    def receive_bytes(self):
        message = b""
        while True:
            first, length = self.stream.exactly(2)
            if length == 126:
                length = struct.unpack(">H", self.stream.exactly(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.stream.exactly(8))[0]
            data = self.stream.exactly(length)
            opcode = first & 15
            if opcode == 8:
                raise Closed(f"close frame {data[:2].hex()}")
            if opcode == 9:
                self.send_frame(10, data)
            elif opcode < 3:
                message += data
                if first & 0x80:
                    return message


class Client:
    """A session on one of the transports above. Requests are numbered from 1."""

    def __init__(self, transport, roles=None):
        self.transport, self.request, self.session, self.details = transport, 0, None, None
        self.roles = roles or ROLES

    def send(self, *message):
        self.transport.send_bytes(encode(self.transport.serializer, list(message)))

    def receive(self):
        return decode(self.transport.serializer, self.transport.receive_bytes())

    def hello(self, realm, **details):
        self.send(HELLO, realm, {"roles": self.roles, **details})

    def join(self, realm, authid=None, ticket=None):
        """WELCOME, or the ABORT that came instead, as a message."""
        if ticket is not None:
            self.hello(realm, authid=authid, authmethods=["ticket"])
            answer = self.receive()
            if answer[0] == CHALLENGE:
                assert answer[1] == "ticket", answer
                self.send(AUTHENTICATE, ticket, {})
                answer = self.receive()
        else:
            self.hello(realm)
            answer = self.receive()
        if answer[0] == WELCOME:
            self.session, self.details = answer[1], answer[2]
        return answer

    def next_request(self):
        self.request += 1
        return self.request

    def ask(self, code, *rest):
        """Sends a request with a new id in second place and returns the first message that is not an EVENT."""
        self.send(code, self.next_request(), *rest)
        return self.answer()

    def answer(self):
        while (message := self.receive())[0] == EVENT:
            pass
        return message

    def call(self, procedure, *args, **kwargs):
        rest = ([list(args)] + ([kwargs] if kwargs else [])) if args or kwargs else []
        return self.ask(CALL, {}, procedure, *rest)

    def closed(self, timeout=5.0):
        return self.transport.stream.at_end(timeout)

    def close(self):
        self.transport.sock.close()
