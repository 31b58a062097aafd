#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "policy/auth/auth_service.h"
#include "policy/file/load.h"

namespace sallyport::gateway {

/// Runs an AuthService: passes it the questions of a door, carries out its effects in order, and
/// checks tickets on a thread of their own, one at a time, so that the loop always answers.
class AuthHost {
public:
    using Reply = std::function<void(std::string_view packet)>;

    AuthHost(boost::asio::io_context& io, const std::vector<policy::LoadedRealm>& realms,
             Reply reply);
    AuthHost(const AuthHost&) = delete;
    AuthHost& operator=(const AuthHost&) = delete;

    void ask(std::string_view packet);
    void on_door_lost() noexcept { service_.on_door_lost(); }
    void reload(const std::vector<policy::LoadedRealm>& realms);
    const policy::AuthService& service() const noexcept { return service_; }

private:
    void carry_out();

    boost::asio::io_context& io_;
    policy::AuthService service_;
    policy::AuthService::Outbox outbox_;
    Reply reply_;
    /// Started with the first check, in the sandbox; joined before other members are destroyed.
    std::unique_ptr<boost::asio::thread_pool> checks_;
};

}  // namespace sallyport::gateway
