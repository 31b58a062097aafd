#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sim/ledger.h"
#include "tests/sim/network.h"
#include "wamp/codec/codec.h"
#include "wamp/framing/rawsocket.h"

namespace sallyport::sim {

/// What all actors of a world share.
struct Environment {
    Schedule& schedule;
    Dice& dice;
    Ledger& ledger;
    std::uint64_t last_tag = 0;               ///< of calls
    std::uint64_t last_testament = 0;         ///< testaments publish under keys of their own
    std::vector<wamp::SessionId> sessions{};  ///< that the front has had
    std::vector<wamp::SessionId> sessions_of_inside{};  ///< the same, of the insides

    static constexpr std::size_t known_sessions_max = 12;
    static void note(std::vector<wamp::SessionId>& known, wamp::SessionId session) {
        if (known.size() == known_sessions_max) known.erase(known.begin());
        known.push_back(session);
    }
};

enum class Kind : std::uint8_t {
    guest,    ///< outside: a client of the front, that misbehaves at times
    service,  ///< of an inside, where it answers calls
};

/// One actor's connection and session, shared by its parts.
struct Client {
    Environment& environment;
    Kind kind;
    std::uint64_t key;
    std::shared_ptr<Wire> wire;
    wamp::Serializer serializer;
    Principal principal{};   ///< whom it logs in as; a guest without an account learns its authid
    bool passes = true;      ///< announces payload passthru mode
    bool identifies = true;  ///< announces caller and publisher identification
    bool greedy = false;     ///< sends much at once
    bool gone = false;
    bool leaving = false;  ///< answers are ignored from here on
    wamp::SessionId session = 0;
    wamp::RequestId last_request = 0;
    std::uint64_t published = 0;  ///< PUBLISHes so far
    static constexpr std::size_t said_max = 12;
    std::vector<std::string> said{};  ///< its last messages

    Dice& dice() const noexcept { return environment.dice; }
    Findings& findings() const noexcept { return environment.ledger.findings; }
    void send(const wamp::Message& message) {
        if (gone) return;
        const wamp::Frame frame = wamp::encode(serializer, message);
        if (said.size() == said_max) said.erase(said.begin());
        said.emplace_back(frame.message());
        wire->write(0, frame.rawsocket());
    }
    void wrong(Check check, std::string what) const {
        findings().wrong(check, environment.schedule.now(),
                         "actor " + std::to_string(key) + ": " + std::move(what));
    }
    /// The full URI for a name: guests choose a route, services say "lab.".
    std::string named(std::string_view tail) const;
};

/// The size of a padding that makes a message too large for small receivers, or small enough.
inline std::size_t some_padding(Dice& dice) {
    return dice.chance(60) ? dice.between(small_receives_max, 12'000) : dice.between(0, 2000);
}

/// Lists of receivers for the options of a publication: up to three entries of one list or two.
void choose_receivers(const Client& client, wamp::Dict& options);

template <class Array>
const auto& any_of(const Array& all, Dice& dice) {
    return all[dice.between(0, all.size() - 1)];
}

}  // namespace sallyport::sim
