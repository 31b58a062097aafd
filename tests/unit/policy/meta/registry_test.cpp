#include "policy/meta/registry.h"

#include <fstream>
#include <iterator>
#include <set>

#include "policy/engine/reserved.h"
#include "tests/paths.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

class RegistryTest : public testing::Test {
protected:
    static std::string read(const std::string& path) {
        std::ifstream in(std::string(SALLYPORT_SOURCE_DIR) + "/" + path);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    DoorWorld world_;
    wamp::Random random_{{5}};
    MetaRegistry registry_{world_.door, random_};
};

// W-FEA-01
TEST_F(RegistryTest, AnnouncesTheFeaturesOfItsProviders) {
    const wamp::Dict roles = registry_.announced(wamp::router_roles());
    const auto has = [&](std::string_view role, std::string_view feature) {
        return roles.get_dict(role)->get_dict("features")->get_bool(feature, false);
    };
    EXPECT_TRUE(has("broker", "session_meta_api"));
    EXPECT_TRUE(has("dealer", "session_meta_api"));
    EXPECT_TRUE(has("dealer", "testament_meta_api"));
    EXPECT_FALSE(has("broker", "testament_meta_api"));
    EXPECT_TRUE(has("dealer", "registration_meta_api"));
    EXPECT_TRUE(has("broker", "subscription_meta_api"));
    EXPECT_FALSE(has("broker", "registration_meta_api"));
    EXPECT_FALSE(has("dealer", "subscription_meta_api"));
}

TEST_F(RegistryTest, ListsEachProcedureOnceWithWhatTheEngineDemandsForIt) {
    std::set<std::string_view> names;
    for (const MetaProcedure& procedure : registry_.procedures()) {
        EXPECT_TRUE(names.insert(procedure.uri).second) << procedure.uri;
        EXPECT_TRUE(wamp::is_reserved(procedure.uri)) << procedure.uri;
        EXPECT_EQ(procedure.grant, needed_below_wamp(Action::call, procedure.uri)) << procedure.uri;
        EXPECT_EQ(procedure.ends_sessions, ends_sessions(Action::call, procedure.uri))
            << procedure.uri;
    }
    EXPECT_EQ(names.size(), 21U);
}

TEST_F(RegistryTest, OffersNothingThatTheManualDoesNotName) {
    const std::string manual = read("docs/policy-language.md");
    ASSERT_FALSE(manual.empty());
    for (const MetaProcedure& procedure : registry_.procedures())
        EXPECT_NE(manual.find(procedure.uri), std::string::npos) << procedure.uri;
    for (const std::string_view topic : registry_.topics())
        EXPECT_NE(manual.find(topic), std::string::npos) << topic;
}

TEST_F(RegistryTest, ServesWhatIsBelowWampAlone) {
    EXPECT_TRUE(MetaRegistry::serves(wamp::Call{1, {}, "wamp.session.count", {}}));
    EXPECT_TRUE(MetaRegistry::serves(wamp::Subscribe{1, {}, "wamp.session.on_join"}));
    EXPECT_FALSE(MetaRegistry::serves(wamp::Call{1, {}, "lab.count", {}}));
    EXPECT_FALSE(MetaRegistry::serves(wamp::Cancel{1, {}}));
    // What is kept of events is behind the door.
    EXPECT_FALSE(MetaRegistry::serves(wamp::Call{1, {}, "wamp.subscription.get_events", {}}));
}

}  // namespace
}  // namespace sallyport::policy
