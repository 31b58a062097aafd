#!/usr/bin/env python3
"""A private Tor network on loopback, for tests: real onion services, no internet.

    tornet.py up --dir D [--authorities 3 --relays 4]

starts authorities, relays and a client, writes D/client.torrc (what any further tor
needs to join), prints READY and stays until SIGTERM, SIGINT or its parent's death.

    with TorNet(directory) as net:
        svc = net.launch("svc", "SocksPort 0").wait_bootstrapped()
        svc.control().cmd("ADD_ONION NEW:ED25519-V3 Port=80,unix:PATH")
        # to be reached by the SOCKS5 proxy on the unix socket DIR/c/socks

Needs only the standard library and tor >= 0.4.8 with tor-gencert. Every listener is on
127.0.0.1 (the relays' OR and directory ports) or a unix socket below D. Several networks
can run at the same time; a network namespace with lo up is enough for one. With an address
of a veth pair, tors in other namespaces can join (--address).
"""
import argparse
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

MIN_TOR = (0, 4, 8)
MIN_NODES = 4                # with three, no onion service is ever reachable
UNIX_PATH_MAX = 107
# On the control port: lines 250-x or blocks 250+x ... \r\n.\r\n, then a line 250 x.
MESSAGE = re.compile(rb"(?s)(?:\d{3}-[^\r]*\r\n|\d{3}\+.*?\r\n\.\r\n)*\d{3} [^\r]*\r\n")
# CountPrivateBandwidth: equal weights, as a lone relay with a measured speed would be chosen
# for every hop. Schedulers: the default, KIST, holds cells for up to 10 ms at every hop.
RELAY = "\n".join((
    "SocksPort 0", "AssumeReachable 1", "ContactInfo none@example.org",
    "ServerDNSDetectHijacking 0", "ServerDNSAllowBrokenConfig 1", "CountPrivateBandwidth 0",
    "Schedulers Vanilla", ""))
# The interval of 1800 s: no vote before TorNet._vote, when the authorities know every relay.
AUTHORITY = "\n".join((
    "AuthoritativeDirectory 1", "V3AuthoritativeDirectory 1", "ExitPolicy reject *:*",
    "TestingV3AuthInitialVotingInterval 1800", "TestingV3AuthInitialVoteDelay 2",
    "TestingV3AuthInitialDistDelay 2", "V3AuthVoteDelay 2", "V3AuthDistDelay 2",
    "TestingDirAuthVoteExit *", "TestingDirAuthVoteGuard *", "TestingDirAuthVoteHSDir *", ""))
_libc = ctypes.CDLL(None, use_errno=True)


class TorNetError(Exception):
    pass


def _spawn(argv, stdout=subprocess.DEVNULL, fds=()):
    """Popen whose child the kernel kills when we die: by SIGKILL, as tor can hang after a
    SIGTERM. That is tied to the forking thread, so it is only done in the main thread."""
    parent = os.getpid()

    def die_with_parent():
        _libc.prctl(1, signal.SIGKILL)          # 1 = PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
    main = threading.current_thread() is threading.main_thread()
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, pass_fds=fds,
                            stderr=subprocess.STDOUT, preexec_fn=die_with_parent if main else None)


def _wait(done, check, what, timeout):
    """Return done() once it is true; check() raises if waiting has become pointless."""
    end = time.monotonic() + timeout
    while not (result := done()):
        check()
        if time.monotonic() > end:
            raise TorNetError(f"no {what} after {timeout} s")
        time.sleep(0.03)
    return result


def find_tor(tor="tor"):
    """Return the path of a usable tor, or raise TorNetError."""
    path = shutil.which(tor)
    if not path or not shutil.which("tor-gencert"):
        raise TorNetError(f"{'tor-gencert' if path else tor} not found: install the package 'tor'")
    version, modules = (subprocess.run([path, option], capture_output=True, text=True).stdout
                        for option in ("--version", "--list-modules"))
    found = re.match(r"Tor version (\d+)\.(\d+)\.(\d+)", version)
    if not found or tuple(map(int, found.groups())) < MIN_TOR or "dirauth: yes" not in modules:
        raise TorNetError(f"{path} is not tor {'.'.join(map(str, MIN_TOR))} or later with the"
                          f" dirauth module; it says {version[:60].splitlines()[:1]}")
    return path


class Control:
    """An authenticated control connection, over a unix socket."""

    def __init__(self, path, cookie, timeout=30):
        self.sock, self.timeout = socket.socket(socket.AF_UNIX), timeout
        self.buf, self.events = b"", []
        try:
            self.sock.settimeout(timeout)
            self.sock.connect(str(path))
            self.cmd(f"AUTHENTICATE {cookie.read_bytes().hex()}")
        except BaseException:
            self.sock.close()
            raise

    def _read_message(self):
        """One reply or event, as a list of lines. A timeout loses nothing already read."""
        while not (message := MESSAGE.match(self.buf)):
            data = self.sock.recv(65536)
            if not data:
                raise TorNetError("tor closed the control connection")
            self.buf += data
        self.buf = self.buf[message.end():]
        return message.group().decode("utf-8", "replace").split("\r\n")[:-1]

    def cmd(self, line):
        """Send one command and return its reply lines; events go to self.events."""
        self.sock.settimeout(self.timeout)
        self.sock.sendall(line.encode() + b"\r\n")
        while (lines := self._read_message())[0].startswith("650"):
            self.events.append(lines)
        if not lines[-1].startswith("250"):
            raise TorNetError(f"{line.split()[0]}: {lines[-1]}")
        return lines

    def event(self, pattern, timeout=60):
        """Wait for an event whose first line matches pattern (SETEVENTS is yours)."""
        end = time.monotonic() + timeout
        while True:
            if not self.events:
                self.sock.settimeout(max(0.001, end - time.monotonic()))
                self.events.append(self._read_message())
            if re.search(pattern, (lines := self.events.pop(0))[0]):
                return lines

    def close(self):
        self.sock.close()


class Tor:
    """One running tor: its directory, process and control socket."""

    def __init__(self, net, name, lines):
        self.name, self.dir = name, net.dir / name
        self.dir.mkdir(mode=0o700, exist_ok=True)
        self.control_path, self.log = self.dir / "control", self.dir / "notice.log"
        if len(os.fsencode(self.control_path)) > UNIX_PATH_MAX:
            raise TorNetError(f"too long a path for a unix socket: {self.control_path}")
        torrc = self.dir / "torrc"
        torrc.write_text(f"{net.client_torrc}DataDirectory {self.dir}\n"
                         f"ControlSocket {self.control_path}\nCookieAuthentication 1\n"
                         f"Log notice file {self.log}\nSafeLogging 0\nLogTimeGranularity 1\n"
                         f"NumCPUs 1\n__OwningControllerProcess {os.getpid()}\n{lines}\n")
        self.argv = [net.tor, "-f", str(torrc), "--defaults-torrc", f"{self.dir}/none", "--hush"]
        self.start()

    def start(self):
        with open(self.dir / "out", "wb") as out:
            self.proc = _spawn(self.argv, out)

    def check(self):
        if self.proc.poll() is not None:
            said = (self.dir / "out").read_text(errors="replace")[-800:]
            raise TorNetError(f"tor {self.name} ended with status {self.proc.returncode}:\n{said}")

    def control(self, timeout=20):
        def connect():
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return Control(self.control_path, self.dir / "control_auth_cookie")
        return _wait(connect, self.check, f"control socket of {self.name}", timeout)

    def wait_bootstrapped(self, timeout=60):
        with contextlib.closing(self.control(timeout)) as ctl:
            _wait(lambda: "PROGRESS=100" in ctl.cmd("GETINFO status/bootstrap-phase")[0],
                  self.check, f"end of the bootstrap of {self.name}, see {self.log},", timeout)
        return self

    def stop(self):
        self.proc.kill()
        self.proc.wait()


class TorNet:
    def __init__(self, directory, authorities=3, relays=4, tor="tor", interval=300, timeout=90,
                 address="127.0.0.1"):
        if authorities < 1 or authorities + relays < MIN_NODES:
            raise TorNetError(f"need an authority, and {MIN_NODES} authorities and relays in all")
        self.tor, self.dir = find_tor(tor), Path(directory).resolve()
        self.n_auth, self.n_relay = authorities, relays
        self.interval, self.timeout, self.address = interval, timeout, address
        self.tors, self.held, self.client_torrc = {}, [], ""

    def _reserve(self):
        """Reserve a port: a socket bound but not listening keeps it from everyone but a
        listener with SO_REUSEADDR, which tor's are. No race and no retry."""
        self.held.append(sock := socket.socket())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.address, 0))
        return sock.getsockname()[1]

    def _prepare_dir(self):
        self.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.held.append(lock := open(self.dir / "lock", "w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TorNetError(f"another network is running in {self.dir}") from None
        (self.dir / "client.torrc").unlink(missing_ok=True)
        for torrc in self.dir.glob("*/torrc"):  # of an earlier run, keep nothing but keys
            for entry in torrc.parent.iterdir():
                if entry.name != "keys":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _make_keys(self, name, or_port):
        """Start the key generators of one authority, unless its keys are there."""
        home, keys, none = self.dir / name, self.dir / name / "keys", str(self.dir / "none")
        home.mkdir(mode=0o700, exist_ok=True)
        keys.mkdir(mode=0o700, exist_ok=True)
        yield _spawn([self.tor, "--list-fingerprint", "-f", none, "--ignore-missing-torrc",
                      "--defaults-torrc", none, "--DataDirectory", str(home), "--ORPort",
                      str(or_port), "--Nickname", name])
        if not (keys / "authority_certificate").exists():
            r, w = os.pipe()
            os.write(w, b"no secret\n")
            os.close(w)
            yield _spawn(["tor-gencert", "--create-identity-key", "--passphrase-fd", str(r),
                          "-i", f"{keys}/authority_identity_key", "-s", f"{keys}/authority_signing_key",
                          "-c", f"{keys}/authority_certificate"], fds=[r])
            os.close(r)

    def _authority_line(self, name, or_port, dir_port):
        fingerprint = (self.dir / name / "fingerprint").read_text().split()[1]
        certificate = (self.dir / name / "keys" / "authority_certificate").read_text()
        v3ident = re.search(r"^fingerprint (\w+)", certificate, re.M).group(1)
        return (f"DirAuthority {name} orport={or_port} no-v2 v3ident={v3ident}"
                f" {self.address}:{dir_port} {fingerprint}\n")

    def start(self):
        self._prepare_dir()
        auths = [(f"a{i}", self._reserve(), self._reserve()) for i in range(self.n_auth)]
        for job in [job for name, or_port, _ in auths for job in self._make_keys(name, or_port)]:
            if job.wait():
                raise TorNetError(f"making keys failed: {' '.join(job.args)}")
        self.client_torrc = "TestingTorNetwork 1\n" + "".join(self._authority_line(*a) for a in auths)
        relay = f"{RELAY}Address {self.address}\n"
        for name, or_port, dir_port in auths:
            self.launch(name, f"{relay}{AUTHORITY}V3AuthVotingInterval {self.interval}\n"
                              f"ORPort {self.address}:{or_port}\nDirPort {self.address}:{dir_port}")
        for i in range(self.n_relay):
            self.launch(f"r{i}", f"{relay}ORPort {self.address}:{self._reserve()}\nExitRelay 1\n"
                                 "ExitPolicy accept 127.0.0.0/8:*,reject *:*")
        nodes = list(self.tors.values())
        self._vote(auths, len(nodes))
        for node in nodes:                      # makes a relay fetch the consensus now
            node.proc.send_signal(signal.SIGHUP)
        for node in nodes:                      # a client may ask any of them for documents
            file = node.dir / "cached-microdescs.new"
            self._wait(lambda: file.exists() and file.read_text().count("onion-key\n") >= len(nodes),
                       f"microdescriptors at {node.name}")
        self.client = self.launch("c", f"SocksPort unix:{self.dir}/c/socks ExtendedErrors\n"
                                       "Schedulers Vanilla").wait_bootstrapped(self.timeout)
        (self.dir / "client.torrc").write_text(self.client_torrc)
        return self

    def _vote(self, auths, total):
        """Wait for every relay's descriptor at every authority, then have them vote at once."""
        ctls = [self.tors[name].control() for name, _, _ in auths]
        for ctl in ctls:
            self._wait(lambda: sum(x.startswith("router ") for x in ctl.cmd(
                "GETINFO desc/all-recent")) >= total, f"descriptors of {total} relays")
        start = int(time.time()) + 3            # voting begins 2 s before, signing 1 s before
        for ctl in ctls:
            ctl.cmd("SETCONF TestingV3AuthInitialVotingInterval=5"
                    f" TestingV3AuthVotingStartOffset={start % 5}")
            ctl.close()
        for name, _, dir_port in auths:
            self._wait(lambda: self._in_consensus(dir_port) >= total, f"consensus at {name}")

    def _in_consensus(self, dir_port):
        """How many relays are in the consensus that an authority hands out."""
        http = HTTPConnection(self.address, dir_port, timeout=5)
        with contextlib.closing(http), contextlib.suppress(OSError, HTTPException):
            http.request("GET", "/tor/status-vote/current/consensus-microdesc")
            return http.getresponse().read().count(b"\nr ")     # none in a 404
        return 0

    def _wait(self, done, what):
        return _wait(done, self.check, f"{what} (see {self.dir}/*/notice.log)", self.timeout)

    def launch(self, name, lines=""):
        """Run one more tor of this network (client or onion service) in DIR/name."""
        if name in self.tors:
            raise TorNetError(f"there is a tor {name} already")
        self.tors[name] = Tor(self, name, lines)
        return self.tors[name]

    def check(self):
        for node in self.tors.values():
            node.check()

    def stop(self):
        for node in self.tors.values():         # all at once: nothing here is worth a clean exit
            node.proc.kill()
        for node in self.tors.values():
            node.proc.wait()
        for file in self.held:
            file.close()

    def __enter__(self):
        """In the main thread, the kernel ends every tor with this process; in another one
        only __OwningControllerProcess does, within 15 s."""
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exc):
        self.stop()


def main():
    ap = argparse.ArgumentParser(description="A private Tor network on loopback.")
    up = ap.add_subparsers(dest="command", required=True).add_parser("up", help="run it")
    up.add_argument("--dir", required=True)
    for name, default in (("authorities", 3), ("relays", 4), ("interval", 300), ("tor", "tor"),
                          ("address", "127.0.0.1")):
        up.add_argument(f"--{name}", type=type(default), default=default)
    args = ap.parse_args()
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sig, lambda *_: sys.exit())
    parent = os.getppid()
    _libc.prctl(1, signal.SIGTERM)              # our parent's death ends us too
    if os.getppid() != parent:
        return 0
    try:
        with TorNet(args.dir, args.authorities, args.relays, args.tor, args.interval,
                    address=args.address) as net:
            print(f"{net.client_torrc}READY {net.dir}/client.torrc", flush=True)
            while True:
                net.check()
                time.sleep(1)
    except TorNetError as err:
        print(f"tornet: {err}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
