"""Who guesses secrets pays for it himself: real processes, raw clients at the front as tor's connections come, and over TCP."""
import json
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.peers import onion_client  # noqa: E402
from support.rawclient import ABORT, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.cryptosign import CryptosignKey  # noqa: E402

suite = Suite("guessing")
WAIT_S = 2.0
world = Deployment(name="guess", auth=f'failures = {{ per_circuit = 3, window = "{int(WAIT_S)}s" }}',
                   limits="circuit_joins_per_second = 1000\n")
DENIED = "wamp.error.authentication_denied"
CHOSEN = "my own secret words"


def start_with_key(deployment):
    """With a principal kim, who has a key."""
    deployment.write()
    principals = deployment.dir / "observatory.principals.toml"
    told = sallyport("principal", "add", principals, "kim", "--role", "operator", "--json", "--method", "cryptosign")
    equal(told.returncode, 0, told.stderr)
    deployment.key = CryptosignKey.from_bytes(bytes.fromhex(json.loads(told.stdout)["private_key"]))
    deployment.start_gateway()
    deployment.wait_link()


@suite.setup
def start():
    start_with_key(world)


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


def attempt(circuit, authid="alice", ticket="wrong", deployment=world):
    client = onion_client(deployment.front, circuit)
    answer = client.join(REALM, authid, ticket)
    client.close()
    assert answer[0] == WELCOME or (answer[0] == ABORT and answer[2] == DENIED), answer
    return answer[0] == WELCOME


def attempt_with_key(circuit, key, deployment=world):
    client = onion_client(deployment.front, circuit)
    client.hello(REALM, authid="kim", authmethods=["cryptosign"], authextra={"pubkey": key.public_key()})
    answer = client.receive()
    if answer[0] == rawclient.CHALLENGE:
        client.send(rawclient.AUTHENTICATE, key._key.sign(bytes.fromhex(answer[2]["challenge"])).hex(), {})
        answer = client.receive()
    client.close()
    return answer[0] == WELCOME


def joins(deployment=world):
    return json.loads(sallyport("status", "--config", deployment.dir / "gateway.toml", "--json").stdout)["front"]["joins"]


@suite.test(timeout=90)
def guesses_from_many_circuits_lock_nobody_out():
    there = Deployment(name="many", limits="circuit_joins_per_second = 1000\n")  # with the default of failures
    start_with_key(there)
    try:
        for circuit in range(1000, 1100):
            assert not attempt(circuit, "alice", "wrong", there), circuit
            assert not attempt(circuit, "kim", "wrong", there), circuit
        begin = time.monotonic()
        assert attempt(7, "alice", TICKETS["alice"][1], there), "alice is locked out"
        assert attempt_with_key(7, there.key, there), "kim is locked out"
        assert time.monotonic() - begin < 1.5, "they had to wait"
        equal({key: joins(there)[key] for key in ("failed", "waits")}, {"failed": 200, "waits": 0})
    finally:
        equal(there.stop()[-1], 0, "exit code of an orderly stop")


@suite.test
def a_circuit_that_guesses_waits_longer_and_longer():
    for _ in range(3):
        assert not attempt(2000)
    for wait in (WAIT_S, 2 * WAIT_S):
        begin = time.monotonic()
        refused = joins()["refused_waiting"]
        assert not attempt(2000, ticket=TICKETS["alice"][1]), "no wait"
        equal(joins()["refused_waiting"] - refused, 1)
        assert attempt_with_key(2000, world.key), "a key had to wait"
        client = onion_client(world.front, 2000)
        equal(client.join(REALM)[0], WELCOME, "a guest had to wait")
        client.close()
        assert attempt(2001, ticket=TICKETS["alice"][1]), "somebody else had to wait"
        eventually(lambda: time.monotonic() - begin > wait + 0.2, "the wait is over", wait + 2)
        failed = joins()["failed"]
        assert not attempt(2000)
        equal(joins()["failed"] - failed, 1, "it was not checked after its wait")
    eventually(lambda: attempt(2000, ticket=TICKETS["alice"][1]), "the last wait ends", 4 * WAIT_S + 3)


@suite.test
def keys_are_never_counted():
    wrong = CryptosignKey.from_bytes(bytes(range(32)))
    before = joins()
    for _ in range(20):
        assert not attempt_with_key(3000, wrong)
    assert attempt(3000, ticket=TICKETS["alice"][1])
    equal({key: joins()[key] for key in ("failed", "waits")}, {key: before[key] for key in ("failed", "waits")})


@suite.test
def the_operator_is_told():
    for _ in range(3):
        attempt(4000, "bob")
    assert "guessed secrets: " in world.gateway.text(), world.gateway.text()
    told = sallyport("status", "--config", world.dir / "gateway.toml")
    assert "times a circuit had to wait" in told.stdout, told.stdout


@suite.test(timeout=120)
def a_flood_of_guesses_at_a_costly_ticket_leaves_the_others_their_turn():
    there = Deployment(name="costly", limits="circuit_joins_per_second = 1000\n")
    there.write()
    told = processes.run([processes.binary(), "principal", "add", there.dir / "observatory.principals.toml", "eve", "--role",
                          "operator", "--method", "ticket", "--stdin"], stdin=None, input=CHOSEN + "\n")
    equal(told.returncode, 0, told.stderr)
    there.start_gateway()
    there.wait_link()
    try:
        flood = []
        for _ in range(100):   # one circuit, none of which waits for an answer
            client = onion_client(there.front, 66)
            client.hello(REALM, authid="eve", authmethods=["ticket"])
            equal(client.receive()[0], rawclient.CHALLENGE)
            flood.append(client)
        for client in flood:
            client.send(rawclient.AUTHENTICATE, "wrong", {})
        begin = time.monotonic()
        assert attempt(67, "eve", CHOSEN, there)
        took = time.monotonic() - begin
        answers = [client.receive() for client in flood]
        all_took = time.monotonic() - begin
        assert all(answer[0] == ABORT for answer in answers), answers
        print(f"  a right ticket beside 100 guesses of another circuit: {took:.2f} s; all guesses were answered in {all_took:.2f} s")
        assert took < 2, f"{took:.2f} s"
        told = joins(there)
        assert told["failed"] <= 8, f"{told}: guesses of a circuit that had to wait were checked"
        for client in flood:
            client.close()
    finally:
        equal(there.stop()[-1], 0, "exit code of an orderly stop")


@suite.test(timeout=60)
def an_address_that_guesses_at_an_inside_waits_and_a_unix_socket_does_not():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    there = Deployment(name="guessin", link="accept", services=f"tcp:127.0.0.1:{port}")
    there.write()
    policy = there.dir / "inside-observatory.toml"
    policy.write_text(policy.read_text().replace("[auth]\n", '[auth]\nprincipals = "observatory.principals.toml"\n'))
    there.start_gateway()
    there.start_inside()
    there.wait_link()

    def inside(address, ticket):
        client = rawclient.Client(rawclient.RawSocket(socks.plain(address)))
        answer = client.join(REALM, "alice", ticket)
        client.close()
        return answer[0] == WELCOME
    try:
        for _ in range(20):
            assert not inside(there.services_path, "wrong")
        assert inside(there.services_path, TICKETS["alice"][1]), "a unix socket had to wait"
        for _ in range(5):
            assert not inside(("127.0.0.1", port), "wrong")
        assert not inside(("127.0.0.1", port), TICKETS["alice"][1]), "the address did not have to wait"
        assert inside(there.services_path, TICKETS["alice"][1]), "somebody else had to wait"
    finally:
        there.stop()


if __name__ == "__main__":
    suite.main()
