#include "gateway/cli/ping_report.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

std::string metrics(const std::string& lines) {
    return "# HELP sallyport_build_info The running "
           "program\nsallyport_build_info{program=\"gateway\"} 1\n" +
           lines;
}

PingReport two_calls() {
    PingReport report;
    report.connect = PingReport::Seconds(0.5);
    report.handshake = PingReport::Seconds(0.001);
    report.join = PingReport::Seconds(0.25);
    report.calls = {PingReport::Seconds(0.010), PingReport::Seconds(0.030)};
    report.asked_gateway = true;
    report.before = CallSums{5, 1.0, 5, 0.5};
    report.after = CallSums{7, 1.016, 7, 0.504};
    return report;
}

TEST(PingReport, AddsUpWhatTheGatewayHasCounted) {
    const auto sums = call_sums(metrics(
        "sallyport_call_duration_seconds_count{part=\"total\",realm=\"lab\",rule=\"a\"} 2\n"
        "sallyport_call_duration_seconds_sum{part=\"total\",realm=\"lab\",rule=\"a\"} 0.25\n"
        "sallyport_call_duration_seconds_bucket{part=\"total\",realm=\"lab\",rule=\"a\",le=\"1\"} "
        "2\n"
        "sallyport_call_duration_seconds_count{part=\"gateway\",realm=\"lab\",rule=\"a\"} 3\n"
        "sallyport_call_duration_seconds_sum{part=\"gateway\",realm=\"lab\",rule=\"a\"} 0.0625\n"
        "sallyport_call_duration_seconds_sum{part=\"total\",realm=\"lab\",rule=\"b\"} 1e-1\n"));
    ASSERT_TRUE(sums);
    EXPECT_EQ(sums->answered, 2u);
    EXPECT_DOUBLE_EQ(sums->answered_s, 0.35);
    EXPECT_EQ(sums->crossed, 3u);
    EXPECT_DOUBLE_EQ(sums->crossed_s, 0.0625);
    EXPECT_FALSE(call_sums("unknown command\n"));
}

TEST(PingReport, TellsTheSharesOfTheMeanCall) {
    PingReport report = two_calls();
    EXPECT_EQ(ping_text(report),
              "connect             500.00 ms  to the address, through the proxy if any\n"
              "handshake             1.00 ms  of the transport\n"
              "join                250.00 ms  until WELCOME\n"
              "call                 20.00 ms  mean of 2, 10.00 ms to 30.00 ms\n"
              "  to the gateway     12.00 ms  and back, with this program\n"
              "  gateway             2.00 ms  until the call crossed the link\n"
              "  behind it           6.00 ms  link, inside and callee, which cannot be told "
              "apart\n");
    report.link_s = 0.0015;
    EXPECT_TRUE(ping_text(report).ends_with("the last probe of the link took 1.50 ms\n"));
    EXPECT_EQ(ping_line(report),
              R"({"connect_ms":500.0,"handshake_ms":1.0,"join_ms":250.0,"calls":2,"call_ms":20.0,)"
              R"("call_min_ms":10.0,"call_max_ms":30.0,"way_ms":12.0,"gateway_ms":2.0,)"
              R"("behind_ms":6.0,"link_probe_ms":1.5})"
              "\n");
}

TEST(PingReport, SaysWhatItCannotTell) {
    PingReport report = two_calls();
    report.after->answered = 8;
    EXPECT_NE(ping_text(report).find("shares of the call unknown: the gateway had calls of others"),
              std::string::npos);
    report.after->answered = 5;
    EXPECT_NE(report.unknown().find("did not come through this gateway"), std::string::npos);
    report.after.reset();
    EXPECT_EQ(report.unknown(), "the gateway did not tell its metrics");
    report.asked_gateway = false;
    EXPECT_NE(ping_line(report).find(R"("unknown":"ask the gateway, too)"), std::string::npos);
    report.calls.clear();
    EXPECT_EQ(ping_line(report),
              "{\"connect_ms\":500.0,\"handshake_ms\":1.0,\"join_ms\":250.0,\"calls\":0}\n");
}

TEST(PingReport, NamesTheProbeOfTheOnlyLink) {
    EXPECT_EQ(
        link_round_trip_s(R"({"front":{"links":[{"up":true,"round_trip_us":1500},{"up":false}]}})"),
        0.0015);
    EXPECT_FALSE(link_round_trip_s(R"({"front":{"links":[{"up":true,"round_trip_us":0}]}})"));
    EXPECT_FALSE(
        link_round_trip_s(R"({"front":{"links":[{"up":true,"round_trip_us":1},{"up":true}]}})"));
    EXPECT_FALSE(link_round_trip_s(""));
}

}  // namespace
}  // namespace sallyport::gateway
