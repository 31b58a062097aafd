"""The two deployments of a soak, what is counted in them, and when everybody pauses."""
import contextlib
import json
import socket
import threading
import time
from collections import Counter

from support import processes, rawclient, socks
from support.crossbar import free_port
from support.deployment import INSIDE_POLICY, OUTSIDE_RULES, REALM, TICKETS, Deployment, sallyport
from support.peers import onion_socket
from support.runner import eventually

MORE_RULES = '''
[[allow]]
id = "kept"
roles = ["operator", "service", "gateway"]
actions = ["subscribe", "publish"]
match = "prefix"
uri = "lab.kept."
grants = ["retain"]
'''
SOMETIMES = '''
[[allow]]
id = "sometimes"
roles = ["guest"]
actions = ["call", "subscribe"]
uri = ["lab.sometimes"]
'''
GUESTS_INSIDE = SOMETIMES.replace("sometimes\"\nroles", "guests-too\"\nroles")
CAROL = ("operator", "only now and then")


class Relay:
    """A TCP port that leads to another, and can be cut: what dials it is refused then."""

    def __init__(self, to):
        self.to, self.port, self.open, self.listener = to, free_port(), [], None
        self.join()

    def join(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.to))
                self.open = [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 18):
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self):
        for each in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


class Gate:
    """Everybody passes it between two operations; when it is closed they pause there."""

    def __init__(self):
        self.condition, self.closed, self.ended = threading.Condition(), False, False
        self.waiting, self.actors = 0, 0

    def pause_at(self, seconds=0.0):
        """False once the soak has ended."""
        with self.condition:
            if seconds and not self.closed and not self.ended:
                self.condition.wait_for(lambda: self.closed or self.ended, seconds)
            self.waiting += 1
            self.condition.notify_all()
            self.condition.wait_for(lambda: not self.closed or self.ended)
            self.waiting -= 1
            return not self.ended

    def close(self, timeout):
        """Whether everybody has paused within that time."""
        with self.condition:
            self.closed = True
            self.condition.notify_all()
            return self.condition.wait_for(lambda: self.waiting == self.actors, timeout)

    def open(self, ended=False):
        with self.condition:
            self.closed, self.ended = False, ended
            self.condition.notify_all()


class Disturbances:
    """When the director has broken something: until it works again, and a second longer, errors are what is due."""

    GRACE = 1.0

    def __init__(self):
        self.since, self.over, self.count = None, -1e9, 0

    @contextlib.contextmanager
    def one(self):
        self.since, self.count = time.monotonic(), self.count + 1
        try:
            yield
        finally:
            self.since, self.over = None, time.monotonic() + self.GRACE

    def excuses(self, begin):
        """Something that began then and is over now."""
        return self.since is not None or begin <= self.over


class World:
    """A deployment under load. `tally` counts what was done, `wrong` keeps what must not happen."""

    def __init__(self, name, gate):
        self.name, self.gate, self.relay = name, gate, None
        self.tally, self.wrong, self.lock, self.disturbed = Counter(), [], threading.Lock(), Disturbances()
        tls = name == "tls"
        self.deployment = Deployment("accept" if tls else "embedded", name=f"soak-{name}",
                                     link_address=f"tcp:127.0.0.1:{free_port()}" if tls else None,
                                     outside_rules=OUTSIDE_RULES + MORE_RULES + SOMETIMES,
                                     limits="circuit_joins_per_second = 200\n")
        self.dir = self.deployment.dir

    def start(self):
        deployment = self.deployment
        deployment.write()
        self.set_policy(True)
        (self.dir / "inside-observatory.toml").write_text(INSIDE_POLICY + MORE_RULES + GUESTS_INSIDE)
        added = processes.run([processes.binary(), "principal", "add", self.dir / "observatory.principals.toml", "carol", "--role",
                               CAROL[0], "--stdin"], stdin=None, input=CAROL[1] + "\n")
        assert added.returncode == 0, added.stderr
        if self.name == "tls":
            port = int(deployment.link_address.rsplit(":", 1)[1])
            self.relay = Relay(port)
            inside = self.dir / "inside.toml"
            inside.write_text(inside.read_text().replace(f":{port}\"", f":{self.relay.port}\""))
        deployment.start_gateway()
        if self.name == "tls":
            deployment.start_inside()
        deployment.wait_link()

    def set_policy(self, sometimes):
        path = self.dir / "observatory.toml"
        text = path.read_text().replace(SOMETIMES, "")
        path.write_text(text + (SOMETIMES if sometimes else ""))

    def command(self, *words, config="gateway.toml"):
        return sallyport(*words, "--config", self.dir / config, timeout=90)

    def count(self, what):
        with self.lock:
            self.tally[what] += 1

    def fault(self, text):
        """What must not happen."""
        with self.lock:
            self.wrong.append(f"{time.strftime('%H:%M:%S')} {self.name}: {text}")
            if len(self.wrong) <= 20:
                print(f"  WRONG {self.wrong[-1]}", flush=True)

    def client(self, authid, websocket, serializer, circuit=None, timeout=20.0, roles=None):
        """A joined client: at the local socket, or as tor connects one that comes over that circuit."""
        sock = socks.plain(self.deployment.local) if circuit is None else onion_socket(self.deployment.front, circuit)
        try:
            kind = rawclient.WebSocket if websocket else rawclient.RawSocket
            client = rawclient.Client(kind(sock, serializer, timeout=timeout), roles)
            ticket = {**TICKETS, "carol": CAROL}[authid][1] if authid else None
            answer = client.join(REALM, authid, ticket)
            if answer[0] != rawclient.WELCOME:
                raise rawclient.Closed(f"not admitted: {answer}")
            return client
        except BaseException:
            sock.close()
            raise

    def have_memory_returned(self):
        """A spike, after which both doors return to the system what is free: what is measured then is what is used. Three half
        messages of 3 MiB are held, and go with their connections."""
        for join in (lambda: self.client("alice", False, rawclient.MSGPACK), self.deployment.raw_inside):
            clients = [join() for _ in range(3)]
            for client in clients:
                client.transport.sock.sendall(client.transport.frame(bytes(3 << 20))[:-1])
            for client in clients:
                client.close()

    def processes(self):
        """(name, pid) of each process that is measured."""
        deployment = self.deployment
        found = [("supervisor", deployment.gateway.pid), ("worker", self._child(deployment.gateway, " worker ")),
                 ("authenticator", self._child(deployment.gateway, " authenticator --config ")),
                 ("inside", deployment.router_pid()),
                 ("inside's authenticator", self._child(deployment.inside or deployment.gateway, " authenticator --inside "))]
        if deployment.inside:
            found.append(("inside's supervisor", deployment.inside.pid))
        return found

    @staticmethod
    def _child(process, word):
        return next(pid for pid, line in process.children() if word in line)

    def front(self):
        told = self.command("status", "--json")
        assert told.returncode in (0, 1), told.stderr  # 1: a link is down
        return json.loads(told.stdout)["front"]

    def wait_quiet(self, sessions):
        """Until only those who stay are there, and nothing is under way; what is left otherwise is a fault."""
        seen = {}

        def quiet():
            seen.update(self.front())
            link = seen["links"][0]
            return seen["sessions"] == sessions and seen["connections"] == sessions and link["calls"] == 0 and link["held"] == 0
        try:
            eventually(quiet, "quiet", 15, 0.2)
        except AssertionError:
            self.fault(f"not quiet, with {sessions} sessions that should be there: {json.dumps(seen)}")
