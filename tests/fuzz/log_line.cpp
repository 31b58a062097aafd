// Any text as a line of the decision log; and any record, which has to come back from its line as
// it was.
#include "policy/tools/analysis/log_line.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/audit/audit.h"
#include "tests/fuzz/input.h"
#include "wamp/base/check.h"
#include "wamp/base/utf8.h"

namespace sallyport::policy {
namespace {

bool same(const LogLine& a, const LogLine& b) {
    return a.decision == b.decision && a.allowed == b.allowed && a.shadow == b.shadow &&
           a.action == b.action && a.match == b.match && a.payload_bytes == b.payload_bytes &&
           a.count == b.count && a.several_uris == b.several_uris && a.realm == b.realm &&
           a.authid == b.authid && a.role == b.role && a.uri == b.uri && a.rule == b.rule &&
           a.policy == b.policy;
}

// What is read does not depend on what was read into the same memory before.
void read_any(std::string_view text) {
    LogLine fresh;
    const bool readable = read_log_line(text, fresh);
    LogLine used;
    SALLYPORT_CHECK(read_log_line(
        R"({"time":"2026-01-01T00:00:00.000Z","door":"front","outcome":"allow","action":"call",)"
        R"("uri":"a.b","match":"prefix","payload_bytes":7,"repeated":3,"other_uri":"c","realm":"r","policy":"p","rule":"x",)"
        R"("authid":"alice","role":"guest"})",
        used));
    SALLYPORT_CHECK(read_log_line(text, used) == readable);
    if (readable) SALLYPORT_CHECK(same(fresh, used));
}

void write_and_read(fuzz::Input input) {
    constexpr std::array<Outcome, 6> outcomes{Outcome::allow,     Outcome::deny,
                                              Outcome::over_rate, Outcome::over_in_flight,
                                              Outcome::invalid,   Outcome::shadow};
    constexpr std::array<Action, 4> actions{Action::call, Action::register_, Action::subscribe,
                                            Action::publish};
    AuditRecord record;
    record.outcome = input.one_of(outcomes);
    record.action = input.one_of(actions);
    record.payload_bytes = input.byte();
    record.session = 5;
    record.repeated = input.byte();
    record.realm = "r";
    record.policy = "0123";
    record.rule = input.bytes();
    record.authid = input.bytes();
    record.role = "guest";
    record.uri = input.bytes();
    for (const std::string_view text : {record.rule, record.authid, record.uri}) {
        if (!wamp::is_valid_utf8(text)) return;  // no WAMP text is anything else
    }
    std::string line;
    append_json(line, record, "2026-01-01T00:00:00.000Z", "front");
    if (line.ends_with('\n')) line.pop_back();
    LogLine read;
    SALLYPORT_CHECK(read_log_line(line, read));
    SALLYPORT_CHECK(read.action == record.action && read.payload_bytes == record.payload_bytes);
    SALLYPORT_CHECK(read.authid == record.authid && read.uri == record.uri);
    SALLYPORT_CHECK(read.rule == record.rule);
    SALLYPORT_CHECK(read.count == (record.repeated == 0 ? 1 : record.repeated));
}

}  // namespace
}  // namespace sallyport::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(bytes, bytes + size);
    sallyport::policy::read_any(text);
    sallyport::policy::write_and_read(sallyport::fuzz::Input(text));
    return 0;
}
