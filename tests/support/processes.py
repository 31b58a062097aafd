"""Processes under test: started with bounded waits, their output kept for the report of a failure, ended by pid, and by
the kernel when the test itself dies."""
import atexit
import contextlib
import ctypes
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

_libc = ctypes.CDLL(None, use_errno=True)
_started = []
CLONE_NEWNET = 0x40000000

SOURCES = pathlib.Path(__file__).resolve().parents[2]


def binary():
    path = os.environ.get("SALLYPORT_BIN", "")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"SALLYPORT_BIN={path!r} names no program: build the target sallyport first")
    return path


def tool(name):
    """The path of a tool that the tests need."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not path:
        raise RuntimeError(f"{name} is not there: run deploy/install-dependencies --tests")
    return path


def scratch(prefix):
    """A new short directory (unix socket paths have at most 107 bytes), removed at exit."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"sp-{prefix}-"))
    _scratch.append(path)
    return path


_scratch = []
_SANITIZER = re.compile(r"(WARNING|ERROR): \w+Sanitizer|: runtime error: ")


def remove_scratch():
    for path in _scratch:
        shutil.rmtree(path, ignore_errors=True)


atexit.register(remove_scratch)


def enter_namespace(name):
    """To be called in a child before exec: joins a named network namespace."""
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"cannot enter {name}")
    os.close(fd)


class Process:
    """One process under test; its output goes to a file that a failure prints, or to the descriptor `output`. `limits` are those
    of resource.setrlimit(), by resource."""

    def __init__(self, argv, name, namespace=None, cwd=None, env=None, log=None, output=None, limits=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = pathlib.Path(log) if log else scratch("log") / f"{name}.log"
        parent = os.getpid()

        def prepare():
            _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            if os.getppid() != parent:
                os._exit(1)
            if namespace:
                enter_namespace(namespace)
            for which, limit in (limits or {}).items():
                resource.setrlimit(which, limit)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output or out, stderr=subprocess.STDOUT,
                                          cwd=cwd, env=env, preexec_fn=prepare, start_new_session=True)
        self.pid = self.popen.pid
        _started.append(self)

    def text(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self.popen.poll() is None

    def children(self, pid=None):
        """All descendants, children before grandchildren, as (pid, command line)."""
        found, todo = [], [pid or self.pid]
        while todo:
            parent = todo.pop(0)
            for child in _children_of(parent):
                found.append((child, command_line(child)))
                todo.append(child)
        return found

    def wait(self, timeout=10):
        return self.popen.wait(timeout)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(10)

    def stop(self, timeout=10):
        """SIGTERM; the exit code, or None if it had to be killed."""
        if self.running():
            self.popen.terminate()
            try:
                return self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                return None
        return self.popen.returncode


def command_line(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def _children_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def alive(pid):
    """Whether it runs; a zombie does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def that_mention(text):
    """Running processes whose command line or environment-free cwd mentions a text (a scratch directory's name)."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and alive(int(entry)):
            line = command_line(int(entry))
            cwd = ""
            with contextlib.suppress(OSError):
                cwd = os.readlink(f"/proc/{entry}/cwd")
            if str(text) in line or str(text) in cwd:
                found.append((int(entry), line))
    return found


def run(argv, timeout=20, **options):
    """A short command: CompletedProcess with text output; a timeout is an error."""
    return subprocess.run([str(a) for a in argv], timeout=timeout, text=True, capture_output=True,
                          stdin=options.pop("stdin", subprocess.DEVNULL), **options)


def cpu_us(pids):
    """Microseconds of CPU that these processes have used (schedstat, all threads)."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total / 1000


def rss_kb(pid):
    """(resident, proportional) kilobytes."""
    rss = pss = 0
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            rss = int(line.split()[1])
        elif line.startswith("Pss:"):
            pss = int(line.split()[1])
    return rss, pss


def logs(lines=25):
    """The ends of the logs of all processes that were started, for a failure's report."""
    out = []
    for process in _started:
        text = process.text().splitlines() if process.log.exists() else []
        state = "running" if process.running() else f"ended with {process.popen.returncode}"
        out.append(f"--- {process.name} ({state}), last lines of {len(text)}:")
        out += ["    " + line[:300] for line in text[-lines:]]
    return "\n".join(out) + "\n"


def sanitizer_reports():
    """The first lines of what sanitizers have reported in the logs of all processes that were started."""
    found = []
    for process in _started:
        lines = process.text().splitlines() if process.log.exists() else []
        begin = next((i for i, line in enumerate(lines) if _SANITIZER.search(line)), None)
        if begin is not None:
            found.append("\n".join([f"--- {process.name}:", *lines[begin:begin + 60]]))
    return found


def stop_all():
    """Ends everything that was started; names what outlived it."""
    for process in reversed(_started):
        process.stop(8)
    end = time.monotonic() + 3
    left = True
    while left and time.monotonic() < end:
        left = [found for path in _scratch for found in that_mention(path)]
        time.sleep(0.05)
    for pid, _ in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left
