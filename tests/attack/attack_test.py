"""Code planted in the worker and in the embedded inside of a running gateway, and in an inside of its own, and what it cannot do: over 200 system calls, made by the
processes themselves, and packets on their channels to the supervisor. A table says what came of each."""
import array
import contextlib
import errno
import os
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from attack.attempts import Attempts, last_words  # noqa: E402
from support import processes, sockets, socks  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.older_kernel import without  # noqa: E402
from support.planted import Gone, Planted, copy_of_descriptor  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("attack")
world = Deployment(name="attack")
CHANNEL = 3
FLOOD = 200_000
NOBODY = 65534
SANDBOXED = ("worker", "inside")


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    world.stop()
    eventually(lambda: not world.left_behind(), "no process is left behind", 5)


def pid_of(role):
    return next(pid for pid, line in world.gateway.children() if f" {role} " in line)


def supervisor():
    return world.gateway.pid


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def outcome(result):
    if isinstance(result, int) and result < 0:
        return errno.errorcode.get(-result, str(result))
    return str(result)


def attack(role, pid, world, parent):
    """Makes all attempts in that process; those that came out otherwise than due."""
    wrong = []
    with contextlib.closing(socket.socket()) as listener, Planted(pid) as code:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        a_socket = next(fd for fd, what in code.descriptors().items() if what.startswith("socket:") and fd != CHANNEL)
        attempts = Attempts(world, parent, CHANNEL, a_socket, listener.getsockname()[1]).list
        for kind, name, run, due in attempts:
            result = run(code)
            good = result in due
            print(f"  {role:7} {kind:16} {name:42} {outcome(result):10} {'blocked' if good else 'NOT BLOCKED'}")
            if not good:
                wrong.append(f"{kind}: {name}: {outcome(result)}")
    print(f"  {role}: {len(attempts)} attempts, {len(attempts) - len(wrong)} blocked", flush=True)
    assert len(attempts) >= 200, len(attempts)
    return wrong


def holds_in(role):
    pid = pid_of(role)
    equal(attack(role, pid, world, supervisor()), [])
    equal(pid_of(role), pid, "it goes on after the attempts")
    still_serves()


def still_serves():
    world.wait_link()


@suite.test(timeout=120)
def code_in_the_worker_reaches_nothing():
    holds_in("worker")


@suite.test(timeout=120)
def code_in_the_embedded_inside_reaches_nothing():
    holds_in("inside")


@suite.test
def code_in_the_authenticator_reaches_nothing():
    holds_in("authenticator")


@suite.test(timeout=120)
def code_in_an_inside_of_its_own_reaches_nothing():
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    apart = Deployment("accept", link_address=f"tcp:127.0.0.1:{port}", name="apart").start()
    try:
        pid = apart.router_pid()
        equal(attack("apart", pid, apart, apart.inside.pid), [])
        equal(apart.router_pid(), pid)
        equal(sockets.status(apart.inside.pid, "Seccomp"), "0")
        apart.wait_link()
        os.kill(pid, 9)
        eventually(lambda: any(" inside " in line and child != pid for child, line in apart.inside.children()), "a new router")
        apart.wait_link()
    finally:
        apart.stop()


def start_without(what, apart):
    """The gateway where the kernel, or the service manager, does not have that."""
    apart.gateway = processes.Process(without(what, [processes.binary(), "serve", "--config", str(apart.dir / "gateway.toml")]),
                                      "gateway", cwd=apart.dir)
    return apart.gateway


@suite.test(timeout=120)
def code_in_the_worker_reaches_nothing_where_namespaces_are_forbidden():
    apart = Deployment(name="plain").write()
    try:
        start_without("namespaces", apart)
        apart.wait_local()
        apart.wait_link()
        assert ", no namespaces" in apart.gateway.text(), apart.gateway.text()
        pid = next(pid for pid, line in apart.gateway.children() if " worker " in line)
        equal(attack("plain", pid, apart, apart.gateway.pid), [])
        apart.wait_link()
    finally:
        apart.stop()


@suite.test
def without_landlock_nothing_starts_unless_the_sandbox_is_only_preferred():
    apart = Deployment(name="older").write()
    config = apart.dir / "gateway.toml"
    gateway = start_without("landlock", apart)
    equal(gateway.wait(20), 2)
    due = ('error: sandbox = "required", but this kernel runs without Landlock (add landlock to lsm= on the kernel\'s command line, '
           'or let the container runtime permit it, or set sandbox = "preferred")')
    assert due in gateway.text(), gateway.text()
    for file in (config, apart.dir / "inside.toml"):
        file.write_text('sandbox = "preferred"\n' + file.read_text())
    try:
        gateway = start_without("landlock", apart)
        apart.wait_local()
        apart.wait_link()
        for program in ("gateway", "inside"):
            assert re.search(rf"warning {program}: sandbox: \d+ system calls, no Landlock", gateway.text()), gateway.text()
    finally:
        apart.stop()


def opens_memory_of(pid, user):
    """Whether another process of that user, without capabilities, may write the memory of that process."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        try:
            os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


@suite.test
def nobody_of_the_same_user_reads_or_writes_the_memory_of_supervisor_and_worker():
    other = Deployment(name="nobody")
    other.write()
    for path in (other.dir, *other.dir.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    other.gateway = processes.Process(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", processes.binary(), "serve", "--config",
         other.dir / "gateway.toml"], "gateway of nobody", cwd=other.dir)
    plain = processes.Process(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sleep", "1000"], "sleep")
    try:
        other.wait_local()
        other.wait_link()
        eventually(lambda: opens_memory_of(plain.pid, NOBODY), "an ordinary process of that user can be written")
        pids = [other.gateway.pid, *(pid for pid, line in other.gateway.children() if any(f" {role} " in line for role in SANDBOXED))]
        equal(len(pids), 1 + len(SANDBOXED))
        equal([pid for pid in pids if opens_memory_of(pid, NOBODY)], [])
        assert "Landlock" in other.gateway.text() and "namespaces user mount ipc net uts pid" in other.gateway.text(), other.gateway.text()
    finally:
        plain.kill()
        other.stop()


@suite.test
def a_new_journal_is_found_although_the_worker_cannot_connect():
    apart = Deployment(name="journal")
    apart.write()
    journal = apart.dir / "journal"
    with (apart.dir / "gateway.toml").open("a") as config:
        config.write(f'\n[audit]\nto = "journald:{journal}"\n')

    def record(listener):
        """Whether a denial is recorded there."""
        client = apart.raw("bob")
        client.call("lab.power_off")
        client.close()
        with contextlib.suppress(TimeoutError):
            return b"SALLYPORT_URI=lab.power_off" in listener.recv(1 << 16)
        return False

    def listen():
        journal.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(journal))
        listener.settimeout(0.5)
        return listener
    try:
        with listen() as listener:
            apart.start_gateway()
            apart.wait_link()
            eventually(lambda: record(listener), "a record comes")
        with listen() as listener:
            eventually(lambda: record(listener), "a record comes to the new journal")
    finally:
        apart.stop()


@suite.test
def both_say_what_holds():
    text = world.gateway.text()
    for program in ("gateway: sandbox: ", "inside: sandbox: ", "authenticator: sandbox: "):
        assert program in text, text
    status = sallyport("status", "--config", world.dir / "gateway.toml").stdout
    line = next(line for line in status.splitlines() if line.startswith("sandbox"))
    assert "system calls, Landlock " in line and "namespaces user mount ipc net uts pid" in line, line
    for pid in map(pid_of, SANDBOXED):
        names = ("user", "mnt", "ipc", "net", "uts", "pid")
        equal([name for name in names if os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/{supervisor()}/ns/{name}")], [])
        equal(os.listdir(f"/proc/{pid}/root"), [], "its root folder")
        equal(sockets.status(pid, "CapEff").strip("0"), "")
        equal((sockets.status(pid, "Seccomp"), sockets.status(pid, "NoNewPrivs")), ("2", "1"))


def answers_in_time():
    """How long the supervisor takes for an answer on its control socket."""
    begin = time.monotonic()
    with contextlib.closing(socks.plain(world.state / "run/control.sock", 20)) as control:
        control.sendall(b"nonsense\n")
        equal(control.makefile("rb").read(), b"2\nunknown command\n")
    return time.monotonic() - begin


def send_packet(channel, text, descriptors=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    while True:
        try:
            return channel.sendmsg([text], rights, socket.MSG_DONTWAIT)
        except BlockingIOError:
            time.sleep(0.001)  # the supervisor reads a bounded number at each turn


def channel_of(role):
    return socket.socket(fileno=copy_of_descriptor(pid_of(role), CHANNEL))


@suite.test
def packets_with_descriptors_leave_none_in_the_supervisor():
    before = open_files(supervisor())
    for role in ("worker", "inside"):
        with channel_of(role) as channel:
            for count in (1, 2, 3, 100, 253):
                for text in (b"dial 99", b"ready", b"nonsense", b"audit"):
                    send_packet(channel, text, [2] * count)
    answers_in_time()
    eventually(lambda: open_files(supervisor()) <= before, f"the supervisor has {before} descriptors again")
    still_serves()


@suite.test
def malformed_packets_do_nothing():
    before = (world.gateway.children(), open_files(supervisor()))
    texts = [b"", b" ", b"\0", b"dial", b"dial -1", b"dial 4294967295", b"dial 4294967296", b"dial 0 0", b"dial " + b"9" * 8000,
             b"prepared 1", b"prepared 18446744073709551615 x", b"refused 0 " + b"x" * 8000, b"committed 1 \n\n", b"ready ready",
             b"audit audit", b"stop", b"kill 1", b"version", b"\xff" * 8192, b"%s%n" * 1000]
    for role in ("worker", "inside"):
        with channel_of(role) as channel:
            for text in texts[1:]:
                send_packet(channel, text)
    answers_in_time()
    eventually(lambda: (world.gateway.children(), open_files(supervisor())) == before, "the same processes and descriptors")
    still_serves()


@suite.test
def a_flood_of_packets_does_not_keep_the_supervisor_from_its_other_work():
    with channel_of("worker") as channel:
        child = os.fork()
        if child == 0:
            for _ in range(FLOOD):
                send_packet(channel, b"dial 4294967295")
            os._exit(0)
        slowest = max(answers_in_time() for _ in range(5))
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert slowest < 5, slowest
    still_serves()


@suite.test(timeout=120)
def a_call_of_another_machine_ends_the_worker_which_is_replaced():
    pid = pid_of("worker")
    with Planted(pid) as code:
        equal(last_words(code), "killed")
    eventually(lambda: any(" worker " in line and child != pid for child, line in world.gateway.children()), "a new worker")
    still_serves()


@suite.test
def an_oversized_packet_costs_only_its_sender_its_channel():
    pid = pid_of("worker")
    with channel_of("worker") as channel:
        send_packet(channel, b"x" * 60_000)
    os.kill(pid, 9)
    eventually(lambda: any(" worker " in line and child != pid for child, line in world.gateway.children()), "a new worker")
    answers_in_time()
    still_serves()


if __name__ == "__main__":
    with contextlib.suppress(Gone):
        suite.main()
