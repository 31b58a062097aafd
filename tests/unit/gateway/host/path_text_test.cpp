#include "gateway/host/path_text.h"

#include <gtest/gtest.h>

#include "backend-link/link/local_address.h"

namespace sallyport::gateway {
namespace {

TEST(UnixSocketPath, HasAtMost107Bytes) {
    const std::string longest = "/" + std::string(backend_link::unix_path_bytes_max - 1, 'x');
    EXPECT_FALSE(unfit_for_unix_socket(longest));
    ASSERT_TRUE(unfit_for_unix_socket(longest + "x"));
    EXPECT_NE(unfit_for_unix_socket(longest + "x")->find("108 bytes"), std::string::npos);
    EXPECT_TRUE(unfit_for_unix_socket(""));
}

}  // namespace
}  // namespace sallyport::gateway
