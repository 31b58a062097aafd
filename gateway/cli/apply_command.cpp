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
        tools->add_subcommand("apply", "Reload the policy files of a running program");
    apply->add_option("--config", texts->config, config_help)->capture_default_str();
    apply->add_flag("--check", texts->check, "Show what would change, without changing anything");
    apply->add_flag("--json", texts->json, "Print one JSON object on one line");
    apply->footer(
        "Examples:\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml --check\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml\n"
        "Exit codes: 0 applied, or can be applied; 1 not applied, the running version stays "
        "active; 2 no "
        "answer.");
    apply->callback([&action, texts] {
        action = [texts] {
            return send_command(load_state_dir(texts->config), texts->check ? "check" : "apply",
                                texts->json);
        };
    });

    CLI::App* const rollback = tools->add_subcommand(
        "rollback", "Return a running program to the previous version of its policy");
    rollback->add_option("--config", texts->config, config_help)->capture_default_str();
    rollback->add_flag("--json", texts->json, "Print one JSON object on one line");
    rollback->footer(
        "Example:\n"
        "  sallyport policy rollback --config /etc/sallyport/gateway.toml\n"
        "The files stay as they are: correct them before the next apply, SIGHUP or start.\n"
        "Exit codes: 0 rolled back; 1 not rolled back, the running version stays active; 2 no "
        "answer.");
    rollback->callback([&action, texts] {
        action = [texts] {
            return send_command(load_state_dir(texts->config), "rollback", texts->json);
        };
    });
}

}  // namespace sallyport::gateway
