#include "gateway/cli/bundle.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

const std::string address = std::string(56, 'a').append(".onion");

Bundle alice() {
    Bundle bundle;
    bundle.address = address;
    bundle.onion_key.fill(7);
    bundle.realm = "observatory";
    bundle.authid = "alice";
    bundle.private_key = std::string(64, '5');
    return bundle;
}

TEST(Bundle, IsReadAsItWasWritten) {
    Bundle bundle = alice();
    bundle.port = 8080;
    const auto read = parse_bundle(to_text(bundle), "alice.sallyport");
    ASSERT_TRUE(read);
    EXPECT_EQ(to_text(*read), to_text(bundle));
    EXPECT_EQ(read->onion_key, bundle.onion_key);
    EXPECT_EQ(read->url(), "ws://" + address + ":8080/");
}

TEST(Bundle, OfABrokenFileIsAnErrorWithFileAndLineAndWithoutAKey) {
    const std::string text = to_text(alice());
    for (const std::string_view key :
         {"address", "port", "onion_key", "realm", "authid", "private_key"}) {
        std::string wrong = text;
        const std::size_t begin = wrong.find("\n" + std::string(key)) + 1;
        wrong.replace(begin, wrong.find('\n', begin) - begin, std::string(key) + " = \"x y\"");
        const auto read = parse_bundle(wrong, "alice.sallyport");
        ASSERT_TRUE(read.has_error()) << key;
        for (const auto& error : read.error()) {
            const std::string line = policy::to_string(error);
            EXPECT_TRUE(line.starts_with("alice.sallyport:")) << line;
            EXPECT_EQ(line.find("5555"), std::string::npos) << line;
        }
    }
    for (const char* port : {"0", "65536", "-1"}) {
        std::string wrong = text;
        wrong.replace(wrong.find("= 80"), 4, "= " + std::string(port));
        EXPECT_TRUE(parse_bundle(wrong, "alice.sallyport").has_error()) << port;
    }
    EXPECT_TRUE(parse_bundle("", "alice.sallyport").has_error());
}

TEST(Bundle, IsShownInEveryForm) {
    const Bundle bundle = alice();
    EXPECT_EQ(show(bundle, "text", "f"), to_text(bundle));
    std::string line(56, 'a');
    line.append(":descriptor:x25519:").append(onion_key_text(bundle.onion_key)).append("\n");
    EXPECT_EQ(show(bundle, "auth_private", "f"), line);
    EXPECT_NE(show(bundle, "cli", "alice.sallyport").find("--bundle alice.sallyport"),
              std::string::npos);
    for (const std::string form : {"python", "js"}) {
        const std::string text = show(bundle, form, "f");
        for (const std::string& value :
             {bundle.address, bundle.realm, bundle.authid, bundle.private_key})
            EXPECT_NE(text.find(value), std::string::npos) << form;
        for (const char* mark : {"@ADDRESS@", "@PORT@", "@REALM@", "@AUTHID@", "@PRIVATE_KEY@"})
            EXPECT_EQ(text.find(mark), std::string::npos) << form;
    }
    EXPECT_NE(show(bundle, "qr", "f").find("▀"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
