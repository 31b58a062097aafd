#include "gateway/cli/client_tor.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

// A bundle, and programs that behave like a tor. That of real tor is tests/onion/grants_test.py.
class ClientTorTest : public testing::Test {
protected:
    void SetUp() override {
        Bundle bundle;
        bundle.address = std::string(56, 'a').append(".onion");
        bundle.realm = "lab";
        bundle.authid = "alice";
        bundle.private_key = std::string(64, '5');
        folder_.write("alice.sallyport", to_text(bundle));
        ::chmod(folder_.path("alice.sallyport").c_str(), 0600);
    }
    void write_tor(const std::string& script) {
        folder_.write("fake-tor", "#!/bin/sh\nfolder=$(dirname \"$3\")\n" + script);
        ::chmod(folder_.path("fake-tor").c_str(), 0700);
    }
    test::ProgramRun call(const std::string& options = "--tor ./fake-tor") {
        return test::run_program(folder_,
                                 "call --bundle alice.sallyport --timeout 1 lab.look " + options);
    }

    sallyport::test::TemporaryFolder folder_;
    const std::string state_ = folder_.path("state");
    const int set_ = ::setenv("XDG_STATE_HOME", state_.c_str(), 1);
};

TEST_F(ClientTorTest, TellsThatThereIsNoTor) {
    const auto run = call("--tor no-such-tor");
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("no program \"no-such-tor\""), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("--socks"), std::string::npos) << run.err;
}

TEST_F(ClientTorTest, TellsWhyATorEnded) {
    write_tor("echo 'Dec 01 00:00:00.000 [err] the disk is full' >> \"$folder/log\"\nexit 1\n");
    const auto run = call();
    EXPECT_EQ(run.exit_code, 3) << run.err;
    EXPECT_NE(run.err.find("tor ended with code 1: the disk is full"), std::string::npos)
        << run.err;
}

TEST_F(ClientTorTest, GivesTorTheKeyAndUsesItsSocket) {
    write_tor(
        "cp \"$folder/auth/bundle.auth_private\" \"$folder/torrc\" .\n"
        "echo 'Dec 01 00:00:00.000 [notice] Bootstrapped 100% (done): Done' >> \"$folder/log\"\n"
        "exec sleep 100\n");
    const auto run = call();
    EXPECT_EQ(run.exit_code, 3) << run.err;
    EXPECT_NE(run.err.find("sallyport/tor/socks"), std::string::npos) << run.err;
    EXPECT_EQ(folder_.read("bundle.auth_private"),
              std::string(56, 'a').append(":descriptor:x25519:") + std::string(52, 'A') + "\n");
    EXPECT_NE(folder_.read("torrc").find("SocksPort unix:" + state_ + "/sallyport/tor/socks"),
              std::string::npos);
}

TEST_F(ClientTorTest, RefusesABundleThatOthersCanRead) {
    ::chmod(folder_.path("alice.sallyport").c_str(), 0644);
    const auto run = call();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("alice.sallyport"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace sallyport::gateway
