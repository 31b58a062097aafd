"""The units of deploy/systemd: systemd accepts them, and counts no more exposure than it must."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, systemd  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("systemd_units")
EXPOSURE_MAX = {"sallyport.service": 0.8, "sallyport-inside.service": 1.2, "sallyport-tor.service": 1.5}
# What `systemd-analyze security` may count, and the words in the unit that explain it.
COUNTED = {"SystemCallFilter=~@privileged": "@privileged", "RootDirectory=/RootImage=": "RootDirectory", "DeviceAllow=": "DeviceAllow",
           "RestrictAddressFamilies=~AF_UNIX": "AF_UNIX", "PrivateUsers=": "PrivateUsers", "PrivateNetwork=": "PrivateNetwork",
           "RestrictAddressFamilies=~AF_(INET|INET6)": "AF_INET", "IPAddressDeny=": "IPAddressAllow"}


def analyze(*words):
    return processes.run([processes.tool(systemd.ANALYZE), *map(str, words)], timeout=30)


@suite.test
def the_exposure_of_each_unit_is_within_its_bound():
    equal({path.name for path in systemd.UNITS.glob("*.service")}, set(EXPOSURE_MAX))
    for name, most in EXPOSURE_MAX.items():
        result = analyze("security", "--offline=true", f"--threshold={round(most * 10)}", "--no-pager", systemd.UNITS / name)
        print(result.stdout.strip().splitlines()[-1])
        equal(result.returncode, 0, result.stdout + result.stderr)


@suite.test
def what_is_counted_is_explained_in_the_unit():
    for name in ("sallyport.service", "sallyport-inside.service"):
        table = analyze("security", "--offline=true", "--no-pager", systemd.UNITS / name).stdout
        comments = "".join(re.findall(r"^#.*$", (systemd.UNITS / name).read_text(), re.MULTILINE))
        counted = re.findall(r"^✗ (\S+)", table, re.MULTILINE)
        assert counted, table
        equal([one for one in counted if COUNTED.get(one, one) not in comments], [], name)


@suite.test
def systemd_knows_every_line():
    world = processes.scratch("units")
    (world / "bin").mkdir()
    for path in [*systemd.UNITS.glob("*.service")]:
        text = path.read_text().replace("/usr/bin/sallyport", processes.binary())
        for drop_in in ("network.conf", "same-machine.conf", "namespaces.conf"):
            folder = world / f"{path.name}.d"
            folder.mkdir(exist_ok=True)
            (folder / drop_in).write_text((systemd.UNITS / drop_in).read_text())
        (world / path.name).write_text(text)
    for path in systemd.UNITS.glob("*.socket"):
        (world / path.name).write_text(path.read_text())
    result = analyze("verify", "--man=no", "--recursive-errors=no", *world.glob("*.service"), *world.glob("*.socket"))
    equal((result.returncode, result.stdout + result.stderr), (0, ""))


@suite.test
def a_reduced_unit_is_noticed():
    unit = processes.scratch("reduced") / "sallyport.service"
    unit.write_text((systemd.UNITS / unit.name).read_text().replace("PrivateNetwork=yes\n", "").replace("RestrictNamespaces=yes\n", ""))
    equal(analyze("security", "--offline=true", "--threshold=8", "--no-pager", unit).returncode, 1)


if __name__ == "__main__":
    suite.main()
