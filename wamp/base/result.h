#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace sallyport::wamp {

/// A value or an error; unlike its base class it must not be ignored.
template <class T, class E>
class [[nodiscard]] Result : public boost::system::result<T, E> {
public:
    using boost::system::result<T, E>::result;
};

}  // namespace sallyport::wamp
