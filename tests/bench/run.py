#!/usr/bin/env python3
"""Measures the gateway beside its yardsticks, all in one run on one machine, and prints a table.

    tests/bench/run.py --build build/release [--seconds 1] [--rounds 5] [--idle 2000] [--json FILE]
    tests/bench/run.py --build build/release --before OTHER/build/release [--turns 20]

Paths: `inside` our internal router alone; `haproxy` a byte-copying proxy (mode tcp) in front of it; `gateway` our gateway
with the embedded inside; `crossbar` a Crossbar front joined by rlink to a Crossbar behind. The first three are measured by
turns, and the medians printed. CPU is schedstat time summed over all threads of the processes named; the load generator's own
is left out. docs/benchmarks.md tells what each figure is. With --before only the gateway is measured, as built there and here
by turns: medians of the figures, and of the ratios of the turns.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.crossbar import Crossbar, program  # noqa: E402
from support.deployment import Deployment  # noqa: E402
from support.runner import eventually  # noqa: E402

OUTSIDE = """
[[allow]]
id = "bench"
roles = ["guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
"""
INSIDE = """realm = "observatory"

[auth]
anonymous = { role = "service" }

[[allow]]
id = "bench"
roles = ["service", "gateway", "guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
"""
REALM = "observatory"
# Each load: a key, a title, words for the load generator.
LOADS = (
    ("one", "64 bytes, 1 caller, 1 call in flight", ("--in-flight", 1)),
    ("many", "64 bytes, 1 caller, 64 in flight", ("--in-flight", 64)),
    ("crowd", "64 bytes, 64 callers, 1 in flight each", ("--in-flight", 1, "--callers", 64)),
    ("json", "14.6 KB of JSON records, 8 in flight", ("--in-flight", 8, "--records", 14600, "--serializer", "json")),
    ("msgpack", "4 KB of MessagePack records, 8 in flight", ("--in-flight", 8, "--records", 4000)),
    ("cbor", "4 KB of CBOR records, 8 in flight", ("--in-flight", 8, "--records", 4000, "--serializer", "cbor")),
    ("json4", "4 KB of JSON records, 8 in flight", ("--in-flight", 8, "--records", 4000, "--serializer", "json")),
    ("parts", "100 progressive results of 64 bytes for each of 8 calls in flight, per result", ("--in-flight", 8, "--parts", 100)))
# The most that `gateway + inside` may cost in terms of `haproxy + inside`: the whole path, what it adds to `inside` (`hop`),
# or the process in front alone.
GOALS = (("json", "path", 1.2), ("msgpack", "path", 1.2), ("many", "hop", 2.0), ("many", "process", 2.0), ("crowd", "path", 0.7),
         ("one", "path", 1.0))
RATIOS = {"path": "gateway / haproxy", "hop": "hop of the gateway / of haproxy", "process": "process gateway / haproxy"}
SESSION_GOALS = {"rawsocket": 2.5 * 1024, "websocket": 4 * 1024}  # bytes
PROCESS_GOAL = 4.0  # MB, proportional


class Path:
    """One way from a caller to a callee: addresses, and which processes it consists of."""

    def __init__(self, name, at, callee_at, parts, settle=0.3):
        self.name, self.at, self.callee_at, self.parts, self.settle = name, at, callee_at, parts, settle
        self.figures = {}  # by load: the median round
        self.rounds = {}   # by load: all rounds


class Bench:
    def __init__(self, load, seconds):
        self.load, self.seconds = load, seconds

    def run(self, mode, path, *words):
        pids = ",".join(str(pid) for _, pid in path.parts)
        argv = [self.load, mode, "--at", path.at, "--realm", REALM, "--settle", path.settle, "--seconds", self.seconds,
                "--pids", pids, *words]
        result = subprocess.run([str(a) for a in argv], text=True, capture_output=True, timeout=120)
        if result.returncode:
            raise RuntimeError(f"{path.name}: {' '.join(map(str, argv))}: {result.stderr.strip()}")
        figures = json.loads(result.stdout)
        if "cpu_us" in figures:
            figures["each"] = dict(zip((name for name, _ in path.parts), figures["cpu_us"]))
            figures["cpu_us"] = sum(figures["cpu_us"])
        return figures

    def measure(self, paths, rounds=1):
        """Each load on each path by turns; keeps the median round, by its CPU time. Discards one short run of each path
        first, as the first figures can be cold."""
        calls = [("--callee-at", path.callee_at, "--uri", "lab.bench") for path in paths]
        for path, words in zip(paths, calls):
            Bench(self.load, 0.3).run("call", path, *words, "--in-flight", 16, "--warm", 0.1)
        for key, title, load in LOADS:
            print(f"measuring {title} …", file=sys.stderr, flush=True)
            self._by_turns(key, paths, rounds, lambda i, load=load: self.run("call", paths[i], *calls[i], *load))
        self._by_turns("events", paths, rounds,
                       lambda i: self.run("event", paths[i], "--uri", "lab.events", "--subscribers", 50))

    @staticmethod
    def _by_turns(key, paths, rounds, run):
        found = [[] for _ in paths]
        for turn in range(rounds):
            for i in range(len(paths)) if turn % 2 == 0 else reversed(range(len(paths))):
                found[i].append(run(i))
        for path, figures in zip(paths, found):
            path.rounds[key] = figures
            path.figures[key] = sorted(figures, key=lambda f: f["cpu_us"])[len(figures) // 2]


def haproxy(target):
    directory = processes.scratch("ha")
    listen = directory / "proxy.sock"
    (directory / "haproxy.cfg").write_text(
        f"global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n"
        f"  timeout server 1h\nlisten front\n  bind unix@{listen}\n  server inside unix@{target}\n")
    process = processes.Process([processes.tool("haproxy"), "-db", "-f", directory / "haproxy.cfg"], "haproxy")
    eventually(listen.exists, "haproxy listens")
    return process, listen


def ours(inside_limits=""):
    world = Deployment(outside_rules=OUTSIDE, name="bench", limits="", inside_limits=inside_limits)
    world.write()
    (world.dir / "inside-observatory.toml").write_text(INSIDE)
    world.start_gateway()
    children = {word: pid for pid, line in world.gateway.children() for word in (" worker", " inside") if word in line}
    return world, {"gateway": children[" worker"], "inside": children[" inside"], "supervisor": world.gateway.pid}


def crossbars():
    inner = Crossbar(REALM, name="crossbar inner").start()
    front = Crossbar(REALM, name="crossbar front", rlinks=[{
        "id": "inner", "realm": REALM, "authid": "link", "transport": {
            "type": "rawsocket", "url": f"rs://127.0.0.1:{inner.port}", "serializer": "msgpack",
            "endpoint": {"type": "tcp", "host": "127.0.0.1", "port": inner.port}}}])
    front.start()       # makes its key, which the inner one must know
    key = front.public_key()
    for router in (front, inner):
        router.stop()
    inner.trusted = [key]
    inner.start()
    front.start()
    eventually(lambda: "call forwarding setup done" in inner.process.text() or 'authrole="rlink"' in inner.process.text(),
               "the rlink is up", 20)
    return inner, front


def versions():
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    ask = lambda *argv: subprocess.run(argv, text=True, capture_output=True).stdout.strip().splitlines()  # noqa: E731
    crossbar = [line for line in ask(str(program()), "version") if "Crossbar.io" in line] or ["?"]
    return (f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}; {ask(processes.tool('haproxy'), '-v')[0].split(' - ')[0]};"
            f" {' '.join(crossbar[0].split()).strip(': ')}; {ask(processes.binary(), '--version')[0]}")


def measure_idle(bench, parts, at, sessions, name):
    figures = {}
    for kind, words in (("rawsocket", ()), ("websocket", ("--websocket",))):
        path = Path(name, at, at, parts)
        figures[kind] = bench.run("idle", path, "--sessions", sessions, *words)["bytes_per_session"]
    return figures


def resident(parts):
    return {name: processes.rss_kb(pid) for name, pid in parts.items()}


def _table(paths, key, title):
    base = next(p for p in paths if p.name == "inside").figures[key]["cpu_us"]
    print(f"\n{title}\n{'':<18} {'CPU µs':>8} {'ratio':>7} {'calls/s':>9} {'p50 µs':>8} {'p99 µs':>8}   CPU µs of each process")
    for path in paths:
        f = path.figures[key]
        each = ", ".join(f"{name} {us:.1f}" for name, us in f["each"].items())
        print(f"{path.name:<18} {f['cpu_us']:>8.1f} {f['cpu_us'] / base:>7.2f} {f['calls_per_s']:>9.0f} {f['p50_us']:>8.0f} "
              f"{f['p99_us']:>8.0f}   {each}")


def _events_table(paths):
    print(f"\n1 publisher, 50 subscribers, per event received\n{'':<18} {'CPU µs':>8} {'events/s':>9}   CPU µs of each process")
    for path in paths:
        f = path.figures["events"]
        each = ", ".join(f"{name} {us:.2f}" for name, us in f["each"].items())
        print(f"{path.name:<18} {f['cpu_us']:>8.2f} {f['events_per_s']:>9.0f}   {each}")


def _ratio(paths, key, kind):
    """The median of the ratios of the rounds."""
    rounds = {path.name: path.rounds[key] for path in paths}
    ratios = []
    for inside, haproxy, gateway in zip(*(rounds[name] for name in ("inside", "haproxy + inside", "gateway + inside"))):
        if kind == "process":
            ratios.append(gateway["each"]["gateway"] / haproxy["each"]["haproxy"])
        else:
            less = inside["cpu_us"] if kind == "hop" else 0
            ratios.append((gateway["cpu_us"] - less) / max(haproxy["cpu_us"] - less, 0.01))
    return statistics.median(ratios)


def _goals_table(paths, idle, start):
    print(f"\n{'goals':<76} {'measured':>9} {'at most':>8}")
    for key, kind, goal in GOALS:
        title = next(title for each, title, _ in LOADS if each == key)
        print(f"{title + ': ' + RATIOS[kind]:<76} {_ratio(paths, key, kind):>9.2f} {goal:>8.2f}")
    for name in ("gateway", "inside"):
        for transport, goal in SESSION_GOALS.items():
            print(f"{f'bytes of an idle session of {name}, {transport}':<76} {idle[name][transport]:>9.0f} {goal:>8.0f}")
    for name, (_, proportional) in start.items():
        print(f"{f'MB of an idle process: {name}':<76} {proportional * 1024 / 1e6:>9.2f} {PROCESS_GOAL:>8.2f}")


def report(paths, idle, start, machine):
    print(f"\n{machine}\nRawSocket, MessagePack unless it says JSON, unix sockets (Crossbar's rlink: loopback TCP)")
    for key, title, _ in LOADS:
        _table(paths, key, title)
    _events_table(paths)
    print("\nbytes of resident memory per idle session (user space):")
    for name, figures in idle.items():
        print(f"  {name:<18} RawSocket {figures['rawsocket']:.0f}, WebSocket {figures['websocket']:.0f}")
    print("idle processes, resident (proportional) kB: " + ", ".join(f"{n} {r} ({p})" for n, (r, p) in start.items()))
    _goals_table(paths, idle, start)


def compare(bench, build, before, turns, idle_sessions):
    """The gateway of two builds by turns: the median figures of each, and the median of the ratios of the turns."""
    worlds = {}
    for name, directory in (("before", before), ("after", build)):
        os.environ["SALLYPORT_BIN"] = str(directory / "sallyport")
        worlds[name] = ours()
    figures = {}    # by title and build, one of each turn
    for turn in range(turns):
        print(f"turn {turn + 1} of {turns}", file=sys.stderr)
        for name in sorted(worlds, reverse=turn % 2 == 0):
            world, parts = worlds[name]
            path = Path(name, f"unix:{world.local}", f"unix:{world.services_path}", list(parts.items()))
            bench.measure([path])
            for key, title, _ in (*LOADS, ("events", "an event, 50 subscribers", ())):
                figures.setdefault(title, {}).setdefault(name, []).append(path.figures[key]["cpu_us"])
    for name, (world, parts) in worlds.items():
        for kind, size in measure_idle(bench, [("gateway", parts["gateway"])], f"unix:{world.local}", idle_sessions, name).items():
            figures.setdefault(f"bytes of an idle session, {kind}", {})[name] = [size]
    print(f"{'CPU µs of gateway and inside, or bytes':<40} {'before':>9} {'after':>9} {'ratio':>7}   ratios of the turns")
    for title, each in figures.items():
        ratios = sorted(after / earlier for earlier, after in zip(each["before"], each["after"]))
        medians = [statistics.median(each[name]) for name in ("before", "after")]
        print(f"{title:<40} {medians[0]:>9.2f} {medians[1]:>9.2f} {statistics.median(ratios):>7.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default="build/release", help="the build directory with sallyport and sallyport_load")
    parser.add_argument("--seconds", type=float, default=1, help="measured time of each round of a figure")
    parser.add_argument("--rounds", type=int, default=5, help="of each figure; the median is kept")
    parser.add_argument("--idle", type=int, default=2000, help="idle sessions")
    parser.add_argument("--json", help="also write all figures here")
    parser.add_argument("--without-crossbar", action="store_true")
    parser.add_argument("--before", type=pathlib.Path, help="the build directory of another version: compare with it")
    parser.add_argument("--turns", type=int, default=20, help="of each build, with --before")
    options = parser.parse_args()
    if options.before and options.json:
        parser.error("--json is not written with --before")
    build = pathlib.Path(options.build).resolve()
    os.environ.setdefault("SALLYPORT_BIN", str(build / "sallyport"))
    os.environ.setdefault("SALLYPORT_VENV", str(pathlib.Path(sys.prefix).parent))
    bench = Bench(build / "sallyport_load", options.seconds)
    paths, idle = [], {}
    try:
        if options.before:
            compare(bench, build, options.before.resolve(), options.turns, options.idle)
            return
        machine = versions()
        world, parts = ours()
        time.sleep(1)  # for what is only done once after the start
        start = resident(parts)
        services, local = f"unix:{world.services_path}", f"unix:{world.local}"
        proxy, listen = haproxy(world.services_path)
        paths.append(Path("inside", services, services, [("inside", parts["inside"])]))
        paths.append(Path("haproxy + inside", f"unix:{listen}", services, [("haproxy", proxy.pid), ("inside", parts["inside"])]))
        paths.append(Path("gateway + inside", local, services, list(parts.items())))
        bench.measure(paths, options.rounds)
        idle["gateway"] = measure_idle(bench, [("gateway", parts["gateway"])], local, options.idle, "gateway")
        idle["inside"] = measure_idle(bench, [("inside", parts["inside"])], services, options.idle, "inside")
        world.stop()
        proxy.stop()
        if not options.without_crossbar:
            inner, front = crossbars()
            workers = [("front", front.worker()[0]), ("inner", inner.worker()[0])]
            paths.append(Path("crossbar", f"unix:{front.path}", f"unix:{inner.path}", workers, 1.5))
            bench.measure(paths[-1:], options.rounds)
            idle["crossbar front"] = measure_idle(bench, workers[:1], f"tcp:127.0.0.1:{front.port}", options.idle // 4, "crossbar")
            front.stop()
            inner.stop()
        report(paths, idle, start, machine)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(
                {"machine": machine, "paths": {p.name: p.figures for p in paths}, "idle": idle, "start": start}, indent=1))
    except Exception:
        print(processes.logs(), file=sys.stderr)
        raise
    finally:
        processes.stop_all()


if __name__ == "__main__":
    main()
