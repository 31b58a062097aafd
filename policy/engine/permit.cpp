#include "policy/engine/permit.h"

#include <array>
#include <cstring>
#include <utility>

#include "policy/engine/question.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::pair<Grant, std::string_view>, grant_count> grant_names{
    {{Grant::disclose_me, "disclose_me"},
     {Grant::meta, "meta"},
     {Grant::testaments, "testaments"},
     {Grant::retain, "retain"},
     {Grant::history, "history"},
     {Grant::force_reregister, "force_reregister"}}};

/// Eight bytes per step, as the hash is computed twice for each message.
std::uint64_t hash_of(std::string_view uri) noexcept {
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
    std::uint64_t state = uri.size() * factor;
    const auto mix = [&state](std::string_view bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        state = (state ^ word) * factor;
        state ^= state >> 32U;
    };
    for (; uri.size() >= sizeof(std::uint64_t); uri.remove_prefix(sizeof(std::uint64_t)))
        mix(uri.substr(0, sizeof(std::uint64_t)));
    if (!uri.empty()) mix(uri);
    return state;
}

}  // namespace

Permit::Permit(RuleIndex rule, RouteIndex route, const Limits* limits, Grants grants,
               wamp::SessionId session, const Question& question) noexcept
    : session_(session),
      uri_(hash_of(question.uri)),
      limits_(limits),
      rule_(rule),
      route_(route),
      grants_(grants),
      action_(question.action),
      match_(question.match) {}

bool Permit::covers(wamp::SessionId session, const Question& question) const noexcept {
    return limits_ != nullptr && session_ == session && action_ == question.action &&
           match_ == question.match && uri_ == hash_of(question.uri);
}

std::string_view to_string(Grant grant) noexcept {
    for (const auto& [known, name] : grant_names) {
        if (known == grant) return name;
    }
    return "";
}

std::optional<Grant> parse_grant(std::string_view name) noexcept {
    for (const auto& [grant, known] : grant_names) {
        if (known == name) return grant;
    }
    return std::nullopt;
}

std::string_view to_string(Action action) noexcept {
    switch (action) {
        case Action::call:
            return "call";
        case Action::register_:
            return "register";
        case Action::subscribe:
            return "subscribe";
        case Action::publish:
            return "publish";
    }
    return "";
}

std::string_view to_string(Denial::Reason reason) noexcept {
    switch (reason) {
        case Denial::Reason::no_allow:
            return "no rule allows it";
        case Denial::Reason::forbidden:
            return "forbidden";
        case Denial::Reason::no_route:
            return "no route matches";
        case Denial::Reason::pattern:
            return "the pattern matches more than is allowed";
        case Denial::Reason::payload_too_big:
            return "the payload is larger than the rule's limit";
        case Denial::Reason::condition:
            return "the arguments do not meet the rule's conditions";
        case Denial::Reason::opaque:
            return "the payload is opaque and the rule does not have payload = \"opaque\"";
        case Denial::Reason::grant:
            return "the rule does not have the grant that \"wamp.\" requires";
        case Denial::Reason::unnamed:
            return "the rule does not name the procedure, which ends sessions, with match = "
                   "\"exact\"";
    }
    return "";
}

}  // namespace sallyport::policy
