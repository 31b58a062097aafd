"""`sallyport dev`: gateway and inside without Tor, a port for clients, and policies that follow their files."""
import pathlib
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, processes, socks  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("dev")
home = processes.scratch("dev") / "home"
running = {}


def start(*words):
    dev = processes.Process([processes.binary(), "dev", home, "--port", "0", *words], "dev")
    eventually(lambda: "sallyport: ready" in dev.text(), "gateway and inside run", 20)
    running["dev"] = dev
    running["port"] = int(dev.text().partition("ws://127.0.0.1:")[2].partition("/")[0])
    return dev


def serve_hook():
    service = processes.Process([processes.binary(), "register", "--url", f"rs+unix:{home}/state/inside/run/services.sock", "--realm", "home",
                                 "home.hook", "--echo"], "service")
    eventually(lambda: "registered" in service.text(), "the service is registered")
    return service


def call(word, scheme="ws"):
    return sallyport("call", "--url", f"{scheme}://127.0.0.1:{running['port']}" + ("/" if scheme == "ws" else ""), "--realm", "home", "home.hook", word)


@suite.test
def it_writes_what_is_missing_and_answers_on_a_port():
    dev = start()
    assert f"wrote {home}/gateway.toml" in dev.text(), dev.text()
    assert f"services: unix:{home}/state/inside/run/services.sock" in dev.text(), dev.text()
    running["policy"] = (home / "home.toml").read_text()
    serve_hook()
    for scheme in ("ws", "rs"):
        result = call("clear skies", scheme)
        equal((result.returncode, result.stdout), (0, '"clear skies"\n'))


@suite.test
async def a_stock_client_calls_through_the_port():
    for transport in ("ws-json", "rs-msgpack"):
        peer = await autobahn_peer.connect(socks.plain(("127.0.0.1", running["port"])), transport, "home")
        equal(await peer.call("home.hook", "x" * 10_000), "x" * 10_000)
        await peer.goodbye()


@suite.test
def a_page_of_the_world_in_a_browser_is_turned_away():
    def opened(*headers):
        sock = socket.create_connection(("127.0.0.1", running["port"]), 5)
        with sock:
            lines = ["GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                     "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: wamp.2.json", *headers, "", ""]
            sock.sendall("\r\n".join(lines).encode())
            return int(sock.recv(100).split()[1])

    host = f"Host: 127.0.0.1:{running['port']}"
    for headers, status in (((host,), 101), ((host, "Origin: http://localhost:3000"), 101), (("Host: localhost",), 101),
                            ((host, "Origin: https://evil.example"), 403), ((host, "Origin: null"), 403), (("Host: evil.example",), 403)):
        equal(opened(*headers), status, headers)


@suite.test
def a_wrong_policy_is_told_with_its_place_and_the_running_one_stays():
    policy = home / "home.toml"
    good = policy.read_text()
    policy.write_text(good + "\n[[alow]]\n")
    line = len(good.splitlines()) + 2
    eventually(lambda: f'{policy}:{line}:3: error: unknown key "alow"' in running["dev"].text(), "the error is told", 10)
    equal(call("still").stdout, '"still"\n')
    policy.write_text(good)
    eventually(lambda: running["dev"].text().count("a file has changed") == 2 and "policy reloaded" in running["dev"].text(),
               "the file as it was is applied", 10)


@suite.test
def a_change_is_applied_at_once():
    policy = home / "home.toml"
    policy.write_text(policy.read_text() + '\n[[forbid]]\nid = "closed"\nroles = ["*"]\nactions = ["call"]\nuri = "home.hook"\n')
    # The tests of the policy that init wrote do not hold any more: that is told, and nothing changes.
    eventually(lambda: running["dev"].text().count("a file has changed") == 3, "the change is seen", 10)
    text = policy.read_text()
    policy.write_text(text[:text.index("[[test]]")] + text[text.index("\n[[forbid]]\nid = \"closed\""):])
    eventually(lambda: call("?").stderr == "error: wamp.error.not_authorized\n", "the call is denied", 10)


@suite.test
def what_changes_while_a_change_is_applied_is_applied_too():
    policy = home / "home.toml"
    closed, opened = policy.read_text(), running["policy"]
    policy.write_text(opened)
    eventually(lambda: call("open").stdout == '"open"\n', "it is open again", 10)
    for turn in range(3):
        seen = running["dev"].text().count("a file has changed")
        policy.write_text(opened + f"# {turn}\n")
        eventually(lambda: running["dev"].text().count("a file has changed") > seen, "the first change is seen", 10, 0.001)
        policy.write_text(closed)
        eventually(lambda: call("?").stderr == "error: wamp.error.not_authorized\n", "the second one is applied", 10)
        policy.write_text(opened)
        eventually(lambda: call("open").stdout == '"open"\n', "it is open again", 10)


@suite.test
def ctrl_c_ends_all_of_it():
    dev = running["dev"]
    children = [pid for pid, _ in dev.children()]
    assert len(children) >= 4, children
    dev.popen.send_signal(signal.SIGINT)
    equal(dev.wait(15), 0)
    equal([pid for pid in children if processes.alive(pid)], [])


@suite.test
def it_runs_again_without_tor_on_what_is_there():
    gateway = home / "gateway.toml"
    gateway.write_text(gateway.read_text().replace('mode = "off"', 'mode = "managed"\nbinary = "/no/such/tor"'))
    dev = start()
    equal(dev.text().count("wrote"), 0)
    assert "tor" not in [line for _, line in dev.children()], dev.children()
    equal(dev.stop(), 0)


@suite.test
def a_port_in_use_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = sallyport("dev", home, "--port", str(taken.getsockname()[1]))
    equal(result.returncode, 2)
    assert "127.0.0.1" in result.stderr and "in use" in result.stderr, result.stderr


@suite.teardown
def stop():
    processes.stop_all()


if __name__ == "__main__":
    suite.main()
