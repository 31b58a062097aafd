#include "gateway/tor/torrc.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

Torrc example() {
    Torrc torrc;
    torrc.data_directory = "/state/tor";
    torrc.control_socket = "/state/tor/control.sock";
    torrc.onion_directory = "/state/onion";
    torrc.front_socket = "/state/run/front.sock";
    return torrc;
}

TEST(Torrc, HasNoTcpListenerAndExportsCircuitIds) {
    EXPECT_EQ(to_text(example()),
              "DataDirectory /state/tor\n"
              "ControlSocket /state/tor/control.sock\n"
              "CookieAuthentication 1\n"
              "Log notice stdout\n"
              "SocksPort 0\n"
              "HiddenServiceDir /state/onion\n"
              "HiddenServiceVersion 3\n"
              "HiddenServicePort 80 unix:/state/run/front.sock\n"
              "HiddenServiceExportCircuitID haproxy\n");
}

TEST(Torrc, BeginsWithTheExtraLinesAndIncludesNoFile) {
    Torrc torrc = example();
    torrc.extra = "UseBridges 1\n";
    EXPECT_TRUE(to_text(torrc).starts_with("UseBridges 1\nDataDirectory "));
    EXPECT_EQ(to_text(torrc).find("%include"), std::string::npos);
}

TEST(Torrc, OffersSocksOnUnixSocketOnly) {
    Torrc torrc = example();
    torrc.socks_socket = "/state/run/socks";
    EXPECT_NE(to_text(torrc).find("SocksPort unix:/state/run/socks ExtendedErrors\n"),
              std::string::npos);
}

TEST(Torrc, SaysBothLinesOfSingleOnionMode) {
    Torrc torrc = example();
    torrc.single_onion = true;
    const std::string text = to_text(torrc);
    EXPECT_NE(text.find("HiddenServiceNonAnonymousMode 1\nHiddenServiceSingleHopMode 1\n"),
              std::string::npos);
    EXPECT_NE(onion_mode(true), onion_mode(false));
}

TEST(Torrc, NamesItsOwner) {
    Torrc torrc = example();
    torrc.owner_pid = 42;
    EXPECT_NE(to_text(torrc).find("__OwningControllerProcess 42\n"), std::string::npos);
}

TEST(TorrcPath, RefusesWhatTorReadsDifferently) {
    EXPECT_FALSE(unfit_for_torrc("/var/lib/sallyport"));
    for (const char* bad : {"", "relative", "/with blank", "/tab\t", "/line\n", "/quote\"",
                            "/back\\slash", "/hash#"}) {
        EXPECT_TRUE(unfit_for_torrc(bad)) << bad;
    }
}

}  // namespace
}  // namespace sallyport::gateway
