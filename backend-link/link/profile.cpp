#include "backend-link/link/profile.h"

#include <array>
#include <utility>

namespace sallyport::backend_link {
namespace {

constexpr std::array<std::pair<std::string_view, BackendKind>, 4> kinds{{
    {"sallyport", BackendKind::sallyport},
    {"crossbar", BackendKind::crossbar},
    {"nexus", BackendKind::nexus},
    {"generic", BackendKind::generic},
}};

}  // namespace

Profile profile_of(BackendKind kind) noexcept {
    Profile profile;
    profile.kind = kind;
    switch (kind) {
        case BackendKind::sallyport:
            profile.conveys_identity = true;
            profile.lists = true;
            profile.audits = true;
            profile.carries_payloads = true;
            profile.tells_causes = true;
            profile.retains = true;
            profile.shares = true;
            profile.times_calls = true;
            break;
        case BackendKind::crossbar:
            profile.rawsocket_ping = false;  // W-RAW-08
            profile.passthru = false;
            profile.streams = false;
            profile.retains = true;
            break;
        case BackendKind::nexus:
        case BackendKind::generic:
            break;
    }
    return profile;
}

std::optional<BackendKind> backend_kind(std::string_view name) noexcept {
    for (const auto& [text, kind] : kinds) {
        if (text == name) return kind;
    }
    return std::nullopt;
}

}  // namespace sallyport::backend_link
