"""A library in each process of a program under test that lets allocations fail and moves the wall clock (preload.c). It maps its
table before the process enters its sandbox, so that the test can change it while the process runs."""
import mmap
import os
import pathlib
import struct

from support import processes

_SOURCE = pathlib.Path(__file__).with_name("preload.c")
_ROWS, _CLOCK, _START, _WORD, _FIRST, _ROW = 0, 8, 16, 40, 72, 40  # offsets and sizes of preload.c
_ROWS_MAX = 4096


class Preload:
    def __init__(self):
        folder = processes.scratch("preload")
        self.library, path = folder / "preload.so", folder / "table"
        built = processes.run([processes.tool("cc"), "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", self.library, _SOURCE, "-ldl"],
                              timeout=150)
        assert built.returncode == 0, built.stderr
        path.write_bytes(bytes(_FIRST + _ROW * _ROWS_MAX))
        with open(path, "r+b") as file:
            self.table = mmap.mmap(file.fileno(), 0)
        self.environment = {**os.environ, "LD_PRELOAD": str(self.library), "SALLYPORT_PRELOAD_TABLE": str(path)}

    def _get(self, offset):
        return struct.unpack_from("<q", self.table, offset)[0]

    def _put(self, offset, *values):
        struct.pack_into(f"<{len(values)}q", self.table, offset, *values)

    def _row(self, pid):
        """The last one: pids come again."""
        rows = self._get(_ROWS)
        assert rows <= _ROWS_MAX, "the table of preload.c is full"
        return next((at for at in range(_FIRST + _ROW * (rows - 1), _FIRST - 1, -_ROW) if self._get(at) == pid), None)

    def fail(self, pid, after, burst=1):
        """Of the allocations of that process, `burst` fail after so many that do not; False if it has not loaded the library."""
        at = self._row(pid)
        if at is None:
            return False
        self._put(at + 8, 0)
        self._put(at + 16, after, burst, 0)
        self._put(at + 8, 1)
        return True

    def failed(self, pid):
        at = self._row(pid)
        return 0 if at is None else self._get(at + 32)

    def calm(self, pid):
        at = self._row(pid)
        if at is not None:
            self._put(at + 8, 0)

    def fail_at_start(self, word, after, burst=1):
        """As fail(), from the first allocation of main on, for the next process whose first argument is that word."""
        self._put(_START, after, burst, 0)
        self.table[_WORD:_WORD + 32] = word.encode().ljust(32, b"\0")
        self._put(_START + 16, 1)

    def started(self):
        """Whether that process has come; none will fail from now on."""
        waited = self._get(_START + 16)
        self._put(_START + 16, 0)
        return not waited

    def move_clock(self, seconds):
        """The wall clock of all processes, from the true one."""
        self._put(_CLOCK, seconds)
