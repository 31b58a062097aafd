#include "gateway/host/program_output.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::gateway {
namespace {

using namespace std::chrono_literals;

TEST(ProgramOutput, IsAllThatItPrints) {
    EXPECT_EQ(output_of("/bin/sh", {"sh", "-c", "echo one; echo two"}, 10s), "one\ntwo\n");
}

TEST(ProgramOutput, OfAProgramThatDoesNotEndIsWhatItPrintedInTime) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(output_of("/bin/sh", {"sh", "-c", "echo one; exec sleep 100"}, 300ms), "one\n");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(ProgramOutput, OfNoProgramIsNothing) {
    EXPECT_EQ(output_of("/no/such/program", {"program"}, 10s), "");
}

}  // namespace
}  // namespace sallyport::gateway
