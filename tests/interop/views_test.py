"""What an operator sees and does on the command line, against running programs with an embedded inside."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, eventually  # noqa: E402

suite = Suite("views")


# tail ---------------------------------------------------------------------------------------------------------------------------------

class Follower:
    """`sallyport tail -f` of a log of our own."""

    def __init__(self, name):
        self.folder = processes.scratch(name)
        (self.folder / "state").mkdir()
        self.log = self.folder / "state/audit.jsonl"
        self.config = self.folder / "gateway.toml"
        self.config.write_text('state_dir = "state"\nrealms = ["lab.toml"]\n[audit]\nto = "file:audit.jsonl"\n')
        (self.folder / "lab.toml").write_text('realm = "lab"\n')

    def start(self, *words):
        self.output = self.folder / "shown"
        self.popen = subprocess.Popen([processes.binary(), "tail", "-f", "--config", self.config, *words],
                                      stdout=self.output.open("wb"), stderr=subprocess.STDOUT)

    def append(self, text, path=None):
        with (path or self.log).open("a") as file:
            file.write(text)

    def shows(self, *times):
        due = [f"{time} leave" for time in times]
        try:
            eventually(lambda: self.output.read_text().splitlines() == due, f"shown are {due}")
        finally:
            if self.output.read_text().splitlines() != due:
                print("shown:", self.output.read_text())

    def stop(self):
        self.popen.kill()
        self.popen.wait(5)


def record(time):
    return json.dumps({"time": time, "outcome": "leave"})


@suite.test
def a_follower_misses_nothing_over_a_rotation():
    follower = Follower("tail-rotation")
    follower.append(record("1") + "\n")
    follower.start()
    try:
        follower.shows("1")
        # All at once for somebody who looks five times a second: the late record, and the new file.
        old = follower.folder / "state/audit.jsonl.1"
        os.rename(follower.log, old)
        follower.append(record("2") + "\n", old)
        follower.append(record("3") + "\n")
        follower.shows("1", "2", "3")
    finally:
        follower.stop()


@suite.test
def a_follower_shows_a_half_written_line_once_it_is_whole():
    follower = Follower("tail-half")
    half = record("2")
    follower.append(record("1") + "\n" + half[:12])
    follower.start()
    try:
        follower.shows("1")
        follower.append(half[12:] + "\n")
        follower.shows("1", "2")
    finally:
        follower.stop()


if __name__ == "__main__":
    suite.main()
