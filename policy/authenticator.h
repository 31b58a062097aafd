#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "policy/permit.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// Who may join one realm and how: the compiled [auth] part of its policy file with its principals. Immutable.
/// A wrong secret and an unknown principal get the same answer in the same time (W-AUT-04).
class Authenticator {
public:
    struct Challenged {  ///< send CHALLENGE
        std::string method;
        wamp::Dict extra;
        std::string authid;  ///< what to hand to verify() later
    };
    struct Refused {  ///< send ABORT with this reason (W-SES-11)
        std::string_view reason;
    };
    using Opening = std::variant<Principal, Challenged, Refused>;

    /// What HELLO leads to: the first method of the client's list that this realm offers (W-AUT-01).
    /// `anonymous_authid` becomes the authid of an anonymous session (random, drawn by the caller).
    Opening open(const wamp::Hello& hello, std::string_view anonymous_authid) const;

    /// Checks AUTHENTICATE for a challenge of open().
    std::variant<Principal, Refused> verify(const Challenged& challenge, const wamp::Authenticate& answer) const;

private:
    friend class Compiler;
    struct Stored {
        std::string role;
        std::string ticket_hash;
    };
    std::string anonymous_role_;  ///< "" when anonymous sessions are refused
    std::map<std::string, Stored, std::less<>> tickets_;
};

}  // namespace sallyport::policy
