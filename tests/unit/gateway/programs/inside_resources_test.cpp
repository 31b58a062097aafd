#include "gateway/programs/inside_resources.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/host/files.h"
#include "gateway/host/start_error.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

struct Inside {
    test::TemporaryFolder folder;
    boost::asio::io_context io{1};
    LoadedInside loaded;
    InsideProgramConfig& config = loaded.config;
    std::vector<std::string> sent;
    std::vector<bool> with_descriptor;
    InsideResources resources{
        io, loaded, [this](std::string_view text, int descriptor) {
            sent.emplace_back(text);
            with_descriptor.push_back(descriptor >= 0 && ::fcntl(descriptor, F_GETFD) >= 0);
        }};

    Inside() {
        config.state_dir.path = folder.path("state");
        config.audit.kind = AuditText::Kind::file;
        config.audit.path = folder.path("state/audit.jsonl");
        config.listens.push_back({address(folder.path("state/run/services.sock")), {}, {}});
        config.links.push_back({address(folder.path("gateway.sock")), {}, {}});
    }
    static backend_link::Address address(const std::string& path) {
        return *backend_link::parse_address("unix:" + path);
    }
    std::string services() const { return config.listens[0].address.host_or_path; }
    void answer() {
        const std::size_t before = sent.size();
        while (sent.size() == before && io.run_one() > 0) {
        }
    }
};

TEST(InsideResources, AreOpenedOnceAndGivenToEachProcess) {
    Inside inside;
    inside.resources.open();
    EXPECT_TRUE(inside.resources.give());
    EXPECT_TRUE(inside.resources.give());
    EXPECT_EQ(inside.sent, (std::vector<std::string>{"services", "audit", "services", "audit"}));
    EXPECT_EQ(inside.with_descriptor, std::vector<bool>(4, true));
    EXPECT_THROW(lock_state_dir(inside.config.state_dir), StartError);
    EXPECT_TRUE(std::filesystem::exists(inside.services()));
    inside.resources.close();
    EXPECT_FALSE(std::filesystem::exists(inside.services()));
}

TEST(InsideResources, DialOnlyTheGatewaysOfTheConfiguration) {
    Inside inside;
    inside.resources.open();
    EXPECT_TRUE(inside.resources.give());
    inside.sent.clear();
    inside.resources.dial(1);
    inside.resources.dial(0);
    inside.resources.dial(0);  // is being dialled
    inside.answer();
    EXPECT_EQ(inside.sent, std::vector<std::string>{"failed 0 No such file or directory"});
    const Descriptor gateway = listen_unix({inside.folder.path("gateway.sock"), {}});
    inside.sent.clear();
    inside.with_descriptor.clear();
    inside.resources.dial(0);
    inside.answer();
    EXPECT_EQ(inside.sent, std::vector<std::string>{"connected 0"});
    EXPECT_EQ(inside.with_descriptor, std::vector<bool>{true});
}

TEST(InsideResources, GiveNoAnswerToAProcessThatDidNotAsk) {
    Inside inside;
    inside.resources.open();
    EXPECT_TRUE(inside.resources.give());
    inside.resources.dial(0);
    EXPECT_TRUE(inside.resources.give());  // another one
    inside.sent.clear();
    inside.io.run();
    EXPECT_TRUE(inside.sent.empty());
}

TEST(InsideResources, ReopenTheAuditLogAndKeepTheOldOneIfThatFails) {
    Inside inside;
    inside.resources.open();
    EXPECT_TRUE(inside.resources.reopen_audit());
    EXPECT_EQ(inside.sent, std::vector<std::string>{"audit"});
    inside.config.audit.path = inside.folder.path("nowhere/audit.jsonl");
    EXPECT_FALSE(inside.resources.reopen_audit());
    EXPECT_EQ(inside.sent.size(), 1U);
}

}  // namespace
}  // namespace sallyport::gateway
