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

void add_apply_commands(Command& tools) {
    const auto texts = std::make_shared<Texts>();
    constexpr const char* config_help = "gateway.toml or inside.toml of the running program";

    Command& apply = tools.add_command("apply", "Reload the policy files of a running program");
    apply.add_option("--config", &texts->config, config_help, {.show_default = true});
    apply.add_option("--check", &texts->check, "Show what would change, without changing anything");
    apply.add_option("--json", &texts->json, "Print one JSON object on one line");
    apply.footer =
        "Examples:\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml --check\n"
        "  sallyport policy apply --config /etc/sallyport/gateway.toml\n"
        "Exit codes: 0 applied, or can be applied; 1 not applied, the running version stays "
        "active; 2 no answer; 3 applied, but the version could not be stored.";
    apply.action = [texts] {
        return send_command(load_state_dir(texts->config), texts->check ? "check" : "apply",
                            texts->json);
    };

    Command& rollback = tools.add_command(
        "rollback", "Return a running program to the previous version of its policy");
    rollback.add_option("--config", &texts->config, config_help, {.show_default = true});
    rollback.add_option("--json", &texts->json, "Print one JSON object on one line");
    rollback.footer =
        "Example:\n"
        "  sallyport policy rollback --config /etc/sallyport/gateway.toml\n"
        "The files stay as they are: correct them before the next apply, SIGHUP or start.\n"
        "Exit codes: 0 rolled back; 1 not rolled back, the running version stays active; "
        "2 no answer; 3 rolled back, but the version could not be stored.";
    rollback.action = [texts] {
        return send_command(load_state_dir(texts->config), "rollback", texts->json);
    };
}

}  // namespace sallyport::gateway
