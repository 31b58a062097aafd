#include "gateway/cli/bundle.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/cli/qr_code.h"
#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "gateway/tor/onion.h"
#include "policy/crypto/ed25519.h"
#include "policy/document/names.h"
#include "policy/document/section.h"

namespace sallyport::gateway {
namespace {

constexpr std::array<std::string_view, 6> keys{"address", "port",   "onion_key",
                                               "realm",   "authid", "private_key"};
constexpr const char* cure = "ask whoever gave you this file for a new one";

constexpr std::string_view python_form =
    R"(# pip install autobahn pynacl; a tor with the onion key listens on 127.0.0.1:9050
import asyncio, socket, struct
from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.cryptosign import CryptosignKey
from autobahn.wamp.types import ComponentConfig

SOCKS = ("127.0.0.1", 9050)
ADDRESS, PORT, REALM, AUTHID = "@ADDRESS@", @PORT@, "@REALM@", "@AUTHID@"
KEY = CryptosignKey.from_bytes(bytes.fromhex("@PRIVATE_KEY@"))


class Client(ApplicationSession):
    def onConnect(self):
        self.join(REALM, ["cryptosign"], AUTHID, authextra={"pubkey": KEY.public_key()})

    def onChallenge(self, challenge):
        return KEY.sign_challenge(challenge)

    async def onJoin(self, details):
        print("joined as", details.authid, details.authrole)
        # print(await self.call("lab.look"))
        self.leave()

    def onDisconnect(self):
        asyncio.get_event_loop().stop()


def through_tor():
    sock = socket.create_connection(SOCKS) if isinstance(SOCKS, tuple) else socket.socket(socket.AF_UNIX)
    if not isinstance(SOCKS, tuple):
        sock.connect(SOCKS)
    sock.sendall(b"\5\1\0")
    assert sock.recv(2, socket.MSG_WAITALL) == b"\5\0"
    sock.sendall(b"\5\1\0\3" + bytes([len(ADDRESS)]) + ADDRESS.encode() + struct.pack(">H", PORT))
    head = sock.recv(4, socket.MSG_WAITALL)
    assert head[1] == 0, "tor cannot reach it: is the onion key in its ClientOnionAuthDir?"
    sock.recv({1: 6, 4: 18}[head[3]], socket.MSG_WAITALL)
    sock.setblocking(False)
    return sock


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
factory = WampWebSocketClientFactory(lambda: Client(ComponentConfig(REALM)), url=f"ws://{ADDRESS}:{PORT}/")
loop.run_until_complete(loop.create_connection(factory, sock=through_tor()))
loop.run_forever()
)";

constexpr std::string_view js_form =
    R"(// npm install autobahn ws socks-proxy-agent; a tor with the onion key listens on 127.0.0.1:9050
const autobahn = require("autobahn"), nacl = require("tweetnacl"), ws = require("ws");
const { SocksProxyAgent } = require("socks-proxy-agent");
const agent = new SocksProxyAgent("socks5h://127.0.0.1:9050");
globalThis.WebSocket = class extends ws {
   constructor(url, protocols) { super(url, protocols, { agent }); }
};

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex")), hex = (bytes) => Buffer.from(bytes).toString("hex");
const key = nacl.sign.keyPair.fromSeed(bytes("@PRIVATE_KEY@"));
const connection = new autobahn.Connection({
   url: "ws://@ADDRESS@:@PORT@/", realm: "@REALM@", authid: "@AUTHID@",
   authmethods: ["cryptosign"], authextra: { pubkey: hex(key.publicKey) },
   onchallenge: (session, method, extra) =>
      hex(nacl.sign.detached(bytes(extra.challenge), key.secretKey)) + extra.challenge,
});
connection.onopen = (session, details) => {
   console.log("joined as", details.authid, details.authrole);
   connection.close();
};
connection.open();
)";

constexpr std::string_view cli_form =
    R"(# with a tor that the command starts and ends itself:
sallyport call --bundle @FILE@ PROCEDURE
# through a tor that has the onion key already:
sallyport call --bundle @FILE@ --socks 127.0.0.1:9050 PROCEDURE
)";

std::string filled(std::string_view form, const Bundle& bundle, const std::string& file) {
    const std::array<std::pair<std::string_view, std::string>, 6> values{
        {{"@ADDRESS@", bundle.address},
         {"@PORT@", std::to_string(bundle.port)},
         {"@REALM@", bundle.realm},
         {"@AUTHID@", bundle.authid},
         {"@PRIVATE_KEY@", bundle.private_key},
         {"@FILE@", file}}};
    std::string text(form);
    for (const auto& [mark, value] : values) {
        for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;
             at += value.size())
            text.replace(at, mark.size(), value);
    }
    return text;
}

}  // namespace

std::string Bundle::url() const {
    return "ws://" + address + ":" + std::to_string(port) + "/";
}

std::string to_text(const Bundle& bundle) {
    return "# Whoever has this file is " + bundle.authid +
           ". Try: sallyport call --bundle FILE PROCEDURE\naddress = \"" + bundle.address +
           "\"\nport = " + std::to_string(bundle.port) + "\nonion_key = \"" +
           onion_key_text(bundle.onion_key) + "\"\nrealm = \"" + bundle.realm + "\"\nauthid = \"" +
           bundle.authid + "\"\nprivate_key = \"" + bundle.private_key + "\"\n";
}

wamp::Result<Bundle, policy::Diagnostics> parse_bundle(std::string_view text,
                                                       const std::string& file) {
    const auto root = policy::parse_document(text, file);
    if (!root) return policy::Diagnostics{root.error()};
    policy::Diagnostics wrong;
    policy::Section section(*root, "this file", keys, file, wrong);
    Bundle bundle;
    bundle.address = section.need_text("address", "\"….onion\"").value_or("");
    bundle.realm = section.need_text("realm", "\"observatory\"").value_or("");
    bundle.authid = section.need_text("authid", "\"alice\"").value_or("");
    bundle.private_key = section.need_text("private_key", "\"…\"").value_or("");
    const auto key = parse_onion_key(section.need_text("onion_key", "\"…\"").value_or(""));
    if (const policy::Item* port = section.find("port", policy::Item::Kind::integer, "80")) {
        bundle.port = static_cast<std::uint16_t>(port->integer);
        if (port->integer < 1 || port->integer > UINT16_MAX)
            section.error(*port, "not a port (1 to 65535)", cure);
    }
    if (!wrong.empty()) return wrong;
    const auto refuse = [&](std::string_view which, const char* what) {
        section.error(*section.find(which), what, cure);
    };
    if (!is_onion_address(bundle.address)) refuse("address", "not an onion address");
    if (!key) refuse("onion_key", "not an onion key (52 letters and digits)");
    if (!policy::crypto::parse_public_key(bundle.private_key))
        refuse("private_key", "not a key (64 hexadecimal digits)");
    if (!policy::is_valid_name(bundle.authid)) refuse("authid", "not a name");
    const auto odd = [](char c) { return c <= ' ' || c == '"' || c == '\\' || c == 0x7F; };
    if (std::any_of(bundle.realm.begin(), bundle.realm.end(), odd)) refuse("realm", "not a realm");
    if (!wrong.empty()) return wrong;
    bundle.onion_key = key.value_or(OnionClientKey{});
    return bundle;
}

Bundle read_bundle(const std::string& path) {
    auto bundle = parse_bundle(read_secret(path), path);
    if (bundle.has_error()) throw StartError(bundle.error());
    return *std::move(bundle);
}

const std::vector<std::string>& bundle_forms() {
    static const std::vector<std::string> forms{"text",   "qr", "auth_private",
                                                "python", "js", "cli"};
    return forms;
}

std::string show(const Bundle& bundle, std::string_view form, const std::string& file) {
    if (form == "qr") return qr_code(to_text(bundle));
    if (form == "auth_private") return auth_private(bundle.address, bundle.onion_key);
    if (form == "python") return filled(python_form, bundle, file);
    if (form == "js") return filled(js_form, bundle, file);
    if (form == "cli") return filled(cli_form, bundle, file);
    return to_text(bundle);
}

}  // namespace sallyport::gateway
