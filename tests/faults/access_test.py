"""`mode` and `group` of each unix listener, tried as other users; needs root."""
import pathlib
import shutil
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import Deployment, sallyport  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("faults_access")
GROUP = "daemon"  # exists on every Debian and Ubuntu, and so does nobody
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


def connects(path, group=None):
    """Whether the user nobody, as a member of `group` or of no group, may connect."""
    groups = ["--groups", group] if group else ["--clear-groups"]
    result = processes.run([processes.tool("setpriv"), "--reuid", "nobody", "--regid", "nogroup", *groups, "/usr/bin/python3", "-c", CONNECT, path])
    assert result.returncode == 0 or "PermissionError" in result.stderr, result.stderr
    return result.returncode == 0


def world(name):
    """A gateway and an inside whose sockets are in a folder that others may enter."""
    deployment = Deployment("accept", name=name)
    deployment.dir.chmod(0o755)
    run = deployment.dir / "run"
    run.mkdir()
    deployment.local, deployment.link_address = run / "local.sock", f"unix:{run}/link.sock"
    deployment.write()
    return deployment, run


def edit(path, old, new):
    text = path.read_text()
    assert old in text, (old, text)
    path.write_text(text.replace(old, new, 1))


@suite.test
def each_listener_is_open_to_its_group_and_to_nobody_else():
    deployment, run = world("access")
    gateway, inside = deployment.dir / "gateway.toml", deployment.dir / "inside.toml"
    for name in ("front", "local", "admin"):
        edit(gateway, f'"run/{name}.sock"', f'{{ path = "{run}/{name}.sock", group = "{GROUP}" }}')
    edit(gateway, f'listen = "unix:{run}/link.sock"', f'listen = "unix:{run}/link.sock"\ngroup = "{GROUP}"\nmode = "0660"')
    edit(inside, "[[link]]", f'[[listen]]\naddress = "unix:{run}/services.sock"\ngroup = "{GROUP}"\n\n[[link]]')
    deployment.start_gateway().start_inside()
    deployment.wait_link()
    for name in ("front", "local", "admin", "link", "services"):
        path = run / f"{name}.sock"
        equal((path.group(), stat.S_IMODE(path.stat().st_mode)), (GROUP, 0o660), name)
        equal((connects(path, GROUP), connects(path)), (True, False), name)
    equal(deployment.stop(), [0, 0])


@suite.test
def without_them_a_listener_is_for_its_owner():
    deployment, run = world("owner")
    for name in ("front", "local"):
        edit(deployment.dir / "gateway.toml", f'"run/{name}.sock"', f'"{run}/{name}.sock"')
    deployment.start_gateway()
    for name in ("front", "local", "link"):
        equal((stat.S_IMODE((run / f"{name}.sock").stat().st_mode), connects(run / f"{name}.sock", GROUP)), (0o600, False), name)
    equal(deployment.stop(), [0])


@suite.test
def a_group_that_does_not_exist_is_refused_with_its_place():
    deployment, run = world("nogroup")
    edit(deployment.dir / "gateway.toml", '"run/local.sock"', f'{{ path = "{run}/local.sock", group = "no-such-group" }}')
    result = sallyport("serve", "--config", deployment.dir / "gateway.toml")
    equal(result.returncode, 2)
    for words in (f"{deployment.dir}/gateway.toml:6:", 'error: there is no group "no-such-group" (create it with `groupadd --system no-such-group`'):
        assert words in result.stderr, result.stderr


@suite.test
def a_group_of_which_the_user_is_no_member_is_refused_with_its_place():
    deployment, run = world("foreign")
    run.chmod(0o777)
    deployment.state.rmdir()
    deployment.dir.chmod(0o777)
    edit(deployment.dir / "gateway.toml", '"run/local.sock"', f'{{ path = "{run}/local.sock", group = "{GROUP}" }}')
    for path in deployment.dir.glob("*.toml"):
        path.chmod(0o600)
        processes.run(["chown", "nobody", path])
    program = shutil.copy(processes.binary(), deployment.dir / "sallyport")  # the folder of the build may be closed to nobody
    result = processes.run([processes.tool("setpriv"), "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
                            program, "serve", "--config", deployment.dir / "gateway.toml"])
    equal(result.returncode, 2, result.stderr)
    assert f'to the group "{GROUP}": Operation not permitted (run this program as a member of that group' in result.stderr, result.stderr
    assert not (run / "local.sock").exists()


if __name__ == "__main__":
    suite.main()
