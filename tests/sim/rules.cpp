#include "tests/sim/rules.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "policy/engine/reserved.h"
#include "tests/paths.h"
#include "tests/sim/names.h"

namespace sallyport::sim {

using policy::Action;
using wamp::MatchPolicy;

namespace {

policy::LoadedRealm load(const std::string& path, policy::LoadOptions options, bool obeys_shadows) {
    // A repository keeps no file modes that would do for a secret.
    options.read = [=](const std::string& file, bool) {
        auto text = policy::read_file(file, false);
        static constexpr std::string_view is_shadow = "shadow = true";
        while (obeys_shadows && text.has_value()) {
            const auto at = text->find(is_shadow);
            if (at == std::string::npos) break;
            text->erase(at, is_shadow.size());
        }
        return text;
    };
    auto loaded = policy::load_realm(path, options);
    if (loaded.has_error()) throw std::runtime_error(to_string(loaded.error().front()));
    return *std::move(loaded);
}

/// A URI that the pattern matches, with components that no rule names.
std::string filled(std::string_view pattern, MatchPolicy match) {
    if (match == MatchPolicy::prefix) return std::string(pattern) + "zz";
    std::string text;
    for (const std::string& part : policy::naive::split(pattern)) {
        if (!text.empty()) text += '.';
        text += part.empty() ? "zz" : part;
    }
    return text;
}

}  // namespace

std::vector<std::string> known_names() {
    std::vector<std::string> all;
    const auto add = [&](std::string_view tail) {
        for (const std::string_view head : heads)
            all.push_back(std::string(head) + std::string(tail));
    };
    for (const auto tail : service_procedures) add(tail);
    for (const auto tail : called) add(tail);
    for (const auto tail : topics) add(tail);
    for (const auto tail : {"zz", "zz.a", "topic.zz", "topic.b.zz", "own.zz", "front.zz.zz"})
        add(tail);
    add("auth.ask");
    all.emplace_back(on_join_topic);
    all.emplace_back(on_leave_topic);
    return all;
}

Rules::Rules(const std::string& path, const policy::LoadOptions& options, bool obeys_shadows)
    : file_([&] {
          policy::LoadedRealm loaded = load(path, options, obeys_shadows);
          realm_ = {{loaded.policy, loaded.terms}, loaded.authenticator};
          return std::move(loaded.file);
      }()),
      naive_(file_),
      with_shadows_(file_, true) {}

const Rules::Answer& Rules::decide(const Principal& principal, const Query& asked) const {
    const auto [at, is_new] = answers_.try_emplace({principal, asked});
    Answer& answer = at->second;
    if (is_new) {
        answer = decide_by(naive_, principal, asked);
        const Answer other = decide_by(with_shadows_, principal, asked);
        answer.disputed = other.allowed != answer.allowed;
        if (answer.disputed) answer.shadow = other.rule;
    }
    return answer;
}

Rules::Answer Rules::decide_by(const policy::naive::Policy& rules, const Principal& principal,
                               const Query& asked) const {
    return asked.match == MatchPolicy::exact ? decide_one(rules, principal, asked)
                                             : decide_pattern(rules, principal, asked);
}

Rules::Answer Rules::decide_one(const policy::naive::Policy& rules, const Principal& principal,
                                const Query& asked) const {
    policy::naive::Query question;
    question.authid = principal.authid;
    question.role = principal.role;
    question.action = asked.action;
    question.uri = policy::naive::split(asked.uri);
    question.opaque = asked.opaque;
    const auto verdict = rules.decide(question);
    Answer answer{verdict.allowed, verdict.rule};
    const auto found = std::find_if(file_.rules.begin(), file_.rules.end(),
                                    [&](const auto& rule) { return rule.id == verdict.rule; });
    if (found != file_.rules.end()) answer.text = &*found;
    if (!answer.allowed || !wamp::is_reserved(asked.uri)) return answer;
    const bool granted =
        answer.text->grants.has(policy::needed_below_wamp(asked.action, asked.uri)) &&
        (answer.text->match == MatchPolicy::exact ||
         !policy::ends_sessions(asked.action, asked.uri));
    return granted ? answer : Answer{};
}

/// A pattern is allowed if everything that it matches is: all names of this world, and one that no
/// rule names.
Rules::Answer Rules::decide_pattern(const policy::naive::Policy& rules, const Principal& principal,
                                    const Query& asked) const {
    static const std::vector<std::string> known = known_names();
    const auto ask = [&](const std::string& name) {
        return decide_one(rules, principal, {asked.action, name, MatchPolicy::exact, false});
    };
    const Answer covering = ask(filled(asked.uri, asked.match));
    if (!covering.allowed) return {};
    const bool all = std::all_of(known.begin(), known.end(), [&](const std::string& name) {
        return !wamp::matches(asked.uri, asked.match, name) || ask(name).allowed;
    });
    return all ? covering : Answer{};
}

bool Rules::admits(const Principal& principal) const {
    const bool dynamic =
        std::any_of(dynamic_accounts.begin(), dynamic_accounts.end(),
                    [&](const Account& account) { return account.authid == principal.authid; });
    if (dynamic) return asks_who_may_join();
    const auto known = std::find_if(accounts.begin(), accounts.end(), [&](const Account& account) {
        return account.authid == principal.authid;
    });
    if (known == accounts.end()) return file_.auth.anonymous_role == principal.role;
    return realm_.terms->admits({principal.authid, principal.role, "ticket"}, false);
}

const policy::RouteText* Rules::route(std::string_view uri) const {
    const auto found = std::find_if(
        file_.routes.begin(), file_.routes.end(),
        [&](const policy::RouteText& each) { return uri.starts_with(each.uris.front().text); });
    return found == file_.routes.end() ? nullptr : &*found;
}

std::optional<Rules::Target> Rules::target(std::string_view uri) const {
    const policy::RouteText* const found = route(uri);
    if (found == nullptr) return std::nullopt;
    const std::string& prefix = found->uris.front().text;
    return Target{found->backends.front(),
                  found->rewrite.value_or(prefix) + std::string(uri.substr(prefix.size())),
                  found->wait != wamp::Duration::zero(), found->idempotent};
}

std::string Rules::outside(std::string_view uri, std::string_view inner) const {
    const policy::RouteText* const found = route(uri);
    if (found == nullptr) return std::string(inner);
    const std::string& prefix = found->uris.front().text;
    return prefix + std::string(inner.substr(found->rewrite.value_or(prefix).size()));
}

namespace {

Versions load_versions(bool obeys_shadows) {
    const std::string folder = SALLYPORT_SOURCE_DIR "/tests/sim/policies/mark-";
    const std::vector<std::string> backends{"mark-alpha", "mark-beta"};
    Versions all;
    for (const char* name : {"front-1.toml", "front-2.toml", "front-3.toml"})
        all.front.emplace_back(folder + name, policy::LoadOptions{true, backends}, obeys_shadows);
    for (const char* name : {"inside-1.toml", "inside-2.toml"})
        all.inside.emplace_back(folder + name, policy::LoadOptions{false, {}}, obeys_shadows);
    return all;
}

}  // namespace

const Versions& versions() {
    static const Versions loaded = load_versions(false);
    return loaded;
}

const Versions& versions_that_obey_shadows() {
    static const Versions loaded = load_versions(true);
    return loaded;
}

}  // namespace sallyport::sim
