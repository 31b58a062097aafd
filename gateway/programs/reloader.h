#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/control.h"
#include "gateway/config/version_keeper.h"
#include "gateway/host/packet_channel.h"

namespace sallyport::gateway {

/// Brings another version of the policy to the worker and the embedded insides: all of them compile
/// it first; then all take it, or, if one cannot, none does. A child that ends on the way is
/// started again with the version that counts by then.
class Reloader {
public:
    struct Child {
        std::string name;
        PacketChannel* channel;  ///< null while it does not run
    };
    using Children = std::function<std::vector<Child>()>;

    Reloader(boost::asio::io_context& io, VersionKeeper& versions, Children children);

    /// Makes it the version that runs, or with `only_check` tells what that would change. `reply`
    /// gets the outcome, at once when another reload is under way.
    void begin(PolicyVersion version, bool only_check, Control::Reply reply);

    /// What a child says; false when it is about something else.
    bool on_packet(const std::string& child, const std::string& text);
    void on_child_end(const std::string& child);
    bool busy() const noexcept { return phase_ != Phase::idle; }

private:
    enum class Phase : std::uint8_t { idle, preparing, committing };

    void send_to_all(const std::string& word, int descriptor = -1);
    void all_prepared();
    void fail(const std::string& why);
    void finish(int exit_code, const std::string& text);

    VersionKeeper& versions_;
    Children children_;
    boost::asio::steady_timer timer_;
    Phase phase_ = Phase::idle;
    std::uint64_t id_ = 0;
    bool only_check_ = false;
    PolicyVersion version_;
    Control::Reply reply_;
    std::map<std::string, bool> waiting_;  ///< by child: for its answer
    std::string lines_;                    ///< what each child said
};

}  // namespace sallyport::gateway
