"""What must hold of a deployment while something happens to it: each call ends once, a reload is applied wholly or not at all, nothing
listens but what is configured, no process is left over, and the service returns by itself. A supervisor that has ended is
started again, as a service manager does; a code that says that this would not help is a failure."""
import contextlib
import pathlib
import socket
import threading
import time

from support import processes, rawclient, sockets
from support.deployment import OUTSIDE_RULES, INSIDE_POLICY, Deployment, sallyport
from support.rawclient import CALL, ERROR, GOODBYE, INVOCATION, REGISTER, REGISTERED, RESULT, YIELD
from support.runner import equal, eventually

ANSWERS_WITHIN = 60  # seconds; longer than any timeout of a link or a hanging process
EXIT_HOPELESS = 2    # RestartPreventExitStatus= of the units
REFUSALS = {"wamp.error.unavailable", "wamp.error.network_failure", "wamp.error.no_such_procedure", "wamp.error.canceled"}
DOORS = {"gateway": "observatory.toml", "inside": "inside-observatory.toml"}
PROGRAMS = {"gateway": ("serve", "gateway.toml"), "inside": ("inside", "inside.toml")}


def gone(function):
    """What it returns; None if the connection ends meanwhile or cannot be made."""
    with contextlib.suppress(rawclient.Closed, OSError, AssertionError):
        return function()
    return None


class Peer(threading.Thread):
    """Connects and does its work over and over, until stop()."""

    def __init__(self, ordeal):
        super().__init__(daemon=True)
        self.ordeal, self.going, self.client, self.joined = ordeal, True, None, 0

    def run(self):
        while self.going:
            with contextlib.suppress(rawclient.Closed, OSError, AssertionError):
                self.client = self.connect()
                self.joined += 1
                self.client.transport.sock.settimeout(ANSWERS_WITHIN)
                self.work()
            if self.client:
                self.client.close()
            time.sleep(0.05)

    def stop(self):
        self.going = False


class Echo(Peer):
    """A service that answers with what it is asked, some calls a little later."""

    def connect(self):
        return self.ordeal.world.raw_inside()

    def work(self):
        equal(self.client.ask(REGISTER, {}, "lab.echo")[0], REGISTERED)
        while self.going:
            message = self.client.receive()
            if message[0] == GOODBYE:
                return
            if message[0] == INVOCATION:
                if message[4][0] % 7 == 0:
                    time.sleep(0.02)
                self.client.send(YIELD, message[1], {}, [message[4][0]])

    def stop(self):
        self.going = False
        with contextlib.suppress(OSError):
            self.client.transport.sock.shutdown(socket.SHUT_RDWR)


class Caller(Peer):
    """Calls one after the other; each must be answered once, with its own result or an error that is due, or lose its connection."""

    def connect(self):
        return self.ordeal.world.raw("alice")

    def work(self):
        while self.going:
            request = self.client.next_request()
            self.client.send(CALL, request, {}, "lab.echo", [request])
            try:
                answer = self.client.receive()
            except TimeoutError:
                self.ordeal.troubles.append(f"no answer to call {request} within {ANSWERS_WITHIN} s")
                raise rawclient.Closed from None
            if answer[0] == GOODBYE:
                return
            if answer[0] == RESULT and answer[1] == request and answer[3] == [request]:
                self.ordeal.results += 1
            elif answer[0] == ERROR and answer[2] == request and answer[4] in REFUSALS:
                self.ordeal.errors += 1
                time.sleep(0.01)
            else:
                self.ordeal.troubles.append(f"call {request} got {answer}")
                return


class Ordeal:
    """link: as Deployment's "embedded" or "accept". `environment` is that of the programs, `prepare` is called before anything is
    written, `logs` says in which folder the gateway's log is."""

    def __init__(self, name, link="embedded", tor='mode = "off"', environment=None, prepare=None, logs=None, **options):
        self.environment, self.troubles, self.results, self.errors = environment, [], 0, 0
        self.version, self.on_disk = dict.fromkeys(DOORS, 0), {}
        self.world = Deployment(link, tor=tor, name=name, **options)
        if prepare:
            prepare(self.world)
        self.world.write()
        self.logs = {"gateway": logs(self.world) if logs else self.world.dir, "inside": self.world.dir}
        (self.world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
        self.write(0)
        self.programs = ["gateway"] + (["inside"] if link == "accept" else [])
        self.peers, self.heard = [], set()

    # The policy: version N of a door forbids lab.DOOR_M, where M is the other version. The doors of an embedded inside and of its
    # gateway have one version.

    def write(self, version, doors=DOORS):
        for door in doors:
            self.on_disk[door] = version
            path = self.world.dir / DOORS[door]
            rules, head = (OUTSIDE_RULES, path.read_text().split("[[allow]]", 1)[0]) if door == "gateway" else (INSIDE_POLICY, "")
            path.write_text(f'{head}{rules}\n[[forbid]]\nid = "other"\nroles = ["operator"]\nactions = ["call"]\n'
                            f'uri = ["lab.{door}_{1 - version}"]\n')

    def versions(self):
        """What both doors run, by door; a door that does not permit exactly the calls of one version has both."""
        def ask():
            client = self.world.raw("alice")
            try:
                found = {door: [number for number in (0, 1) if client.call(f"lab.{door}_{number}")[4] == "wamp.error.no_such_procedure"]
                         for door in DOORS}
                return {door: numbers[0] if len(numbers) == 1 else numbers for door, numbers in found.items()}
            finally:
                client.close()
        return gone(ask)

    def apply(self, name="gateway", timeout=90):
        """Applies the other version to a program: what it said."""
        self.applied = tuple(DOORS) if len(self.programs) == 1 else (name,)
        self.write(1 - self.version[name], self.applied)
        self.asked = self.process(name)
        return sallyport("policy", "apply", "--config", self.world.dir / PROGRAMS[name][1], timeout=timeout)

    def check_version(self, told):
        """The doors run the version that the answer names; without one, or after a start, all of them one or the other."""
        self.await_service()
        new = {**self.version, **{door: self.on_disk[door] for door in self.applied}}
        due = [self.version, new]
        if told.returncode in (0, 3) or not self.asked.running():
            due = [new]
        elif told.returncode == 1 and "nothing was changed" in told.stdout + told.stderr:
            due = [self.version]
        self.version = eventually(lambda: (found := self.versions()) in due and found, f"one of {due}, after {told}", 15)
        self.write(self.version["gateway"], ("gateway",))
        self.write(self.version["inside"], ("inside",))

    # Programs.

    def process(self, name):
        return self.world.gateway if name == "gateway" else self.world.inside

    def begin(self, name):
        word, config = PROGRAMS[name]
        process = processes.Process([processes.binary(), word, "--config", self.world.dir / config], name, cwd=self.world.dir,
                                    log=self.logs[name] / f"{name}.log", env=self.environment)
        setattr(self.world, name, process)

    def start(self, callers=0):
        for name in self.programs:
            self.begin(name)
        self.await_service()
        if callers:
            self.peers = [Echo(self)] + [Caller(self) for _ in range(callers)]
            for peer in self.peers:
                peer.start()
            eventually(lambda: self.results > callers and all(peer.joined for peer in self.peers), "everybody is served")
        return self

    def listeners(self):
        """What listens in any process of the tree: paths and ports."""
        found = set()
        pids = self.tree()
        owned = sockets.of_processes(pids)
        for pid in pids:
            found |= listening(pid, owned)
        return found

    def configured(self):
        """What is to listen."""
        world = self.world
        paths = [world.state / f"run/{name}.sock" for name in ("front", "local", "admin", "control")] + [world.services_path]
        paths.append(world.inside_state / "run/admin.sock")
        if "managed" in world.tor:
            paths.append(world.state / "tor/control.sock")
        found = {str(path) for path in paths}
        if world.link == "accept":
            kind, address = world.link_address.split(":", 1)
            found |= {str(world.inside_state / "run/control.sock"),
                      int(address.rsplit(":", 1)[1]) if kind == "tcp" else address}
        return found

    def tree(self):
        return [pid for name in self.programs if self.process(name).running()
                for pid in [self.process(name).pid, *(child for child, _ in self.process(name).children())]]

    def log_lines(self):
        return sum(self.process(name).text().count("\n") for name in self.programs)

    def victims(self):
        """(name, pid) of each process: the supervisors, and their children as they are called."""
        found = []
        for name in self.programs:
            process = self.process(name)
            if process.running():
                found.append((f"supervisor of {name}", process.pid))
                found += [(called(line), pid) for pid, line in process.children() if processes.alive(pid)]
        return found

    def word(self, name):
        """The first argument of a process that victims() has named."""
        return PROGRAMS[name.removeprefix("supervisor of ")][0] if name.startswith("supervisor of ") else name

    def restart_ended(self):
        for name in self.programs:
            process = self.process(name)
            if process.running():
                continue
            code = process.popen.returncode
            assert code != EXIT_HOPELESS, f"{name} ended with {code}, after which nothing starts it again:\n{process.text()[-1500:]}"
            eventually(lambda: not self.orphans(), f"nothing is left of the {name} that has ended", 5)
            self.begin(name)

    def orphans(self):
        """Processes of this deployment that belong to no supervisor that runs."""
        tree = self.tree()
        return [entry for entry in self.world.left_behind() if entry[0] not in tree and processes.alive(entry[0])]

    def serves(self):
        def ask():
            client = self.world.raw("alice")
            try:
                return client.call("lab.nothing.of.the.sort")[4] == "wamp.error.no_such_procedure"
            finally:
                client.close()
        return gone(ask)

    def await_service(self, within=50):
        def check():
            self.restart_ended()
            return self.serves() and all(self.process(name).running() for name in self.programs)
        eventually(check, "the service is back", within, 0.05)
        if self.peers:
            before = self.results
            eventually(lambda: self.results > before or self.troubles, "calls are answered again", within)

    @contextlib.contextmanager
    def surviving(self, round_name, fault, within=50):
        """Checks after the block that all holds again. `fault` is printed once the block has ended: some learn in it what they
        were."""
        try:
            yield
            self.check(within)
        except Exception as failure:
            raise AssertionError(f"{round_name}: {fault}") from failure
        finally:
            print(f"       {round_name}: {fault}", flush=True)

    def check(self, within=50):
        """All that must hold once the fault is over."""
        self.await_service(within)
        equal(self.troubles, [])
        due = self.configured()

        def settled():
            self.restart_ended()
            self.heard = self.listeners()
            return self.heard == due
        try:
            eventually(settled, "all that is configured listens", within)
        finally:
            equal(self.heard - due, set(), "listens without being configured")
        eventually(lambda: not self.orphans(), "no orphan", 5)

    def stop(self):
        callers = self.peers[1:]
        for peer in callers:
            peer.stop()
        for peer in callers + self.peers[:1]:  # the service last
            peer.stop()
            peer.join(ANSWERS_WITHIN + 5)
            assert not peer.is_alive(), "a call is open"
        equal(self.troubles, [])
        for name in reversed(self.programs):
            equal(self.process(name).stop(15), 0, f"exit code of {name}")
        eventually(lambda: not self.world.left_behind(), "nothing is left", 5)


def called(line):
    """The name of a child by its command line."""
    words = line.split()
    program = pathlib.Path(words[0]).name if words else ""
    return words[1] if program == "sallyport" and len(words) > 1 else program or "a process that ends"


def listening(pid, owned):
    """Paths and ports of the listening sockets that these processes own, as the namespace of `pid` shows them."""
    found = set()
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
            words = line.split()
            if int(words[3], 16) & 0x10000 and int(words[6]) in owned:
                found.add(words[7] if len(words) > 7 else "unnamed")
        for table in ("tcp", "tcp6"):
            for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and int(words[9]) in owned:
                    found.add(int(words[1].rsplit(":", 1)[1], 16))
    return found
