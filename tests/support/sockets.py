"""Which process of a network namespace holds which IP socket, read from /proc."""
import contextlib
import ipaddress
import os
import pathlib
from collections import namedtuple

LISTEN, ESTABLISHED = 0x0A, 0x01
Inet = namedtuple("Inet", "kind local local_port remote remote_port state inode owners")


def _address(text):
    host, port = text.split(":")
    raw = bytes.fromhex(host)
    words = b"".join(raw[i:i + 4][::-1] for i in range(0, len(raw), 4))
    return str(ipaddress.ip_address(words)), int(port, 16)


def of_processes(pids):
    """inode -> pids that have it open."""
    owners = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    target = os.readlink(f"/proc/{pid}/fd/{fd}")
                    if target.startswith("socket:["):
                        owners.setdefault(int(target[8:-1]), set()).add(pid)
    return owners


def inet(pid):
    """All TCP, UDP and raw sockets of the namespace that a process is in, with their owners."""
    owners = of_processes(int(entry) for entry in os.listdir("/proc") if entry.isdigit())
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "udplite", "udplite6"):
        path = pathlib.Path(f"/proc/{pid}/net/{kind}")
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            local, remote = _address(fields[1]), _address(fields[2])
            inode = int(fields[9])
            found.append(Inet(kind, *local, *remote, int(fields[3], 16), inode, frozenset(owners.get(inode, ()))))
    return found


def held_by(pid):
    """The IP sockets that one process holds. They may be of its parent's namespace: a sandboxed process has an empty one."""
    return list(dict.fromkeys(sock for sock in inet(pid) + inet(int(status(pid, "PPid"))) if pid in sock.owners))


def status(pid, key):
    """A line of /proc/PID/status."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return line.split(":", 1)[1].strip()
    return None
