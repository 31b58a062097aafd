"""Runs a program as on a kernel, or under a service manager, that lacks some system calls: without("landlock", argv) is the command."""
import sys

_PROGRAM = '''
import ctypes, os, sys
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
class Argument(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint), ("compare", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]
ALLOW, EPERM, EOPNOTSUPP, MASKED_EQ = 0x7FFF0000, 0x50001, 0x50000 + 95, 7
context = ctypes.c_void_p(lib.seccomp_init(ALLOW))
def refuse(action, name, *arguments):
    number = lib.seccomp_syscall_resolve_name(name)
    block = (Argument * len(arguments))(*arguments)
    assert lib.seccomp_rule_add_array(context, action, number, len(arguments), block) == 0, name
if sys.argv[1] == "landlock":
    refuse(EOPNOTSUPP, b"landlock_create_ruleset")
elif sys.argv[1] == "namespaces":
    refuse(EPERM, b"unshare")
    for flag in (0x10000000, 0x20000000):
        refuse(EPERM, b"clone", Argument(0, MASKED_EQ, flag, flag))
assert lib.seccomp_load(context) == 0
os.execv(sys.argv[2], sys.argv[2:])
'''


def without(what, argv):
    return [sys.executable, "-c", _PROGRAM, what, *argv]
