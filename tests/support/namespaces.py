"""Network namespaces joined by veth pairs, with firewall rules; needs root, ip and nft."""
import contextlib
import os
import socket

from support import processes


class Namespaces:
    """Namespaces with unique names, removed by close(). `lo` stays down unless asked for."""

    def __init__(self, prefix="sp"):
        self.prefix, self.names, self.pairs = f"{prefix}{os.getpid()}", [], 0

    def name(self, short):
        return f"{self.prefix}-{short}"

    def _ip(self, *words):
        result = processes.run([processes.tool("ip"), *words])
        if result.returncode:
            raise RuntimeError(f"ip {' '.join(words)}: {result.stderr.strip()} (the tests with namespaces need root)")

    def add(self, short, loopback=False):
        name = self.name(short)
        self._ip("netns", "add", name)
        self.names.append(name)
        if loopback:
            self._ip("-n", name, "link", "set", "lo", "up")
        return name

    def join(self, a, address_a, b, address_b):
        """A veth pair between two of them, with addresses such as 10.81.0.1/24; the names of its ends."""
        self.pairs += 1
        end_a, end_b = f"v{self.pairs}a", f"v{self.pairs}b"
        self._ip("link", "add", end_a, "netns", a, "type", "veth", "peer", "name", end_b, "netns", b)
        for name, end, address in ((a, end_a, address_a), (b, end_b, address_b)):
            self._ip("-n", name, "addr", "add", address, "dev", end)
            self._ip("-n", name, "link", "set", end, "up")
        return end_a, end_b

    def cut(self, name, end, down):
        """Takes one end of a pair down, or up again: packets vanish, connections stay."""
        self._ip("-n", name, "link", "set", end, "down" if down else "up")

    def firewall(self, name, rules):
        result = processes.run([processes.tool("ip"), "netns", "exec", name, processes.tool("nft"), rules])
        if result.returncode:
            raise RuntimeError(f"nft: {result.stderr.strip()}")

    def run(self, name, *argv, timeout=20):
        return processes.run([processes.tool("ip"), "netns", "exec", name, *argv], timeout=timeout)

    def close(self):
        for name in self.names:
            with contextlib.suppress(Exception):
                self._ip("netns", "del", name)


def connect_from(namespace, address, timeout=3.0):
    """Tries a TCP connection from within a namespace: "connected", or the error's name."""
    pid_end, our_end = os.pipe()
    child = os.fork()
    if child == 0:
        word = "failed"
        try:
            processes.enter_namespace(namespace)
            with socket.create_connection(address, timeout):
                word = "connected"
        except OSError as error:
            word = type(error).__name__
        os.write(our_end, word.encode())
        os._exit(0)
    os.close(our_end)
    word = os.read(pid_end, 100).decode()
    os.close(pid_end)
    os.waitpid(child, 0)
    return word
