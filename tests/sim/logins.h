#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/sim/ledger.h"
#include "tests/sim/records.h"
#include "tests/sim/rules.h"
#include "tests/sim/turn.h"

namespace sallyport::sim {

/// The model of how the front's guests log in where [auth.dynamic] asks a procedure behind the
/// link: once for each attempt, without showing it a secret of the principals file, and as the
/// procedure and the file say.
class Logins {
public:
    explicit Logins(Findings& findings) : findings_(findings) {}

    /// A turn of the front begins. The record that it must have.
    std::optional<ExpectedRecord> see(const Turn& turn, const Rules& rules);
    /// A CALL of the procedure crosses a link.
    void on_call(const Turn& turn, const Turn::Sent& sent, const wamp::Call& call);
    /// RESULT or ERROR comes in by a link; whom it is about is told at once.
    void on_answer(const Turn& turn, const Rules& rules);
    /// `link_up`: whether the procedure can be reached.
    void on_welcome(const Turn& turn, wamp::PeerId to, const wamp::Welcome& welcome,
                    const Rules& rules, bool link_up);
    void on_abort(const Turn& turn, wamp::PeerId to, const wamp::Abort& abort, const Rules& rules);
    /// Reports who has been waiting all the time.
    void check_all_ended(Instant now) const;

private:
    struct Login {
        const Rules* rules = nullptr;  ///< that decided when HELLO came
        std::string authid;
        bool asks = false;  ///< the procedure
        bool asked = false;
        std::string secret;  ///< as the client has sent it
        Instant since{};
        std::optional<std::pair<std::uint32_t, wamp::RequestId>> call{};
        wamp::SessionId session = 0;  ///< that the procedure has been told
        bool over = false;
        std::optional<Principal> answer{};
    };

    Login* find(wamp::PeerId peer);
    /// As whom the client joins; nothing: it is refused.
    static std::optional<Principal> expected(const Login& login, const Rules& rules);
    static std::optional<Principal> read(const wamp::CallResult& result, const Login& login);
    void wrong(Check check, const Turn& turn, std::string what) const {
        findings_.wrong(check, turn.now, "front: " + std::move(what));
    }

    Findings& findings_;
    std::map<wamp::PeerId, Login> logins_;
    wamp::SessionId own_ = 0;  ///< the front's own session
};

}  // namespace sallyport::sim
