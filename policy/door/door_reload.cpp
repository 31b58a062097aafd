// How another version of the policy comes to decide while sessions are there.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "policy/door/door.h"
#include "policy/door/door_asked.h"
#include "wamp/message/uris.h"
#include "wamp/session/notes.h"

namespace sallyport::policy {

namespace uris = wamp::uris;

namespace {

const DoorRealm* find_realm(std::span<const DoorRealm> realms, std::string_view name) noexcept {
    const auto found = std::find_if(realms.begin(), realms.end(), [name](const DoorRealm& realm) {
        return realm.policy->realm() == name;
    });
    return found == realms.end() ? nullptr : &*found;
}

/// What a procedure once said of somebody is not asked again: it stands as long as there is one.
bool admits(const Authenticator& authenticator, const Principal& principal, bool dynamic) noexcept {
    return dynamic ? authenticator.dynamic() != nullptr : authenticator.still_admits(principal);
}

/// What each rule had done, under the same id in the new version.
std::vector<std::uint64_t> carried_over(const RealmPolicy& from,
                                        std::span<const std::uint64_t> hits,
                                        const RealmPolicy& to) {
    std::map<std::string_view, std::uint64_t> by_id;
    for (std::size_t i = 0; i < hits.size(); ++i) by_id.emplace(from.rules()[i].id, hits[i]);
    std::vector<std::uint64_t> carried;
    for (const RuleInfo& rule : to.rules()) {
        const auto found = by_id.find(rule.id);
        carried.push_back(found == by_id.end() ? 0 : found->second);
    }
    return carried;
}

}  // namespace

std::vector<Door::Ended> Door::ended_by(std::span<const DoorRealm> realms) const {
    std::vector<Ended> ended;
    for (const auto& [id, peer] : peers_) {
        const Session* const session = sessions_.find(peer.session);
        if (session == nullptr) continue;
        const DoorRealm* const realm = find_realm(realms, session->policy->realm());
        if (realm == nullptr) {
            ended.push_back({session->id, uris::close_realm});
        } else if (peer.trust == Trust::client &&
                   !admits(*realm->authenticator, session->principal, session->dynamic)) {
            ended.push_back({session->id, uris::killed});
        }
    }
    std::sort(ended.begin(), ended.end(),
              [](const Ended& a, const Ended& b) { return a.session < b.session; });
    return ended;
}

void Door::reload(std::vector<DoorRealm> realms, wamp::Outbox& out) {
    std::map<std::string, std::shared_ptr<Realm>, std::less<>> next;
    for (DoorRealm& realm : realms) {
        std::string name(realm.policy->realm());
        const auto before = realms_.find(name);
        auto hits =
            before == realms_.end()
                ? std::vector<std::uint64_t>(realm.policy->rules().size())
                : carried_over(*before->second->policy, before->second->hits, *realm.policy);
        const bool same =
            before != realms_.end() && before->second->policy->hash() == realm.policy->hash();
        if (!same) {
            record_reload(*realm.policy);
            wamp::note(out, wamp::effect::Note::Level::info, "realm ", name, ": policy ",
                       realm.policy->hash().substr(0, 12), " decides from here on");
        }
        next.emplace(std::move(name),
                     std::make_shared<Realm>(Realm{std::move(realm), std::move(hits)}));
    }
    realms_ = std::move(next);
    for (auto& [id, peer] : peers_) {
        Session* const session = sessions_.find(peer.session);
        if (session == nullptr) continue;
        const auto realm = realms_.find(session->policy->realm());
        if (realm == realms_.end()) continue;
        peer.realm = realm->second;
        session->policy = realm->second->policy;
        session->role = session->policy->role(session->principal.role);
    }
}

bool Door::still_admits(Peer& peer, const Principal& principal, bool dynamic) const {
    const auto now = realms_.find(peer.realm->policy->realm());
    if (now == realms_.end()) return false;
    const bool reloaded = now->second != peer.realm;
    peer.realm = now->second;
    return !reloaded || peer.trust == Trust::link ||
           admits(*now->second->authenticator, principal, dynamic);
}

void Door::record_revoked(const Session& session, const Question& question,
                          const Decision& decision) {
    const auto realm = realms_.find(session.policy->realm());
    if (realm == realms_.end()) return;
    const Speaker speaker = speaker_of(session);
    const Matter matter{*realm->second, *session.policy, question.action,
                        question.uri,   question.match,  0};
    const auto* const denial = std::get_if<Denial>(&decision);
    record(Outcome::revoke, speaker, matter, denial == nullptr ? no_rule : denial->rule,
           denial == nullptr ? "its route has changed" : to_string(denial->reason));
}

}  // namespace sallyport::policy
