#include "gateway/host/start_error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

namespace sallyport::gateway {
namespace {

int code_after(int number) {
    try {
        fail_start({"gateway.toml", 3, 1}, "cannot write \"state\"", "free space", number);
    } catch (const StartError& error) {
        EXPECT_STREQ(error.what(), "gateway.toml:3:1: error: cannot write \"state\" (free space)");
        return exit_code_of(error);
    }
}

TEST(StartErrors, SayWhetherARestartMayHelp) {
    for (const int number : {ENOSPC, EDQUOT, EROFS, EIO, ENOMEM, EMFILE, ENFILE})
        EXPECT_EQ(code_after(number), exit_fault) << number;
    for (const int number : {0, EACCES, ENOENT, ENOTDIR, EADDRINUSE, EPERM})
        EXPECT_EQ(code_after(number), exit_bad_start) << number;
}

TEST(StartErrors, CountTheErrorsOfTheSystemToo) {
    EXPECT_EQ(exit_code_of(std::bad_alloc()), exit_fault);
    EXPECT_EQ(exit_code_of(std::system_error(EMFILE, std::generic_category())), exit_fault);
    EXPECT_EQ(exit_code_of(std::system_error(EACCES, std::generic_category())), exit_bad_start);
    EXPECT_EQ(exit_code_of(std::runtime_error("not a pin")), exit_bad_start);
}

TEST(StartErrors, NameALackOfMemory) {
    EXPECT_STREQ(reason_of(std::bad_alloc()), "out of memory");
    EXPECT_STREQ(reason_of(std::runtime_error("not a pin")), "not a pin");
}

}  // namespace
}  // namespace sallyport::gateway
