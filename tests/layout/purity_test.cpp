// The built core refers to no clock, socket, thread or randomness symbol, whatever its sources look
// like.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/layout/rules.h"

namespace sallyport::layout {
namespace {

std::string undefined_symbols(const std::string& library) {
    const std::string command = std::string(NM) + " -A -C --undefined-only '" + library + "'";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::string output;
    std::array<char, 4096> part{};
    while (const auto got = std::fread(part.data(), 1, part.size(), pipe)) {
        output.append(part.data(), got);
    }
    EXPECT_EQ(pclose(pipe), 0) << command;
    return output;
}

bool mentions(const std::vector<std::string>& lines, const std::string& symbol) {
    for (const auto& line : lines) {
        if (line.find(symbol) != std::string::npos) return true;
    }
    return false;
}

TEST(Purity, FindsEverySymbolOfThePlantedLibrary) {
    const auto found = impure_symbols(undefined_symbols(PLANTED_LIBRARY));
    for (const auto* symbol : {"clock_gettime", "pthread_create", "getrandom", "socket",
                               "random_device", "steady_clock::now"}) {
        EXPECT_TRUE(mentions(found, symbol)) << symbol;
    }
}

TEST(Purity, CoreLibrariesReferToNoClockSocketThreadOrRandomness) {
    std::ifstream list(CORE_LIBRARIES);
    std::size_t libraries = 0;
    for (std::string library; std::getline(list, library);) {
        const auto symbols = undefined_symbols(library);
        EXPECT_FALSE(symbols.empty()) << library;
        for (const auto& line : impure_symbols(symbols)) ADD_FAILURE() << line;
        ++libraries;
    }
    EXPECT_GT(libraries, 0U);
}

}  // namespace
}  // namespace sallyport::layout
