"""A real systemd, number 1 of a process id namespace of its own, with an /etc, /run and /var/lib of its own and without a network; needs root.
It knows the units of deploy/systemd, the users of its sysusers.conf, and nothing of this machine's units but the journal.
With `empty` it has nothing of sallyport, and a /usr and a dpkg of its own, so that a package can be installed."""
import atexit
import contextlib
import errno
import os
import pathlib
import shlex
import shutil
import subprocess

from support import processes
from support.runner import eventually

DEPLOY = processes.SOURCES / "deploy"
UNITS = DEPLOY / "systemd"
ANALYZE = "systemd-analyze"
OF_THE_SYSTEM = ("sysinit.target", "basic.target", "multi-user.target", "shutdown.target", "network-online.target", "sockets.target",
                 "network.target", "timers.target", "paths.target", "slices.target", "umount.target", "final.target", "system.slice",
                 "systemd-journald.service", "systemd-journald.socket", "rescue.target", "emergency.target")

BOOT = """set -e
mount --make-rprivate /
mount -t proc proc /proc
cp -a /etc {dir}/etc
rm -rf {dir}/etc/systemd/system {dir}/etc/systemd/network
mkdir -p {dir}/etc/systemd/system {dir}/etc/sallyport
cp -a {dir}/units/. {dir}/etc/systemd/system/
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=\\n' > {dir}/etc/systemd/journald.conf
printf %s 0123456789abcdef0123456789abcdef > {dir}/etc/machine-id
mount --bind {dir}/etc /etc
{software}
mount --bind {dir}/system /usr/lib/systemd/system
mount --bind {dir}/empty /usr/lib/systemd/system-generators
mount -t tmpfs -o mode=755 tmpfs /var/lib
cp -a {dir}/lib/. /var/lib/
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /run
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin {systemd} --system --unit=basic.target --log-target=journal --show-status=no
"""

PROGRAM = """systemd-sysusers {sysusers}
mount -t overlay overlay -o lowerdir={dir}/bin:/usr/bin /usr/bin"""

EMPTY = """mount -t tmpfs tmpfs {dir}/empty
mkdir {dir}/empty/upper {dir}/empty/work
cp -a /var/lib/dpkg {dir}/lib/dpkg
mount -t overlay overlay -o lowerdir=/usr,upperdir={dir}/empty/upper,workdir={dir}/empty/work /usr
rm -f /usr/sbin/policy-rc.d
mount -t tmpfs tmpfs {dir}/empty"""


def cgroup_of_tests():
    """A new cgroup (version 2) below that of this process."""
    lines = [line.split() for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    mounts = [words[4] for words in lines if words[words.index("-") + 1] == "cgroup2"]
    if not mounts:
        raise RuntimeError("no cgroup2 is mounted: mount -t cgroup2 none /sys/fs/cgroup")
    own = next(line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    path = pathlib.Path(mounts[0] + own) / f"sallyport-systemd-{os.getpid()}"
    path.mkdir()
    return path


class Machine:
    def __init__(self, empty=False):
        self.dir = processes.scratch("systemd")
        self.dir.chmod(0o755)
        for name in ("units", "system", "empty", "bin", "lib"):
            (self.dir / name).mkdir()
        self.software = EMPTY if empty else PROGRAM
        if not empty:
            shutil.copy(processes.binary(), self.dir / "bin/sallyport")
        for kind in () if empty else ("service", "socket"):
            for path in UNITS.glob(f"*.{kind}"):
                shutil.copy(path, self.dir / "units")
        for name in OF_THE_SYSTEM:
            if (path := pathlib.Path("/usr/lib/systemd/system") / name).exists():
                shutil.copy(path, self.dir / "system")
        self.cgroup = self.outer = None

    def boot(self):
        systemd = next(path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if os.access(path, os.X_OK))
        software = self.software.format(dir=self.dir, sysusers=UNITS / "sysusers.conf")
        script = BOOT.format(dir=self.dir, software=software, systemd=systemd)
        self.cgroup = cgroup_of_tests()
        atexit.register(self.stop)
        enter = (f"echo $$ > {self.cgroup}/cgroup.procs; "
                 f"exec unshare --pid --mount --fork --cgroup --uts --ipc --net --kill-child sh -c {shlex.quote(script)}")
        self.outer = subprocess.Popen(["sh", "-c", enter], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True)
        eventually(self._running, "systemd runs", timeout=30)
        self.systemctl("start", "systemd-journald.socket", "systemd-journald.service")
        return self

    def _running(self):
        if self.outer.poll() is not None:
            raise RuntimeError("systemd did not start (it needs root): " + self.outer.stdout.read())
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        if not children or "systemd" not in pathlib.Path(f"/proc/{children[0]}/comm").read_text():
            return False
        self.init = children[0]
        return self.run("systemctl", "is-active", "basic.target").stdout.strip() == "active"

    def run(self, *words, user=None, timeout=60, **options):
        """A command on that machine, as root or as `user` with its groups."""
        su = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
        return processes.run([processes.tool("nsenter"), "-t", self.init, "-m", "-p", "-n", "-i", "-u", "-C", "--", *su, *map(str, words)],
                             timeout=timeout, **options)

    def systemctl(self, *words, timeout=60):
        """Throws with the journal if it fails."""
        result = self.run("systemctl", *words, timeout=timeout)
        if result.returncode:
            raise AssertionError(f"systemctl {' '.join(words)}: {result.stderr}\n{self.journal()}")
        return result.stdout

    def show(self, unit, name):
        return self.systemctl("show", unit, f"--property={name}", "--value").strip()

    def journal(self, *words):
        return self.run("journalctl", "--no-pager", "--output=short-precise", *words).stdout[-20000:]

    def install(self, source, target):
        """A file of deploy/ as /etc/..., read by everybody."""
        path = self.dir / "etc" / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEPLOY / source, path)
        path.chmod(0o644)

    def stop(self):
        if self.outer and self.outer.poll() is None:
            self.outer.kill()  # and so is number 1, and with it all others
            self.outer.wait(20)
        eventually(self._removed, "the cgroup is empty", timeout=20)

    def _removed(self):
        with contextlib.suppress(FileNotFoundError):
            for path in sorted(self.cgroup.rglob("*"), key=lambda one: -len(one.parts)):
                if path.is_dir() and not self._remove(path):
                    return False
            return self._remove(self.cgroup)
        return True

    @staticmethod
    def _remove(path):
        """False while a process that has been killed still counts."""
        try:
            path.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True
