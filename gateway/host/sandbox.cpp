#include "gateway/host/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include "gateway/host/landlock.h"
#include "gateway/host/log.h"
#include "gateway/host/namespaces.h"
#include "gateway/host/start_error.h"
#include "gateway/host/syscall_filter.h"

namespace sallyport::gateway {

namespace {

constexpr rlim_t threads_max = 64;  // counted only in a user namespace of our own

void limit(__rlimit_resource resource, rlim_t most) noexcept {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return;
    const rlim_t least = std::min(now.rlim_max, most);
    const rlimit both{least, least};
    ::setrlimit(resource, &both);
}

/// Whether Linux is new enough to have Landlock, if it was built and started with it.
bool should_have_landlock() noexcept {
    utsname system{};
    int major = 0, minor = 0;
    if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2)
        return true;
    return std::pair(major, minor) >= std::pair(5, 13);
}

/// What libraries would read from files later.
void read_ahead() noexcept {
    ::tzset();  // also for UTC glibc looks at /etc/localtime once
}

template <class Part>
std::string attempt(Part part) {
    try {
        part();
        return {};
    } catch (const std::system_error& error) {
        if (may_pass(error.code().value()))
            throw StartFault("the sandbox cannot be made: " + error.code().message());
        return error.code().message();
    }
}

[[noreturn]] void refuse(const std::string& config_file, const std::string& what,
                         const std::string& cure) {
    throw StartError({config_file, 0, 0}, "sandbox = \"required\", but " + what,
                     cure + ", or set sandbox = \"preferred\"");
}

}  // namespace

std::string to_text(const Sandbox& sandbox) {
    std::string text = sandbox.syscalls == 0 ? std::string("no filter of system calls")
                                             : std::to_string(sandbox.syscalls) + " system calls";
    text +=
        sandbox.landlock == 0 ? ", no Landlock" : ", Landlock " + std::to_string(sandbox.landlock);
    text += sandbox.namespaces.empty() ? ", no namespaces" : ", namespaces";
    for (const std::string& name : sandbox.namespaces) text += " " + name;
    return text;
}

void log_sandbox(const Sandbox& sandbox) {
    log(sandbox.complete ? LogLevel::info : LogLevel::warning, "sandbox: " + to_text(sandbox));
}

void forbid_tracing() {
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        throw std::system_error(errno, std::generic_category(), "dumpable");
    limit(RLIMIT_CORE, 0);
}

void drop_privilege_gains() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw std::system_error(errno, std::generic_category(), "no_new_privs");
}

Sandbox enter_sandbox(SandboxMode mode, std::size_t data_bytes_max,
                      const std::string& config_file) {
    read_ahead();
    Sandbox sandbox;
    sandbox.namespaces = enter_namespaces();
    drop_privilege_gains();
    forbid_tracing();
    if (!sanitized) limit(RLIMIT_DATA, data_bytes_max);
    for (const auto resource : {RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK, RLIMIT_RTPRIO, RLIMIT_SIGPENDING})
        limit(resource, 0);
    const auto& names = sandbox.namespaces;
    if (std::find(names.begin(), names.end(), "user") != names.end())
        limit(RLIMIT_NPROC, threads_max);
    const std::string no_landlock = attempt([&] { sandbox.landlock = forbid_files(); });
    const std::string no_filter = attempt([&] { sandbox.syscalls = load_syscall_filter(); });
    const bool lacks_landlock = sandbox.landlock == 0 && should_have_landlock();
    sandbox.complete = sandbox.syscalls != 0 && !lacks_landlock;
    if (mode == SandboxMode::preferred || sandbox.complete) return sandbox;
    if (sandbox.syscalls == 0)
        refuse(config_file, "the kernel refuses a filter of system calls (" + no_filter + ")",
               "use a kernel with CONFIG_SECCOMP_FILTER");
    refuse(
        config_file,
        "this kernel runs without Landlock" + (no_landlock.empty() ? "" : " (" + no_landlock + ")"),
        "add landlock to lsm= on the kernel's command line, or let the container runtime "
        "permit it");
}

}  // namespace sallyport::gateway
