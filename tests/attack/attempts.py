"""What code planted in a sandboxed process tries. Each attempt has a name, does something with a Planted, and says what must come of it:
by default that the kernel refuses with EPERM. Where one would harm the machine if it succeeded, it asks for something invalid (a signal 0, a
time with 2,000,000,000 ns): that is refused with another error, or not at all, where the call itself is allowed."""
import errno
import struct

from support.planted import NUMBERS, Gone, sockaddr_in, sockaddr_un

AT_FDCWD = -100
O_WRONLY, O_APPEND, O_CREAT, O_RDONLY = 1, 0o2000, 0o100, 0
REFUSED = (-errno.EPERM,)
SOCKET_FAMILIES = range(46)
NAMESPACES = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000,
              "net": 0x40000000, "time": 0x80}
MSG_FASTOPEN = 0x20000000
PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
PRIVATE_ANONYMOUS = 0x22


class Attempts:
    """The attempts on one process. `world` is its Deployment, `supervisor` its parent, `others` the paths it may be after."""

    def __init__(self, world, supervisor, channel, a_socket, tcp_port):
        self.world, self.supervisor, self.channel, self.a_socket, self.tcp_port = world, supervisor, channel, a_socket, tcp_port
        self.list = []
        for kind in (self._files, self._sockets, self._processes, self._namespaces, self._memory, self._kernel, self._timers_and_signals,
                     self._exhaustion, self._descriptors):
            kind()

    def _add(self, kind, name, run, due=REFUSED):
        self.list.append((kind, name, run, due))

    def _call(self, kind, name, *arguments, title=None, due=REFUSED):
        self._add(kind, title or name, lambda code: code.syscall(name, *arguments), due)

    def _files(self):
        world, pid = self.world, self.supervisor
        for title, path, flags in [
                ("the supervisor's memory, to write", f"/proc/{pid}/mem", 2), ("its own memory", "/proc/self/mem", 2),
                ("the principals", world.dir / "observatory.principals.toml", O_RDONLY),
                ("a policy, to append", world.dir / "observatory.toml", O_WRONLY | O_APPEND),
                ("the configuration, to write", world.dir / "gateway.toml", O_WRONLY),
                ("the state directory", world.state, 0o200000), ("the kept policy", world.state / "policy/running/files.json", O_RDONLY),
                ("a new file", "/tmp/planted", O_WRONLY | O_CREAT), ("/etc/passwd", "/etc/passwd", O_RDONLY),
                ("/dev/mem", "/dev/mem", 2), ("the supervisor's environment", f"/proc/{pid}/environ", O_RDONLY)]:
            self._call("files", "openat", AT_FDCWD, str(path).encode(), flags, 0o600, title=f"open {title}")
        self._call("files", "open", b"/etc/passwd", 0, 0, title="open, the old call")
        self._call("files", "openat2", AT_FDCWD, b"/etc/passwd", struct.pack("<QQQ", 0, 0, 0), 24)
        self._call("files", "creat", b"/tmp/planted", 0o600)
        self._call("files", "open_by_handle_at", AT_FDCWD, bytes(32), 0)
        self._call("files", "name_to_handle_at", AT_FDCWD, b"/", bytes(200), bytes(8), 0)
        principals = str(world.dir / "observatory.principals.toml").encode()
        for name, arguments in [("stat", (principals, bytes(256))), ("newfstatat", (AT_FDCWD, principals, bytes(256), 0)),
                                ("statx", (AT_FDCWD, principals, 0, 0xFFF, bytes(256))), ("access", (principals, 4)),
                                ("readlink", (b"/proc/self/exe", bytes(256), 256)), ("unlink", (principals,)),
                                ("unlinkat", (AT_FDCWD, principals, 0)), ("rename", (principals, b"/tmp/stolen")),
                                ("renameat2", (AT_FDCWD, principals, AT_FDCWD, b"/tmp/stolen", 0)), ("link", (principals, b"/tmp/stolen")),
                                ("symlink", (principals, b"/tmp/stolen")), ("mkdir", (b"/tmp/planted", 0o700)),
                                ("rmdir", (str(world.state).encode(),)), ("mknod", (b"/tmp/planted", 0o10600, 0)),
                                ("chmod", (principals, 0o666)), ("chown", (principals, 0, 0)), ("truncate", (principals, 0)),
                                ("utimensat", (AT_FDCWD, principals, 0, 0)), ("setxattr", (principals, b"user.a", b"b", 1, 0)),
                                ("chdir", (b"/",)), ("getcwd", (bytes(256), 256)), ("chroot", (b"/",)), ("statfs", (b"/", bytes(256))),
                                ("inotify_init1", (0,)), ("fanotify_init", (0, 0)), ("memfd_create", (b"x", 0)),
                                ("mount", (b"none", b"/nowhere", b"tmpfs", 0, 0)), ("umount2", (b"/nowhere", 2)), ("pivot_root", (b".", b".")),
                                ("open_tree", (AT_FDCWD, b"/", 0)), ("fsopen", (b"tmpfs", 0)), ("move_mount", (3, b"", 4, b"", 0))]:
            self._call("files", name, *arguments)

    def _sockets(self):
        def each_family(call, *rest):
            def run(code):
                return max(code.syscall(call, family, kind, 0, *rest) for family in SOCKET_FAMILIES for kind in (1, 2, 3, 5))
            return run
        self._add("sockets", "socket of all 46 families and 4 types", each_family("socket"))
        self._add("sockets", "socketpair of all of them", each_family("socketpair", bytes(8)))
        fd, address = self.a_socket, sockaddr_in(self.tcp_port)
        datagram_to = sockaddr_un("/run/systemd/journal/socket")
        for title, name, arguments in [
                ("connect", "connect", (fd, address, len(address))), ("connect to nobody", "connect", (fd, bytes(16), 16)),
                ("bind", "bind", (fd, address, len(address))), ("listen", "listen", (fd, 10)),
                ("send to an address", "sendto", (fd, b"x", 1, 0, address, len(address))),
                ("send to a unix socket", "sendto", (fd, b"x", 1, 0, datagram_to, len(datagram_to))),
                ("connect a listener with MSG_FASTOPEN", "sendto", (fd, b"x", 1, MSG_FASTOPEN, 0, 0)),
                ("send out of band", "sendto", (fd, b"x", 1, 1, 0, 0)),
                ("sendmsg", "sendmsg", (fd, bytes(56), 0)), ("sendmmsg", "sendmmsg", (fd, bytes(64), 1, 0)),
                ("recvmmsg", "recvmmsg", (fd, bytes(64), 1, 0, 0)),
                ("a socket filter program", "setsockopt", (fd, 1, 26, bytes(16), 16)),
                ("a BPF program", "setsockopt", (fd, 1, 50, bytes(4), 4)), ("another device", "setsockopt", (fd, 1, 25, b"lo", 2)),
                ("TCP repair", "setsockopt", (fd, 6, 19, bytes(4), 4)), ("kernel TLS", "setsockopt", (fd, 6, 31, b"tls", 3)),
                ("credentials", "setsockopt", (fd, 1, 16, struct.pack("<i", 1), 4)), ("a mark", "setsockopt", (fd, 1, 36, bytes(4), 4)),
                ("the peer's pidfd", "getsockopt", (fd, 1, 77, bytes(4), struct.pack("<i", 4))),
                ("the peer's user", "getsockopt", (fd, 1, 17, bytes(12), struct.pack("<i", 12))),
                ("own addresses", "getsockname", (fd, bytes(128), struct.pack("<i", 128))),
                ("interfaces by ioctl", "ioctl", (fd, 0x8912, bytes(16)))]:
            self._call("sockets", name, *arguments, title=title)

    def _processes(self):
        parent = self.supervisor
        no_process = (-errno.EPERM, -errno.ESRCH)
        for title, name, arguments in [
                ("execve", "execve", (b"/bin/sh", 0, 0)), ("execveat", "execveat", (AT_FDCWD, b"/bin/sh", 0, 0, 0)),
                ("fork", "fork", ()), ("clone a process", "clone", (17, 0, 0, 0, 0)),
                ("trace the supervisor", "ptrace", (16, parent, 0, 0)), ("seize it", "ptrace", (0x4206, parent, 0, 0)),
                ("be traced", "ptrace", (0, 0, 0, 0)),
                ("read its memory", "process_vm_readv", (parent, bytes(16), 1, bytes(16), 1, 0)),
                ("write its memory", "process_vm_writev", (parent, bytes(16), 1, bytes(16), 1, 0)),
                ("advise on its memory", "process_madvise", (3, bytes(16), 1, 4, 0)),
                ("signal it", "kill", (parent, 0)), ("signal everybody", "kill", (-1, 0)),
                ("signal its group", "kill", (-parent, 0)), ("tkill it", "tkill", (parent, 0)), ("tgkill it", "tgkill", (parent, parent, 0)),
                ("queue a signal", "rt_sigqueueinfo", (parent, 0, bytes(128))), ("pidfd of it", "pidfd_open", (parent, 0)),
                ("its descriptors", "pidfd_getfd", (3, 0, 0)), ("signal by pidfd", "pidfd_send_signal", (3, 9, 0, 0)),
                ("limit its descriptors", "prlimit64", (parent, 7, struct.pack("<QQ", 1 << 16, 1 << 16), 0)),
                ("read its limits", "prlimit64", (parent, 7, 0, bytes(16))), ("raise own limits", "prlimit64", (0, 7, struct.pack("<QQ", 1 << 20, 1 << 20), 0)),
                ("setrlimit", "setrlimit", (7, struct.pack("<QQ", 1 << 20, 1 << 20))),
                ("its priority", "setpriority", (0, parent, 19)), ("its scheduler", "sched_setscheduler", (parent, 0, bytes(4))),
                ("its processors", "sched_setaffinity", (parent, 8, struct.pack("<Q", 1))), ("its input and output", "ioprio_set", (1, parent, 0)),
                ("compare with it", "kcmp", (parent, parent, 0, 0, 0)), ("its group of processes", "setpgid", (parent, 0)),
                ("a session of its own", "setsid", ()), ("its pages", "move_pages", (parent, 0, 0, 0, 0, 0)),
                ("be dumped", "prctl", (4, 1, 0, 0, 0)), ("be traced by anybody", "prctl", (0x59616d61, -1, 0, 0, 0)),
                ("outlive the supervisor", "prctl", (1, 0, 0, 0, 0)), ("adopt orphans", "prctl", (36, 1, 0, 0, 0)),
                ("keep capabilities", "prctl", (8, 1, 0, 0, 0)), ("another user", "setuid", (0,)), ("another group", "setgid", (0,)),
                ("other groups", "setgroups", (0, 0)), ("capabilities", "capset", (struct.pack("<Ii", 0x20080522, 0), b"\xff" * 24)),
                ("where the supervisor is", "getppid", ())]:
            self._call("processes", name, *arguments, title=title, due=no_process if name == "tgkill" else REFUSED)
        self._call("processes", "clone3", struct.pack("<QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0), 64, due=(-errno.ENOSYS,))

    def _namespaces(self):
        for name, flag in NAMESPACES.items():
            self._call("namespaces", "unshare", flag, title=f"unshare {name}")
            self._call("namespaces", "clone", flag | 17, 0, 0, 0, 0, title=f"clone into a new {name} namespace")
        self._call("namespaces", "setns", 3, 0)
        self._call("namespaces", "sethostname", b"x", -1)
        self._call("namespaces", "setdomainname", b"x", -1)

    def _memory(self):
        for title, prot in [("executable memory", PROT_READ | PROT_EXEC), ("writable and executable", PROT_READ | PROT_WRITE | PROT_EXEC)]:
            self._call("memory", "mmap", 0, 4096, prot, PRIVATE_ANONYMOUS, -1, 0, title=title)
        self._add("memory", "make its data executable", lambda code: code.syscall("mprotect", code.scratch, 4096, PROT_READ | PROT_EXEC))
        self._add("memory", "make its code writable",
                  lambda code: code.syscall("mprotect", code.instruction & ~4095, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
        for name, arguments in [("pkey_mprotect", (0, 4096, 7, 0)), ("pkey_alloc", (0, 0)), ("remap_file_pages", (0, 4096, 0, 0, 0)),
                                ("mlockall", (3,)), ("shmget", (1, 4096, 0o1600)), ("shmat", (0, 0, 0)), ("semget", (1, 1, 0o1600)),
                                ("msgget", (1, 0o1600)), ("mq_open", (b"x", 0o102, 0o600, 0)), ("memfd_secret", (0,)),
                                ("userfaultfd", (0,)), ("mbind", (0, 4096, 0, 0, 0, 0)), ("process_mrelease", (3, 0))]:
            self._call("memory", name, *arguments)

    def _kernel(self):
        for name, arguments in [
                ("bpf", (0, bytes(64), 64)), ("perf_event_open", (bytes(128), 0, -1, -1, 0)), ("io_uring_setup", (8, bytes(256))),
                ("io_uring_enter", (3, 1, 0, 0, 0, 0)), ("io_uring_register", (3, 0, 0, 0)), ("keyctl", (0, -3, 0, 0, 0)),
                ("add_key", (b"user", b"a", b"b", 1, -3)), ("request_key", (b"user", b"a", 0, -3)), ("init_module", (0, 0, b"")),
                ("finit_module", (3, b"", 0)), ("delete_module", (b"x", 0)), ("kexec_load", (0, 0, 0, 0)), ("iopl", (3,)), ("ioperm", (0, 8, 1)),
                ("modify_ldt", (0, 0, 0)), ("personality", (0,)), ("seccomp", (1, 0, 0)), ("quotactl", (0, 0, 0, 0)), ("acct", (b"/tmp/a",)),
                ("syslog", (3, bytes(64), 64)), ("reboot", (0, 0, 0, 0)), ("swapon", (b"/tmp/a", 0)), ("vhangup", ()),
                ("arch_prctl", (0x1002, 0)), ("landlock_create_ruleset", (bytes(24), 24, 0)), ("uname", (bytes(512),)),
                ("sysinfo", (bytes(128),)), ("getuid", ()), ("times", (bytes(64),)), ("membarrier", (0, 0, 0)), ("rseq", (0, 32, 1, 0)),
                ("vmsplice", (3, 0, 0, 0)), ("splice", (3, 0, 4, 0, 1, 0)), ("tee", (3, 4, 1, 0)), ("sendfile", (3, 4, 0, 1)),
                ("copy_file_range", (3, 0, 4, 0, 1, 0)), ("flock", (3, 2)), ("fallocate", (3, 0, 0, 1 << 40)), ("sync", ())]:
            due = (-errno.EINVAL, -errno.EPERM, -errno.EFAULT) if name == "rseq" else REFUSED
            self._call("kernel", name, *arguments, due=due)

    def _timers_and_signals(self):
        for title, name, arguments in [
                ("a timer", "timer_create", (0, 0, bytes(8))), ("an interval timer", "setitimer", (0, bytes(32), 0)), ("alarm", "alarm", (0,)),
                ("a further timerfd", "timerfd_create", (1, 0)), ("a signalfd", "signalfd4", (-1, bytes(8), 8, 0)),
                ("set the clock", "clock_settime", (0, struct.pack("<qq", 0, 2_000_000_000))),
                ("settimeofday", "settimeofday", (struct.pack("<qq", 0, 2_000_000_000), 0)),
                ("tune the clock", "adjtimex", (bytes(256),)), ("signals for the supervisor from a socket", "fcntl", (self.a_socket, 8, self.supervisor)),
                ("which signal that is", "fcntl", (self.a_socket, 10, 9)), ("the same by ioctl", "ioctl", (self.a_socket, 0x8901, struct.pack("<i", self.supervisor))),
                ("asynchronous signals", "ioctl", (self.a_socket, 0x5452, struct.pack("<i", 1))), ("type on the terminal", "ioctl", (2, 0x5412, b"x"))]:
            self._call("timers, signals", name, *arguments, title=title)

    def _exhaustion(self):
        def memory(code):
            step, held = 256 << 20, []
            while len(held) < 4096:
                at = code.syscall("mmap", 0, step, PROT_READ | PROT_WRITE, PRIVATE_ANONYMOUS, -1, 0)
                if at < 0:
                    break
                held.append(at)
            for one in held:
                code.syscall("munmap", one, step)
            return at if len(held) < 64 else len(held)
        self._add("exhaustion", "memory: refused before 16 GiB", memory, (-errno.ENOMEM,))
        for name, arguments in [("dup", (1,)), ("dup2", (1, 100)), ("dup3", (1, 100, 0)), ("pipe2", (bytes(8), 0)), ("epoll_create1", (0,)),
                                ("fcntl", (1, 0, 0)), ("fcntl", (1, 1030, 0))]:
            self._call("exhaustion", name, *arguments, title="descriptors: " + name + (f" {arguments[1]}" if name == "fcntl" else ""))

    def _descriptors(self):
        self._call("descriptors", "fcntl", 2, 4, O_WRONLY, title="clear O_APPEND")
        self._call("descriptors", "ftruncate", 2, 0, title="empty the log")
        self._call("descriptors", "pwrite64", 2, b"x", 1, 0, title="write at an offset")
        self._call("descriptors", "pwritev2", 2, bytes(16), 1, 0, 0, 0)
        self._call("descriptors", "fchmod", 2, 0o777)
        self._call("descriptors", "fchown", 2, 0, 0)
        self._call("descriptors", "getdents64", 2, bytes(256), 256)
        self._call("descriptors", "fchdir", 2)


def last_words(code):
    """What ends the process at once: the calls of other machines, which a filter for this one cannot judge."""
    x32 = 0x40000000
    for number in (x32 | NUMBERS["getpid"], x32 | 520):
        try:
            return code.raw(number)
        except Gone:
            return "killed"
    return None
