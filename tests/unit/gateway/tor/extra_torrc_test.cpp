#include "gateway/tor/extra_torrc.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

std::string errors_of(std::string_view content) {
    std::string text;
    for (const auto& error : parse_extra_torrc(content).errors)
        text += std::to_string(error.line) + ": " + error.text + " (" + error.hint + ")\n";
    return text;
}

TEST(ExtraTorrc, KeepsPermittedOptionsWithoutComments) {
    const ExtraTorrc extra = parse_extra_torrc(
        "# bridges\n\n  UseBridges 1   # yes\r\n"
        "Bridge obfs4 192.0.2.1:443 cert=a,b iat-mode=0\n"
        "clienttransportplugin \"obfs4 exec /usr/bin/obfs4proxy # not a comment\" # a comment\n"
        "TestingTorNetwork 1");
    EXPECT_TRUE(extra.errors.empty());
    EXPECT_EQ(extra.lines,
              "UseBridges 1\n"
              "Bridge obfs4 192.0.2.1:443 cert=a,b iat-mode=0\n"
              "clienttransportplugin \"obfs4 exec /usr/bin/obfs4proxy # not a comment\"\n"
              "TestingTorNetwork 1\n");
}

TEST(ExtraTorrc, PermitsEachOfItsOptionsInAnyCase) {
    for (const std::string_view option : permitted_torrc_options()) {
        std::string upper(option);
        for (char& c : upper) {
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        }
        EXPECT_EQ(errors_of(upper + " 1\n"), "");
    }
}

TEST(ExtraTorrc, RefusesOptionsThatListenServeOrChangeTheProcess) {
    for (const char* line : {"SocksPort 9050",
                             "ORPort 9001",
                             "DirPort 80",
                             "ControlPort 9051",
                             "ControlSocket /tmp/x",
                             "DNSPort 53",
                             "TransPort 1",
                             "NATDPort 1",
                             "HTTPTunnelPort 1",
                             "MetricsPort 1",
                             "ExtORPort 1",
                             "HiddenServiceDir /x",
                             "HiddenServicePort 80",
                             "RunAsDaemon 1",
                             "User tor",
                             "DataDirectory /x",
                             "CacheDirectory /x",
                             "PidFile /x",
                             "Log debug file /x",
                             "__OwningControllerProcess 1",
                             "%include /etc/tor/torrc",
                             "CookieAuthentication 0",
                             "HashedControlPassword 16:00",
                             "ExitRelay 1",
                             "HiddenServiceSingleHopMode 1",
                             "ServerTransportPlugin x exec /x",
                             "ClientOnionAuthDir /x",
                             "NoSuchOption 1"}) {
        EXPECT_NE(errors_of(line).find("is not permitted here"), std::string::npos) << line;
    }
}

TEST(ExtraTorrc, RefusesSpellingsThatTorTakesForOtherOptions) {
    for (const char* line : {"Socks 9050", "UseBridge 1", "+Bridge x", "/Bridge", "RunAs 1",
                             "\"Bridge\" x", "Bridge\\x", "Bridge=x"}) {
        EXPECT_NE(errors_of(line).find("is not permitted here"), std::string::npos) << line;
    }
    EXPECT_EQ(errors_of("Bridge x\\\nORPort 1\n"),
              "1: this line continues on the next one (write each option on one line)\n"
              "2: tor's option \"ORPort\" is not permitted here (remove it; run a relay with a tor "
              "of its own)\n");
    EXPECT_NE(errors_of("Bridge \"x\nORPort 1\"\n").find("1: the quoted value does not end"),
              std::string::npos);
    EXPECT_NE(errors_of("Bridge \"x\\\"\n").find("1: the quoted value"), std::string::npos);
    EXPECT_NE(errors_of("Bridge \"x\" y\n").find("1: the quoted value"), std::string::npos);
    EXPECT_NE(errors_of("Bridge x\rORPort 1\n").find("control character"), std::string::npos);
    EXPECT_NE(errors_of(std::string_view("Bridge x\0ORPort 1\n", 18)).find("control character"),
              std::string::npos);
}

TEST(ExtraTorrc, NamesTheLineAndTheCure) {
    EXPECT_EQ(errors_of("Bridge x\n\nSocksPort 9050\nFoo\x01 1\n\x7F 1\n"),
              "3: tor's option \"SocksPort\" is not permitted here (remove it; tor.socks in "
              "gateway.toml offers a SOCKS port on a unix socket)\n"
              "4: this line has a control character (remove it)\n"
              "5: this line has a control character (remove it)\n");
    EXPECT_NE(errors_of("RunAsDaemon 1").find("tor runs as a child of sallyport"),
              std::string::npos);
    EXPECT_NE(errors_of("hiddenservicedir x").find("run another tor for others"),
              std::string::npos);
    EXPECT_NE(errors_of("Nonsense 1").find("mode = \"external\""), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
