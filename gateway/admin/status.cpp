#include "gateway/admin/status.h"

#include <algorithm>
#include <sstream>

#include "policy/tools/json.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

// Our own processes write these texts, four levels deep.
constexpr std::size_t depth_max = 8;

Json parsed(std::string_view text) {
    return policy::parse_json(text, depth_max).value_or(Json::object());
}

std::uint64_t number(const Json& object, std::string_view key) {
    return policy::unsigned_member(object, key);
}

void add_verdict(std::ostream& out, const std::vector<Fault>& faults) {
    if (faults.empty()) {
        out << "all is well\n";
        return;
    }
    out << "not all is well\n";
    for (const Fault& fault : faults) out << "  " << fault.text << "\n    " << fault.cure << '\n';
}

/// To the second.
std::string time_text(const std::string& rfc3339) {
    return rfc3339.substr(0, rfc3339.find('.')) + "Z";
}

void add_program(std::ostream& out, const Json& status) {
    const std::string program = policy::string_member(status, "program");
    if (program.empty()) return;
    const std::string started = policy::string_member(status, "started");
    const std::string reloaded = policy::string_member(status, "reloaded");
    out << "program       " << program << ' ' << policy::string_member(status, "version")
        << ", running since " << time_text(started) << '\n';
    for (const Json& realm : policy::array_member(status, "realms")) {
        constexpr std::size_t shown = 12;
        out << "policy        " << policy::string_member(realm, "policy").substr(0, shown)
            << " of realm " << policy::string_member(realm, "name") << ", since "
            << time_text(reloaded.empty() ? started : reloaded) << '\n';
    }
}

std::string mib(std::uint64_t bytes) {
    constexpr std::uint64_t whole = std::uint64_t{1} << 20;
    const std::uint64_t tenths = bytes % whole * 10 / whole;
    return std::to_string(bytes / whole) + "." + std::to_string(tenths) + " MiB";
}

void add_people(std::ostream& out, const Json& front, const Json* limits) {
    const auto limit = [limits](std::string_view key, const auto& text) {
        const std::uint64_t most = limits == nullptr ? 0 : number(*limits, key);
        return most == 0 ? std::string() : " of " + text(most);
    };
    out << "connections   " << number(front, "connections")
        << limit("sessions", [](std::uint64_t most) { return std::to_string(most); })
        << "\nsessions      " << number(front, "sessions") << '\n';
    if (const Json* memory = policy::object_member(front, "memory"))
        out << "memory        " << mib(number(*memory, "used")) << limit("memory", mib)
            << ", at most " << mib(number(*memory, "peak")) << " so far; "
            << number(*memory, "closed") << " connections closed for want of it\n";
}

void add_onion(std::ostream& out, const Json& onion) {
    const std::string mode = policy::string_member(onion, "mode");
    out << "tor           " << mode << '\n';
    if (mode != "managed") return;
    const std::string address = policy::string_member(onion, "address");
    const std::string warning = policy::string_member(onion, "warning");
    out << "bootstrap     " << number(onion, "bootstrap") << "% "
        << policy::string_member(onion, "summary") << '\n';
    if (!warning.empty()) out << "tor warning   " << warning << '\n';
    out << "onion         " << (address.empty() ? "not known yet" : address) << '\n'
        << "reachable     " << (policy::bool_member(onion, "reachable") ? "yes" : "not yet")
        << '\n';
}

void add_decisions(std::ostream& out, const Json& decisions) {
    out << "decisions     " << number(decisions, "allowed") << " allowed, "
        << number(decisions, "denied") << " denied, " << number(decisions, "limited")
        << " over a limit; " << number(decisions, "joined") << " joined, "
        << number(decisions, "join_refused") << " refused to join\n";
}

void add_failed_joins(std::ostream& out, const Json& joins) {
    out << "wrong secrets " << number(joins, "failed") << " tried; " << number(joins, "waits")
        << " times a circuit had to wait, " << number(joins, "refused_waiting")
        << " refused meanwhile\n";
}

void add_authenticator(std::ostream& out, const Json& authenticator) {
    out << "authenticator "
        << (policy::bool_member(authenticator, "running") ? "running" : "not running") << ", "
        << number(authenticator, "asked") << " questions asked, "
        << number(authenticator, "waiting") << " waiting, " << number(authenticator, "dropped")
        << " dropped; ended " << number(authenticator, "ended") << " times\n";
}

void add_audit(std::ostream& out, const Json& audit) {
    const std::string error = policy::string_member(audit, "error");
    out << "audit log     " << number(audit, "written") << " written, " << number(audit, "dropped")
        << " dropped, " << number(audit, "waiting") << " waiting" << (error.empty() ? "" : ": ")
        << error << '\n';
}

/// "0.42 ms"
std::string milliseconds(std::uint64_t microseconds) {
    const std::string hundredths = std::to_string(100 + microseconds / 10 % 100);
    return std::to_string(microseconds / 1000) + "." + hundredths.substr(1) + " ms";
}

void add_link(std::ostream& out, const Json& link) {
    std::string name = policy::string_member(link, "name");
    name.resize(std::max<std::size_t>(name.size(), 8), ' ');
    out << "link " << name << ' ' << (policy::bool_member(link, "up") ? "up" : "down")
        << (policy::bool_member(link, "drained") ? ", drained" : "");
    const auto left = number(link, "ejected_ms");
    if (left != 0) out << ", ejected for " << (left + 999) / 1000 << " s more as its calls failed";
    out << ", " << number(link, "calls") << " calls in flight, " << number(link, "subscriptions")
        << " subscriptions, " << number(link, "registrations") << " registrations, "
        << number(link, "held") << " messages held";
    if (const auto calls = number(link, "last_calls"); calls != 0) {
        out << "; of the last " << calls << " calls " << number(link, "last_failed")
            << " failed, the others took " << milliseconds(number(link, "last_latency_us"));
    }
    if (const auto share = policy::unsigned_member(link, "share", 100); left == 0 && share < 100)
        out << "; returning with " << share << "% of its spread calls";
    if (const auto round_trip = number(link, "round_trip_us"); round_trip != 0)
        out << "; probed in " << milliseconds(round_trip);
    const std::string since = policy::string_member(link, "since");
    const std::string reason = policy::string_member(link, "reason");
    if (!since.empty()) out << "; since " << time_text(since);
    if (!reason.empty()) out << ": " << reason;
    out << '\n';
}

void add_faults(const Json& onion, std::vector<Fault>& faults) {
    if (policy::string_member(onion, "mode") != "managed") return;
    const std::uint64_t percent = number(onion, "bootstrap");
    const std::string warning = policy::string_member(onion, "warning");
    if (percent < 100) {
        faults.push_back({"nobody can reach the onion: tor is at " + std::to_string(percent) +
                              "% (" + policy::string_member(onion, "summary") + ")",
                          warning.empty() ? "wait; if it stays there, see whether this machine "
                                            "reaches the Internet and what its clock says"
                                          : "tor says: " + warning});
    } else if (!policy::bool_member(onion, "reachable")) {
        faults.push_back({"nobody can reach the onion yet: tor has not published its descriptor",
                          "wait a minute; if it stays so, see tor's lines in the log"});
    }
}

void add_link_fault(const Json& link, std::vector<Fault>& faults) {
    if (policy::bool_member(link, "up")) return;
    const std::string reason = policy::string_member(link, "reason");
    faults.push_back({"link " + policy::string_member(link, "name") + " is down since " +
                          policy::string_member(link, "since") + ": " +
                          (reason.empty() ? "it has not come up yet" : reason),
                      "see that its other end runs and can reach this one; the log of both ends "
                      "says why a connection fails"});
}

}  // namespace

std::string to_json(const supervision::OnionStatus& status) {
    return policy::to_line({{"mode", status.mode},
                            {"address", status.address},
                            {"bootstrap", status.percent},
                            {"summary", status.summary},
                            {"warning", status.warning},
                            {"reachable", status.reachable}});
}

supervision::OnionStatus onion_of(std::string_view json) {
    const Json onion = parsed(json);
    return {policy::string_member(onion, "mode"),         policy::string_member(onion, "address"),
            static_cast<int>(number(onion, "bootstrap")), policy::string_member(onion, "summary"),
            policy::string_member(onion, "warning"),      policy::bool_member(onion, "reachable")};
}

std::optional<supervision::OnionStatus> onion_in(std::string_view line) {
    const Json status = parsed(line);
    if (!status.contains("onion")) return std::nullopt;
    return onion_of(policy::to_line(status.at("onion")));
}

std::vector<Fault> faults_in(std::string_view line) {
    const auto status = policy::parse_json(line, depth_max);
    if (!status || !status->is_object()) return {{"the program did not answer", "see its log"}};
    std::vector<Fault> faults;
    if (const Json* onion = policy::object_member(*status, "onion")) add_faults(*onion, faults);
    const Json* front = policy::object_member(*status, "front");
    if (front == nullptr) return faults;
    for (const Json& link : policy::array_member(*front, "links")) add_link_fault(link, faults);
    const Json* authenticator = policy::object_member(*front, "authenticator");
    if (authenticator != nullptr && !policy::bool_member(*authenticator, "running"))
        faults.push_back({"the authenticator does not run: nobody can log in",
                          "see the log; it is started again by itself"});
    return faults;
}

std::string status_line(const GatewayStatus& status) {
    const Sandbox& sandbox = status.sandbox;
    const ProgramStatus& program = status.program;
    const ProgramStatus::Limits& limits = program.limits;
    Json realms = Json::array();
    for (const ProgramStatus::Realm& realm : program.realms)
        realms.push_back({{"name", realm.name}, {"policy", realm.policy}});
    Json json{{"program", program.program},
              {"version", program.version},
              {"started", program.started},
              {"reloaded", program.reloaded},
              {"realms", std::move(realms)},
              {"limits",
               {{"sessions", limits.sessions},
                {"memory", limits.memory},
                {"message_bytes", limits.message_bytes},
                {"queue_bytes", limits.queue_bytes}}},
              {"onion", parsed(status.onion)},
              {"front", parsed(status.front)},
              {"audit", nullptr},
              {"sandbox",
               {{"complete", sandbox.complete},
                {"syscalls", sandbox.syscalls},
                {"landlock", sandbox.landlock},
                {"namespaces", sandbox.namespaces},
                {"summary", to_text(sandbox)}}}};
    if (status.audit) {
        json["audit"] = {{"recorded", status.audit->recorded},
                         {"written", status.audit->written},
                         {"dropped", status.audit->dropped},
                         {"waiting", status.audit->waiting}};
        if (!status.audit->error.empty()) json["audit"]["error"] = status.audit->error;
    }
    return policy::to_line(json) + "\n";
}

std::optional<std::string> status_text(std::string_view line) {
    const auto status = policy::parse_json(line, depth_max);
    if (!status || !status->is_object()) return std::nullopt;
    std::ostringstream out;
    add_verdict(out, faults_in(line));
    add_program(out, *status);
    if (const Json* onion = policy::object_member(*status, "onion")) add_onion(out, *onion);
    if (const Json* sandbox = policy::object_member(*status, "sandbox"))
        out << "sandbox       " << policy::string_member(*sandbox, "summary") << '\n';
    if (const Json* front = policy::object_member(*status, "front")) {
        add_people(out, *front, policy::object_member(*status, "limits"));
        if (const Json* decisions = policy::object_member(*front, "decisions"))
            add_decisions(out, *decisions);
        if (const Json* joins = policy::object_member(*front, "joins"))
            add_failed_joins(out, *joins);
        if (const Json* authenticator = policy::object_member(*front, "authenticator"))
            add_authenticator(out, *authenticator);
        if (const Json* audit = policy::object_member(*status, "audit")) add_audit(out, *audit);
        for (const Json& link : policy::array_member(*front, "links")) add_link(out, link);
    }
    return out.str();
}

}  // namespace sallyport::gateway
