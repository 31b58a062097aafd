"""The gateway dials a real Crossbar: over TLS with a pin or a CA file, by each method that Crossbar knows, each transport and serializer."""
import base64
import hashlib
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.crossbar import Crossbar, free_port  # noqa: E402
from support.deployment import REALM, Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("interop_dial")
SEED = "11" * 32
PASSWORD = "between two doors"


def public_key(seed):
    from autobahn.wamp.cryptosign import CryptosignKey
    return CryptosignKey.from_bytes(bytes.fromhex(seed)).public_key()


def scram_principal():
    """As Crossbar's documentation makes it: PBKDF2 keys of the base64 text of the salted password."""
    import hmac
    salt, iterations = b"saltsaltsaltsalt", 4096
    salted = base64.b64encode(hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, iterations)).rstrip(b"=")
    client = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    return {"role": "anonymous", "memory": 512, "kdf": "pbkdf2", "iterations": iterations, "salt": salt.hex(),
            "stored-key": hashlib.sha256(client).hexdigest(),
            "server-key": hmac.new(salted, b"Server Key", hashlib.sha256).hexdigest()}


METHODS = {
    "anonymous": {"type": "static", "role": "anonymous"},
    "ticket": {"type": "static", "principals": {"gateway": {"ticket": PASSWORD, "role": "anonymous"}}},
    "wampcra": {"type": "static", "users": {"gateway": {"secret": PASSWORD, "role": "anonymous"}}},
    "cryptosign": {"type": "static", "principals": {"gateway": {"realm": REALM, "role": "anonymous", "authorized_keys": [public_key(SEED)]}}},
    "scram": {"type": "static", "principals": {"gateway": scram_principal()}},
}


class TlsCrossbar(Crossbar):
    """One port for each method: over TLS, RawSocket and WebSocket on each; services join without login on the unix socket."""

    def __init__(self):
        super().__init__(REALM, name="crossbar-tls")
        self.ports = {method: free_port() for method in METHODS}
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.dir)  # noqa: E731
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test CA")
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=router.lan")
        (self.dir / "names").write_text("subjectAltName=DNS:router.lan,IP:127.0.0.1\n")
        run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "30",
            "-extfile", "names")
        key = run("pkey", "-in", "server.key", "-pubout", "-outform", "DER").stdout
        self.pin = "sha256:" + hashlib.sha256(key).hexdigest()

    def _config(self):
        config = super()._config()
        transports = config["workers"][0]["transports"]
        del transports[0]
        for method, port in self.ports.items():
            auth = {method: METHODS[method]}
            transports.append({
                "type": "universal",
                "endpoint": {"type": "tcp", "interface": "127.0.0.1", "port": port,
                             "tls": {"key": str(self.dir / "server.key"), "certificate": str(self.dir / "server.pem")}},
                "rawsocket": {"serializers": ["msgpack", "json", "cbor"], "auth": auth, "options": {"max_message_size": 16777216}},
                "websocket": {"ws": {"type": "websocket", "serializers": ["json", "msgpack", "cbor"], "auth": auth}}})
        return config



router = TlsCrossbar()


@suite.setup
def start():
    router.start()


@suite.teardown
def stop():
    router.stop()


def settings(method, tls=None, more=""):
    tls = f'peer_pin = "{router.pin}"\n' if tls is None else tls
    login = {"anonymous": "", "ticket": 'authid = "gateway"\nticket_file = "secret"\n'}.get(
        method, f'authmethod = "{method}"\nauthid = "gateway"\nsecret_file = "secret"\n')
    return f'address = "tcp:127.0.0.1:{router.ports[method]}"\nprofile = "crossbar"\n{tls}{login}{more}'


def deployment(method, secret=None, **how):
    world = Deployment("dial", backend=settings(method, **how), name=f"dial-{method}")
    path = world.dir / "secret"
    path.touch(mode=0o600)
    path.write_text((secret or (SEED if method == "cryptosign" else PASSWORD)) + "\n")
    return world


def works(world):
    service = rawclient.Client(rawclient.RawSocket(socks.plain(router.path)))
    equal(service.join(REALM)[0], rawclient.WELCOME)
    equal(service.ask(rawclient.REGISTER, {}, "lab.echo")[0], rawclient.REGISTERED)
    client = world.raw("alice")
    client.send(rawclient.CALL, 1, {}, "lab.echo", ["grüße", 7])
    invocation = service.receive()
    equal(invocation[4], ["grüße", 7])
    service.send(rawclient.YIELD, invocation[1], {}, invocation[4])
    equal(client.receive()[3], ["grüße", 7])
    client.close()
    service.close()


def log_of(world):
    return (world.dir / "gateway.log").read_text()


def comes_up(method, **how):
    world = deployment(method, **how).start()
    works(world)
    assert PASSWORD not in log_of(world) and SEED not in log_of(world)
    equal(world.stop()[-1], 0)


def is_refused(world, *wants):
    world.write()
    world.start_gateway()
    for want in wants:
        eventually(lambda want=want: want in log_of(world), f"the log says {want!r}")
    assert "link inside: up" not in log_of(world), log_of(world)
    equal(world.stop()[-1], 0)


for each in METHODS:
    def logs_in(method=each):
        comes_up(method)
    logs_in.__name__ = f"logs_in_by_{each}_over_tls_with_a_pin"
    suite.test(timeout=60)(logs_in)


@suite.test(timeout=90)
def a_certificate_of_an_authority_is_accepted_for_its_name_and_address():
    authority = f'ca_file = "{router.dir}/ca.pem"\n'
    comes_up("ticket", tls=authority)
    comes_up("ticket", tls=authority + 'server_name = "router.lan"\n')
    is_refused(deployment("ticket", tls=authority + 'server_name = "other.lan"\n'), "ostname mismatch")


@suite.test(timeout=60)
def another_key_or_authority_is_refused_and_gets_no_secret():
    is_refused(deployment("ticket", tls='peer_pin = "sha256:' + "1" * 64 + '"\n'), router.pin, "not in peer_pin at this end")
    other = processes.scratch("other-ca")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", other / "ca.key", "-out", other / "ca.pem", "-days",
                    "30", "-subj", "/CN=Other CA"], check=True, capture_output=True)
    is_refused(deployment("ticket", tls=f'ca_file = "{other}/ca.pem"\n'), "certificate of the other end is not accepted")


@suite.test(timeout=90)
def a_wrong_secret_is_told_without_being_shown():
    for method, secret in (("ticket", "wrong ticket"), ("wampcra", "wrong secret"), ("scram", "wrong password"), ("cryptosign", "22" * 32)):
        world = deployment(method, secret=secret)
        is_refused(world, "the router refused")
        assert secret not in log_of(world)


@suite.test(timeout=120)
def each_transport_and_serializer_crosses_tls():
    for serializer in ("json", "msgpack", "cbor"):
        comes_up("wampcra", more=f'serializer = "{serializer}"\n')
        comes_up("cryptosign", more=f'serializer = "{serializer}"\nwebsocket = "/ws"\n')


@suite.test(timeout=60)
def a_new_secret_is_taken_by_a_reload():
    world = deployment("ticket", secret="not yet")
    is_up = lambda: "link inside: up" in log_of(world)  # noqa: E731
    world.write()
    world.start_gateway()
    eventually(lambda: "the router refused" in log_of(world), "the old ticket is refused")
    assert not is_up()
    (world.dir / "secret").write_text(PASSWORD + "\n")
    applied = sallyport("policy", "apply", "--config", world.dir / "gateway.toml", timeout=60)
    equal(applied.returncode, 0, applied.stdout + applied.stderr)
    eventually(is_up, "the new one is accepted")
    works(world)
    equal(world.stop()[-1], 0)


@suite.test
def what_makes_no_sense_is_refused_with_its_line():
    for text, want in (
            (settings("ticket", more=f'ca_file = "{router.dir}/ca.pem"\n'), "the router is known by its pin already"),
            (settings("ticket", tls='server_name = "router.lan"\n'), "\"server_name\" is what a certificate is checked for"),
            (settings("ticket", tls=f'ca_file = "{router.dir}/server.key"\n'), "no certificate in PEM form"),
            (settings("wampcra").replace("secret_file", "ticket_file"), "\"ticket_file\" is for authmethod = \"ticket\""),
            (settings("cryptosign"), "64 hexadecimal digits"),
            (settings("ticket", more='websocket = "ws"\n'), "is not the path of a URL")):
        world = Deployment("dial", backend=text, name="senseless")
        world.write()
        (world.dir / "secret").touch(mode=0o600)
        (world.dir / "secret").write_text("no key\n")
        told = sallyport("serve", "--config", world.dir / "gateway.toml")
        equal(told.returncode, 2, told.stderr)
        assert want in told.stderr and re.search(r"gateway\.toml:\d+:\d+: error", told.stderr), told.stderr



if __name__ == "__main__":
    suite.main()
