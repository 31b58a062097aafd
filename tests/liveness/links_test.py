"""Links with patience: dead ones, two with one key, routers that end every session, and interfaces that go down and come up."""
import contextlib
import pathlib
import re
import shutil
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import lossy, processes, rawclient  # noqa: E402
from support.crossbar import Crossbar  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.rawclient import CALL, ERROR  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("links")
NO_LINK = ("wamp.error.unavailable", "wamp.error.network_failure")
DIALLED = 'address = "tcp:{address}"\nprofile = "crossbar"\nplaintext = "a cable between two machines"\n'


def times_lost(deployment):
    return deployment.gateway.text().count("link inside: lost")


def listener_in(namespace, address):
    def listen():
        return socket.create_server(address, backlog=64)
    return lossy.within(namespace, listen)


class Caller:
    """Calls the far end every 20 ms without waiting for answers; `last` is when it last answered."""

    def __init__(self, deployment):
        self.client, self.last, self.ended = deployment.raw("alice"), 0.0, threading.Event()
        for work in (self._call, self._listen):
            threading.Thread(target=work, daemon=True).start()

    def _call(self):
        with contextlib.suppress(OSError):
            while not self.ended.wait(0.02):
                self.client.send(CALL, self.client.next_request(), {}, "lab.nothing.of.the.sort")

    def _listen(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while True:
                message = self.client.receive()
                if message[0] == ERROR and message[4] not in NO_LINK:
                    self.last = time.monotonic()

    def seconds_until_answered(self, since, timeout=15):
        eventually(lambda: self.last > since, "the far end answers", timeout, 0.005)
        return self.last - since


def second_inside(deployment, namespace):
    """Another inside with the keys and the configuration of the first, in a state directory of its own."""
    folder = deployment.dir / "second"
    folder.mkdir()
    for name in ("inside.toml", "inside-observatory.toml"):
        shutil.copy(deployment.dir / name, folder / name)
    (folder / "inside-state").mkdir(mode=0o700)
    shutil.copytree(deployment.inside_state / "link", folder / "inside-state/link")
    return processes.Process([processes.binary(), "inside", "--config", folder / "inside.toml"], "second inside",
                             namespace=namespace, cwd=folder, log=folder / "inside.log")


def gateway_of_two_insides(world):
    """A gateway in dmz that listens on all its addresses' common one, and the first inside in `one`."""
    for short in ("one", "two"):
        route = world.net.run(world.names[short], processes.tool("ip"), "route", "add", "10.85.0.1/32", "via",
                              "10.84.1.1" if short == "one" else "10.84.2.1")
        equal(route.returncode, 0, route.stderr)
    equal(world.net.run(world.dmz, processes.tool("ip"), "addr", "add", "10.85.0.1/32", "dev", "lo").returncode, 0)
    return Deployment("accept", link_address="tcp:10.85.0.1:7700", name="two", gateway_namespace=world.dmz,
                      inside_namespace=world.names["one"])


def two_insides_with_one_key_do_not_take_over_from_each_other():
    with lossy.Lossy("tw", "one", "two") as world:
        deployment = gateway_of_two_insides(world).start()
        begin = time.monotonic()
        second = second_inside(deployment, world.names["two"])
        refused = re.compile(r"link inside: a second connection, from 10\.84\.2\.2:\d+, is refused: the one from "
                             r"10\.84\.1\.2:\d+ stands")
        with contextlib.suppress(AssertionError):
            eventually(lambda: refused.search(deployment.gateway.text()), "the refusal is logged", 5)
        eventually(lambda: time.monotonic() - begin > 4, "some attempts were made", 10)
        lost, tries = times_lost(deployment), second.text().count("connected")
        print(f"  {lost} takeovers in 4 s; the second inside was connected {tries} times", flush=True)
        equal(lost, 0, "takeovers")
        assert refused.search(deployment.gateway.text()), deployment.gateway.text()[-1500:]
        assert tries <= 12, f"{tries} attempts in 4 s"
        Caller(deployment).seconds_until_answered(0, 3)
        deployment.stop()
        second.stop()


def a_dead_link_does_not_lock_out_another_inside_with_its_key():
    with lossy.Lossy("de", "one", "two") as world:
        deployment = gateway_of_two_insides(world).start()
        world.lose_all_packets("one")
        begin = time.monotonic()
        second = second_inside(deployment, world.names["two"])
        took = Caller(deployment).seconds_until_answered(begin)
        print(f"  the second inside has the link {took:.2f} s after its start", flush=True)
        assert took < 3, f"{took:.2f} s"
        assert re.search(r"silent; replaced by one from 10\.84\.2\.2:", deployment.gateway.text())
        deployment.stop()
        second.stop()


def a_router_that_welcomes_and_closes_is_dialled_with_growing_waits():
    path = processes.scratch("closes") / "router.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    router = lossy.Router(listener, closes=True)
    deployment = Deployment("dial", backend=f'address = "unix:{path}"\nprofile = "generic"\n', name="closes").write()
    deployment.start_gateway()
    eventually(lambda: router.accepted and time.monotonic() - router.accepted[0] > 6, "it was dialled for 6 s", 15)
    times = [each - router.accepted[0] for each in router.accepted]
    print(f"  dialled {len(times)} times in 6 s, at " + " ".join(f"{each:.2f}" for each in times[:15]), flush=True)
    assert 3 <= len(times) <= 16, f"dialled {len(times)} times in 6 s"
    deployment.stop()
    listener.close()


def a_crossbar_whose_packets_are_lost_is_down_within_ten_seconds():
    with lossy.Lossy("cr", "lan") as world:
        listener = listener_in(world.names["lan"], ("10.84.1.2", 7000))
        router = lossy.Router(listener)
        deployment = Deployment("dial", backend=DIALLED.format(address="10.84.1.2:7000"), name="lossy",
                                gateway_namespace=world.dmz).start()
        idle = time.monotonic()
        eventually(lambda: time.monotonic() - idle > 2, "the link was idle for 2 s", 5)
        equal(times_lost(deployment), 0, "times that an idle link was lost")
        world.lose_all_packets("lan")
        begin = time.monotonic()
        eventually(lambda: times_lost(deployment) == 1, "the link is down", 20)
        took = time.monotonic() - begin
        print(f"  down {took:.2f} s after the last packet; {len(router.accepted)} connections", flush=True)
        assert took <= 10, f"{took:.2f} s"
        deployment.stop()
        listener.close()


def crossbar_itself_answers_the_probe():
    with Crossbar(REALM) as router:
        deployment = Deployment("dial", backend=f'address = "unix:{router.path}"\nprofile = "crossbar"\n', name="probe").start()
        begin = time.monotonic()
        eventually(lambda: time.monotonic() - begin > 4, "the link was idle for 4 s", 6)
        equal(times_lost(deployment), 0, "times that an idle link was lost")
        equal(deployment.raw("alice").call("lab.nothing")[4], "wamp.error.no_such_procedure")
        deployment.stop()


def link_returns(name, results, world, deployment, far):
    """After outages of some lengths: how long the far end takes to answer again."""
    caller = Caller(deployment)
    caller.seconds_until_answered(0)
    for outage in (3.5, 10):
        world.cut("lan", True, far)
        down = time.monotonic()
        eventually(lambda down=down, outage=outage: time.monotonic() - down > outage, "the interface is down for a while", 20)
        world.cut("lan", False, far)
        took = caller.seconds_until_answered(time.monotonic())
        results.append((f"{name}, down for {outage} s", took))
    caller.ended.set()


def a_link_is_back_within_a_second_after_its_interface():
    results, threads, worlds = [], [], []
    with contextlib.ExitStack() as stack:
        for name, dialled, far in (("the inside's", False, True), ("the gateway's", False, False), ("a router's", True, True)):
            world = stack.enter_context(lossy.Lossy(f"up{len(worlds)}", "lan"))
            if dialled:
                listener = listener_in(world.names["lan"], ("10.84.1.2", 7000))
                stack.callback(listener.close)
                lossy.Router(listener)
                deployment = Deployment("dial", backend=DIALLED.format(address="10.84.1.2:7000"), name="returns",
                                        gateway_namespace=world.dmz)
            else:
                deployment = Deployment("accept", link_address="tcp:10.84.1.1:7700", name="returns",
                                        gateway_namespace=world.dmz, inside_namespace=world.names["lan"])
            worlds.append(deployment.start())
            threads.append(threading.Thread(target=link_returns, args=(name, results, world, deployment, far), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, took in sorted(results):
            print(f"  {name}: back after {took:.3f} s", flush=True)
        equal(len(results), 6)
        # Where the far interface was down, the kernel asks for its address (ARP) once a second.
        slow = [result for result in results if result[1] > 1.2]
        equal(slow, [], "links that took more than a second")
        for deployment in worlds:
            deployment.stop()


@suite.test(timeout=90)
def links_have_patience():
    lossy.side_by_side(two_insides_with_one_key_do_not_take_over_from_each_other,
                       a_dead_link_does_not_lock_out_another_inside_with_its_key,
                       a_router_that_welcomes_and_closes_is_dialled_with_growing_waits,
                       a_crossbar_whose_packets_are_lost_is_down_within_ten_seconds,
                       crossbar_itself_answers_the_probe, a_link_is_back_within_a_second_after_its_interface)


if __name__ == "__main__":
    suite.main()
