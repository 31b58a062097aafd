#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "policy/auth_section.h"
#include "policy/crypto/ticket_hash.h"
#include "policy/permit.h"
#include "policy/principals.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// Who may join one realm and how: the compiled [auth] part of its policy file with its principals.
/// Immutable. A wrong secret and an unknown principal get the same answer in the same time
/// (W-AUT-04).
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

    static std::shared_ptr<const Authenticator> make(const AuthText& auth,
                                                     std::span<const PrincipalText> principals);

    /// What HELLO leads to: the first method of the client's list that this realm offers
    /// (W-AUT-01). `anonymous_authid` becomes the authid of an anonymous session (random, drawn by
    /// the caller).
    Opening open(const wamp::Hello& hello, std::string_view anonymous_authid) const;

    /// Checks AUTHENTICATE for a challenge of open().
    std::variant<Principal, Refused> verify(const Challenged& challenge,
                                            const wamp::Authenticate& answer) const;

    /// The role of a principal of the principals file; for tools.
    std::optional<std::string_view> role_of(std::string_view authid) const noexcept;
    bool admits_anybody() const noexcept { return !anonymous_role_.empty() || !tickets_.empty(); }

private:
    struct Stored {
        std::string role;
        crypto::TicketHash ticket;
    };
    std::string anonymous_role_;  ///< "" when anonymous sessions are refused
    std::map<std::string, Stored, std::less<>> tickets_;
    std::uint32_t iterations_ = 0;  ///< the largest of all tickets: what each attempt costs
};

}  // namespace sallyport::policy
