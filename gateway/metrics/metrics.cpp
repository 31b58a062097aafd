#include "gateway/metrics/metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <utility>

#include <prometheus/text_serializer.h>

#include "gateway/metrics/open_metrics.h"
#include "policy/audit/audit.h"
#include "wamp/base/check.h"

namespace sallyport::gateway {

namespace {

using policy::Outcome;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr MetricType counter = MetricType::Counter;
constexpr MetricType gauge = MetricType::Gauge;

constexpr std::array metric_texts{
    MetricText{"sallyport_build_info", gauge, "program, version", "1",
               "The running program: gateway or inside; always 1"},
    MetricText{"sallyport_start_time_seconds", gauge, "", "seconds",
               "When the process started, since 1970"},
    MetricText{"sallyport_reloads_total", counter, "", "reloads",
               "Policy versions that became active since the start"},
    MetricText{"sallyport_policy_info", gauge, "realm, policy", "1",
               "The hash of the active policy of a realm; always 1"},
    MetricText{"sallyport_connections", gauge, "", "connections",
               "Connections of clients, with or without a session, and of links"},
    MetricText{"sallyport_sessions", gauge, "realm, method", "sessions",
               "Sessions that have joined, by method of authentication"},
    MetricText{"sallyport_circuits", gauge, "", "circuits",
               "Tor circuits that have at least one session"},
    MetricText{"sallyport_joins_total", counter, "realm, method", "joins",
               "Sessions that joined since the start"},
    MetricText{"sallyport_joins_refused_total", counter, "reason", "joins",
               "Joins that were refused, by the error that the client got"},
    MetricText{"sallyport_joins_waiting", gauge, "", "connections",
               "Connections whose circuit joins too often and has to wait"},
    MetricText{"sallyport_joins_delayed_total", counter, "", "joins",
               "Joins that had to wait for their turn"},
    MetricText{"sallyport_wrong_secrets_total", counter, "", "attempts",
               "Attempts to log in with a wrong secret or an unknown name"},
    MetricText{"sallyport_decisions_total", counter, "realm, rule, outcome", "decisions",
               "Decisions of the policy; without a rule if none has matched"},
    MetricText{"sallyport_call_duration_seconds", MetricType::Histogram, "realm, rule, part",
               "seconds",
               "Calls by the rule that allowed them: part=\"total\" from arrival to the final "
               "answer, part=\"gateway\" from arrival until the call crossed the link"},
    MetricText{"sallyport_events_received_total", counter, "link", "events",
               "Events that came over a link"},
    MetricText{"sallyport_events_sent_total", counter, "", "events",
               "Events that were sent to sessions"},
    MetricText{"sallyport_events_lost_total", counter, "reason", "events",
               "Events that a session did not get: undeliverable (too large, or not in its "
               "serializer), withheld (by the policy), skipped (replaced by newer ones)"},
    MetricText{"sallyport_too_slow_total", counter, "", "subscriptions and calls",
               "Subscriptions and calls that ended because their session did not keep up"},
    MetricText{"sallyport_link_up", gauge, "link", "0 or 1", "Whether the link works"},
    MetricText{"sallyport_link_drained", gauge, "link", "0 or 1",
               "Whether new requests go to other backends of the same route"},
    MetricText{"sallyport_link_ups_total", counter, "link", "times",
               "How often the link has come up since the start"},
    MetricText{"sallyport_link_round_trip_seconds", gauge, "link", "seconds",
               "From the last probe of a silent link to the first byte after it"},
    MetricText{"sallyport_calls_in_flight", gauge, "link", "calls",
               "Calls that crossed the link and are not finished behind it"},
    MetricText{"sallyport_invocations_in_flight", gauge, "link", "invocations",
               "Invocations of procedures that clients outside have registered"},
    MetricText{"sallyport_subscriptions", gauge, "link", "subscriptions",
               "Subscriptions of clients through the link"},
    MetricText{"sallyport_registrations", gauge, "link", "registrations",
               "Registrations of clients through the link"},
    MetricText{"sallyport_publications_unacknowledged", gauge, "link", "publications",
               "Publications that crossed the link and are not acknowledged"},
    MetricText{"sallyport_link_waiting_requests", gauge, "link", "requests",
               "Requests that wait for the link to come up"},
    MetricText{"sallyport_link_queue_messages", gauge, "link", "messages",
               "Messages that wait for the link to have room"},
    MetricText{"sallyport_link_queue_bytes", gauge, "link", "bytes",
               "The size of the messages that wait for the link to have room"},
    MetricText{"sallyport_router_subscriptions", gauge, "", "subscriptions",
               "Subscriptions at the internal router (of an inside only)"},
    MetricText{"sallyport_router_registrations", gauge, "", "registrations",
               "Registrations at the internal router (of an inside only)"},
    MetricText{"sallyport_router_calls", gauge, "", "calls",
               "Calls in flight at the internal router (of an inside only)"},
    MetricText{"sallyport_memory_limit_bytes", gauge, "", "bytes",
               "The budget for connections: limits.memory"},
    MetricText{"sallyport_memory_used_bytes", gauge, "", "bytes", "What is used of the budget"},
    MetricText{"sallyport_memory_held_bytes", gauge, "", "bytes",
               "What sessions hold beyond the buffers of their connections, approximately"},
    MetricText{"sallyport_memory_peak_bytes", gauge, "", "bytes",
               "The most that was used of the budget since the start"},
    MetricText{"sallyport_connections_closed_total", counter, "reason", "connections",
               "Connections that were closed for memory, or displaced by newer ones"},
    MetricText{"sallyport_audit_written_total", counter, "", "records",
               "Audit records that were written"},
    MetricText{"sallyport_audit_dropped_total", counter, "", "records",
               "Audit records that were dropped as their queue was full"},
    MetricText{"sallyport_audit_waiting", gauge, "", "records",
               "Audit records that wait to be written"},
    MetricText{"sallyport_audit_failing", gauge, "", "0 or 1",
               "Whether the last attempt to write an audit record failed"},
    MetricText{"sallyport_authenticator_running", gauge, "", "0 or 1",
               "Whether the process that checks secrets answers"},
    MetricText{"sallyport_authenticator_questions_total", counter, "", "questions",
               "Questions that the authenticator was asked"},
    MetricText{"sallyport_authenticator_waiting", gauge, "", "questions",
               "Questions that the authenticator has not taken yet"},
    MetricText{"sallyport_authenticator_dropped_total", counter, "", "questions",
               "Questions that could not be asked"},
    MetricText{"sallyport_authenticator_ended_total", counter, "", "times",
               "How often the authenticator has ended"},
    MetricText{"sallyport_tor_bootstrap_ratio", gauge, "", "0 to 1",
               "How far tor has connected to the network (managed tor only)"},
    MetricText{"sallyport_tor_reachable", gauge, "", "0 or 1",
               "Whether a descriptor of the onion service was uploaded (managed tor only)"},
};

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

/// The families, filled by name.
class Families {
public:
    Families() {
        families_.reserve(metric_texts.size());
        for (const MetricText& text : metric_texts)
            families_.push_back({std::string(text.name), std::string(text.help), text.type, {}});
    }

    void add(std::string_view name, double value, Labels labels = {}) {
        MetricFamily& family = of(name);
        ClientMetric& metric = add_metric(family, labels);
        (family.type == counter ? metric.counter.value : metric.gauge.value) = value;
    }
    template <class Integer>
    void count(std::string_view name, Integer value, Labels labels = {}) {
        add(name, static_cast<double>(value), labels);
    }
    void add(std::string_view name, const policy::Durations& durations, Labels labels) {
        using Seconds = std::chrono::duration<double>;
        auto& histogram = add_metric(of(name), labels).histogram;
        histogram.sample_count = durations.count();
        histogram.sample_sum = Seconds(durations.sum()).count();
        const auto& buckets = durations.buckets();
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            sum += buckets[i];
            const double bound = i < policy::Durations::bounds.size()
                                     ? Seconds(policy::Durations::bounds[i]).count()
                                     : std::numeric_limits<double>::infinity();
            histogram.bucket.push_back({sum, bound});
        }
    }
    std::vector<MetricFamily> take() { return std::move(families_); }

private:
    static ClientMetric& add_metric(MetricFamily& family, Labels labels) {
        ClientMetric& metric = family.metric.emplace_back();
        for (const auto& [label, value] : labels) metric.label.push_back({label, value});
        return metric;
    }
    MetricFamily& of(std::string_view name) {
        const auto found = std::find_if(families_.begin(), families_.end(),
                                        [name](const auto& family) { return family.name == name; });
        SALLYPORT_CHECK(found != families_.end());
        return *found;
    }

    std::vector<MetricFamily> families_;
};

void add_program(const MetricsSnapshot& from, Families& to) {
    to.add("sallyport_build_info", 1, {{"program", from.program}, {"version", from.version}});
    to.add("sallyport_start_time_seconds", from.started_s);
    to.count("sallyport_reloads_total", from.reloads);
    const MetricsSnapshot::Memory& memory = from.memory;
    to.count("sallyport_memory_limit_bytes", memory.limit);
    to.count("sallyport_memory_used_bytes", memory.used);
    to.count("sallyport_memory_held_bytes", memory.held);
    to.count("sallyport_memory_peak_bytes", memory.peak);
    to.count("sallyport_connections_closed_total", memory.closed, {{"reason", "memory"}});
    to.count("sallyport_connections_closed_total", memory.displaced, {{"reason", "displaced"}});
    const MetricsSnapshot::Authenticator& authenticator = from.authenticator;
    to.count("sallyport_authenticator_running", int{authenticator.running});
    to.count("sallyport_authenticator_questions_total", authenticator.asked);
    to.count("sallyport_authenticator_waiting", authenticator.waiting);
    to.count("sallyport_authenticator_dropped_total", authenticator.dropped);
    to.count("sallyport_authenticator_ended_total", authenticator.ended);
    if (from.audit) {
        to.count("sallyport_audit_written_total", from.audit->written);
        to.count("sallyport_audit_dropped_total", from.audit->dropped);
        to.count("sallyport_audit_waiting", from.audit->waiting);
        to.count("sallyport_audit_failing", int{from.audit->failing});
    }
    if (from.onion) {
        to.add("sallyport_tor_bootstrap_ratio", from.onion->bootstrap);
        to.count("sallyport_tor_reachable", int{from.onion->reachable});
    }
    if (from.router) {
        to.count("sallyport_router_subscriptions", from.router->subscriptions);
        to.count("sallyport_router_registrations", from.router->registrations);
        to.count("sallyport_router_calls", from.router->calls);
    }
}

// A rule that no message has reached yet has no series, but for "allow" and "deny": an alert on
// their rate needs the zero before the first one.
void add_rule(const std::string& realm, const std::string& rule, const policy::RuleCounts& counts,
              Families& to) {
    for (std::size_t i = 0; i < policy::outcome_count; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        const bool always = outcome == Outcome::allow || outcome == Outcome::deny;
        if (!always && counts.of(outcome) == 0) continue;
        to.count("sallyport_decisions_total", counts.of(outcome),
                 {{"realm", realm}, {"rule", rule}, {"outcome", std::string(to_string(outcome))}});
    }
    if (counts.waited.count() == 0) return;
    to.add("sallyport_call_duration_seconds", counts.answered,
           {{"realm", realm}, {"rule", rule}, {"part", "total"}});
    to.add("sallyport_call_duration_seconds", counts.waited,
           {{"realm", realm}, {"rule", rule}, {"part", "gateway"}});
}

void add_door(const policy::DoorSnapshot& from, Families& to) {
    for (const policy::DoorSnapshot::Realm& realm : from.realms) {
        to.add("sallyport_policy_info", 1, {{"realm", realm.name}, {"policy", realm.policy}});
        for (const auto& method : realm.sessions)
            to.count("sallyport_sessions", method.count,
                     {{"realm", realm.name}, {"method", method.name}});
        for (const auto& method : realm.counts.joined())
            to.count("sallyport_joins_total", method.count,
                     {{"realm", realm.name}, {"method", method.name}});
        for (policy::RuleIndex rule = 0; rule < realm.rules.size(); ++rule)
            add_rule(realm.name, realm.rules[rule], realm.counts.of(rule), to);
        add_rule(realm.name, "", realm.counts.of(policy::no_rule), to);
    }
    for (const auto& refused : from.refused)
        to.count("sallyport_joins_refused_total", refused.count, {{"reason", refused.name}});
    to.count("sallyport_connections", from.connections);
    to.count("sallyport_circuits", from.circuits);
    to.count("sallyport_joins_waiting", from.joins_waiting);
    to.count("sallyport_joins_delayed_total", from.joins_delayed);
    to.count("sallyport_wrong_secrets_total", from.wrong_secrets);
    to.count("sallyport_events_sent_total", from.events_sent);
    to.count("sallyport_too_slow_total", from.too_slow);
    constexpr std::string_view lost = "sallyport_events_lost_total";
    to.count(lost, from.events_undeliverable, {{"reason", "undeliverable"}});
    to.count(lost, from.events_withheld, {{"reason", "withheld"}});
    to.count(lost, from.events_skipped, {{"reason", "skipped"}});
}

void add_link(const backend_link::LinkSnapshot& from, bool of_gateway, Families& to) {
    const Labels link{{"link", from.name}};
    to.count("sallyport_link_up", int{from.up}, link);
    to.count("sallyport_link_ups_total", from.ups, link);
    if (from.round_trip)
        to.add("sallyport_link_round_trip_seconds",
               std::chrono::duration<double>(*from.round_trip).count(), link);
    if (!of_gateway) return;
    to.count("sallyport_link_drained", int{from.drained}, link);
    to.count("sallyport_calls_in_flight", from.calls, link);
    to.count("sallyport_invocations_in_flight", from.invocations, link);
    to.count("sallyport_subscriptions", from.subscriptions, link);
    to.count("sallyport_registrations", from.registrations, link);
    to.count("sallyport_publications_unacknowledged", from.publications, link);
    to.count("sallyport_link_waiting_requests", from.waiting, link);
    to.count("sallyport_link_queue_messages", from.held, link);
    to.count("sallyport_link_queue_bytes", from.held_bytes, link);
    to.count("sallyport_events_received_total", from.events, link);
}

}  // namespace

std::span<const MetricText> all_metrics() noexcept {
    return metric_texts;
}

std::vector<MetricFamily> metrics_of(const MetricsSnapshot& snapshot) {
    Families families;
    add_program(snapshot, families);
    add_door(snapshot.door, families);
    for (const backend_link::LinkSnapshot& link : snapshot.links)
        add_link(link, !snapshot.router, families);
    return families.take();
}

MetricsFormat format_for(std::string_view accept) noexcept {
    return accept.find("application/openmetrics-text") != std::string_view::npos
               ? MetricsFormat::open_metrics
               : MetricsFormat::prometheus;
}

std::string_view content_type(MetricsFormat format) noexcept {
    return format == MetricsFormat::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

std::string metrics_text(const MetricsSnapshot& snapshot, MetricsFormat format) {
    const auto families = metrics_of(snapshot);
    if (format == MetricsFormat::open_metrics) return open_metrics_text(families);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

}  // namespace sallyport::gateway
