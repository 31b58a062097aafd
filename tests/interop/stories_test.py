"""The worked stories of deploy/examples as they stand in their folders, live, with stock clients. What is changed in a copy: tor is off,
addresses and pins of other machines give way to unix sockets on this one. (tests/onion has the webhook's with tor and pins.)"""
import asyncio
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import auth_peer, autobahn_peer, crossbar, processes, rawclient, socks  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402
from support.scenarios import Events  # noqa: E402
from support.story import Story  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions, RegisterOptions, SubscribeOptions  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

suite = Suite("stories")
NOT_AUTHORIZED = "wamp.error.not_authorized"
UNAVAILABLE = "wamp.error.unavailable"
PREFIX = SubscribeOptions(match="prefix")
ACKNOWLEDGED = PublishOptions(acknowledge=True)


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
        told = eventually(lambda: lab.records("nobody-overrides-the-rain"), "the interlock is in the audit")
        equal([(one["outcome"], one["authid"], one["uri"]) for one in told], [("deny", "vera", "lab.dome.open")])
        for peer in (vera, cecilia, guest, service):
            await peer.goodbye()


@suite.test(timeout=90)
def the_telescope_labs_page_can_be_typed_in():
    """Its second block: a service, a stranger's call and an observer, each in a terminal of their own."""
    page = (processes.SOURCES / "deploy/examples/telescope-lab/README.md").read_text()
    offer, ask, watch = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[1].splitlines()
    programs = processes.scratch("bin")
    (programs / "sallyport").symlink_to(processes.binary())
    shell = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    with Story("telescope-lab", "observatory", [("observatory.principals.toml", "cecilia", "observer", "ticket")]) as lab:
        ticket = lab.dir / "cecilia.ticket"
        ticket.touch(0o600)
        ticket.write_text(lab.secrets["cecilia"][1] + "\n")
        lab.start()

        def terminal(line, name):
            return processes.Process(["sh", "-c", "exec " + line], name, cwd=lab.dir, env=shell)

        service, observer = terminal(offer, "offer"), terminal(watch, "watch")
        eventually(lambda: "registered" in service.text(), "the service is there", 15)
        told = processes.run(["sh", "-c", ask], cwd=lab.dir, env=shell)
        equal((told.returncode, told.stdout), (0, '"clear sky"\n'), told.stderr)
        eventually(lambda: "subscribed" in observer.text(), "the observer watches", 15)
        told = sallyport("publish", "--url", f"rs+unix:{lab.state}/inside/run/services.sock", "--realm", "observatory",
                         "lab.images.1", "M31")
        equal(told.returncode, 0, told.stderr)
        eventually(lambda: "M31" in observer.text(), "the image is shown", 15)
        for process in (service, observer):
            process.stop()


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
        await denied(ada.call("site.plc.write.coil", 18, True), UNAVAILABLE)  # on: one every ten seconds
        equal(await ada.call("site.plc.write.coil", 17, False), None)         # off: at once
        equal(coils, {17: False})
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


# Where both ends are on one machine, a unix socket takes the place of the address and its pins.
NEARBY = [(r"tcp:10\.0\.0\.1:4443", "unix:{link}"), (r"(?m)^peer_pin = .*\n?", "")]


def nearby(name):
    link = processes.scratch("lk") / "link.sock"
    return [(old, new.format(link=link)) for old, new in NEARBY]


@suite.test(timeout=90)
async def the_webhook_to_a_hidden_builder():
    people = [("build.principals.toml", "dashboard", "maintainer", "ticket")]
    with Story("webhook-builder", "build", people, nearby("wb")) as story:
        story.start(story.apart())
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

        # The rate: one every ten seconds, and one has just been made.
        for _ in range(3):
            answers = await asyncio.gather(*(relay.call("build.hook.push", **PUSH) for _ in range(6)), return_exceptions=True)
        equal([getattr(answer, "error", answer) for answer in answers], [UNAVAILABLE] * 6)
        for peer in (relay, dashboard, daemon):
            await peer.goodbye()


def raw_login(path, realm, secret, authid):
    """A raw client that logged in with a key and can seal and open, as autobahn has no payload passthru mode."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    client = rawclient.Client(rawclient.RawSocket(socks.plain(path)))
    features = {"features": {"progressive_call_results": True, "call_canceling": True, "payload_passthru_mode": True}}
    client.hello(realm, roles=dict.fromkeys(("caller", "callee", "publisher", "subscriber"), features), authid=authid,
                 authmethods=["cryptosign"], authextra={"pubkey": key.public_key().public_bytes_raw().hex()})
    challenge = client.receive()
    equal(challenge[:2], [rawclient.CHALLENGE, "cryptosign"])
    text = challenge[2]["challenge"]
    client.send(rawclient.AUTHENTICATE, key.sign(bytes.fromhex(text)).hex() + text, {})
    equal(client.receive()[0], rawclient.WELCOME)
    return client


SEALED = {"ppt_scheme": "wamp", "ppt_serializer": "cbor", "ppt_cipher": "xsalsa20poly1305", "ppt_keyid": "web1"}


def a_sealed_shell(ken, agent):
    """It is told line by line what it shows, typed into, and hung up by cancelling; the agent knows by name who calls."""
    equal(agent.ask(rawclient.REGISTER, {}, "fleet.host.web1.shell")[0], rawclient.REGISTERED)
    equal(agent.ask(rawclient.SUBSCRIBE, {"match": "wildcard"}, "fleet.terminal..web1")[0], rawclient.SUBSCRIBED)
    ken.send(rawclient.CALL, ken.next_request(), {**SEALED, "receive_progress": True}, "fleet.host.web1.shell", [b"login"])
    shell, (code, invocation, _, details, args) = ken.request, agent.receive()
    equal((code, args, details["caller_authid"], details["receive_progress"]), (rawclient.INVOCATION, [b"login"], "ken", True))
    equal({name: details[name] for name in SEALED}, SEALED)
    for line in (b"line 1", b"line 2", b"line 3"):
        agent.send(rawclient.YIELD, invocation, {**SEALED, "progress": True}, [line])
        equal(ken.receive(), [rawclient.RESULT, shell, {**SEALED, "progress": True}, [line]])
    equal(ken.ask(rawclient.PUBLISH, {**SEALED, "acknowledge": True}, "fleet.terminal.ken.web1", [b"uptime"])[0], rawclient.PUBLISHED)
    event = agent.receive()
    equal((event[0], event[3]["topic"], event[4]), (rawclient.EVENT, "fleet.terminal.ken.web1", [b"uptime"]))
    ken.send(rawclient.CANCEL, shell, {"mode": "kill"})
    equal(agent.receive()[:2], [rawclient.INTERRUPT, invocation])
    agent.send(rawclient.ERROR, rawclient.INVOCATION, invocation, {}, "wamp.error.canceled")
    answer = ken.answer()
    equal((answer[:3], answer[4]), ([rawclient.ERROR, rawclient.CALL, shell], "wamp.error.canceled"))
    for options, procedure in (({}, "web1.shell"), (SEALED, "vault.shell"), (SEALED, "web1.uptime")):
        equal(ken.ask(rawclient.CALL, options, f"fleet.host.{procedure}", [b"hunter2"])[4], NOT_AUTHORIZED, procedure)
    for options, terminal in (({}, "ken.web1"), (SEALED, "barbara.web1")):
        answer = ken.ask(rawclient.PUBLISH, {**options, "acknowledge": True}, f"fleet.terminal.{terminal}", [b"hunter2"])
        equal(answer[4], NOT_AUTHORIZED, terminal)


@suite.test(timeout=90)
async def remote_administration():
    people = [("fleet.principals.toml", "ken", "admin", "cryptosign"), ("fleet.principals.toml", "barbara", "auditor", "cryptosign"),
              *(("inside-fleet.principals.toml", host, "agent", "cryptosign") for host in ("web1", "web2"))]
    with Story("remote-administration", "fleet", people, [*nearby("ra"), ('to = "journald"', 'to = "file:audit.jsonl"')]) as story:
        story.start(story.apart())
        agent, other = [await auth_peer.login(socks.plain(story.dir / "elsewhere/state/run/services.sock"), "rs-msgpack", "fleet",
                                              "cryptosign", host, story.secrets[host][1]) for host in ("web1", "web2")]
        callers = []
        await agent.register(lambda: "40 days", "fleet.host.web1.uptime")
        await agent.register(lambda reason, details: callers.append(details.caller_authid) or f"going down: {reason}",
                             "fleet.host.web1.reboot", RegisterOptions(details_arg="details"))
        await denied(agent.register(print, "fleet.host.web2.shell"))
        ken, barbara = await story.outside("ken"), await story.outside("barbara", "rs-msgpack")
        equal(await barbara.call("fleet.host.web1.uptime"), "40 days")
        equal(await ken.call("fleet.host.web1.reboot", reason="kernel 6.1.90"), "going down: kernel 6.1.90")
        await denied(ken.call("fleet.host.web1.reboot", reason="because"))
        await denied(barbara.call("fleet.host.web1.reboot", reason="kernel 6.1.90"))

        # Who is there, for auditors: counted, listed and told by the gateway. None of it is for administrators, ending none for anybody.
        comers = Events()
        await barbara.subscribe(lambda who: comers(who["authid"]), "wamp.session.on_join")
        guest = await story.outside("ken")
        equal(await comers.count(1), [(["ken"], {})])
        equal(await barbara.call("wamp.session.count"), 3)
        await guest.goodbye()
        await denied(ken.call("wamp.session.count"))
        await denied(barbara.call("wamp.session.kill", 1))
        alerts = Events()
        await barbara.subscribe(alerts, "fleet.alerts.", PREFIX)
        await agent.publish("fleet.alerts.web1.disk", 98, options=ACKNOWLEDGED)
        await denied(agent.publish("fleet.alerts.web2.disk", 98, options=ACKNOWLEDGED))
        equal(await alerts.count(1), [([98], {})])
        # A pager of one's own, which a second session takes over.
        await ken.register(lambda: "first", "fleet.pager.ken")
        equal(await agent.call("fleet.pager.ken"), "first")
        again = await story.outside("ken")
        await again.register(lambda: "second", "fleet.pager.ken", RegisterOptions(force_reregister=True))
        await denied(agent.call("fleet.pager.ken"), UNAVAILABLE)  # six a minute of one machine, and this one has just paged
        equal(await other.call("fleet.pager.ken"), "second")
        await denied(again.register(print, "fleet.pager.barbara"))

        # A shell is opaque or nothing.
        services = story.dir / "elsewhere/state/run/services.sock"
        raw_ken, raw_agent = [await asyncio.to_thread(raw_login, path, "fleet", story.secrets[authid][1], authid)
                              for path, authid in ((story.local, "ken"), (services, "web1"))]
        await asyncio.to_thread(a_sealed_shell, raw_ken, raw_agent)
        for raw in (raw_ken, raw_agent):
            raw.close()
        equal(callers, ["ken"])
        for over_the_shoulder in ("fleet.terminal.", "fleet.terminal.ken."):
            await denied(ken.subscribe(print, over_the_shoulder, PREFIX))
        await denied(agent.subscribe(print, "fleet.terminal..web2", SubscribeOptions(match="wildcard")))
        for peer in (ken, again, barbara, agent, other):
            await peer.goodbye()


if __name__ == "__main__":
    suite.main()
