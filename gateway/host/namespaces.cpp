#include "gateway/host/namespaces.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace sallyport::gateway {

namespace {

/// Replaces the root folder by an empty one. Needs a mount namespace of our own.
bool empty_root() noexcept {
    constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    for (const char* const folder : {"/tmp", "/run", "/var", "/usr"}) {
        if (::mount("none", folder, "tmpfs", flags, "size=4k,nr_inodes=2") != 0) continue;
        // The old root is stacked on the new one and goes away.
        return ::chdir(folder) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
               ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
    }
    return false;
}

void drop_capabilities() {
    for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (::syscall(SYS_capset, &header, none.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "capset");
}

}  // namespace

std::vector<std::string> enter_namespaces() {
    constexpr int others = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS;
    std::vector<std::string> names;
    const bool user = ::unshare(CLONE_NEWUSER | others) == 0;
    if (user) names.emplace_back("user");
    if (user || ::unshare(others) == 0) {
        if (empty_root()) names.emplace_back("mount");
        for (const char* const name : {"ipc", "net", "uts"}) names.emplace_back(name);
    }
    if (::getpid() == 1) names.emplace_back("pid");
    drop_capabilities();
    return names;
}

}  // namespace sallyport::gateway
