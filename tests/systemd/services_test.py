"""The shipped units and examples, unchanged, under a real systemd: they start, carry calls, reload, rotate, are watched and stop. Sockets have
the modes and groups of the examples, and services and clients are users of their own."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402
from support.systemd import Machine  # noqa: E402

suite = Suite("systemd_services")
machine = Machine()
LOCAL = "rs+unix:/run/sallyport/local.sock"
SERVICES = "rs+unix:/run/sallyport-inside/services.sock"


@suite.setup
def boot():
    machine.boot()
    for user, group in (("telescope", "sallyport-inside"), ("visitor", "sallyport"), ("stranger", "nogroup")):
        result = machine.run("useradd", "--no-create-home", "--user-group", "--groups", group, user)
        equal(result.returncode, 0, result.stderr)


@suite.teardown
def stop():
    machine.stop()


def sallyport(user, *words, **options):
    return machine.run("/usr/bin/sallyport", *words, user=user, **options)


def call(user, url, uri="lab.echo", *words):
    return sallyport(user, "call", "--url", url, "--realm", "observatory", "--timeout", "5", uri, *words)


def service(name, url):
    """An echo service of the user `telescope`, as a unit of its own."""
    machine.systemctl("reset-failed")
    result = machine.run("systemd-run", f"--unit={name}", "--uid=telescope", "--collect", "--property=Restart=always", "--property=RestartSec=100ms",
                         "/usr/bin/sallyport", "register", "--url", url, "--realm", "observatory", "--echo", "lab.echo")
    equal(result.returncode, 0, result.stderr)


def echoes(user, url, text):
    result = call(user, url, "lab.echo", text)
    return result.returncode == 0 and text in result.stdout


def install(examples, drop_ins=()):
    for source, target in examples.items():
        machine.install(source, f"sallyport/{target}")
    for source, unit in drop_ins:
        machine.install(f"systemd/{source}", f"systemd/system/{unit}.service.d/{source}")
    machine.systemctl("daemon-reload")


def link_is_up():
    status = sallyport("sallyport", "status", "--config", "/etc/sallyport/gateway.toml", "--json")
    return status.returncode in (0, 1) and json.loads(status.stdout)["front"]["links"][0]["up"]


def about(path):
    return machine.run("stat", "--format=%a %U %G", path).stdout.strip()


@suite.test
def the_services_of_one_machine_start_under_users_of_their_own():
    install({"examples/gateway-systemd.toml": "gateway.toml", "examples/inside-systemd.toml": "inside.toml",
             "examples/observatory.toml": "observatory.toml", "examples/inside-observatory.toml": "inside-observatory.toml",
             "systemd/torrc": "torrc"}, [("same-machine.conf", "sallyport-inside")])
    machine.systemctl("start", "sallyport", "sallyport-inside")
    service("echo", SERVICES)
    eventually(lambda: echoes("visitor", LOCAL, "good seeing"), "a call goes through gateway and inside", timeout=20)
    equal(about("/run/sallyport/front.sock"), "660 sallyport sallyport-tor")
    equal(about("/run/sallyport/link.sock"), "660 sallyport sallyport-inside")
    equal(about("/run/sallyport/local.sock"), "660 sallyport sallyport")
    equal(about("/run/sallyport-inside/services.sock"), "660 sallyport-inside sallyport-inside")


@suite.test
def other_users_cannot_connect():
    for user, url in (("stranger", LOCAL), ("telescope", LOCAL), ("stranger", SERVICES), ("visitor", SERVICES)):
        result = call(user, url)
        assert result.returncode != 0 and "Permission denied" in result.stderr, (user, url, result.stderr)


@suite.test
def the_gateway_has_no_network():
    links = machine.run("nsenter", "-t", machine.show("sallyport", "MainPID"), "-n", "ip", "-br", "link").stdout.split("\n")
    equal([line.split()[0] for line in links if line], ["lo"])
    equal(machine.show("sallyport", "RestrictAddressFamilies"), "AF_UNIX")


@suite.test
def reload_applies_the_policy_and_fails_with_the_reason():
    policy = machine.dir / "etc/sallyport/observatory.toml"
    text = policy.read_text()
    policy.write_text(text.replace("expect = \"allow anybody-tries-the-echo\"", "expect = \"deny\""))
    result = machine.run("systemctl", "reload", "sallyport")
    assert result.returncode != 0
    assert "observatory.toml:" in machine.journal("-u", "sallyport"), machine.journal()
    policy.write_text(text.replace('uri = "lab.echo"\nlimits', 'uri = "lab.ping"\nlimits').replace('call = "lab.echo"', 'call = "lab.ping"'))
    machine.systemctl("reload", "sallyport")
    result = call("visitor", LOCAL)
    assert "wamp.error.not_authorized" in result.stdout + result.stderr, result
    policy.write_text(text)
    machine.systemctl("reload", "sallyport", "sallyport-inside")
    assert echoes("visitor", LOCAL, "again")


@suite.test
def a_signal_rotates_the_audit_log():
    config = machine.dir / "etc/sallyport/gateway.toml"
    config.write_text(config.read_text() + '\n[audit]\nto = "file:audit.jsonl"\ndecisions = "all"\n')
    machine.systemctl("restart", "sallyport")
    eventually(lambda: echoes("visitor", LOCAL, "logged"), "the link is back", timeout=20)
    log = "/var/lib/sallyport/audit.jsonl"
    eventually(lambda: "lab.echo" in machine.run("cat", log).stdout, "the call is recorded")
    equal(machine.run("mv", log, f"{log}.1").returncode, 0)
    machine.systemctl("kill", "--kill-whom=main", "--signal=SIGUSR1", "sallyport")
    eventually(lambda: machine.run("test", "-e", log).returncode == 0, "the new file exists")
    assert echoes("visitor", LOCAL, "rotated")
    eventually(lambda: "lab.echo" in machine.run("cat", log).stdout, "the next call is in the new file")
    equal(machine.show("sallyport", "NRestarts"), "0")


@suite.test
def the_watchdog_ends_what_hangs():
    equal(machine.show("sallyport", "WatchdogUSec"), "30s")
    hurry = machine.dir / "etc/systemd/system/sallyport.service.d/hurry.conf"
    hurry.parent.mkdir(exist_ok=True)
    hurry.write_text("[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("restart", "sallyport")
    machine.run("kill", "-STOP", machine.show("sallyport", "MainPID"))
    eventually(lambda: machine.show("sallyport", "NRestarts") == "1" and machine.show("sallyport", "ActiveState") == "active",
               "the service is restarted", timeout=40)
    assert "Watchdog timeout" in machine.journal("-u", "sallyport"), machine.journal("-u", "sallyport")
    eventually(lambda: echoes("visitor", LOCAL, "back"), "a call goes through again", timeout=20)
    hurry.unlink()


@suite.test
def an_inside_opens_its_services_to_the_group_of_its_unit():
    config = machine.dir / "etc/sallyport/inside.toml"
    text = config.read_text()
    config.write_text(text.replace('mode = "0660"', 'group = "stranger"'))
    assert machine.run("systemctl", "restart", "sallyport-inside").returncode != 0
    journal = machine.journal("-u", "sallyport-inside", "--lines=20")
    assert "under systemd, Group=stranger" in journal, journal
    group = machine.dir / "etc/systemd/system/sallyport-inside.service.d/group.conf"
    group.write_text("[Service]\nGroup=stranger\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("stop", "sallyport-inside")
    machine.systemctl("start", "sallyport-inside")
    equal(about("/run/sallyport-inside/services.sock"), "660 sallyport-inside stranger")
    group.unlink()
    config.write_text(text)
    machine.systemctl("daemon-reload")
    machine.systemctl("restart", "sallyport-inside")


@suite.test
def stopping_is_clean():
    machine.systemctl("stop", "sallyport-inside", "sallyport", "echo")
    for unit in ("sallyport", "sallyport-inside"):
        equal((machine.show(unit, "Result"), machine.show(unit, "ExecMainStatus")), ("success", "0"), unit)
    for path in ("/run/sallyport", "/run/sallyport-inside"):
        assert machine.run("test", "-e", path).returncode == 1, path


@suite.test
def a_managed_tor_without_a_network_is_refused_with_the_cure():
    install({"examples/gateway.toml": "gateway.toml", "examples/inside.toml": "inside.toml"})
    assert machine.run("systemctl", "start", "sallyport").returncode != 0
    equal(machine.show("sallyport", "ExecMainStatus"), "2")
    line = (processes.SOURCES / "deploy/examples/gateway.toml").read_text().splitlines().index("[tor]") + 1
    due = f"gateway.toml:{line}:1: error: a managed tor needs the network, which this process may not use (under systemd, copy deploy/systemd/network.conf"
    assert due in machine.journal("-u", "sallyport"), machine.journal("-u", "sallyport")


@suite.test
def the_gateway_with_everything_starts_with_a_managed_tor():
    install({"examples/gateway.toml": "gateway.toml", "examples/inside.toml": "inside.toml"}, [("network.conf", "sallyport")])
    machine.systemctl("start", "sallyport")
    journal = machine.journal("-u", "sallyport")
    assert re.search(r"sandbox: \d+ system calls, Landlock \d+", journal), journal
    assert "reception only permitted for main PID" not in journal, journal
    status = sallyport("sallyport", "status", "--config", "/etc/sallyport/gateway.toml")
    assert status.returncode in (0, 1), status.stderr  # tor has no network here, which is worth a 1
    result = sallyport("sallyport", "call", "--url", "rs+unix:/var/lib/sallyport/run/local.sock", "--realm", "observatory", "lab.echo")
    assert "no_such_procedure" in result.stdout + result.stderr, result
    machine.systemctl("stop", "sallyport")
    equal(machine.show("sallyport", "Result"), "success")


@suite.test
def the_gateway_of_another_router_starts():
    install({"examples/gateway-crossbar.toml": "gateway.toml"})
    machine.systemctl("start", "sallyport")
    eventually(lambda: "link inside: no link: Connection refused" in machine.journal("-u", "sallyport", "--lines=20"), "the router is dialled")
    machine.systemctl("stop", "sallyport")


@suite.test
def tor_runs_as_a_service_of_its_own():
    # The machine without a network stands for one that is offline: tor waits for the network, and is running.
    machine.systemctl("start", "sallyport-tor")
    equal(machine.run("stat", "--format=%U %a", "/var/lib/sallyport-tor/onion").stdout.strip(), "sallyport-tor 700")
    hostname = machine.run("cat", "/var/lib/sallyport-tor/onion/hostname").stdout
    assert re.fullmatch(r"[a-z2-7]{56}\.onion\n", hostname), hostname
    listening = machine.run("ss", "--no-header", "--listening", "--tcp", "--udp").stdout
    equal(listening, "")
    machine.systemctl("reload", "sallyport-tor")
    machine.systemctl("stop", "sallyport-tor")
    equal(machine.show("sallyport-tor", "Result"), "success")


@suite.test
def an_inside_dials_the_gateway_over_tcp():
    equal(machine.run("ip", "address", "add", "10.0.0.1/32", "dev", "lo").returncode, 0)
    (machine.dir / "etc/systemd/system/sallyport-inside.service.d/same-machine.conf").unlink()
    install({"examples/gateway-accept.toml": "gateway.toml", "examples/inside-dials.toml": "inside.toml"})
    pins = {}
    for user in ("sallyport", "sallyport-inside"):
        result = sallyport(user, "link", "pair", "--dir", f"/var/lib/{user}/link")
        pins[user] = re.search(r"sha256:[0-9a-f]{64}", result.stdout).group()
    for name, user in (("gateway", "sallyport-inside"), ("inside", "sallyport")):  # what the example asks for
        path = machine.dir / f"etc/sallyport/{name}.toml"
        path.write_text(re.sub("sha256:0{64}", pins[user], path.read_text()))
    machine.systemctl("start", "sallyport", "sallyport-inside")
    eventually(link_is_up, "the link is up", timeout=20)
    machine.systemctl("stop", "sallyport", "sallyport-inside")


@suite.test
def a_gateway_without_a_network_is_handed_the_socket_of_the_link():
    (machine.dir / "etc/systemd/system/sallyport.service.d/network.conf").unlink()
    config = machine.dir / "etc/sallyport/gateway.toml"
    config.write_text(config.read_text().replace('mode = "managed"', 'mode = "external"'))
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "sallyport.socket", "sallyport-inside")
    eventually(link_is_up, "the inside's connection starts the gateway, and the link is up", timeout=20)
    equal(machine.show("sallyport", "RestrictAddressFamilies"), "AF_UNIX")
    machine.systemctl("restart", "sallyport")
    eventually(link_is_up, "the link is up again", timeout=20)
    config.write_text(config.read_text().replace("10.0.0.1:4443", "10.0.0.1:4444"))
    assert machine.run("systemctl", "restart", "sallyport").returncode != 0
    journal = machine.journal("-u", "sallyport", "--lines=20")
    assert 'the socket "link" of the service manager (tcp:10.0.0.1:4443) is not a listener of a link' in journal, journal
    machine.systemctl("stop", "sallyport.socket", "sallyport-inside", "sallyport")


@suite.test
def the_sandbox_gets_its_namespaces_where_the_unit_permits_them():
    install({"examples/gateway.toml": "gateway.toml", "examples/inside.toml": "inside.toml"}, [("network.conf", "sallyport"), ("namespaces.conf", "sallyport")])
    machine.systemctl("start", "sallyport")
    journal = machine.journal("-u", "sallyport", "--lines=20")
    assert "namespaces user mount ipc net uts pid" in journal, journal
    machine.systemctl("stop", "sallyport")


if __name__ == "__main__":
    suite.main()
