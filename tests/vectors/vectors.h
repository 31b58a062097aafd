#pragma once

#include <cctype>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/paths.h"

/// The conformance vectors of this folder, for whichever test wants them.
namespace sallyport::vectors {

/// The file `name` (with its ending) as a tree that lives as long as the program, so that a loop
/// may run over a part of it; a missing file is an exception, which fails the test.
inline const nlohmann::json& load(const std::string& name) {
    static std::map<std::string, nlohmann::json> files;
    const auto found = files.find(name);
    if (found != files.end()) return found->second;
    std::ifstream file(SALLYPORT_SOURCE_DIR "/tests/vectors/" + name);
    return files.emplace(name, nlohmann::json::parse(file)).first->second;
}

inline const nlohmann::json& load(const std::string& name, const std::string& member) {
    return load(name).at(member);
}

/// The bytes of hexadecimal text; spaces are allowed.
inline std::string unhex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string bytes;
    std::size_t half = 0;
    unsigned value = 0;
    for (char c : text) {
        if (c == ' ') continue;
        const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        value = value * 16 + static_cast<unsigned>(digits.find(lower));
        if (++half % 2 == 0) {
            bytes.push_back(static_cast<char>(value & 0xFF));
            value = 0;
        }
    }
    return bytes;
}

inline std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (char c : bytes) {
        text.push_back(digits[static_cast<unsigned char>(c) >> 4]);
        text.push_back(digits[static_cast<unsigned char>(c) & 15]);
    }
    return text;
}

}  // namespace sallyport::vectors
