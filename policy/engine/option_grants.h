#pragma once

#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// Why a request that the policy allows is still refused: an option that its rule does not grant.
struct OptionRefusal {
    std::string_view error;   ///< for the sender; "" for none
    std::string_view reason;  ///< for the audit log
};

/// Checks a request's options against the grants of its permit (architecture: Policy 8). A request
/// that can be answered is refused with the protocol's error for the option (W-CID-02, W-PID-01,
/// W-ERR-03); a publication without acknowledgement is processed without the option (W-CID-05), as
/// is a REGISTER without `force_reregister` (W-RPC-15).
OptionRefusal check_options(const Permit& permit, wamp::Call& call);
OptionRefusal check_options(const Permit& permit, wamp::Publish& publish);
OptionRefusal check_options(const Permit& permit, wamp::Subscribe& subscribe);
OptionRefusal check_options(const Permit& permit, wamp::Register& request);

}  // namespace sallyport::policy
