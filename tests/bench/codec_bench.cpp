// What decoding, splicing and encoding one message costs, beside a general JSON library on the same
// bytes. Prints a table of nanoseconds and ratios of one run; it asserts nothing. Build it with
// optimisation. See docs/decisions/0001.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "wamp/codec/codec.h"

namespace {

using sallyport::wamp::Call;
using sallyport::wamp::Dict;
using sallyport::wamp::Invocation;
using sallyport::wamp::MessageLimits;
using sallyport::wamp::Payload;
using sallyport::wamp::Serializer;

std::size_t sink = 0;  // keeps results alive

// The best of several rounds, in nanoseconds for one turn.
double nanoseconds(const std::function<void()>& turn) {
    using Clock = std::chrono::steady_clock;
    double best = 1e18;
    std::size_t turns = 1;
    for (int round = 0; round < 40; ++round) {
        const auto begin = Clock::now();
        for (std::size_t index = 0; index < turns; ++index) turn();
        const std::chrono::duration<double, std::nano> spent = Clock::now() - begin;
        best = std::min(best, spent.count() / static_cast<double>(turns));
        if (spent < std::chrono::milliseconds(5)) turns *= 2;
    }
    return best;
}

// Accepts every event: what a validating parser without a tree costs.
struct IgnoreAll : nlohmann::json_sax<nlohmann::json> {
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t& text) override {
        sink += text.size();
        return true;
    }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }
};

// CALL in, INVOCATION out: what the gateway does to every call.
void forward(Serializer serializer, std::string_view bytes) {
    auto message = sallyport::wamp::decode(serializer, bytes, MessageLimits{});
    if (!message) std::abort();
    const Call& call = std::get<Call>(*message);
    Invocation invocation{call.request, 1234, {}, call.payload};
    const auto frame = sallyport::wamp::encode(serializer, std::move(invocation));
    sink += frame.message().size();
}

void forward_with_tree(std::string_view bytes, bool msgpack) {
    const auto tree = msgpack ? nlohmann::json::from_msgpack(bytes) : nlohmann::json::parse(bytes);
    nlohmann::json out =
        nlohmann::json::array({68, tree[1], 1234, nlohmann::json::object(), tree[4]});
    sink += msgpack ? nlohmann::json::to_msgpack(out).size() : out.dump().size();
}

std::string call_with(Serializer serializer, const nlohmann::json& args) {
    const nlohmann::json call = nlohmann::json::array(
        {48, 123456, nlohmann::json::object(), "com.example.procedure", args});
    if (serializer == Serializer::json) return call.dump();
    const auto bytes = nlohmann::json::to_msgpack(call);
    return {bytes.begin(), bytes.end()};
}

nlohmann::json records(std::size_t count) {
    nlohmann::json all = nlohmann::json::array();
    for (std::size_t index = 0; index < count; ++index) {
        all.push_back({{"id", index}, {"name", "telescope"}, {"angle", 12.5}, {"on", true}});
    }
    return all;
}

std::string repeated(std::string_view part) {
    std::string text;
    while (text.size() < 65536) text += part;
    return text;
}

// Short strings of four scripts in no regular order.
nlohmann::json foreign_names(std::size_t count) {
    constexpr std::array names = {"\u043f\u0440\u0438\u0432\u0435\u0442", "\u671b\u9060\u93e1",
                                  "\U0001F52D\U0001F680", "T\u00e9lescope \u2116 7"};
    nlohmann::json all = nlohmann::json::array();
    for (std::size_t index = 0; index < count; ++index) {
        all.push_back(names[(index * 7 + index / 5) % names.size()]);
    }
    return all;
}

void print(const char* what, double ours, double sax, double tree) {
    std::printf("%-34s %10.0f", what, ours);
    if (sax > 0) {
        std::printf(" %10.0f %6.1fx", sax, sax / ours);
    } else {
        std::printf(" %10s %7s", "-", "");
    }
    std::printf(" %10.0f %6.1fx\n", tree, tree / ours);
}

void run(const char* name, const nlohmann::json& args) {
    for (Serializer serializer : {Serializer::json, Serializer::msgpack}) {
        const bool msgpack = serializer == Serializer::msgpack;
        const std::string bytes = call_with(serializer, args);
        const std::string label = std::string(name) + (msgpack ? ", MessagePack" : ", JSON");
        const double decoded = nanoseconds([&] {
            const auto message = sallyport::wamp::decode(serializer, bytes, MessageLimits{});
            sink += message ? 1U : 0U;
        });
        const double sax = nanoseconds([&] {
            IgnoreAll ignore;
            const auto format = msgpack ? nlohmann::json::input_format_t::msgpack
                                        : nlohmann::json::input_format_t::json;
            sink += nlohmann::json::sax_parse(bytes, &ignore, format) ? 1U : 0U;
        });
        const double tree = nanoseconds([&] {
            sink += msgpack ? nlohmann::json::from_msgpack(bytes).size()
                            : nlohmann::json::parse(bytes).size();
        });
        print((label + ": decode").c_str(), decoded, sax, tree);
        const double forwarded = nanoseconds([&] { forward(serializer, bytes); });
        const double rebuilt = nanoseconds([&] { forward_with_tree(bytes, msgpack); });
        print((label + ": forward").c_str(), forwarded, 0, rebuilt);
        const auto message = sallyport::wamp::decode(serializer, bytes, MessageLimits{});
        const Serializer other = msgpack ? Serializer::json : Serializer::msgpack;
        const double transcoded = nanoseconds([&] {
            const auto result = sallyport::wamp::transcode(std::get<Call>(*message).payload, other);
            sink += result ? result->view().bytes() : 0U;
        });
        const double tree_transcoded = nanoseconds([&] {
            sink += msgpack ? nlohmann::json::from_msgpack(bytes).dump().size()
                            : nlohmann::json::to_msgpack(nlohmann::json::parse(bytes)).size();
        });
        print((label + ": transcode").c_str(), transcoded, 0, tree_transcoded);
    }
}

}  // namespace

int main() {
    std::printf("%-34s %10s %10s %7s %10s %7s\n", "nanoseconds for one message", "ours", "SAX",
                "ratio", "tree", "ratio");
    run("64 B text", nlohmann::json::array({std::string(64, 'x')}));
    run("64 KiB text", nlohmann::json::array({std::string(65536, 'x')}));
    run("64 KiB Cyrillic", nlohmann::json::array({repeated("\u043f\u0440\u0438 ")}));
    run("64 KiB CJK", nlohmann::json::array({repeated("\u671b\u9060\u93e1\u3002")}));
    run("64 KiB emoji", nlohmann::json::array({repeated("\U0001F52D \U0001F680\u2728")}));
    run("64 KiB foreign names", foreign_names(3500));
    run("64 KiB records", records(1200));
    return sink == 0 ? 1 : 0;
}
