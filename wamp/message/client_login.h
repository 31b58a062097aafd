#pragma once

#include <optional>
#include <string_view>

#include "wamp/base/value.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// How a client proves who it is by one method; used for one session after another. It holds the
/// secret, and does not show it.
class ClientLogin {
public:
    virtual ~ClientLogin() = default;

    virtual std::string_view method() const noexcept = 0;
    /// A new attempt: HELLO.Details.authextra, empty for none.
    virtual Dict begin() = 0;
    /// Nothing if the challenge is not one of this method, or asks for more than is reasonable.
    virtual std::optional<Authenticate> answer(const Challenge& challenge) = 0;
    /// Whether the router has proved what the method demands of it.
    virtual bool accepts(const Welcome& welcome) const = 0;
};

}  // namespace sallyport::wamp
