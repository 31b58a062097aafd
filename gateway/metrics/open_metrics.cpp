#include "gateway/metrics/open_metrics.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace sallyport::gateway {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view total = "_total";

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '\n':
                out += "\\n";
                break;
            case '\\':
            case '"':
                out += '\\';
                out += c;
                break;
            default:
                out += c;
        }
    }
}

void append_number(std::string& out, double value) {
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_sample(std::string& out, std::string_view name, const ClientMetric& metric,
                   std::string_view bucket, double value) {
    out += name;
    if (!metric.label.empty() || !bucket.empty()) {
        out += '{';
        std::string_view comma;
        for (const ClientMetric::Label& label : metric.label) {
            out.append(comma).append(label.name).append("=\"");
            append_escaped(out, label.value);
            out += '"';
            comma = ",";
        }
        if (!bucket.empty()) out.append(comma).append("le=\"").append(bucket).append("\"");
        out += '}';
    }
    out += ' ';
    append_number(out, value);
    out += '\n';
}

// A bucket has the form "0.25" or "1.0": two texts of one number would be two series.
std::string bound_text(double bound) {
    std::string text;
    append_number(text, bound);
    if (!std::isinf(bound) && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

void append_histogram(std::string& out, const std::string& name, const ClientMetric& metric) {
    for (const ClientMetric::Bucket& bucket : metric.histogram.bucket)
        append_sample(out, name + "_bucket", metric, bound_text(bucket.upper_bound),
                      static_cast<double>(bucket.cumulative_count));
    append_sample(out, name + "_count", metric, {},
                  static_cast<double>(metric.histogram.sample_count));
    append_sample(out, name + "_sum", metric, {}, metric.histogram.sample_sum);
}

std::string_view type_of(const MetricFamily& family) noexcept {
    switch (family.type) {
        case MetricType::Counter:
            return "counter";
        case MetricType::Gauge:
            return "gauge";
        case MetricType::Histogram:
            return "histogram";
        case MetricType::Summary:
        case MetricType::Untyped:
            break;
    }
    return "unknown";
}

}  // namespace

std::string open_metrics_text(const std::vector<MetricFamily>& families) {
    std::string out;
    for (const MetricFamily& family : families) {
        // Of a counter, the family lacks the suffix that its samples have.
        std::string name = family.name;
        const bool counts = family.type == MetricType::Counter;
        if (counts && name.ends_with(total)) name.resize(name.size() - total.size());
        out.append("# HELP ").append(name).append(" ");
        append_escaped(out, family.help);
        out.append("\n# TYPE ").append(name).append(" ").append(type_of(family)).append("\n");
        for (const ClientMetric& metric : family.metric) {
            if (family.type == MetricType::Histogram) {
                append_histogram(out, name, metric);
            } else {
                append_sample(out, counts ? name + std::string(total) : name, metric, {},
                              counts ? metric.counter.value : metric.gauge.value);
            }
        }
    }
    return out += "# EOF\n";
}

}  // namespace sallyport::gateway
