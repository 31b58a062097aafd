"""The memory of the processes that talk to strangers, searched for the secrets of principals: after logins by every method and after a
reload, the worker and the insides have none of them, and the authenticator has them all. Reads /proc/PID/mem, which only root may do."""
import asyncio
import base64
import contextlib
import json
import pathlib
import re
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import auth_peer, socks  # noqa: E402
from support.autobahn_peer import JoinRefused  # noqa: E402
from support.deployment import REALM, Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("attack_secrets")
METHODS = ("ticket", "wampcra", "scram", "cryptosign")
CHUNK = 1 << 20
HEX = re.compile(r"(?:[0-9a-f]{2}){16,}")


def secrets_in(path):
    """Each secret of a principals file, in the forms in which a process may have it. Salts and public keys are none: clients are shown
    them, or show them."""
    file = tomllib.loads(path.read_text())
    found = {}

    def add(name, text):
        found[name + ", as text"] = text.encode()
        if HEX.fullmatch(text):
            found[name + ", as bytes"] = bytes.fromhex(text)

    for key in ("decoy_key", "router_key"):
        add(key, file[key])
    for one in file["principal"]:
        name = one["authid"]
        if "ticket" in one:
            add(f"{name}: ticket hash", one["ticket"].split("$")[-1])
        if "wampcra" in one:
            cra = one["wampcra"]
            add(f"{name}: wampcra", cra.get("key") or cra["secret"])
            if "key" in cra:
                found[f"{name}: wampcra, as bytes"] = base64.b64decode(cra["key"])
        for method in ("wamp-scram", "scram"):
            for key in ("stored_key", "server_key") if method in one else ():
                add(f"{name}: {method} {key}", one[method][key])
    return found


def maps(pid):
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        area, rights = line.split()[:2]
        if rights.startswith("r") and not line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
            yield tuple(int(end, 16) for end in area.split("-"))


def search(pid, secrets):
    """The names of those that are somewhere in the memory of the process, and how much was read."""
    overlap = max(len(secret) for secret in secrets.values())
    found, size = set(), 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end in maps(pid):
            tail = b""
            for at in range(begin, end, CHUNK):
                try:
                    memory.seek(at)
                    part = memory.read(min(CHUNK, end - at))
                except OSError:
                    break  # a page without memory behind it
                size += len(part)
                text = tail + part
                found |= {name for name, secret in secrets.items() if secret in text}
                tail = text[-overlap:]
    return found, size


world = Deployment(name="secrets")


def principals():
    return world.dir / "observatory.principals.toml"


def pids():
    """By the name of the process."""
    words = {"worker": " worker ", "inside": " inside --embedded ", "authenticator": " authenticator --config "}
    return {name: next(pid for pid, line in world.gateway.children() if word in line) for name, word in words.items()}


SECRET = {}


def add_zoe():
    told = sallyport("principal", "add", principals(), "zoe", "--role", "operator", "--json", "--method", "ticket",
                     "--method", "wampcra", "--method", "wamp-scram", "--method", "scram", "--method", "cryptosign")
    equal(told.returncode, 0, told.stderr)
    told = json.loads(told.stdout)
    SECRET.update({method: told["secret"] for method in METHODS}, cryptosign=told["private_key"])


@suite.setup
def start():
    world.write()
    add_zoe()
    equal(sallyport("principal", "add", principals(), "eve", "--role", "guest", "--method", "wampcra", "--method", "ticket",
                    "--stdin", input="my own secret words\n", stdin=None).returncode, 0)
    text = principals().read_text()
    if "router_key" not in text:
        principals().write_text(f'router_key = "{"5a17" * 16}"\n' + text)
    world.start_gateway()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")
    eventually(lambda: not world.left_behind(), "no process is left behind", 5)


async def log_in():
    for method in METHODS:
        peer = await auth_peer.login(socks.plain(world.local), "ws-json", REALM, method, "zoe", SECRET[method])
        equal(peer.joined_future.result().authid, "zoe", method)
        await peer.goodbye()
        wrong = "00" * 31 + "07" if method == "cryptosign" else "wrong"
        for authid in ("zoe", "nobody") if method == "cryptosign" else ():
            with contextlib.suppress(JoinRefused):
                await auth_peer.login(socks.plain(world.local), "ws-json", REALM, method, authid, wrong)
                raise AssertionError("let in")


def holds():
    secrets = secrets_in(principals())
    assert len(secrets) >= 16, sorted(secrets)
    for name, pid in pids().items():
        found, size = search(pid, secrets)
        print(f"  {name:14} {size >> 20:5} MiB read, {len(found)} of {len(secrets)} secrets found", flush=True)
        assert size > 1 << 20, f"{name}: only {size} bytes could be read"
        if name == "authenticator":
            missing = {one.split(",")[0] for one in secrets} - {one.split(",")[0] for one in found}
            equal(missing, set(), "the search finds what is there")
        else:
            equal(found, set(), name)


@suite.test
def nobody_but_the_authenticator_has_a_secret_of_a_principal():
    asyncio.run(log_in())
    holds()


@suite.test
def neither_after_a_reload():
    equal(sallyport("principal", "add", principals(), "kim", "--role", "operator", "--method", "scram", "--method", "ticket").returncode, 0)
    told = sallyport("policy", "apply", "--config", world.dir / "gateway.toml")
    equal(told.returncode, 0, told.stderr)
    asyncio.run(log_in())
    holds()


if __name__ == "__main__":
    sys.exit(suite.main())
