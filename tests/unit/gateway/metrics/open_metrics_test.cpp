#include "gateway/metrics/open_metrics.h"

#include <gtest/gtest.h>

#include <limits>

namespace sallyport::gateway {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

TEST(OpenMetrics, NamesTheFamilyOfACounterWithoutItsSuffixAndEndsWithEof) {
    MetricFamily family{"a_total", "Why \"so\" \\ and\nso", MetricType::Counter, {}};
    family.metric.emplace_back().label = {{"rule", "a\"b\\c\nd"}, {"realm", "lab"}};
    family.metric.back().counter.value = 3;
    EXPECT_EQ(open_metrics_text({family}),
              "# HELP a Why \\\"so\\\" \\\\ and\\nso\n# TYPE a counter\n"
              "a_total{rule=\"a\\\"b\\\\c\\nd\",realm=\"lab\"} 3\n# EOF\n");
}

TEST(OpenMetrics, WritesGaugesWithoutLabelsAndWithFractions) {
    MetricFamily family{"b", "B", MetricType::Gauge, {}};
    family.metric.emplace_back().gauge.value = 0.25;
    EXPECT_EQ(open_metrics_text({family}), "# HELP b B\n# TYPE b gauge\nb 0.25\n# EOF\n");
}

TEST(OpenMetrics, WritesTheBucketsOfAHistogramAsCanonicalNumbers) {
    MetricFamily family{"c_seconds", "C", MetricType::Histogram, {}};
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"link", "lab"}};
    metric.histogram = {3, 1.5, {{1, 0.5}, {2, 1}, {3, std::numeric_limits<double>::infinity()}}};
    EXPECT_EQ(open_metrics_text({family}),
              "# HELP c_seconds C\n# TYPE c_seconds histogram\n"
              "c_seconds_bucket{link=\"lab\",le=\"0.5\"} 1\n"
              "c_seconds_bucket{link=\"lab\",le=\"1.0\"} 2\n"
              "c_seconds_bucket{link=\"lab\",le=\"+Inf\"} 3\n"
              "c_seconds_count{link=\"lab\"} 3\nc_seconds_sum{link=\"lab\"} 1.5\n# EOF\n");
}

TEST(OpenMetrics, WritesAFamilyWithoutASample) {
    EXPECT_EQ(open_metrics_text({{"d", "D", MetricType::Gauge, {}}}),
              "# HELP d D\n# TYPE d gauge\n# EOF\n");
}

}  // namespace
}  // namespace sallyport::gateway
