#!/usr/bin/env python3
"""What many registrations, patterns and subscribers cost, and how long a failover takes.

    tests/bench/scale.py --build build/release [--seconds 1] [--rounds 5] [--failovers 20]

Each load is measured with few and with many by turns, on the inside alone and through the gateway; printed are the medians of the
rounds and of their ratios. For the failover one of two insides is killed while a client calls; printed is how long it gets no result.
"""
import argparse
import os
import pathlib
import signal
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench.run import INSIDE, OUTSIDE, Bench, Path, ours, versions  # noqa: E402
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import REALM, Deployment  # noqa: E402
from support.peers import Service  # noqa: E402
from support.rawclient import RESULT  # noqa: E402
from support.runner import eventually  # noqa: E402

CALL = ("--in-flight", 64)
PATTERN = ("--registered", "lab.bench.", "--match", "prefix", "--uri", "lab.bench.x")
# Each: a title, the unit, and the words of the load with few and with many.
LOADS = (
    ("a call, 1 and 100,001 registrations", "call", (*CALL, "--uri", "lab.bench"), ("--others", 100_000)),
    ("a call of a pattern, 1 and 10,001 patterns", "call", (*CALL, *PATTERN), ("--others", 10_000, "--other-match", "patterns")),
    ("an event, 50 and 1,000 subscribers", "event", ("--uri", "lab.events", "--subscribers", 50), ("--subscribers", 1000)))


def measure(bench, path, title, mode, few, more, rounds):
    """By turns: the medians with few and with many, and of the ratios."""
    words = ("--callee-at", path.callee_at) if mode == "call" else ()
    many = (*few, *more)  # the last word of a name holds
    pairs = []
    for turn in range(rounds):
        pair = [bench.run(mode, path, *words, *each)["cpu_us"] for each in ((few, many) if turn % 2 == 0 else (many, few))]
        pairs.append(pair if turn % 2 == 0 else pair[::-1])
    medians = [statistics.median(pair[i] for pair in pairs) for i in (0, 1)]
    print(f"{title:<44} {path.name:<18} {medians[0]:>8.2f} {medians[1]:>8.2f} {statistics.median(b / a for a, b in pairs):>7.2f}", flush=True)


class Insides:
    """A gateway with a route to two insides, and a service of the same procedure at each."""

    def __init__(self):
        world = self.world = Deployment("accept", name="failover", outside_rules=OUTSIDE, limits="")
        world.write()
        (world.dir / "inside-observatory.toml").write_text(INSIDE)
        gateway, policy = world.dir / "gateway.toml", world.dir / "observatory.toml"
        gateway.write_text(gateway.read_text() + f'\n[[backend]]\nname = "other"\nkind = "accept"\nlisten = "unix:{world.dir}/b.sock"\n')
        policy.write_text(policy.read_text().replace('to = "inside"', 'to = ["inside", "other"]'))
        inside = (world.dir / "inside.toml").read_text()
        (world.dir / "b.toml").write_text(inside.replace("inside-state", "b-state").replace(world.link_address, f"unix:{world.dir}/b.sock"))
        (world.dir / "b-state").mkdir(mode=0o700)
        world.start_gateway()
        services = world.dir / "b-state/run/services.sock"
        other = processes.Process([processes.binary(), "inside", "--config", world.dir / "b.toml"], "other", cwd=world.dir, log=world.dir / "b.log")
        eventually(lambda: world._answers(other, services), "the other inside answers")
        client = rawclient.Client(rawclient.RawSocket(socks.plain(services)))
        client.join(REALM)
        Service(world, "lab.work", client=client)

    def fail_over(self):
        """Seconds from the last result of the first inside, which is killed, to the first of the other."""
        self.world.start_inside()
        Service(self.world, "lab.work", answer=lambda _: "first")
        caller = self.world.raw()
        works = lambda by: (answer := caller.call("lab.work", "x"))[0] == RESULT and (answer[3][0] == "first") == by  # noqa: E731
        eventually(lambda: works(True), "the first inside answers")
        for pid in (self.world.inside.pid, self.world.router_pid()):
            os.kill(pid, signal.SIGKILL)
        begin = time.monotonic()
        eventually(lambda: works(False), "the other inside answers", step=0.001)
        took = time.monotonic() - begin
        self.world.inside.popen.wait(10)
        caller.close()
        return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default="build/release", help="the build directory with sallyport and sallyport_load")
    parser.add_argument("--seconds", type=float, default=1, help="measured time of each round of a figure")
    parser.add_argument("--rounds", type=int, default=5, help="of each figure; the median is kept")
    parser.add_argument("--failovers", type=int, default=20)
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    os.environ.setdefault("SALLYPORT_BIN", str(build / "sallyport"))
    os.environ.setdefault("SALLYPORT_VENV", str(pathlib.Path(sys.prefix).parent))
    bench = Bench(build / "sallyport_load", options.seconds)
    try:
        world, parts = ours('memory = "1GiB"')  # what 100,000 registrations are charged
        services, local = f"unix:{world.services_path}", f"unix:{world.local}"
        paths = (Path("inside", services, services, [("inside", parts["inside"])]), Path("gateway + inside", local, services, list(parts.items())))
        print(f"{versions()}\n\n{'CPU µs':<63} {'few':>8} {'many':>8} {'ratio':>7}")
        for title, mode, few, more in LOADS:
            for path in paths:
                measure(bench, path, title, mode, few, more, options.rounds)
        world.stop()
        insides = Insides()
        took = sorted(insides.fail_over() for _ in range(options.failovers))
        print(f"\nfailover, {len(took)} times: p50 {1000 * statistics.median(took):.1f} ms, at most {1000 * took[-1]:.1f} ms")
    except Exception:
        print(processes.logs(), file=sys.stderr)
        raise
    finally:
        processes.stop_all()


if __name__ == "__main__":
    main()
