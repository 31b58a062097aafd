#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace sallyport::wamp {

/// A value or the reason why there is none; unlike its base it may not be dropped silently.
template <class T, class E>
class [[nodiscard]] Result : public boost::system::result<T, E> {
public:
    using boost::system::result<T, E>::result;
};

}  // namespace sallyport::wamp
