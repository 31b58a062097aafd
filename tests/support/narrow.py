"""A deployment whose gateway and inside stand in two network namespaces, with a narrow TLS link between them."""
from support import namespaces, processes
from support.deployment import Deployment

WINDOW = 64 * 1024  # bytes that are handed to the transport of a session at once; of a link half as many


class NarrowLink:
    """Use as a context: `deployment` then runs, and its link carries `mbit` Mbit/s in each direction. Needs root."""

    def __init__(self, name, mbit=20, **options):
        self.name, self.mbit, self.options = name, mbit, options
        self.net = namespaces.Namespaces(name[:2])
        self.deployment = None

    def __enter__(self):
        try:
            dmz, lan = self.net.add("dmz", loopback=True), self.net.add("lan", loopback=True)
            ends = self.net.join(dmz, "10.83.0.1/24", lan, "10.83.0.2/24")
            for namespace, end in zip((dmz, lan), ends):
                shaped = self.net.run(namespace, processes.tool("tc"), "qdisc", "add", "dev", end, "root", "tbf", "rate",
                                      f"{self.mbit}mbit", "burst", "32kb", "latency", "50ms")
                if shaped.returncode:
                    raise RuntimeError(f"tc: {shaped.stderr.strip()}")
            self.deployment = Deployment(link="accept", link_address="tcp:10.83.0.1:7700", name=self.name,
                                         gateway_namespace=dmz, inside_namespace=lan, **self.options)
            self.deployment.start()
        except BaseException:
            self.net.close()
            raise
        return self.deployment

    def __exit__(self, *_):
        try:
            self.deployment.stop()
        finally:
            self.net.close()

    def window_seconds(self):
        """How long the link takes for one window."""
        return WINDOW * 8 / (self.mbit * 1e6)
