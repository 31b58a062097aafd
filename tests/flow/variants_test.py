"""The cases of tests/flow over every kind of link, in both directions, over both transports, with both serializers. tests/run
takes six variants of each, in which every two choices meet; with SALLYPORT_FLOW_VARIANTS=all there are 24."""
import concurrent.futures
import contextlib
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.peers import MIB, Counter, Service, Watch, frames, is_closed, leave, send_in_background  # noqa: E402
from support.rawclient import (CALL, ERROR, EVENT, INVOCATION, PUBLISH, PUBLISHED, REGISTER, REGISTERED, RESULT,  # noqa: E402
                               SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED, YIELD)
from support.runner import Suite, equal, eventually  # noqa: E402
from support.worlds import BUDGET, LINKS, PROGRAM, World, variants  # noqa: E402

suite = Suite("variants")
worlds = {link: World(link) for link in LINKS}
PROGRESS = {**rawclient.ROLES, "callee": {"features": {"call_canceling": True, "progressive_call_results": True}},
            "subscriber": {"features": {"subscription_revocation": True}}}


@suite.setup
def start():
    for world in worlds.values():
        world.start()


@suite.teardown
def stop():
    for world in worlds.values():
        equal(world.stop()[-1], 0, "exit code of an orderly stop")


class Figures:
    """What a test prints, and what holds after each: the link stood, memory kept to the budget, nobody was cut."""

    def __init__(self, world, variant):
        self.world, self.variant, self.said, self.times = world, variant, [], []
        self.watch = Watch(*world.programs().values())
        self.lost = world.times_the_link_was_lost()

    def say(self, text):
        self.said.append(text)

    def timed(self, work):
        """Does it, and keeps what it took as a latency of somebody innocent."""
        begin = time.monotonic()
        result = work()
        self.times.append(1000 * (time.monotonic() - begin))
        return result

    def __enter__(self):
        self.watch.__enter__()
        return self

    def __exit__(self, kind, *_):
        self.watch.__exit__()
        clients, self.world.clients = self.world.clients, []
        try:
            if kind is None:
                self._check(clients)
        finally:
            for client in clients:
                leave(client)

    def _check(self, clients):
        memory = dict(zip(self.world.programs(), self.watch.most))
        cut = sum(is_closed(client) for client in clients)
        if self.times:
            times = sorted(self.times)
            self.say(f"innocent p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms of {len(times)}")
        self.say(", ".join(f"{name} {most:.0f} MiB" for name, most in memory.items()) + f" of {BUDGET} + {PROGRAM}")
        self.say(f"{cut} sessions cut")
        print(f"  {self.variant}: " + "; ".join(self.said), flush=True)
        equal(cut, 0, "sessions that were cut")
        equal(self.world.times_the_link_was_lost(), self.lost, "times that the link was lost")
        for name, most in memory.items():
            assert most <= BUDGET + PROGRAM, f"{name}: {most:.0f} MiB"


def with_our_inside(variant):
    return variant.link != "crossbar"


def with_our_receiver(variant):
    """Crossbar does not slow down its own clients, nor end what outruns them."""
    return with_our_inside(variant) or variant.direction == "outwards"


def case(function=None, suits=lambda variant: True, timeout=60):
    """A test for each variant that the case makes sense for."""
    def add(function):
        for variant in filter(suits, variants()):

            def test(variant=variant):
                with Figures(worlds[variant.link], variant) as figures:
                    function(worlds[variant.link], variant, figures)
            test.__name__ = f"{function.__name__}__{variant.word()}"
            suite.test(timeout=timeout)(test)
        return function
    return add(function) if function else add


# Whoever is fast is slowed down, and nothing of his is lost
# ---------------------------------------------------------------------------------------------------------------------

BURST = 6000


@case
def a_burst_of_unacknowledged_publications_arrives_whole(world, variant, figures):
    far, near = Counter(world.far(variant), "lab.burst"), Counter(world.near(variant), "lab.burst")
    publisher = world.near(variant)
    send_in_background(publisher.transport.sock, frames(
        publisher, [[PUBLISH, i + 1, {}, "lab.burst", [i]] for i in range(BURST)]))
    for receiver in (far, near):
        eventually(lambda receiver=receiver: len(receiver.numbers) == BURST, f"all {BURST} events arrive", 30)
        equal(receiver.numbers, list(range(BURST)))
    figures.say(f"0 of {2 * BURST} events lost")


# Whoever is slow harms nobody else
# ---------------------------------------------------------------------------------------------------------------------

@case
def a_greedy_caller_harms_nobody_while_the_other_side_stands_still(world, variant, figures):
    sink = Service(world, "lab.sink", client=world.far(variant))
    small = Service(world, "lab.small", client=world.far(variant))
    innocents, greedy = [world.near(variant) for _ in range(5)], world.near(variant)
    for client in innocents:
        equal(client.call("lab.small", "x")[0], RESULT)
    large = [[CALL, i + 1, {}, "lab.sink", ["x" * MIB]] for i in range(40)]
    data = frames(greedy, large)
    process = world.receiving_process(variant)
    os.kill(process, signal.SIGSTOP)
    try:
        for client in innocents:
            client.send(CALL, client.next_request(), {}, "lab.small", ["x"])
        writer = send_in_background(greedy.transport.sock, data)
        time.sleep(1.5)  # for so long it stands still
    finally:
        os.kill(process, signal.SIGCONT)
    for client in innocents:
        equal(client.answer()[0], RESULT, "an open call of somebody else")
    answers = []
    reader = threading.Thread(target=lambda: answers.extend(greedy.answer() for _ in large), daemon=True)
    reader.start()
    while reader.is_alive():
        equal(figures.timed(lambda: innocents[0].call("lab.small", "x"))[0], RESULT)
    writer.join(10)
    equal(sorted(answer[1] if answer[0] == RESULT else answer[2] for answer in answers), list(range(1, len(large) + 1)))
    refused = [answer for answer in answers if answer[0] == ERROR]  # docs/operations.md: when much is held of one caller
    equal({answer[4] for answer in refused} - {"wamp.error.unavailable"}, set())
    figures.say(f"{len(answers) - len(refused)} large calls answered, {len(refused)} refused")
    assert sink.thread.is_alive() and small.thread.is_alive()


@case(suits=lambda variant: with_our_inside(variant) and variant.direction == "inwards")
def a_service_that_does_not_read_for_a_while_keeps_its_session(world, variant, figures):
    service = world.far(variant)
    for procedure in ("lab.slow", "lab.slow.small"):
        equal(service.ask(REGISTER, {}, procedure)[0], REGISTERED)
    greedy, operator = world.near(variant), world.near(variant)
    size = 1_900_000
    writer = send_in_background(greedy.transport.sock, frames(
        greedy, [[CALL, i + 1, {}, "lab.slow", ["x" * size]] for i in range(8)]))
    eventually(lambda: world.deployment.link_status()["calls"] >= 3, "large calls have crossed the link, until the guest was slowed down")
    crossed = world.deployment.link_status()["calls"]
    operator.send(CALL, operator.next_request(), {}, "lab.slow.small", ["x"])
    eventually(lambda: world.deployment.link_status()["calls"] > crossed, "the small one too")
    order = []

    def serve():
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = service.receive()
                equal(message[0], INVOCATION)
                order.append(len(message[4][0]))
                service.send(YIELD, message[1], {}, [order[-1]])
    threading.Thread(target=serve, daemon=True).start()
    equal(figures.timed(operator.answer)[2:], [{}, [1]])
    answers = [greedy.answer() for _ in range(8)]
    writer.join(10)
    equal([answer[3] if answer[0] == RESULT else answer[4] for answer in answers], [[size]] * 8)
    figures.say(f"{order.index(1)} large calls came before the small one")
    assert order.index(1) <= 3, f"a small call waited for {order.index(1)} large ones"


# Readers that keep up
# ---------------------------------------------------------------------------------------------------------------------

@case
def large_events_in_a_row_reach_a_reader_that_keeps_up(world, variant, figures):
    reader, publisher = world.far(variant), world.near(variant)
    equal(reader.ask(SUBSCRIBE, {}, "lab.large")[0], SUBSCRIBED)
    text = "x" * (3 * MIB)
    for number in range(5):
        equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.large", [number, text])[0], PUBLISHED)
    for number in range(5):
        event = reader.receive()
        equal((event[0], event[4][0], len(event[4][1])), (EVENT, number, len(text)))
    figures.say("0 of 5 events of 3 MiB lost")


@case
def thousands_of_progressive_results_reach_a_caller_that_keeps_up(world, variant, figures):
    callee, caller = world.far(variant, PROGRESS), world.near(variant)
    equal(callee.ask(REGISTER, {}, "lab.progress")[0], REGISTERED)
    caller.send(CALL, caller.next_request(), {"receive_progress": True}, "lab.progress")
    invocation = callee.receive()
    equal(invocation[0], INVOCATION)
    text = "x" * 4096
    answers = [[YIELD, invocation[1], {"progress": True}, [i, text]] for i in range(3000)]
    send_in_background(callee.transport.sock, frames(callee, [*answers, [YIELD, invocation[1], {}, ["done"]]]))
    for i in range(3000):
        answer = caller.answer()
        equal((answer[0], answer[3][0]), (RESULT, i))
    equal(caller.answer()[3], ["done"])
    figures.say("0 of 3,000 results lost")


# Readers that cannot keep up
# ---------------------------------------------------------------------------------------------------------------------

TORRENT = 1000  # messages of 10 kB


def _torrent(send):
    """Sends 2 MB/s for 5 s, in a thread."""
    def run():
        begin, text = time.monotonic(), "x" * 10_000
        for number in range(TORRENT):
            time.sleep(max(0.0, begin + 0.005 * number - time.monotonic()))
            send(number, text)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _read_slowly(receive, until, sender):
    """Reads 200 kB/s while the sender is at work, then as fast as it can, until told that this is the end. What it was told,
    and the number of messages before."""
    for count in range(TORRENT):
        if until(message := receive()):
            return message, count
        if sender.is_alive():
            time.sleep(0.05)
    raise AssertionError("it was not told, and got all")


def _outrun_a_subscriber(world, variant):
    """The subscriber, and what to run in a thread: he is told that his subscription has ended, and another one misses nothing."""
    reader, fast, publisher = world.far(variant, PROGRESS), Counter(world.far(variant), "lab.fast"), world.near(variant)
    subscribed = reader.ask(SUBSCRIBE, {}, "lab.fast")
    equal(subscribed[0], SUBSCRIBED)

    def run():
        sender = _torrent(lambda i, text: publisher.send(PUBLISH, i + 1, {}, "lab.fast", [i, text]))
        told, count = _read_slowly(reader.receive, lambda message: message[0] != EVENT, sender)
        equal(told, [UNSUBSCRIBED, 0, {"subscription": subscribed[2], "reason": "sallyport.error.too_slow"}])
        eventually(lambda: len(fast.numbers) == TORRENT, "the one who keeps up gets all", 10)
        equal(fast.numbers, list(range(TORRENT)))
        return f"told after {count} of {TORRENT} events, 0 lost for the one who keeps up"
    return reader, run


def _outrun_a_caller(world, variant):
    """The same for a caller whose callee sends progressive results."""
    callee, caller = world.far(variant, PROGRESS), world.near(variant)
    equal(callee.ask(REGISTER, {}, "lab.torrent")[0], REGISTERED)
    caller.send(CALL, caller.next_request(), {"receive_progress": True}, "lab.torrent")
    invocation = callee.receive()

    def run():
        sender = _torrent(lambda i, text: callee.send(YIELD, invocation[1], {"progress": True}, [i, text]))
        told, count = _read_slowly(caller.answer, lambda message: message[0] != RESULT, sender)
        equal(told[:3] + told[4:], [ERROR, CALL, 1, "sallyport.error.too_slow"])
        return f"told after {count} of {TORRENT} results"
    return caller, run


@case(suits=with_our_receiver)
def what_outruns_its_reader_ends_alone_and_the_reader_is_told(world, variant, figures):
    parts = [_outrun_a_subscriber(world, variant)]
    if with_our_inside(variant):
        parts.append(_outrun_a_caller(world, variant))
    with concurrent.futures.ThreadPoolExecutor() as pool:  # they take 5 s each
        for text in pool.map(lambda part: part[1](), parts):
            figures.say(text)
    for reader, _ in parts:
        equal(reader.call("lab.nothing")[4], "wamp.error.no_such_procedure", "the session lives")


# One budget of memory
# ---------------------------------------------------------------------------------------------------------------------

def _stranger(world, variant):
    """A client where the sender is, who may be disconnected."""
    client = world.near(variant)
    world.clients.remove(client)
    return client


@case(suits=lambda variant: with_our_inside(variant) or variant.direction == "inwards")
def messages_that_never_end_cost_their_senders_and_nobody_else(world, variant, figures):
    Service(world, "lab.small", client=world.far(variant))
    innocent, greedy = world.near(variant), []
    for _ in range(40):
        greedy.append(_stranger(world, variant))
        sock = greedy[-1].transport.sock
        with contextlib.suppress(OSError):
            sock.settimeout(0.5)
            sock.sendall(greedy[-1].transport.frame(b"x" * (4 * MIB - 1))[:-100])
        equal(figures.timed(lambda: innocent.call("lab.small", "x"))[0], RESULT)
    for client in greedy:
        leave(client)


@case(suits=with_our_receiver)
def subscribers_that_do_not_read_cost_no_more_than_the_budget(world, variant, figures):
    reader, publisher, total = Counter(world.far(variant), "lab.tiny"), world.near(variant), 5000
    stalled = [world.far(variant) for _ in range(60)]
    for client in stalled:
        equal(client.ask(SUBSCRIBE, {}, "lab.tiny")[0], SUBSCRIBED)
    send_in_background(publisher.transport.sock, frames(
        publisher, [[PUBLISH, i + 1, {}, "lab.tiny", [i]] for i in range(total)]))
    eventually(lambda: len(reader.numbers) == total, "the one who reads gets all", 30)
    equal(reader.numbers, list(range(total)))
    figures.say(f"0 of {total} events lost for the one who reads beside 60 who do not")


# Denials cost the one who asks
# ---------------------------------------------------------------------------------------------------------------------

@case(suits=lambda variant: with_our_inside(variant) or variant.direction == "inwards")
def a_flood_of_denied_requests_is_slowed_down_and_others_are_not(world, variant, figures):
    inwards = variant.direction == "inwards"
    Service(world, "lab.small", client=world.far(variant))
    innocent = world.near(variant)
    flooders, counts, ended = [], [], threading.Event()
    for _ in range(8):
        flooder, count = world.outside(variant, "bob") if inwards else world.inside(variant), []
        send_in_background(flooder.transport.sock, frames(
            flooder, [[CALL, i + 1, {}, "lab.denied" if inwards else "elsewhere.denied"] for i in range(5000)]))

        def read(flooder=flooder, count=count):
            while not ended.is_set():
                equal(flooder.receive()[4], "wamp.error.not_authorized")
                count.append(None)
        flooders.append(threading.Thread(target=read, daemon=True))
        flooders[-1].start()
        counts.append(count)
    begin = time.monotonic()
    while time.monotonic() - begin < 1.5:
        equal(figures.timed(lambda: innocent.call("lab.small", "x"))[0], RESULT)
    took = time.monotonic() - begin
    ended.set()
    for thread, count in zip(flooders, counts):
        thread.join(5)
        assert 100 < len(count) < 100 * (took + 2.5), f"{len(count)} answers in {took:.1f} s"  # 100 at once, then 100 in a second
    figures.say(f"8 floods, {len(counts[0]) / took:.0f} answers in a second each")


if __name__ == "__main__":
    suite.main()
