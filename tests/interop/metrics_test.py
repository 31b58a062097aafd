"""Metrics of a running gateway and inside: over the admin socket and a loopback port, in both formats; a real Prometheus scrapes both,
and the queries of the dashboard and of the alerts give values (deploy/monitoring)."""
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("metrics")
MONITORING = processes.SOURCES / "deploy/monitoring"
# tor runs, without a network: its metrics are there.
world = Deployment("accept", tor='mode = "managed"\ntorrc_extra = "extra.torrc"', name="metrics")
ports, prometheus = {}, {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]



class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("anything", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(connection, path, accept="*/*", method="GET", host=None):
    headers = {"Accept": accept} | ({"Host": host} if host else {})
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], text


def of_gateway(path="/metrics", **options):
    return get(http.client.HTTPConnection("127.0.0.1", ports["gateway"], timeout=10), path, **options)


def over_admin(state, path="/metrics", **options):
    return get(UnixConnection(state / "run/admin.sock"), path, **options)


def sample(text, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return float(found.group(1))


@suite.setup
def start():
    world.write()
    (world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
    for program in ("gateway", "inside"):
        ports[program] = free_port()
        path = world.dir / f"{program}.toml"
        path.write_text(path.read_text() + f'\n[metrics]\nlisten = "127.0.0.1:{ports[program]}"\n\n[audit]\nto = "file:audit.jsonl"\n')
    world.start_gateway()
    world.start_inside()
    world.wait_link()


@suite.teardown
def stop():
    if prometheus:
        prometheus["process"].stop(10)
    world.stop()


@suite.test
def what_happens_is_counted_by_realm_rule_and_outcome():
    service, alice, guest = world.raw_inside(), world.raw("alice"), world.raw()
    equal(service.ask(64, {}, "lab.look")[0], 65)
    before = of_gateway()[2]
    name = 'sallyport_decisions_total{{realm="observatory",rule="{}",outcome="{}"}}'
    answer = alice.call("lab.nothing")
    equal(answer[0], 8)
    equal(guest.call("lab.power_off")[4], "wamp.error.not_authorized")
    equal(guest.call("elsewhere.a")[4], "wamp.error.not_authorized")
    after = of_gateway()[2]
    for rule, outcome in (("operators", "allow"), ("nobody-powers-off", "deny"), ("", "deny")):
        equal(sample(after, name.format(rule, outcome)) - sample(before, name.format(rule, outcome)), 1, f"{rule} {outcome}")
    count = 'sallyport_call_duration_seconds_count{{realm="observatory",rule="operators",part="{}"}}'
    equal(sample(after, count.format("total")), sample(after, count.format("gateway")), "each call that crossed was answered")
    equal(sample(after, 'sallyport_sessions{realm="observatory",method="ticket"}'), 1)
    equal(sample(after, 'sallyport_link_up{link="inside"}'), 1)
    equal(sample(after, "sallyport_tor_reachable"), 0)
    for client in (service, alice, guest):
        client.close()


@suite.test
def strangers_make_no_series():
    before = series(of_gateway()[2])
    client = world.raw("alice")
    for number in range(200):
        client.call(f"lab.made.up.{number}")
    client.close()
    more = series(of_gateway()[2]) - before
    equal(more, set())


def series(text):
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")}


@suite.test
def both_programs_answer_on_both_sockets_in_both_formats():
    for state in (world.state, world.inside_state):
        status, kind, text = over_admin(state)
        equal((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=20, check=False)
        equal((checked.returncode, checked.stderr), (0, ""))
        status, kind, text = over_admin(state, accept="application/openmetrics-text; version=1.0.0")
        equal((status, kind), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        assert text.endswith("# EOF\n"), text[-80:]
    equal(get(http.client.HTTPConnection("127.0.0.1", ports["inside"]), "/metrics")[0], 200)


@suite.test
def a_loopback_port_gives_metrics_and_health_and_nothing_else():
    equal(of_gateway("/healthz")[::2], (200, "ok\n"))
    equal(of_gateway("/elsewhere")[0], 404)
    equal(of_gateway(method="POST")[0], 405)
    equal(of_gateway(host="attacker.example")[0], 421, "a browser that was led here by a name")
    raw = socket.create_connection(("127.0.0.1", ports["gateway"]), 10)
    raw.sendall(b"status\n\r\n\r\n")
    assert raw.recv(4096).startswith(b"HTTP/1.1 400 "), "commands are for the admin socket"
    raw.close()


@suite.test
def readyz_says_what_is_missing():
    status, _, text = of_gateway("/readyz")
    equal(status, 503)
    assert "nobody can reach the onion" in text, text
    equal(over_admin(world.inside_state, "/readyz")[::2], (200, "ready\n"))


@suite.test
def an_inside_that_runs_by_itself_can_be_asked_too():
    result = sallyport("status", "--config", world.dir / "inside.toml", "--json")
    status = json.loads(result.stdout)
    equal(status["program"], "inside")
    equal(status["front"]["links"][0]["up"], True)
    equal(result.returncode, 0, result.stderr)


@suite.test
def the_status_of_a_gateway_that_nobody_reaches_says_so_first_and_fails():
    result = sallyport("status", "--config", world.dir / "gateway.toml")
    equal(result.returncode, 1, result.stdout)
    assert result.stdout.startswith("not all is well\n  nobody can reach the onion: tor is at 0%"), result.stdout
    within = sallyport("status", "--config", world.dir / "inside.toml")
    equal((within.returncode, within.stdout.splitlines()[0]), (0, "all is well"))
    assert re.search(r"^policy        [0-9a-f]{12} of realm observatory, since 20", within.stdout, re.MULTILINE), within.stdout


@suite.test
def sessions_and_links_are_listed_of_both_programs():
    alice = world.raw("alice")
    result = sallyport("sessions", "--config", world.dir / "gateway.toml", "--json")
    equal(result.returncode, 0, result.stderr)
    listed = json.loads(result.stdout)["sessions"]
    mine = next(session for session in listed if session["session"] == alice.session)
    equal((mine["realm"], mine["authid"], mine["role"], mine["method"], mine["circuit"]), ("observatory", "alice", "operator", "ticket", 0))
    assert re.search(rf"^{alice.session}\s+observatory\s+alice\s+operator\s+ticket\s+-$",
                     sallyport("sessions", "--config", world.dir / "gateway.toml").stdout, re.MULTILINE)
    alice.close()
    within = json.loads(sallyport("sessions", "--config", world.dir / "inside.toml", "--json").stdout)["sessions"]
    assert "gateway" in {session["role"] for session in within}, within
    for config in ("gateway.toml", "inside.toml"):
        result = sallyport("links", "--config", world.dir / config)
        equal(result.returncode, 0, result.stderr)
        assert result.stdout.splitlines()[1].split()[1] == "up", result.stdout
    nobody = sallyport("sessions", "--config", world.dir / "nowhere.toml")
    equal(nobody.returncode, 2, nobody.stdout)


@suite.test
def a_port_at_another_address_is_refused():
    path = world.dir / "wrong.toml"
    path.write_text((world.dir / "gateway.toml").read_text().replace("127.0.0.1:", "10.0.0.1:"))
    result = sallyport("check", "--config", path)
    assert result.returncode != 0 and "is not a port at a loopback address" in result.stderr, result.stderr


# Prometheus ----------------------------------------------------------------------------------------------------------


def query(expression):
    url = f"http://127.0.0.1:{ports['prometheus']}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{expression}: {error.read().decode()}") from error


def start_prometheus():
    folder = world.dir / "prometheus"
    folder.mkdir()
    for name in ("rules.yml", "alerts.yml"):
        shutil.copy(MONITORING / name, folder)
    text = (MONITORING / "prometheus.yml").read_text().replace("15s", "1s")
    text = text.replace("global:\n", "global:\n  evaluation_interval: 1s\n")
    targets = f'["127.0.0.1:{ports["gateway"]}", "127.0.0.1:{ports["inside"]}"]'
    (folder / "prometheus.yml").write_text(text.replace('["127.0.0.1:9464"]', targets))
    ports["prometheus"] = free_port()
    prometheus["process"] = processes.Process(
        [shutil.which("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{ports['prometheus']}"], "prometheus", cwd=folder, log=folder / "log")


def values_for(expression):
    """An alert compares; here what it compares must have a value."""
    return query(re.sub(r"\s[<>]=?\s[\d.]+$", "", expression.strip()))


def alert_expressions():
    return re.findall(r"^\s+expr: (.+)$", (MONITORING / "alerts.yml").read_text(), re.MULTILINE)


def dashboard_expressions():
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return [target["expr"].replace("$instance", ".*") for panel in panels for target in panel.get("targets", [])]


def refuse_a_join():
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
    equal(client.join("nowhere")[0], 3, "ABORT")
    client.close()


@suite.test(timeout=180)
def prometheus_finds_a_value_for_each_query():
    start_prometheus()

    def answers():
        try:
            return len(query('up{job="sallyport"} == 1')) == 2
        except (OSError, AssertionError):  # it is still starting
            return False
    eventually(answers, "Prometheus has scraped both", 60)
    refuse_a_join()
    service, alice = world.raw_inside(), world.raw("alice")
    expressions = alert_expressions() + dashboard_expressions()
    equal(len(alert_expressions()), 15)
    missing = set(expressions)

    def all_have_values():
        alice.call("lab.nothing")
        alice.call("lab.power_off")
        missing.difference_update([expression for expression in missing if values_for(expression)])
        return not missing
    try:
        eventually(all_have_values, "each query has a value", 100)
    except Exception as error:
        raise AssertionError("without a value:\n" + "\n".join(sorted(missing))) from error
    finally:
        service.close()
        alice.close()


@suite.test
def what_is_wrong_is_an_alert():
    eventually(lambda: {alert["metric"]["alertname"] for alert in query("ALERTS")} >= {"SallyportOnionUnreachable", "SallyportTorNotConnected"},
               "tor without a network is pending", 30)


@suite.test
def the_alerts_fire_when_they_should():
    for words in (["check", "rules", "rules.yml", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        result = subprocess.run(["promtool", *words], cwd=MONITORING, text=True, capture_output=True, timeout=60, check=False)
        equal(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    suite.main()
