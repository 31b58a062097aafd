"""Policies that change under stock clients at work, and the audit log, also where it cannot be written."""
import asyncio
import contextlib
import errno
import json
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, processes, rawclient, socks  # noqa: E402
from support.deployment import OUTSIDE_RULES, Deployment, sallyport, write_principals, TICKETS  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402
from autobahn.wamp.types import PublishOptions  # noqa: E402

RELOADS = int(os.environ.get("SALLYPORT_RELOADS", "1000"))
AUDIT = '\n[audit]\nto = "file:audit.jsonl"\ndecisions = "all"\nlines_per_second = 1000000\n'
NARROW = OUTSIDE_RULES.replace('id = "operators"\nroles = ["operator"]\nactions = ["call", "register", "subscribe", "publish"]\n'
                               'match = "prefix"\nuri = "lab."',
                               'id = "operators"\nroles = ["operator"]\nactions = ["call", "register", "subscribe", "publish"]\n'
                               'match = "prefix"\nuri = "lab.still."').split("[[test]]")[0]
assert NARROW != OUTSIDE_RULES

suite = Suite("reload")
world = Deployment(limits=AUDIT, name="reload")


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    world.stop()
    eventually(lambda: not world.left_behind(), "no process is left behind", 10)


def policy_path():
    return world.dir / "observatory.toml"


def write_policy(rules, more=""):
    text = policy_path().read_text()
    head = text[:text.index('to = "inside"\n') + len('to = "inside"\n')]
    policy_path().write_text(head + rules + more)


def policy(word, *more, config="gateway.toml"):
    return sallyport("policy", word, "--config", world.dir / config, *more, timeout=60)


def tell(line, state=None):
    """As `sallyport policy apply`, without a process for each time."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(str((state or world.state) / "run/control.sock"))
    sock.sendall(line.encode() + b"\n")
    answer = b""
    while part := sock.recv(65536):
        answer += part
    code, _, text = answer.decode().partition("\n")
    return int(code), text


def restore():
    write_policy(OUTSIDE_RULES)
    equal(tell("apply")[0], 0)


def status():
    result = sallyport("status", "--config", world.dir / "gateway.toml", "--json")
    assert result.returncode in (0, 1), result.stderr  # 1: the link is down
    return json.loads(result.stdout)


def logged(name="audit.jsonl"):
    return [json.loads(line) for line in (world.state / name).read_text().splitlines()]


async def refused(session, procedure):
    try:
        await session.call(procedure)
        return None
    except ApplicationError as error:
        return error.error


def raw_revocable():
    """A raw client that announces to understand revocations."""
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
    client.send(rawclient.HELLO, "observatory",
                {"authid": "alice", "authmethods": ["ticket"],
                 "roles": {"subscriber": {"features": {"subscription_revocation": True}},
                           "callee": {"features": {"registration_revocation": True}}}})
    equal(client.receive()[0], rawclient.CHALLENGE)
    client.send(rawclient.AUTHENTICATE, TICKETS["alice"][1], {})
    equal(client.receive()[0], rawclient.WELCOME)
    return client


@suite.test
def a_hangup_reads_the_policy_again_and_whoever_lost_something_is_told():
    client = raw_revocable()
    lost = client.ask(rawclient.SUBSCRIBE, {}, "lab.events")[2]
    kept = client.ask(rawclient.SUBSCRIBE, {}, "lab.still.events")[2]
    mine = client.ask(rawclient.REGISTER, {}, "lab.mine")[2]
    write_policy(NARROW)
    os.kill(world.gateway.pid, signal.SIGHUP)
    reason = "wamp.error.not_authorized"
    equal(client.receive(), [35, 0, {"subscription": lost, "reason": reason}])
    equal(client.receive(), [67, 0, {"registration": mine, "reason": reason}])
    equal(client.ask(rawclient.SUBSCRIBE, {}, "lab.events")[4], reason)
    equal(client.ask(rawclient.SUBSCRIBE, {}, "lab.still.events")[2], kept)
    client.close()
    restore()
    revoked = [record for record in logged() if record["outcome"] == "revoke"]
    equal(sorted((record["action"], record["uri"]) for record in revoked), [("register", "lab.mine"), ("subscribe", "lab.events")])


@suite.test
async def a_stock_client_that_would_not_bear_to_be_told_just_hears_no_more():
    inside = await world.connect_inside()
    registration = await inside.register(lambda: 7, "lab.still.answer")
    client = await world.connect_outside("ws-json")
    heard = []
    await client.subscribe(lambda n: heard.append(n), "lab.events")
    await client.subscribe(lambda n: heard.append(n), "lab.still.events")
    await client.register(lambda: 1, "lab.mine")
    equal(await inside.call("lab.mine"), 1)
    write_policy(NARROW)
    equal((await asyncio.to_thread(tell, "apply"))[0], 0)
    for topic, number in (("lab.events", 1), ("lab.still.events", 2)):
        await inside.publish(topic, number, options=PublishOptions(acknowledge=True))
    equal(await client.call("lab.still.answer"), 7)  # it is still there
    equal(heard, [2])
    equal(await refused(inside, "lab.mine"), "wamp.error.no_such_procedure")
    await asyncio.to_thread(restore)
    await registration.unregister()
    await client.goodbye()
    await inside.goodbye()


@suite.test
def a_dry_run_tells_what_would_change_and_changes_nothing():
    client = raw_revocable()
    lost = client.ask(rawclient.SUBSCRIBE, {}, "lab.events")[2]
    write_policy(NARROW)
    result = policy("apply", "--check")
    equal(result.returncode, 0, result.stderr)
    assert re.search(r"worker: 0 sessions ended, 1 subscriptions and 0 registrations revoked", result.stdout), result.stdout
    equal(client.ask(rawclient.SUBSCRIBE, {}, "lab.events")[2], lost)
    restore()
    client.close()


@suite.test
async def a_broken_file_keeps_the_last_good_version_and_names_every_mistake():
    client = await world.connect_outside("ws-json")
    inside = await world.connect_inside()
    registration = await inside.register(lambda: 7, "lab.answer")
    write_policy(NARROW.replace('id = "guests"', 'id = "operators"').replace('"lab.still."', '"lab..still"'))
    result = await asyncio.to_thread(policy, "apply")
    equal(result.returncode, 1)
    lines = [line for line in result.stderr.splitlines() if re.match(r".*observatory\.toml:\d+:\d+: error: .*\(.*\)$", line)]
    assert len(lines) >= 2, result.stderr
    assert "nothing was changed" in result.stderr
    assert lines[0].split("error: ")[1] in world.gateway.text(), "the log has it too"
    equal(await client.call("lab.answer"), 7)
    policy_path().write_text("realm = ")  # no TOML at all
    os.kill(world.gateway.pid, signal.SIGHUP)
    eventually(lambda: world.gateway.text().count("the running version stays active") >= 2, "the log says so")
    equal(await client.call("lab.answer"), 7)
    world.write()
    equal(tell("apply")[0], 0)
    await registration.unregister()
    await client.goodbye()
    await inside.goodbye()


@suite.test
async def a_rollback_goes_back_and_forth():
    client = await world.connect_outside("ws-json")
    write_policy(NARROW)
    equal((await asyncio.to_thread(policy, "apply")).returncode, 0)
    equal(await refused(client, "lab.nothing"), "wamp.error.not_authorized")
    result = await asyncio.to_thread(policy, "rollback")
    equal(result.returncode, 0, result.stderr)
    equal(await refused(client, "lab.nothing"), "wamp.error.no_such_procedure")
    equal(tell("rollback")[0], 0)
    equal(await refused(client, "lab.nothing"), "wamp.error.not_authorized")
    restore()
    await client.goodbye()


@suite.test
async def a_worker_that_is_started_again_has_the_version_that_ran():
    write_policy(NARROW)
    equal(tell("apply")[0], 0)
    policy_path().write_text("broken")
    worker = next(pid for pid, argv in world.gateway.children() if "worker" in argv)
    os.kill(worker, signal.SIGKILL)

    def answers():
        try:
            client = world.raw("alice")
        except (OSError, AssertionError, Exception):  # noqa: BLE001  it is being started
            return None
        answer = client.call("lab.nothing")
        client.close()
        return answer[4] == "wamp.error.not_authorized"
    eventually(answers, "the policy that ran decides again", 20)
    world.write()
    restore()
    world.wait_link()


@suite.test
async def sessions_of_principals_that_are_gone_are_ended():
    alice = await world.connect_outside("ws-json")
    bob = await world.connect_outside("rs-msgpack", "bob")
    principals = world.dir / "observatory.principals.toml"
    principals.unlink()
    write_principals(principals, {"alice": TICKETS["alice"]})
    result = await asyncio.to_thread(policy, "apply", "--check")
    assert "worker: 1 sessions ended" in result.stdout, result.stdout + result.stderr
    equal(tell("apply")[0], 0)
    details = await asyncio.wait_for(asyncio.shield(bob.left_future), 10)
    equal(details.reason, "wamp.close.killed")
    equal(await refused(alice, "lab.nothing"), "wamp.error.no_such_procedure")
    try:
        await world.connect_outside("ws-json", "bob")
        raise AssertionError("bob was let in")
    except autobahn_peer.JoinRefused as refusal:
        equal(refusal.reason, "wamp.error.authentication_denied")
    principals.unlink()
    write_principals(principals, TICKETS)
    equal(tell("apply")[0], 0)
    await alice.goodbye()


@suite.test(timeout=900)
async def a_thousand_reloads_under_load_lose_no_message_and_no_answer():
    inside = await world.connect_inside()
    await inside.register(lambda n: n + 1, "lab.still.next")
    received = []
    subscriber = await world.connect_outside("ws-json")
    await subscriber.subscribe(lambda n: received.append(n), "lab.still.numbers")
    within = []
    await inside.subscribe(lambda n: within.append(n), "lab.still.numbers")
    stop_now = asyncio.Event()
    answered, published = [0], [0]

    async def call_on(transport):
        client = await world.connect_outside(transport)
        while not stop_now.is_set():
            numbers = list(range(answered[0], answered[0] + 8))
            equal(await asyncio.gather(*(client.call("lab.still.next", n) for n in numbers)), [n + 1 for n in numbers])
            answered[0] += len(numbers)
        await client.goodbye()

    async def publish_on():
        client = await world.connect_outside("rs-msgpack")
        while not stop_now.is_set():
            await client.publish("lab.still.numbers", published[0], options=PublishOptions(acknowledge=True))
            published[0] += 1
        await client.goodbye()

    def reload_on():
        took = []
        for turn in range(RELOADS):
            write_policy(NARROW if turn % 2 else OUTSIDE_RULES, f"\n# {turn}\n")
            begin = time.monotonic()
            code, text = tell("apply")
            took.append(time.monotonic() - begin)
            assert code == 0, text
            assert "0 sessions ended, 0 subscriptions and 0 registrations revoked" in text, text
        return took
    work = [asyncio.create_task(call_on(transport)) for transport in ("ws-json", "rs-msgpack", "ws-msgpack")]
    work.append(asyncio.create_task(publish_on()))
    reloads = asyncio.create_task(asyncio.to_thread(reload_on))
    done, _ = await asyncio.wait([*work, reloads], return_when=asyncio.FIRST_COMPLETED)
    stop_now.set()
    took = sorted(await reloads)
    await asyncio.gather(*work)
    assert done == {reloads}, "a client stopped before the last reload"
    equal(len(took), RELOADS)
    for _ in range(200):
        if len(received) == published[0] and len(within) == published[0]:
            break
        await asyncio.sleep(0.05)
    equal(received, list(range(published[0])), "events outside")
    equal(within, list(range(published[0])), "events within")
    assert answered[0] > 100 and published[0] > 50, (answered, published)
    print(f"       {RELOADS} reloads, {answered[0]} calls, {published[0]} events; a reload takes "
          f"{took[len(took) // 2] * 1000:.0f} ms (median), {took[-1] * 1000:.0f} ms at most", flush=True)
    restore()
    await subscriber.goodbye()
    await inside.goodbye()


@suite.test
def each_decision_is_in_the_log_once():
    client = world.raw("alice")
    for _ in range(50):
        client.call("lab.nothing.at.all")
        client.call("elsewhere")
    client.close()

    def settled():
        audit = status()["audit"]
        return audit if audit["waiting"] == 0 else None
    audit = eventually(settled, "all is written")
    equal(audit["recorded"], audit["written"] + audit["dropped"])
    equal(audit["dropped"], 0)
    records = logged()
    numbers = [record["number"] for record in records if record["door"] == "front"]
    last_life = numbers[len(numbers) - numbers[::-1].index(1) - 1:]
    equal(last_life, list(range(1, audit["written"] + 1)), "numbers of the records")
    denied = [record for record in records if record.get("uri") == "elsewhere"]
    equal(len(denied), 50)
    equal((denied[0]["outcome"], denied[0]["authid"], denied[0]["role"], denied[0]["action"], denied[0]["realm"]),
          ("deny", "alice", "operator", "call", "observatory"))
    allowed = [record for record in records if record.get("uri") == "lab.nothing.at.all"][-1]
    equal((allowed["outcome"], allowed["rule"], len(allowed["policy"])), ("allow", "operators", 64))
    assert allowed["file"].endswith("observatory.toml") and allowed["line"] > 1, allowed


@suite.test
def the_log_goes_on_in_a_new_file_after_a_rotation():
    (world.state / "audit.jsonl").rename(world.state / "audit.1")
    os.kill(world.gateway.pid, signal.SIGUSR1)
    eventually(lambda: (world.state / "audit.jsonl").exists(), "the file is made again")
    client = world.raw("alice")
    client.call("elsewhere.too")
    client.close()
    eventually(lambda: any(record.get("uri") == "elsewhere.too" for record in logged()), "the record is in the new file")


def _with_audit(to, name):
    return Deployment(limits=f'\n[audit]\nto = "{to}"\ndecisions = "all"\nlines_per_second = 1000000\nqueue_bytes = "64KiB"\n', name=name).start()


def _ask(deployment, count):
    client = deployment.raw("alice")
    for _ in range(count):
        equal(client.call("elsewhere")[4], "wamp.error.not_authorized")
    client.close()


def _audit_of(deployment):
    return json.loads(sallyport("status", "--config", deployment.dir / "gateway.toml", "--json").stdout)["audit"]


@suite.test
def a_full_disk_costs_records_which_are_counted_and_nobody_waits():
    full = _with_audit("file:/dev/full", "full")
    _ask(full, 500)
    audit = eventually(lambda: (a := _audit_of(full))["waiting"] == 0 and a, "nothing waits")
    equal((audit["written"], audit["dropped"]), (0, audit["recorded"]))
    assert audit["recorded"] >= 500 and audit["error"] == "No space left on device", audit
    eventually(lambda: "records dropped: No space left on device" in full.gateway.text(), "the log tells it")
    full.stop()


@suite.test(timeout=120)
def a_fifo_that_nobody_reads_stalls_nobody_and_its_reader_learns_what_is_missing():
    directory = processes.scratch("fifo")
    fifo = directory / "audit.fifo"
    os.mkfifo(fifo, 0o600)
    slow = _with_audit(f"file:{fifo}", "fifo")
    begin = time.monotonic()
    _ask(slow, 3000)
    assert time.monotonic() - begin < 60
    before = _audit_of(slow)
    assert before["dropped"] > 0, before
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    text = b""

    def read_on():
        nonlocal text
        try:
            while part := os.read(reader, 65536):
                text += part
        except BlockingIOError:
            pass
    os.close(reader)  # a reader that dies
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def told():
        read_on()
        audit = _audit_of(slow)
        lines = [json.loads(line) for line in text.decode().splitlines()] if text.endswith(b"\n") else []
        missing = sum(line["dropped"] for line in lines if line["outcome"] == "dropped")
        records = sum(line["outcome"] != "dropped" for line in lines)
        return audit["waiting"] == 0 and missing == audit["dropped"] and records == audit["written"] and audit
    audit = eventually(told, "all is written or told to be missing", 30)
    equal(audit["recorded"], audit["written"] + audit["dropped"])
    os.close(reader)
    slow.stop()


def _run_with_small_state(deployment):
    """Starts the gateway with a file system of 256 KiB for the versions of the policy, which this returns."""
    folder = deployment.state / "policy"
    folder.mkdir(mode=0o700)
    deployment.gateway = processes.Process(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c",
         'mount -t tmpfs -o size=256k,mode=0700 none "$0" && exec "$@"', folder,
         processes.binary(), "serve", "--config", deployment.dir / "gateway.toml"],
        "gateway", cwd=deployment.dir, log=deployment.dir / "gateway.log")
    eventually(lambda: deployment._answers(deployment.gateway, deployment.local), "the gateway's local socket answers", 30)
    deployment.wait_link()
    return pathlib.Path(f"/proc/{deployment.gateway.pid}/root{folder}")


@suite.test(timeout=90)
def a_version_that_a_full_disk_cannot_take_revokes_all_the_same_and_the_exit_code_says_so():
    there = Deployment(name="fullstate")
    there.write()
    folder = _run_with_small_state(there)
    try:
        old = (folder / "running").glob("*-observatory.toml")
        before = next(old).read_text()
        filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(filler, b"x" * 4096)
        except OSError as error:
            equal(error.errno, errno.ENOSPC)
        os.close(filler)
        client = there.raw("alice")
        path = there.dir / "observatory.toml"
        path.write_text(path.read_text().replace('id = "operators"\nroles = ["operator"]', 'id = "operators"\nroles = ["nobody"]')
                        .split("[[test]]")[0])
        told = sallyport("policy", "apply", "--config", there.dir / "gateway.toml", timeout=60)
        equal(told.returncode, 3, told.stdout + told.stderr)
        assert "No space left on device" in told.stderr and "the policy is active" in told.stderr, told.stderr
        equal(client.call("lab.anything")[4], "wamp.error.not_authorized", "the revocation is active")
        equal(next((folder / "running").glob("*-observatory.toml")).read_text(), before, "what is stored is whole")
        as_json = json.loads(sallyport("policy", "apply", "--config", there.dir / "gateway.toml", "--json", timeout=60).stdout)
        assert as_json["done"] and "cannot be stored" in " ".join(as_json["lines"]), as_json
        assert "cannot store the running policy" in there.gateway.text()
        (folder / "filler").unlink()
        told = sallyport("policy", "apply", "--config", there.dir / "gateway.toml", timeout=60)
        equal(told.returncode, 0, told.stderr)
        assert '"nobody"' in next((folder / "running").glob("*-observatory.toml")).read_text(), "stored at the second time"
        client.close()
    finally:
        there.stop()


@suite.test(timeout=90)
def a_revocation_is_applied_while_an_inside_is_down_and_the_inside_starts_with_it():
    there, over = Deployment(name="down"), threading.Event()
    there.start()

    def end_at_each_start():
        while not over.wait(0.01):
            for pid, line in there.gateway.children():
                if " inside " in line:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    down = threading.Thread(target=end_at_each_start, daemon=True)
    try:
        client = there.raw("alice")
        equal(client.call("lab.nothing")[4], "wamp.error.no_such_procedure")
        down.start()
        eventually(lambda: there.gateway.text().count("inside inside ") >= 4, "the inside ends again and again", 20)
        path, within = there.dir / "observatory.toml", there.dir / "inside-observatory.toml"
        revoked = '\n[[forbid]]\nid = "revoked"\nroles = ["*"]\nactions = ["call"]\nuri = ["lab.revoked"]\n'
        path.write_text(path.read_text() + revoked)
        within.write_text(within.read_text() + revoked.replace("lab.revoked", "lab.revoked_within"))
        told = sallyport("policy", "apply", "--config", there.dir / "gateway.toml", timeout=60)
        equal(told.returncode, 0, told.stderr)
        assert re.search("inside inside: (is not running; it will start|has ended; it will restart) with this version", told.stdout), told.stdout
        equal(client.call("lab.revoked")[4], "wamp.error.not_authorized", "the revocation is active")
        # A file of the inside that is broken is refused although the inside cannot say so.
        good = within.read_text()
        within.write_text(good + "broken = \n")
        told = sallyport("policy", "apply", "--config", there.dir / "gateway.toml", timeout=60)
        equal(told.returncode, 1, told.stdout)
        assert "inside-observatory.toml" in told.stderr, told.stderr
        within.write_text(good)
        over.set()
        down.join()
        there.wait_link(30)
        service = there.raw_inside()
        equal(service.call("lab.revoked_within")[4], "wamp.error.not_authorized", "the inside has the version")
        equal(client.call("lab.nothing")[4], "wamp.error.no_such_procedure")
        service.close()
        client.close()
    finally:
        over.set()
        there.stop()


@suite.test
def a_start_after_a_bad_edit_refuses_and_says_where_the_last_version_is():
    one = Deployment(name="kept").start()
    good = (one.dir / "observatory.toml").read_text()
    one.stop()
    (one.dir / "observatory.toml").write_text(good.replace('roles = ["operator"]', 'rolls = ["operator"]', 1))
    result = sallyport("serve", "--config", one.dir / "gateway.toml")
    equal(result.returncode, 2)
    assert "observatory.toml:" in result.stderr and "rolls" in result.stderr, result.stderr
    kept = re.search(r"the files of the last running policy are in (\S+)", result.stderr)
    assert kept, result.stderr
    files = {entry["path"]: entry["kept_as"] for entry in json.loads((pathlib.Path(kept[1]) / "files.json").read_text())}
    equal((pathlib.Path(kept[1]) / files[str(one.dir / "observatory.toml")]).read_text(), good)
    equal(oct((pathlib.Path(kept[1])).stat().st_mode & 0o777), "0o700")


@suite.test
async def an_inside_of_its_own_reloads_by_itself():
    apart = Deployment(link="accept", name="apart").start()
    service = await apart.connect_inside()
    await service.register(lambda: 7, "lab.answer")
    await service.register(lambda: 8, "lab.other")
    outside = await apart.connect_outside("ws-json")
    equal(await outside.call("lab.answer"), 7)
    path = apart.dir / "inside-observatory.toml"
    good = path.read_text()
    path.write_text(good.replace('uri = "lab."', 'uri = "lab.other"', 1).replace('match = "prefix"', 'match = "exact"', 1))
    code, text = tell("check", apart.inside_state)
    equal(code, 0, text)
    assert "1 registrations revoked" in text, text
    equal(await outside.call("lab.answer"), 7)
    os.kill(apart.inside.pid, signal.SIGHUP)
    for _ in range(200):
        if await refused(outside, "lab.answer"):
            break
        await asyncio.sleep(0.05)
    equal(await refused(outside, "lab.answer"), "wamp.error.no_such_procedure")
    equal(await outside.call("lab.other"), 8)
    path.write_text("broken")
    result = await asyncio.to_thread(sallyport, "policy", "apply", "--config", apart.dir / "inside.toml")
    equal(result.returncode, 1)
    assert "inside-observatory.toml:1:" in result.stderr, result.stderr
    equal(tell("rollback", apart.inside_state)[0], 0)
    again = await service.register(lambda: 9, "lab.answer")
    equal(await outside.call("lab.answer"), 9)
    await again.unregister()
    await outside.goodbye()
    await service.goodbye()
    apart.stop()


if __name__ == "__main__":
    suite.main()
