"""Faults of a managed tor: its folder is gone, it does not run as configured, its extra lines ask for more than is permitted.
Its network is disabled, as none is needed."""
import fcntl
import os
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.crossbar import free_port  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("faults_tor")
MANAGED = 'mode = "managed"\ntorrc_extra = "extra.torrc"'


def deployment(name, tor=MANAGED, extra="DisableNetwork 1\n"):
    world = Deployment(tor=tor, name=name).write()
    (world.dir / "extra.torrc").write_text(extra)
    return world


def tor_of(world):
    """The pid of the running tor; None if there is none."""
    return next((pid for pid, line in world.gateway.children() if "tor -f " in line and processes.alive(pid)), None)


def tcp_listeners(pid):
    """The ports on which a process listens."""
    sockets = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(entry))
        except OSError:
            continue
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                ports.add(int(words[1].rsplit(":", 1)[1], 16))
    return ports


def attached(world, times):
    """Whether tor was asked so often how far its bootstrap is, which needs its control socket."""
    return world.gateway.text().count("tor: bootstrapped") >= times


@suite.test
def a_tor_whose_folder_is_gone_starts_again_as_configured():
    world = deployment("torgone")
    world.start_gateway()
    eventually(lambda: attached(world, 1), "the first tor answers")
    first = tor_of(world)
    processes.run(["rm", "-rf", world.state / "tor"])
    os.kill(first, signal.SIGKILL)
    eventually(lambda: attached(world, 2), "the second tor answers", 20)
    second = tor_of(world)
    assert second not in (None, first), second
    equal(tcp_listeners(second), set())
    assert (world.state / "tor/control.sock").exists()
    text = processes.run(["cat", world.state / "tor/torrc"]).stdout
    assert "DisableNetwork 1" in text and f"HiddenServiceDir {world.state}/onion" in text, text
    equal(world.stop(), [0])


@suite.test
def a_tor_whose_folders_vanish_under_it_goes_on_and_comes_back_with_its_address():
    world = deployment("torvanish")
    world.start_gateway()
    eventually(lambda: attached(world, 1) and "onion address: " in world.gateway.text(), "the first tor answers")
    first, address = tor_of(world), (world.state / "onion/hostname").read_text()
    kept = {path.name: path.read_bytes() for path in (world.state / "onion").iterdir() if path.is_file()}
    processes.run(["rm", "-rf", world.state / "tor", world.state / "onion"])
    # It is asked once a second whether it runs as configured, over the connection that there is.
    hangs = threading.Event()
    assert not hangs.wait(2.5) and tor_of(world) == first, "tor goes on without its folders"
    os.kill(first, signal.SIGKILL)
    eventually(lambda: attached(world, 2), "the second tor answers", 20)
    equal((world.state / "onion/hostname").read_text(), address)
    equal((world.state / "onion/hs_ed25519_secret_key").read_bytes(), kept["hs_ed25519_secret_key"])
    equal((world.state / "onion/hs_ed25519_secret_key").stat().st_mode & 0o777, 0o600)
    assert "warning sallyport: tor: the onion key was gone; it has been written again: " in world.gateway.text()
    equal(tcp_listeners(tor_of(world)), set())
    equal(world.stop(), [0])


@suite.test
def a_tor_that_hangs_while_its_folder_vanishes_is_replaced():
    world = deployment("torhang")
    world.start_gateway()
    eventually(lambda: attached(world, 1), "the first tor answers")
    first = tor_of(world)
    os.kill(first, signal.SIGSTOP)
    processes.run(["rm", "-rf", world.state / "tor"])
    eventually(lambda: attached(world, 2) and tor_of(world) not in (None, first), "the second tor answers", 25)
    equal(tcp_listeners(tor_of(world)), set())
    assert not processes.alive(first), "the one that hung has ended"
    equal(world.stop(), [0])


@suite.test
def tor_reads_no_file_but_those_of_sallyport():
    world = deployment("torargs")
    world.start_gateway()
    line = processes.command_line(tor_of(world))
    assert f"-f {world.state}/tor/torrc --defaults-torrc {world.state}/tor/torrc-defaults" in line, line
    assert "--ignore-missing-torrc" not in line, line
    equal((world.state / "tor/torrc-defaults").read_text(), "")
    equal(world.stop(), [0])


def tampered(world, flag):
    """A program in tor's place that opens a port of its own while a file exists."""
    port = free_port()
    program = world.dir / "tampered-tor"
    program.write_text(f'#!/bin/sh\n[ -e {flag} ] || exec {processes.tool("tor")} "$@"\n'
                       f'exec {processes.tool("tor")} "$@" --ControlPort 127.0.0.1:{port}\n')
    program.chmod(0o755)
    return port


def with_tampered_tor(name):
    world = Deployment(name=name)
    world.tor = f'{MANAGED}\nbinary = "{world.dir}/tampered-tor"'
    world.write()
    (world.dir / "extra.torrc").write_text("DisableNetwork 1\n")
    return world, world.dir / "tamper"


@suite.test
def a_start_with_a_tor_that_listens_where_nothing_is_configured_fails():
    world, flag = with_tampered_tor("tampered")
    port = tampered(world, flag)
    flag.touch()
    result = sallyport("serve", "--config", world.dir / "gateway.toml")
    equal(result.returncode, 1, result.stderr)
    assert "sallyport: tor ended while starting: it listens on " in result.stderr, result.stderr
    assert f'"127.0.0.1:{port}"' in result.stderr and "(control), which is not configured" in result.stderr, result.stderr
    equal(world.left_behind(), [])


@suite.test
def a_tor_that_listens_where_nothing_is_configured_is_ended_each_time_and_its_service_returns():
    world, flag = with_tampered_tor("returns")
    port = tampered(world, flag)
    world.start_gateway()
    eventually(lambda: attached(world, 1), "the first tor answers")
    flag.touch()
    os.kill(tor_of(world), signal.SIGKILL)
    said = "(control), which is not configured; ending it"
    eventually(lambda: world.gateway.text().count(said) >= 3, "it is ended each time", 20)
    text = world.gateway.text()
    assert f'"127.0.0.1:{port}"' in text and "restarting it in 400 ms" in text, text
    flag.unlink()

    def sound():
        pid = tor_of(world)
        return attached(world, 2) and pid and not tcp_listeners(pid)
    eventually(sound, "a tor without that port", 20)
    equal(world.stop(), [0])


@suite.test
def a_start_with_a_tor_that_hangs_while_it_checks_its_configuration_fails_and_may_be_repeated():
    world = Deployment(name="checks")
    world.tor = f'mode = "managed"\nbinary = "{world.dir}/tampered-tor"'
    world.write()
    program = world.dir / "tampered-tor"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    result = sallyport("serve", "--config", world.dir / "gateway.toml", timeout=40)
    equal(result.returncode, 1, result.stderr)
    assert "gateway.toml:" in result.stderr and "tor has not checked its configuration within 10 s" in result.stderr, result.stderr
    equal(world.left_behind(), [])


@suite.test
def extra_lines_that_are_not_permitted_are_refused_with_line_and_cure():
    for line, cure in (("RunAsDaemon 1", "tor runs as a child of sallyport"), ("ORPort 9001", "run a relay with a tor of its own"),
                       ("HiddenServiceDir /tmp/other", "run another tor for others"), ("SocksPort 9050", "tor.socks in gateway.toml"),
                       ("%include /etc/tor/torrc", "copy the lines"), ("SockPolicy accept *", "mode = \"external\"")):
        world = deployment("extra", extra=f"DisableNetwork 1\n# ours\n{line}\n")
        result = sallyport("serve", "--config", world.dir / "gateway.toml")
        equal(result.returncode, 2, result.stderr)
        assert f"{world.dir}/extra.torrc:3:1: error: tor's option" in result.stderr, result.stderr
        assert line.split()[0] in result.stderr and cure in result.stderr, result.stderr
        equal(world.left_behind(), [])


@suite.test
def a_second_quickstart_in_one_directory_is_refused_and_touches_nothing():
    directory = processes.scratch("quickstart")
    kept = directory / "state-testnet/tor/torrc"
    kept.parent.mkdir(parents=True)
    kept.write_text("of the first one\n")
    (directory / "gateway.toml").write_text("of the first one\n")
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = processes.run([processes.SOURCES / "deploy/quickstart", "--testnet", "--once", "--dir", directory, "--program",
                                processes.binary()], timeout=60)
    equal(result.returncode, 1, result.stdout)
    assert f"another quickstart runs in {directory}" in result.stdout, result.stdout
    equal(kept.read_text() + (directory / "gateway.toml").read_text(), "of the first one\n" * 2)


@suite.test
def every_permitted_option_is_one_of_tor():
    known = {line.lower() for line in processes.run([processes.tool("tor"), "--list-torrc-options"]).stdout.split()}
    source = (processes.SOURCES / "gateway/tor/extra_torrc.cpp").read_text()
    begin = source.index("static const std::vector<std::string_view> options{")
    words = source[begin:source.index("};", begin)].split('"')[1::2]
    assert len(words) > 40, words
    equal([word for word in words if word.lower() not in known], [])


if __name__ == "__main__":
    suite.main()
