#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "gateway/metrics/snapshot.h"

namespace sallyport::gateway {

/// A metric as docs/monitoring.md describes it; a test compares the two.
struct MetricText {
    std::string_view name;
    prometheus::MetricType type;
    std::string_view labels;  ///< comma-separated
    std::string_view unit;
    std::string_view help;
};

/// All metrics, in the order of the text.
std::span<const MetricText> all_metrics() noexcept;

/// The metrics of a snapshot: every family, also those without a sample. What a label may be is
/// given by the configuration, never by what strangers send.
std::vector<prometheus::MetricFamily> metrics_of(const MetricsSnapshot& snapshot);

enum class MetricsFormat { prometheus, open_metrics };

/// OpenMetrics if the value of an Accept header asks for it.
MetricsFormat format_for(std::string_view accept) noexcept;
std::string_view content_type(MetricsFormat format) noexcept;

std::string metrics_text(const MetricsSnapshot& snapshot, MetricsFormat format);

}  // namespace sallyport::gateway
