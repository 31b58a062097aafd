"""The worked stories of deploy/examples as they stand in their folders, live, with stock clients. What is changed in a copy: tor is off,
addresses and pins of other machines give way to unix sockets on this one."""
import asyncio
import json
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import auth_peer, autobahn_peer, crossbar, processes, rawclient, socks  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402
from support.scenarios import Events  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions, RegisterOptions, SubscribeOptions  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

suite = Suite("stories")
NOT_AUTHORIZED = "wamp.error.not_authorized"
PREFIX = SubscribeOptions(match="prefix")
ACKNOWLEDGED = PublishOptions(acknowledge=True)


class Story:
    """A copy of one folder, with people added as its README does, and its programs. `edits` are made in both configurations."""

    def __init__(self, name, realm, people, edits=()):
        self.realm, self.secrets = realm, {}
        self.dir = processes.scratch("st") / "s"
        shutil.copytree(processes.SOURCES / "deploy/examples" / name, self.dir)
        for file in ("gateway.toml", "inside.toml"):
            text = (self.dir / file).read_text().replace('mode = "managed"', 'mode = "off"')
            for old, new in edits:
                text = re.sub(old, new, text)
            (self.dir / file).write_text(text)
        for file, authid, role, method in people:
            path = self.dir / file
            if not path.exists():
                shutil.copy(self.dir / "principals.template.toml", path)
                path.chmod(0o600)
            told = sallyport("principal", "add", path, authid, "--role", role, "--method", method, "--json")
            equal(told.returncode, 0, told.stderr)
            told = json.loads(told.stdout)
            self.secrets[authid] = (method, told.get("private_key") or told.get("secret"))
        self.programs = {}
        self.local = self.dir / "state/run/local.sock"

    def start(self, apart=None):
        """`apart`: a folder for an inside of its own."""
        self._run("serve", "gateway.toml", self.dir)
        if apart:
            self._run("inside", "inside.toml", apart)
        eventually(self._is_up, "all links are up", 30)
        return self

    def _run(self, program, config, folder):
        self.programs[program] = processes.Process([processes.binary(), program, "--config", config], program, cwd=folder,
                                                   log=folder / f"{program}.log")

    def _is_up(self):
        for process in self.programs.values():
            assert process.running(), f"{process.name} ended:\n{process.text()[-3000:]}"
        told = sallyport("status", "--config", self.dir / "gateway.toml", "--json")
        links = json.loads(told.stdout).get("front", {}).get("links") if told.returncode == 0 else None
        return links and all(link["up"] for link in links)

    def stop(self):
        for name in ("inside", "serve"):
            if name in self.programs:
                equal(self.programs[name].stop(), 0, f"exit code of {name}")

    async def outside(self, authid=None, transport="ws-json"):
        if authid is None:
            return await autobahn_peer.connect(socks.plain(self.local), transport, self.realm)
        return await auth_peer.login(socks.plain(self.local), transport, self.realm, self.secrets[authid][0], authid,
                                     self.secrets[authid][1])

    async def service(self, path="state/inside/run/services.sock"):
        return await autobahn_peer.connect(socks.plain(self.dir / path), "rs-msgpack", self.realm)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


async def denied(call, due=NOT_AUTHORIZED):
    try:
        answer = await call
    except ApplicationError as error:
        equal(error.error, due)
        return
    raise AssertionError(f"it was not refused, and answered {answer!r}")


@suite.test(timeout=90)
async def the_telescope_lab():
    people = [("observatory.principals.toml", "vera", "operator", "scram"),
              ("observatory.principals.toml", "cecilia", "observer", "ticket")]
    with Story("telescope-lab", "observatory", people) as lab:
        lab.start()
        service = await lab.service()
        moved = []
        await service.register(lambda *where: moved.append(list(where)) or "there", "lab.telescope.slew")
        await service.register(lambda **how: f"open {sorted(how)}", "lab.dome.open")
        await service.register(lambda: "clear sky", "lab.weather.now")
        await service.register(lambda *what: list(what), "lab.home", RegisterOptions(match="prefix"))
        vera, cecilia, guest = await lab.outside("vera"), await lab.outside("cecilia", "rs-msgpack"), await lab.outside()

        # Conditions on arguments: from both sides of each bound.
        equal(await vera.call("lab.telescope.slew", 184.25, 61.5, "slow"), "there")
        for where in ((184.25, 9.5), (361, 61.5), (184.25, 61.5, "warp"), (184.25,), ("184", 61.5), (1, 60, "slow", 4)):
            await denied(vera.call("lab.telescope.slew", *where))
        await denied(vera.call("lab.telescope.slew", 184.25, 61.5, speed="slow"))
        await denied(cecilia.call("lab.telescope.slew", 184.25, 61.5))
        equal(moved, [[184.25, 61.5, "slow"]], "nothing that was refused moved anything")

        # The interlock.
        equal(await vera.call("lab.dome.open"), "open []")
        await denied(vera.call("lab.dome.open", ignore_rain=True))
        equal(await service.call("lab.dome.open", ignore_rain=True), "open ['ignore_rain']")
        await denied(vera.publish("lab.interlock.rain", False, options=ACKNOWLEDGED))

        # A prefix subscription gets all images; one that reaches further is refused.
        images = Events()
        await cecilia.subscribe(images, "lab.images.", PREFIX)
        for reach in ("lab.", "lab.image", "lab.interlock."):
            await denied(cecilia.subscribe(images, reach, PREFIX))
        await denied(guest.subscribe(images, "lab.images.", PREFIX))
        for number in (1, 2, 3):
            await service.publish(f"lab.images.{number}", number, options=ACKNOWLEDGED)
            await service.publish(f"lab.imagesque.{number}", number, options=ACKNOWLEDGED)
        equal(await images.count(3), [([number], {}) for number in (1, 2, 3)])

        # Everybody has the weather, and people have homes of their own.
        equal(await guest.call("lab.weather.now"), "clear sky")
        equal(await cecilia.call("lab.home.cecilia.notes.put", "M31"), ["M31"])
        await denied(cecilia.call("lab.home.vera.notes.put", "M31"))
        await denied(guest.call("lab.home.cecilia.notes.put", "M31"))
        records = [json.loads(line) for line in (lab.dir / "state/audit.jsonl").read_text().splitlines()]
        assert any(record.get("rule") == "nobody-overrides-the-rain" for record in records), records[-3:]
        for peer in (vera, cecilia, guest, service):
            await peer.goodbye()


@suite.test(timeout=150)
async def the_modbus_site():
    people = [("site.principals.toml", "ada", "technician", "wampcra"), ("site.principals.toml", "grace", "viewer", "wampcra")]
    router = crossbar.Crossbar("plant")
    given = (processes.SOURCES / "deploy/examples/modbus-site/crossbar-config.json").read_text()
    router.config = given.replace("/run/crossbar/", f"{router.dir}/")
    with Story("modbus-site", "site", people, [("unix:/run/crossbar/", f"unix:{router.dir}/")]) as site, router:
        site.start()
        bridge = await autobahn_peer.connect(socks.plain(router.dir / "bridge.sock"), "rs-msgpack", "plant")
        office = await site.service()
        coils = {}
        await bridge.register(lambda address, count: [address] * count, "modbus.read.holding_registers")
        await bridge.register(lambda address, value: coils.update({address: value}), "modbus.write.coil")
        await bridge.register(lambda: "reset", "modbus.write.acknowledge")
        await office.register(lambda entry: f"noted: {entry}", "site.logbook.add")
        ada, grace = await site.outside("ada"), await site.outside("grace", "rs-msgpack")

        # The routes rewrite the prefix; the conditions say which addresses and values.
        equal(await grace.call("site.plc.read.holding_registers", 100, 3), [100, 100, 100])
        for what in ((200, 1), (0, 17), (-1, 1), ("0", 1), (0, 1, 1)):
            await denied(grace.call("site.plc.read.holding_registers", *what))
        equal(await ada.call("site.plc.write.coil", 17, True), None)
        for what in ((19, True), (17, 1), (900, True), (17,)):
            await denied(ada.call("site.plc.write.coil", *what))
        await denied(grace.call("site.plc.write.coil", 17, False))
        equal(coils, {17: True})
        await denied(ada.call("site.plc.write.acknowledge"))  # a shadow

        # Telemetry by pattern, under its name outside; the logbook goes to the other backend.
        seen = Events()
        await grace.subscribe(seen, "site.telemetry.", PREFIX)
        await bridge.publish("plant.telemetry.tank1.level", 512, options=ACKNOWLEDGED)
        equal(await seen.count(1), [([512], {})])
        equal(await ada.call("site.logbook.add", "pump 2 oiled"), "noted: pump 2 oiled")
        await denied(grace.call("site.logbook.add", "pump 2 oiled"))
        for peer in (ada, grace, bridge, office):
            await peer.goodbye()


PUSH = {"repository": "firmware", "ref": "refs/heads/main", "commit": "c" * 40, "signature": "5" * 64}


def apart(story):
    """A second folder for an inside that runs elsewhere."""
    folder = story.dir / "elsewhere"
    folder.mkdir()
    for path in story.dir.glob("*.toml"):
        shutil.copy(path, folder / path.name)
        (folder / path.name).chmod(path.stat().st_mode & 0o777)
    return folder


# Where both ends are on one machine, a unix socket takes the place of the address and its pins.
NEARBY = [(r"tcp:10\.0\.0\.1:4443", "unix:{link}"), (r"(?m)^peer_pin = .*\n?", "")]


def nearby(name):
    link = processes.scratch("lk") / "link.sock"
    return [(old, new.format(link=link)) for old, new in NEARBY]


@suite.test(timeout=90)
async def the_webhook_to_a_hidden_builder():
    people = [("build.principals.toml", "dashboard", "maintainer", "ticket")]
    with Story("webhook-builder", "build", people, nearby("wb")) as story:
        story.start(apart(story))
        daemon = await story.service("elsewhere/state/run/services.sock")
        built = []
        await daemon.register(lambda **push: built.append(push["commit"]) or "queued", "build.hook.push")
        await daemon.register(lambda: "again", "build.job..repeat", RegisterOptions(match="wildcard"))
        relay, dashboard = await story.outside(), await story.outside("dashboard")
        equal(await relay.call("build.hook.push", **PUSH), "queued")
        for wrong in ({"repository": "../../etc"}, {"signature": "5" * 63}, {"commit": 40}, {"run": "curl"}):
            await denied(relay.call("build.hook.push", **{**PUSH, **wrong}))
        await denied(relay.call("build.hook.push", "positional", **PUSH))
        await denied(relay.call("build.job.7.repeat"))
        await denied(relay.subscribe(print, "build.log.7"))
        await denied(relay.register(print, "build.hook.push"))
        equal(built, [PUSH["commit"]])

        logs = Events()
        await dashboard.subscribe(logs, "build.log.", PREFIX)
        await daemon.publish("build.log.7", "ok", options=ACKNOWLEDGED)
        equal(await logs.count(1), [(["ok"], {})])
        equal(await dashboard.call("build.job.7.repeat"), "again")
        await denied(dashboard.call("build.signing.sign"))

        # The rate of the circuit and of the session: six a minute, of which one has been used.
        for _ in range(3):
            with_rate = asyncio.gather(*(relay.call("build.hook.push", **PUSH) for _ in range(6)), return_exceptions=True)
            answers = await with_rate
        assert all(isinstance(answer, ApplicationError) for answer in answers), answers
        for peer in (relay, dashboard, daemon):
            await peer.goodbye()


def raw_login(story, authid):
    """A raw client that logged in with a key, as autobahn sends no payloads that are encrypted end to end (ppt_scheme)."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(story.secrets[authid][1]))
    client = rawclient.Client(rawclient.RawSocket(socks.plain(story.local)), rawclient.PASSTHRU_ROLES)
    client.hello(story.realm, authid=authid, authmethods=["cryptosign"],
                 authextra={"pubkey": key.public_key().public_bytes_raw().hex()})
    challenge = client.receive()
    equal(challenge[:2], [rawclient.CHALLENGE, "cryptosign"])
    text = challenge[2]["challenge"]
    client.send(rawclient.AUTHENTICATE, key.sign(bytes.fromhex(text)).hex() + text, {})
    equal(client.receive()[0], rawclient.WELCOME)
    return client


@suite.test(timeout=90)
async def remote_administration():
    people = [("fleet.principals.toml", "ken", "admin", "cryptosign"), ("fleet.principals.toml", "barbara", "auditor", "cryptosign"),
              ("inside-fleet.principals.toml", "web1", "agent", "cryptosign")]
    with Story("remote-administration", "fleet", people, [*nearby("ra"), ('to = "journald"', 'to = "file:audit.jsonl"')]) as story:
        story.start(apart(story))
        agent = await auth_peer.login(socks.plain(story.dir / "elsewhere/state/run/services.sock"), "rs-msgpack", "fleet",
                                      "cryptosign", "web1", story.secrets["web1"][1])
        await agent.register(lambda: "40 days", "fleet.host.web1.uptime")
        await agent.register(lambda reason: f"going down: {reason}", "fleet.host.web1.reboot")
        await denied(agent.register(print, "fleet.host.web2.shell"))
        ken, barbara = await story.outside("ken"), await story.outside("barbara", "rs-msgpack")
        equal(await barbara.call("fleet.host.web1.uptime"), "40 days")
        equal(await ken.call("fleet.host.web1.reboot", reason="kernel 6.1.90"), "going down: kernel 6.1.90")
        await denied(ken.call("fleet.host.web1.reboot", reason="because"))
        await denied(barbara.call("fleet.host.web1.reboot", reason="kernel 6.1.90"))
        await denied(barbara.call("wamp.session.kill", 1))
        alerts = Events()
        await barbara.subscribe(alerts, "fleet.alerts.", PREFIX)
        await agent.publish("fleet.alerts.web1.disk", 98, options=ACKNOWLEDGED)
        await denied(agent.publish("fleet.alerts.web2.disk", 98, options=ACKNOWLEDGED))
        equal(await alerts.count(1), [([98], {})])
        await denied(ken.subscribe(print, "fleet.terminal.", PREFIX))
        await denied(ken.subscribe(print, "fleet.terminal.barbara.", PREFIX))
        await ken.subscribe(print, "fleet.terminal.ken.", PREFIX)

        # A pager of one's own, which a second session takes over.
        await ken.register(lambda: "first", "fleet.pager.ken")
        equal(await agent.call("fleet.pager.ken"), "first")
        again = await story.outside("ken")
        await again.register(lambda: "second", "fleet.pager.ken", RegisterOptions(force_reregister=True))
        equal(await agent.call("fleet.pager.ken"), "second")
        await denied(again.register(print, "fleet.pager.barbara"))

        # A shell is opaque or nothing.
        raw = raw_login(story, "ken")
        sealed = {"ppt_scheme": "wamp", "ppt_serializer": "cbor", "ppt_cipher": "xsalsa20poly1305", "ppt_keyid": "web1"}
        answers = [raw.ask(rawclient.CALL, options, f"fleet.host.{host}.shell", [b"\x01\x02"])
                   for host, options in (("web1", sealed), ("web1", {}), ("vault", sealed))]
        equal([answer[4] for answer in answers], ["wamp.error.no_such_procedure", NOT_AUTHORIZED, NOT_AUTHORIZED])
        raw.close()
        for peer in (ken, again, barbara, agent):
            await peer.goodbye()


if __name__ == "__main__":
    suite.main()
