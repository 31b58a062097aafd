// What a record of the audit log costs the reactor: making it, and handing it to the writer's
// queue. Prints the median of many batches, in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

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

}  // namespace

int main() {
    policy::AuditRecord record;
    record.outcome = policy::Outcome::allow;
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

    policy::AuditTrail none(policy::AuditTrail::Wanted::denied);
    policy::AuditTrail all(policy::AuditTrail::Wanted::all);
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
    std::cout << "not recorded              " << unwanted << " ns\n"
              << "recorded: made            " << making << " ns\n"
              << "recorded: handed over     " << handing / per_batch
              << " ns (with taking it out again)\n"
              << "off the reactor: as JSON  " << writing << " ns, " << line.size() << " bytes\n";
    const bool cheap = making + handing / per_batch < 1000;
    if (!cheap) std::cerr << "a record costs the reactor more than 1 us\n";
    return cheap ? 0 : 1;
}
