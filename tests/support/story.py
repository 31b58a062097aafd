"""A worked story of deploy/examples, played in a copy of its folder."""
import json
import re
import shutil

from support import auth_peer, autobahn_peer, processes, socks
from support.deployment import sallyport
from support.runner import equal, eventually


class Story:
    """A copy of one folder, with people added as its README does, and its programs. `edits` are made in both configurations."""

    def __init__(self, name, realm, people, edits=(), tor='mode = "off"'):
        self.realm, self.secrets = realm, {}
        self.dir = processes.scratch("st") / "s"
        shutil.copytree(processes.SOURCES / "deploy/examples" / name, self.dir)
        for file in ("gateway.toml", "inside.toml"):
            text = (self.dir / file).read_text().replace('mode = "managed"', tor)
            for old, new in edits:
                text = re.sub(old, new, text)
            (self.dir / file).write_text(text)
        for file, authid, role, method in people:
            path = self.dir / file
            if not path.exists():
                shutil.copy(self.dir / "principals.template.toml", path)
                path.chmod(0o600)
            told = sallyport("principal", "add", path, authid, "--role", role, "--method", method, "--json")
            equal(told.returncode, 0, told.stderr)
            told = json.loads(told.stdout)
            self.secrets[authid] = (method, told.get("private_key") or told.get("secret"))
        self.programs = {}
        self.state = self.dir / "state"
        self.local = self.state / "run/local.sock"

    def apart(self):
        """A second folder, for an inside that runs elsewhere."""
        folder = self.dir / "elsewhere"
        folder.mkdir()
        for path in self.dir.glob("*.toml"):
            shutil.copy(path, folder / path.name)
            (folder / path.name).chmod(path.stat().st_mode & 0o777)
        return folder

    def pair(self, elsewhere):
        """As the head of gateway.toml says: each end is told the other's pin."""
        for config, other in ((self.dir / "gateway.toml", elsewhere), (elsewhere / "inside.toml", self.dir)):
            (other / "state").mkdir(mode=0o700, exist_ok=True)
            told = sallyport("link", "pair", "--dir", other / "state/link")
            equal(told.returncode, 0, told.stderr)
            text = config.read_text()
            assert "sha256:" + 64 * "0" in text, config
            config.write_text(text.replace("sha256:" + 64 * "0", re.search(r"sha256:[0-9a-f]{64}", told.stdout).group()))

    def start(self, apart=None, namespaces=(None, None)):
        """`apart`: the folder of an inside of its own. The namespaces are the gateway's and the inside's."""
        self._run("serve", "gateway.toml", self.dir, namespaces[0])
        if apart:
            self._run("inside", "inside.toml", apart, namespaces[1])
        eventually(self._is_up, "all links are up", 30)
        return self

    def _run(self, program, config, folder, namespace):
        self.programs[program] = processes.Process([processes.binary(), program, "--config", config], program, cwd=folder,
                                                   namespace=namespace, log=folder / f"{program}.log")

    def _is_up(self):
        for process in self.programs.values():
            assert process.running(), f"{process.name} ended:\n{process.text()[-3000:]}"
        told = sallyport("status", "--config", self.dir / "gateway.toml", "--json")
        links = json.loads(told.stdout).get("front", {}).get("links") if told.returncode == 0 else None
        return links and all(link["up"] for link in links)

    def records(self, rule):
        """What the gateway's audit has by that rule so far: it is written a little after the answers, by whole lines."""
        written = (self.state / "audit.jsonl").read_text().rpartition("\n")[0]
        return [one for one in map(json.loads, written.splitlines()) if one.get("rule") == rule]

    def stop(self):
        for name in ("inside", "serve"):
            if name in self.programs:
                equal(self.programs[name].stop(), 0, f"exit code of {name}")

    async def outside(self, authid=None, transport="ws-json"):
        if authid is None:
            return await autobahn_peer.connect(socks.plain(self.local), transport, self.realm)
        return await auth_peer.login(socks.plain(self.local), transport, self.realm, self.secrets[authid][0], authid,
                                     self.secrets[authid][1])

    async def service(self, path="state/inside/run/services.sock"):
        return await autobahn_peer.connect(socks.plain(self.dir / path), "rs-msgpack", self.realm)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
