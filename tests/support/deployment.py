"""A whole sallyport in a scratch directory: configuration, policy, principals, gateway and (when apart) the inside."""
import json
import os
import re

from support import autobahn_peer, processes, rawclient, socks
from support.runner import eventually

REALM = "observatory"
TICKETS = {"alice": ("operator", "correct horse battery"), "bob": ("guest", "staple of the week")}
EVERYTHING = ("call", "register", "subscribe", "publish")

OUTSIDE_RULES = '''
[[allow]]
id = "operators"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."

[[allow]]
id = "operators-gently"
roles = ["operator"]
actions = ["call"]
uri = ["lab.gently.nap"]
limits = { in_flight = 1, timeout = "1s", payload = "1KiB" }

[[allow]]
id = "operators-seldom"
roles = ["operator"]
actions = ["call"]
uri = ["lab.seldom.look"]
limits = { rate = "2/s" }

[[allow]]
id = "guests"
roles = ["guest"]
actions = ["call", "subscribe"]
uri = ["lab.look", "lab.weather"]

[[forbid]]
id = "nobody-powers-off"
roles = ["*"]
actions = ["call"]
uri = ["lab.power_off"]

[[test]]
as = { authid = "alice", role = "operator" }
call = "lab.slew"
expect = "allow operators"
'''

INSIDE_POLICY = '''realm = "observatory"

[auth]
anonymous = { role = "service" }

[[allow]]
id = "services-and-the-link"
roles = ["service", "gateway"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."

[[allow]]
id = "operators"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."

[[allow]]
id = "guests"
roles = ["guest"]
actions = ["call", "subscribe"]
uri = ["lab.look", "lab.weather"]

[[forbid]]
id = "second-door"
roles = ["operator", "guest"]
actions = ["call"]
uri = ["lab.only_within"]
'''


def sallyport(*words, timeout=20, **options):
    return processes.run([processes.binary(), *words], timeout=timeout, **options)


def write_principals(path, tickets):
    for authid, (role, ticket) in tickets.items():
        result = processes.run([processes.binary(), "principal", "add", path, authid, "--role", role, "--stdin"],
                               stdin=None, input=ticket + "\n")
        assert result.returncode == 0, result.stderr


class Deployment:
    """link: "embedded", "accept" (an inside of its own, on a unix socket or `link_address`) or "dial" (a router that is
    there already, named by the lines `backend`). Namespaces say where the two programs run."""

    def __init__(self, link="embedded", tor='mode = "off"', backend="", link_address=None, limits="",
                 gateway_namespace=None, inside_namespace=None, services="unix:run/services.sock", outside_rules=OUTSIDE_RULES,
                 name="gw", auth="", inside_limits=""):
        self.dir = processes.scratch(name)
        self.link, self.tor, self.backend, self.limits = link, tor, backend, limits
        self.link_address = link_address or f"unix:{self.dir}/link.sock"
        self.gateway_namespace, self.inside_namespace, self.services = gateway_namespace, inside_namespace, services
        self.outside_rules, self.gateway, self.inside, self.starts = outside_rules, None, None, 0
        self.auth = auth  # further lines of [auth] outside
        self.inside_limits = inside_limits
        self.state = self.dir / "state"
        self.inside_state = self.dir / "inside-state"
        self.local = self.state / "run/local.sock"
        self.front = self.state / "run/front.sock"
        self.pins = {}

    def pair(self):
        for end, state in (("gateway", self.state), ("inside", self.inside_state)):
            state.mkdir(mode=0o700, exist_ok=True)
            result = sallyport("link", "pair", "--dir", state / "link")
            assert result.returncode == 0, result.stderr
            self.pins[end] = re.search(r"sha256:[0-9a-f]{64}", result.stdout).group()

    def _backend(self):
        if self.link == "embedded":
            return 'kind = "embedded"\nconfig = "inside.toml"\n'
        if self.link == "dial":
            return 'kind = "dial"\n' + self.backend
        pin = f'peer_pin = "{self.pins["inside"]}"\n' if self.pins else ""
        return f'kind = "accept"\nlisten = "{self.link_address}"\n{pin}'

    def write(self):
        for state in (self.state, self.inside_state):
            state.mkdir(mode=0o700, exist_ok=True)
        if self.link_address.startswith("tcp:") and self.link == "accept" and not self.pins:
            self.pair()
        (self.dir / "gateway.toml").write_text(
            f'state_dir = "state"\nrealms = ["observatory.toml"]\n\n[listen]\nfront = "run/front.sock"\n'
            f'local = "run/local.sock"\nadmin = "run/admin.sock"\n\n[tor]\n{self.tor}\n\n'
            f'[limits]\n{self.limits}\n\n[[backend]]\nname = "inside"\n{self._backend()}')
        (self.dir / "observatory.toml").write_text(
            f'realm = "{REALM}"\n\n[auth]\nanonymous = {{ role = "guest" }}\nprincipals = "observatory.principals.toml"\n{self.auth}\n\n'
            f'[[route]]\nid = "lab"\nmatch = "prefix"\nuri = "lab."\nto = "inside"\n{self.outside_rules}')
        path = self.dir / "observatory.principals.toml"
        path.unlink(missing_ok=True)
        write_principals(path, TICKETS)
        pin = f'peer_pin = "{self.pins["gateway"]}"\n' if self.pins else ""
        link = f'[[link]]\ngateway = "{self.link_address}"\n{pin}' if self.link == "accept" else ""
        (self.dir / "inside.toml").write_text(
            f'state_dir = "inside-state"\nrealms = ["inside-observatory.toml"]\n\n[limits]\n{self.inside_limits}\n\n'
            f'[[listen]]\naddress = "unix:run/services.sock"\n' +
            (f'\n[[listen]]\naddress = "{self.services}"\n' if self.services.startswith("tcp:") else "") + "\n" + link)
        (self.dir / "inside-observatory.toml").write_text(INSIDE_POLICY)
        return self

    @property
    def services_path(self):
        return self.inside_state / "run/services.sock"

    def start_gateway(self, timeout=30, options=(), **process):
        self.starts += 1
        self.gateway = processes.Process([processes.binary(), "serve", "--config", self.dir / "gateway.toml", *options],
                                         "gateway", namespace=self.gateway_namespace, cwd=self.dir,
                                         log=self.dir / "gateway.log", **process)
        self.wait_local(timeout)
        return self

    def router_pid(self):
        """The process that is the inside's router: the child of the program."""
        program = self.inside or self.gateway
        return next(pid for pid, line in program.children() if " inside " in line)

    def wait_local(self, timeout=30):
        eventually(lambda: self._answers(self.gateway, self.local), "the gateway's local socket answers", timeout)

    def start_inside(self, timeout=15):
        self.inside = processes.Process([processes.binary(), "inside", "--config", self.dir / "inside.toml"],
                                        "inside", namespace=self.inside_namespace, cwd=self.dir,
                                        log=self.dir / "inside.log")
        eventually(lambda: self._answers(self.inside, self.services_path), "the inside's socket answers", timeout)
        return self

    def start(self):
        self.write()
        self.start_gateway()
        if self.link == "accept":
            self.start_inside()
        self.wait_link()
        return self

    @staticmethod
    def _answers(process, path):
        if not process.running():
            raise AssertionError(f"{process.name} ended with {process.popen.returncode}:\n{process.text()[-2000:]}")
        try:
            sock = socks.plain(path, 2)
        except OSError:
            return False
        try:
            rawclient.RawSocket(sock)
            return True
        except (rawclient.Closed, OSError):
            return False
        finally:
            sock.close()

    def wait_link(self, timeout=15):
        """Until a client may join, which it may not while an authenticator is replaced, and a call is answered by the far end and not for
        want of a link."""
        def joined():
            try:
                return self.raw("alice")
            except AssertionError:
                return None
        client = eventually(joined, "a client may join", timeout)

        def up():
            answer = client.call("lab.nothing.of.the.sort")
            return answer[4] not in ("wamp.error.unavailable", "wamp.error.network_failure")
        eventually(up, "the link is up", timeout)
        client.close()

    def link_status(self):
        """What `sallyport status` says of the link: its open calls, held messages and more."""
        result = sallyport("status", "--config", self.dir / "gateway.toml", "--json")
        assert result.returncode in (0, 1), result.stderr  # 1: it is down
        return json.loads(result.stdout)["front"]["links"][0]

    def raw(self, authid=None, serializer=rawclient.MSGPACK, websocket=False, roles=None):
        """A joined raw client at the local socket."""
        sock = socks.plain(self.local)
        transport = (rawclient.WebSocket if websocket else rawclient.RawSocket)(sock, serializer)
        client = rawclient.Client(transport, roles)
        answer = client.join(REALM, authid, TICKETS[authid][1]) if authid else client.join(REALM)
        assert answer[0] == rawclient.WELCOME, answer
        return client

    def raw_inside(self, serializer=rawclient.MSGPACK, roles=None, websocket=False):
        """A joined raw client at the inside's socket: a service."""
        transport = (rawclient.WebSocket if websocket else rawclient.RawSocket)(socks.plain(self.services_path), serializer)
        client = rawclient.Client(transport, roles)
        answer = client.join(REALM)
        assert answer[0] == rawclient.WELCOME, answer
        return client

    async def connect_outside(self, transport, authid="alice"):
        return await autobahn_peer.connect(socks.plain(self.local), transport, REALM, authid,
                                           TICKETS[authid][1] if authid else None)

    async def connect_inside(self, transport="rs-msgpack"):
        return await autobahn_peer.connect(socks.plain(self.services_path), transport, REALM)

    def processes_of_gateway(self):
        return [(self.gateway.pid, self.gateway.argv[0] + " serve")] + self.gateway.children()

    def stop(self):
        codes = []
        for process in (self.inside, self.gateway):
            if process:
                codes.append(process.stop(10))
        return codes

    def left_behind(self):
        return [entry for entry in processes.that_mention(self.dir) if entry[0] != os.getpid()]
