"""The rules of deploy/nftables, each alone: what the two machines accept and what the gateway's host may reach. tests/onion/onion_test.py has
them around a gateway and an inside that run. Needs root, ip and nft."""
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.lossy import within  # noqa: E402
from support.namespaces import Namespaces, connect_from  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("firewall")
RULES = processes.SOURCES / "deploy/nftables"
GATEWAY, INSIDE, NEIGHBOUR = "10.0.0.1", "10.0.0.2", "10.0.0.3"
GATEWAY_OUTSIDE, RELAY = "198.51.100.2", "198.51.100.1"  # TEST-NET-2: the Internet
LINK, OTHER = 4443, 2222
names = Namespaces("spfw")


@suite.teardown
def remove_the_namespaces():
    names.close()


def listen(namespace, address, port):
    return within(namespace, lambda: socket.create_server((address, port)))


class Lan:
    """A gateway's host, a machine with an inside, another one of their network, and one of the Internet; nothing is closed yet."""

    def __init__(self, name):
        self.bridge = names.add(f"{name}b")
        self.gateway, self.inside, self.neighbour, self.relay = (names.add(name + short, loopback=True) for short in "gint")
        names.run(self.bridge, processes.tool("ip"), "link", "add", "br0", "type", "bridge")
        names.run(self.bridge, processes.tool("ip"), "link", "set", "br0", "up")
        for index, (namespace, address) in enumerate(((self.gateway, GATEWAY), (self.inside, INSIDE), (self.neighbour, NEIGHBOUR))):
            end, _ = names.join(self.bridge, f"192.0.2.{index + 1}/32", namespace, f"{address}/24")
            names.run(self.bridge, processes.tool("ip"), "link", "set", end, "master", "br0")
        names.join(self.gateway, f"{GATEWAY_OUTSIDE}/24", self.relay, f"{RELAY}/24")
        self.listeners = [listen(namespace, address, port) for namespace, address in (
            (self.gateway, GATEWAY), (self.inside, INSIDE), (self.neighbour, NEIGHBOUR), (self.gateway, GATEWAY_OUTSIDE), (self.relay, RELAY))
            for port in (LINK, OTHER)]
        self.listeners.append(listen(self.inside, "127.0.0.1", OTHER))

    def close_machine(self, namespace, file, edit=lambda text: text):
        rules = processes.scratch("rules") / file
        rules.write_text(edit((RULES / file).read_text()))
        for _ in range(2):  # loading it again changes nothing
            told = names.run(namespace, processes.tool("nft"), "-f", rules)
            equal(told.returncode, 0, told.stderr)

    def reaches(self, namespace, address, port):
        word = connect_from(namespace, (address, port))
        assert word in ("connected", "ConnectionRefusedError"), word
        return word == "connected"


@suite.test
def the_gateways_host_accepts_the_link_of_named_machines_and_starts_nothing_to_its_network():
    lan = Lan("a")
    pairs = ((lan.inside, GATEWAY, LINK), (lan.inside, GATEWAY, OTHER), (lan.neighbour, GATEWAY, LINK), (lan.relay, GATEWAY_OUTSIDE, LINK),
             (lan.relay, GATEWAY_OUTSIDE, OTHER), (lan.gateway, INSIDE, OTHER), (lan.gateway, NEIGHBOUR, OTHER), (lan.gateway, RELAY, OTHER),
             (lan.gateway, GATEWAY, OTHER))
    equal([lan.reaches(*pair) for pair in pairs], [True] * 9, "before the rules")
    lan.close_machine(lan.gateway, "gateway.nft")
    equal([lan.reaches(*pair) for pair in pairs], [True, False, False, False, False, False, False, True, True])


@suite.test
def a_machine_with_an_inside_accepts_nothing_and_dials():
    lan = Lan("b")
    pairs = ((lan.gateway, INSIDE, LINK), (lan.gateway, INSIDE, OTHER), (lan.neighbour, INSIDE, OTHER), (lan.inside, GATEWAY, LINK),
             (lan.inside, "127.0.0.1", OTHER))
    equal([lan.reaches(*pair) for pair in pairs], [True] * 5, "before the rules")
    lan.close_machine(lan.inside, "inside.nft")
    equal([lan.reaches(*pair) for pair in pairs], [False, False, False, True, True])


@suite.test
def the_lines_that_an_operator_may_uncomment_are_rules():
    lan = Lan("c")
    for file in ("gateway.nft", "inside.nft"):
        def uncomment(text):
            changed, count = re.subn(r"(?m)^( +)# (ip .*?accept) .*$", r"\1\2", text)
            assert count >= 1, text
            return changed
        lan.close_machine(lan.gateway, file, uncomment)


if __name__ == "__main__":
    suite.main()
