#include "gateway/cli/onion_command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "gateway/cli/bundle.h"
#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

TEST(OnionCommand, ShowsABundleThatOnlyItsOwnerCanRead) {
    sallyport::test::TemporaryFolder folder;
    Bundle bundle;
    bundle.address = std::string(56, 'a').append(".onion");
    bundle.realm = "lab";
    bundle.authid = "alice";
    bundle.private_key = std::string(64, '5');
    folder.write("alice.sallyport", to_text(bundle));
    ::chmod(folder.path("alice.sallyport").c_str(), 0644);
    EXPECT_EQ(test::run_program(folder, "onion show alice.sallyport").exit_code, 2);
    ::chmod(folder.path("alice.sallyport").c_str(), 0600);
    EXPECT_EQ(test::run_program(folder, "onion show alice.sallyport").out, to_text(bundle));
    EXPECT_EQ(test::run_program(folder, "onion show alice.sallyport --show cli").out,
              show(bundle, "cli", "alice.sallyport"));
    EXPECT_EQ(test::run_program(folder, "onion show alice.sallyport --show fax").exit_code, 2);
}

TEST(OnionCommand, NeedsToBeToldWhatToDo) {
    sallyport::test::TemporaryFolder folder;
    EXPECT_EQ(test::run_program(folder, "onion").exit_code, 2);
    EXPECT_EQ(test::run_program(folder, "onion grant").exit_code, 2);
    EXPECT_EQ(test::run_program(folder, "onion --help").out.find("expire"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
