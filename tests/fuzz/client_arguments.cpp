// What somebody types behind `sallyport call`: the first line as a URL, as a SOCKS proxy and as an
// address of a link, the others as arguments (after '=' a keyword, after '[' a list). Promises: an
// address that is understood is written as it is read, and arguments come out as JSON again.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/client/payload.h"
#include "gateway/client/url.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

namespace sallyport::gateway {
namespace {

void check_address(const backend_link::Address& address) {
    SALLYPORT_CHECK(backend_link::parse_address(address.text()) == address);
    if (address.kind == backend_link::Address::Kind::tcp) {
        SALLYPORT_CHECK(address.port != 0 && !address.host_or_path.empty());
        static_cast<void>(backend_link::reach_of_literal(address.host_or_path));
    } else {
        SALLYPORT_CHECK(address.host_or_path.size() <= backend_link::unix_path_bytes_max);
    }
}

void read_address(std::string_view text) {
    if (const auto address = backend_link::parse_address(text)) check_address(*address);
    static_cast<void>(backend_link::reach_of_literal(text));
    try {
        const ClientUrl url = parse_client_url(text);
        check_address(url.address);
        SALLYPORT_CHECK(url.path.starts_with('/') && !url.host_header().empty());
        if (url.is_onion()) SALLYPORT_CHECK(!url.websocket || url.host_header().size() >= 62);
    } catch (const std::invalid_argument& error) {
        SALLYPORT_CHECK(!std::string_view(error.what()).empty());
    }
    try {
        check_address(parse_socks_address(text));
    } catch (const std::invalid_argument& error) {
        SALLYPORT_CHECK(!std::string_view(error.what()).empty());
    }
}

void read_arguments(std::string_view text) {
    ArgumentTexts texts;
    while (!text.empty()) {
        const std::string line(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with('=')) {
            texts.keywords.push_back(line.substr(1));
        } else if (line.starts_with('[') && texts.list.empty()) {
            texts.list = line;
        } else {
            texts.positional.push_back(line);
        }
    }
    try {
        const Arguments arguments = parse_arguments(texts);
        for (const auto serializer : wamp::all_serializers) {
            const auto payload = wamp::make_payload(serializer, arguments.args, arguments.kwargs);
            const auto json = json_of(payload.view());
            SALLYPORT_CHECK(json.has_value() && json->arg_count == arguments.args.size());
            SALLYPORT_CHECK(json->empty() == (arguments.args.empty() && arguments.kwargs.empty()));
            SALLYPORT_CHECK(
                wamp::decode_value(wamp::Serializer::json, json->shortest(), {}).has_value());
        }
    } catch (const std::invalid_argument& error) {
        SALLYPORT_CHECK(!std::string_view(error.what()).empty());
    }
}

}  // namespace
}  // namespace sallyport::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::gateway;
    const std::string text(bytes, bytes + size);
    const std::size_t end = std::min(text.find('\n'), text.size());
    read_address(std::string_view(text).substr(0, end));
    read_arguments(std::string_view(text).substr(std::min(text.size(), end + 1)));
    // What a service sends may be anything that is a payload.
    for (const auto serializer :
         {sallyport::wamp::Serializer::json, sallyport::wamp::Serializer::msgpack}) {
        const bool json = serializer == sallyport::wamp::Serializer::json;
        const std::string message =
            json ? "[50,1,{},[" + text + "]]" : std::string("\x94\x32\x01\x80\x91", 5) + text;
        const auto decoded = sallyport::wamp::decode(serializer, message, {});
        if (!decoded) continue;
        const auto shown = json_of(std::get<sallyport::wamp::CallResult>(*decoded).payload);
        if (shown) SALLYPORT_CHECK(!shown->both().empty() && !shown->shortest().empty());
    }
    return 0;
}
