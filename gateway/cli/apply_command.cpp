#include "gateway/cli/apply_command.h"

#include <memory>
#include <string>

#include "gateway/admin/control.h"
#include "gateway/config/load_config.h"

namespace sallyport::gateway {

namespace {

struct Texts {
    std::string config = "gateway.toml";
    bool check = false;
    bool json = false;
};

}  // namespace

void add_apply_commands(CLI::App& app, std::function<int()>& action) {
    CLI::App* const tools = app.get_subcommand("policy");
    const auto texts = std::make_shared<Texts>();
    constexpr const char* config_help = "gateway.toml or inside.toml of the running program";

    CLI::App* const apply =
        tools->add_subcommand("apply", "Make a running program read its policy files again");
    apply->add_option("--config", texts->config, config_help)->capture_default_str();
    apply->add_flag("--check", texts->check, "Tell what would change, and change nothing");
    apply->add_flag("--json", texts->json, "One JSON object in one line");
    apply->footer(
        "Examples:\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml --check\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml\n"
        "Exit codes: 0 it is done, or could be; 1 not done, the version before stays; 2 nobody to "
        "tell.");
    apply->callback([&action, texts] {
        action = [texts] {
            return tell_program(load_state_dir(texts->config), texts->check ? "check" : "apply",
                                texts->json);
        };
    });

    CLI::App* const rollback = tools->add_subcommand(
        "rollback", "Make a running program go back to the version of its policy before");
    rollback->add_option("--config", texts->config, config_help)->capture_default_str();
    rollback->add_flag("--json", texts->json, "One JSON object in one line");
    rollback->footer(
        "Example:\n"
        "  sallyport policy rollback --config /etc/sallyport/gateway.toml\n"
        "The files stay as they are: correct them before the next apply, SIGHUP or start.\n"
        "Exit codes: 0 it is done; 1 not done, what runs stays; 2 nobody to tell.");
    rollback->callback([&action, texts] {
        action = [texts] {
            return tell_program(load_state_dir(texts->config), "rollback", texts->json);
        };
    });
}

}  // namespace sallyport::gateway
