// What a managed tor says: on its control port, in its log, and in the files of an onion service.
// The first byte says how the stream of the control port is cut. Promises: what is understood does
// not depend on how it is cut, each verification has one outcome, and nothing follows a failure.
#include "gateway/tor/control_client.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/tor/onion.h"
#include "wamp/base/check.h"

namespace sallyport::gateway {
namespace {

Torrc torrc() {
    Torrc made;
    made.data_directory = "/s/tor";
    made.control_socket = "/s/run/tor-control.sock";
    made.onion_directory = "/s/onion";
    made.front_socket = "/s/run/front.sock";
    made.socks_socket = "/s/run/socks.sock";
    return made;
}

std::string text_of(const ControlClient::Event& event) {
    if (const auto* bootstrap = std::get_if<Bootstrap>(&event)) {
        SALLYPORT_CHECK(bootstrap->percent >= 0 && bootstrap->percent <= 100);
        return to_text(*bootstrap) + bootstrap->tag;
    }
    if (const auto* uploaded = std::get_if<ControlClient::Uploaded>(&event))
        return "uploaded " + uploaded->address;
    if (const auto* other = std::get_if<ControlClient::Unconfigured>(&event)) {
        SALLYPORT_CHECK(!other->how.empty());
        return "unconfigured " + other->how;
    }
    if (const auto* failed = std::get_if<ControlClient::Failed>(&event))
        return "failed " + failed->why;
    return "verified";
}

std::string heard(std::string_view stream, std::size_t step) {
    ControlClient client(torrc());
    ControlClient::Output out;
    client.start("cookie", out);
    client.verify(out);
    while (!stream.empty()) {
        const std::string piece(stream.substr(0, step));
        stream.remove_prefix(piece.size());
        client.on_bytes(piece, out);
    }
    std::string events;
    std::size_t verified = 0;
    bool failed = false;
    for (const auto& event : out.events) {
        SALLYPORT_CHECK(!failed);
        failed = std::holds_alternative<ControlClient::Failed>(event);
        verified += std::holds_alternative<ControlClient::Verified>(event) ? 1U : 0U;
        verified += std::holds_alternative<ControlClient::Unconfigured>(event) ? 1U : 0U;
        events += text_of(event) + "\n";
    }
    SALLYPORT_CHECK(verified <= 2);
    return events;
}

void read_line(std::string_view line) {
    if (const auto found = parse_bootstrap_log(line))
        SALLYPORT_CHECK(found->percent >= 0 && found->percent <= 100);
    if (const auto complaint = complaint_of_log(line)) SALLYPORT_CHECK(line.ends_with(*complaint));
    if (const auto value = control_keyword(line, "TAG"))
        SALLYPORT_CHECK(value->size() < line.size());
    if (is_onion_address(line)) SALLYPORT_CHECK(line.size() == 62);
    SALLYPORT_CHECK(wrong_with_onion_key(line).has_value() || line.size() == onion_key_bytes);
}

}  // namespace
}  // namespace sallyport::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::gateway;
    if (size == 0) return 0;
    const std::string text(bytes, bytes + size);
    const std::string_view stream = std::string_view(text).substr(1);
    const std::string whole = heard(stream, std::max<std::size_t>(stream.size(), 1));
    SALLYPORT_CHECK(heard(stream, std::size_t{bytes[0]} + 1) == whole);
    read_line(stream);
    return 0;
}
