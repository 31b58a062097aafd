#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::sim {

/// The front's routes: each prefix leads to what is below "lab." on an inside.
inline constexpr std::array<std::string_view, 5> heads{"lab.", "out.", "hold.", "far.", "move."};

/// What services offer.
inline constexpr std::array<std::string_view, 13> service_procedures{
    "svc.echo",   "svc.slow",   "svc.fail",   "svc.never",  "svc.limited",
    "svc.secret", "svc.shared", "svc.stream", "svc.sealed", "front.only",
    "svc.twice",  "svc.taken",  "auth.ask"};
inline constexpr std::array<std::string_view, 20> called{
    "svc.echo",   "svc.echo",    "svc.echo",    "svc.slow",   "svc.fail",
    "svc.never",  "svc.limited", "svc.nothing", "svc.secret", "svc.shared",
    "svc.stream", "svc.stream",  "svc.taken",   "svc.sealed", "svc.any.x",
    "front.a",    "front.a",     "own.alice.p", "own.bob.p",  "auth.ask"};
inline constexpr std::array<std::string_view, 8> topics{
    "topic.a",    "topic.b",      "topic.b.c",       "topic.secret",
    "topic.kept", "topic.sealed", "topic.own.alice", "topic.own.guest"};

/// Every URI that the world knows below "lab.", for deciding about patterns.
std::vector<std::string> known_names();

/// The accounts of the principals files; everybody else is anonymous.
struct Account {
    std::string_view authid;
    std::string_view role;
};
inline constexpr std::array<Account, 4> accounts{
    {{"alice", "operator"}, {"bob", "operator"}, {"vera", "viewer"}, {"wanda", "warden"}}};

/// Whom no file knows: a service says that they may join.
inline constexpr std::array<Account, 2> dynamic_accounts{
    {{"dora", "operator"}, {"dirk", "viewer"}}};
inline constexpr std::string_view ask_procedure = "lab.auth.ask";

inline std::string_view head_of(std::string_view uri) {
    const auto dot = uri.find('.');
    return dot == std::string_view::npos ? uri : uri.substr(0, dot + 1);
}

inline constexpr std::string_view meta_head = "wamp.";
inline constexpr std::string_view on_join_topic = "wamp.session.on_join";
inline constexpr std::string_view on_leave_topic = "wamp.session.on_leave";
inline constexpr std::string_view kill_session = "wamp.session.kill";
inline constexpr std::string_view kill_by_authid = "wamp.session.kill_by_authid";
inline constexpr std::string_view kill_by_authrole = "wamp.session.kill_by_authrole";
inline constexpr std::string_view kill_all = "wamp.session.kill_all";
inline constexpr std::string_view add_testament = "wamp.session.add_testament";
inline constexpr std::string_view flush_testaments = "wamp.session.flush_testaments";

}  // namespace sallyport::sim
