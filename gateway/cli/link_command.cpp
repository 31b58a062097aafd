#include "gateway/cli/link_command.h"

#include <iostream>
#include <memory>

#include "gateway/config/link_keys.h"

namespace sallyport::gateway {

int pair_link(const std::string& directory, std::ostream& out) {
    const LinkKeys pair = make_link_keys(directory);
    out << (pair.made ? "Created" : "Found") << " the key pair of this end in " << directory
        << ".\n"
        << "Its pin: " << pair.pin << "\n\n"
        << "If this end is the gateway, put this into the other end's inside.toml:\n"
        << "  [[link]]\n"
        << "  gateway = \"tcp:ADDRESS-OF-THIS-END:PORT\"\n"
        << "  peer_pin = \"" << pair.pin << "\"\n\n"
        << "If this end is the inside, put this into the other end's gateway.toml:\n"
        << "  [[backend]]\n"
        << "  name = \"NAME\"\n"
        << "  kind = \"accept\"\n"
        << "  listen = \"tcp:ADDRESS-OF-THE-OTHER-END:PORT\"\n"
        << "  peer_pin = \"" << pair.pin << "\"\n";
    out.flush();
    return 0;
}

void add_link_command(Command& program) {
    Command& link = program.add_command("link", "Keys of the links between gateway and inside");
    Command& pair = link.add_command("pair", "Create the key of this end and show its pin");
    auto directory = std::make_shared<std::string>();
    pair.add_option("--dir", directory.get(), "Folder of link.key and link.crt: STATE_DIR/link",
                    {.required = true});
    pair.action = [directory] { return pair_link(*directory, std::cout); };
}

}  // namespace sallyport::gateway
