"""Readers that keep up are never cut, memory has one budget, and no crowd keeps others out: real processes, raw clients."""
import contextlib
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.peers import (MIB, Counter, Service, Watch, frames, leave, memory_mib, onion_client, onion_socket,  # noqa: E402
                           send_in_background)
from support.rawclient import (ABORT, CALL, ERROR, EVENT, INVOCATION, PUBLISH, PUBLISHED, REGISTER, REGISTERED,  # noqa: E402
                               RESULT, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED, WELCOME, YIELD)
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("memory")
BUDGET = 64
world = Deployment(link="accept", name="memory", limits=f'memory = "{BUDGET}MiB"\nsessions = 400\nreserved_sessions = 40\n'
                                                        'circuit_connections = 50\ncircuit_joins_per_second = 1000\nhandshake_timeout = "2s"\n')


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")


# Readers that keep up
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=60)
def large_events_in_a_row_reach_a_reader_that_keeps_up():
    reader, publisher = world.raw("alice"), world.raw_inside()
    equal(reader.ask(SUBSCRIBE, {}, "lab.large")[0], SUBSCRIBED)
    text = "x" * (3 * MIB)
    for number in range(5):
        equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.large", [number, text])[0], PUBLISHED)
    equal([reader.receive()[4][0] for _ in range(5)], list(range(5)))
    leave(reader)
    leave(publisher)


@suite.test(timeout=60)
def thousands_of_progressive_results_reach_a_caller_that_keeps_up():
    roles = {**rawclient.ROLES, "callee": {"features": {"call_canceling": True, "progressive_call_results": True}}}
    callee, caller = world.raw_inside(roles=roles), world.raw("alice")
    equal(callee.ask(REGISTER, {}, "lab.progress")[0], REGISTERED)
    caller.send(CALL, caller.next_request(), {"receive_progress": True}, "lab.progress")
    invocation = callee.receive()
    equal(invocation[0], INVOCATION)
    text = "x" * 4096
    answers = [[YIELD, invocation[1], {"progress": True}, [i, text]] for i in range(3000)]
    writer = send_in_background(callee.transport.sock, frames(callee, [*answers, [YIELD, invocation[1], {}, ["done"]]]))
    writer.join(10)
    for i in range(3000):
        answer = caller.answer()
        equal((answer[0], answer[3][0]), (RESULT, i))
    equal(caller.answer()[3], ["done"])
    for client in (callee, caller):
        leave(client)


@suite.test(timeout=60)
def our_own_subscriber_prints_every_event_of_a_burst():
    ticket = world.dir / "ticket"
    ticket.write_text(TICKETS["alice"][1])
    ticket.chmod(0o600)
    program = processes.Process([processes.binary(), "subscribe", "--url", f"rs+unix:{world.local}", "--realm", REALM, "--authid",
                                 "alice", "--ticket-file", ticket, "--count", "3000", "lab.printed"], "subscriber",
                                log=world.dir / "subscriber.log")
    publisher = world.raw_inside()
    counted = Counter(world.raw("alice"), "lab.ready")

    def ready():  # until the program has subscribed
        publisher.send(PUBLISH, publisher.next_request(), {}, "lab.printed", ["?"])
        return '"?"' in program.text()
    eventually(ready, "the program has subscribed")
    text = "x" * 4096
    burst = [[PUBLISH, publisher.next_request(), {}, "lab.printed", [i, text]] for i in range(3000)]
    send_in_background(publisher.transport.sock, frames(publisher, burst))
    equal(program.wait(30), 0)
    printed = [json.loads(line)["args"][0] for line in program.text().splitlines() if line.startswith("{")]
    numbers = [each for each in printed if each != "?"]
    equal(len(printed), 3000)
    equal(numbers, list(range(len(numbers))))
    for client in (counted.client, publisher):
        leave(client)


# Readers that cannot keep up
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=60)
def a_subscription_that_outruns_its_reader_ends_alone_and_the_reader_is_told():
    roles = {"caller": {}, "subscriber": {"features": {"subscription_revocation": True}}}
    reader, publisher = world.raw("alice", roles=roles), world.raw_inside()
    subscribed = reader.ask(SUBSCRIBE, {}, "lab.fast")
    equal(subscribed[0], SUBSCRIBED)
    for _ in range(80):  # 1 MB/s is sent, and a tenth of it read
        for _ in range(10):
            equal(publisher.ask(PUBLISH, {"acknowledge": True}, "lab.fast", ["x" * 10_000])[0], PUBLISHED)
        reader.receive()
        time.sleep(0.1)
    message, events = reader.receive(), 80
    while message[0] == EVENT:
        message, events = reader.receive(), events + 1
    equal(message, [UNSUBSCRIBED, 0, {"subscription": subscribed[2], "reason": "sallyport.error.too_slow"}])
    assert 300 < events < 800, f"{events} of 800 events came before the end"
    equal(reader.call("lab.nothing")[4], "wamp.error.no_such_procedure", "the session lives")
    leave(reader)
    leave(publisher)


@suite.test(timeout=60)
def a_call_whose_progress_outruns_its_caller_ends_alone_and_the_caller_is_told():
    roles = {**rawclient.ROLES, "callee": {"features": {"call_canceling": True, "progressive_call_results": True}}}
    callee, caller = world.raw_inside(roles=roles), world.raw("alice")
    equal(callee.ask(REGISTER, {}, "lab.torrent")[0], REGISTERED)
    caller.send(CALL, caller.next_request(), {"receive_progress": True}, "lab.torrent")
    invocation = callee.receive()
    for _ in range(80):
        for _ in range(10):
            callee.send(YIELD, invocation[1], {"progress": True}, ["x" * 10_000])
        caller.receive()
        time.sleep(0.1)
    message = caller.answer()
    while message[0] == RESULT:
        message = caller.answer()
    equal(message[:3] + message[4:], [ERROR, CALL, 1, "sallyport.error.too_slow"])
    equal(caller.call("lab.nothing")[4], "wamp.error.no_such_procedure", "the session lives")
    leave(callee)
    leave(caller)


# One budget of memory
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=60)
def a_stranger_may_send_only_small_messages_and_has_one_deadline():
    large = onion_socket(world.front, 1)
    client = rawclient.RawSocket(large)
    large.sendall(client.frame(b"x" * 100_000)[:1000])
    begin = time.monotonic()
    assert client.stream.at_end(1), "a message of 100 kB before login"
    assert time.monotonic() - begin < 1
    slow = onion_socket(world.front, 1)
    begin = time.monotonic()
    time.sleep(1.2)
    late = rawclient.RawSocket(slow)
    with contextlib.suppress(rawclient.Closed):
        late.receive_bytes()  # ABORT
        assert late.stream.at_end(3)
    took = time.monotonic() - begin
    assert 1.8 < took < 3, f"closed after {took:.1f} s"


def _never_ending(sockets_of, client):
    """4 MiB but for the last bytes."""
    frame = client.transport.frame(b"x" * (4 * MIB - 1))
    with contextlib.suppress(OSError):
        client.transport.sock.settimeout(5)
        client.transport.sock.sendall(frame[:-100])
    sockets_of.append(client)


@suite.test(timeout=120)
def messages_that_never_end_cost_their_senders_and_nobody_else():
    service = Service(world, "lab.small")
    innocent = world.raw("alice")
    worker = (world.gateway, "worker")
    idle = memory_mib(*worker)
    greedy = []
    with Watch(worker) as watch:
        for _ in range(40):
            client = onion_client(world.front, 7)
            equal(client.join(REALM)[0], WELCOME)
            _never_ending(greedy, client)
            equal(innocent.call("lab.small", "x")[0], RESULT)
    assert watch.most[0] <= BUDGET + 32, f"{watch.most[0]:.0f} MiB"
    for client in greedy:
        leave(client)
    eventually(lambda: memory_mib(*worker) < idle + 16, "memory is given back")
    print(f"  40 messages of 4 MiB that never end: {watch.most[0]:.0f} MiB of {BUDGET} + 32; afterwards "
          f"{memory_mib(*worker):.0f} MiB, before {idle:.0f} MiB", flush=True)
    leave(innocent)
    service.close()


@suite.test(timeout=180)
def subscribers_that_do_not_read_cost_no_more_than_the_budget():
    reader, publisher = Counter(world.raw("alice"), "lab.tiny"), world.raw("alice")
    worker = (world.gateway, "worker")
    idle = memory_mib(*worker)
    stalled = []
    for _ in range(200):
        client = world.raw("alice")
        equal(client.ask(SUBSCRIBE, {}, "lab.tiny")[0], SUBSCRIBED)
        stalled.append(client)
    total = 15_000
    with Watch(worker) as watch:
        send_in_background(publisher.transport.sock, frames(
            publisher, [[PUBLISH, i + 1, {}, "lab.tiny", [i]] for i in range(total)]))
        eventually(lambda: len(reader.numbers) == total, "the one who reads gets all", 120)
    assert watch.most[0] <= BUDGET + 32, f"{watch.most[0]:.0f} MiB"
    for client in (*stalled, reader.client, publisher):
        leave(client)
    eventually(lambda: memory_mib(*worker) < idle + 16, "memory is given back")
    print(f"  200 subscribers that do not read, {total} tiny events: {watch.most[0]:.0f} MiB of {BUDGET} + 32; afterwards "
          f"{memory_mib(*worker):.0f} MiB, before {idle:.0f} MiB", flush=True)


@suite.test(timeout=180)
def what_sessions_hold_is_part_of_the_budget():
    programs = (world.gateway, "worker"), (world.inside, "inside")
    idle = [memory_mib(*program) for program in programs]
    clients, closed = [], 0
    with Watch(*programs) as watch:
        for number in range(40):  # 1,024 subscriptions with long topics cost 3.3 MiB
            client = world.raw("alice")
            clients.append(client)
            send_in_background(client.transport.sock, frames(
                client, [[SUBSCRIBE, i + 1, {}, f"lab.s{number}.{'x' * 900}{i}"] for i in range(1024)]))
            try:
                for _ in range(1024):
                    equal(client.receive()[0], SUBSCRIBED)
            except (OSError, rawclient.Closed):
                closed += 1
        one_more = world.raw("alice")
        equal(one_more.ask(CALL, {}, "lab.echo", ["still here"])[0] in (RESULT, ERROR), True)
    for most in watch.most:
        assert most <= BUDGET + 32, f"{most:.0f} MiB"
    assert closed < 40, closed
    for client in (*clients, one_more):
        with contextlib.suppress(OSError, rawclient.Closed):
            leave(client)
    eventually(lambda: all(memory_mib(*program) < before + 16 for program, before in zip(programs, idle)),
               "memory is given back", 30)
    print(f"  40 sessions with 1,024 subscriptions each: worker {watch.most[0]:.0f}, inside {watch.most[1]:.0f} MiB of "
          f"{BUDGET} + 32", flush=True)


# No crowd keeps others out
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=120)
def one_circuit_that_takes_all_it_can_keeps_nobody_out():
    crowd = []
    for _ in range(500):  # idle, in the handshake, or anonymous
        sock = onion_socket(world.front, 9)
        crowd.append(sock)
        if len(crowd) % 3 == 0:
            continue
        with contextlib.suppress(OSError, rawclient.Closed):
            client = rawclient.RawSocket(sock)
            if len(crowd) % 3 == 1:
                rawclient.Client(client).join(REALM)
    operator = onion_client(world.front, 10)
    equal(operator.join(REALM, "alice", TICKETS["alice"][1])[0], WELCOME)
    guest = onion_client(world.front, 11)
    equal(guest.join(REALM)[0], WELCOME)
    for sock in crowd:
        sock.close()
    operator.close()
    guest.close()


@suite.test(timeout=120)
def anonymous_sessions_of_many_circuits_leave_places_for_those_who_log_in():
    guests, refused = [], 0
    for number in range(400):
        client = onion_client(world.front, 100 + number)
        if client.join(REALM)[0] == WELCOME:
            guests.append(client)
        else:
            refused += 1
    assert refused >= 30 and len(guests) >= 300, f"{len(guests)} guests, {refused} refused"
    one_more = onion_client(world.front, 99)
    answer = one_more.join(REALM)
    equal((answer[0], answer[2]), (ABORT, "wamp.error.unavailable"))
    operator = onion_client(world.front, 98)
    equal(operator.join(REALM, "alice", TICKETS["alice"][1])[0], WELCOME)
    for client in (*guests, operator):
        client.close()


@suite.test(timeout=60)
def idle_connections_to_the_link_listener_do_not_keep_the_inside_out():
    port = free_port()
    crowded = Deployment(link="accept", link_address=f"tcp:127.0.0.1:{port}", name="crowded", limits='handshake_timeout = "10s"')
    crowded.write()
    crowded.start_gateway()
    idle = [socks.plain(("127.0.0.1", port)) for _ in range(40)]
    try:
        crowded.start_inside()
        begin = time.monotonic()
        crowded.wait_link(5)
        print(f"  the link came up in {time.monotonic() - begin:.1f} s beside 40 idle connections", flush=True)
    finally:
        for sock in idle:
            sock.close()
        crowded.stop()


# Denials cost the one who asks
# ---------------------------------------------------------------------------------------------------------------------

@suite.test(timeout=60)
def a_flood_of_denied_requests_is_slowed_down_and_others_are_not():
    service = Service(world, "lab.small")
    innocent = world.raw("alice")
    counts, flooders, ended = [], [], threading.Event()
    for _ in range(8):
        flooder, count = world.raw("bob"), []
        block = frames(flooder, [[CALL, i + 1, {}, "lab.denied"] for i in range(20_000)])
        send_in_background(flooder.transport.sock, block)

        def read(flooder=flooder, count=count):
            with contextlib.suppress(rawclient.Closed, OSError):
                while not ended.is_set():
                    equal(flooder.receive()[4], "wamp.error.not_authorized")
                    count.append(None)
        threading.Thread(target=read, daemon=True).start()
        counts.append(count)
        flooders.append(flooder)
    times, begin = [], time.monotonic()
    while time.monotonic() - begin < 3:
        start = time.monotonic()
        equal(innocent.call("lab.small", "x")[0], RESULT)
        times.append(time.monotonic() - start)
    took = time.monotonic() - begin
    ended.set()
    for count in counts:  # 100 at once, then 100 in a second
        assert 200 < len(count) < 100 * (took + 2), f"{len(count)} answers in {took:.1f} s"
    print(f"  beside 8 floods of denied calls a call takes {1000 * sorted(times)[len(times) // 2]:.2f} ms (median); each flood "
          f"got {len(counts[0]) / took:.0f} answers in a second", flush=True)
    for client in (*flooders, innocent):
        leave(client)
    service.close()


if __name__ == "__main__":
    suite.main()
