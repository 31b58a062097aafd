#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "policy/tools/report.h"

namespace sallyport::policy {

/// A folder of the test's own with files in it, and what a tool printed, with the folder's name cut
/// away.
class ToolTest : public testing::Test {
protected:
    ToolTest()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  ("policy_tools_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(folder_);
    }
    ~ToolTest() override { std::filesystem::remove_all(folder_); }

    std::string file(const std::string& name, const std::string& text) const {
        const std::filesystem::path path = folder_ / name;
        std::ofstream(path, std::ios::binary) << text;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0600));
        return path.string();
    }
    std::string out() const { return without_folder(out_.str()); }
    std::string err() const { return without_folder(err_.str()); }

    std::ostringstream out_;
    std::ostringstream err_;
    Output to_{out_, err_, false};
    Output json_{out_, err_, true};

private:
    std::string without_folder(std::string text) const {
        const std::string prefix = folder_.string() + "/";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
            text.erase(at, prefix.size());
        }
        return text;
    }

    std::filesystem::path folder_;
};

inline constexpr const char* sound_policy = R"(realm = "obs"
[auth]
anonymous = { role = "guest" }
principals = "people.toml"
[[route]]
id = "lab"
match = "prefix"
uri = "lab."
to = "inside"
[[allow]]
id = "drive"
roles = ["operator"]
actions = ["call"]
uri = ["lab.slew", "com.nowhere"]
limits = { rate = "20/s", in_flight = 8, timeout = "10s", payload = "64KiB" }
[[allow]]
id = "watch"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab.events."
[[forbid]]
id = "off"
roles = ["*"]
actions = ["call"]
uri = "lab.off"
[[test]]
as = { authid = "alice", role = "operator" }
call = "lab.slew"
expect = "allow drive"
)";

inline const std::string people =
    "[[principal]]\nauthid = \"alice\"\nrole = \"operator\"\nticket = \"sha256$" +
    std::string(32, 'a') + "$" + std::string(64, '0') + "\"\n";

}  // namespace sallyport::policy
