#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/host/log.h"
#include "gateway/host/startup_memory.h"
#include "policy/door/door.h"
#include "wamp/base/random.h"
#include "wamp/base/timestamp.h"
#include "wamp/flow/places.h"
#include "wamp/net/connections.h"
#include "wamp/session/outbox.h"

namespace sallyport::gateway {

/// Runs a pure core (gateway::Front or backend_link::Inside) on one reactor thread: passes it the
/// input of the connections and the time, and carries out its effects in order. It decides nothing.
template <class Core>
class Shell final : public wamp::Host {
public:
    using Dial = std::function<void(std::uint32_t link)>;
    using Ask = std::function<void(std::string&& question)>;
    using Audit = std::function<void(std::string_view packed)>;

    /// `dial` connects a link; the answer is expect_link() or link_unreachable(). `ask` asks the
    /// authenticator; the answer is answered() or authenticator_lost(). `audit` receives the audit
    /// records of the core. `clients` are the places of its clients.
    template <class Config>
    Shell(boost::asio::io_context& io, Config config, const wamp::Random::Seed& seed,
          const wamp::flow::Places& clients, Dial dial, Ask ask, Audit audit)
        : io_(io),
          connections_(io, *this),
          core_(std::move(config), seed),
          dial_(std::move(dial)),
          ask_(std::move(ask)),
          audit_(std::move(audit)),
          clients_(clients),
          timer_(io),
          startup_timer_(io),
          drain_timer_(io),
          flush_timer_(io) {}

    void start() {
        follow_civil_time();
        core_.start(wamp::now(), outbox_);
        carry_out();
        constexpr std::chrono::milliseconds settled{250};
        startup_timer_.expires_after(settled);
        startup_timer_.async_wait([](boost::system::error_code error) {
            if (!error) release_startup_memory();
        });
    }

    wamp::Connections& connections() noexcept { return connections_; }
    /// The members of the core's status that only this knows.
    wamp::Dict status() const {
        const wamp::flow::Budget& memory = connections_.memory();
        return {{"memory", wamp::Dict{{"limit", std::uint64_t{memory.limit()}},
                                      {"used", std::uint64_t{memory.used()}},
                                      {"held", std::uint64_t{memory.held()}},
                                      {"peak", std::uint64_t{memory.peak()}},
                                      {"closed", connections_.closed_for_memory()}}},
                {"displaced", displaced_}};
    }
    Core& core() noexcept { return core_; }
    std::uint64_t displaced() const noexcept { return displaced_; }

    /// Accepts a client. For it another connection that has not logged in may have to go, or
    /// itself.
    void accept(wamp::Socket socket, const wamp::ConnectionOptions& options, std::uint64_t origin) {
        const wamp::PeerId peer = connections_.accept(std::move(socket), options);
        if (options.proxy_line) {
            displace(clients_.enter_before_circuit(peer));
        } else {
            displace(clients_.enter(peer, origin));
        }
    }

    /// Assigns a peer, still in its transport handshake, to that link. `asked_for`: the core
    /// requested the connection, so a failure is reported to it; a peer that fails to authenticate
    /// at a listener is not a failure of the link. `address`: where it has connected from.
    void expect_link(wamp::PeerId peer, std::uint32_t link, bool asked_for,
                     std::uint64_t origin = 0, std::string address = {}) {
        expected_[peer] = {link, asked_for, std::move(address)};
        if (!asked_for) displace(links_.enter(peer, origin));
    }

    /// Returns the core's summary.
    template <class Links>
    auto reload(std::vector<policy::DoorRealm> realms, Links&& links) {
        const auto done =
            core_.reload(std::move(realms), wamp::now(), outbox_, std::forward<Links>(links));
        carry_out();
        return done;
    }

    /// Returns the number of sessions that end (policy::Gate::begin_kick).
    std::size_t kick(std::string_view realm, std::string_view who) {
        const std::size_t kicked = core_.kick(realm, who, wamp::now(), outbox_);
        carry_out();
        return kicked;
    }

    /// Drops the connections of a link that are still in their handshake: it may have been begun
    /// under other settings.
    void drop_pending(std::uint32_t link) {
        std::vector<wamp::PeerId> pending;
        for (const auto& [peer, expected] : expected_) {
            if (expected.link == link) pending.push_back(peer);
        }
        for (const wamp::PeerId peer : pending) {
            connections_.drop(peer);
            on_closed(peer, "begun before the settings of the link changed");
        }
    }

    /// Ends the connections of a link over TLS whose peer has a key of none of these pins.
    void end_unless_pinned(std::uint32_t link, const std::vector<std::string>& pins) {
        std::vector<wamp::PeerId> unknown;
        for (const auto& [peer, open] : open_links_) {
            if (open.link == link && std::find(pins.begin(), pins.end(), open.pin) == pins.end())
                unknown.push_back(peer);
        }
        for (const wamp::PeerId peer : unknown) {
            log(LogLevel::warning,
                "a link ends: its key is no longer in peer_pin: " + open_links_[peer].pin);
            connections_.drop(peer);
            on_closed(peer, "its key is no longer in peer_pin");
        }
    }

    /// Flushes pending log messages and audit records.
    void flush_logs() {
        flush_pending_ = false;
        for (const wamp::effect::Note& note : notes_) log(level_of(note), note.text);
        notes_.clear();
        if (core_.audit().empty()) return;
        core_.audit().take(records_);
        audit_(records_);
    }

    void link_unreachable(std::uint32_t link, std::string_view why) {
        core_.on_link_unreachable(link, why, wamp::now(), outbox_);
        carry_out();
    }

    void answered(std::string_view packet) {
        core_.on_auth_answer(packet, wamp::now(), outbox_);
        carry_out();
    }
    void authenticator_lost() {
        core_.on_authenticator_lost(wamp::now(), outbox_);
        carry_out();
    }

    /// Shuts the core down; `stopped` is called once everything has been sent, or after `limit`.
    void stop(std::chrono::milliseconds limit, std::function<void()> stopped) {
        if (stopped_) return;
        stopped_ = std::move(stopped);
        core_.stop(wamp::now(), outbox_);
        carry_out();
        drain_end_ = std::chrono::steady_clock::now() + limit;
        await_drained();
    }

    void on_circuit(wamp::PeerId peer, std::uint64_t circuit) override {
        displace(clients_.assign_circuit(peer, circuit));
    }

    void on_open(wamp::PeerId peer, const wamp::Opened& opened) override {
        const policy::Transport transport{opened.serializer,
                                          opened.peer_receives_max,
                                          opened.pings,
                                          opened.circuit,
                                          wamp::now() - opened.since,
                                          opened.circuit != 0 ? 0 : clients_.group_of(peer)};
        const auto expected = expected_.find(peer);
        if (expected == expected_.end()) {
            const wamp::Reading reading = core_.on_open(peer, transport, wamp::now(), outbox_);
            if (reading == wamp::Reading::pause) connections_.pause(peer);
        } else {
            const Expected link = std::move(expected->second);
            expected_.erase(expected);
            links_.leave(peer);
            tls_failures_.erase(link.link);
            if (!opened.peer_pin.empty()) open_links_[peer] = {link.link, opened.peer_pin};
            core_.on_link_open(link.link, peer, transport, wamp::now(), outbox_, link.address);
        }
        carry_out();
    }

    void on_message(wamp::PeerId peer, std::string_view bytes) override {
        const wamp::Reading reading = core_.on_message(peer, bytes, wamp::now(), outbox_);
        if (reading == wamp::Reading::pause) connections_.pause(peer);
    }

    void on_written(wamp::PeerId peer, std::size_t unsent) override {
        core_.on_written(peer, unsent, wamp::now(), outbox_);
        if (!outbox_.empty()) carry_out();
    }

    void on_alive(wamp::PeerId peer) override { core_.on_alive(peer, wamp::now()); }

    void on_batch_end() override { carry_out(); }

    Held held() const override {
        const std::size_t of_peers = core_.held_of_peers();
        return {of_peers, core_.held_bytes() - of_peers};
    }
    std::size_t held_of(wamp::PeerId peer) const override { return core_.held_of(peer); }

    void on_closed(wamp::PeerId peer, std::string_view why) override {
        clients_.leave(peer);
        open_links_.erase(peer);
        const auto expected = expected_.find(peer);
        if (expected == expected_.end()) {
            core_.on_closed(peer, why, wamp::now(), outbox_);
        } else {
            const Expected link = std::move(expected->second);
            expected_.erase(expected);
            links_.leave(peer);
            if (link.asked_for) {
                log_tls_failure(link.link, why);
                core_.on_link_failed(link.link, why, wamp::now(), outbox_);
            } else {
                log(LogLevel::warning, "a connection to the link listener from " + link.address +
                                           " failed: " + std::string(why));
            }
        }
        carry_out();
    }

private:
    /// Peers at a link listener in their handshake; the oldest of these goes for a newer one.
    static constexpr std::size_t links_pending_max = 16;

    struct Expected {
        std::uint32_t link;
        bool asked_for;
        std::string address;
    };

    /// Tells the core of a clock that was set. What two clocks differ by from one reading to the
    /// next is no news: the time of an instant stays the same.
    void follow_civil_time() {
        constexpr wamp::Timestamp noticed = std::chrono::milliseconds(100);
        const auto time = std::chrono::duration_cast<wamp::Timestamp>(
            std::chrono::system_clock::now().time_since_epoch());
        const wamp::Instant now = wamp::now();
        if (std::chrono::abs(time - civil_time_.at(now)) < noticed) return;
        civil_time_ = wamp::CivilTime(time, now);
        core_.set_civil_time(civil_time_);
    }
    /// Of a link over TLS.
    struct OpenLink {
        std::uint32_t link;
        std::string pin;
    };

    /// In full, as it may name a pin; the core's log lines are cut. Repetitions are not logged.
    void log_tls_failure(std::uint32_t link, std::string_view why) {
        if (!why.starts_with("TLS: ") || tls_failures_[link] == why) return;
        tls_failures_[link] = why;
        log(LogLevel::warning, "a dialled link failed: " + std::string(why));
    }

    /// A peer that has not logged in goes at once, so that its descriptor is free.
    void displace(wamp::PeerId peer) {
        if (peer == wamp::no_peer) return;
        ++displaced_;
        connections_.drop(peer);
        if (expected_.erase(peer) == 0)
            core_.on_closed(peer, "displaced by a newer connection", wamp::now(), outbox_);
        carry_out();
    }

    /// Sending may close a connection, which is reported at once: the effects of that are carried
    /// out after the current batch.
    void carry_out() {
        if (carrying_out_) return;
        carrying_out_ = true;
        while (!outbox_.empty()) {
            batch_.swap(outbox_);
            for (wamp::Effect& effect : batch_) {
                std::visit([this](auto& wanted) { this->apply(wanted); }, effect);
            }
            batch_.clear();
        }
        // An event for very many receivers makes them large.
        constexpr std::size_t kept_effects = 4096;
        if (batch_.capacity() > kept_effects) wamp::Outbox().swap(batch_);
        if (outbox_.capacity() > kept_effects) wamp::Outbox().swap(outbox_);
        carrying_out_ = false;
        if (!notes_.empty() || !core_.audit().empty()) flush_logs_later();
        arm();
    }

    /// Logging and recording take longer for some answers than for others, which would reveal the
    /// kind of answer through its timing (architecture: Policy 9): both are done a little later,
    /// for several messages together.
    void flush_logs_later() {
        constexpr std::chrono::milliseconds delay{5};
        if (std::exchange(flush_pending_, true)) return;
        flush_timer_.expires_after(delay);
        flush_timer_.async_wait([this](boost::system::error_code error) {
            if (!error) flush_logs();
        });
    }

    void apply(wamp::effect::Send& send) { connections_.send(send.to, std::move(send.frame)); }
    void apply(const wamp::effect::Close& close) {
        clients_.leave(close.peer);
        open_links_.erase(close.peer);
        connections_.close(close.peer);
    }
    void apply(const wamp::effect::Joined& joined) {
        clients_.settle(joined.peer, joined.joined);
        connections_.set_joined(joined.peer, joined.joined);
    }
    void apply(const wamp::effect::SmallBuffer& wanted) {
        connections_.keep_buffer_small(wanted.peer);
    }
    void apply(const wamp::effect::Ping& ping) { connections_.ping(ping.to); }
    void apply(const wamp::effect::Pause& pause) { connections_.pause(pause.peer); }
    void apply(const wamp::effect::Resume& resume) { connections_.resume(resume.peer); }
    void apply(const wamp::effect::Dial& wanted) { dial_(wanted.link); }
    void apply(wamp::effect::Ask& wanted) { ask_(std::move(wanted.question)); }
    void apply(wamp::effect::Note& note) { notes_.push_back(std::move(note)); }

    static LogLevel level_of(const wamp::effect::Note& note) noexcept {
        using Level = wamp::effect::Note::Level;
        switch (note.level) {
            case Level::info:
                return LogLevel::info;
            case Level::warning:
                return LogLevel::warning;
            case Level::error:
                break;
        }
        return LogLevel::error;
    }

    /// Deadlines mostly move to later times, so the timer is only changed for a deadline before its
    /// current time.
    void arm() {
        const wamp::Instant due = core_.deadline();
        if (due >= armed_) return;
        armed_ = due;
        timer_.expires_after(std::max(due - wamp::now(), wamp::Duration::zero()));
        timer_.async_wait([this](boost::system::error_code error) {
            if (error) return;
            armed_ = wamp::never;
            const wamp::Instant now = wamp::now();
            follow_civil_time();
            if (core_.deadline() <= now) core_.on_deadline(now, outbox_);
            carry_out();
        });
    }

    void await_drained() {
        constexpr std::chrono::milliseconds step{10};
        const bool late = std::chrono::steady_clock::now() >= drain_end_;
        if (late || (core_.stopped() && connections_.size() == 0)) {
            core_.end_audit();
            flush_logs();
            stopped_();
            return;
        }
        drain_timer_.expires_after(step);
        drain_timer_.async_wait([this](boost::system::error_code error) {
            if (!error) await_drained();
        });
    }

    boost::asio::io_context& io_;
    wamp::Connections connections_;
    Core core_;
    Dial dial_;
    Ask ask_;
    Audit audit_;
    std::string records_;
    wamp::flow::Places clients_;
    wamp::flow::Places links_{links_pending_max};
    std::uint64_t displaced_ = 0;  ///< connections closed for newer ones
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer startup_timer_;
    boost::asio::steady_timer drain_timer_;
    boost::asio::steady_timer flush_timer_;
    wamp::Instant armed_ = wamp::never;
    wamp::CivilTime civil_time_;
    wamp::Outbox outbox_;
    wamp::Outbox batch_;
    bool carrying_out_ = false;
    std::vector<wamp::effect::Note> notes_;
    bool flush_pending_ = false;
    std::unordered_map<wamp::PeerId, Expected> expected_;
    std::unordered_map<wamp::PeerId, OpenLink> open_links_;
    std::unordered_map<std::uint32_t, std::string> tls_failures_;  ///< the last one of each link
    std::function<void()> stopped_;
    std::chrono::steady_clock::time_point drain_end_;
};

}  // namespace sallyport::gateway
