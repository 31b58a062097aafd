#include "gateway/host/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

namespace {

// The numbers are those of linux/landlock.h, of which older systems have older copies.
constexpr long create_ruleset = 444;
constexpr long restrict_self = 446;
constexpr unsigned ask_version = 1;

struct Attributes {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scoped;
};

/// Bits of Attributes, by Landlock's version.
struct Known {
    int since;
    Attributes bits;
};
constexpr std::array known{
    Known{1, {0x1FFF, 0, 0}},  // execute, write, read, list, remove and make files of each kind
    Known{2, {0x2000, 0, 0}},  // link and rename across folders
    Known{3, {0x4000, 0, 0}},  // truncate
    Known{4, {0, 0x3, 0}},     // bind and connect TCP
    Known{5, {0x8000, 0, 0}},  // ioctl of devices
    Known{6, {0, 0, 0x3}},     // abstract unix sockets, signals
};

}  // namespace

int landlock_version() noexcept {
    const long version = ::syscall(create_ruleset, nullptr, 0, ask_version);
    return version < 0 ? 0 : static_cast<int>(version);
}

int forbid_files() {
    const int version = landlock_version();
    if (version == 0) return 0;
    Attributes handled{};
    for (const Known& one : known) {
        if (version < one.since) continue;
        handled.files |= one.bits.files;
        handled.network |= one.bits.network;
        handled.scoped |= one.bits.scoped;
    }
    const Descriptor rules(
        static_cast<int>(::syscall(create_ruleset, &handled, sizeof(handled), 0)));
    if (!rules || ::syscall(restrict_self, rules.get(), 0) != 0)
        throw std::system_error(errno, std::generic_category(), "landlock");
    return version;
}

}  // namespace sallyport::gateway
