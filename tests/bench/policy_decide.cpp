// Decides the requests of tests/bench/policy_peers.py and prints what that cost as JSON:
//
//     policy_decide POLICY.toml REQUESTS.tsv ANSWERS
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <malloc.h>
#include <unistd.h>

#include "policy/file/load.h"
#include "tests/bench/timing.h"
#include "wamp/codec/codec.h"

namespace {

using namespace sallyport;

constexpr double seconds = 10;
constexpr int samples = 100'000;

long resident_bytes() {
    malloc_trim(0);
    long all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

struct Query {
    std::string authid, role, uri;
    policy::Action action = policy::Action::call;
    wamp::OwnedPayload payload;
};

std::vector<Query> read_requests(const char* path) {
    std::vector<Query> all;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        Query asked;
        std::string action, argument;
        std::getline(fields, asked.authid, '\t');
        std::getline(fields, asked.role, '\t');
        std::getline(fields, action, '\t');
        std::getline(fields, asked.uri, '\t');
        std::getline(fields, argument, '\t');
        if (action == "publish") asked.action = policy::Action::publish;
        wamp::List args;
        if (!argument.empty()) args.emplace_back(std::stoi(argument));
        asked.payload = wamp::make_payload(wamp::Serializer::msgpack, args);
        all.push_back(std::move(asked));
    }
    return all;
}

std::shared_ptr<const policy::RealmPolicy> load(const char* path) {
    const auto loaded = policy::load_realm(path, {true, {}, true});
    if (loaded) return loaded->policy;
    std::cerr << path << ": the policy does not load\n";
    std::exit(1);
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::cerr << "policy_decide POLICY.toml REQUESTS.tsv ANSWERS\n";
        return 2;
    }
    const std::vector<Query> requests = read_requests(words[2]);
    if (requests.empty()) return 2;
    const long before = resident_bytes();
    const double begin = bench::nanoseconds(CLOCK_MONOTONIC);
    const auto realm = load(words[1]);
    const double loaded = bench::nanoseconds(CLOCK_MONOTONIC) - begin;
    const long kept = resident_bytes() - before;

    const auto decide = [&](std::size_t i) {
        const Query& asked = requests[i];
        const wamp::Payload payload = asked.payload.view();
        const policy::Subject subject{realm->role(asked.role), asked.authid, asked.role};
        return std::holds_alternative<policy::Permit>(realm->decide(
            subject,
            {asked.action, asked.uri, wamp::MatchPolicy::exact, payload.bytes(), &payload}));
    };
    std::ofstream answers(words[3]);
    for (std::size_t i = 0; i < requests.size(); ++i) answers << (decide(i) ? '1' : '0');
    answers.close();
    std::size_t allowed = 0;
    const bench::Spread cost = bench::best_of(
        seconds, samples, requests.size(), [&](std::size_t i) { allowed += decide(i) ? 1U : 0U; });
    std::printf(
        "{\"version\":\"sallyport (GCC "
        "%s)\",\"p50_ns\":%.0f,\"p99_ns\":%.0f,\"mean_ns\":%.1f,\"samples\":%d,"
        "\"allowed\":%zu,\"input_ns\":0,\"load_ms\":%.3f,\"resident_bytes\":%ld}\n",
        __VERSION__, cost.p50, cost.p99, cost.mean, samples, allowed, loaded / 1e6, kept);
    return 0;
}
