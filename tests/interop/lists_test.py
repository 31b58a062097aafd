"""The six lists of receivers in all directions: two gateways on one inside, over an embedded link and a TLS link. Every publisher
names sessions by the numbers that it was told."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, write_principals  # noqa: E402
from support.rawclient import EVENT, PUBLISH, PUBLISHED, SUBSCRIBE, SUBSCRIBED  # noqa: E402
from support.runner import Suite, equal  # noqa: E402
from support.crossbar import free_port  # noqa: E402

suite = Suite("lists")
TICKETS.update(ann=("reader", "the ticket of ann"), ben=("writer", "the ticket of ben"), cas=("reader", "the ticket of cas"),
               dan=("writer", "the ticket of dan"), pia=("speaker", "the ticket of pia"))
SERVICES = {"clock": ("timer", "the ticket of clock"), "dome": ("mover", "the ticket of dome"), "desk": ("speaker", "the ticket of desk")}
RULES = '''
[[allow]]
id = "all"
roles = ["*"]
actions = ["subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["disclose_me", "retain"]
'''
INSIDE_POLICY = f'realm = "{REALM}"\n\n[auth]\nanonymous = {{ role = "service" }}\nprincipals = "inside.principals.toml"\n{RULES}'
CURIOUS = {role: {"features": {"publisher_identification": True}} for role in ("publisher", "subscriber", "caller", "callee")}
#            who: (where, authid)
RECEIVERS = {"ann at A": ("A", "ann"), "ben at A": ("A", "ben"), "cas at B": ("B", "cas"), "dan at B": ("B", "dan"),
             "clock inside": ("inside", "clock"), "dome inside": ("inside", "dome")}
PUBLISHERS = {"A": ("A", "pia"), "B": ("B", "pia"), "inside": ("inside", "desk")}
LISTS = ("eligible", "exclude", "eligible_authid", "exclude_authid", "eligible_authrole", "exclude_authrole")


class Place:
    """Gateways A and B, both with links to one inside, which is that of A."""

    def __init__(self, link):
        self.a = Deployment(link, link_address=f"tcp:127.0.0.1:{free_port()}", name="lists-a", outside_rules=RULES)
        self.b = Deployment("accept", link_address=f"tcp:127.0.0.1:{free_port()}", name="lists-b", outside_rules=RULES)
        self.clients = {}

    def start(self):
        self.a.state.mkdir(mode=0o700)
        self.b.state.mkdir(mode=0o700)
        self.a.pair()
        self.b.pair()
        self.b.pins["inside"] = self.a.pins["inside"]
        self.a.write()
        self.b.write()
        with open(self.a.dir / "inside.toml", "a") as config:
            config.write(f'\n[[link]]\ngateway = "{self.b.link_address}"\npeer_pin = "{self.b.pins["gateway"]}"\n')
        (self.a.dir / "inside-observatory.toml").write_text(INSIDE_POLICY)
        write_principals(self.a.dir / "inside.principals.toml", SERVICES)
        self.b.start_gateway()
        self.a.start_gateway()
        if self.a.link == "accept":
            self.a.start_inside()
        for gateway in (self.a, self.b):
            self.wait_link(gateway)
        for name, who in {**RECEIVERS, **PUBLISHERS}.items():
            self.clients[name] = Subscriber(self.join(*who))

    @staticmethod
    def wait_link(gateway):
        client = Subscriber(gateway.raw("pia"))
        while client.subscribe("lab.nothing")[0] != SUBSCRIBED:
            pass
        client.raw.close()

    def join(self, where, authid):
        if where != "inside":
            return (self.a if where == "A" else self.b).raw(authid, roles=CURIOUS)
        client = rawclient.Client(rawclient.RawSocket(socks.plain(self.a.services_path)), CURIOUS)
        answer = client.join(REALM, authid, SERVICES[authid][1])
        assert answer[0] == rawclient.WELCOME, answer
        return client

    def stop(self):
        codes = self.a.stop() + self.b.stop()
        equal(codes, [0] * len(codes), "exit codes of an orderly stop")


class Subscriber:
    """A client that keeps the events that come while it waits for an answer."""

    def __init__(self, raw):
        self.raw, self.number, self.events = raw, 0, []

    def _answer(self):
        while (message := self.raw.receive())[0] == EVENT:
            self.events.append(message)
        return message

    def subscribe(self, topic, **options):
        self.number += 1
        self.raw.send(SUBSCRIBE, self.number, options, topic)
        return self._answer()

    def publish(self, topic, text, **options):
        self.number += 1
        self.raw.send(PUBLISH, self.number, {"acknowledge": True, **options}, topic, [text])
        answer = self._answer()
        equal(answer[0], PUBLISHED, f"answer to {options}: {answer}")

    def next_event(self):
        return self.events.pop(0) if self.events else self.raw.receive()

    def until(self, text):
        """The texts of the events before the one with that text."""
        texts = []
        while (event := self.next_event())[4][0] != text:
            texts.append(event[4][0])
        return texts


def told_numbers(place):
    """The number of each receiver, as each publisher is told it."""
    for name in PUBLISHERS:
        equal(place.clients[name].subscribe("lab.hello")[0], SUBSCRIBED)
    told = {name: {} for name in PUBLISHERS}
    for name in RECEIVERS:
        place.clients[name].publish("lab.hello", name, disclose_me=True)
        for publisher in PUBLISHERS:
            event = place.clients[publisher].next_event()
            equal(event[4][0], name)
            told[publisher][name] = event[3]["publisher"]
    return told


def cases(told):
    """(list, its entries, who is to get it), each with one receiver named, and empty."""
    roles = {name: SERVICES[authid][0] if where == "inside" else TICKETS[authid][0] for name, (where, authid) in RECEIVERS.items()}
    for key in LISTS:
        names_of = roles if key.endswith("role") else told if key in ("eligible", "exclude") else {
            name: authid for name, (_, authid) in RECEIVERS.items()}
        for value in [*dict.fromkeys(names_of.values()), None]:
            entries = [] if value is None else [value]
            named = {name for name in RECEIVERS if names_of[name] in entries}
            yield key, entries, named if key.startswith("eligible") else set(RECEIVERS) - named


def table(place):
    told = told_numbers(place)
    for name in RECEIVERS:
        equal(place.clients[name].subscribe("lab.t")[0], SUBSCRIBED)
    wrong, cells = [], {}
    for publisher in PUBLISHERS:
        for number, (key, entries, expected) in enumerate(cases(told[publisher])):
            text, last = f"{publisher} {number}", f"{publisher} {number} last"
            place.clients[publisher].publish("lab.t", text, **{key: entries})
            place.clients[publisher].publish("lab.t", last)
            got = {name for name in RECEIVERS if place.clients[name].until(last) == [text]}
            passed, of = cells.get((key, publisher), (0, 0))
            cells[key, publisher] = (passed + (got == expected), of + 1)
            if got != expected:
                wrong.append(f"from {publisher}, {key} = {entries}: {sorted(got)}, not {sorted(expected)}")
    print(f"{'over the link of A: ' + place.a.link:28}" + "".join(f"{'from ' + name:>14}" for name in PUBLISHERS))
    for key in LISTS:
        print(f"{key:28}" + "".join(f"{passed:>8} of {of:2}" for passed, of in (cells[key, name] for name in PUBLISHERS)))
    equal(wrong, [], "receivers")


def excluded(place):
    """W-PEX-01: the publisher gets its own event only if it wants to, and all others always."""
    for publisher in RECEIVERS:
        for exclude_me in (True, False):
            text, last = f"{publisher} {exclude_me}", f"{publisher} {exclude_me} last"
            place.clients[publisher].publish("lab.t", text, exclude_me=exclude_me)
            place.clients[publisher].publish("lab.t", last, exclude_me=False)
            got = {name for name in RECEIVERS if place.clients[name].until(last) == [text]}
            equal(got, set(RECEIVERS) - ({publisher} if exclude_me else set()), f"from {publisher}, exclude_me = {exclude_me}")


def retained(place):
    """W-SUB-15: for those who may have it, and not for the publisher."""
    for publisher in PUBLISHERS:
        topic = f"lab.kept.{publisher}"
        place.clients[publisher].publish(topic, "kept", retain=True, exclude_authid=["ann", "clock"])
        got = set()
        for name in [*RECEIVERS, publisher]:
            client = place.clients[name]
            equal(client.subscribe(topic, get_retained=True)[0], SUBSCRIBED)
        for other in PUBLISHERS:
            if other != publisher:
                place.clients[other].publish(topic, "last")
                break
        for name in [*RECEIVERS, publisher]:
            if place.clients[name].until("last") == ["kept"]:
                got.add(name)
        equal(got, set(RECEIVERS) - {"ann at A", "clock inside"}, f"retained by {publisher}")


@suite.test
def the_six_lists_cross_an_embedded_link_and_another_one():
    check("embedded")


@suite.test
def lists_hold_where_the_gateway_does_not_tell_the_inside_who_its_clients_are():
    world = Deployment("embedded", name="lists-silent", outside_rules=RULES).write()
    config = world.dir / "gateway.toml"
    config.write_text(config.read_text().replace('kind = "embedded"\n', 'kind = "embedded"\nconvey_identity = false\n'))
    world.start_gateway()
    world.wait_link()
    ann, ben = Subscriber(world.raw("ann")), Subscriber(world.raw("ben"))
    publishers = {"inside": Subscriber(world.raw_inside()), "outside": Subscriber(world.raw("pia"))}
    for client in (ann, ben):
        equal(client.subscribe("lab.t")[0], SUBSCRIBED)
    for name, publisher in publishers.items():
        publisher.publish("lab.t", "eligible", eligible_authid=["ann"])
        publisher.publish("lab.t", "excluded", exclude_authid=["ben"])
        publisher.publish("lab.t", "nobody", eligible=[])
        publisher.publish("lab.t", "last")
        equal((ann.until("last"), ben.until("last")), (["eligible", "excluded"], []), f"from {name}")
    equal(world.stop(), [0])


@suite.test
def lists_that_are_too_long_are_refused_at_both_doors_and_end_no_link():  # W-SEC-08
    world = Deployment("embedded", name="lists-long", outside_rules=RULES).write()
    (world.dir / "inside-observatory.toml").write_text(INSIDE_POLICY)
    write_principals(world.dir / "inside.principals.toml", SERVICES)
    world.start_gateway()
    world.wait_link()
    ann, inside = Subscriber(world.raw("ann")), Subscriber(world.raw_inside())
    equal(ann.subscribe("lab.", match="prefix")[0], SUBSCRIBED)
    for client in (inside, Subscriber(world.raw("pia"))):
        for entries in (1025, 16_000):
            client.number += 1
            client.raw.send(PUBLISH, client.number, {"acknowledge": True, "exclude": list(range(1, entries + 1))}, "lab.t", ["long"])
            equal(client.raw.receive()[4], "wamp.error.invalid_argument", f"{entries} entries")
        for key in LISTS:
            client.publish("lab.t", "full", **{key: [1] * 1024 if key in ("eligible", "exclude") else ["x"] * 1024})
    inside.publish("lab.t", "all", **{key: [1] * 1024 if key == "exclude" else ["x"] * 1024 for key in LISTS if key.startswith("exclude")})
    inside.publish("lab.t", "last")
    equal(ann.until("last"), ["full"] * 6 + ["all"])
    assert "link inside: lost" not in world.gateway.text(), world.gateway.text()
    equal(world.stop(), [0])


@suite.test
def the_six_lists_cross_two_tls_links():
    check("accept")


def check(link):
    place = Place(link)
    try:
        place.start()
        table(place)
        excluded(place)
        retained(place)
    finally:
        place.stop()


if __name__ == "__main__":
    suite.main()
