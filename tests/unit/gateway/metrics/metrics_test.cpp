#include "gateway/metrics/metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace sallyport::gateway {
namespace {

using policy::Outcome;
using std::chrono_literals::operator""ms;

policy::DoorSnapshot::Realm realm_of(std::size_t rules) {
    policy::DoorSnapshot::Realm realm{"lab", "abc", {}, policy::RealmCounts(rules, 1), {}};
    for (std::size_t rule = 0; rule < rules; ++rule)
        realm.rules.push_back("rule-" + std::to_string(rule));
    return realm;
}

MetricsSnapshot small() {
    MetricsSnapshot snapshot;
    snapshot.program = "gateway";
    snapshot.version = "1.2.3";
    auto realm = realm_of(1);
    auto& counts = realm.counts.of(0);
    counts.outcomes[static_cast<std::size_t>(Outcome::allow)] = 2;
    counts.outcomes[static_cast<std::size_t>(Outcome::over_rate)] = 1;
    counts.waited.add(1ms);
    counts.answered.add(3ms);
    ++realm.counts.of(policy::no_rule).outcomes[static_cast<std::size_t>(Outcome::deny)];
    realm.counts.joined("ticket");
    snapshot.door.realms.push_back(std::move(realm));
    snapshot.links.push_back({"inside", true, 2, 5ms});
    return snapshot;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, TellDecisionsByRealmRuleAndOutcome) {
    const std::string text = metrics_text(small(), MetricsFormat::prometheus);
    const std::string family = "sallyport_decisions_total{realm=\"lab\",";
    EXPECT_TRUE(has_line(text, family + "rule=\"rule-0\",outcome=\"allow\"} 2")) << text;
    EXPECT_TRUE(has_line(text, family + "rule=\"rule-0\",outcome=\"deny\"} 0")) << text;
    EXPECT_TRUE(has_line(text, family + "rule=\"rule-0\",outcome=\"over_rate\"} 1")) << text;
    EXPECT_TRUE(has_line(text, family + "rule=\"\",outcome=\"deny\"} 1")) << text;
    EXPECT_EQ(text.find("in_flight\"}"), std::string::npos) << "nothing has had that outcome";
}

TEST(Metrics, TellTheGatewaysPartOfACallAndTheWhole) {
    const std::string text = metrics_text(small(), MetricsFormat::prometheus);
    const std::string family =
        "sallyport_call_duration_seconds_bucket{realm=\"lab\",rule=\"rule-0\",";
    EXPECT_TRUE(has_line(text, family + "part=\"gateway\",le=\"0.001\"} 1")) << text;
    EXPECT_TRUE(has_line(text, family + "part=\"total\",le=\"0.0025\"} 0")) << text;
    EXPECT_TRUE(has_line(text, family + "part=\"total\",le=\"0.005\"} 1")) << text;
    EXPECT_TRUE(has_line(text, family + "part=\"total\",le=\"+Inf\"} 1")) << text;
}

TEST(Metrics, TellLinksAndWhoHasJoined) {
    const std::string text = metrics_text(small(), MetricsFormat::prometheus);
    EXPECT_TRUE(has_line(text, "sallyport_link_up{link=\"inside\"} 1")) << text;
    EXPECT_TRUE(has_line(text, "sallyport_link_ups_total{link=\"inside\"} 2")) << text;
    EXPECT_NE(text.find("sallyport_link_round_trip_seconds{link=\"inside\"} 0.005"),
              std::string::npos);
    EXPECT_TRUE(has_line(text, "sallyport_joins_total{realm=\"lab\",method=\"ticket\"} 1")) << text;
}

TEST(Metrics, LeaveOutWhatAProgramCannotKnow) {
    const std::string gateway = metrics_text(small(), MetricsFormat::prometheus);
    EXPECT_EQ(gateway.find("\nsallyport_tor_reachable "), std::string::npos)
        << "tor is not managed";
    EXPECT_EQ(gateway.find("\nsallyport_router_calls "), std::string::npos);
    EXPECT_EQ(gateway.find("\nsallyport_audit_written_total "), std::string::npos);
    MetricsSnapshot inside = small();
    inside.router.emplace();
    inside.onion = MetricsSnapshot::Onion{0.5, false};
    inside.audit.emplace();
    const std::string text = metrics_text(inside, MetricsFormat::prometheus);
    EXPECT_TRUE(has_line(text, "sallyport_router_calls 0")) << text;
    EXPECT_TRUE(has_line(text, "sallyport_tor_bootstrap_ratio 0.5")) << text;
    EXPECT_TRUE(has_line(text, "sallyport_audit_dropped_total 0")) << text;
    EXPECT_EQ(text.find("sallyport_calls_in_flight{"), std::string::npos)
        << "of an inside, a link has no calls of its own";
}

// What strangers send never makes a series.
TEST(Metrics, AreBoundedByTheConfiguration) {
    policy::RealmCounts counts(2, 1);
    for (int i = 0; i < 1000; ++i) counts.joined("method-" + std::to_string(i));
    EXPECT_EQ(counts.joined().size(), policy::RealmCounts::names_max + 1);
    EXPECT_EQ(counts.joined().back().name, "other");
    EXPECT_EQ(counts.joined().back().count, 1000 - policy::RealmCounts::names_max);
    EXPECT_EQ(&counts.of(2), &counts.of(policy::no_rule));
}

TEST(Metrics, OpenMetricsIsWrittenToWhoAsksForIt) {
    const std::string_view scrape =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    EXPECT_EQ(format_for(scrape), MetricsFormat::open_metrics);
    EXPECT_EQ(format_for("*/*"), MetricsFormat::prometheus);
    EXPECT_EQ(format_for(""), MetricsFormat::prometheus);
    const std::string text = metrics_text(small(), MetricsFormat::open_metrics);
    EXPECT_TRUE(text.ends_with("# EOF\n"));
    EXPECT_TRUE(has_line(text, "# TYPE sallyport_decisions counter")) << text;
    EXPECT_TRUE(content_type(MetricsFormat::open_metrics).starts_with("application/openmetrics"));
    EXPECT_TRUE(content_type(MetricsFormat::prometheus).starts_with("text/plain; version=0.0.4"));
}

std::string type_text(prometheus::MetricType type) {
    if (type == prometheus::MetricType::Counter) return "counter";
    return type == prometheus::MetricType::Gauge ? "gauge" : "histogram";
}

// The page is the table of the source, and names nothing else.
TEST(Metrics, AreDescribedByThePageOfTheDocumentation) {
    std::set<std::string> described;
    std::ifstream page("docs/monitoring.md");
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| `sallyport_")) described.insert(line);
    }
    std::set<std::string> made;
    for (const MetricText& metric : all_metrics()) {
        std::ostringstream row;
        row << "| `" << metric.name << "` | " << type_text(metric.type) << " | " << metric.labels
            << " | " << metric.unit << " | " << metric.help << " |";
        made.insert(row.str());
    }
    for (const std::string& row : made) EXPECT_TRUE(described.contains(row)) << row;
    for (const std::string& row : described) EXPECT_TRUE(made.contains(row)) << row;
}

TEST(Metrics, HaveEachFamilyOnceWithItsType) {
    std::set<std::string_view> names;
    for (const MetricText& metric : all_metrics()) {
        EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
        EXPECT_EQ(metric.name.ends_with("_total"), metric.type == prometheus::MetricType::Counter)
            << metric.name;
    }
    EXPECT_EQ(metrics_of(small()).size(), all_metrics().size());
}

}  // namespace
}  // namespace sallyport::gateway
