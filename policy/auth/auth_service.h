#pragma once

#include <chrono>
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

#include "policy/auth/auth_message.h"
#include "policy/auth/authenticator.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"

namespace sallyport::policy {

/// Answers the questions of one door (AuthMessage) with the authenticators of its realms. Holds the
/// state of the attempts, so that a challenge is good for one answer, whatever the door does. It
/// has no trust in the door: a malformed question is dropped, the attempts and checks are bounded
/// in number, and failures cost time: see ready_at(). An attempt continues with the version of its
/// realm that it began with; the door admits nobody whom its own version does not.
class AuthService {
public:
    static constexpr std::size_t attempts_max = 16'384;  ///< the oldest goes
    static constexpr std::size_t checks_max = 64;        ///< of tickets, that wait or are running
    /// A door gives a client ten seconds to join.
    static constexpr wamp::Duration attempt_timeout = std::chrono::seconds(30);
    /// What a question takes of its door's time: 2,000 right and 400 wrong answers in a second.
    static constexpr wamp::Duration question_cost = std::chrono::microseconds(250);
    /// A key cannot be guessed, so that those who fail with one do not delay others.
    static constexpr wamp::Duration failure_cost = std::chrono::milliseconds(2);
    /// So much of it at once.
    static constexpr wamp::Duration burst = std::chrono::seconds(1);

    struct Realm {
        std::string name;
        std::shared_ptr<const Authenticator> authenticator;
    };
    /// Send this answer to the door.
    struct Reply {
        std::string packet;
    };
    /// Run this, which takes tens of milliseconds, off the loop; the result goes to on_checked().
    struct Check {
        std::uint64_t id;
        std::function<bool()> run;
    };
    using Effect = std::variant<Reply, Check>;
    using Outbox = std::vector<Effect>;
    struct Counts {
        std::uint64_t questions = 0;
        std::uint64_t malformed = 0;
        std::uint64_t failures = 0;
        bool operator==(const Counts&) const = default;
    };

    AuthService(std::vector<Realm> realms, const wamp::Random& random);

    void on_question(std::string_view packet, wamp::Instant now, Outbox& out);
    void on_checked(std::uint64_t check, bool proven, wamp::Instant now, Outbox& out);
    /// The door is another one from now on.
    void on_door_lost() noexcept;
    void reload(std::vector<Realm> realms);

    /// When the next question should be taken, so that a door that has been broken into cannot
    /// guess fast.
    wamp::Instant ready_at() const noexcept { return spent_until_ - burst; }
    const Counts& counts() const noexcept { return counts_; }
    std::size_t attempts() const noexcept { return attempts_.size(); }

private:
    enum class Awaits : std::uint8_t { proof, procedure };
    struct Open {
        std::shared_ptr<const Authenticator> authenticator;
        Authenticator::Attempt attempt;
        Method method = Method::ticket;
        wamp::SessionId session = 0;
        Awaits awaits = Awaits::proof;
        wamp::Instant since{};
    };
    struct Checking {
        std::uint64_t number = 0;
        wamp::PeerId peer = wamp::no_peer;
        Open open;
    };
    struct Asked {
        std::uint64_t number;
        wamp::PeerId peer;
        wamp::Instant now;
        bool guessable = false;
    };

    void on(Asked asked, auth_question::Open&& question, Outbox& out);
    void on(Asked asked, auth_question::Prove&& question, Outbox& out);
    void on(Asked asked, auth_question::Resume&& question, Outbox& out);
    /// `open` is without its attempt.
    void follow(const Asked& asked, Open&& open, Authenticator::Step&& step, Outbox& out);
    AttemptId keep(Open&& open, Authenticator::Attempt&& attempt, Awaits awaits, wamp::Instant now);
    /// Nothing if there is no such attempt, or it awaits something else.
    std::optional<Open> take(AttemptId id, Awaits awaits);
    void refuse(const Asked& asked, auth_answer::Refused::Reason reason, std::string_view why,
                Outbox& out);
    void spend(wamp::Duration cost, wamp::Instant now) noexcept;
    Authenticator::Arrival arrival(const Open& open) noexcept {
        return {open.session, random_, decoy_key_};
    }

    std::map<std::string, std::shared_ptr<const Authenticator>, std::less<>> realms_;
    wamp::Random random_;
    crypto::Digest decoy_key_{};  ///< of this process, for principals files without one
    AttemptId last_attempt_;      ///< begins at random: an id of an earlier process names nothing
    std::uint64_t last_check_ = 0;
    std::map<AttemptId, Open> attempts_;
    std::map<std::uint64_t, Checking> checks_;
    wamp::Instant spent_until_{};
    Counts counts_;
};

}  // namespace sallyport::policy
