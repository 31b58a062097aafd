#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/sim/actors/client.h"

namespace sallyport::sim {

/// Registers, and answers what it is called with: at once, late, with progress, twice or never, as
/// the procedure's name says.
class Callee {
public:
    explicit Callee(Client& client) : client_(client) {}

    void offer_service();  ///< all that a service has
    void offer();          ///< one of those that a guest may or may not offer
    void take_over();      ///< in place of whoever has it
    void withdraw();

    /// False where the request was not of this kind.
    bool on(const wamp::Error& error);
    void on(const wamp::Registered& registered);
    void on(const wamp::Unregistered& unregistered);
    void on(const wamp::Invocation& invocation);
    void on(const wamp::Interrupt& interrupt);

    void forget() { requests_.clear(); }
    void check_all_answered() const;

private:
    struct Request {
        std::string uri;
        wamp::RegistrationId given_up = 0;
        bool pattern = false;
    };
    struct Offered {
        std::string uri;
        bool pattern = false;
    };

    void register_(std::string uri, bool prefix, bool shared, bool forced = false);
    void decide_login(const wamp::Invocation& invocation);
    void answer(wamp::RequestId invocation, const std::string& procedure,
                const PayloadId& payload_id, bool sealed, bool progress);
    void later(Duration delay, wamp::RequestId invocation, const std::string& procedure,
               const PayloadId& payload_id, bool sealed, bool progress);

    Client& client_;
    std::map<wamp::RequestId, Request> requests_;
    std::map<wamp::RegistrationId, Offered> offered_;
    std::set<wamp::RequestId> open_;  ///< invocations that want an answer
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sallyport::sim
