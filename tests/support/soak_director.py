"""Who breaks things in a soak, one after the other, and sees to it that they work again by themselves."""
import contextlib
import os
import signal
import time

from support import processes, rawclient
from support.rawclient import CALL, ERROR, GOODBYE, MSGPACK, RESULT, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED
from support.runner import equal, eventually
from support.soak_load import Actor

REVOCABLE = {"caller": {}, "subscriber": {"features": {"subscription_revocation": True}}}


class Director(Actor):
    """`services`: those who must be back after a fault. `kills`: when (time.monotonic()) the inside is killed."""

    pause = 4.0

    def __init__(self, world, seed, services, kills):
        super().__init__(world, seed)
        self.services, self.kills, self.killed, self.what = services, list(kills), 0, None

    def doing(self):
        return str(self.what)

    def turn(self):
        if self.kills and time.monotonic() > self.kills[0]:
            self.kills.pop(0)
            self.what = self.kill_inside
        else:
            choices = [self.reload, self.revoke, self.end_a_principal, self.restart_a_service, self.stall_inside]
            self.what = self.dice.choice(choices + ([self.cut_link] * 2 if self.world.relay else []))
        self.what()
        self.world.count(self.what.__name__)

    def rehearse(self):
        """Everything once: what a process reads, opens and makes for the first time is not growth."""
        for what in (self.reload, self.revoke, self.end_a_principal, self.restart_a_service, self.stall_inside,
                     *([self.cut_link] if self.world.relay else [])):
            self.what = what
            what()

    def apply(self, config="gateway.toml"):
        done = self.world.command("policy", "apply", config=config)
        equal(done.returncode, 0, f"policy apply: {done.stdout}{done.stderr}")

    def reload(self):
        path = self.world.dir / "observatory.toml"
        text = path.read_text().removesuffix("# another version\n")
        path.write_text(text + ("" if self.dice.random() < 0.5 else "# another version\n"))
        self.apply()
        if self.world.relay:
            self.apply("inside.toml")

    def revoke(self):
        """A guest loses what he has and is told, and gets it back."""
        guest = self.world.client(None, False, MSGPACK, roles=REVOCABLE)
        with contextlib.closing(guest):
            subscribed = guest.ask(SUBSCRIBE, {}, "lab.sometimes")
            equal(subscribed[0], SUBSCRIBED, "a guest may subscribe at first")
            equal(guest.call("lab.sometimes", 1)[0], RESULT, "a guest may call at first")
            self.world.set_policy(False)
            try:
                self.apply()
                told = guest.receive()
                equal((told[0], told[1], told[2]["subscription"]), (UNSUBSCRIBED, 0, subscribed[2]), "he is told")
                answer = guest.call("lab.sometimes", 2)
                equal((answer[0], answer[4]), (ERROR, "wamp.error.not_authorized"), "he may not call then")
            finally:
                self.world.set_policy(True)
                self.apply()
            equal(guest.call("lab.sometimes", 3)[0], RESULT, "he may call again")

    def end_a_principal(self):
        path = self.world.dir / "observatory.principals.toml"
        carol = self.world.client("carol", True, MSGPACK)
        with contextlib.closing(carol):
            for word in ("disable", "enable"):
                equal(processes.run([processes.binary(), "principal", word, path, "carol"]).returncode, 0, word)
                self.apply()
                if word == "disable":
                    equal(carol.receive()[::2], [GOODBYE, "wamp.close.killed"], "her session ends")

    def restart_a_service(self):
        with self.world.disturbed.one():
            service = self.dice.choice(self.services)
            service.restart()
            self.wait_served()

    def stall_inside(self):
        """For less than it takes to be replaced."""
        pid = self.world.deployment.router_pid()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.2, 3))
        os.kill(pid, signal.SIGCONT)

    def cut_link(self):
        with self.world.disturbed.one():
            self.world.relay.cut()
            time.sleep(self.dice.uniform(0.1, 2))
            self.world.relay.join()
            self.wait_served()

    def kill_inside(self):
        with self.world.disturbed.one():
            self.killed += 1
            os.kill(self.world.deployment.router_pid(), signal.SIGKILL)
            self.wait_served()
        self.reload()  # the first one of the new process

    def wait_served(self):
        """Until every service is back and is reached from outside."""
        due = [procedure for service in self.services for procedure in service.procedures if procedure != "lab.slow"]

        def served():
            with contextlib.suppress(rawclient.Closed, OSError):
                client = self.world.client("alice", False, MSGPACK)
                with contextlib.closing(client):
                    return all(client.ask(CALL, {}, procedure, [0])[-1] == [0] for procedure in due)
            return False
        eventually(lambda: all(service.ready.is_set() for service in self.services) and served(), "all is served again", 30, 0.1)
