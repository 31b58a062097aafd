#include "gateway/host/sandbox.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace sallyport::gateway {

namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

// GCC has macros for its sanitizers, Clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__clang__)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

constexpr std::array denied{
    // Network access: descriptors come from the supervisor, ready to use.
    "connect",
    "bind",
    "listen",
    // Other programs.
    "execve",
    "execveat",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "kcmp",
    // Large or rarely tested parts of the kernel.
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "open_by_handle_at",
    "name_to_handle_at",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "personality",
    "modify_ldt",
    "vmsplice",
    "lookup_dcookie",
    "acct",
    "quotactl",
    // System configuration.
    "mount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "reboot",
    "swapon",
    "swapoff",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "iopl",
    "ioperm",
    "mknod",
    "mknodat",
    "syslog",
    "vhangup",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "capset",
};

void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

void deny(const Filter& filter, const char* name) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // this architecture has no such call
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0), name);
}

/// `call` creates sockets; its first argument is their family.
void deny_all_but_unix(const Filter& filter, int call, const char* name) {
    const scmp_arg_cmp other_family{0, SCMP_CMP_NE, AF_UNIX, 0};
    check(seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 1, &other_family),
          name);
}

}  // namespace

void drop_privilege_gains() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw std::system_error(errno, std::generic_category(), "no_new_privs");
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

void enter_worker_sandbox() {
    drop_privilege_gains();
    const Filter filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
    if (!filter) throw std::system_error(ENOMEM, std::generic_category(), "seccomp");
    for (const char* const name : denied) deny(filter, name);
    if (!sanitized) deny(filter, "ptrace");  // the leak sanitizer traces its own threads at exit
    deny_all_but_unix(filter, SCMP_SYS(socket), "socket");
    deny_all_but_unix(filter, SCMP_SYS(socketpair), "socketpair");
    check(seccomp_load(filter.get()), "seccomp");
}

}  // namespace sallyport::gateway
