#!/usr/bin/env python3
"""Measures what a scrape each second costs the gateway: the same load with and without one, by turns, and the median of the ratios.

    tests/bench/metrics.py --build build/release [--seconds 5] [--rounds 5]
"""
import argparse
import http.client
import pathlib
import socket
import statistics
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run as bench  # noqa: E402
from support.deployment import Deployment  # noqa: E402

LOADS = (("64 bytes, 1 call in flight", ("--in-flight", 1)), ("64 bytes, 64 in flight", ("--in-flight", 64)))


class Scraper:
    """Asks the port each second until it is closed."""

    def __init__(self, port):
        self.port, self.done, self.scrapes, self.bytes = port, threading.Event(), 0, 0
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.done.wait(1):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/metrics")
            self.bytes = len(connection.getresponse().read())
            connection.close()
            self.scrapes += 1

    def close(self):
        self.done.set()
        self.thread.join()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start():
    world = Deployment(outside_rules=bench.OUTSIDE, name="bench")
    world.write()
    port = free_port()
    config = world.dir / "gateway.toml"
    config.write_text(config.read_text() + f'\n[metrics]\nlisten = "127.0.0.1:{port}"\n')
    (world.dir / "inside-observatory.toml").write_text(bench.INSIDE)
    world.start_gateway()
    worker = next(pid for pid, line in world.gateway.children() if " worker" in line)
    return world, port, worker


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    world, port, worker = start()
    path = bench.Path("gateway", f"unix:{world.local}", f"unix:{world.services_path}", [("gateway", worker)])
    runner = bench.Bench(options.build / "sallyport_load", options.seconds)

    def measure(load, scraped):
        scraper = Scraper(port) if scraped else None
        figures = runner.run("call", path, "--callee-at", path.callee_at, "--uri", "lab.bench", *load)
        if scraper:
            scraper.close()
            figures["scrapes"], figures["page"] = scraper.scrapes, scraper.bytes
        return figures
    measure(LOADS[0][1], False)
    for title, load in LOADS:
        pairs = []
        for turn in range(options.rounds):
            order = (False, True) if turn % 2 == 0 else (True, False)
            found = {scraped: measure(load, scraped) for scraped in order}
            pairs.append((found[True], found[False]))
        ratio = {key: statistics.median(with_[key] / without[key] for with_, without in pairs) for key in ("cpu_us", "p50_us", "p99_us")}
        scrapes, page = sum(pair[0]["scrapes"] for pair in pairs), pairs[0][0]["page"]
        print(f"{title}: with / without a scrape each second ({scrapes} scrapes of {page} bytes): "
              f"CPU of a call in the gateway {ratio['cpu_us']:.3f}, p50 {ratio['p50_us']:.3f}, p99 {ratio['p99_us']:.3f}")
    world.stop()


if __name__ == "__main__":
    main()
