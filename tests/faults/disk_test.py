"""A full disk and a read-only one under everything that is written: versions of the policy, audit logs, tor's folder, keys of the link and
the log itself. It goes on, starts again once there is room, and nothing that is kept is damaged. Needs root, for mounts in a namespace of
its own."""
import contextlib
import ctypes
import errno
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.ordeal import Ordeal  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_disk")
CLONE_NEWNS = 0x20000
TOR = 'mode = "managed"\ntorrc_extra = "extra.torrc"'
AUDIT = '\n[audit]\nto = "file:audit.jsonl"\nlines_per_second = 1000'  # a record for each decision, none summed up
MORE_THAN_A_PAGE = 60  # records: what is begun of a file has room left on a full disk
RECOVERS = 30  # seconds: what keeps failing is tried again every ten


def mount(*words):
    told = processes.run([processes.tool("mount"), *words])
    equal(told.returncode, 0, told.stderr)


@suite.setup
def leave_the_mounts_of_others_alone():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare (this test needs root)")
    mount("--make-rprivate", "/")


class Disk:
    """A small file system."""

    def __init__(self, path):
        self.path = path
        path.mkdir(mode=0o700, exist_ok=True)
        mount("-t", "tmpfs", "-o", "size=512k,mode=0700", "none", path)

    def fill(self):
        file = os.open(self.path / "filler", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(file, bytes(4096))
        except OSError as error:
            equal(error.errno, errno.ENOSPC)
        os.close(file)

    def free(self):
        (self.path / "filler").unlink()

    def protect(self):
        """Whoever opens a file from now on finds it read-only; what is open stays so."""
        mount("--bind", self.path, self.path)
        mount("-o", "remount,bind,ro", self.path)

    def unprotect(self):
        processes.run([processes.tool("umount"), "-l", self.path])


def world(name, with_log=True):
    """A gateway with tor and an inside of its own, with all that they write on two disks, `with_log` the gateway's log too."""
    disks = []

    def prepare(deployment):
        disks.extend([Disk(deployment.state), Disk(deployment.inside_state)])
    ordeal = Ordeal(name, link="accept", link_address=f"tcp:127.0.0.1:{free_port()}", tor=TOR, prepare=prepare, limits=AUDIT,
                    inside_limits=AUDIT, logs=lambda deployment: deployment.state if with_log else deployment.dir)
    return ordeal, disks


def ask(ordeal, uri, times=1):
    """Causes that many records."""
    client = ordeal.world.raw("alice")
    for number in range(times):
        equal(client.call(f"{uri}_{number}")[4], "wamp.error.not_authorized")
    client.close()


def records(ordeal):
    text = (ordeal.world.state / "audit.jsonl").read_text().rpartition("\n")[0]
    found = []
    for line in text.splitlines():
        assert line.count('{"time":') <= 1, f"somebody goes on in the half line of another: {line}"
        with contextlib.suppress(ValueError):  # one that was cut short by the full disk
            found.append(json.loads(line))
    return found


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def end_children(ordeal):
    for name, pid in ordeal.victims():
        if not name.startswith("supervisor"):
            os.kill(pid, signal.SIGKILL)


def tor_runs(ordeal):
    return str(ordeal.world.state / "tor/control.sock") in ordeal.listeners()


def apply_everywhere(ordeal, code):
    for name in ordeal.programs:
        told = ordeal.apply(name)
        equal(told.returncode, code, f"{name}: {told.stdout}{told.stderr}")
        ordeal.check_version(told)


def restart(ordeal):
    for name in reversed(ordeal.programs):
        equal(ordeal.process(name).stop(15), 0, name)
    for name in ordeal.programs:
        ordeal.begin(name)


def is_there_again(ordeal):
    """With all listeners, tor's too, and with versions stored."""
    ordeal.check(RECOVERS)
    apply_everywhere(ordeal, 0)
    # The written start, and nothing of an older one.
    told = (ordeal.world.state / "tor/torrc").read_text()
    assert f"HiddenServiceDir {ordeal.world.state}/onion" in told and "DisableNetwork 1" in told, told


@suite.test(timeout=150)
def a_full_disk_ends_nothing_and_what_waits_for_room_comes_back():
    ordeal, disks = world("full")
    ordeal.start(callers=2)
    address = (ordeal.world.state / "onion/hostname").read_text()
    keys = content(ordeal.world.state / "link")
    assert keys, "the link has keys"
    for disk in disks:
        disk.fill()
    ask(ordeal, "elsewhere.full", MORE_THAN_A_PAGE)
    apply_everywhere(ordeal, 3)
    processes.run(["rm", "-rf", ordeal.world.state / "tor"])
    disks[0].fill()
    end_children(ordeal)
    ordeal.await_service(RECOVERS)
    disks[0].fill()  # what tor had open is gone now
    eventually(lambda: not tor_runs(ordeal), "tor has no room")
    ask(ordeal, "elsewhere.lost", MORE_THAN_A_PAGE)  # by the worker that will say so
    told = sallyport("link", "pair", "--dir", ordeal.world.state / "new")
    equal(told.returncode, 2)
    assert "No space left on device" in told.stderr and "link.key" in told.stderr, told
    equal(content(ordeal.world.state / "link"), keys, "the keys are whole")
    for disk in disks:
        disk.free()
    is_there_again(ordeal)
    ask(ordeal, "elsewhere.room")
    eventually(lambda: any(one.get("uri") == "elsewhere.room_0" for one in records(ordeal)), "records are written again")
    written = records(ordeal)
    missing = MORE_THAN_A_PAGE - sum(one.get("uri", "").startswith("elsewhere.lost_") for one in written)
    told = sum(one["dropped"] for one in written if one["outcome"] == "dropped")
    assert told >= missing, (told, missing, "the log says what is missing")
    equal((ordeal.world.state / "onion/hostname").read_text(), address)
    ordeal.stop()


@suite.test(timeout=150)
def a_start_on_a_full_disk_is_repeated_until_there_is_room():
    ordeal, disks = world("fullstart")
    ordeal.start(callers=2)
    for disk in disks:
        disk.fill()
    restart(ordeal)
    eventually(lambda: not ordeal.world.gateway.running() or ordeal.serves(), "the gateway has failed, or serves", 20)
    processes.run(["rm", "-rf", ordeal.world.state / "tor", ordeal.world.state / "run"])
    disks[0].fill()
    ordeal.world.gateway.kill()
    ordeal.restart_ended()
    equal(ordeal.world.gateway.wait(20), 1, "it may be tried again")
    for disk in disks:
        disk.free()
    is_there_again(ordeal)
    ordeal.stop()


@suite.test(timeout=150)
def a_read_only_state_ends_nothing_and_what_cannot_be_written_comes_back():
    ordeal, disks = world("readonly", with_log=False)
    ordeal.start(callers=2)
    for disk in disks:
        disk.protect()
    apply_everywhere(ordeal, 3)
    os.kill(ordeal.world.gateway.pid, signal.SIGUSR1)
    ask(ordeal, "elsewhere.readonly")
    eventually(lambda: any(one.get("uri") == "elsewhere.readonly_0" for one in records(ordeal)), "the old audit log goes on")
    end_children(ordeal)
    ordeal.await_service(RECOVERS)
    for disk in disks:
        disk.unprotect()
    is_there_again(ordeal)
    for disk in disks:
        disk.protect()
    for name in ordeal.programs:
        ordeal.process(name).kill()
    ordeal.restart_ended()
    for name in ordeal.programs:
        equal(ordeal.process(name).wait(20), 1, f"{name} may be tried again")
    for disk in disks:
        disk.unprotect()
    is_there_again(ordeal)
    ordeal.stop()


if __name__ == "__main__":
    suite.main()
