#include "policy/tools/analysis/test_text.h"

#include "policy/document/units.h"
#include "policy/tools/edit/toml_text.h"

namespace sallyport::policy {

std::string test_text(const Difference& difference, bool route) {
    const ArgumentCase& arguments = difference.arguments;
    std::string text = "[[test]]\nas = { authid = " + toml_text(difference.authid) +
                       ", role = " + toml_text(difference.role) + " }\n";
    text += std::string(to_string(difference.action)) + " = " + toml_text(difference.uri) + "\n";
    if (arguments.sized) text += "payload = " + std::to_string(arguments.bytes) + "\n";
    if (arguments.opaque) text += "opaque = true\n";
    if (!arguments.args.empty()) {
        const auto args = toml_value(arguments.args);
        if (!args) return "";
        text += "args = " + *args + "\n";
    }
    if (!arguments.kwargs.empty()) {
        const auto kwargs = toml_value(arguments.kwargs);
        if (!kwargs) return "";
        text += "kwargs = " + *kwargs + "\n";
    }
    text += "expect = " + toml_text(difference.before.expect) + "\n";
    const bool tells = difference.before.route != difference.after.route;
    const auto& delivery = difference.before.delivery;
    if (delivery && delivery != difference.after.delivery) {
        text += std::string("deliver = ") + (delivery->latest ? "\"latest\"" : "\"all\"") + "\n";
        if (const auto* index = std::get_if<std::uint32_t>(&delivery->key))
            text += "key = { arg = " + std::to_string(*index) + " }\n";
        if (const auto* name = std::get_if<std::string>(&delivery->key))
            text += "key = { kwarg = " + toml_text(*name) + " }\n";
        if (delivery->rate_per_s > 0)
            text += "rate = " + toml_text(format_rate(delivery->rate_per_s)) + "\n";
    }
    if (route && tells && difference.before.expect.starts_with("allow"))
        text += "route = " + toml_text(difference.before.route) + "\n";
    return text;
}

}  // namespace sallyport::policy
