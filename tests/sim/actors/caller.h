#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/actors/client.h"

namespace sallyport::sim {

/// Calls, cancels, and checks how its calls end.
class Caller {
public:
    explicit Caller(Client& client) : client_(client) {}

    void call();
    /// So many, with large payloads, of those who call themselves.
    void call_much(std::uint64_t count);
    /// One of the meta API; what it is answered is for the door's model.
    void call_meta();
    void call_named(std::string uri, std::size_t padding = 0);
    void cancel();

    void on(const wamp::CallResult& result);
    void on(const wamp::Error& error);

    void forget() { calls_.clear(); }
    void check_all_answered() const;
    /// Of the calls made by call_named(): how many ended with `unavailable`.
    std::uint64_t unavailable() const noexcept { return unavailable_; }

private:
    struct Call {
        std::string uri;
        std::uint64_t tag = 0;  ///< 0: of the meta API
        bool progressive = false;
    };
    using Calls = std::map<wamp::RequestId, Call>;

    void ask(std::string_view procedure, const wamp::List& args, const wamp::Dict& kwargs = {});
    void put_out(wamp::SessionId session);  ///< one or many sessions
    void leave_testament();
    void check_error(const Call& call, const wamp::Error& error);

    Client& client_;
    Calls calls_;
    std::uint64_t unavailable_ = 0;
};

}  // namespace sallyport::sim
