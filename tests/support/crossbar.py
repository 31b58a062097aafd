"""Crossbar from its own Python environment, one router worker, as a real internal router."""
import json
import os
import pathlib
import socket
import time

from support import processes

ALLOW_ALL = [{"uri": "", "match": "prefix", "allow": dict.fromkeys(("call", "register", "publish", "subscribe"), True),
              "disclose": {"caller": False, "publisher": False}, "cache": True}]


def program():
    path = pathlib.Path(os.environ.get("SALLYPORT_VENV", "")) / "crossbar/bin/crossbar"
    if not path.exists():
        raise RuntimeError(f"{path} is not there: run deploy/install-dependencies --tests")
    return path


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Crossbar:
    """One node with one realm; listens on 127.0.0.1 (port) and a unix socket (path): RawSocket, and WebSocket on TCP.

    tickets: {authid: ticket}; without any, anonymous sessions may do all. rlinks: as in Crossbar's configuration.
    """

    def __init__(self, realm="realm1", tickets=None, rlinks=None, trusted=None, name="crossbar"):
        self.dir = processes.scratch("cb")
        self.port, self.path = free_port(), self.dir / "router.sock"
        self.realm, self.tickets, self.rlinks, self.trusted, self.name = realm, tickets, rlinks, trusted, name
        self.config = None  # the text of a whole configuration, instead of our own

    def _auth(self):
        auth = {"anonymous": {"type": "static", "role": "anonymous"}}
        if self.tickets:
            auth = {"ticket": {"type": "static", "principals": {
                authid: {"ticket": ticket, "role": "anonymous"} for authid, ticket in self.tickets.items()}}}
        if self.trusted:
            auth["cryptosign"] = {"type": "static", "principals": {
                "link": {"realm": self.realm, "role": "rlink", "authorized_keys": list(self.trusted)}}}
        return auth

    def _config(self):
        auth = self._auth()
        realm = {"name": self.realm, "roles": [{"name": "anonymous", "permissions": ALLOW_ALL},
                                               {"name": "rlink", "permissions": ALLOW_ALL}]}
        if self.rlinks:
            realm["rlinks"] = self.rlinks
        tcp = {"type": "tcp", "interface": "127.0.0.1", "port": self.port}
        transports = [
            {"type": "universal", "endpoint": tcp,
             "rawsocket": {"serializers": ["msgpack", "json", "cbor"], "auth": auth, "options": {"max_message_size": 16777216}},
             "websocket": {"ws": {"type": "websocket", "serializers": ["json", "msgpack"], "auth": auth}}},
            {"type": "rawsocket", "endpoint": {"type": "unix", "path": str(self.path)}, "auth": auth,
             "serializers": ["msgpack", "json", "cbor"], "options": {"max_message_size": 16777216}}]
        return {"version": 2, "controller": {}, "workers": [
            {"type": "router", "id": "worker1", "realms": [realm], "transports": transports}]}

    def start(self):
        (self.dir / "config.json").write_text(self.config or json.dumps(self._config()))
        self.path.unlink(missing_ok=True)
        log = self.dir / "log"
        before = log.stat().st_size if log.exists() else 0
        self.process = processes.Process(
            [program(), "start", "--cbdir", self.dir, "--loglevel", "info"], self.name, cwd=self.dir,
            log=log)
        end = time.monotonic() + 60
        while "NODE_BOOT_COMPLETE" not in self.process.text()[before:]:
            if not self.process.running() or time.monotonic() > end:
                raise RuntimeError(f"crossbar did not start:\n{self.process.text()[-3000:]}")
            time.sleep(0.1)
        return self

    def public_key(self):
        """The node's key, which it makes at its first start."""
        for line in (self.dir / "key.pub").read_text().splitlines():
            if line.startswith("public-key-ed25519:"):
                return line.split(":")[1].strip()
        raise RuntimeError("no key in key.pub")

    def pids(self):
        return [self.process.pid] + [pid for pid, _ in self.process.children()]

    def worker(self):
        return [pid for pid, line in self.process.children() if "worker" in line]

    def stop(self):
        for pid, _ in self.process.children():
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                pass
        self.process.stop(10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
