"""The command-line client: JSON in and out, exit codes that scripts can use."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("client")
world = Deployment(name="cli")
servers = []


def as_alice(command, *words, url=None, **options):
    return sallyport(command, "--url", url or f"rs+unix:{world.local}", "--realm", REALM, "--authid", "alice",
                     "--ticket", TICKETS["alice"][1], *words, **options)


def long_running(command, *words, url=None, authid="alice"):
    """A subscriber or callee as a process, with its stdout in a file."""
    credentials = ["--authid", authid, "--ticket", TICKETS[authid][1]] if authid else []
    process = processes.Process([processes.binary(), command, "--url", url or f"rs+unix:{world.local}", "--realm", REALM,
                                 *credentials, *words], command)
    servers.append(process)
    return process


@suite.setup
def start():
    world.start()
    long_running("register", "lab.echo", "--echo", url=f"rs+unix:{world.services_path}", authid=None)
    long_running("register", "lab.jq", "--exec", "cat", url=f"ws+unix:{world.services_path}", authid=None)
    eventually(lambda: as_alice("call", "lab.echo", "1").returncode == 0, "lab.echo is there")
    eventually(lambda: as_alice("call", "lab.jq", "1").returncode == 0, "lab.jq is there")


@suite.teardown
def stop():
    for process in servers:
        process.stop()
    equal(world.stop()[-1], 0)


@suite.test
def one_positional_result_is_printed_alone():
    for arg, due in (("5", 5), ("true", True), ("hello", "hello"), ('"5"', "5"), ('{"a":[1,2.5,null]}', {"a": [1, 2.5, None]}),
                     ("héllo", "héllo"), ("9007199254740993", 9007199254740993), ("-1", -1)):
        for url in (f"rs+unix:{world.local}", f"ws+unix:{world.local}"):
            for serializer in ("json", "msgpack", "cbor"):
                result = as_alice("call", "--serializer", serializer, "--", "lab.echo", arg, url=url)
                equal((result.returncode, result.stderr), (0, ""), (arg, url, serializer))
                equal(json.loads(result.stdout), due, (arg, url, serializer))
                equal(result.stdout.count("\n"), 1)


@suite.test
def several_results_are_printed_as_args_and_kwargs():
    result = as_alice("call", "lab.echo", "1", "two", "--kw", "axis=\"z\"", "--kw", "deg=2.5", "--kw", "name=plain")
    equal(json.loads(result.stdout), {"args": [1, "two"], "kwargs": {"axis": "z", "deg": 2.5, "name": "plain"}})
    result = as_alice("call", "lab.echo", "--args", '[1,[2]]')
    equal(json.loads(result.stdout), {"args": [1, [2]], "kwargs": {}})
    equal(as_alice("call", "lab.echo").stdout.strip(), "null")


@suite.test
def a_wamp_error_is_exit_1_with_its_uri():
    result = as_alice("call", "lab.nothing_here")
    equal((result.returncode, result.stdout), (1, ""))
    equal(result.stderr.splitlines()[0], "error: wamp.error.no_such_procedure")
    result = as_alice("call", "lab.power_off")
    equal((result.returncode, result.stdout), (1, ""))
    equal(result.stderr.splitlines()[0], "error: wamp.error.not_authorized")
    equal(as_alice("register", "elsewhere.x", "--echo").returncode, 1)
    equal(as_alice("subscribe", "elsewhere.x").returncode, 1)
    equal(as_alice("publish", "elsewhere.x", "1").returncode, 1)


@suite.test
def usage_is_exit_2():
    for words in (["call", "--realm", REALM, "lab.echo"], ["call", "--url", "gopher://x", "--realm", REALM, "lab.echo"],
                  ["call", "--url", f"rs+unix:{world.local}", "--realm", REALM, "lab.echo", "--kw", "novalue"],
                  ["call", "--url", f"rs+unix:{world.local}", "--realm", REALM, "lab.echo", "--args", "{}"],
                  ["register", "--url", f"rs+unix:{world.local}", "--realm", REALM, "lab.x"]):
        result = sallyport(*words)
        equal(result.returncode, 2, f"{words}: {result.stderr}")
        assert result.stderr.strip()


@suite.test
def no_connection_is_exit_3():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        for url in (f"rs+unix:{world.dir}/nowhere.sock", f"rs://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/"):
            result = as_alice("call", "lab.echo", "1", url=url)
            equal((result.returncode, result.stdout), (3, ""), f"{url}: {result.stderr}")
    result = as_alice("call", "lab.echo", "1", "--socks", f"unix:{world.dir}/nowhere.sock", url=f"rs://{'a' * 56}.onion:80")
    equal(result.returncode, 3, result.stderr)


@suite.test
def a_refused_join_is_exit_4():
    url = f"rs+unix:{world.local}"
    result = sallyport("call", "--url", url, "--realm", REALM, "--authid", "alice", "--ticket", "wrong", "lab.echo")
    equal(result.returncode, 4, result.stderr)
    assert "wamp.error.authentication_denied" in result.stderr, result.stderr
    assert "wrong" not in result.stderr
    result = sallyport("call", "--url", url, "--realm", "elsewhere", "lab.echo")
    equal(result.returncode, 4, result.stderr)
    assert "wamp.error.no_such_realm" in result.stderr, result.stderr


@suite.test
def a_call_that_takes_too_long_is_exit_5():
    service = world.raw_inside()
    equal(service.ask(rawclient.REGISTER, {}, "lab.never")[0], rawclient.REGISTERED)
    result = as_alice("call", "lab.never", "--timeout", "1", timeout=8)
    equal(result.returncode, 5, result.stderr)
    service.close()


@suite.test
def the_ticket_may_stand_in_a_file():
    path = world.dir / "alice.ticket"
    path.touch(mode=0o600)
    path.write_text(TICKETS["alice"][1] + "\n")
    result = sallyport("call", "--url", f"rs+unix:{world.local}", "--realm", REALM, "--authid", "alice", "--ticket-file", path,
                       "lab.echo", "7")
    equal((result.returncode, result.stdout), (0, "7\n"), result.stderr)


@suite.test
def events_are_printed_one_a_line():
    subscriber = long_running("subscribe", "lab.weather", "--count", "2")
    prefix = long_running("subscribe", "lab.", "--match", "prefix", "--count", "2", url=f"ws+unix:{world.local}")

    def publish():
        equal(as_alice("publish", "lab.weather", "rain", "--kw", "mm=3").returncode, 0)
        return not subscriber.running() and not prefix.running()
    eventually(publish, "both have seen two events", 15)
    for process in (subscriber, prefix):
        equal(process.popen.returncode, 0, process.text())
        lines = [json.loads(line) for line in process.text().splitlines() if not line.startswith("subscribed ")]
        equal(lines, [{"topic": "lab.weather", "args": ["rain"], "kwargs": {"mm": 3}}] * 2)


@suite.test
def exec_gets_the_arguments_as_json_and_its_output_is_the_result():
    result = as_alice("call", "lab.jq", "1", "two", "--kw", "a=3")
    equal(result.returncode, 0, result.stderr)
    equal(json.loads(result.stdout), {"args": [1, "two"], "kwargs": {"a": 3}})
    script = world.dir / "broken.sh"
    script.write_text("#!/bin/sh\nexit 3\n")
    script.chmod(0o755)
    long_running("register", "lab.broken", "--exec", str(script))

    def answer():
        result = as_alice("call", "lab.broken")
        equal(result.returncode, 1)
        return "no_such_procedure" not in result.stderr and result.stderr
    text = eventually(answer, "lab.broken is there and fails")
    assert text.startswith("error: "), text


def _publish_heard(deployment, subscriber):
    as_alice("publish", "lab.weather", "rain", url=f"rs+unix:{deployment.local}")
    return subscriber.text()


@suite.test
def a_callee_ends_in_order_at_sigterm_and_reports_a_lost_connection():
    process = long_running("register", "lab.brief", "--echo")
    eventually(lambda: as_alice("call", "lab.brief", "1").returncode == 0, "it is there")
    equal(process.stop(5), 0, "exit code after SIGTERM")
    other = Deployment(name="cli2").start()
    process = long_running("subscribe", "lab.weather", "--no-reconnect", url=f"rs+unix:{other.local}")
    eventually(lambda: _publish_heard(other, process), "it has subscribed")
    for pid, _ in other.processes_of_gateway():
        os.kill(pid, signal.SIGKILL)
    equal(process.wait(5), 3, process.text())
    other.stop()


@suite.test(timeout=60)
def what_is_left_running_joins_again():
    other = Deployment(name="cli3").start()
    subscriber = long_running("subscribe", "lab.weather", url=f"rs+unix:{other.local}")
    callee = long_running("register", "lab.again", "--echo", url=f"rs+unix:{other.services_path}", authid=None)
    answers = lambda: as_alice("call", "lab.again", "1", url=f"rs+unix:{other.local}").stdout == "1\n"  # noqa: E731
    eventually(lambda: _publish_heard(other, subscriber) and answers(), "both are there")
    other.gateway.stop(10)
    eventually(lambda: "joining again in 1 s" in subscriber.text() and "joining again in 1 s" in callee.text(), "both have noticed")
    heard = subscriber.text().count('"rain"')
    other.start_gateway()
    eventually(answers, "the procedure is there again", 20)
    eventually(lambda: _publish_heard(other, subscriber).count('"rain"') > heard, "and the subscription", 20)
    for process in (subscriber, callee):
        equal(process.stop(5), 0, "exit code after SIGTERM")
    other.stop()


@suite.test
def each_method_logs_in_and_a_profile_says_whom():
    people = world.dir / "observatory.principals.toml"
    for method in ("wampcra", "scram", "cryptosign"):
        added = sallyport("principal", "add", people, f"p-{method}", "--role", "operator", "--method", method)
        equal(added.returncode, 0, added.stderr)
        secret = world.dir / f"{method}.secret"
        secret.touch(mode=0o600)
        secret.write_text(added.stdout)
        (world.dir / f"{method}.toml").write_text(
            f'url = "rs+unix:{world.local}"\nrealm = "{REALM}"\nauthid = "p-{method}"\nmethod = "{method}"\n'
            f'secret_file = "{method}.secret"\n')
    equal(sallyport("policy", "apply", "--config", world.dir / "gateway.toml").returncode, 0)
    for method in ("wampcra", "scram", "cryptosign"):
        result = sallyport("call", "--profile", world.dir / f"{method}.toml", "lab.echo", "7")
        equal((result.returncode, result.stdout), (0, "7\n"), (method, result.stderr))
    (world.dir / "wrong.toml").write_text('ulr = "rs://h/"\n')
    result = sallyport("call", "--profile", world.dir / "wrong.toml", "lab.echo")
    equal(result.returncode, 2)
    assert "wrong.toml:1:1" in result.stderr and "url" in result.stderr, result.stderr
    result = sallyport("call", "--url", f"rs+unix:{world.local}", "--realm", REALM, "--authid", "alice", "lab.echo")
    assert result.returncode == 2 and "--secret-file" in result.stderr, result.stderr


@suite.test
def a_refused_publication_is_told():
    result = as_alice("publish", "elsewhere.x", "1")
    assert result.returncode == 1 and "wamp.error.not_authorized" in result.stderr, result.stderr
    equal(as_alice("publish", "elsewhere.x", "1", "--no-ack").returncode, 0)


@suite.test
def status_tells_the_state():
    result = sallyport("status", "--config", world.dir / "gateway.toml", "--json")
    equal(result.returncode, 0, result.stderr)
    state = json.loads(result.stdout)
    assert isinstance(state, dict) and state, state
    text = sallyport("status", "--config", world.dir / "gateway.toml")
    assert text.returncode == 0 and "inside" in text.stdout, text.stdout
    result = sallyport("status", "--config", world.dir / "nowhere.toml")
    equal(result.returncode, 2)


@suite.test
def policy_tools_explain_and_test():
    policy = world.dir / "observatory.toml"
    equal(sallyport("policy", "check", policy).returncode, 0)
    equal(sallyport("policy", "test", policy).returncode, 0)
    allowed = sallyport("policy", "explain", policy, "--as", "alice:operator", "--call", "lab.slew")
    equal(allowed.returncode, 0, allowed.stderr)
    assert "operators" in allowed.stdout and "observatory.toml:" in allowed.stdout, allowed.stdout
    denied = sallyport("policy", "explain", policy, "--as", "alice:operator", "--call", "lab.power_off")
    equal(denied.returncode, 1, denied.stderr)
    assert "nobody-powers-off" in denied.stdout, denied.stdout
    by_principal = sallyport("policy", "explain", policy, "--as", "bob", "--publish", "lab.weather")
    equal(by_principal.returncode, 1, by_principal.stderr)


@suite.test
def output_to_a_closed_pipe_does_not_hang():
    process = subprocess.Popen([processes.binary(), "call", "--url", f"rs+unix:{world.local}", "--realm", REALM, "--authid", "alice",
                                "--ticket", TICKETS["alice"][1], "lab.echo", "x" * 100000], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdout.close()
    process.wait(10)


if __name__ == "__main__":
    suite.main()
