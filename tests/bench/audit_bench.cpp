// What a record of the audit log costs the reactor: making it, and handing it to the writer's
// queue; and what its line costs the writer's thread, beside the same line by way of nlohmann/json
// (docs/decisions/0005). Prints the median of many batches, in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gateway/audit/audit_queue.h"
#include "policy/audit/audit.h"

namespace {

using namespace sallyport;
using Clock = std::chrono::steady_clock;

template <class Work>
double median_ns(int batches, int per_batch, Work work) {
    std::vector<double> took;
    for (int batch = 0; batch < batches; ++batch) {
        const auto begin = Clock::now();
        for (int i = 0; i < per_batch; ++i) work();
        const std::chrono::duration<double, std::nano> all = Clock::now() - begin;
        took.push_back(all.count() / per_batch);
    }
    std::nth_element(took.begin(), took.begin() + batches / 2, took.end());
    return took[static_cast<std::size_t>(batches / 2)];
}

std::string by_library(const policy::AuditRecord& record) {
    const nlohmann::ordered_json json{{"time", "2026-01-31T12:00:00.000Z"},
                                      {"door", "front"},
                                      {"number", record.number},
                                      {"outcome", to_string(record.outcome)},
                                      {"realm", record.realm},
                                      {"authid", record.authid},
                                      {"role", record.role},
                                      {"action", to_string(record.action)},
                                      {"uri", record.uri},
                                      {"payload_bytes", record.payload_bytes},
                                      {"rule", record.rule},
                                      {"file", record.file},
                                      {"line", record.line},
                                      {"policy", record.policy},
                                      {"session", record.session},
                                      {"circuit", record.circuit}};
    return json.dump(-1, ' ', true) + "\n";
}

}  // namespace

int main() {
    policy::AuditRecord record;
    record.outcome = policy::Outcome::allow;
    record.number = 4711;
    record.realm = "observatory";
    record.policy = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    record.rule = "operators-drive-the-telescope";
    record.file = "/etc/sallyport/observatory.toml";
    record.line = 42;
    record.authid = "alice@example.org";
    record.role = "operator";
    record.uri = "lab.telescope.mount.slew";
    record.session = 1234567890123;
    record.circuit = 77;
    record.payload_bytes = 120;

    policy::AuditTrail none(policy::AuditTrail::Level::denied);
    policy::AuditTrail all(policy::AuditTrail::Level::all);
    gateway::AuditQueue queue(8u << 20);
    std::string bytes, taken;
    constexpr int batches = 2000, per_batch = 64;

    const double unwanted =
        median_ns(batches, per_batch, [&] { none.count(policy::Outcome::allow); });
    int made = 0;
    const double making = median_ns(batches, per_batch, [&] {
        if (all.count(policy::Outcome::allow)) all.add(record);
        if (++made % per_batch == 0) all.take(bytes);
    });
    const double handing = median_ns(batches, 1, [&] {
        for (std::string_view rest = bytes; !rest.empty();) {
            policy::AuditRecord unpacked;
            const std::size_t size = policy::unpack(rest, unpacked);
            queue.put("12345678", rest.substr(0, size));
            rest.remove_prefix(size);
        }
        queue.take(taken);
    });
    std::string line;
    const double writing = median_ns(batches, per_batch, [&] {
        line.clear();
        policy::append_json(line, record, "2026-01-31T12:00:00.000Z", "front");
    });
    std::string built;
    const double building = median_ns(batches, per_batch, [&] { built = by_library(record); });
    if (built != line) {
        std::cerr << "the two lines differ:\n" << line << built;
        return 1;
    }
    std::cout << "not recorded              " << unwanted << " ns\n"
              << "recorded: made            " << making << " ns\n"
              << "recorded: handed over     " << handing / per_batch
              << " ns (with taking it out again)\n"
              << "off the reactor: as JSON  " << writing << " ns, " << line.size() << " bytes\n"
              << "  the same by nlohmann    " << building << " ns, " << building / writing
              << " times as much\n";
    const bool cheap = making + handing / per_batch < 1000;
    if (!cheap) std::cerr << "a record costs the reactor more than 1 us\n";
    return cheap ? 0 : 1;
}
