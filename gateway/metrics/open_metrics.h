#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace sallyport::gateway {

/// The text of these families as OpenMetrics 1.0 has it, which prometheus-cpp does not write:
/// counters, gauges and histograms.
std::string open_metrics_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace sallyport::gateway
