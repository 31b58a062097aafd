"""What `sallyport init` writes is served at once, and lets each do what the role says."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("init")
home = processes.scratch("init") / "home"


def call(*words):
    return sallyport("call", "--url", f"rs+unix:{home}/state/run/local.sock", "--realm", "home", *words)


def as_person(name):
    return "--authid", name, "--secret-file", home / f"{name}.ticket"


@suite.test(timeout=60)
def a_first_call_in_two_commands():
    made = sallyport("init", home, "--person", "alice:operator", "--person", "ben:viewer", "--webhook", "--tor", "off")
    equal(made.returncode, 0, made.stderr)
    gateway = processes.Process([processes.binary(), "serve", "--config", home / "gateway.toml"], "gateway")
    eventually(lambda: "ready" in gateway.text(), "the gateway is ready", 20)
    services = home / "state/inside/run/services.sock"
    for procedure in ("home.work", "home.hook"):
        processes.Process([processes.binary(), "register", "--url", f"rs+unix:{services}", "--realm", "home", procedure, "--echo"], procedure)
    eventually(lambda: call(*as_person("alice"), "home.work", "1").stdout == "1\n", "alice's call is answered")
    eventually(lambda: call("home.hook", "2").stdout == "2\n", "a stranger's call of the hook is answered")
    for who, procedure in ((as_person("ben"), "home.work"), ((), "home.work")):
        refused = call(*who, procedure, "1")
        equal((refused.returncode, refused.stderr), (1, "error: wamp.error.not_authorized\n"))
    equal(sallyport("status", "--config", home / "gateway.toml", "--json").returncode, 0)


@suite.test(timeout=60)
def started_it_ends_with_an_answered_call_and_goes_on():
    place = processes.scratch("start") / "home"
    first = processes.Process([processes.binary(), "init", place, "--person", "alice:operator", "--tor", "off", "--start"], "init")
    eventually(lambda: "it works" in first.text(), "the first call is answered", 30)
    assert '"hello"' in first.text().splitlines(), first.text()
    result = sallyport("call", "--url", f"rs+unix:{place}/state/run/local.sock", "--realm", "home", "--authid", "alice", "--secret-file",
                       place / "alice.ticket", "home.work", "again")
    equal((result.returncode, result.stdout), (0, '"again"\n'))
    children = [pid for pid, _ in first.children()]
    equal(first.stop(15), 0)
    equal([pid for pid in children if processes.alive(pid)], [])


@suite.test(timeout=60)
def a_configuration_named_by_a_relative_path_is_applied_again():
    place = processes.scratch("relative")
    equal(sallyport("init", "home", "--webhook", "--tor", "off", cwd=place).returncode, 0)
    gateway = processes.Process([processes.binary(), "serve", "--config", "home/gateway.toml"], "gateway", cwd=place)
    eventually(lambda: "sallyport: ready" in gateway.text(), "the gateway is ready", 20)
    applied = sallyport("policy", "apply", "--config", "home/gateway.toml", cwd=place)
    equal(applied.returncode, 0, applied.stdout + applied.stderr)
    gateway.stop()


@suite.test
def what_cannot_be_called_is_not_started_and_nothing_is_written():
    for words, cure in ((("--person", "vera:viewer"), "add --person NAME:operator, or --webhook"),
                        (("--person", "alice:operator", "--link", "127.0.0.1:4443"), "leave it out, and run the commands")):
        place = processes.scratch("not") / "home"
        result = sallyport("init", place, "--tor", "off", "--start", *words)
        equal((result.returncode, place.exists()), (2, False))
        assert cure in result.stderr, result.stderr


@suite.teardown
def stop():
    processes.stop_all()


if __name__ == "__main__":
    suite.main()
