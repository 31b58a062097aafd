#include "policy/engine/permit.h"

#include <array>
#include <bit>
#include <cstddef>
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
     {Grant::force_reregister, "force_reregister"},
     {Grant::diagnose, "diagnose"}}};

std::uint64_t word_at(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
}

/// Multiplies to 128 bits and folds them, so that any bit of the word changes bits everywhere.
std::uint64_t mix(std::uint64_t state, std::uint64_t word) noexcept {
    __extension__ using Wide = unsigned __int128;
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
    const Wide product = static_cast<Wide>(state ^ word) * factor;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Sixteen bytes per step in two independent lanes, as the hash is computed twice for each message.
std::uint64_t hash_of(std::string_view uri) noexcept {
    constexpr std::size_t word_bytes = sizeof(std::uint64_t);
    std::uint64_t even = uri.size();
    std::uint64_t odd = ~even;
    const char* at = uri.data();
    const char* const end = at + uri.size();
    for (; end - at >= std::ptrdiff_t{2 * word_bytes}; at += 2 * word_bytes) {
        even = mix(even, word_at(at));
        odd = mix(odd, word_at(at + word_bytes));
    }
    if (uri.size() < word_bytes) {
        for (; at != end; ++at) even = mix(even, static_cast<unsigned char>(*at));
    } else if (at != end) {
        // The rest, with bytes before it that are hashed again if it is short.
        if (end - at > std::ptrdiff_t{word_bytes}) even = mix(even, word_at(at));
        odd = mix(odd, word_at(end - word_bytes));
    }
    // The lanes are not combined alike, so that equal changes to both do not cancel.
    return mix(std::rotl(even, 32), odd);
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
