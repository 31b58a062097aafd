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
#include "policy/auth/principals.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/hash.h"
#include "policy/engine/permit.h"
#include "wamp/base/random.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// Decides who may join one realm, and how: the compiled [auth] section of its policy file with its
/// principals. Immutable; the state of an attempt is held by its owner. Each function takes one
/// step of an attempt and returns the next. Guarantees: a wrong secret, an unknown or disabled
/// principal and a principal without the method get the same answers for the same work (W-AUT-04);
/// a challenge is good for one answer, as long as its owner passes it on once (W-AUT-05); no answer
/// reveals anything about the host or the principals.
class Authenticator {
public:
    /// The state of an attempt. Opaque to its owner.
    struct Attempt {
        Method method = Method::ticket;
        std::string realm;
        std::string authid;        ///< as requested; "" if the public key identifies the principal
        std::string client_nonce;  ///< of SCRAM
        std::string expected;      ///< what the answer has to match: a challenge or a nonce
        crypto::ScramCosts costs;  ///< as sent to the client
        crypto::PublicKey key{};   ///< as announced by the client
        std::string client_challenge;  ///< to be signed by the router, 32 bytes or empty
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
    struct CallAuthenticator {  ///< call the procedure of dynamic(); pass `attempt` and its answer
                                ///< to resume()
        wamp::Value authid;
        wamp::Dict details;
        Attempt attempt;
    };
    /// Run `check`, which takes tens of milliseconds and may run on any thread; pass this and its
    /// result to conclude().
    struct DeferredCheck {
        std::function<bool()> check;
        Attempt attempt;
        std::string ticket;
    };
    struct Refused {  ///< send ABORT with this reason (W-SES-11)
        std::string_view reason;
        std::string_view why = {};  ///< for the log, never for the client
    };
    using Step = std::variant<Admitted, Challenged, CallAuthenticator, DeferredCheck, Refused>;

    /// What an attempt needs from its owner.
    struct Arrival {
        wamp::SessionId session;          ///< the id that WELCOME will show (W-AUT-W3)
        wamp::Random& random;             ///< nonces, names of anonymous sessions
        const crypto::Digest& decoy_key;  ///< of this process, for files without one
    };

    static std::shared_ptr<const Authenticator> make(const AuthText& auth,
                                                     const Principals& principals);

    /// The answer to HELLO: uses the first method of the client's list that this realm offers
    /// (W-AUT-01), regardless of the principal.
    Step open(const wamp::Hello& hello, const Arrival& arrival) const;
    /// AUTHENTICATE.
    Step verify(Attempt&& attempt, const wamp::Authenticate& answer, const Arrival& arrival) const;
    /// Continues after `check` of DeferredCheck returned `proven`.
    Step conclude(DeferredCheck&& deferred, bool proven, const Arrival& arrival) const;
    /// Continues with the first result of the [auth.dynamic] procedure; null for an error, a
    /// timeout or a missing link.
    Step resume(Attempt&& attempt, const wamp::Value* answer, const Arrival& arrival) const;

    /// Whom this HELLO names, for records: the authid, the public key, or "" for an anonymous
    /// session.
    static std::string name_of(const wamp::Hello& hello);
    /// The method that open() uses for this HELLO; nothing if it refuses it.
    std::optional<Method> method_of(const wamp::Hello& hello) const;
    const FailureLimits& failures() const noexcept { return failures_; }
    const DynamicText* dynamic() const noexcept { return dynamic_ ? &*dynamic_ : nullptr; }

    /// The role of a principal in the principals file; for tools.
    std::optional<std::string_view> role_of(std::string_view authid) const noexcept;
    /// Whether a session that was admitted by the principals file or as anonymous would be admitted
    /// again with that role and method; for reloads.
    bool still_admits(const Principal& principal) const noexcept;
    bool admits_anybody() const noexcept {
        return !anonymous_role_.empty() || !principals_.empty() || dynamic_.has_value();
    }

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
    bool asks_for(Method method) const noexcept {
        return dynamic_ && dynamic_->methods.has(method);
    }

    Step begin(Method method, const wamp::Hello& hello, const Arrival& arrival) const;
    Step ask(Attempt&& attempt, std::string_view ticket, const Arrival& arrival) const;
    bool is_in_file(const Attempt& attempt) const;
    Step challenge(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_cra(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_scram(Attempt&& attempt, const Arrival& arrival) const;
    Step challenge_cryptosign(Attempt&& attempt, const Arrival& arrival) const;
    Step verify_ticket(Attempt&& attempt, const wamp::Authenticate& answer,
                       const Arrival& arrival) const;
    Step after_ticket(Attempt&& attempt, std::string_view ticket, const Arrival& arrival) const;
    Step verify_scram(const Attempt& attempt, const wamp::Authenticate& answer,
                      const Arrival& arrival) const;
    Refused denial(const Attempt& attempt, std::string_view otherwise) const;
    static Step admit(const Attempt& attempt, const Credentials& who);

    std::string anonymous_role_;  ///< "" if anonymous sessions are refused
    Known principals_;
    std::map<crypto::PublicKey, std::vector<std::string>> owners_;  ///< authids by public key
    Methods offered_;
    Decoys decoys_;
    std::optional<crypto::Digest> decoy_key_;
    std::optional<crypto::SigningSeed> router_key_;
    std::uint32_t iterations_ = 0;  ///< the most of any ticket: the cost of each attempt
    FailureLimits failures_;
    std::optional<DynamicText> dynamic_;
};

}  // namespace sallyport::policy
