#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "policy/auth/auth_service.h"
#include "policy/door/door_event.h"
#include "policy/door/realms.h"
#include "wamp/base/instant.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// A realm of a test: of the door, and of its authenticator.
struct TestRealm : DoorRealm {
    std::shared_ptr<const Authenticator> authenticator;

    AuthService::Realm secret() const { return {std::string(policy->realm()), authenticator}; }
};

/// Removes what a core asks from its effects.
inline std::vector<std::string> take_questions(wamp::Outbox& out) {
    std::vector<std::string> questions;
    std::erase_if(out, [&](wamp::Effect& effect) {
        auto* const ask = std::get_if<wamp::effect::Ask>(&effect);
        if (ask != nullptr) questions.push_back(std::move(ask->question));
        return ask != nullptr;
    });
    return questions;
}

/// The authenticator of a core in a test, which answers at once.
class DoorAuthenticator {
public:
    explicit DoorAuthenticator(std::vector<AuthService::Realm> realms)
        : service(std::move(realms), wamp::Random({11})) {}

    /// Answers all questions in `out`. Returns the last event of a core that has some.
    template <class Core>
    DoorEvent answer(Core& core, wamp::Instant now, wamp::Outbox& out) {
        DoorEvent last;
        for (auto questions = take_questions(out); !questions.empty();
             questions = take_questions(out)) {
            for (const std::string& question : questions) {
                AuthService::Outbox effects;
                service.on_question(question, now, effects);
                carry_out(core, effects, now, out, last);
            }
        }
        return last;
    }
    /// A check that was deferred has ended.
    template <class Core>
    DoorEvent checked(Core& core, const AuthService::Check& check, wamp::Instant now,
                      wamp::Outbox& out) {
        DoorEvent last;
        AuthService::Outbox effects;
        service.on_checked(check.id, check.run(), now, effects);
        carry_out(core, effects, now, out, last);
        DoorEvent more = answer(core, now, out);
        return std::holds_alternative<std::monostate>(more) ? std::move(last) : std::move(more);
    }

    AuthService service;
    bool defers = false;  ///< checks are kept for checked()
    std::vector<AuthService::Check> checks;

private:
    template <class Core>
    void carry_out(Core& core, AuthService::Outbox& effects, wamp::Instant now, wamp::Outbox& out,
                   DoorEvent& last) {
        for (std::size_t at = 0; at < effects.size(); ++at) {
            const AuthService::Effect effect = std::move(effects[at]);
            if (const auto* const check = std::get_if<AuthService::Check>(&effect)) {
                if (defers) {
                    checks.push_back(*check);
                } else {
                    service.on_checked(check->id, check->run(), now, effects);
                }
                continue;
            }
            const std::string& packet = std::get<AuthService::Reply>(effect).packet;
            if constexpr (std::is_void_v<decltype(core.on_auth_answer(packet, now, out))>) {
                core.on_auth_answer(packet, now, out);
            } else {
                DoorEvent event = core.on_auth_answer(packet, now, out);
                if (!std::holds_alternative<std::monostate>(event)) last = std::move(event);
            }
        }
    }
};

}  // namespace sallyport::policy
