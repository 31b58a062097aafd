#pragma once

#include <string>
#include <variant>

#include "gateway/supervision/effect.h"

namespace sallyport::gateway::supervision {

/// "worker", "inside 2", "tor", "authenticator of inside 2".
inline std::string text_of(ProcessId process) {
    switch (process.role) {
        case Role::worker:
            return "worker";
        case Role::tor:
            return "tor";
        case Role::authenticator:
            return "authenticator of " + text_of(door_of(process));
        case Role::inside:
            break;
    }
    return "inside " + std::to_string(process.backend);
}

inline std::string text_of(effect::Level level) {
    switch (level) {
        case effect::Level::info:
            return "info";
        case effect::Level::warning:
            return "warning";
        case effect::Level::error:
            break;
    }
    return "error";
}

/// An effect as a test writes it: "start worker", "send worker: commit 3".
struct EffectText {
    static std::string number(std::uint64_t n) { return std::to_string(n); }

    std::string operator()(const effect::Log& e) const { return text_of(e.level) + ": " + e.text; }
    std::string operator()(const effect::Start& e) const { return "start " + text_of(e.process); }
    std::string operator()(const effect::Terminate& e) const {
        return "terminate " + text_of(e.process);
    }
    std::string operator()(const effect::Kill& e) const { return "kill " + text_of(e.process); }
    std::string operator()(const effect::SendPacket& e) const {
        return "send " + text_of(e.to) + ": " + e.text;
    }
    std::string operator()(const effect::Ping& e) const { return "ping " + text_of(e.process); }
    std::string operator()(const effect::SendOnion& e) const {
        return "send onion: " + e.status.mode + " " + e.status.address + " " +
               number(static_cast<std::uint64_t>(e.status.percent)) + "% " + e.status.summary +
               (e.status.warning.empty() ? "" : " (" + e.status.warning + ")") +
               (e.status.reachable ? " reachable" : "");
    }
    std::string operator()(const effect::NotifyReady&) const { return "notify ready"; }
    std::string operator()(const effect::NotifyStopping&) const { return "notify stopping"; }
    std::string operator()(const effect::NotifyStatus& e) const { return "status: " + e.line; }
    std::string operator()(const effect::CloseListeners&) const { return "close listeners"; }
    std::string operator()(const effect::PrintFailure& e) const { return "print: " + e.line; }
    std::string operator()(const effect::Finish& e) const {
        return "finish " + std::to_string(e.exit_code);
    }
    std::string operator()(const effect::ReadVersion& e) const {
        return "read " + number(e.round) + (e.previous ? " previous" : "");
    }
    std::string operator()(const effect::SendPrepare& e) const {
        return "send " + text_of(e.to) + ": prepare " + number(e.round);
    }
    std::string operator()(const effect::AdoptVersion& e) const {
        return "adopt " + number(e.round);
    }
    std::string operator()(const effect::DiscardVersion& e) const {
        return "discard " + number(e.round);
    }
    std::string operator()(const effect::Reply& e) const {
        return "reply " + number(e.request) + ": " + std::to_string(e.exit_code) + " " + e.text;
    }
    std::string operator()(const effect::ReopenAudit&) const { return "reopen audit"; }
    std::string operator()(const effect::SendAudit& e) const {
        return "send audit " + text_of(e.to);
    }
    std::string operator()(const effect::DialAddress& e) const {
        return "dial " + number(e.backend) + " #" + number(e.attempt);
    }
    std::string operator()(const effect::DialInside& e) const {
        return "dial inside " + number(e.backend) + " #" + number(e.attempt);
    }
    std::string operator()(const effect::SendConnection& e) const {
        return "send worker: connected " + number(e.backend) + " #" + number(e.attempt);
    }
    std::string operator()(const effect::CloseConnection& e) const {
        return "close #" + number(e.attempt);
    }
    std::string operator()(const effect::AttachTor&) const { return "attach"; }
    std::string operator()(const effect::ReadOnionAddress&) const { return "read address"; }
};

inline std::string text_of(const Effect& wanted) {
    return std::visit(EffectText{}, wanted);
}

/// All effects, with "; " between them. Line ends within are shown as "|".
inline std::string text_of(const Outbox& outbox) {
    std::string text;
    for (const Effect& wanted : outbox) text += (text.empty() ? "" : "; ") + text_of(wanted);
    for (char& c : text) {
        if (c == '\n') c = '|';
    }
    return text;
}

}  // namespace sallyport::gateway::supervision
