#include "gateway/cli/second_doors.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

class SecondDoorsTest : public testing::Test {
protected:
    SecondDoorsTest() {
        folder_.write("inside.toml",
                      "state_dir = \"inner\"\nrealms = [\"inner.toml\"]\n[[link]]\ngateway = "
                      "\"unix:link.sock\"\n");
        folder_.write("inner.toml", "realm = \"lab\"\n[auth]\nprincipals = \"missing.toml\"\n");
        config_ = parse(R"([[backend]]
name = "near"
kind = "embedded"
config = "inside.toml"
[[backend]]
name = "far"
kind = "accept"
listen = "unix:far.sock"
convey_identity = false
[[backend]]
name = "crossbar"
kind = "dial"
address = "unix:/run/crossbar.sock"
profile = "crossbar"
)");
    }

    GatewayConfig parse(const std::string& backends) const {
        auto config = parse_gateway_config(
            "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[tor]\nmode = \"off\"\n" + backends,
            folder_.path() + "/gateway.toml");
        EXPECT_FALSE(config.has_error()) << (config.has_error() ? config.error()[0].text : "");
        return *std::move(config);
    }
    std::string inside() const { return folder_.path() + "/inside.toml"; }

    sallyport::test::TemporaryFolder folder_;
    GatewayConfig config_;
};

TEST_F(SecondDoorsTest, AreThoseOfEmbeddedInsidesAndOfCopies) {
    const SecondDoors alone(config_, {});
    ASSERT_EQ(alone.doors().size(), 1U);
    EXPECT_EQ(alone.doors()[0].backend, "near");
    EXPECT_TRUE(alone.doors()[0].conveys_identity);
    ASSERT_EQ(alone.unknown().size(), 2U);
    EXPECT_TRUE(alone.unknown()[0].sallyport);
    EXPECT_FALSE(alone.unknown()[1].sallyport);

    const SecondDoors both(config_, {"far=" + inside()});
    ASSERT_EQ(both.doors().size(), 2U);
    EXPECT_EQ(both.doors()[1].backend, "far");
    EXPECT_FALSE(both.doors()[1].conveys_identity);
    EXPECT_EQ(both.doors()[1].policy.policy.realm(), "lab");
}

TEST_F(SecondDoorsTest, ReportAllErrorsOfTheCommandLine) {
    try {
        const SecondDoors wrong(config_, {"far", "fra=x.toml"});
        FAIL();
    } catch (const StartError& error) {
        ASSERT_EQ(error.diagnostics().size(), 2U);
        EXPECT_EQ(error.diagnostics()[0].text, "does not name a backend and a file");
        EXPECT_NE(error.diagnostics()[1].hint.find("far"), std::string::npos);
    }
}

TEST_F(SecondDoorsTest, ReadPrincipalsOnlyWhereAskedTo) {
    EXPECT_THROW(SecondDoors(config_, {}, true), StartError);
    EXPECT_NO_THROW(SecondDoors(config_, {"near=" + inside()}, true));
}

}  // namespace
}  // namespace sallyport::gateway
