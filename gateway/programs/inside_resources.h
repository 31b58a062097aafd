#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/config/config.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// What the sandboxed process of an inside cannot do itself, done by its parent: locks the state
/// directory, binds the listeners for services, opens the audit log and dials the gateways. The
/// results are passed on as descriptors: `services`, `audit`, `connected LINK`, or `failed LINK
/// WHY`.
class InsideResources {
public:
    /// Sends a packet to the process. `config` must outlive this.
    using Send = std::function<void(std::string_view text, int descriptor)>;
    InsideResources(boost::asio::io_context& io, const InsideProgramConfig& config, Send send);
    ~InsideResources() { close(); }
    InsideResources(const InsideResources&) = delete;
    InsideResources& operator=(const InsideResources&) = delete;

    /// Throws StartError.
    void open();
    /// To a process that has just been started. False if it must wait for the audit log.
    [[nodiscard]] bool give();
    /// Dials the gateway of that link, unless it is being dialled.
    void dial(std::uint32_t link);
    /// After a rotation, or when the journal was lost. False if it cannot be opened: the old one is
    /// still in use.
    [[nodiscard]] bool reopen_audit();
    /// Closes the listeners and removes their sockets.
    void close() noexcept;

private:
    [[nodiscard]] bool give_audit();

    struct Listener {
        std::string unix_path;  ///< "" for tcp
        Descriptor socket;
    };

    boost::asio::io_context& io_;
    const InsideProgramConfig& config_;
    Send send_;
    Descriptor lock_;
    std::vector<Listener> listeners_;
    Descriptor audit_;  ///< invalid if there are no records
    std::set<std::uint32_t> dialling_;
    std::uint64_t process_ = 0;  ///< counts them: one gets no answers to another's requests
};

}  // namespace sallyport::gateway
