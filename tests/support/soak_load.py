"""The clients and services of a soak. Each checks every answer; what the director has broken meanwhile excuses errors."""
import contextlib
import random
import socket
import threading
import time
import traceback

from support import rawclient, socks
from support.deployment import TICKETS
from support.peers import leave, onion_socket
from support.rawclient import (CALL, CANCEL, ERROR, EVENT, GOODBYE, INTERRUPT, INVOCATION, JSON, MSGPACK, PUBLISH, PUBLISHED,
                               REGISTER, REGISTERED, RESULT, SUBSCRIBE, SUBSCRIBED, YIELD)

LOST = (rawclient.Closed, OSError)  # a timeout is an OSError as well
SIZES = (0,) * 20 + (30,) * 30 + (1_000,) * 20 + (10_000,) * 10 + (100_000,) * 5 + (1_000_000,)
TEXT = "".join(chr(c) for c in range(0x20, 0x17F) if c not in (0x22, 0x5C)) * 4000
CIRCUITS, GUESSERS = range(1, 150), range(1000, 1040)
SERVICE_ROLES = {"callee": {"features": {"progressive_call_results": True, "call_canceling": True}}}
SLOW_ROLES = {"caller": {}, "subscriber": {"features": {"subscription_revocation": True}}}
WHILE_DISTURBED = {"wamp.error.network_failure", "wamp.error.unavailable", "wamp.error.no_such_procedure", "wamp.error.canceled"}


class Actor(threading.Thread):
    """Does one thing after another, each between two passes of the gate. `sessions`: how many of the gateway it has there."""

    pause = 0.1

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.dice, self.client = world, random.Random(seed), None

    @property
    def sessions(self):
        return 1 if self.client else 0

    @property
    def sessions_inside(self):
        return 0

    def run(self):
        gate = self.world.gate
        try:
            while gate.pause_at(self.dice.uniform(0.5, 1.5) * self.pause):
                self.attempt()
            if self.client:
                self.client.close()
        except BaseException:  # noqa: BLE001  the text is the result
            self.world.fault(f"{type(self).__name__} gave up: {traceback.format_exc()}")
            with gate.condition:
                gate.actors -= 1
                gate.condition.notify_all()

    def attempt(self):
        begin = time.monotonic()
        try:
            self.turn()
        except LOST as error:
            self.drop()
            if self.world.disturbed.excuses(begin):
                self.world.count("lost while disturbed")
            else:
                self.world.fault(f"{type(self).__name__}: {error!r} after {time.monotonic() - begin:.1f} s in {self.doing()}")

    def doing(self):
        return "its turn"

    def drop(self):
        if self.client:
            self.client.close()
        self.client = None

    def joined(self, authid, roles=None):
        """A client in any of the ways."""
        circuit = self.dice.choice(CIRCUITS) if self.dice.random() < 0.6 else None
        return self.world.client(authid, self.dice.random() < 0.5, self.dice.choice((JSON, MSGPACK)), circuit, roles=roles)


class Caller(Actor):
    """Calls of all kinds and sizes, one at a time or some at once."""

    pause = 0.2

    def __init__(self, world, seed, authid):
        super().__init__(world, seed)
        self.authid, self.what = authid, None

    def doing(self):
        return str(self.what)

    def turn(self):
        if not self.client or self.dice.random() < 0.02:
            self.drop()
            self.client = self.joined(self.authid)
        kinds = (self.echo, self.many, self.denied) if self.authid != "alice" else \
            (self.echo, self.echo, self.echo, self.many, self.progress, self.failing, self.cancelled, self.nothing, self.outer)
        self.what = self.dice.choice(kinds)
        self.what()

    def exchange(self, *calls):
        """Sends calls (options, procedure, arguments, a function that says what is wrong with the final answer, given the
        progressive results), and reads until each is answered."""
        begin, due = time.monotonic(), {}
        for options, procedure, arguments, check in calls:
            request = self.client.next_request()
            self.client.send(CALL, request, options, procedure, arguments)
            due[request] = (check, [], procedure)
        self.collect(begin, due)

    def collect(self, begin, due):
        while due:
            message = self.client.receive()
            request = message[2] if message[0] == ERROR else message[1]
            if message[0] not in (RESULT, ERROR) or request not in due:
                self.world.fault(f"not an answer that is due: {str(message)[:200]}")
                return
            check, progress, procedure = due[request]
            if message[0] == RESULT and message[2].get("progress"):
                progress.append(message[3])
                continue
            del due[request]
            trouble = check(message, progress)
            if message[0] == ERROR:
                self.world.count(message[4])
            self.world.count("calls")
            if not trouble:
                continue
            if message[0] == ERROR and message[4] in WHILE_DISTURBED and self.world.disturbed.excuses(begin):
                self.world.count("failed while disturbed")
            else:
                self.world.fault(f"{procedure}: {trouble}: {str(message)[:200]}")

    def an_echo(self, procedure):
        size = self.dice.choice(SIZES)
        start = self.dice.randrange(1000)
        due = [self.dice.getrandbits(50), TEXT[start:start + size], {"deep": [1.5, None, True, -2 ** 40]}]
        return {}, procedure, due, lambda m, _: None if m[0] == RESULT and m[3] == due else "changed"

    def echo(self):
        self.exchange(self.an_echo("lab.echo" if self.authid == "alice" else "lab.look"))

    def many(self):
        self.exchange(*(self.an_echo("lab.look") for _ in range(self.dice.randrange(2, 12))))

    def outer(self):
        self.exchange(self.an_echo("lab.outer"))

    def progress(self):
        count = self.dice.randrange(1, 30)
        self.exchange(({"receive_progress": True}, "lab.progress", [count], lambda m, progress: None if m[0] == RESULT and
                       progress == [[n] for n in range(count)] and m[3] == [count] else f"of {count} came {len(progress)}"))

    def failing(self):
        number = self.dice.getrandbits(30)
        self.exchange(({}, "lab.fail", [number], self.error("lab.error.jammed", [number])))

    def denied(self):
        self.exchange(({}, "lab.echo", [1], self.error("wamp.error.not_authorized")))

    def nothing(self):
        self.exchange(({}, "lab.nothing.of.the.sort", [1], self.error("wamp.error.no_such_procedure")))

    @staticmethod
    def error(uri, arguments=None):
        return lambda m, _: None if m[0] == ERROR and m[4] == uri and (arguments is None or m[5] == arguments) else f"not {uri}"

    def cancelled(self):
        begin, request = time.monotonic(), self.client.next_request()
        self.client.send(CALL, request, {}, "lab.slow", [1])
        self.client.send(CANCEL, request, {"mode": self.dice.choice(("kill", "killnowait"))})
        self.collect(begin, {request: (self.error("wamp.error.canceled"), [], "lab.slow")})


class Resident(threading.Thread):
    """Stays connected until end(), and comes back whenever its connection ends."""

    def __init__(self, world, seed, outside):
        super().__init__(daemon=True)
        self.world, self.dice, self.outside = world, random.Random(seed), outside
        self.client, self.ended = None, False

    def end(self):
        self.ended = True
        if self.client:
            leave(self.client)


class Service(Resident):
    """Answers calls. `spoil`: what to do wrong, once in 300 calls."""

    def __init__(self, world, seed, procedures, outside=False, spoil=None):
        super().__init__(world, seed, outside)
        self.procedures, self.spoil = procedures, spoil
        self.ready, self.calls = threading.Event(), 0

    def run(self):
        while not self.ended:
            with contextlib.suppress(*LOST):
                websocket, serializer = self.dice.random() < 0.5, self.dice.choice((JSON, MSGPACK))
                if self.outside:
                    self.client = self.world.client("alice", websocket, serializer, roles=SERVICE_ROLES)
                else:
                    self.client = self.world.deployment.raw_inside(serializer, SERVICE_ROLES, websocket)
                self.serve(self.client)
            self.ready.clear()
            if self.client:
                self.client.close()
            time.sleep(0.05)

    def serve(self, client):
        names, slow = {}, set()
        for procedure in self.procedures:  # an earlier connection may still be leaving
            while (answer := client.ask(REGISTER, {}, procedure))[0] != REGISTERED:
                time.sleep(0.05)
            names[answer[2]] = procedure
        client.transport.sock.settimeout(None)
        self.ready.set()
        while True:
            message = client.receive()
            if message[0] == INTERRUPT and message[1] in slow:
                slow.discard(message[1])
                client.send(ERROR, INVOCATION, message[1], {}, "wamp.error.canceled")
            elif message[0] == INVOCATION:
                self.answer(client, message[1], names[message[2]], message[4], slow)

    def answer(self, client, request, procedure, arguments, slow):
        self.calls += 1
        if self.spoil and self.calls % 300 == 0:
            if self.spoil == "missing":
                return
            arguments = [0]
        if procedure == "lab.slow":
            slow.add(request)
        elif procedure == "lab.fail":
            client.send(ERROR, INVOCATION, request, {}, "lab.error.jammed", arguments)
        elif procedure == "lab.progress":
            for number in range(arguments[0]):
                client.send(YIELD, request, {"progress": True}, [number])
            client.send(YIELD, request, {}, arguments)
        else:
            client.send(YIELD, request, {}, arguments)

    def restart(self):
        self.ready.clear()
        leave(self.client)


class Publisher(Actor):
    """Numbered events of one name, half of them acknowledged, from outside or inside."""

    pause = 0.2

    def __init__(self, world, seed, name, outside):
        super().__init__(world, seed)
        self.name, self.outside, self.number = name, outside, 0

    @property
    def sessions(self):
        return 1 if self.client and self.outside else 0

    @property
    def sessions_inside(self):
        return 1 if self.client and not self.outside else 0

    def turn(self):
        if not self.client:
            self.client = self.joined("alice") if self.outside else self.world.deployment.raw_inside()
        self.number += 1
        acknowledge = self.dice.random() < 0.5
        self.client.send(PUBLISH, self.client.next_request(), {"acknowledge": True} if acknowledge else {}, "lab.weather",
                         [self.name, self.number, "x" * self.dice.choice((0, 100, 5000))])
        if acknowledge and (answer := self.client.answer())[0] != PUBLISHED:
            if answer[0] != ERROR or answer[4] not in WHILE_DISTURBED or not self.world.disturbed.excuses(time.monotonic() - 5):
                self.world.fault(f"not PUBLISHED: {answer}")


class Subscriber(Resident):
    """Gets each event of each publisher once, in order and without a gap, except where something was disturbed."""

    def __init__(self, world, seed, authid, outside=True, match="exact"):
        super().__init__(world, seed, outside)
        self.authid, self.match, self.last, self.heard = authid, match, {}, {}

    @property
    def sessions(self):
        return 1 if self.client and self.outside else 0

    @property
    def sessions_inside(self):
        return 1 if self.client and not self.outside else 0

    def run(self):
        while not self.ended:
            begin = time.monotonic()
            try:
                websocket, serializer = self.dice.random() < 0.5, self.dice.choice((JSON, MSGPACK))
                client = self.world.client(self.authid, websocket, serializer, self.dice.choice(CIRCUITS)) if self.outside else \
                    self.world.deployment.raw_inside(serializer, websocket=websocket)
                client.transport.sock.settimeout(None)
                self.client = client
                self.listen(client)
            except LOST as error:
                if not self.ended and not self.world.disturbed.excuses(begin):
                    self.world.fault(f"Subscriber: {error!r}")
            if self.client:
                self.client.close()
            self.client = None

    def listen(self, client):
        answer = client.ask(SUBSCRIBE, {} if self.match == "exact" else {"match": self.match}, "lab.weather")
        if answer[0] != SUBSCRIBED:
            time.sleep(0.1)
            raise rawclient.Closed(f"not SUBSCRIBED: {answer}")
        self.last = {}
        while True:
            message = client.receive()
            if message[0] != EVENT:
                raise rawclient.Closed(f"not an event: {message}")
            self.hear(*message[4][:2])

    def hear(self, name, number):
        before, now = self.last.get(name), time.monotonic()
        if before is not None and number != before + 1:
            if number <= before or not self.world.disturbed.excuses(self.heard[name]):
                self.world.fault(f"Subscriber: event {number} of {name} came after {before}")
        self.last[name], self.heard[name] = number, now
        self.world.count("events")


class Churner(Actor):
    """Clients that come and go in every way."""

    pause = 0.3

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.kept, self.what, self.own = {}, None, f"lab.kept.{seed}"  # nobody else publishes there

    def doing(self):
        return str(self.what)

    def turn(self):
        self.what = self.dice.choice((self.visits, self.vanishes, self.vanishes_with_all_it_has, self.breaks_off, self.guesses,
                                      self.keeps, self.asks_for_what_is_kept))
        self.what()
        self.world.count("visitors")

    def visits(self):
        client = self.joined(self.dice.choice((None, "bob", "alice")))
        with contextlib.closing(client):
            answer = client.call("lab.look", "hello")
            if answer[0] != RESULT and not (answer[4] in WHILE_DISTURBED and self.world.disturbed.excuses(time.monotonic() - 5)):
                self.world.fault(f"a visitor's call: {answer}")
            client.send(GOODBYE, {}, "wamp.close.close_realm")
            if (answer := client.answer())[0] != GOODBYE:
                self.world.fault(f"not GOODBYE: {answer}")

    def vanishes(self):
        client = self.joined("alice")
        client.send(CALL, client.next_request(), {}, "lab.slow", [1])
        client.close()

    def vanishes_with_all_it_has(self):
        client = self.joined("alice")
        for code, uri in ((REGISTER, f"lab.temporary.{self.dice.getrandbits(40):x}"), (SUBSCRIBE, "lab.weather"), (SUBSCRIBE, "lab.bulk")):
            client.send(code, client.next_request(), {}, uri)
        if self.dice.random() < 0.5:
            client.answer()
        client.transport.sock.sendall(client.transport.frame(b"x" * 5000)[:self.dice.randrange(1, 4000)])
        client.close()

    def breaks_off(self):
        sock = onion_socket(self.world.deployment.front, self.dice.choice(CIRCUITS)) if self.dice.random() < 0.5 else \
            socks.plain(self.world.deployment.local)
        with contextlib.closing(sock), contextlib.suppress(ConnectionError):
            sock.sendall(self.dice.choice((b"", b"\x7f", b"\x7f\xf1\x00\x00", b"GET / HTTP/1.1\r\nHost: a\r\n", b"GET /\r\n\r\n",
                                           b"\x7f\xf2\x00\x00\x00\x00\x00\x10abc", b"nonsense\r\n\r\n")))

    def guesses(self):
        """On a circuit of those who guess, so that it waits for its own part only."""
        sock = onion_socket(self.world.deployment.front, self.dice.choice(GUESSERS))
        with contextlib.closing(sock), contextlib.suppress(TimeoutError, rawclient.Closed):
            client = rawclient.Client(rawclient.RawSocket(sock, timeout=1.0))
            answer = client.join("observatory", self.dice.choice((*TICKETS, "nobody")), "wrong")
            if answer[0] != rawclient.ABORT:
                self.world.fault(f"a guess was answered with {answer}")

    def keeps(self):
        client = self.joined("alice")
        with contextlib.closing(client):
            topic, number, count = f"{self.own}.{self.dice.randrange(4)}", self.dice.getrandbits(40), self.world.disturbed.count
            self.kept.pop(topic, None)
            answer = client.ask(PUBLISH, {"acknowledge": True, "retain": True}, topic, [number, "x" * 5000])
            if answer[0] == PUBLISHED:
                self.kept[topic] = (number, count)
            elif not self.world.disturbed.excuses(time.monotonic() - 5):
                self.world.fault(f"not PUBLISHED: {answer}")

    def asks_for_what_is_kept(self):
        if not self.kept:
            return
        topic = self.dice.choice(list(self.kept))
        number, count = self.kept[topic]
        client = self.joined("alice")
        with contextlib.closing(client):
            request = client.next_request()
            client.send(SUBSCRIBE, request, {"get_retained": True}, topic)
            if client.receive()[0] != SUBSCRIBED or count != self.world.disturbed.count:
                return
            got = client.receive()
            if got[0] != EVENT or not got[3].get("retained") or got[4][0] != number:
                self.world.fault(f"{topic}: {number} is kept and this came: {str(got)[:100]}")
            self.world.count("kept events")


class Bulk(Actor):
    """Large events, at times many at once."""

    pause = 0.2

    def turn(self):
        if not self.client:
            self.client = self.joined("alice")
        for _ in range(250 if self.dice.random() < 0.01 else 1):
            self.client.send(PUBLISH, self.client.next_request(), {}, "lab.bulk", ["x" * 20_000])


class SlowReader(Actor):
    """Does not read for some seconds; then everything comes that waits for it, and the answer to a call behind that."""

    pause = 1.0

    def turn(self):
        client = self.joined("alice", SLOW_ROLES)
        with contextlib.closing(client):
            client.transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            client.ask(SUBSCRIBE, {}, "lab.bulk")
            begin = time.monotonic()
            time.sleep(self.dice.uniform(2, 5))
            client.send(CALL, client.next_request(), {}, "lab.echo", ["late"])
            while (message := client.receive())[0] not in (RESULT, ERROR):
                self.world.count("events read late" if message[0] == EVENT else "subscriptions ended for a slow reader")
            if message[0] == ERROR and not self.world.disturbed.excuses(begin):
                self.world.fault(f"a slow reader's call: {message}")
