#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/auth/auth_decoy.h"
#include "policy/auth/auth_section.h"
#include "policy/auth/credentials.h"
#include "policy/auth/join_request.h"
#include "policy/auth/principals.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/hash.h"
#include "policy/engine/permit.h"
#include "wamp/base/random.h"
#include "wamp/base/value.h"

namespace sallyport::policy {

/// Decides who may join one realm with a secret: its principals and the compiled [auth] section of
/// its policy file. Only the authenticator process has one. Immutable; the state of an attempt is
/// held by its owner. Each function takes one step of an attempt and returns the next. Guarantees:
/// a wrong secret, an unknown or disabled principal and a principal without the method get the same
/// answers for the same work (W-AUT-04); a challenge is good for one answer, as long as its owner
/// passes it on once (W-AUT-05); no answer reveals anything about the host or the principals.
class Authenticator {
public:
    /// The state of an attempt. Opaque to its owner.
    struct Attempt : JoinRequest {
        std::string expected;      ///< what the answer has to match: a challenge or a nonce
        crypto::ScramCosts costs;  ///< as sent to the client
        /// The answer of the [auth.dynamic] procedure, for a principal that is not in the file.
        std::shared_ptr<const Credentials> dynamic;
        bool proven = false;  ///< by a ticket of the file, before the procedure is called
    };
    struct Admitted {  ///< send WELCOME
        Principal principal;
        wamp::Dict authextra;
        std::string_view provider = "static";
    };
    struct Challenged {  ///< send CHALLENGE; pass `attempt` to verify() once
        std::string_view method;
        wamp::Dict extra;
        Attempt attempt;
    };
    struct CallAuthenticator {  ///< call the procedure of [auth.dynamic]; pass `attempt` and what
                                ///< it answers to resume()
        bool hide_ticket;       ///< pass it another one: the principal is in the file
        Attempt attempt;
    };
    /// Run `check`, which takes tens of milliseconds and may run on any thread; pass this and its
    /// result to conclude().
    struct DeferredCheck {
        std::function<bool()> check;
        Attempt attempt;
    };
    struct Refused {  ///< send ABORT with this reason (W-SES-11)
        std::string_view reason;
        std::string_view why = {};  ///< for the log, never for the client
    };
    using Step = std::variant<Admitted, Challenged, CallAuthenticator, DeferredCheck, Refused>;

    /// What an attempt needs from its owner.
    struct Arrival {
        wamp::SessionId session;          ///< the id that WELCOME will show (W-AUT-W3)
        wamp::Random& random;             ///< nonces
        const crypto::Digest& decoy_key;  ///< of this process, for files without one
    };

    static std::shared_ptr<const Authenticator> make(const AuthText& auth,
                                                     const Principals& principals);

    /// The answer to HELLO.
    Step open(JoinRequest&& request, const Arrival& arrival) const;
    /// AUTHENTICATE.
    Step verify(Attempt&& attempt, const Proof& proof, const Arrival& arrival) const;
    /// Continues after `check` of DeferredCheck returned `proven`.
    Step conclude(DeferredCheck&& deferred, bool proven) const;
    /// Continues with what the [auth.dynamic] procedure has answered, read; null for an error, a
    /// timeout, a missing link or an unreadable answer.
    Step resume(Attempt&& attempt, std::shared_ptr<const Credentials> found,
                const Arrival& arrival) const;

    /// The role of a principal in the principals file; for tools.
    std::optional<std::string_view> role_of(std::string_view authid) const noexcept;

private:
    using Known = std::map<std::string, std::shared_ptr<const Credentials>, std::less<>>;

    /// The principal if it may use the method, otherwise a decoy.
    struct Subject {
        std::shared_ptr<const Credentials> real;  ///< null: no answer can succeed
        Credentials decoy;
        const Credentials& shown() const noexcept { return real ? *real : decoy; }
    };

    std::shared_ptr<const Credentials> find(const Attempt& attempt) const;
    std::shared_ptr<const Credentials> usable(const Attempt& attempt) const;
    Subject subject(const Attempt& attempt, const Arrival& arrival) const;
    bool offers(Method method) const noexcept { return offered_.has(method); }
    bool asks_for(Method method) const noexcept { return asked_for_.has(method); }

    Step ask(Attempt&& attempt) const;
    bool is_in_file(const Attempt& attempt) const;
    Step challenge(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_cra(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_scram(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_cryptosign(Attempt&& attempt, const Arrival& arrival) const;
    Step verify_ticket(Attempt&& attempt, const Proof& proof) const;
    Step after_ticket(Attempt&& attempt) const;
    Step verify_scram(const Attempt& attempt, const Proof& proof, const Arrival& arrival) const;
    Refused denial(const Attempt& attempt, std::string_view otherwise) const;
    static Step admit(const Attempt& attempt, const Credentials& who);

    Known principals_;
    std::map<crypto::PublicKey, std::vector<std::string>> owners_;  ///< authids by public key
    Methods offered_;
    Decoys decoys_;
    std::optional<crypto::Digest> decoy_key_;
    std::optional<crypto::SigningSeed> router_key_;
    std::uint32_t iterations_ = 0;  ///< the most of any ticket: the cost of each attempt
    Methods asked_for_;  ///< the methods on which the procedure of [auth.dynamic] decides
};

}  // namespace sallyport::policy
