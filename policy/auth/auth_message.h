#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/auth/credentials.h"
#include "policy/auth/join_request.h"
#include "wamp/base/ids.h"
#include "wamp/base/value.h"

/// The questions of a door to the authenticator, and its answers: one packet each, of a fixed form.
/// Neither side trusts the other: everything has a largest size, every byte has to be accounted
/// for, and what is not such a packet is dropped.
namespace sallyport::policy {

inline constexpr std::size_t auth_packet_bytes_max = 8192;

/// Names an attempt to join in the authenticator that has opened it. Never 0.
using AttemptId = std::uint64_t;

namespace auth_question {

/// A client wants to join by that method. Answers: Challenge, Call or Refused.
struct Open {
    JoinRequest request;
    wamp::SessionId session = 0;  ///< the id that WELCOME will show (W-AUT-W3)
    bool operator==(const Open&) const = default;
};
/// It has answered the challenge. Answers: Admitted, Call or Refused.
struct Prove {
    AttemptId attempt = 0;
    Proof proof;
    bool operator==(const Prove&) const = default;
};
/// The procedure of [auth.dynamic] has answered: with those credentials, or not acceptably.
/// Answers: Challenge, Admitted or Refused.
struct Resume {
    AttemptId attempt = 0;
    std::shared_ptr<const Credentials> found;  ///< null: not acceptably
};

}  // namespace auth_question

/// `number` and `peer` mean nothing to the authenticator; its answer repeats them.
struct AuthQuestion {
    std::uint64_t number = 0;
    wamp::PeerId peer = wamp::no_peer;
    std::variant<auth_question::Open, auth_question::Prove, auth_question::Resume> body;
};

namespace auth_answer {

struct Challenge {  ///< send CHALLENGE; the attempt is good for one Prove
    AttemptId attempt = 0;
    wamp::Dict extra;  ///< texts and numbers
    bool operator==(const Challenge&) const = default;
};
struct Call {  ///< call the procedure of [auth.dynamic]; the attempt is good for one Resume
    AttemptId attempt = 0;
    bool hide_ticket = false;  ///< pass it another one
    bool operator==(const Call&) const = default;
};
struct Admitted {  ///< send WELCOME
    std::string authid;
    std::string role;
    bool dynamic = false;  ///< by the procedure of [auth.dynamic]
    wamp::Dict extra;      ///< texts
    bool operator==(const Admitted&) const = default;
};
struct Refused {  ///< send ABORT
    enum class Reason : std::uint8_t {
        denied,
        unavailable,  ///< too much is asked, or the authenticator was started again
    };
    Reason reason = Reason::denied;
    std::string why;  ///< for the log, never for the client
    bool operator==(const Refused&) const = default;
};

}  // namespace auth_answer

struct AuthAnswer {
    std::uint64_t number = 0;
    wamp::PeerId peer = wamp::no_peer;
    std::variant<auth_answer::Challenge, auth_answer::Call, auth_answer::Admitted,
                 auth_answer::Refused>
        body;
};

/// What is encoded keeps to the limits below.
std::string encode(const AuthQuestion& question);
std::string encode(const AuthAnswer& answer);
/// Nothing if it is not one, or if it is beyond a limit.
std::optional<AuthQuestion> decode_question(std::string_view packet);
std::optional<AuthAnswer> decode_answer(std::string_view packet);

inline constexpr std::size_t realm_bytes_max = 1024;
inline constexpr std::size_t role_bytes_max = 256;
inline constexpr std::size_t why_bytes_max = 128;
inline constexpr std::size_t extra_entries_max = 8;
inline constexpr std::size_t extra_key_bytes_max = 32;
inline constexpr std::size_t extra_text_bytes_max = 2560;  ///< a challenge with an escaped authid

}  // namespace sallyport::policy
