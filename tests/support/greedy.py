"""Anonymous guests, each on a Tor circuit of its own, who always have as many large calls in flight as they may: a program of
its own, so that the test that measures others is not slowed down by it. Prints "ready", and at SIGTERM a JSON object: calls
answered and refused, and guests whose connection was closed.

    greedy.py FRONT REALM GUESTS IN_FLIGHT PROCEDURE BYTES
"""
import contextlib
import json
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient  # noqa: E402
from support.peers import onion_client  # noqa: E402
from support.rawclient import CALL, ERROR, RESULT, WELCOME  # noqa: E402
from support.runner import eventually  # noqa: E402


class Greedy:
    """The program as seen by a test. The calls carry `size` bytes each."""

    def __init__(self, deployment, realm, guests, in_flight, procedure, size):
        self.process = processes.Process(
            [sys.executable, __file__, deployment.front, realm, guests, in_flight, procedure, size], "greedy",
            log=deployment.dir / "greedy.log")
        eventually(self._ready, "the greedy guests have joined", 60)

    def _ready(self):
        assert self.process.running(), self.process.text()
        return "ready" in self.process.text()

    def stop(self):
        """What became of the calls."""
        self.process.stop()
        return json.loads(self.process.text().splitlines()[-1])


class Guest:
    def __init__(self, front, realm, circuit, in_flight):
        self.client = onion_client(front, circuit)
        self.client.transport.sock.settimeout(None)
        answer = self.client.join(realm)
        if answer[0] != WELCOME:
            raise RuntimeError(f"a guest was refused: {answer}")
        self.room = threading.Semaphore(in_flight)
        self.answered = self.refused = 0
        self.cut = False

    def start(self, procedure, text):
        for work in (lambda: self._send(procedure, text), self._receive):
            threading.Thread(target=self._until_cut, args=(work,), daemon=True).start()

    def _until_cut(self, work):
        try:
            while True:
                work()
        except (rawclient.Closed, OSError):
            self.cut = True

    def _send(self, procedure, text):
        self.room.acquire()
        self.client.send(CALL, self.client.next_request(), {}, procedure, [text])

    def _receive(self):
        code = self.client.answer()[0]
        self.answered += code == RESULT
        self.refused += code == ERROR
        self.room.release()


def main():
    front, realm, guests, in_flight, procedure, size = sys.argv[1:]
    everybody = [Guest(front, realm, 1000 + number, int(in_flight)) for number in range(int(guests))]
    text = "x" * int(size)
    for guest in everybody:
        guest.start(procedure, text)
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
    print(json.dumps({"answered": sum(g.answered for g in everybody), "refused": sum(g.refused for g in everybody),
                      "cut": sum(g.cut for g in everybody)}), flush=True)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with contextlib.suppress(KeyboardInterrupt):
        main()
