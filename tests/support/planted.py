"""Code planted in a running process, as an attacker has it who broke its parser: system calls that this very process makes, with its
sandbox, its descriptors and its memory. They are injected with ptrace, which only root may do. For x86-64."""
import contextlib
import ctypes
import errno
import os
import re
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_DETACH = 7, 9, 12, 13, 17
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000
NUMBERS_FILE = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
SCRATCH_BYTES = 1 << 20
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()
MASK = (1 << 64) - 1


def numbers():
    """The system calls of this machine by name."""
    with open(NUMBERS_FILE) as file:
        return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}


NUMBERS = numbers()


class Gone(Exception):
    """The process ended: it was killed for what it tried."""


class Planted:
    """with Planted(pid) as code: code.syscall("openat", -100, b"/etc/passwd", 0). Byte strings are passed by address; the result is
    the kernel's, negative for an error."""

    def __init__(self, pid):
        self.pid = pid

    def _ptrace(self, request, data=0):
        if LIBC.ptrace(request, self.pid, 0, data) < 0:
            number = ctypes.get_errno()
            raise Gone if number == errno.ESRCH else OSError(number, f"ptrace {request:#x}: {os.strerror(number)}")

    def _wait(self):
        _, status = os.waitpid(self.pid, WALL)
        if not os.WIFSTOPPED(status):
            raise Gone

    def _registers(self):
        block = (ctypes.c_ulonglong * len(REGISTERS))()
        self._ptrace(PTRACE_GETREGS, ctypes.addressof(block))
        return dict(zip(REGISTERS, block))

    def _set_registers(self, registers):
        block = (ctypes.c_ulonglong * len(REGISTERS))(*(registers[name] & MASK for name in REGISTERS))
        self._ptrace(PTRACE_SETREGS, ctypes.addressof(block))

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        self._wait()
        self.memory = os.open(f"/proc/{self.pid}/mem", os.O_RDWR | os.O_CLOEXEC)
        self.saved = self._registers()
        self.instruction = self._find_instruction()
        self.used = 0
        self.scratch = self.syscall("mmap", 0, SCRATCH_BYTES, 3, 0x22, -1, 0)
        assert self.scratch > 0, self.scratch
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Gone):
            self.syscall("munmap", self.scratch, SCRATCH_BYTES)
            self._set_registers(self.saved)
            self._ptrace(PTRACE_DETACH)
        os.close(self.memory)

    def _find_instruction(self):
        with open(f"/proc/{self.pid}/maps") as maps:
            for line in maps:
                bounds, permissions = line.split()[:2]
                if "x" not in permissions or "[vsyscall]" in line:
                    continue
                begin, end = (int(bound, 16) for bound in bounds.split("-"))
                with contextlib.suppress(OSError):
                    at = os.pread(self.memory, end - begin, begin).find(b"\x0f\x05")
                    if at >= 0:
                        return begin + at
        raise AssertionError("there is no syscall instruction")

    def put(self, data):
        """Its address in the process."""
        if self.used + len(data) > SCRATCH_BYTES:
            self.used = 0
        address = self.scratch + self.used
        os.pwrite(self.memory, data, address)
        self.used += (len(data) + 15) // 16 * 16
        return address

    def get(self, address, size):
        return os.pread(self.memory, size, address)

    def raw(self, number, *arguments, instruction=None):
        registers = dict(self.saved)
        for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), [*arguments, 0, 0, 0, 0, 0, 0]):
            registers[name] = self.put(value + b"\0") if isinstance(value, bytes) else value
        registers.update(rax=number, orig_rax=-1, rip=instruction or self.instruction)
        self._set_registers(registers)
        self._ptrace(PTRACE_SINGLESTEP)
        self._wait()
        result = self._registers()["rax"]
        return result - (1 << 64) if result > MASK - 4096 else result

    def syscall(self, name, *arguments):
        return self.raw(NUMBERS[name], *arguments)

    def descriptors(self):
        """fd -> what it is."""
        found = {}
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(OSError):
                found[int(fd)] = os.readlink(f"/proc/{self.pid}/fd/{fd}")
        return found


def copy_of_descriptor(pid, fd):
    """The same open file in this process: what it sends there is as if that process had sent it."""
    pidfd = os.pidfd_open(pid)
    try:
        copy = LIBC.syscall(NUMBERS["pidfd_getfd"], pidfd, fd, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return copy
    finally:
        os.close(pidfd)


def sockaddr_in(port):
    return struct.pack("<H", 2) + struct.pack(">H", port) + bytes([127, 0, 0, 1]) + bytes(8)


def sockaddr_un(path):
    return struct.pack("<H", 1) + path.encode() + b"\0"
