"""Floods of denials cost few lines of the audit log and nobody else's records: real processes, raw clients."""
import contextlib
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.peers import frames, leave, send_in_background  # noqa: E402
from support.rawclient import CALL, GOODBYE  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("flow_audit")
FLOODERS, EACH, UNPACED = 8, 20_000, "denials_per_second = 1000000\n"


def deployment(to, lines="", limits=UNPACED, queue="64KiB"):
    audit = f'\n[audit]\nto = "{to}"\nqueue_bytes = "{queue}"\n{lines}'
    return Deployment(limits=limits + audit, name="flood").start()


class Flooder:
    """Sends denied calls as fast as the gateway takes them, and counts the answers in a thread."""

    def __init__(self, world, name, count):
        self.client, self.answers = world.raw("bob"), 0
        self.session = self.client.session
        self.count = count
        send_in_background(self.client.transport.sock, frames(
            self.client, [[CALL, i + 1, {}, f"lab.denied.{name}.{i % 7}"] for i in range(count)]))
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(rawclient.Closed, OSError):
            while self.answers < self.count:
                equal(self.client.receive()[4], "wamp.error.not_authorized")
                self.answers += 1

    def leave(self):
        self.client.send(GOODBYE, {}, "wamp.close.close_realm")
        self.client.receive()
        leave(self.client)


def innocent_denials(client, count, pause):
    for i in range(count):
        equal(client.call(f"lab.mistake.{i}")[4], "wamp.error.not_authorized")
        time.sleep(pause)  # the pace of somebody who does not flood


def mistakes(records):
    return [record["uri"] for record in records if record.get("uri", "").startswith("lab.mistake.")]


@suite.test(timeout=120)
def a_flood_of_denials_is_summed_up_exactly_and_others_are_recorded_one_by_one():
    world = deployment("file:audit.jsonl")
    innocent = world.raw("bob")
    begin = time.monotonic()
    flooders = [Flooder(world, number, EACH) for number in range(FLOODERS)]
    innocent_denials(innocent, 24, 0.125)
    for flooder in flooders:
        flooder.thread.join(60)
        equal(flooder.answers, EACH)
    took = time.monotonic() - begin
    flooders[0].leave()  # its last sum comes before its departure
    for flooder in flooders[1:]:
        leave(flooder.client)
    leave(innocent)
    status = json.loads(sallyport("status", "--config", world.dir / "gateway.toml", "--json").stdout)
    equal(status["front"]["decisions"]["denied"], FLOODERS * EACH + 24)
    for code in world.stop():
        equal(code, 0, "exit code of an orderly stop")
    text = (world.state / "audit.jsonl").read_text()
    records = [json.loads(line) for line in text.splitlines()]
    equal([record for record in records if record["outcome"] == "dropped"], [])
    equal([record["number"] for record in records], list(range(1, len(records) + 1)))
    for flooder in flooders:
        own = [record for record in records if record.get("session") == flooder.session]
        equal(sum(record.get("repeated", 1) for record in own if record["outcome"] == "deny"), EACH, "decisions in the log")
        equal(own[-1]["outcome"], "leave")
        assert any(record.get("repeated", 0) > 100 and "other_uri" in record for record in own), own
    equal(mistakes(records), [f"lab.mistake.{i}" for i in range(24)])
    assert all("repeated" not in record for record in records if record.get("uri", "").startswith("lab.mistake."))
    assert len(text) / took < FLOODERS * 20_000, f"{len(text)} bytes in {took:.1f} s"
    print(f"  {FLOODERS} sessions, {FLOODERS * EACH} denials in {took:.1f} s: {len(records)} lines, "
          f"{len(text) / took / 1000:.0f} kB/s of audit log", flush=True)


@suite.test(timeout=120)
def replay_weighs_a_sum_by_its_decisions():
    world = deployment("file:audit.jsonl")
    flooder = Flooder(world, "replayed", 500)
    flooder.thread.join(30)
    flooder.leave()
    world.stop()
    result = sallyport("policy", "replay", world.state / "audit.jsonl", "--with", world.dir / "observatory.toml", "--json")
    told = json.loads(result.stdout)
    equal((told["decisions"], told["flips"], told["unreadable"]), (500, 0, 0))


@suite.test(timeout=120)
def a_queue_that_flooders_fill_has_room_for_the_records_of_others():
    fifo = processes.scratch("flooded") / "audit.fifo"
    os.mkfifo(fifo, 0o600)
    world = deployment(f"file:{fifo}", lines="lines_per_second = 1000000\n")
    innocent = world.raw("bob")
    flooders = [Flooder(world, number, 2_000) for number in range(FLOODERS)]
    for flooder in flooders:
        flooder.thread.join(60)
        equal(flooder.answers, 2_000)

    def audit():
        return json.loads(sallyport("status", "--config", world.dir / "gateway.toml", "--json").stdout)["audit"]
    eventually(lambda: audit()["dropped"] > 1000, "the queue is full for the flooders")
    innocent_denials(innocent, 12, 0)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    text = b""

    def read_on():
        nonlocal text
        with contextlib.suppress(BlockingIOError):
            while part := os.read(reader, 65536):
                text += part
        return text.endswith(b"\n") and audit()["waiting"] == 0
    eventually(read_on, "everything is written", 30)
    read_on()
    records = [json.loads(line) for line in text.decode().splitlines()]
    equal(mistakes(records), [f"lab.mistake.{i}" for i in range(12)])
    missing = sum(record["dropped"] for record in records if record["outcome"] == "dropped")
    equal(missing, audit()["dropped"])
    print(f"  {missing} records of {FLOODERS} flooders dropped, none of the others", flush=True)
    os.close(reader)
    for client in [innocent, *(flooder.client for flooder in flooders)]:
        leave(client)
    world.stop()


if __name__ == "__main__":
    suite.main()
