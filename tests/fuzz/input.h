#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::fuzz {

/// The bytes that a fuzz target is driven by, taken from the front. Zeros when they are used up.
class Input {
public:
    explicit Input(std::string_view bytes) : bytes_(bytes) {}

    bool empty() const noexcept { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }
    template <class Array>
    auto one_of(const Array& all) {
        return all[byte() % all.size()];
    }
    /// One byte says how many.
    std::string_view bytes() {
        const auto text = bytes_.substr(0, byte());
        bytes_.remove_prefix(text.size());
        return text;
    }
    std::string_view rest() {
        const auto text = bytes_;
        bytes_ = {};
        return text;
    }

private:
    std::string_view bytes_;
};

}  // namespace sallyport::fuzz
