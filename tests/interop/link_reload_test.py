"""Link settings change under a running gateway and a running inside: pins and keys rotate, addresses move, links come and go."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import rawclient  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("interop_link_reload")


def apply(world, end, *more):
    result = sallyport("policy", "apply", "--config", world.dir / f"{end}.toml", *more, timeout=60)
    return result.returncode, result.stdout + result.stderr


def applied(world, end):
    code, text = apply(world, end)
    equal(code, 0, text)
    return text


def edit(world, end, pattern, replacement):
    path = world.dir / f"{end}.toml"
    text, count = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
    assert count, (pattern, path.read_text())
    path.write_text(text)


def set_pins(world, end, *pins):
    edit(world, end, r"^peer_pin = .*$", "peer_pin = [" + ", ".join(f'"{pin}"' for pin in pins) + "]")


def processes_of(world):
    return sorted(pid for program in (world.gateway, world.inside) for pid, _ in program.children())


def times_up(world):
    return (world.dir / "gateway.log").read_text().count("link inside: up")


class OpenCall:
    """A call in flight: it ends with its link, and with nothing else."""

    def __init__(self, world, uri="lab.slow"):
        self.service, self.caller = world.raw_inside(), world.raw("alice")
        equal(self.service.ask(rawclient.REGISTER, {}, uri)[0], rawclient.REGISTERED)
        self.caller.send(rawclient.CALL, self.caller.next_request(), {}, uri)
        self.invocation = self.service.receive()
        equal(self.invocation[0], rawclient.INVOCATION)

    def finish(self):
        self.service.send(rawclient.YIELD, self.invocation[1], {}, ["done"])
        answer = self.caller.receive()
        self.service.close()
        self.caller.close()
        return answer


def undisturbed(call):
    answer = call.finish()
    equal((answer[0], answer[3]), (rawclient.RESULT, ["done"]))


def new_key(world, end):
    """In place of the one of that end, on disk. Returns its pin."""
    made = world.dir / f"{end}-next"
    result = sallyport("link", "pair", "--dir", made)
    equal(result.returncode, 0, result.stderr)
    state = world.state if end == "gateway" else world.inside_state
    for name in ("link.key", "link.crt"):
        shutil.copy2(made / name, state / "link" / name)
    return re.search(r"sha256:[0-9a-f]{64}", result.stdout).group()


@suite.test(timeout=120)
def keys_and_pins_rotate_with_overlap_at_both_ends_and_nothing_restarts():
    world = Deployment(link="accept", link_address=f"tcp:127.0.0.1:{free_port()}", name="rotate").start()
    before = processes_of(world)
    for end, other in (("inside", "gateway"), ("gateway", "inside")):
        call = OpenCall(world)
        old = world.pins[end]
        new = new_key(world, end)
        set_pins(world, other, old, new)
        applied(world, other)
        applied(world, end)  # the new key, from the next connection on
        undisturbed(call)
        ups = times_up(world)
        set_pins(world, other, new)
        applied(world, other)
        eventually(lambda: times_up(world) == ups + 1, "the link is back under the new key")
        assert f"its key is no longer in peer_pin: {old}" in (world.dir / f"{other}.log").read_text()
        world.pins[end] = new
        world.wait_link()
    equal(processes_of(world), before)
    equal(world.stop(), [0, 0])


@suite.test(timeout=90)
def a_link_whose_pin_was_removed_is_ended_and_stays_so_until_it_is_back():
    world = Deployment(link="accept", link_address=f"tcp:127.0.0.1:{free_port()}", name="unpin").start()
    call = OpenCall(world)
    set_pins(world, "gateway", "sha256:" + "1" * 64)
    applied(world, "gateway")
    answer = call.caller.receive()
    equal((answer[0], answer[4]), (rawclient.ERROR, "wamp.error.network_failure"))
    call.service.close()
    call.caller.close()
    eventually(lambda: world.pins["inside"] in (world.dir / "gateway.log").read_text().split("no longer in peer_pin")[-1].split("\n", 1)[1],
               "the gateway names the key that it refuses")
    assert not world.link_status()["up"]
    set_pins(world, "gateway", world.pins["inside"])
    world.gateway.popen.send_signal(signal.SIGHUP)
    world.wait_link()
    equal(world.stop(), [0, 0])


@suite.test(timeout=90)
def a_link_moves_to_another_address_and_takes_what_is_bound_to_it_along():
    world = Deployment(link="accept", name="move").start()
    client = world.raw("alice")
    subscription = client.ask(rawclient.SUBSCRIBE, {}, "lab.events")[2]
    registration = client.ask(rawclient.REGISTER, {}, "lab.mine")[2]
    moved = f"unix:{world.dir}/moved.sock"
    edit(world, "gateway", r"^listen = .*$", f'listen = "{moved}"\nheartbeat = "500ms"')
    text = applied(world, "gateway")
    assert "2 moved to another backend, 1 link added and 1 removed" in text, text
    assert not (world.dir / "link.sock").exists()
    edit(world, "inside", r"^gateway = .*$", f'gateway = "{moved}"\nheartbeat = "500ms"')
    text = applied(world, "inside")
    assert "1 link added and 1 removed" in text, text
    world.wait_link()
    service = world.raw_inside()
    service.send(rawclient.CALL, 1, {}, "lab.mine")
    invocation = client.receive()
    equal((invocation[0], invocation[2]), (rawclient.INVOCATION, registration))
    client.send(rawclient.YIELD, invocation[1], {}, [5])
    equal(service.receive()[3], [5])
    service.send(rawclient.PUBLISH, 2, {"acknowledge": True}, "lab.events", [6])
    equal(service.receive()[0], rawclient.PUBLISHED)
    event = client.receive()
    equal((event[0], event[1], event[4]), (rawclient.EVENT, subscription, [6]))
    # After a crash the worker has the links that run.
    worker = next(pid for pid, line in world.gateway.children() if " worker " in line)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: all(pid != worker for pid, _ in world.gateway.children()), "the worker has ended")
    world.wait_local()
    world.wait_link()
    service.close()
    client.close()
    equal(world.stop(), [0, 0])


@suite.test(timeout=90)
def links_are_added_and_removed_beside_one_that_is_not_disturbed():
    world = Deployment(link="accept", name="more").start()
    call = OpenCall(world)
    ups = times_up(world)
    gateway, inside, policy = (world.dir / name for name in ("gateway.toml", "inside.toml", "observatory.toml"))
    originals = [path.read_text() for path in (gateway, inside, policy)]
    spare = f"unix:{world.dir}/spare.sock"
    gateway.write_text(gateway.read_text() + f'\n[[backend]]\nname = "spare"\nkind = "accept"\nlisten = "{spare}"\n')
    policy.write_text(policy.read_text().replace('[[allow]]\nid = "operators"\n',
                                                 '[[route]]\nid = "spare"\nmatch = "exact"\nuri = "lab.spare"\nto = "spare"\n\n'
                                                 '[[allow]]\nid = "operators"\n', 1))
    assert "1 link added and 0 removed" in apply(world, "gateway", "--check")[1]
    assert "1 link added and 0 removed" in applied(world, "gateway")
    inside.write_text(inside.read_text() + f'\n[[link]]\ngateway = "{spare}"\n')
    assert "1 link added and 0 removed" in applied(world, "inside")
    service, client = world.raw_inside(), world.raw("alice")
    equal(service.ask(rawclient.REGISTER, {}, "lab.spare")[0], rawclient.REGISTERED)

    def answered():
        client.send(rawclient.CALL, client.next_request(), {}, "lab.spare")
        if (invocation := next_of(service, client))[0] == rawclient.ERROR:
            return False
        service.send(rawclient.YIELD, invocation[1], {}, [9])
        return client.receive()[3] == [9]

    eventually(answered, "the new link carries calls")
    for path, text in zip((gateway, inside, policy), originals):
        path.write_text(text)
    assert "0 links added and 1 removed" in applied(world, "inside")
    assert "0 links added and 1 removed" in applied(world, "gateway")
    assert not (world.dir / "spare.sock").exists()
    equal(len(sallyport_links(world)), 1)
    undisturbed(call)
    equal(times_up(world), ups)
    service.close()
    client.close()
    equal(world.stop(), [0, 0])


def sallyport_links(world):
    result = sallyport("status", "--config", world.dir / "gateway.toml", "--json")
    return json.loads(result.stdout)["front"]["links"]


def next_of(service, client):
    """The invocation, or the error of a call that did not come so far."""
    ready, _, _ = select.select([service.transport.sock, client.transport.sock], [], [], 10)
    assert ready, "neither an invocation nor an error"
    return (client if client.transport.sock in ready else service).receive()


@suite.test(timeout=90)
def what_takes_a_restart_or_cannot_be_opened_is_refused_and_nothing_changes():
    world = Deployment(link="accept", name="refuse").start()
    gateway, policy = world.dir / "gateway.toml", world.dir / "observatory.toml"
    good, rules = gateway.read_text(), policy.read_text()
    policy.write_text(rules.replace("[[test]]", '[[forbid]]\nid = "not-yet"\nroles = ["*"]\nactions = ["call"]\nuri = ["lab.nothing.of.the.sort"]\n\n[[test]]'))
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    call = OpenCall(world)
    shutil.copytree(world.inside_state, world.state / "spare", ignore=shutil.ignore_patterns("*.sock"), dirs_exist_ok=True)
    sallyport("link", "pair", "--dir", world.state / "link")
    more = '\n[[backend]]\nname = "home"\nkind = "embedded"\nconfig = "inside.toml"\n'
    for text, wants in (
            (good + more, ("gateway.toml:20:1: error: backend \"home\" is an embedded inside", "restart sallyport")),
            (good.replace("[limits]\n", "[limits]\nsessions = 50\n").replace("link.sock", "other.sock"),
             ("error: \"limits\" takes effect at the next start only", "restart sallyport for both")),
            (good + f'\n[[backend]]\nname = "tcp"\nkind = "accept"\nlisten = "tcp:127.0.0.1:{port}"\npeer_pin = "sha256:{"1" * 64}"\n',
             (f"tcp:127.0.0.1:{port}",)),
            (good.replace('kind = "accept"', 'kind = "accept"\nheartbeat = "1ms"'), ("out of range for \"heartbeat\"",))):
        gateway.write_text(text)
        code, told = apply(world, "gateway")
        equal(code, 1, told)
        for part in (*wants, "nothing was changed"):
            assert part in told, (part, told)
    gateway.write_text(good.replace("[limits]\n", "[limits]\nsessions = 50\n"))
    policy.write_text(rules)
    assert "which takes effect at the next start" in applied(world, "gateway")
    answer = call.caller.ask(rawclient.CALL, {}, "lab.nothing.of.the.sort")
    equal(answer[4], "wamp.error.no_such_procedure")
    undisturbed(call)
    equal(times_up(world), 1)
    taken.close()
    equal(world.stop(), [0, 0])


if __name__ == "__main__":
    suite.main()
