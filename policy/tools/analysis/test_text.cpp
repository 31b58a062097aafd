#include "policy/tools/analysis/test_text.h"

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
    if (route && tells && difference.before.expect.starts_with("allow"))
        text += "route = " + toml_text(difference.before.route) + "\n";
    return text;
}

}  // namespace sallyport::policy
