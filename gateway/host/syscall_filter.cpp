#include "gateway/host/syscall_filter.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <set>
#include <system_error>

namespace sallyport::gateway {

namespace {

constexpr std::array plain{
    // Descriptors that exist.
    "read",
    "readv",
    "pread64",
    "write",
    "writev",
    "close",
    "lseek",
    "recvfrom",
    "recvmsg",
    "accept",
    "accept4",
    "shutdown",
    // The reactor.
    "poll",
    "ppoll",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "timerfd_settime",
    // Time.
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    // Memory.
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "getrandom",
    // Threads.
    "futex",
    "gettid",
    "getpid",
    "rseq",
    "set_robust_list",
    "sched_yield",
    "sched_getaffinity",
    "exit",
    "exit_group",
    // Our own signals.
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
};

/// For reports with line numbers, and for the leak sanitizer, which traces its own threads.
constexpr std::array of_sanitizers{
    "open",
    "openat",
    "readlink",
    "readlinkat",
    "stat",
    "fstat",
    "newfstatat",
    "dup",
    "dup2",
    "pipe",
    "pipe2",
    "fork",
    "wait4",
    "ptrace",
    "prctl",
    "getppid",
    "sched_setaffinity",
};

/// The flags of a thread of glibc: it shares everything and has no namespace of its own.
constexpr unsigned thread_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |
                                  CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS |
                                  CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
constexpr scmp_datum_t low = 0xFFFF'FFFF;
constexpr unsigned harmless_send_flags = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE;
constexpr int set_name_of_memory = 0x53564d41;  // PR_SET_VMA

struct SocketOption {
    int level;
    int name;
};
constexpr std::array set_options{
    SocketOption{SOL_SOCKET, SO_SNDBUF},     SocketOption{SOL_SOCKET, SO_KEEPALIVE},
    SocketOption{IPPROTO_TCP, TCP_NODELAY},  SocketOption{IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    SocketOption{IPPROTO_TCP, TCP_KEEPIDLE}, SocketOption{IPPROTO_TCP, TCP_KEEPINTVL},
    SocketOption{IPPROTO_TCP, TCP_KEEPCNT},  SocketOption{IPPROTO_TCP, TCP_USER_TIMEOUT},
    SocketOption{SOL_SOCKET, SO_BUF_LOCK},
};
constexpr std::array get_options{
    SocketOption{SOL_SOCKET, SO_ERROR},  SocketOption{SOL_SOCKET, SO_TYPE},
    SocketOption{SOL_SOCKET, SO_DOMAIN}, SocketOption{SOL_SOCKET, SO_PROTOCOL},
    SocketOption{IPPROTO_TCP, TCP_INFO},
};

class Filter {
public:
    Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
        if (!context_) throw std::system_error(ENOMEM, std::generic_category(), "seccomp");
        check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
        check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
        // A tree instead of a list; older libraries have only the list.
        static_cast<void>(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    }

    /// A call that this machine does not have is left out.
    void allow(const char* name, std::initializer_list<scmp_arg_cmp> arguments = {}) {
        add(SCMP_ACT_ALLOW, name, arguments);
    }

    void answer(int error, const char* name) {
        add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), name, {});
    }

    std::size_t load() {
        check(seccomp_load(context_.get()));
        return allowed_.size();
    }

private:
    static void check(int result) {
        if (result < 0) throw std::system_error(-result, std::generic_category(), "seccomp");
    }

    void add(std::uint32_t action, const char* name,
             std::initializer_list<scmp_arg_cmp> arguments) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR) return;
        check(seccomp_rule_add_array(context_.get(), action, number,
                                     static_cast<unsigned>(arguments.size()), arguments.begin()));
        if (action == SCMP_ACT_ALLOW) allowed_.insert(number);
    }

    std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
    std::set<int> allowed_;
};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, low, value & low};
}

/// For a pointer, with all its bits.
scmp_arg_cmp is_null(unsigned argument) {
    return {argument, SCMP_CMP_EQ, 0, 0};
}

scmp_arg_cmp has_only(unsigned argument, scmp_datum_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, low & ~bits, 0};
}

scmp_arg_cmp has_none_of(unsigned argument, scmp_datum_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

void allow_sockets(Filter& filter) {
    // No address; and no MSG_FASTOPEN, which connects a listener that was shut down.
    filter.allow("sendto", {has_only(3, harmless_send_flags), is_null(4)});
    // What LogOutput does: at the end, and never waiting. Other flags undo O_APPEND.
    filter.allow("pwritev2", {equals(3, low), equals(5, RWF_NOWAIT)});
    for (const auto& [level, name] : set_options)
        filter.allow("setsockopt", {equals(1, static_cast<scmp_datum_t>(level)),
                                    equals(2, static_cast<scmp_datum_t>(name))});
    for (const auto& [level, name] : get_options)
        filter.allow("getsockopt", {equals(1, static_cast<scmp_datum_t>(level)),
                                    equals(2, static_cast<scmp_datum_t>(name))});
    for (const scmp_datum_t request :
         {scmp_datum_t{FIONBIO}, scmp_datum_t{FIONREAD}, scmp_datum_t{SIOCOUTQ}})
        filter.allow("ioctl", {equals(1, request)});
    // Not F_SETFL: what may only be appended to stays so. Not F_SETOWN: it sends signals.
    for (const scmp_datum_t command :
         {scmp_datum_t{F_GETFD}, scmp_datum_t{F_SETFD}, scmp_datum_t{F_GETFL}})
        filter.allow("fcntl", {equals(1, command)});
}

void allow_memory_and_threads(Filter& filter) {
    for (const char* const name : {"mmap", "mprotect"})
        filter.allow(name, {has_none_of(2, PROT_EXEC)});
    // glibc then uses clone(), whose flags a filter can see.
    filter.answer(ENOSYS, "clone3");
    filter.allow("clone", {equals(0, thread_flags)});
    filter.allow("tgkill", {equals(0, static_cast<scmp_datum_t>(::getpid()))});  // abort()
    filter.allow("prlimit64", {equals(0, 0), is_null(2)});
    filter.allow("prctl", {equals(0, PR_SET_NAME)});
    filter.allow("prctl", {equals(0, set_name_of_memory)});
}

}  // namespace

std::size_t load_syscall_filter() {
    Filter filter;
    for (const char* const name : plain) filter.allow(name);
    if (sanitized) {
        for (const char* const name : of_sanitizers) filter.allow(name);
    }
    allow_sockets(filter);
    allow_memory_and_threads(filter);
    return filter.load();
}

}  // namespace sallyport::gateway
