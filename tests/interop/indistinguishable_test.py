"""What policy forbids and what does not exist: the same bytes for every action, and no telling them apart by time."""
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.deployment import OUTSIDE_RULES, Deployment  # noqa: E402
from support.rawclient import CALL, PUBLISH, REGISTER, REGISTERED, SUBSCRIBE, SUBSCRIBED  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("indistinguishable")
world = Deployment(name="same", limits="denials_per_second = 1000000", outside_rules=OUTSIDE_RULES + '''
[[forbid]]
id = "secret"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
uri = ["lab.forbidden.device"]

[[forbid]]
id = "secret-by-condition"
roles = ["guest"]
actions = ["call", "publish"]
uri = ["lab.forbidden.by_argument"]
where = [{ arg = 0, type = "integer" }]
''')

# Behind the first there is something, behind the others nothing.
THERE = ["lab.forbidden.device", "lab.unallowed.device", "lab.forbidden.by_argument"]
NOWHERE = ["lab.nonextant.device", "lab.nonextant.by_argument"]
AUC_MAX = 0.55


@suite.setup
def start():
    world.start()
    world.service = world.raw_inside()
    for uri in THERE:
        equal(world.service.ask(REGISTER, {}, uri)[0], REGISTERED)
        equal(world.service.ask(SUBSCRIBE, {}, uri)[0], SUBSCRIBED)


@suite.teardown
def stop():
    world.service.close()
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


def _answer(kind, options, uri, payload, serializer, websocket):
    client = world.raw(None, serializer, websocket)  # a guest
    client.send(kind, 1, options, uri, *payload)
    answer = client.transport.receive_bytes()
    client.close()
    return answer


@suite.test(timeout=180)
def every_action_gets_the_same_bytes():  # W-SEC-20
    asked = [(CALL, {}), (REGISTER, {}), (SUBSCRIBE, {}), (PUBLISH, {"acknowledge": True}),
             (REGISTER, {"match": "prefix"}), (SUBSCRIBE, {"match": "prefix"}), (REGISTER, {"match": "wildcard"}),
             (SUBSCRIBE, {"match": "wildcard"})]
    for serializer, websocket in ((rawclient.MSGPACK, False), (rawclient.JSON, False), (rawclient.JSON, True)):
        for kind, options in asked:
            payload = [[1]] if kind in (CALL, PUBLISH) else []
            answers = {uri: _answer(kind, options, uri, payload, serializer, websocket) for uri in THERE + NOWHERE}
            equal(len(set(answers.values())), 1, f"different answers to {kind} {options}: {answers}")
            message = rawclient.decode(serializer, next(iter(answers.values())))
            equal(message, [rawclient.ERROR, kind, 1, {}, "wamp.error.not_authorized"])


def _area_under_curve(times):
    """The chance that a probe of what is there takes longer than one of what is not: 0.5 when time tells nothing."""
    ranked = sorted((duration, there) for there, durations in enumerate(times) for duration in durations)
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += sum(there for _, there in ranked[at:end]) * (at + end + 1) / 2
        at = end
    nowhere, there = len(times[0]), len(times[1])
    return (ranks - there * (there + 1) / 2) / (nowhere * there)


def _probe(there, nowhere, probes):
    client = world.raw()
    order = [i % 2 for i in range(probes)]
    random.Random(4).shuffle(order)
    frames = (nowhere, there)
    times = ([], [])
    sock, clock = client.transport.sock, time.perf_counter_ns
    for number, which in enumerate(order, 1):
        data = rawclient.encode(rawclient.MSGPACK, [CALL, number, {}, frames[which], [1]])
        frame = len(data).to_bytes(4, "big") + data
        begin = clock()
        sock.sendall(frame)
        answer = sock.recv(4096)
        times[which].append(clock() - begin)
        assert b"not_authorized" in answer, answer
    client.close()
    return _area_under_curve(times)


@suite.test(timeout=300)
def time_does_not_tell_what_is_forbidden():
    for probes, there, nowhere in ((100_000, "lab.forbidden.device", "lab.nonextant.device"),
                                   (20_000, "lab.unallowed.device", "lab.nonextant.device"),
                                   (20_000, "lab.forbidden.by_argument", "lab.nonextant.by_argument")):
        area = _probe(there, nowhere, probes)
        print(f"{probes} probes of {there} and {nowhere}: area under the curve {area:.3f}")
        assert abs(area - 0.5) <= AUC_MAX - 0.5, f"{there} can be told from {nowhere}: {area:.3f}"


if __name__ == "__main__":
    suite.main()
