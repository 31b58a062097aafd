"""A nexus router (tests/interop/nexus), as a real internal router."""
import os
import pathlib
import time

from support import processes
from support.crossbar import free_port


def program():
    path = pathlib.Path(os.environ.get("SALLYPORT_VENV", "")) / "nexus/nexus-router"
    if not path.exists():
        raise RuntimeError(f"{path} is not there: run deploy/install-dependencies --tests")
    return path


class Nexus:
    """One realm, where anonymous sessions may do all, on 127.0.0.1 (port), RawSocket. It keeps the events of lab.history."""

    def __init__(self, realm):
        self.realm, self.port = realm, free_port()

    def start(self):
        self.process = processes.Process([program(), self.realm, "tcp", f"127.0.0.1:{self.port}"], "nexus")
        end = time.monotonic() + 30
        while "listening" not in self.process.text():
            if not self.process.running() or time.monotonic() > end:
                raise RuntimeError(f"nexus did not start:\n{self.process.text()[-2000:]}")
            time.sleep(0.05)
        return self

    def stop(self):
        self.process.stop(10)
