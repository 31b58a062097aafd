// What a decision costs with 10,000 rules (nanoseconds, heap allocations), and what loading and
// keeping them costs. Prints a table; judges nothing.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <string>
#include <vector>

#include <malloc.h>

#include "policy/compile.h"
#include "policy/file.h"
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

constexpr int rules = 10'000;
constexpr int samples = 200'000;

std::string device(int i) {
    return "site.line" + std::to_string(i % 100) + ".device" + std::to_string(i);
}

// Of each ten: a forbid, four exact, three prefix, a wildcard and a placeholder, some with
// conditions.
std::string policy_text() {
    std::string text =
        "realm = \"bench\"\n[[route]]\nid = \"all\"\nmatch = \"prefix\"\nuri = \"\"\nto = "
        "\"inside\"\n";
    for (int i = 0; i < rules; ++i) {
        const std::string number = std::to_string(i);
        const int kind = i % 10;
        const char* match = kind == 8 ? "wildcard" : kind >= 5 && kind <= 7 ? "prefix" : "exact";
        const std::string uri = kind == 8   ? device(i) + "..speed"
                                : kind == 9 ? device(i) + ".${authid}"
                                : kind >= 5 ? device(i) + "."
                                            : device(i) + ".run";
        text += kind == 0 ? "[[forbid]]\n" : "[[allow]]\n";
        text += "id = \"rule-" + number + "\"\nroles = [\"" + (i % 3 == 0 ? "*" : "operator") +
                "\"]\nactions = [\"call\"]\nmatch = \"" + match + "\"\nuri = \"" + uri + "\"\n";
        if (kind == 1)
            text += "where = [{ arg = 0, type = \"number\", min = 0, max = 90 }, { kwarg = \"mode\", "
                    "one_of = [\"slow\", \"fast\"] }]\n";
    }
    return text;
}

struct Questions {
    const char* name;
    std::vector<std::string> uris;
    Action action = Action::call;
    MatchPolicy match = MatchPolicy::exact;
};

std::vector<Questions> questions() {
    std::vector<Questions> all{{"exact", {}},       {"prefix", {}},      {"wildcard", {}},
                               {"placeholder", {}}, {"conditions", {}},  {"forbidden", {}},
                               {"no rule", {}},     {"512 components", {}}};
    for (int i = 0; i < rules; ++i) {
        const int kind = i % 10;
        const std::size_t to = kind == 0 ? 5U : kind == 1 ? 4U : kind <= 4 ? 0U : kind <= 7 ? 1U : kind == 8 ? 2U : 3U;
        all[to].uris.push_back(device(i) + (kind == 8   ? ".motor.speed"
                                            : kind == 9 ? ".joe"
                                            : kind >= 5 ? ".motor.speed"
                                                        : ".run"));
        all[6].uris.push_back("other." + device(i) + ".run");
    }
    std::string deep = "site";
    while (deep.size() + 2 <= wamp::uri_bytes_max) deep += ".x";
    all[7].uris.assign(100, deep);
    return all;
}

double nanoseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Of CPU time: other programs on the machine do not count.
double milliseconds() {
    return nanoseconds(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}

double clock_cost() {
    std::vector<double> costs;
    for (int i = 0; i < 10'000; ++i) {
        const double begin = nanoseconds(CLOCK_MONOTONIC);
        costs.push_back(nanoseconds(CLOCK_MONOTONIC) - begin);
    }
    std::nth_element(costs.begin(), costs.begin() + 5'000, costs.end());
    return costs[5'000];
}

void measure(const policy::RealmPolicy& realm, const Questions& asked, double overhead) {
    const policy::Subject joe{realm.role("operator"), "joe", "operator"};
    const auto owned = wamp::make_payload(wamp::Serializer::msgpack, {45.5, "a text"},
                                          {{"note", "of some length"}, {"mode", "slow"}});
    const wamp::Payload payload = owned.view();
    std::vector<double> costs;
    costs.reserve(samples);
    std::size_t allowed = 0;
    const std::size_t before = allocations;
    std::size_t at = 0;
    for (int i = 0; i < samples; ++i) {
        at = (at + 7919) % asked.uris.size();  // no order that a cache could guess
        const double begin = nanoseconds(CLOCK_MONOTONIC);
        const policy::Decision decision = realm.decide(
            joe, {asked.action, asked.uris[at], asked.match, payload.bytes(), &payload});
        costs.push_back(std::max(0.0, nanoseconds(CLOCK_MONOTONIC) - begin - overhead));
        allowed += std::holds_alternative<policy::Permit>(decision) ? 1U : 0U;
    }
    const std::size_t allocated = allocations - before;
    std::sort(costs.begin(), costs.end());
    double sum = 0;
    for (const double cost : costs) sum += cost;
    const auto quantile = [&costs](double q) { return costs[static_cast<std::size_t>(q * (samples - 1))]; };
    std::printf("%-16s %8.0f %8.0f %8.0f %12zu %9.0f%%\n", asked.name, sum / samples, quantile(0.5),
                quantile(0.99), allocated, static_cast<double>(allowed) * 100 / samples);
}

}  // namespace

int main() {
    const std::string text = policy_text();
    const std::size_t memory = mallinfo2().uordblks;
    const double start = milliseconds();
    std::shared_ptr<const policy::RealmPolicy> realm;
    double read = 0;
    {
        policy::Diagnostics diagnostics;
        const policy::PolicyFile file = policy::parse_policy(text, "bench.toml", diagnostics);
        read = milliseconds() - start;
        const auto compiled = policy::Compiler::compile(file, {false, {}, true}, "");
        if (!diagnostics.empty() || !compiled) {
            std::fputs("the policy does not load\n", stderr);
            return 1;
        }
        realm = *compiled;
    }
    const double compiled = milliseconds() - start - read;
    std::printf("%d rules, %zu KiB of TOML: read in %.0f ms, compiled in %.0f ms, %.1f MiB kept\n", rules,
                text.size() / 1024, read, compiled,
                static_cast<double>(mallinfo2().uordblks - memory) / (1 << 20));
    std::printf("%-16s %8s %8s %8s %12s %10s\n", "decision, ns", "mean", "p50", "p99", "allocations", "allowed");
    const double overhead = clock_cost();
    for (const Questions& asked : questions()) measure(*realm, asked, overhead);
    return 0;
}
