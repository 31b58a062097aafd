"""SOCKS5 to a host name, over a unix or TCP proxy address; blocking, and returns the connected socket."""
import socket
import struct
import time


class SocksRefused(OSError):
    def __init__(self, code):
        super().__init__(f"the SOCKS proxy answered 0x{code:02x}")
        self.code = code


def plain(address, timeout=10.0):
    """A connected socket to "/path", "unix:/path" or (host, port)."""
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    try:
        sock.connect(str(address).removeprefix("unix:"))
    except BaseException:
        sock.close()
        raise
    return sock


def _exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise OSError("the SOCKS proxy closed the connection")
        data += more
    return data


def connect_once(proxy, host, port, timeout=60.0, isolation=None):
    """One attempt. Different isolation texts make tor use different circuits."""
    sock = plain(proxy, timeout)
    try:
        if isolation:
            user = isolation.encode()
            sock.sendall(b"\x05\x01\x02")
            assert _exactly(sock, 2) == b"\x05\x02"
            sock.sendall(b"\x01" + bytes([len(user)]) + user + b"\x01x")
            assert _exactly(sock, 2) == b"\x01\x00"
        else:
            sock.sendall(b"\x05\x01\x00")
            assert _exactly(sock, 2) == b"\x05\x00"
        name = host.encode()
        sock.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack(">H", port))
        head = _exactly(sock, 4)
        if head[1]:
            raise SocksRefused(head[1])
        _exactly(sock, {1: 4, 4: 16}.get(head[3]) or _exactly(sock, 1)[0])
        _exactly(sock, 2)
    except BaseException:
        sock.close()
        raise
    return sock


def connect(proxy, host, port, timeout=60.0, isolation=None):
    """As connect_once, repeated while tor says that it cannot reach the service yet."""
    end = time.monotonic() + timeout
    while True:
        try:
            return connect_once(proxy, host, port, max(1.0, end - time.monotonic()), isolation)
        except SocksRefused:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
