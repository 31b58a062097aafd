"""The container image of deploy/container: made of Debian's packages, without root, capabilities or a writable root inside."""
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("packaging_container")
BUILD = pathlib.Path(os.environ["SALLYPORT_BUILD_DIR"])
USER = 10001
scratch = processes.scratch("container")
state, config = scratch / "state", scratch / "config"
NAME = f"sallyport-test-{os.getpid()}"

# All of podman's files are in the scratch folder, and a container asks for no more than this machine may have.
(scratch / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{scratch}/storage"\nrunroot = "{scratch}/run"\n')
(scratch / "containers.conf").write_text(
    '[containers]\ndefault_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]\n'
    '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')
ENVIRONMENT = {**os.environ, "CONTAINERS_STORAGE_CONF": str(scratch / "storage.conf"), "CONTAINERS_CONF": str(scratch / "containers.conf"),
               "SOURCE_DATE_EPOCH": "1764547200"}


def run(*words, timeout=60, code=0):
    result = processes.run(list(map(str, words)), timeout=timeout, env=ENVIRONMENT)
    equal(result.returncode, code, result.stdout[-3000:] + result.stderr[-3000:])
    return result.stdout.strip()


def podman(*words, **options):
    return run(processes.tool("podman"), *words, **options)


def status():
    result = processes.run([processes.tool("podman"), "exec", NAME, "/usr/bin/sallyport", "status", "--config", "/etc/sallyport/gateway.toml", "--json"],
                           env=ENVIRONMENT)
    return json.loads(result.stdout) if result.returncode == 0 else None


@suite.setup
def write_configuration():
    shutil.copytree(processes.SOURCES / "deploy/examples/demo", config)
    gateway = (config / "gateway.toml").read_text()
    gateway = gateway.replace('state_dir = "state"', 'state_dir = "/var/lib/sallyport"')
    before, _, after = gateway.partition("[tor]\n")
    (config / "gateway.toml").write_text(before + '[tor]\nmode = "off"\n\n' + after[after.index("[[backend]]"):])
    inside = (config / "inside.toml").read_text()
    (config / "inside.toml").write_text(inside.replace('state_dir = "state/inside"', 'state_dir = "/var/lib/sallyport/inside"'))
    state.mkdir(mode=0o700)
    os.chown(state, USER, USER)
    scratch.chmod(0o755)


@suite.teardown
def remove():
    processes.run([processes.tool("podman"), "rm", "--force", "--all", "--time", "5"], env=ENVIRONMENT, timeout=60)


@suite.test(timeout=400)
def an_image_is_made_of_packages_alone():
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", scratch / "packages", timeout=200)
    [package] = (scratch / "packages").glob("*.deb")
    run(processes.SOURCES / "deploy/container/build", package, timeout=300)
    [image] = json.loads(podman("images", "--format", "json"))
    [name] = image["Names"]
    assert name.startswith("localhost/sallyport:"), name
    equal(len(podman("history", "--quiet", name).splitlines()) > 0, True)
    [described] = json.loads(podman("image", "inspect", name))
    equal(described["Config"]["User"], f"{USER}:{USER}")


@suite.test(timeout=120)
def it_serves_without_privileges_and_with_a_read_only_root():
    [image] = json.loads(podman("images", "--format", "json"))
    podman("run", "--detach", "--name", NAME, "--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges",
           "--volume", f"{config}:/etc/sallyport:ro", "--volume", f"{state}:/var/lib/sallyport", image["Id"])
    eventually(lambda: (state / "run/local.sock").exists(), "the gateway listens", 30)
    service = processes.Process([processes.binary(), "register", "--url", f"rs+unix:{state}/inside/run/services.sock", "--realm", "demo",
                                 "demo.echo", "--echo"], "service")

    def answered():
        result = processes.run([processes.binary(), "call", "--url", f"rs+unix:{state}/run/local.sock", "--realm", "demo", "demo.echo", "clear skies"])
        return result.returncode == 0 and "clear skies" in result.stdout

    eventually(answered, "a call is answered through the container", 20)
    service.stop()
    lines = podman("exec", NAME, "grep", "-E", "^(Uid|Gid|CapEff|NoNewPrivs)", "/proc/1/status").splitlines()
    equal([line.split()[1] for line in lines], [str(USER), str(USER), "0000000000000000", "1"])
    podman("exec", NAME, "touch", "/usr/bin/other", code=1)
    podman("exec", NAME, "touch", "/etc/sallyport/other", code=1)


@suite.test
def its_sandbox_holds():
    log = processes.run([processes.tool("podman"), "logs", NAME], env=ENVIRONMENT)
    lines = [line for line in (log.stdout + log.stderr).splitlines() if "sandbox" in line]
    assert lines and all("system calls" in line for line in lines), log.stderr
    if pathlib.Path("/sys/kernel/security/lsm").exists() and "landlock" in pathlib.Path("/sys/kernel/security/lsm").read_text():
        assert all("Landlock" in line for line in lines), lines


@suite.test
def it_stops_at_once_and_leaves_with_success():
    podman("stop", "--time", "10", NAME)
    equal(podman("inspect", "--format", "{{.State.ExitCode}}", NAME), "0")


if __name__ == "__main__":
    suite.main()
