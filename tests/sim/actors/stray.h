#pragma once

#include "tests/sim/actors/client.h"

namespace sallyport::sim {

/// Says something that the client has said before: again, with another id, name or options, out of
/// order, or as only a router may say it. It decodes; the session may or may not survive it.
void stray(Client& client);

}  // namespace sallyport::sim
