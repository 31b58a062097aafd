#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/config/link_plan.h"
#include "gateway/config/load_config.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// What the sandboxed process of an inside cannot do itself, done by its parent: locks the state
/// directory, binds the listeners, opens the audit log and dials the gateways. The
/// results are passed on as descriptors: `services`, `admin`, `metrics`, `audit`, `connected LINK`,
/// or `failed LINK WHY`.
class InsideResources {
public:
    /// Sends a packet to the process.
    using Send = std::function<void(std::string_view text, int descriptor)>;
    /// `loaded` must outlive this. Its links may change by adopt() alone.
    InsideResources(boost::asio::io_context& io, LoadedInside& loaded, Send send);
    ~InsideResources() { close(); }
    InsideResources(const InsideResources&) = delete;
    InsideResources& operator=(const InsideResources&) = delete;

    /// Throws StartError.
    void open();
    /// To a process that has just been started. False if it must wait for the audit log.
    [[nodiscard]] bool give();
    /// Dials the gateway of the link with that number, unless it is being dialled.
    void dial(std::uint32_t link);
    /// For a process that starts with the running version.
    const LinkParts& link_parts() const noexcept { return book_.running; }
    /// Numbers the links of another version, which is then adopted or not.
    LinkParts plan(const LoadedInside& next) { return plan_links(loaded_, book_, next); }
    void adopt(LoadedInside next, LinkParts parts);
    /// After a rotation, or when the journal was lost. False if it cannot be opened: the old one is
    /// still in use.
    [[nodiscard]] bool reopen_audit();
    /// Closes the listeners and removes their sockets.
    void close() noexcept;

private:
    [[nodiscard]] bool give_audit();

    struct Listener {
        std::string name;       ///< "services", "admin", "metrics"
        std::string unix_path;  ///< "" for tcp
        Descriptor socket;
    };

    boost::asio::io_context& io_;
    LoadedInside& loaded_;
    const InsideProgramConfig& config_;
    LinkBook book_;
    Send send_;
    Descriptor lock_;
    std::vector<Listener> listeners_;
    Descriptor audit_;  ///< invalid if there are no records
    std::set<std::uint32_t> dialling_;
    std::uint64_t process_ = 0;  ///< counts them: one gets no answers to another's requests
};

}  // namespace sallyport::gateway
