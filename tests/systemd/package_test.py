"""The Debian package under a real systemd, on a machine that has nothing of sallyport: installed, used, upgraded, removed and purged."""
import hashlib
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402
from support.systemd import Machine  # noqa: E402

suite = Suite("systemd_package")
machine = Machine(empty=True)
BUILD = pathlib.Path(os.environ["SALLYPORT_BUILD_DIR"])
DOC = "/usr/share/doc/sallyport"
UNITS = ("sallyport", "sallyport-inside", "sallyport-tor")
STATE = "/var/lib/sallyport"
packages = processes.scratch("package")


def package(folder, release=1):
    result = processes.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", packages / folder,
                            "-D", f"CPACK_DEBIAN_PACKAGE_RELEASE={release}"],
                           timeout=200, env={**os.environ, "SOURCE_DATE_EPOCH": "1764547200"})
    equal(result.returncode, 0, result.stdout + result.stderr)
    [made] = (packages / folder).glob("*.deb")
    return made


def dpkg(*words):
    result = machine.run("dpkg", *words, timeout=120)
    equal(result.returncode, 0, result.stdout + result.stderr)
    return result.stdout + result.stderr


def exists(path):
    return machine.run("test", "-e", path).returncode == 0


def is_active(unit):
    return machine.run("systemctl", "is-active", unit).stdout.strip()


def echo():
    result = machine.run("/usr/bin/sallyport", "call", "--url", "rs+unix:/run/sallyport/local.sock", "--realm", "observatory", "--timeout", "5",
                         "lab.echo", "good seeing", user="sallyport")
    return result.returncode == 0 and "good seeing" in result.stdout


@suite.setup
def boot():
    machine.boot()


@suite.teardown
def stop():
    machine.stop()


@suite.test
def an_archive_without_git_names_its_commit():
    tree, archive = packages / "tree", packages / "archive"
    (tree / "cmake").mkdir(parents=True)
    archive.mkdir()
    for name in (".gitattributes", "cmake/commit.txt", "cmake/write_version.cmake"):
        shutil.copy(processes.SOURCES / name, tree / name)

    def git(*words):
        result = processes.run(["git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@t.example", *words])
        equal(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def version(source):
        result = processes.run(["cmake", "-D", f"SOURCE={source}", "-D", "VERSION=1.2.3", "-D", f"OUTPUT={packages / 'version.cpp'}", "-P",
                                source / "cmake/write_version.cmake"])
        equal(result.returncode, 0, result.stderr)
        return (packages / "version.cpp").read_text().split('"')[3]

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD")[:12]
    equal(version(tree), f"1.2.3 ({commit})")
    git("archive", "--format=tar", f"--output={packages / 'archive.tar'}", "HEAD")
    equal(processes.run(["tar", "-xf", packages / "archive.tar", "-C", archive]).returncode, 0)
    equal(version(archive), f"1.2.3 ({commit})")
    shutil.copy(tree / "cmake/commit.txt", archive / "cmake")
    equal(version(archive), "1.2.3")
    (tree / "cmake/commit.txt").write_text("another\n")
    equal(version(tree), f"1.2.3 ({commit}, changed)")


@suite.test(timeout=300)
def two_packages_of_one_build_have_the_same_bytes():
    first, second = (hashlib.sha256(package(folder).read_bytes()).hexdigest() for folder in ("first", "second"))
    equal(first, second)


@suite.test(timeout=120)
def lintian_finds_nothing():
    [made] = (packages / "first").glob("*.deb")
    result = processes.run(["lintian", "--allow-root", "--fail-on", "error,warning", made], timeout=100)
    equal(result.returncode, 0, result.stdout)
    equal(result.stdout, "")


@suite.test
def the_package_does_not_say_where_it_was_built():
    [made] = (packages / "first").glob("*.deb")
    root = packages / "root"
    equal(processes.run(["dpkg-deb", "-x", made, root], timeout=50).returncode, 0)
    places = [str(place).encode() for place in (processes.SOURCES, BUILD)]
    equal([path for path in root.rglob("*") if path.is_file() and any(place in path.read_bytes() for place in places)], [])


@suite.test(timeout=150)
def installing_makes_users_and_starts_nothing():
    equal(exists("/usr/bin/sallyport"), False)
    [made] = (packages / "first").glob("*.deb")
    dpkg("--install", made)
    for user in UNITS:
        equal(machine.run("id", user).returncode, 0, user)
    for unit in UNITS:
        equal(is_active(unit), "inactive")
    equal(machine.run("stat", "--format=%a %U", "/etc/sallyport").stdout.strip(), "755 root")
    version = machine.run("/usr/bin/sallyport", "--version").stdout
    assert version.startswith("sallyport "), version
    equal(machine.run("bash", "-c", ". /usr/share/bash-completion/completions/sallyport; complete -p sallyport").returncode, 0)


@suite.test
def each_command_has_a_manual_page():
    [made] = (packages / "first").glob("*.deb")
    names = [line.split("/")[-1] for line in processes.run(["dpkg-deb", "-c", made], timeout=50).stdout.splitlines()]
    subcommands = processes.run([processes.binary(), "--help"]).stdout.partition("Subcommands:")[2]
    commands = [line.split()[0] for line in subcommands.splitlines() if line.startswith("  ") and not line.startswith("   ")]
    assert len(commands) > 8, commands
    equal([command for command in commands if f"sallyport-{command}.1.gz" not in names], [])


@suite.test(timeout=120)
def the_services_run_with_the_examples_of_the_package():
    # These stand in the documentation, which an image of a container may be told to leave out.
    for source, target in (("gateway-systemd.toml", "gateway.toml"), ("inside-systemd.toml", "inside.toml"), ("observatory.toml", "observatory.toml"),
                           ("inside-observatory.toml", "inside-observatory.toml")):
        machine.install(f"examples/{source}", f"sallyport/{target}")
    machine.install("systemd/same-machine.conf", "systemd/system/sallyport-inside.service.d/same-machine.conf")
    machine.systemctl("daemon-reload")
    machine.systemctl("enable", "--now", "sallyport", "sallyport-inside")
    result = machine.run("systemd-run", "--unit=echo", "--uid=sallyport-inside", "--property=Restart=always", "--property=RestartSec=100ms",
                         "/usr/bin/sallyport", "register", "--url", "rs+unix:/run/sallyport-inside/services.sock", "--realm", "observatory", "--echo",
                         "lab.echo")
    equal(result.returncode, 0, result.stderr)
    eventually(echo, "a call goes through gateway and inside", timeout=30)


@suite.test(timeout=300)
def an_upgrade_restarts_what_runs_and_keeps_the_state():
    before = [machine.show(unit, "MainPID") for unit in UNITS[:2]]
    machine.run("touch", f"{STATE}/kept")
    dpkg("--install", package("next", release=2))
    after = [machine.show(unit, "MainPID") for unit in UNITS[:2]]
    equal([old == new for old, new in zip(before, after)], [False, False])
    equal([is_active(unit) for unit in UNITS], ["active", "active", "inactive"])
    assert exists(f"{STATE}/kept")
    eventually(echo, "a call goes through after the upgrade", timeout=30)


@suite.test(timeout=120)
def removing_stops_the_services_and_keeps_configuration_and_state():
    dpkg("--remove", "sallyport")
    for unit in UNITS[:2]:
        assert is_active(unit) != "active", unit
    equal([exists(path) for path in ("/usr/bin/sallyport", "/etc/sallyport/gateway.toml", f"{STATE}/kept")], [False, True, True])


@suite.test(timeout=120)
def purging_removes_the_state_and_leaves_the_configuration():
    dpkg("--purge", "sallyport")
    equal([exists(path) for path in ("/etc/sallyport/gateway.toml", STATE, "/var/lib/sallyport-inside")], [True, False, False])
    equal(machine.run("find", "/usr/lib/systemd", "/etc/systemd", "-name", "sallyport*.service").stdout, "")


if __name__ == "__main__":
    if not shutil.which("lintian"):
        sys.exit("lintian is not installed: run deploy/install-dependencies --tests")
    suite.main()
