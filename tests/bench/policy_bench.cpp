// What a decision costs with 10,000 rules (nanoseconds, heap allocations), and what loading and
// keeping them costs. Prints a table; judges nothing.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <malloc.h>

#include "tests/bench/policy_text.h"
#include "tests/bench/timing.h"
#include "wamp/codec/codec.h"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* const memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace sallyport;
using policy::Action;
using wamp::MatchPolicy;

constexpr double seconds = 2;  // for each line
constexpr int samples = 100'000;

struct Questions {
    const char* name;
    std::vector<std::string> uris;
    Action action = Action::call;
    MatchPolicy match = MatchPolicy::exact;
};

std::vector<Questions> questions() {
    std::vector<Questions> all{{"exact", {}},       {"prefix", {}},         {"wildcard", {}},
                               {"placeholder", {}}, {"conditions", {}},     {"forbidden", {}},
                               {"no rule", {}},     {"511 components", {}}, {"1,024 letters", {}}};
    for (int i = 0; i < bench::rules; ++i) {
        const std::string device = bench::device(i);
        const int kind = i % 10;
        const std::size_t to = kind == 0   ? 5U
                               : kind == 1 ? 4U
                               : kind <= 4 ? 0U
                               : kind <= 7 ? 1U
                               : kind == 8 ? 2U
                                           : 3U;
        all[to].uris.push_back(device + (kind == 8   ? ".motor.speed"
                                         : kind == 9 ? ".joe"
                                         : kind >= 5 ? ".motor.speed"
                                                     : ".run"));
        all[6].uris.push_back("other." + device + ".run");
    }
    std::string deep = "site";
    while (deep.size() + 2 <= wamp::uri_bytes_max) deep += ".x";
    all[7].uris.assign(100, deep);
    all[8].uris.assign(100, "site." + std::string(wamp::uri_bytes_max - 5, 'x'));
    return all;
}

void measure(const policy::RealmPolicy& realm, const Questions& asked) {
    const policy::Subject joe{realm.role("operator"), "joe", "operator"};
    const auto owned = wamp::make_payload(wamp::Serializer::msgpack, {45.5, "a text"},
                                          {{"note", "of some length"}, {"mode", "slow"}});
    const wamp::Payload payload = owned.view();
    std::size_t asked_for = 0, allowed = 0, allocated = 0;
    const auto decide = [&](std::size_t i) {
        const std::size_t before = allocations;
        const policy::Decision decision = realm.decide(
            joe, {asked.action, asked.uris[i], asked.match, payload.bytes(), &payload});
        allocated += allocations - before;
        ++asked_for;
        allowed += std::holds_alternative<policy::Permit>(decision) ? 1U : 0U;
    };
    const bench::Spread cost = bench::best_of(seconds, samples, asked.uris.size(), decide);
    std::printf("%-16s %8.0f %8.0f %8.0f %12zu %9.0f%%\n", asked.name, cost.mean, cost.p50,
                cost.p99, allocated,
                static_cast<double>(allowed) * 100 / static_cast<double>(asked_for));
}

}  // namespace

int main() {
    const std::string text = bench::policy_text("\"call\"");
    const std::size_t memory = mallinfo2().uordblks;
    const double start = bench::cpu_milliseconds();
    std::shared_ptr<const policy::RealmPolicy> realm;
    double read = 0;
    {
        const policy::PolicyFile file = bench::parsed(text);
        read = bench::cpu_milliseconds() - start;
        realm = bench::compiled(file, "");
    }
    const double compiled = bench::cpu_milliseconds() - start - read;
    std::printf("%d rules, %zu KiB of TOML: read in %.0f ms, compiled in %.0f ms, %.1f MiB kept\n",
                bench::rules, text.size() / 1024, read, compiled,
                static_cast<double>(mallinfo2().uordblks - memory) / (1 << 20));
    std::printf("%-16s %8s %8s %8s %12s %10s\n", "decision, ns", "mean", "p50", "p99",
                "allocations", "allowed");
    for (const Questions& asked : questions()) measure(*realm, asked);
    return 0;
}
