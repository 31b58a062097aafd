#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/config/policy_version.h"
#include "gateway/host/packet_channel.h"
#include "gateway/supervision/process.h"

namespace sallyport::gateway {

/// The running child processes: their process ids and channels.
class ChildTable {
public:
    using OnPacket = std::function<void(supervision::ProcessId from, Packet&& packet)>;
    struct Ended {
        supervision::ProcessId process;
        int status;  ///< from waitpid()
    };

    ChildTable(boost::asio::io_context& io, OnPacket on_packet)
        : io_(io), on_packet_(std::move(on_packet)) {}

    /// Starts a sallyport process by those words, which enters its sandbox: in a process id
    /// namespace of its own if the kernel permits it. Its first packet is that version of the
    /// policy, with its secrets only for an authenticator. Throws std::system_error.
    void start(supervision::ProcessId process, std::vector<std::string> program,
               const std::string& config_file, const PolicyVersion& version);
    /// `channel` is our end of the packet socket; none for a child without one.
    void add(supervision::ProcessId process, pid_t pid, Descriptor channel);
    /// False if the process does not exist, has ended, or does not read.
    bool send(supervision::ProcessId to, std::string_view text, int descriptor = -1) noexcept;
    bool has(supervision::ProcessId process) const noexcept { return children_.contains(process); }
    void signal(supervision::ProcessId process, int number) noexcept;
    void kill_all() noexcept;
    /// The children that have ended since the last call. Their channels are closed: unread packets
    /// are lost.
    std::vector<Ended> reap();

private:
    struct Child {
        pid_t pid = 0;
        std::unique_ptr<PacketChannel> channel;
    };

    boost::asio::io_context& io_;
    OnPacket on_packet_;
    std::map<supervision::ProcessId, Child> children_;
};

}  // namespace sallyport::gateway
