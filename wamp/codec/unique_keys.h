#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::wamp {

/// Checks whether the keys of one map are unique (W-MSG-08): without allocation for the usual few
/// keys, in O(n log n) for any number. The keys must outlive it.
class UniqueKeys {
public:
    void add(std::string_view key);
    /// A key without other storage, as it was escaped.
    void add_owned(std::string key);

    /// Whether all keys that were added differ.
    bool unique() noexcept;

private:
    static constexpr std::size_t few = 12;

    std::array<std::string_view, few> first_;
    std::size_t count_ = 0;
    std::vector<std::string_view> all_;  ///< used for more than a few keys
    std::list<std::string> owned_;       // a list: it allocates nothing while it is empty
};

}  // namespace sallyport::wamp
