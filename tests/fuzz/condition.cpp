// Conditions on arguments: the text of one `where` entry, a zero byte, and a payload. Promises: the
// answer is the same for the payload in JSON and in MessagePack, and no evaluation fails.
#include "policy/engine/condition.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/file/file.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"

namespace sallyport::policy {
namespace {

using wamp::Serializer;
using wamp::Value;

std::vector<Condition> read_conditions(std::string_view text) {
    Diagnostics diagnostics;
    std::string policy =
        "realm = \"r\"\n[[allow]]\nid = \"x\"\nroles = [\"guest\"]\nactions = [\"call\"]\n"
        "uri = \"a.b\"\nwhere = [{ ";
    policy.append(text).append(" }]\n");
    const PolicyFile file = parse_policy(policy, "f", diagnostics);
    if (!diagnostics.empty() || file.rules.size() != 1) return {};
    return file.rules[0].where;
}

// Sizes as the sender encoded them, and what only one of the two can say, differ between them.
bool is_neutral(const Condition& condition) {
    return !condition.max_bytes;
}

wamp::OwnedPayload payload_of(Serializer serializer, const Value& value) {
    if (const auto* list = value.get_if<wamp::List>()) return wamp::make_payload(serializer, *list);
    if (const auto* dict = value.get_if<wamp::Dict>())
        return wamp::make_payload(serializer, {}, *dict);
    return wamp::make_payload(serializer, {value});
}

}  // namespace
}  // namespace sallyport::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::policy;
    const std::string text(bytes, bytes + size);
    const std::size_t cut = text.find('\0');
    if (cut == std::string::npos) return 0;
    const auto conditions = read_conditions(std::string_view(text).substr(0, cut));
    const auto value =
        sallyport::wamp::decode_value(Serializer::json, std::string_view(text).substr(cut + 1), {});
    if (conditions.empty() || value.has_error()) return 0;
    const auto json = payload_of(Serializer::json, *value);
    const auto msgpack = payload_of(Serializer::msgpack, *value);
    const auto cbor = payload_of(Serializer::cbor, *value);
    // As it is written, with all its escapes.
    const std::string message = "[50,1,{}," + text.substr(cut + 1) + "]";
    const auto written = sallyport::wamp::decode(Serializer::json, message, {});
    for (const Condition& condition : conditions) {
        const bool held = holds(condition, json.view());
        if (written && is_neutral(condition))
            SALLYPORT_CHECK(holds(condition, *sallyport::wamp::payload_of(*written)) == held);
        if (is_neutral(condition)) {
            SALLYPORT_CHECK(holds(condition, msgpack.view()) == held);
            SALLYPORT_CHECK(holds(condition, cbor.view()) == held);
        }
        SALLYPORT_CHECK(!subject_of(condition).empty());
    }
    SALLYPORT_CHECK(all_hold(conditions, json.view()) ==
                    std::all_of(conditions.begin(), conditions.end(),
                                [&](const Condition& one) { return holds(one, json.view()); }));
    return 0;
}
