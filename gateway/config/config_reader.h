#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "policy/document/section.h"

namespace sallyport::gateway {

/// Reads the values that both configuration files use: paths, addresses, sizes and limits of one
/// file. Invalid values are reported to the section and read as absent.
class ConfigReader {
public:
    explicit ConfigReader(std::string file);

    const std::string& file() const noexcept { return file_; }
    policy::Diagnostics& diagnostics() noexcept { return diagnostics_; }
    /// Whether there are no errors so far.
    bool sound() const noexcept { return diagnostics_.empty(); }
    policy::Diagnostics take();

    void state_dir(policy::Section& section);
    const PathText& state_dir() const noexcept { return state_dir_; }

    /// Relative to the folder of the file.
    PathText path(policy::Section& section, std::string_view key, std::string_view example);
    /// Relative to the state directory, valid for a unix socket.
    PathText socket(policy::Section& section, std::string_view key, std::string_view otherwise);
    /// As socket(), for a listener: a path, or a table of path, mode and group.
    SocketText listener(policy::Section& section, std::string_view key, std::string_view otherwise);
    /// `mode` and `group` of the unix socket at `path`; both are errors without a path.
    SocketAccess access(policy::Section& section, std::string_view path);
    std::vector<PathText> realms(policy::Section& section);
    std::optional<backend_link::Address> address(policy::Section& section, std::string_view key,
                                                 bool names_allowed);
    /// One or several, as while a key is replaced; the pins of which any key may be the peer's.
    std::vector<std::string> pins(policy::Section& section, std::string_view key);
    std::optional<std::int64_t> integer(policy::Section& section, std::string_view key,
                                        std::int64_t least, std::int64_t most);
    static void duration(policy::Section& section, std::string_view key, wamp::Duration& value,
                         wamp::Duration least = wamp::Duration::zero(),
                         wamp::Duration most = wamp::Duration::max());
    static void bytes(policy::Section& section, std::string_view key, std::size_t least,
                      std::size_t most, std::size_t& value);
    /// `heartbeat` and `dead_after` of a link.
    backend_link::Pulse::Limits pulse(policy::Section& section);
    /// `eject`, `eject_at` and `slow_return` of a backend.
    backend_link::Health::Limits health(policy::Section& section);
    LimitsText limits(policy::Section& root);
    AuditText audit(policy::Section& root);
    MetricsText metrics(policy::Section& root);

private:
    std::string resolve(std::string_view path) const;
    std::string resolve_in_state(std::string_view path) const;
    void check_socket_path(policy::Section& section, const policy::Item& item,
                           std::string_view path);
    PathText socket_at(policy::Section& section, std::string_view text, const policy::Item& item,
                       std::string_view key);
    static std::optional<unsigned> mode(policy::Section& section);

    std::string file_;
    std::string folder_;
    PathText state_dir_;
    policy::Diagnostics diagnostics_;
};

}  // namespace sallyport::gateway
