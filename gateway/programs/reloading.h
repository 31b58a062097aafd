#pragma once

#include <charconv>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "gateway/config/policy_version.h"
#include "gateway/host/descriptor.h"
#include "policy/door/door.h"

namespace sallyport::gateway {

/// "2 sessions ended, 3 subscriptions and 0 registrations revoked".
template <class Reloaded>
std::string describe(const Reloaded& done) {
    std::string text = std::to_string(done.sessions_ended) + " sessions ended, " +
                       std::to_string(done.subscriptions_revoked) + " subscriptions and " +
                       std::to_string(done.registrations_revoked) + " registrations revoked";
    if constexpr (requires { done.moved; })
        text += ", " + std::to_string(done.moved) + " led elsewhere";
    return text;
}

/// The part of a reload that a program does which carries a core: compiles another version on a
/// thread of its own, so that nobody waits for that, and takes it when it is told to, in one step
/// of the reactor.
template <class ShellType>
class Reloading {
public:
    using Realms = std::vector<policy::DoorRealm>;
    using Load =
        std::function<Realms(const PolicyVersion& version)>;  ///< may throw, on another thread
    using Prepared = std::function<void(std::string why_not, std::string summary)>;

    Reloading(boost::asio::io_context& io, ShellType& shell, Load load)
        : io_(io), shell_(shell), load_(std::move(load)) {}
    ~Reloading() {
        if (thread_.joinable()) thread_.join();
    }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;

    /// `prepared` is called on the reactor: with why it cannot be, or with what it would change. A
    /// later call takes the place of an earlier one.
    void prepare(std::function<PolicyVersion()> version, Prepared prepared) {
        if (thread_.joinable()) thread_.join();
        realms_.reset();
        const std::uint64_t turn = ++turn_;
        thread_ =
            std::thread([this, turn, version = std::move(version), prepared = std::move(prepared)] {
                auto realms = std::make_shared<Realms>();
                std::string why_not;
                try {
                    *realms = load_(version());
                } catch (const std::exception& error) {
                    why_not = error.what();
                }
                boost::asio::post(io_, [this, turn, realms, why_not, prepared] {
                    if (turn != turn_) return;
                    std::string summary;
                    if (why_not.empty()) summary = describe(shell_.core().would_reload(*realms));
                    if (why_not.empty()) realms_ = std::move(*realms);
                    prepared(why_not, summary);
                });
            });
    }
    void forget() { realms_.reset(); }
    /// What it did; "" when nothing was prepared.
    std::string commit() {
        if (!realms_) return {};
        return describe(shell_.reload(*std::exchange(realms_, std::nullopt)));
    }

    /// `prepare ID` with a version, `commit ID`, `forget ID` of the supervisor; answers with
    /// `prepared ID …`, `refused ID …`, `committed ID …`.
    template <class Say>
    bool on_packet(std::string_view word, std::string_view id, Descriptor&& descriptor, Say say) {
        if (word == "prepare") {
            auto memory = std::make_shared<Descriptor>(std::move(descriptor));
            const auto read = [memory] {
                auto version = from_memory(*memory);
                if (!version) throw std::runtime_error("the version did not arrive");
                return *std::move(version);
            };
            prepare(read, [id = std::string(id), say](const std::string& why_not,
                                                      const std::string& summary) {
                say(why_not.empty() ? "prepared " + id + " " + summary
                                    : "refused " + id + " " + why_not);
            });
        } else if (word == "commit") {
            say("committed " + std::string(id) + " " + commit());
        } else if (word == "forget") {
            forget();
        } else {
            return false;
        }
        return true;
    }

private:
    boost::asio::io_context& io_;
    ShellType& shell_;
    Load load_;
    std::thread thread_;
    std::uint64_t turn_ = 0;
    std::optional<Realms> realms_;
};

}  // namespace sallyport::gateway
