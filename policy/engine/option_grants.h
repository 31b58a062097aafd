#pragma once

#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

/// Why a request that policy lets pass is refused all the same: an option that its rule does not
/// grant.
struct OptionRefusal {
    std::string_view error;   ///< that the sender is due; "" for none
    std::string_view reason;  ///< for the audit log
};

/// Holds a request's options against what its permit grants (architecture: Policy 8). A request
/// that can be answered is refused with the error that the protocol has for it (W-CID-02, W-PID-01,
/// W-ERR-03); a publication without acknowledgement goes on without the option (W-CID-05), as does
/// a REGISTER without `force_reregister` (W-RPC-15).
OptionRefusal check_options(const Permit& permit, wamp::Call& call);
OptionRefusal check_options(const Permit& permit, wamp::Publish& publish);
OptionRefusal check_options(const Permit& permit, wamp::Subscribe& subscribe);
OptionRefusal check_options(const Permit& permit, wamp::Register& request);

}  // namespace sallyport::policy
